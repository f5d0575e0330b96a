"""One play for all lines: each line's end is told what dispatch would do, and so is everybody in them."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from usher.core.hall.calling.dispatch import Rules
from usher.core.hall.config import Serves
from usher.core.hall.estimates.forecasting import STEPS, forecast
from usher.core.hall.estimates.projecting import Scene, Stream, Window
from usher.core.hall.events import PublicTicket

from .test_projecting import MEANS, NOW, WEIGHTS, a_counter, desk, in_line, lines_of, lived, rules, ticket


def behind_all(**more: Any) -> PublicTicket:
    """Who draws a number now."""
    return ticket(99, place=[NOW, 1e9], times={"waiting": NOW}, **more)


@settings(max_examples=60, deadline=None)
@given(st.lists(in_line(), max_size=25), st.lists(a_counter(), min_size=1, max_size=3), st.sampled_from("abc"),
       st.sampled_from(["normal", "vip", "elderly"]), st.sampled_from([0, 5]), st.sampled_from([{}, {"a": 700.0}]))  # fmt: skip
def test_it_is_what_will_happen(
    people: list[dict[str, Any]], counters: Any, queue: str, class_: str, urgency: int, boosts: dict[str, float]
) -> None:
    tickets: list[PublicTicket] = []
    for n, one in enumerate(people):
        staged = one.pop("staged")
        tickets.append(ticket(n, **one, **({"state": "staged", "counter": staged} if staged else {})))
    # Mixes are left out: one more group in line takes part in their turns, one that only asks does not.
    windows = [Window(desk(str(n), *serves), free + n / 10) for n, (serves, _, free) in enumerate(counters, start=1)]
    rank = (queue, class_, urgency)
    asked = [rank, ("a", "normal", 0), ("b", "vip", 0)]  # that others ask makes no difference
    how = Rules(WEIGHTS, boosts, lambda lane: True, ())
    found = forecast(asked, windows, Scene(NOW, lines_of(tickets), how, MEANS.__getitem__)).ends.get(rank)
    newcomer = behind_all(queue=queue, urgency=urgency, **{"class": class_})
    truth = lived("t99", windows, lines_of([*tickets, newcomer]), how)
    assert (found and found.seconds) == (truth and truth[0])


def test_the_calls_of_a_queue_are_told_one_by_one() -> None:
    windows = [Window(desk("1", Serves(queue="a")), 60.0)]
    told = forecast([("a", "normal", 0), ("a", "vip", 0)], windows,
                    Scene(NOW, lines_of([ticket(n) for n in range(3)]), rules(), MEANS.__getitem__))  # fmt: skip
    assert told.called["a"] == [60, 360, 660]
    assert (told.ends["a", "normal", 0].seconds, told.ends["a", "normal", 0].own) == (960, 3)
    assert (told.ends["a", "vip", 0].seconds, told.ends["a", "vip", 0].own) == (60, 0)


def test_a_mix_gives_each_group_its_turn() -> None:
    windows = [Window(desk("1", Serves(queue="a"), Serves(queue="b"), mix={"a": 3, "b": 1}), 0.0)]
    people = [*(ticket(n, "a") for n in range(12)), *(ticket(n, "b") for n in range(12, 14))]
    told = forecast([("a", "normal", 0), ("b", "normal", 0)], windows,
                    Scene(NOW, lines_of(people), rules(), MEANS.__getitem__))  # fmt: skip
    assert told.ends["b", "normal", 0].before in range(9, 12)  # two of b before, and three of a for each b
    assert told.ends["a", "normal", 0].before == 14


def test_people_of_a_better_rank_keep_coming_and_leave_a_part() -> None:
    windows = [Window(desk("1", Serves(queue="a")), 0.0)]
    asked, people = [("a", "normal", 0), ("a", "vip", 0)], [ticket(n) for n in range(10)]

    def told(vips: float) -> Any:
        return forecast(asked, windows, Scene(NOW, lines_of(people), rules(), MEANS.__getitem__,
                        [Stream("a", "vip", 0, vips), Stream("a", "normal", 0, 1.0)])).ends  # fmt: skip

    assert told(1 / 1500)["a", "normal", 0].seconds == 12 * 300
    assert told(1 / 1500)["a", "vip", 0].own == 0
    assert 20 <= told(1.0)["a", "normal", 0].own <= 30


def test_a_very_long_line_goes_on_at_the_pace_so_far() -> None:
    many = 4 * STEPS
    windows = [Window(desk(str(n), Serves(queue="a")), n * 150.0) for n in range(2)]
    told = forecast([("a", "normal", 0)], windows,
                    Scene(NOW, lines_of([ticket(n) for n in range(many)]), rules(), MEANS.__getitem__))  # fmt: skip
    end = told.ends["a", "normal", 0]
    assert (end.own, end.before) == (many, many)
    assert abs(end.seconds - many * 150) < 0.02 * many * 150
    assert told.work <= STEPS + 2


def test_nobody_serves_it() -> None:
    windows = [Window(desk("1", Serves(queue="b")), 0.0)]
    told = forecast([("a", "normal", 0)], windows, Scene(NOW, lines_of([ticket(0)]), rules(), MEANS.__getitem__))
    assert not told.ends
