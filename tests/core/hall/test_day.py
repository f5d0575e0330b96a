"""The end of the day: expired or carried over, counters closed when done; over midnight, at 04:00, over summer time."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from usher.core.access import Caller
from usher.core.actions import Call
from usher.core.clock import HandClock
from usher.core.errors import BadData, NotPermitted, Refused
from usher.core.testing import Branch, branch

BERLIN = ZoneInfo("Europe/Berlin")
YAML = """
usher: {name: Test, site: test, time_zone: Europe/Berlin, business_day: "04:00"}
queue:
  desk: {name: Desk, prefix: A}
  drugs: {name: Drugs, prefix: P, at_day_end: {carry: 1}}
  cash: {name: Cash, prefix: C, sequence: money}
  bank: {name: Bank, prefix: B, sequence: money}
counter:
  "1": {name: One, serves: [desk, drugs, cash, bank]}
  "2": {name: Two, serves: [desk]}
  night: {name: Night desk, serves: [desk], at_day_end: stay}
"""


def _clock(*at: int) -> HandClock:
    return HandClock(datetime(*at, tzinfo=BERLIN).timestamp(), "Europe/Berlin")


@pytest.fixture
def clock() -> HandClock:
    return _clock(2026, 11, 20, 23)


@pytest.fixture
async def hall(tmp_path: Path, clock: HandClock) -> AsyncIterator[Branch]:
    async with branch(YAML, tmp_path, clock=clock) as running:
        yield running


async def _come(hall: Branch, queue: str = "desk", **more: object) -> str:
    number: str = (await hall.act("queue.issue", queue=queue, **more))["ticket"]["number"]
    return number


async def _live(hall: Branch) -> dict[str, str]:
    return {t["number"]: t["state"] for t in (await hall.act("ticket.list"))["tickets"]}


async def _turned(hall: Branch, clock: HandClock, hours: float) -> None:
    """So much later, with all that is then decided done. The wall clock moves at once: turning the hours takes minutes."""
    clock.set_back(-hours * 3600)
    await clock.turn(21)
    for _ in range(6):  # what is decided after it is durable after it
        await clock.turn(1)
        await hall.act("queue.pause", queue="bank")
        await hall.act("queue.resume", queue="bank")


async def test_a_business_day_that_begins_at_four(hall: Branch, clock: HandClock) -> None:
    await _come(hall)
    await _turned(hall, clock, 4.9)  # 03:54
    assert await _live(hall) == {"A001": "waiting"}
    assert await _come(hall) == "A002"
    await _turned(hall, clock, 0.2)
    assert await _live(hall) == {}
    assert [e.data["ticket"]["number"] for e in hall.events("ticket_expired")] == ["A001", "A002"]
    (began,) = hall.events("day_began")
    assert began.data == {"day": "2026-11-21", "let_go": 2, "carried": 0}
    assert await _come(hall) == "A001"


@pytest.mark.parametrize(
    ("start", "hours"),
    [((2026, 3, 28, 5), 22.0), ((2026, 10, 24, 5), 24.0), ((2028, 2, 28, 5), 23.0)],
    ids=["to summer time", "back to winter time", "leap day"],
)
async def test_the_day_ends_at_four_by_the_wall_clock(tmp_path: Path, start: tuple[int, ...], hours: float) -> None:
    clock = _clock(*start)
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await _come(hall)
        await _turned(hall, clock, hours - 0.1)
        assert await _live(hall) == {"A001": "waiting"}
        await _turned(hall, clock, 0.2)
        assert await _live(hall) == {}
        assert hall.events("ticket_expired")[0].data["ticket"]["day"] == datetime(*start).date().isoformat()


async def test_served_over_the_end_of_the_day(hall: Branch, clock: HandClock) -> None:
    await hall.act("counter.sign_in", counter="1", staff="amy")
    await hall.act("counter.sign_in", counter="2", staff="bob")
    await hall.act("counter.sign_in", counter="night", staff="eve")
    await _come(hall)
    await hall.act("counter.call_next", counter="1")
    await hall.act("counter.start", counter="1")
    await _turned(hall, clock, 5.1)
    assert await _live(hall) == {"A001": "serving"}
    assert [hall.state(f"counter.{c}").value for c in ("1", "2", "night")] == ["serving", "closed", "idle"]
    assert [(e.data["counter"], e.data["reason"]) for e in hall.events("counter_signed_out")] == [("2", "day_end")]
    assert await _come(hall) == "A002"  # A001 is still in use
    await hall.act("counter.finish", counter="1")
    # It counts for the day it was finished in, and stays of the day it was issued in.
    assert hall.state("queue.desk").attributes["served_today"] == 1
    assert hall.events("ticket_finished")[0].data["ticket"]["day"] == "2026-11-20"
    await _turned(hall, clock, 0.01)
    assert hall.state("counter.1").value == "closed"


async def test_a_counter_that_goes_on_serving_closes_when_it_is_done(hall: Branch, clock: HandClock) -> None:
    await hall.act("counter.sign_in", counter="1", staff="amy")
    await _come(hall)
    await hall.act("counter.call_next", counter="1")
    await _turned(hall, clock, 5.1)
    await _come(hall)
    await hall.act("counter.call_next", counter="1", current="finish")
    await _turned(hall, clock, 0.1)
    assert hall.state("counter.1").value == "calling"
    await hall.act("counter.finish", counter="1")
    await _turned(hall, clock, 0.1)
    assert hall.state("counter.1").value == "closed"
    await hall.act("counter.sign_in", counter="1", staff="amy")  # for the new day
    await _turned(hall, clock, 0.1)
    assert hall.state("counter.1").value == "idle"


async def test_who_sat_there_when_usher_was_stopped_is_signed_out(tmp_path: Path, clock: HandClock) -> None:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await hall.act("counter.sign_in", counter="1", staff="amy")
        await _come(hall)
    await clock.turn(10 * 3600)
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await _turned(hall, clock, 0.01)
        assert hall.state("counter.1").value == "closed"
        assert await _live(hall) == {}


async def test_a_queue_carries_over_for_as_long_as_it_says(hall: Branch, clock: HandClock) -> None:
    await hall.act("counter.sign_in", counter="1", staff="amy")
    for ready in (True, False):
        await _come(hall, "drugs", ready=ready, name="张小三")
    await _come(hall)
    await _turned(hall, clock, 6)
    assert await _live(hall) == {"P001": "waiting", "P002": "pending"}
    assert [e.data["ticket"]["number"] for e in hall.events("ticket_updated")] == ["P001", "P002"]
    assert hall.state("queue.drugs").attributes["oldest_wait"] < 3600 * 2  # the night is no waiting
    assert (await hall.act("ticket.get", ticket="P001"))["person"]["name"] == "张小三"
    assert await _come(hall, "drugs") == "P003"  # no number twice while it is live
    assert [t["number"] for t in (await hall.act("ticket.list", queue="drugs", state="waiting"))["tickets"]] == [
        "P001", "P003"]  # fmt: skip
    await _turned(hall, clock, 24)
    assert await _live(hall) == {"P003": "waiting"}
    assert {e.data["ticket"]["number"] for e in hall.events("ticket_expired")} == {"A001", "P001", "P002"}
    with pytest.raises(Refused):
        await hall.act("ticket.get", ticket="P002")


async def test_carried_over_a_restart_is_not_carried_twice(tmp_path: Path, clock: HandClock) -> None:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await _come(hall, "drugs")
        await _turned(hall, clock, 6)
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await _turned(hall, clock, 0.1)
        assert await _live(hall) == {"P001": "waiting"}
        assert not hall.events("ticket_updated")


async def test_a_clock_set_back_over_the_change_ends_no_day_twice(hall: Branch, clock: HandClock) -> None:
    await hall.act("counter.sign_in", counter="1", staff="amy")
    await _come(hall)
    await _turned(hall, clock, 5.1)
    await hall.act("counter.sign_in", counter="1", staff="amy")
    assert await _come(hall) == "A001"
    clock.set_back(3600)  # 03:06 again
    await _turned(hall, clock, 0.1)
    assert await _come(hall) == "A002"  # numbers, counts and the line go on
    assert hall.state("queue.desk").attributes["issued_today"] == 2
    assert hall.state("counter.1").value == "idle"
    repeated = await hall.act("queue.issue", queue="desk", request_id="once")
    await _turned(hall, clock, 0.5)
    assert await hall.act("queue.issue", queue="desk", request_id="once") == repeated
    assert await _live(hall) == {"A001": "waiting", "A002": "waiting", "A003": "waiting"}
    assert [t["number"] for t in (await hall.act("ticket.list", queue="desk", state="waiting"))["tickets"]] == [
        "A001", "A002", "A003"]  # fmt: skip


async def test_a_clock_that_was_years_ahead_is_simply_corrected(tmp_path: Path) -> None:
    clock = _clock(2031, 1, 1, 12)
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await hall.act("counter.sign_in", counter="1", staff="amy")
        await _come(hall)
        await _turned(hall, clock, -5 * 365 * 24)
        assert await _live(hall) == {}
        assert hall.state("counter.1").value == "closed"
        assert await _come(hall) == "A001"
        await _turned(hall, clock, 0.1)
        assert await _live(hall) == {"A001": "waiting"}


async def test_a_day_is_begun_anew_by_hand_and_nothing_is_lost(hall: Branch, clock: HandClock) -> None:
    await hall.act("counter.sign_in", counter="1", staff="amy")
    for _ in range(3):
        await _come(hall)
    await hall.act("counter.call_next", counter="1")
    await hall.act("queue.pause", queue="desk", reason="Alarm.")
    answer = await hall.act("queue.clear_day", queue="desk", reason="fire alarm")
    assert answer == {"queues": ["desk"], "let_go": 2}
    assert await _live(hall) == {"A001": "called"}  # who is at a counter is served
    (cleared,) = hall.events("queue_cleared")
    assert cleared.data == {"queue": "desk", "issued": 3, "served": 0, "let_go": 2, "numbers": True,
                            "reason": "fire alarm", "by": "system"}  # fmt: skip
    assert len(hall.events("ticket_expired")) == 2
    state = hall.state("queue.desk").attributes
    assert (state["issued_today"], state["paused"], state["pause_reason"]) == (0, True, "Alarm.")
    await hall.act("queue.resume", queue="desk")
    assert await _come(hall) == "A002"  # A001 is still there
    await hall.act("queue.clear_day", queue=["desk"], numbers=False, reason="again")
    assert await _come(hall) == "A003"


async def test_clearing_needs_a_manager_a_reason_and_all_who_share_the_numbers(hall: Branch) -> None:
    with pytest.raises(NotPermitted):
        await hall.engine.actions.call("queue.clear_day", {"reason": "x"}, Call(Caller("amy", "Amy", "staff")))
    with pytest.raises(BadData):
        await hall.act("queue.clear_day", queue="desk")
    await _come(hall, "cash")
    heard = len(hall.heard)
    with pytest.raises(Refused) as refused:
        await hall.act("queue.clear_day", queue="cash", reason="x")
    assert refused.value.code == "sequence_shared"
    assert "bank" in refused.value.say("zh-CN")
    assert len(hall.heard) == heard
    assert (await hall.act("queue.clear_day", queue=["cash", "bank"], reason="x"))["let_go"] == 1
    assert await _come(hall, "bank") == "B001"


async def test_hundreds_are_cleared_in_pieces(hall: Branch) -> None:
    for _ in range(450):
        await _come(hall)
    answer = await hall.act("queue.clear_day", reason="drill", request_id="drill-1")
    assert answer["let_go"] == 450
    assert await _live(hall) == {}
    assert await _come(hall) == "A001"
    assert await hall.act("queue.clear_day", reason="drill", request_id="drill-1") == answer
    assert await _live(hall) == {"A001": "waiting"}  # the same request clears once
