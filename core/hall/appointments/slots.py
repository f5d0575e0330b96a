"""Slots: the promised times of a day, and how many people each takes. Pure; stamps are Unix seconds.

A day's open spans are cut into slots of one length; what is left of a span is no slot. Of each slot's places a share is
held back for walk-ins. The share holds over the day, so that also a slot of one place can have one: with 25 % held
back, three slots of four are bookable.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, pairwise

from ...frozen import frozen

Span = tuple[float, float]  # [start, end)


@frozen
class Slot:
    """One promised time. `places`: how many people may book it; `open` is before what walk-ins have held back."""

    start: float
    end: float
    places: int
    open: int


def cut(spans: Iterable[Span], length: float) -> Iterator[Span]:
    """The spans in pieces of `length` seconds; spans that touch are one."""
    for start, end in _joined(spans):
        for n in range(int((end - start) // length + 1e-9)):
            yield start + n * length, start + (n + 1) * length


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def bookable(capacities: Sequence[int], held_back: float) -> list[int]:
    """Of each slot's capacity what may be booked when `held_back` percent is for walk-ins, even over the day."""
    share = 100 - held_back
    # In hundredths of a person and rounded once at the end: what a slot loses to rounding the next one gets.
    sums = [0, *accumulate(capacity * share for capacity in capacities)]
    return [
        min(capacity, int(after / 100 + 1e-9) - int(before / 100 + 1e-9))
        for capacity, (before, after) in zip(capacities, pairwise(sums), strict=True)
    ]


def slots(spans: Iterable[Span], length: float, capacity: Callable[[float], int], held_back: float = 0.0) -> list[Slot]:
    """The slots of one day. `capacity(start)` is how many people are served in the slot that starts then."""
    pieces = list(cut(spans, length))
    open_ = [capacity(start) for start, _ in pieces]
    places = bookable(open_, held_back)
    return [Slot(start, end, n, whole) for (start, end), n, whole in zip(pieces, places, open_, strict=True)]
