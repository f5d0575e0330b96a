"""The hall played forward: who will really be served before somebody, and when that one's turn comes. Pure.

Counters take the best head of their lines in the order of `dispatch`, each visit lasting the mean of its queue; people of a
better rank keep arriving meanwhile. Spans are seconds from now.
"""

import heapq
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Final, TypeAlias

from .config import Serves
from .events import PublicTicket
from .lines import Entry, Lane, Reserved, reserved_for, since, standing

Rank: TypeAlias = tuple[float, ...]
STEPS: Final = 300  # services looked ahead; a longer line goes on at that pace
OVERTAKEN: Final = 0.6  # at most this part of all services is given to people not here yet


@dataclass(slots=True)
class Window:
    """An open counter: when it is free, what it serves, and for whom it takes what is kept."""

    name: str
    free: float
    serves: Sequence[Serves]
    mix: Mapping[str, int] = field(default_factory=dict[str, int])
    takes: frozenset[Reserved] = frozenset()


@dataclass(frozen=True, slots=True)
class Stream:
    """People of one rank who keep arriving in a queue: how many a second."""

    queue: str
    class_: str
    urgency: int
    rate: float


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known of the hall now: lanes by queue, weights of classes, how long a visit takes, who keeps arriving.

    `lapsed` says whether what is kept for these may be taken by anybody, `boost` after how long a wait one is lifted.
    """

    now: float
    lanes: Callable[[str], Iterable[Lane]]
    weights: Mapping[str, int]
    mean: Callable[[str], float]
    streams: Sequence[Stream] = ()
    lapsed: Callable[[Lane], bool] = lambda lane: False
    boost: Callable[[str], float | None] = lambda queue: None


@dataclass(frozen=True, slots=True)
class Turn:
    """When the turn comes, and how many are called before; `overtaken`: by people who were not here yet."""

    seconds: float
    before: int
    overtaken: int


def turn(target: PublicTicket, windows: Sequence[Window], scene: Scene) -> Turn | None:
    """When this ticket, in line or about to be, is called. None: by none of these windows."""
    play = _Play(target, windows, scene)
    heap = [(window.free, index) for index, window in enumerate(windows)]
    heapq.heapify(heap)
    at, own = 0.0, 0
    while heap and play.called < STEPS:
        at, index = heap[0]
        queue = play.take(index, at)
        if queue is None:
            heapq.heappop(heap)  # for the target it would have stayed
            continue
        if queue == "":
            return Turn(at, play.called, play.overtaken)
        own += queue == target["queue"]
        heapq.heapreplace(heap, (at + max(1.0, scene.mean(queue)), index))
    if not heap or not own:
        return None
    ahead = own + play.still_before()
    return Turn(at * (ahead + 1) / own, ahead, play.overtaken)


@dataclass(slots=True)
class _Line:
    """One lane from its head on, or the target alone, or people who are not here yet."""

    queue: str
    class_: str
    weight: int
    entries: Sequence[Entry]
    at: int = 0
    stream: Stream | None = None

    def head(self) -> Entry | None:
        return self.entries[self.at] if self.at < len(self.entries) else None


class _Play:
    def __init__(self, target: PublicTicket, windows: Sequence[Window], scene: Scene) -> None:
        self._target, self._windows, self._scene = target, windows, scene
        self.called = self.overtaken = 0
        self._left: dict[str, int] = {}  # who waits in a queue yet
        self._turns: dict[tuple[int, str], int] = {}  # calls of a window by group of its mix
        self._own = _Line(
            target["queue"], standing(target), scene.weights.get(standing(target), 0), Lane.alone(target).by_place
        )  # fmt: skip
        self._lines: dict[str, list[tuple[_Line, Reserved | None, bool]]] = {}
        self._seen: list[list[tuple[_Line, Serves, bool, str]] | None] = [None] * len(windows)

    def take(self, index: int, at: float) -> str | None:
        """The window calls the best: its queue, "" for the target, None for nobody."""
        best: Rank | None = None
        chosen: tuple[_Line, str] | None = None
        for line, serves, kept, group in self._lines_of(index):
            head = self._head(line, at)
            if head is None or (not serves.own and not self._helps(serves, head, at)):
                continue
            rank = self._rank(index, line, head, serves, kept, group, at)
            if best is None or rank < best:
                best, chosen = rank, (line, group)
        if chosen is None:
            return None
        line, group = chosen
        if line is self._own:
            return ""
        line.at += 1
        self.called += 1
        self._left[line.queue] -= 1
        if line.stream is not None:
            self.overtaken += 1
        if group:
            self._turns[index, group] = self._turns.get((index, group), 0) + 1
        return line.queue

    def still_before(self) -> int:
        """Who of the target's own queue stands before it yet."""
        urgency, effective, turn = -self._target["urgency"], *self._target["place"]
        count = 0
        for line, _, _ in self._of(self._target["queue"]):
            if line.stream is None and line is not self._own:
                place = (effective, turn) if line.weight == self._own.weight else (
                    (inf, inf) if line.weight > self._own.weight else (-inf, -inf))  # fmt: skip
                count += max(0, bisect_left(line.entries, (urgency, *place)) - line.at)  # type: ignore[type-var]
        return count

    def _rank(self, index: int, line: _Line, head: Entry, serves: Serves, kept: bool, group: str, at: float) -> Rank:
        """The lowest is called: the order of HALL."""
        urgency, effective, turn, _, ticket = head
        boosted, waited = 1, 0.0
        if (after := self._scene.boost(line.queue)) is not None and line.stream is None:
            entered = since(ticket)
            if self._scene.now + at - entered > after:
                boosted, waited = 0, entered
        if group:
            mix = self._windows[index].mix
            share = (self._turns.get((index, group), 0) + 1) / mix.get(group, 1)
            return (not serves.own, urgency, not kept, boosted, waited, share, 0, effective, turn)
        return (not serves.own, urgency, not kept, boosted, waited, -serves.priority, -line.weight, effective, turn)

    def _helps(self, serves: Serves, head: Entry, at: float) -> bool:
        """Whether a queue that is not the window's own is taken now."""
        limit = serves.overflow
        if limit is None:
            return True
        if limit.waiting_over is not None and self._left[serves.queue] > limit.waiting_over:
            return True
        return limit.wait_over is not None and self._scene.now + at - since(head[-1]) > limit.wait_over

    def _head(self, line: _Line, at: float) -> Entry | None:
        stream = line.stream
        if stream is None:
            head = line.head()
            if head is not None and head[3] == self._target["id"] and line is not self._own:
                line.at += 1
                head = line.head()
            return head
        due = int(at * stream.rate + 0.5)
        if due <= line.at or self.overtaken >= OVERTAKEN * (self.called + 1):
            return None
        return (-stream.urgency, inf, inf, "", self._target)

    def _lines_of(self, index: int) -> list[tuple[_Line, Serves, bool, str]]:
        """What this window may take: the line, how it serves it, whether it is kept for this one, its group in the mix."""
        found = self._seen[index]
        if found is None:
            window = self._windows[index]
            found = self._seen[index] = []
            for serves in window.serves:
                for line, reserved, lapsed in self._of(serves.queue):
                    kept = reserved is not None and reserved in window.takes
                    if reserved is None or kept or lapsed:
                        found.append((line, serves, kept, _group(window.mix, line)))
        return found

    def _of(self, queue: str) -> list[tuple[_Line, Reserved | None, bool]]:
        """The lines of a queue: for whom each is kept, and whether that has lapsed."""
        found = self._lines.get(queue)
        if found is None:
            weights, scene = self._scene.weights, self._scene
            found = self._lines[queue] = [
                (_Line(queue, lane.class_, weights.get(lane.class_, 0), lane.by_place), lane.reserved,
                 lane.reserved is not None and not lane.only and scene.lapsed(lane))
                for lane in scene.lanes(queue)
            ]  # fmt: skip
            self._left[queue] = sum(len(line.entries) for line, _, _ in found)
            found += [
                (_Line(queue, one.class_, weights.get(one.class_, 0), (), stream=one), None, False)
                for one in scene.streams if one.queue == queue
            ]  # fmt: skip
            if queue == self._target["queue"]:
                alone = Lane.alone(self._target)
                lapsed = alone.reserved is not None and not alone.only and scene.lapsed(alone)
                found.append((self._own, reserved_for(self._target), lapsed))
        return found


def _group(mix: Mapping[str, int], line: _Line) -> str:
    """In whose turn this line is at a window with a mix: its class, its queue, or the rest."""
    if not mix:
        return ""
    return line.class_ if line.class_ in mix else line.queue if line.queue in mix else "rest"


def spread(left: Iterable[tuple[Window, float]], own: str) -> None:
    """Say of busy windows when they are free, given how long each still takes.

    They end one after the other, not all at their mean: the k-th of n after k/n of what it still takes. For n alike
    that is one every n-th of a service. Windows that serve the queue `own` are counted by themselves.
    """
    groups: dict[bool, list[tuple[float, str, Window]]] = {}
    for window, seconds in left:
        groups.setdefault(any(s.queue == own for s in window.serves), []).append((seconds, window.name, window))
    for group in groups.values():
        for k, (seconds, _, window) in enumerate(sorted(group, key=lambda each: each[:2]), start=1):
            window.free += seconds * k / len(group)
