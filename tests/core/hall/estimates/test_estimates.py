"""The estimated wait in a hall: given with the ticket, renewed with each leg, shown, asked for, scored, remembered."""

import json
from pathlib import Path
from typing import Any

import pytest
from usher.core.clock import HandClock
from usher.core.errors import ActionError
from usher.core.hall.journal import JOURNAL, replayed
from usher.core.testing import Branch, branch

YAML = """
usher: {name: Test, site: test, languages: [en, zh-CN], classes: {vip: 50}}
queue:
  personal: {name: Personal, prefix: A, service_time: "00:05"}
  corporate: {name: Companies, prefix: B, service_time: "00:10"}
  loss: {name: Lost cards, prefix: C}
counter:
  "1": {name: One, serves: [personal]}
  "2": {name: Two, serves: [personal, corporate]}
"""


@pytest.fixture
async def opened(tmp_path: Path, clock: HandClock) -> Any:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        for counter in "12":
            await hall.act("counter.sign_in", counter=counter, staff=f"s{counter}")
        yield hall


async def issue(hall: Branch, queue: str = "personal", **data: Any) -> Any:
    return (await hall.act("queue.issue", queue=queue, **data))["ticket"]


async def busy(hall: Branch, clock: HandClock) -> None:
    """Somebody is at each counter, since just now."""
    for counter in "12":
        await issue(hall)
        await hall.act("counter.call_next", counter=counter)


def wait(ticket: Any) -> int | None:
    return ticket["estimate"]["wait"] if "estimate" in ticket else None


async def test_it_is_given_with_the_ticket(opened: Branch, clock: HandClock) -> None:
    first = await issue(opened)
    assert first["estimate"] == {"wait": 0, "low": 0, "high": 26, "at": clock.now(), "ahead": 0}
    await opened.act("counter.call_next", counter="1")
    await issue(opened)
    await opened.act("counter.call_next", counter="2")
    assert [wait(await issue(opened)) for _ in range(3)] == [150, 300, 450]
    (told,) = [e for e in opened.events("ticket_issued") if e.data["ticket"]["number"] == "A004"]
    assert told.data["ticket"]["estimate"]["wait"] == 300
    assert (await opened.act("ticket.get", ticket="A004"))["ticket"]["estimate"]["ahead"] == 1


async def test_only_who_is_really_served_before_counts(opened: Branch, clock: HandClock) -> None:
    await busy(opened, clock)
    for _ in range(4):
        await issue(opened)
    assert wait(await issue(opened)) == 5 * 150
    assert wait(await issue(opened, **{"class": "vip"})) == 150
    # Companies are served at one counter, which takes whoever came first: five of the people before go to the other.
    assert 600 <= (wait(await issue(opened, "corporate")) or 0) <= 1200


async def test_nobody_can_tell(opened: Branch, clock: HandClock) -> None:
    assert wait(await issue(opened, "loss")) is None  # no counter serves it
    for counter in "12":
        await opened.act("counter.pause", counter=counter)
    assert wait(await issue(opened)) is None
    answer = await opened.act("queue.estimate", queue="personal")
    assert (answer["wait"], answer["low"], answer["ahead"], answer["counters_open"]) == (None, None, 1, 0)
    await opened.act("counter.resume", counter="1")
    assert (await opened.act("queue.estimate", queue="personal"))["wait"] == 300


async def test_without_a_service_time_it_is_told_once_it_is_known(tmp_path: Path, clock: HandClock) -> None:
    async with branch(YAML.replace(', service_time: "00:05"', "").replace(', service_time: "00:10"', ""), tmp_path,
                      clock=clock) as hall:  # fmt: skip
        await hall.act("counter.sign_in", counter="1", staff="s1")
        for n in range(3):
            assert wait(await issue(hall)) is None, n
            await hall.act("counter.call_next", counter="1")
            await clock.turn(200)
            await hall.act("counter.finish", counter="1")
        await issue(hall)
        await hall.act("counter.call_next", counter="1")
        assert wait(await issue(hall)) == 200


async def test_it_learns_the_pace(opened: Branch, clock: HandClock) -> None:
    for _ in range(25):
        await issue(opened)
        await opened.act("counter.call_next", counter="1")
        await clock.turn(60)
        await opened.act("counter.finish", counter="1")
    await busy(opened, clock)
    assert 30 <= (wait(await issue(opened)) or 0) <= 45  # a minute a visit, at two counters


async def test_a_no_show_is_a_short_visit(opened: Branch, clock: HandClock) -> None:
    for _ in range(25):
        await issue(opened)
        await opened.act("counter.call_next", counter="1")
        await clock.turn(30)
        await opened.act("counter.no_show", counter="1")
    await busy(opened, clock)
    assert (wait(await issue(opened)) or 999) < 60


async def test_time_that_passes_shows(opened: Branch, clock: HandClock) -> None:
    for _ in range(21):  # four minutes each
        await issue(opened)
        await opened.act("counter.call_next", counter="1")
        await clock.turn(240)
        await opened.act("counter.finish", counter="1")
    await opened.act("counter.sign_out", counter="2")
    await issue(opened)
    await opened.act("counter.call_next", counter="1")
    ticket = await issue(opened)
    before = (await opened.act("queue.estimate", queue="personal"))["wait"]
    await clock.turn(120)
    after = (await opened.act("queue.estimate", queue="personal"))["wait"]
    assert 90 <= before - after <= 150
    got = await opened.act("ticket.get", ticket=ticket["id"])
    assert wait(got["ticket"]) == wait(ticket)  # what was promised
    assert 90 <= (wait(ticket) or 0) - got["estimate"]["wait"] <= 150  # what is left of it


async def test_another_line_another_estimate(opened: Branch, clock: HandClock) -> None:
    await busy(opened, clock)
    ticket = await issue(opened)
    assert wait(ticket) == 150
    held = (await opened.act("ticket.hold", ticket=ticket["id"]))["ticket"]
    assert "estimate" not in held
    back = (await opened.act("ticket.release", ticket=ticket["id"]))["ticket"]
    assert "estimate" not in back  # the time on hold was nobody's guess
    await clock.turn(60)
    moved = (await opened.act("ticket.transfer", ticket=ticket["id"], queue="corporate"))["ticket"]
    assert moved["estimate"]["at"] == clock.now()
    pending = await issue(opened, ready=False)
    assert "estimate" not in pending
    assert wait((await opened.act("ticket.ready", ticket=pending["id"]))["ticket"]) is not None


async def test_it_is_scored_at_the_call(opened: Branch, clock: HandClock) -> None:
    await busy(opened, clock)
    for _ in range(2):
        await issue(opened)
    await clock.turn(210)
    await opened.act("counter.call_next", counter="1", current="finish")  # told 150
    await clock.turn(30)
    await opened.act("counter.call_next", counter="2", current="finish")  # told 300
    await clock.turn(15)
    sensor = opened.state("sensor.personal_estimate_error")
    assert sensor.value == 30  # of 0, 0, 60 and 60
    assert sensor.attributes["scored"] == 4
    assert sensor.attributes["coverage"] == 100
    assert sensor.attributes["waited_longer"] == 25
    assert sensor.attributes["bias"] == 0
    assert opened.state("sensor.corporate_estimate_error").value is None


async def test_put_back_is_not_scored_twice(opened: Branch, clock: HandClock) -> None:
    await issue(opened)
    await opened.act("counter.call_next", counter="1")
    back = (await opened.act("counter.put_back", counter="1"))["ticket"]
    assert "estimate" not in back
    await opened.act("counter.call_next", counter="1")
    await clock.turn(15)
    assert opened.state("sensor.personal_estimate_error").attributes["scored"] == 1


async def test_what_is_undone_was_no_service(opened: Branch, clock: HandClock) -> None:
    for _ in range(25):
        await issue(opened)
        await opened.act("counter.call_next", counter="1")
        await clock.turn(300)
        await opened.act("counter.finish", counter="1")
    await issue(opened)
    await opened.act("counter.call_next", counter="1")
    await clock.turn(2)
    await opened.act("counter.finish", counter="1")
    await opened.act("counter.undo", counter="1")
    await clock.turn(298)
    await opened.act("counter.finish", counter="1")
    await busy(opened, clock)
    assert wait(await issue(opened)) == 150


async def test_queue_and_phone_show_it(opened: Branch, clock: HandClock) -> None:
    await busy(opened, clock)
    ticket = await issue(opened)
    await clock.turn(15)
    shown = opened.state("queue.personal").attributes
    assert shown["estimated_wait_low"] < shown["estimated_wait"] < shown["estimated_wait_high"]
    page = opened.engine.views.get(f"phone/{ticket['id']}")
    assert page is not None
    low, high = json.loads(page.read().body)["estimated_wait"]
    assert 0 < low < high <= shown["estimated_wait_high"]
    await opened.act("counter.call_next", counter="1", current="finish")
    assert json.loads(page.read().body)["estimated_wait"] is None


async def test_the_question(opened: Branch, clock: HandClock) -> None:
    await busy(opened, clock)
    for _ in range(3):
        await issue(opened)
    plain = await opened.act("queue.estimate", queue="personal")
    assert (plain["wait"], plain["ahead"], plain["counters_open"]) == (600, 3, 2)
    vip = await opened.act("queue.estimate", queue="personal", **{"class": "vip"})
    assert (vip["wait"], vip["ahead"]) == (150, 0)
    urgent = await opened.act("queue.estimate", queue="personal", urgency=9)
    assert urgent["ahead"] == 0
    assert len(opened.events("ticket_issued")) == 5
    for wrong, code in (
        ({"queue": "nowhere"}, "unknown_queue"),
        ({"queue": "personal", "class": "x"}, "unknown_class"),
    ):
        with pytest.raises(ActionError) as error:
            await opened.act("queue.estimate", **wrong)
        assert error.value.code == code


async def test_it_is_warm_after_a_restart(tmp_path: Path, clock: HandClock) -> None:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await hall.act("counter.sign_in", counter="1", staff="s1")
        for _ in range(30):
            await issue(hall)
            await hall.act("counter.call_next", counter="1")
            await clock.turn(60)
            await hall.act("counter.finish", counter="1")
        await issue(hall)
        await hall.act("counter.call_next", counter="1")
        await issue(hall)
        await clock.turn(15)
        scored = hall.state("sensor.personal_estimate_error").attributes["scored"]
    async with branch(YAML, tmp_path, clock=clock) as hall:
        assert 100 <= (wait(await issue(hall)) or 0) <= 125  # what is left of one visit, and one more
        await clock.turn(60)
        await hall.act("counter.call_next", counter="1", current="finish")
        await clock.turn(15)
        assert hall.state("sensor.personal_estimate_error").attributes["scored"] == scored + 1


async def test_replay_needs_no_estimator(opened: Branch, clock: HandClock) -> None:
    await busy(opened, clock)
    for _ in range(3):
        await issue(opened)
    await opened.act("ticket.transfer", ticket="A005", queue="corporate")
    rows = await opened.engine.store.rows(JOURNAL)
    floor = replayed(rows, {"vip": 50})
    assert [wait(t) for t in floor.everyone("personal")] == [150, 300]
    lived = [(await opened.act("ticket.get", ticket=t["id"]))["ticket"] for t in floor.tickets.values()]
    assert lived == list(floor.tickets.values())


async def test_queues_come_and_go(opened: Branch, clock: HandClock) -> None:
    less = YAML.replace("  loss: {name: Lost cards, prefix: C}\n", "  fund: {name: Funds, prefix: F}\n")
    await opened.reload(less)
    assert opened.state("sensor.fund_estimate_error").value is None
    assert opened.engine.states.get("sensor.loss_estimate_error") is None
