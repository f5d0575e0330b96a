"""What a counter does by itself: calls the next one when idle, calls again, tells of a service that takes long."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from usher.core.clock import HandClock
from usher.core.errors import Refused
from usher.core.testing import Branch, branch

YAML = """
usher: {name: Test, site: test, languages: [en]}
queue:
  cash: {name: Cash, prefix: A}
  loans: {name: Loans, prefix: L, service_alert: "00:30"}
counter:
  "1": {name: Window 1, serves: [cash, loans], no_show_after: 2, recall_every: "00:00:20", auto_call: "00:00:05"}
  "2": {name: Window 2, serves: [cash, loans], service_alert: "00:10"}
  "3": {name: Window 3, serves: [cash], auto_call: true}
"""


async def until(holds: Callable[[], Any]) -> None:
    """Until it holds; the bound is for a hang only."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def quiet() -> None:
    """Long enough for what is written to be heard of."""
    for _ in range(20):
        await asyncio.sleep(0.005)


def numbers(hall: Branch, kind: str) -> list[str]:
    return [e.data["ticket"]["number"] for e in hall.events(kind)]


async def _turn(clock: HandClock, hall: Branch, seconds: float) -> None:
    await clock.turn(seconds)
    await hall.act("ticket.list")
    await quiet()


@pytest.fixture
async def bank(tmp_path: Path, clock: HandClock) -> Any:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        yield hall


async def test_an_idle_counter_calls_by_itself_after_so_long(bank: Branch, clock: HandClock) -> None:
    for _ in range(2):
        await bank.act("queue.issue", queue="cash")
    await bank.act("counter.sign_in", counter="1", staff="amy")
    await _turn(clock, bank, 4)
    assert numbers(bank, "ticket_called") == []
    await clock.turn(1)
    await until(lambda: numbers(bank, "ticket_called") == ["A001"])
    await bank.act("counter.start", counter="1")
    await bank.act("counter.finish", counter="1")
    await clock.turn(5)
    await until(lambda: numbers(bank, "ticket_called") == ["A001", "A002"])


async def test_whoever_comes_to_an_idle_counter_is_called_at_once(bank: Branch, clock: HandClock) -> None:
    await bank.act("counter.sign_in", counter="3", staff="amy")
    await _turn(clock, bank, 60)
    await bank.act("queue.issue", queue="loans")  # not served there
    await bank.act("queue.issue", queue="cash")
    await clock.turn(0)
    await until(lambda: numbers(bank, "ticket_called") == ["A001"])
    assert bank.state("counter.3").value == "calling"
    assert bank.events("ticket_called")[0].data["reasons"]


async def test_a_paused_counter_calls_nobody_by_itself(bank: Branch, clock: HandClock) -> None:
    await bank.act("counter.sign_in", counter="3", staff="amy")
    await bank.act("counter.pause", counter="3")
    await bank.act("queue.issue", queue="cash")
    await _turn(clock, bank, 60)
    assert numbers(bank, "ticket_called") == []
    await bank.act("counter.resume", counter="3")
    await clock.turn(0)
    await until(lambda: numbers(bank, "ticket_called") == ["A001"])


@pytest.mark.parametrize("back", ["counter.undo", "counter.put_back"])
async def test_who_was_put_back_is_not_called_again_at_once(bank: Branch, clock: HandClock, back: str) -> None:
    await bank.act("counter.sign_in", counter="3", staff="amy")
    await bank.act("queue.issue", queue="cash")
    await clock.turn(0)
    await until(lambda: numbers(bank, "ticket_called") == ["A001"])
    await bank.act(back, counter="3")
    await _turn(clock, bank, 60)
    assert numbers(bank, "ticket_called") == ["A001"]
    await bank.act("counter.call_next", counter="3")  # by hand; from then on by itself again
    await bank.act("queue.issue", queue="cash")
    await bank.act("counter.finish", counter="3")
    await clock.turn(0)
    await until(lambda: numbers(bank, "ticket_called") == ["A001", "A001", "A002"])


async def test_a_call_unanswered_is_made_again_and_at_last_is_a_no_show(bank: Branch, clock: HandClock) -> None:
    await bank.act("counter.sign_in", counter="1", staff="amy")
    await bank.act("queue.issue", queue="cash")
    await bank.act("counter.call_next", counter="1")
    await clock.turn(20)
    await until(lambda: [e.data["calls"] for e in bank.events("ticket_called")] == [1, 2])
    await clock.turn(20)
    await until(lambda: numbers(bank, "ticket_no_show") == ["A001"])
    await _turn(clock, bank, 60)
    assert len(bank.events("ticket_called")) == 2


async def test_who_has_come_is_not_called_again(bank: Branch, clock: HandClock) -> None:
    await bank.act("counter.sign_in", counter="1", staff="amy")
    await bank.act("queue.issue", queue="cash")
    await bank.act("counter.call_next", counter="1")
    await clock.turn(19)
    await bank.act("counter.start", counter="1")
    await _turn(clock, bank, 300)
    assert len(bank.events("ticket_called")) == 1


async def test_a_service_that_takes_long_is_told_once(bank: Branch, clock: HandClock) -> None:
    await bank.act("counter.sign_in", counter="2", staff="bob")
    await bank.act("queue.issue", queue="cash")
    await bank.act("counter.call_next", counter="2")
    await clock.turn(60)
    await bank.act("counter.start", counter="2")
    await _turn(clock, bank, 599)
    assert bank.events("service_overtime") == []
    await clock.turn(1)
    await until(lambda: bank.events("service_overtime"))
    told = bank.events("service_overtime")[0].data
    assert (told["ticket"]["number"], told["counter"], told["staff"], told["limit"], told["seconds"]) == (
        "A001", "2", "bob", 600, 600)  # fmt: skip
    await _turn(clock, bank, 3600)
    assert len(bank.events("service_overtime")) == 1


async def test_a_queue_says_how_long_its_services_may_take(bank: Branch, clock: HandClock) -> None:
    await bank.act("counter.sign_in", counter="2", staff="bob")
    await bank.act("queue.issue", queue="loans")
    await bank.act("counter.call_next", counter="2")
    await bank.act("counter.start", counter="2")
    await _turn(clock, bank, 1799)
    assert bank.events("service_overtime") == []
    await clock.turn(1)
    await until(lambda: bank.events("service_overtime"))


async def test_a_restart_in_between_changes_nothing(tmp_path: Path, clock: HandClock) -> None:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await hall.act("counter.sign_in", counter="2", staff="bob")
        await hall.act("queue.issue", queue="cash")
        await hall.act("counter.call_next", counter="2")
        await hall.act("counter.start", counter="2")
        await clock.turn(300)
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await _turn(clock, hall, 299)
        assert hall.events("service_overtime") == []
        await clock.turn(1)
        await until(lambda: hall.events("service_overtime"))
    async with branch(YAML, tmp_path, clock=clock) as hall:  # it was told
        await _turn(clock, hall, 600)
        assert hall.events("service_overtime") == []


async def test_a_reload_may_begin_and_end_it(bank: Branch, clock: HandClock) -> None:
    await bank.act("counter.sign_in", counter="3", staff="amy")
    await bank.reload(YAML.replace("auto_call: true", "must_start: true"))
    await bank.act("queue.issue", queue="cash")
    await _turn(clock, bank, 60)
    assert numbers(bank, "ticket_called") == []
    await bank.reload(YAML)
    await clock.turn(15)
    await until(lambda: numbers(bank, "ticket_called") == ["A001"])


async def test_two_idle_counters_never_call_the_same(bank: Branch, clock: HandClock) -> None:
    await bank.act("counter.sign_in", counter="1", staff="amy")
    await bank.act("counter.sign_in", counter="3", staff="bob")
    await clock.turn(60)
    await asyncio.gather(*(bank.act("queue.issue", queue="cash") for _ in range(3)))
    await clock.turn(5)
    await until(lambda: len(bank.events("ticket_called")) == 2)
    await quiet()
    assert sorted(numbers(bank, "ticket_called")) == ["A001", "A002"]


async def test_recalls_must_end(tmp_path: Path) -> None:
    from usher.core.errors import ConfigError

    with pytest.raises(ConfigError, match="no_show_after: 3"):
        async with branch(YAML.replace("no_show_after: 2, ", ""), tmp_path):
            pass


async def test_what_is_by_itself_can_be_undone(bank: Branch, clock: HandClock) -> None:
    await bank.act("counter.sign_in", counter="3", staff="amy")
    await bank.act("queue.issue", queue="cash")
    await clock.turn(0)
    await until(lambda: bank.events("ticket_called"))
    assert (await bank.act("counter.undo", counter="3"))["ticket"]["state"] == "waiting"
    with pytest.raises(Refused):
        await bank.act("counter.undo", counter="3")
