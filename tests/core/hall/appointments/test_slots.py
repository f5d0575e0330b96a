"""A day cut into slots, and what walk-ins have of it."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from usher.core.hall.appointments.slots import bookable, cut, slots

HOUR = 3600.0


def test_what_is_left_of_a_span_is_no_slot() -> None:
    assert list(cut([(0, HOUR), (2 * HOUR, 2 * HOUR + 2000)], 1200)) == [
        (0, 1200), (1200, 2400), (2400, 3600), (7200, 8400)]  # fmt: skip


def test_spans_that_touch_are_one() -> None:
    assert list(cut([(1800, 3600), (0, 1800)], 2400)) == [(0, 2400)]


def test_the_share_for_walk_ins_holds_over_the_day() -> None:
    assert bookable([1] * 8, 25) == [0, 1, 1, 1, 0, 1, 1, 1]
    assert bookable([4] * 3, 25) == [3, 3, 3]
    assert bookable([3] * 4, 50) == [1, 2, 1, 2]
    assert bookable([2, 2], 0) == [2, 2]
    assert bookable([5, 5], 100) == [0, 0]


@given(st.lists(st.integers(0, 40), max_size=60), st.floats(0, 100))
def test_never_more_than_the_share(capacities: list[int], held_back: float) -> None:
    places = bookable(capacities, held_back)
    assert all(0 <= n <= capacity for n, capacity in zip(places, capacities, strict=True))
    wanted = sum(capacities) * (100 - held_back) / 100
    assert wanted - 1 - 1e-6 <= sum(places) <= wanted + 1e-6  # the day loses less than one place to rounding


@given(st.lists(st.tuples(st.integers(0, 86400), st.integers(1, 20000)), max_size=6), st.integers(60, 7200))
def test_slots_lie_in_open_hours_and_never_overlap(raw: list[tuple[int, int]], length: int) -> None:
    spans = [(float(start), float(start + long)) for start, long in raw]
    made = slots(spans, length, lambda start: 1)
    for one, other in pairwise(made):
        assert one.end <= other.start
    for slot in made:
        assert slot.end - slot.start == length
        at = slot.start
        while at < slot.end:  # every moment of it is open
            at = max((end for start, end in spans if start <= at < end), default=at)
            assert any(start <= slot.start for start, _ in spans)
            if not any(start <= at < end for start, end in spans):
                break
        assert at >= slot.end


def test_capacity_by_the_time_of_day() -> None:
    made = slots([(0, 3 * HOUR)], HOUR, lambda start: 3 if start < HOUR else 1, held_back=50)
    assert [(s.open, s.places) for s in made] == [(3, 1), (1, 1), (1, 0)]
