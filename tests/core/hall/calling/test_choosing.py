"""Whom a counter calls in a running hall: staff and pools, skills, help, and rules changed while people wait."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from usher.core.clock import HandClock
from usher.core.errors import Refused
from usher.core.testing import Branch, branch

YAML = """
usher: {name: Test, site: test, languages: [en], classes: {vip: 50}}
queue:
  cash: {name: Cash, prefix: A}
  loans: {name: Loans, prefix: B, skills: [credit]}
staff:
  li: {name: Li, skills: [credit], pools: [seniors]}
  wang: {name: Wang, skills: []}
  zhao: {name: Zhao, skills: [credit], pools: [seniors]}
counter:
  "1": {name: Window 1, serves: [cash, loans]}
  "2": {name: Window 2, serves: [cash, {queue: loans, fallback: true}]}
"""


@pytest.fixture
async def bank(tmp_path: Path, clock: HandClock) -> AsyncIterator[Branch]:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        yield hall


async def _sign_in(hall: Branch, counter: str, staff: str) -> None:
    await hall.act("counter.sign_in", counter=counter, staff=staff, move=True)


async def _next(hall: Branch, counter: str) -> str | None:
    try:
        ticket = (await hall.act("counter.call_next", counter=counter, current="finish"))["ticket"]
    except Refused as refused:
        return None if refused.code == "nobody_waiting" else refused.code
    return str(ticket["number"])


async def test_a_visitors_own_staff_call_them_wherever_they_sit(bank: Branch) -> None:
    await _sign_in(bank, "1", "li")
    await _sign_in(bank, "2", "wang")
    for _ in range(2):
        await bank.act("queue.issue", queue="cash")
    await bank.act("ticket.transfer", ticket="A002", staff="wang", place="front")
    assert await _next(bank, "1") == "A001"
    assert await _next(bank, "1") is None  # kept for Wang
    assert await _next(bank, "2") == "A002"


async def test_a_pool_is_whoever_of_it_sits_anywhere_and_lapses_when_nobody_does(bank: Branch) -> None:
    await _sign_in(bank, "1", "wang")
    await _sign_in(bank, "2", "zhao")
    for _ in range(3):
        await bank.act("queue.issue", queue="cash")
        await bank.act("ticket.transfer", ticket=f"A00{_ + 1}", pool="seniors")
    assert await _next(bank, "1") is None
    assert await _next(bank, "2") == "A001"
    await bank.act("counter.sign_out", counter="2", current="finish")
    assert await _next(bank, "1") == "A002"  # no senior is there
    await _sign_in(bank, "2", "li")
    assert await _next(bank, "1") is None
    assert await _next(bank, "2") == "A003"


async def test_who_cannot_do_it_is_not_asked_and_keeps_nobody_waiting(bank: Branch) -> None:
    """Window 1 is reserved for, but Wang who sits there has no credit skill: the reservation keeps nobody away."""
    await _sign_in(bank, "1", "wang")
    await _sign_in(bank, "2", "li")
    await bank.act("queue.issue", queue="loans")
    await bank.act("ticket.transfer", ticket="B001", counter="1")
    assert await _next(bank, "1") is None
    explained = await bank.act("ticket.explain", ticket="B001")
    assert {one["counter"]: one["rule"] for one in explained["counters"]} == {"2": "chosen"}
    assert await _next(bank, "2") == "B001"


async def test_a_counter_helps_out_and_says_so(bank: Branch) -> None:
    await _sign_in(bank, "2", "li")
    await bank.act("queue.issue", queue="loans")
    await bank.act("queue.issue", queue="cash")
    assert await _next(bank, "2") == "A001"
    answer = await bank.act("counter.call_next", counter="2", current="finish")
    assert answer["reasons"][0]["en"] == "Nobody waits in this counter's own queues: it helps loans out."


async def test_rules_changed_by_a_reload_hold_for_those_who_wait(bank: Branch, clock: HandClock) -> None:
    await _sign_in(bank, "1", "li")
    await bank.act("queue.issue", queue="cash")
    await clock.turn(700)
    await bank.act("queue.issue", queue="cash", **{"class": "vip"})
    assert bank.state("counter.1").attributes["number"] is None
    await bank.reload(YAML.replace("{name: Cash, prefix: A}", '{name: Cash, prefix: A, boost_after: "00:10"}'))
    assert await _next(bank, "1") == "A001"
    await bank.reload(
        YAML.replace("serves: [cash, loans]", "serves: [{queue: cash, priority: 9}, loans], mix: {loans: 1}")
    )
    for queue in ("cash", "loans", "cash", "loans"):
        await bank.act("queue.issue", queue=queue)
    assert [await _next(bank, "1") for _ in range(5)] == ["B001", "A002", "B002", "A003", "A004"]


async def test_a_counter_that_no_longer_serves_the_queue_keeps_nobody_waiting(bank: Branch) -> None:
    await _sign_in(bank, "1", "li")
    await _sign_in(bank, "2", "zhao")
    await bank.act("queue.issue", queue="loans")
    await bank.act("ticket.transfer", ticket="B001", counter="1", only=True)
    assert await _next(bank, "2") is None
    await bank.reload(YAML.replace("serves: [cash, loans]", "serves: [cash]"))
    assert await _next(bank, "2") == "B001"


async def test_a_new_day_begins_the_mix_anew(tmp_path: Path, clock: HandClock) -> None:
    yaml = YAML.replace("serves: [cash, loans]", "serves: [cash], mix: {vip: 1, rest: 1}")
    async with branch(yaml, tmp_path, clock=clock) as hall:
        await _sign_in(hall, "1", "li")
        await hall.act("queue.issue", queue="cash", **{"class": "vip"})
        await hall.act("queue.issue", queue="cash")
        assert await _next(hall, "1") == "A001"
        await hall.act("counter.finish", counter="1")
        await hall.later(86400)  # the day has turned, and the counter was closed with it
        await _sign_in(hall, "1", "li")
        for class_ in ("normal", "vip"):
            await hall.act("queue.issue", queue="cash", **{"class": class_})
        assert [await _next(hall, "1") for _ in range(2)] == ["A002", "A001"]  # yesterday it would be the rest's turn
