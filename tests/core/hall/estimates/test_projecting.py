"""The hall played forward calls whom dispatch would call, in the same order and at the same time."""

import heapq
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st
from usher.core.hall.calling.dispatch import Desk, Rules, next_ticket
from usher.core.hall.config import Serves
from usher.core.hall.estimates.projecting import STEPS, Scene, Stream, Window, spread, turn
from usher.core.hall.events import PublicTicket
from usher.core.hall.lines import Lines

WEIGHTS = {"vip": 50, "elderly": 20}
MEANS = {"a": 300.0, "b": 120.0, "c": 480.0}
NOW = 1_000_000.0


def ticket(n: int, queue: str = "a", **more: Any) -> PublicTicket:
    found: Any = {
        "id": f"t{n}", "number": f"N{n}", "queue": queue, "class": "normal", "urgency": 0,
        "place": [NOW - 600 + n, float(n)], "times": {"waiting": NOW - 600 + n}, "state": "waiting", "counter": None,
        "reserved": None, "only": False, "visitor": None, **more,
    }  # fmt: skip
    return cast("PublicTicket", found)


def desk(name: str, *serves: Serves, **more: Any) -> Desk:
    return Desk(name, serves, frozenset({("counter", name)}), more.get("mix", {}), more.get("credit", {}))


def rules(**more: Any) -> Rules:
    return Rules(WEIGHTS, more.get("boosts", {}), lambda lane: True, None)


def lines_of(tickets: list[PublicTicket]) -> Lines:
    lines = Lines()
    for one in tickets:
        lines.enter(one)
    return lines


def lived(target: str, windows: list[Window], lines: Lines, how: Rules) -> tuple[float, int] | None:
    """What happens: each counter calls by `next_ticket` as soon as it is free."""
    heap = [(window.free, index) for index, window in enumerate(windows)]
    heapq.heapify(heap)
    desks, called = [window.desk for window in windows], 0
    while heap:
        at, index = heap[0]
        choice = next_ticket(desks[index], lines, NOW + at, how)
        if choice is None:
            heapq.heappop(heap)
            continue
        if choice.ticket["id"] == target:
            return at, called
        lines.leave(choice.ticket)
        called += 1
        one = desks[index]
        desks[index] = Desk(one.name, one.serves, one.members, one.mix, choice.credit)
        heapq.heapreplace(heap, (at + MEANS[choice.ticket["queue"]], index))
    return None


def in_line() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({
        "queue": st.sampled_from("abc"), "class": st.sampled_from(["normal", "vip", "elderly"]),
        "urgency": st.sampled_from([0, 0, 0, 5]), "reserved": st.sampled_from([None, None, "1", "2"]),
        "staged": st.sampled_from([None, None, None, "1", "2"]),
    })  # fmt: skip


def served() -> st.SearchStrategy[Serves]:
    return st.builds(lambda queue, priority, fallback: Serves(queue=queue, priority=priority, fallback=fallback),
                     st.sampled_from("abc"), st.integers(0, 2), st.sampled_from([False, False, True]))  # fmt: skip


def a_counter() -> st.SearchStrategy[tuple[list[Serves], dict[str, int], float]]:
    return st.tuples(
        st.lists(served(), min_size=1, max_size=3, unique_by=lambda one: one.queue),
        st.sampled_from([{}, {}, {"vip": 2, "rest": 1}, {"a": 3, "b": 1}]), st.integers(0, 500).map(float),
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(in_line(), min_size=1, max_size=25), st.lists(a_counter(), min_size=1, max_size=3), st.data())
def test_it_is_what_will_happen(people: list[dict[str, Any]], counters: Any, data: st.DataObject) -> None:
    tickets: list[PublicTicket] = []
    for n, one in enumerate(people):
        staged = one.pop("staged")
        tickets.append(ticket(n, **one, **({"state": "staged", "counter": staged} if staged else {})))
    target = data.draw(st.sampled_from(tickets))
    windows = [Window(desk(str(n), *serves, mix=mix), free + n / 10)
               for n, (serves, mix, free) in enumerate(counters, start=1)]  # fmt: skip
    found = turn(target, windows, Scene(NOW, lines_of(tickets), rules(), MEANS.__getitem__))
    truth = lived(target["id"], windows, lines_of(tickets), rules())
    assert (found and (found.seconds, found.before)) == truth


def test_one_who_is_not_in_line_yet_stands_behind_all_alike() -> None:
    windows = [Window(desk("1", Serves(queue="a")), 60.0)]
    scene = Scene(NOW, lines_of([ticket(n) for n in range(3)]), rules(), MEANS.__getitem__)
    found = turn(ticket(99, place=[1e15, 0.0]), windows, scene)
    assert found is not None
    assert (found.seconds, found.before) == (60 + 3 * 300, 3)
    first = turn(ticket(99, place=[1e15, 0.0], **{"class": "vip"}), windows, scene)
    assert first is not None
    assert (first.seconds, first.before) == (60, 0)


def test_who_waits_long_is_lifted_on_the_way() -> None:
    windows = [Window(desk("1", Serves(queue="a", priority=1), Serves(queue="b")), 0.0)]
    people = [ticket(0, "b"), *(ticket(n, "a") for n in range(1, 9))]
    scene = Scene(NOW, lines_of(people), rules(), MEANS.__getitem__)
    behind = turn(people[0], windows, scene)
    assert behind is not None
    assert behind.before == 8
    lifted = turn(people[0], windows, Scene(NOW, lines_of(people), rules(boosts={"b": 1200.0}), MEANS.__getitem__))
    assert lifted is not None
    assert (lifted.seconds, lifted.before) == (600, 2)  # has waited 600 s already


def test_people_of_a_better_rank_keep_coming() -> None:
    windows = [Window(desk("1", Serves(queue="a")), 0.0)]
    scene = Scene(NOW, lines_of([ticket(n) for n in range(10)]), rules(), MEANS.__getitem__,
                  [Stream("a", "vip", 0, 1 / 1500), Stream("a", "normal", 0, 1.0)])  # fmt: skip
    found = turn(ticket(99), windows, scene)
    assert found is not None
    assert found.overtaken == 2  # in 3000 s; those of one's own rank stand behind
    assert found.seconds == 12 * 300
    vip = turn(ticket(99, **{"class": "vip"}), windows, scene)
    assert vip is not None
    assert vip.before == 0


def test_a_flood_of_better_ranks_leaves_a_part_to_the_others() -> None:
    windows = [Window(desk("1", Serves(queue="a")), 0.0)]
    scene = Scene(NOW, lines_of([ticket(n) for n in range(10)]), rules(), MEANS.__getitem__,
                  [Stream("a", "vip", 0, 1.0)])  # fmt: skip
    found = turn(ticket(99), windows, scene)
    assert found is not None
    assert 20 <= found.before <= 30


def test_a_very_long_line_goes_on_at_the_pace_so_far() -> None:
    many = 4 * STEPS
    windows = [Window(desk(str(n), Serves(queue="a")), n * 150.0) for n in range(2)]
    scene = Scene(NOW, lines_of([ticket(n) for n in range(many)]), rules(), MEANS.__getitem__)
    found = turn(ticket(many + 1), windows, scene)
    assert found is not None
    assert found.before == many
    assert abs(found.seconds - many * 150) < 0.02 * many * 150


def test_nobody_serves_it() -> None:
    scene = Scene(NOW, Lines(), rules(), MEANS.__getitem__)
    assert turn(ticket(1), [], scene) is None
    assert turn(ticket(1), [Window(desk("1", Serves(queue="b")), 0.0)], scene) is None
    kept = ticket(1, reserved="2", only=True)
    assert turn(kept, [Window(desk("1", Serves(queue="a")), 0.0)], scene) is None


def test_counters_that_are_busy_end_one_after_the_other() -> None:
    windows = [Window(desk(str(n), Serves(queue="a")), 0.0) for n in range(4)]
    other = Window(desk("9", Serves(queue="b")), 0.0)
    spread([*((window, 400.0) for window in windows), (other, 300.0)], "a")
    assert [window.free for window in windows] == [100, 200, 300, 400]
    assert other.free == 300
