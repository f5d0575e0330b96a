"""Who is asked to which door by itself, and that no counter stands idle because somebody sits before another's door."""

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from usher.core.clock import HandClock
from usher.core.errors import Refused
from usher.core.testing import Branch, branch

YAML = """
usher: {name: Clinic, site: test, classes: {vip: 50}}
queue:
  eyes: {name: Eyes, prefix: E}
  ears: {name: Ears, prefix: R, skills: [ears]}
staff:
  amy: {name: Amy, skills: [ears]}
  bob: {name: Bob}
  eve: {name: Eve, skills: [ears]}
  dan: {name: Dan}
counter:
  room1: {name: Room 1, serves: [eyes, ears], stage: 3}
  room2: {name: Room 2, serves: [eyes, ears], stage: 3}
  room3: {name: Room 3, serves: [eyes], stage: 1}
  desk: {name: Desk, serves: [eyes]}
"""
SEATS = {"room1": "amy", "room2": "bob", "room3": "eve", "desk": "dan"}


@pytest.fixture
async def clinic(tmp_path: Path, clock: HandClock) -> AsyncIterator[Branch]:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        yield hall


async def _open(hall: Branch, clock: HandClock, *counters: str) -> None:
    for counter in counters:
        await hall.act("counter.sign_in", counter=counter, staff=SEATS[counter])
        await clock.turn(1)


async def _settled(hall: Branch, clock: HandClock) -> None:
    """Until what the hall does by itself is done and durable."""
    await clock.turn(0)
    while not hall.engine.store.idle:
        await clock.turn(0.001)
    await clock.turn(0)


async def _come(hall: Branch, clock: HandClock, count: int = 1, queue: str = "eyes", **more: Any) -> None:
    for _ in range(count):
        await hall.act("queue.issue", queue=queue, **more)
        await _settled(hall, clock)


async def _where(hall: Branch) -> dict[str, str | None]:
    """Before which door everybody sits who is staged; None for who stands in line."""
    listed = (await hall.act("ticket.list", state=["waiting", "staged"]))["tickets"]
    return {t["number"]: t["counter"] for t in listed}


async def _next(hall: Branch, counter: str) -> Any:
    return await hall.act("counter.call_next", counter=counter, current="finish")


async def test_each_goes_to_the_door_with_the_fewest_before_it(clinic: Branch, clock: HandClock) -> None:
    await _open(clinic, clock, "room1", "room2", "room3")
    await _come(clinic, clock, 3)
    assert await _where(clinic) == {"E001": "room1", "E002": "room2", "E003": "room3"}
    await _come(clinic, clock, 3)  # room 3 has one chair only
    assert await _where(clinic) == {
        "E001": "room1", "E002": "room2", "E003": "room3", "E004": "room1", "E005": "room2", "E006": "room1",
    }  # fmt: skip


async def test_who_is_at_the_counter_counts_as_before_it(clinic: Branch, clock: HandClock) -> None:
    await _open(clinic, clock, "room1", "room2")
    await _come(clinic, clock)
    await _next(clinic, "room1")
    await _come(clinic, clock)
    assert await _where(clinic) == {"E002": "room2"}
    await _next(clinic, "room2")
    await _come(clinic, clock, 2)
    assert await _where(clinic) == {"E003": "room1", "E004": "room2"}


async def test_of_equals_it_is_the_one_idle_the_longest(clinic: Branch, clock: HandClock) -> None:
    await _open(clinic, clock, "room3", "room2", "room1")
    await _come(clinic, clock, 3)
    assert await _where(clinic) == {"E001": "room3", "E002": "room2", "E003": "room1"}


async def test_at_the_same_instant_it_is_the_one_first_in_the_yaml(clinic: Branch, clock: HandClock) -> None:
    for counter in ("room3", "room2", "room1"):
        await clinic.act("counter.sign_in", counter=counter, staff=SEATS[counter])
    await _come(clinic, clock, 3)
    assert await _where(clinic) == {"E001": "room1", "E002": "room2", "E003": "room3"}


async def test_somebody_is_left_in_line_for_an_idle_counter_without_an_inner_area(
    clinic: Branch, clock: HandClock
) -> None:
    await _open(clinic, clock, "room1")
    await _come(clinic, clock)
    await _next(clinic, "room1")
    await _open(clinic, clock, "desk")
    await _come(clinic, clock)
    assert await _where(clinic) == {"E002": None}
    await _come(clinic, clock)
    assert await _where(clinic) == {"E002": "room1", "E003": None}
    assert (await _next(clinic, "desk"))["ticket"]["number"] == "E003"


async def test_an_idle_counter_leaves_nobody_who_it_may_not_call(clinic: Branch, clock: HandClock) -> None:
    """Bob has no skill for ears, and the desk does not serve them: they go to Amy's door, busy as she is."""
    await _open(clinic, clock, "room1")
    await _come(clinic, clock)
    await _next(clinic, "room1")
    await _open(clinic, clock, "room2", "desk")
    await _come(clinic, clock, 2, "ears")
    assert await _where(clinic) == {"R001": "room1", "R002": "room1"}
    with pytest.raises(Refused, match="Nobody is waiting"):
        await _next(clinic, "room2")


async def _crowded(hall: Branch, clock: HandClock, count: int = 4) -> None:
    """Room 1 is busy, the others before its door; room 2 opens when the line is empty."""
    await _open(hall, clock, "room1")
    await _come(hall, clock, count)
    await _next(hall, "room1")
    await _settled(hall, clock)
    assert list((await _where(hall)).values()) == ["room1"] * (count - 1)
    await _open(hall, clock, "room2")


async def test_an_idle_counter_takes_the_first_who_would_only_wait_before_a_busy_ones_door(
    clinic: Branch, clock: HandClock
) -> None:
    await _crowded(clinic, clock)
    called = await _next(clinic, "room2")
    assert (called["ticket"]["number"], called["ticket"]["counter"]) == ("E002", "room2")
    assert called["reasons"][0]["en"] == "Nobody else waits for this counter: E002 need not wait before counter room1."
    assert "E002" in called["reasons"][0]["zh-CN"]
    told = clinic.events("ticket_called")[-1].data
    assert told["from"] == {"state": "staged", "queue": "eyes", "counter": "room1"}
    await _settled(clinic, clock)
    assert clinic.state("counter.room1").attributes["staged"] == ["E003", "E004"]


async def test_the_more_urgent_is_taken_first(clinic: Branch, clock: HandClock) -> None:
    await _crowded(clinic, clock)
    await clinic.act("ticket.update", ticket="E004", urgency=3)
    assert (await _next(clinic, "room2"))["ticket"]["number"] == "E004"


async def test_its_panel_and_the_explanation_say_so_before(clinic: Branch, clock: HandClock) -> None:
    await _crowded(clinic, clock)
    explained = await clinic.act("ticket.explain", ticket="E002", counter="room2")
    assert explained["counters"][0]["rule"] == "chosen"
    explained = await clinic.act("ticket.explain", ticket="E003", counter="room2")
    assert explained["counters"][0]["rule"] == "elsewhere"


async def test_who_waits_in_line_goes_before_who_sits_elsewhere(clinic: Branch, clock: HandClock) -> None:
    await _crowded(clinic, clock)
    await clinic.act("counter.pause", counter="room2")
    await _come(clinic, clock)  # E005: room 1's chairs are taken
    await clinic.act("counter.resume", counter="room2")
    assert (await _next(clinic, "room2"))["ticket"]["number"] == "E005"


async def test_the_next_of_an_idle_counter_is_its_own(clinic: Branch, clock: HandClock) -> None:
    await _open(clinic, clock, "room1")
    await _come(clinic, clock, 2)
    await _open(clinic, clock, "room2")
    assert (await _next(clinic, "room2"))["ticket"]["number"] == "E002"  # room 1 has E001 to call
    await clinic.act("counter.put_back", counter="room2")
    await clinic.act("ticket.cancel", ticket="E002")
    with pytest.raises(Refused, match="Nobody is waiting"):
        await _next(clinic, "room2")


async def test_before_a_paused_door_nobody_need_wait(clinic: Branch, clock: HandClock) -> None:
    await _open(clinic, clock, "room1")
    await _come(clinic, clock)
    await clinic.act("counter.pause", counter="room1")
    await _open(clinic, clock, "desk")
    assert (await _next(clinic, "desk"))["ticket"]["number"] == "E001"


@pytest.mark.parametrize("sent", ["by hand", "reserved", "a nurse's next ones"])
async def test_who_is_meant_for_a_counter_stays_there(clinic: Branch, clock: HandClock, sent: str) -> None:
    await _open(clinic, clock, "room1")
    await _come(clinic, clock)
    await _next(clinic, "room1")
    if sent == "reserved":
        await clinic.act("queue.issue", queue="eyes")
        await clinic.act("ticket.transfer", ticket="E002", counter="room1")
    else:
        await clinic.act("counter.pause", counter="room1")  # it would be filled by itself
        await clinic.act("queue.issue", queue="eyes")
        if sent == "by hand":
            await clinic.act("ticket.stage", ticket="E002", counter="room1")
        else:
            await clinic.act("queue.stage", queue="eyes", counter="room1")
    await _settled(clinic, clock)
    assert await _where(clinic) == {"E002": "room1"}
    await _open(clinic, clock, "room2")
    with pytest.raises(Refused, match="Nobody is waiting"):
        await _next(clinic, "room2")
    await clinic.act("counter.resume", counter="room1")
    called = (await clinic.act("counter.call", counter="room1", ticket="E002", current="finish"))["ticket"]
    assert "staged_by_hand" not in called


async def test_a_counter_that_calls_by_itself_takes_them_by_itself(tmp_path: Path, clock: HandClock) -> None:
    yaml = YAML.replace("serves: [eyes]}", "serves: [eyes], auto_call: true}")
    async with branch(yaml, tmp_path, clock=clock) as hall:
        await _open(hall, clock, "room1", "desk")
        await _come(hall, clock, 2)
        assert hall.state("counter.desk").attributes["number"] == "E002"  # left in line for it
        await _next(hall, "room1")
        await _come(hall, clock)
        assert await _where(hall) == {"E003": "room1"}
        await hall.act("counter.finish", counter="desk")
        await _settled(hall, clock)
        assert hall.state("counter.desk").attributes["number"] == "E003"


async def test_an_idle_one_takes_who_is_left_behind_when_the_other_calls(tmp_path: Path, clock: HandClock) -> None:
    yaml = YAML.replace("serves: [eyes]}", "serves: [eyes], auto_call: true}")
    async with branch(yaml, tmp_path, clock=clock) as hall:
        await _open(hall, clock, "room1")
        await _come(hall, clock, 2)
        await _open(hall, clock, "desk")
        await _settled(hall, clock)
        assert hall.state("counter.desk").attributes["number"] == "E002"
        await hall.act("counter.finish", counter="desk")
        await _come(hall, clock, queue="ears")
        await hall.act("counter.call", counter="room1", ticket="R001")  # out of turn: E001 is left sitting there
        await _settled(hall, clock)
        assert hall.state("counter.desk").attributes["number"] == "E001"


# Whatever happens.

DEEDS = ("come", "come", "come", "next", "next", "finish", "open", "open", "close", "pause", "resume", "sent", "keep")


async def _deed(hall: Branch, deed: str, chance: random.Random) -> None:
    counter, queue = chance.choice([*SEATS]), chance.choice(["eyes", "eyes", "ears"])
    tickets = (await hall.act("ticket.list", state=["waiting", "staged"]))["tickets"]
    ticket = chance.choice(tickets)["id"] if tickets else "E001"
    does: dict[str, tuple[str, dict[str, Any]]] = {
        "come": ("queue.issue", {"queue": queue, "class": chance.choice(["normal", "vip"])}),
        "next": ("counter.call_next", {"counter": counter, "current": "finish"}),
        "finish": ("counter.finish", {"counter": counter}),
        "open": ("counter.sign_in", {"counter": counter, "staff": SEATS[counter]}),
        "close": ("counter.sign_out", {"counter": counter, "current": "put_back"}),
        "pause": ("counter.pause", {"counter": counter}),
        "resume": ("counter.resume", {"counter": counter}),
        "sent": ("queue.stage", {"counter": counter, "queue": queue}),
        "keep": ("ticket.transfer", {"ticket": ticket, "counter": counter, "place": "keep"}),
    }
    action, data = does[deed]
    try:
        await hall.act(action, **data)
    except Refused:
        return


async def _idle_in_vain(hall: Branch) -> list[str]:
    """Open idle counters that would call nobody, and somebody before another's door whom they could serve."""
    found: list[str] = []
    listed = (await hall.act("ticket.list", state="staged"))["tickets"]
    states = {name: hall.state(f"counter.{name}") for name in SEATS}
    for name, state in states.items():
        if state.value != "idle" or await _would_call(hall, name):
            continue
        for ticket in listed:
            there = states[ticket["counter"]]
            waits = there.value != "idle" or there.attributes["staged"][0] != ticket["number"]
            meant = ticket.get("staged_by_hand") or ticket["reserved"] not in (None, name)
            if waits and not meant and ticket["queue"] in state.attributes["serves"]:
                found.append(f"{name} stands idle while {ticket['number']} waits before {ticket['counter']}")
    return found


async def _would_call(hall: Branch, counter: str) -> bool:
    tickets = (await hall.act("ticket.list", state=["waiting", "staged"]))["tickets"]
    told = [(await hall.act("ticket.explain", ticket=t["id"], counter=counter))["counters"] for t in tickets]
    return any(one and one[0]["rule"] == "chosen" for one in told)


@pytest.mark.parametrize("seed", range(6))
async def test_no_open_counter_stands_idle_because_somebody_sits_before_another_door(
    tmp_path: Path, clock: HandClock, seed: int
) -> None:
    chance, seen = random.Random(seed), 0
    async with branch(YAML, tmp_path, clock=clock) as hall:
        for _ in range(60):
            await _deed(hall, chance.choice(DEEDS), chance)
            await clock.turn(chance.choice([0, 1, 30]))
            await _settled(hall, clock)
            assert not await _idle_in_vain(hall)
            seen += len((await hall.act("ticket.list", state="staged"))["tickets"])
    assert seen, "somebody was staged at all"
