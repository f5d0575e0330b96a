"""Who is called next: the order of HALL, one rule at a time, and what must hold of any line."""

import asyncio
import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from usher.core.clock import HandClock
from usher.core.errors import BadData, Refused
from usher.core.testing import Branch, branch

from ..conftest import YAML


async def _issue(hall: Branch, queue: str = "personal", **data: Any) -> str:
    return (await hall.act("queue.issue", queue=queue, **data))["ticket"]["number"]


async def _next(hall: Branch, counter: str = "1") -> str:
    return (await hall.act("counter.call_next", counter=counter, current="finish"))["ticket"]["number"]


async def _open(hall: Branch, *counters: str) -> None:
    for counter in counters:
        await hall.act("counter.sign_in", counter=counter, staff=f"staff{counter}")


async def test_first_come_first_served(hall: Branch) -> None:
    await _open(hall, "1")
    issued = [await _issue(hall) for _ in range(5)]
    assert [await _next(hall) for _ in range(5)] == issued == ["A001", "A002", "A003", "A004", "A005"]


async def test_a_clock_set_back_overtakes_nobody(hall: Branch, clock: HandClock) -> None:
    await _open(hall, "1")
    await _issue(hall)
    await clock.turn(60)
    await _issue(hall)
    clock.set_back(3600)
    late = await hall.act("queue.issue", queue="personal")
    assert late["ahead"] == 2
    assert [await _next(hall) for _ in range(3)] == ["A001", "A002", "A003"]


async def test_urgency_goes_before_everything(hall: Branch) -> None:
    await _open(hall, "1")
    await _issue(hall, **{"class": "vip"})
    await _issue(hall, "loss")
    emergency = await _issue(hall, urgency=50)
    assert [await _next(hall) for _ in range(3)] == [emergency, "T0001", "A001"]


async def test_the_counters_priority_goes_before_the_class(hall: Branch) -> None:
    await _open(hall, "1", "2")
    await _issue(hall, "corporate", **{"class": "vip"})
    await _issue(hall, "personal")
    assert await _next(hall, "1") == "A001"  # counter 1 prefers personal
    await _issue(hall, "personal")
    assert await _next(hall, "2") == "B001"  # counter 2 prefers neither: the class decides


async def test_the_heavier_class_goes_first(hall: Branch) -> None:
    await _open(hall, "1")
    for class_ in ("normal", "elderly", "vip", "vip"):
        await _issue(hall, **{"class": class_})
    assert [await _next(hall) for _ in range(4)] == ["A003", "A004", "A002", "A001"]


async def test_reserved_for_this_counter_and_passed_over_elsewhere(hall: Branch) -> None:
    await _open(hall, "1", "2")
    await _issue(hall)
    await _issue(hall)
    await hall.act("ticket.transfer", ticket="A002", counter="2")
    assert await _next(hall, "2") == "A002"
    await _issue(hall)
    await hall.act("ticket.transfer", ticket="A001", counter="2")
    assert await _next(hall, "1") == "A003"


async def test_a_reservation_lapses_when_its_counter_closes(hall: Branch) -> None:
    await _open(hall, "1", "2")
    await _issue(hall)
    await hall.act("ticket.transfer", ticket="A001", counter="2")
    with pytest.raises(Refused, match="Nobody is waiting"):
        await _next(hall, "1")
    await hall.act("counter.sign_out", counter="2")
    assert await _next(hall, "1") == "A001"


async def test_a_reservation_for_one_counter_only_waits_for_it(hall: Branch) -> None:
    await _open(hall, "1", "2")
    await _issue(hall)
    with pytest.raises(BadData):
        await hall.act("ticket.transfer", ticket="A001", queue="corporate", only=True)
    await hall.act("ticket.transfer", ticket="A001", counter="2", only=True)
    await hall.act("counter.sign_out", counter="2")
    with pytest.raises(Refused, match="Nobody is waiting"):
        await _next(hall, "1")
    await _open(hall, "2")
    assert await _next(hall, "2") == "A001"


async def test_nobody_is_at_two_counters(hall: Branch) -> None:
    await _open(hall, "1", "2")
    await _issue(hall, visitor="v1")
    await _issue(hall, "corporate", visitor="v1")
    await _issue(hall, "corporate")
    assert await _next(hall, "1") == "A001"
    assert await _next(hall, "2") == "B002"  # B001's visitor is at counter 1
    with pytest.raises(Refused) as refused:
        await hall.act("counter.call", counter="2", ticket="B001", current="put_back")
    assert refused.value.code == "visitor_busy"


async def test_the_reason_is_given(hall: Branch) -> None:
    await _open(hall, "1")
    await _issue(hall)
    await _issue(hall, "loss")
    answer = await hall.act("counter.call_next", counter="1")
    assert answer["reasons"] == [
        {"en": "T0001 before A001: more urgent.", "zh-CN": "T0001 先于 A001：更紧急。"},
    ]
    assert hall.events("ticket_called")[-1].data["reasons"] == answer["reasons"]


async def test_a_no_show_comes_back_behind_the_third(hall: Branch, clock: HandClock) -> None:
    await _open(hall, "1")
    for _ in range(6):
        await _issue(hall)
        await clock.turn(10)
    assert await _next(hall) == "A001"
    await hall.act("counter.no_show", counter="1")
    await hall.act("ticket.requeue", ticket="A001")
    assert [await _next(hall) for _ in range(6)] == ["A002", "A003", "A004", "A001", "A005", "A006"]


async def test_a_no_show_comes_back_among_its_like(hall: Branch, clock: HandClock) -> None:
    """Those of a heavier class stand before it anyway; they count, and do not push it further back."""
    await _open(hall, "1")
    for _ in range(5):
        await _issue(hall)
        await clock.turn(10)
    assert await _next(hall) == "A001"
    await hall.act("counter.no_show", counter="1")
    await _issue(hall, **{"class": "vip"})  # A006, now first
    await hall.act("ticket.requeue", ticket="A001")  # behind A006, A002, A003
    assert [await _next(hall) for _ in range(6)] == ["A006", "A002", "A003", "A001", "A004", "A005"]


async def test_in_front_is_in_front_of_its_like(hall: Branch, clock: HandClock) -> None:
    await _open(hall, "2")
    for class_ in ("normal", "normal", "vip"):
        await _issue(hall, "corporate", **{"class": class_})
        await clock.turn(10)
    await _issue(hall)
    await hall.act("ticket.transfer", ticket="A001", queue="corporate", place="front")
    order = [(await hall.act("counter.call_next", counter="2", current="hold"))["ticket"]["number"] for _ in range(4)]
    assert order == ["B003", "A001", "B001", "B002"]


async def test_a_no_show_comes_back_so_many_times(hall: Branch) -> None:
    await _open(hall, "1")
    await _issue(hall)
    for _ in range(2):
        assert await _next(hall) == "A001"
        await hall.act("counter.no_show", counter="1")
        await hall.act("ticket.requeue", ticket="A001")
    await _next(hall)
    await hall.act("counter.no_show", counter="1")
    with pytest.raises(Refused) as refused:
        await hall.act("ticket.requeue", ticket="A001")
    assert refused.value.code == "requeue_limit"


@pytest.mark.parametrize(
    ("place", "order"),
    [("end", ["B001", "B002", "A001"]), ("front", ["A001", "B001", "B002"]), ("keep", ["B001", "A001", "B002"])],
)
async def test_a_transfer_has_a_place(hall: Branch, clock: HandClock, place: str, order: list[str]) -> None:
    await _open(hall, "2")
    for queue in ("corporate", "personal", "corporate"):
        await _issue(hall, queue)
        await clock.turn(10)
    await hall.act("ticket.transfer", ticket="A001", queue="corporate", place=place)
    assert [(await hall.act("counter.call_next", counter="2", current="put_back"))["ticket"]["number"]] == order[:1]
    line = []
    for _ in order:
        at = hall.state("counter.2").attributes["number"]
        line.append(at)
        await hall.act("counter.start", counter="2")
        await hall.act("counter.finish", counter="2")
        if len(line) < len(order):
            await hall.act("counter.call_next", counter="2")
    assert line == order


async def test_put_back_keeps_the_reservation(hall: Branch) -> None:
    await _open(hall, "1", "2")
    await _issue(hall)
    await hall.act("ticket.transfer", ticket="A001", counter="2")
    assert await _next(hall, "2") == "A001"
    await hall.act("counter.put_back", counter="2")
    with pytest.raises(Refused, match="Nobody is waiting"):
        await _next(hall, "1")
    assert await _next(hall, "2") == "A001"


async def test_a_paused_queue_takes_nobody_back(hall: Branch) -> None:
    """Asked of a transfer and of who comes back, as of who would draw a number."""
    await _open(hall, "1")
    await _issue(hall)
    await _issue(hall, "corporate")
    await _next(hall)
    await hall.act("counter.no_show", counter="1")
    await hall.act("queue.pause", queue="personal")
    for action, data in (
        ("ticket.requeue", {"ticket": "A001"}),
        ("ticket.transfer", {"ticket": "B001", "queue": "personal"}),
    ):
        with pytest.raises(Refused) as refused:
            await hall.act(action, **data)
        assert refused.value.code == "paused"
    await hall.act("queue.resume", queue="personal")
    assert (await hall.act("ticket.requeue", ticket="A001"))["ticket"]["state"] == "waiting"


async def test_put_back_keeps_the_old_place(hall: Branch) -> None:
    await _open(hall, "1", "2")
    for _ in range(3):
        await _issue(hall)
    await _next(hall, "1")
    await hall.act("counter.put_back", counter="1")
    assert await _next(hall, "2") == "A001"


TICKETS = st.lists(
    st.tuples(st.sampled_from(["personal", "corporate"]), st.sampled_from(["normal", "elderly", "vip"]), st.integers(0, 2)),
    min_size=1, max_size=20,
)  # fmt: skip


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tickets=TICKETS)
def test_everyone_is_called_once_and_nobody_is_overtaken_by_a_like(
    tmp_path_factory: pytest.TempPathFactory, tickets: list[tuple[str, str, int]]
) -> None:
    async def day() -> None:
        async with branch(YAML, tmp_path_factory.mktemp("day"), clock=HandClock()) as hall:
            await _open(hall, "1")
            for queue, class_, urgency in tickets:
                await _issue(hall, queue, urgency=urgency, **{"class": class_})
            called = [
                (await hall.act("counter.call_next", counter="1", current="finish"))["ticket"] for _ in tickets
            ]  # fmt: skip
            assert len({t["id"] for t in called}) == len(tickets)
            for earlier, later in itertools.pairwise(called):
                assert earlier["urgency"] >= later["urgency"]
                same = all(earlier[k] == later[k] for k in ("urgency", "queue", "class"))
                assert not same or earlier["place"] < later["place"]

    asyncio.run(day())
