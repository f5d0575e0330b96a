"""The inner area: asked ahead by staff or by itself, for one counter; back in the old place when that closes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from usher.core.clock import HandClock
from usher.core.errors import BadData, Refused
from usher.core.testing import Branch, branch

YAML = """
usher: {name: Clinic, site: test, classes: {vip: 50}}
queue:
  eyes: {name: Eyes, prefix: E}
  ears: {name: Ears, prefix: R}
counter:
  room1: {name: Room 1, serves: [eyes], stage: 2}
  room2: {name: Room 2, serves: [eyes, ears]}
  room3: {name: Room 3, serves: [eyes], stage: 2}
"""


@pytest.fixture
async def clinic(tmp_path: Path, clock: HandClock) -> AsyncIterator[Branch]:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        yield hall


async def _come(hall: Branch, count: int, queue: str = "eyes") -> list[str]:
    return [(await hall.act("queue.issue", queue=queue))["ticket"]["number"] for _ in range(count)]


async def _states(hall: Branch) -> dict[str, tuple[str, str | None]]:
    listed = (await hall.act("ticket.list"))["tickets"]
    return {t["number"]: (t["state"], t["counter"]) for t in listed}


async def _settled(hall: Branch, clock: HandClock) -> dict[str, tuple[str, str | None]]:
    """Once the inner areas have filled: what they decide is durable before what is decided after it."""
    for _ in range(4):
        await clock.turn(1)
        await hall.act("queue.pause", queue="ears")
        await hall.act("queue.resume", queue="ears")
    return await _states(hall)


async def test_staff_stage_the_next_ones_and_call_them_first(clinic: Branch) -> None:
    await clinic.act("counter.sign_in", counter="room2", staff="bob")
    await _come(clinic, 3)
    staged = (await clinic.act("queue.stage", queue="eyes", counter="room2", count=2))["tickets"]
    assert [(t["number"], t["state"], t["counter"]) for t in staged] == [
        ("E001", "staged", "room2"), ("E002", "staged", "room2")]  # fmt: skip
    assert [e.data["ticket"]["number"] for e in clinic.events("ticket_staged")] == ["E001", "E002"]
    assert clinic.events("ticket_staged")[0].data["from"]["state"] == "waiting"
    assert clinic.state("queue.eyes").value == 1
    assert clinic.state("counter.room2").attributes["staged"] == ["E001", "E002"]
    called = await clinic.act("counter.call_next", counter="room2")
    assert called["ticket"]["number"] == "E001"
    assert "inner area" in called["reasons"][0]["en"]


async def test_another_counter_does_not_call_who_is_staged(clinic: Branch, clock: HandClock) -> None:
    await clinic.act("counter.sign_in", counter="room1", staff="amy")
    await clinic.act("counter.sign_in", counter="room2", staff="bob")
    await _come(clinic, 3)
    assert (await _settled(clinic, clock))["E001"] == ("staged", "room1")
    assert (await clinic.act("counter.call_next", counter="room2"))["ticket"]["number"] == "E003"


async def test_an_inner_area_fills_by_itself_and_again_after_each_call(clinic: Branch, clock: HandClock) -> None:
    await _come(clinic, 4)
    await clinic.act("counter.sign_in", counter="room1", staff="amy")
    states = await _settled(clinic, clock)
    assert [n for n, state in states.items() if state == ("staged", "room1")] == ["E001", "E002"]
    await clinic.act("counter.call_next", counter="room1")
    states = await _settled(clinic, clock)
    assert states == {
        "E001": ("called", "room1"), "E002": ("staged", "room1"), "E003": ("staged", "room1"), "E004": ("waiting", None),
    }  # fmt: skip


async def test_rooms_that_share_a_queue_share_its_people(clinic: Branch, clock: HandClock) -> None:
    await clinic.act("counter.sign_in", counter="room1", staff="amy")
    await clinic.act("counter.sign_in", counter="room3", staff="eve")
    await _come(clinic, 2)
    states = await _settled(clinic, clock)
    assert sorted(counter or "" for state, counter in states.values()) == ["room1", "room3"]


async def test_a_paused_room_asks_nobody_in(clinic: Branch, clock: HandClock) -> None:
    await clinic.act("counter.sign_in", counter="room1", staff="amy")
    await clinic.act("counter.pause", counter="room1")
    await _come(clinic, 1)
    assert (await _settled(clinic, clock))["E001"] == ("waiting", None)
    await clinic.act("counter.resume", counter="room1")
    assert (await _settled(clinic, clock))["E001"] == ("staged", "room1")


async def test_when_the_counter_closes_all_go_back_to_their_old_places(clinic: Branch, clock: HandClock) -> None:
    await clinic.act("counter.sign_in", counter="room2", staff="bob")
    await _come(clinic, 3)
    await clock.turn(60)
    await clinic.act("queue.stage", queue="eyes", counter="room2", count=2)
    before = (await clinic.act("ticket.get", ticket="E001"))["ticket"]
    await clinic.act("counter.sign_out", counter="room2")
    line = (await clinic.act("ticket.list", queue="eyes", state="waiting"))["tickets"]
    assert [(t["number"], t["counter"]) for t in line] == [("E001", None), ("E002", None), ("E003", None)]
    assert line[0]["place"] == before["place"]
    assert clinic.state("queue.eyes").attributes["oldest_wait"] == 60
    assert [e.data["from"]["state"] for e in clinic.events("ticket_put_back")] == ["staged", "staged"]


async def test_the_inner_area_survives_a_restart(tmp_path: Path, clock: HandClock) -> None:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await hall.act("counter.sign_in", counter="room1", staff="amy")
        await _come(hall, 3)
        before = await _settled(hall, clock)
    async with branch(YAML, tmp_path, clock=clock) as hall:
        assert await _settled(hall, clock) == before
        assert (await hall.act("counter.call_next", counter="room1"))["ticket"]["number"] == "E001"


async def test_more_urgent_people_go_before_the_staged(clinic: Branch) -> None:
    await clinic.act("counter.sign_in", counter="room2", staff="bob")
    await _come(clinic, 1)
    await clinic.act("queue.stage", queue="eyes", counter="room2")
    await clinic.act("queue.issue", queue="eyes", urgency=5)
    assert (await clinic.act("counter.call_next", counter="room2"))["ticket"]["number"] == "E002"


@pytest.mark.parametrize(
    ("action", "data", "code"),
    [
        ("ticket.stage", {"ticket": "E001", "counter": "room1"}, "counter_closed"),
        ("ticket.stage", {"ticket": "R001", "counter": "room3"}, "not_served"),
        ("ticket.stage", {"ticket": "E002", "counter": "room2"}, "wrong_state"),  # staged already
        ("queue.stage", {"queue": "ears", "counter": "room3"}, "nobody_waiting"),
        ("queue.stage", {"queue": "nowhere", "counter": "room2"}, "unknown_queue"),
        ("queue.stage", {"queue": "eyes", "counter": "room1"}, "counter_closed"),
    ],
)
async def test_what_cannot_be_staged_is_refused_and_changes_nothing(
    clinic: Branch, action: str, data: dict[str, object], code: str
) -> None:
    await clinic.act("counter.sign_in", counter="room2", staff="bob")
    await clinic.act("counter.sign_in", counter="room3", staff="eve")
    await clinic.act("counter.pause", counter="room3")
    await _come(clinic, 2)
    await _come(clinic, 1, "ears")
    await clinic.act("ticket.stage", ticket="E002", counter="room2")
    before, heard = await _states(clinic), len(clinic.heard)
    with pytest.raises(Refused) as refused:
        await clinic.act(action, **data)
    assert refused.value.code == code
    assert (await _states(clinic), len(clinic.heard)) == (before, heard)


async def test_the_counter_it_is_reserved_for_need_not_be_said(clinic: Branch) -> None:
    await clinic.act("counter.sign_in", counter="room2", staff="bob")
    await _come(clinic, 2)
    await clinic.act("ticket.transfer", ticket="E002", counter="room2")
    assert (await clinic.act("ticket.stage", ticket="E002"))["ticket"]["counter"] == "room2"
    with pytest.raises(BadData, match="which counter"):
        await clinic.act("ticket.stage", ticket="E001")


async def test_a_hold_for_the_counter_keeps_who_was_staged_there(clinic: Branch) -> None:
    await clinic.act("counter.sign_in", counter="room2", staff="bob")
    await _come(clinic, 1)
    await clinic.act("ticket.stage", ticket="E001", counter="room2")
    held = (await clinic.act("ticket.hold", ticket="E001", **{"for": "counter"}))["ticket"]
    assert (held["state"], held["reserved"], held["counter"]) == ("held", "room2", None)
