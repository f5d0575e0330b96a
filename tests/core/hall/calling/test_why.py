"""`usher why`: told from the journal alone, the hall running or not, also when the rules are others by now."""

import json
from pathlib import Path
from typing import Any

import pytest
from usher.core.__main__ import main
from usher.core.clock import HandClock
from usher.core.testing import Branch, branch

YAML = """
usher: {name: Test, site: test, languages: [zh-CN, en], time_zone: UTC, classes: {vip: 50}}
queue:
  cash: {name: Cash, prefix: A, boost_after: "00:30"}
  loans: {name: Loans, prefix: B}
  cards: {name: Cards, prefix: C}
counter:
  "1": {name: Window 1, serves: [cash, {queue: loans, priority: 5}]}
  "2": {name: Window 2, serves: [cards]}
"""


async def _next(hall: Branch, counter: str = "1") -> str:
    number = (await hall.act("counter.call_next", counter=counter, current="finish"))["ticket"]["number"]
    assert isinstance(number, str)
    return number


async def _morning(folder: Path, clock: HandClock) -> list[str]:
    """A001 waits; a later VIP, a preferred queue and a member of staff go before it; then its wait lifts it."""
    async with branch(YAML, folder, clock=clock) as hall:
        for counter in ("1", "2"):
            await hall.act("counter.sign_in", counter=counter, staff=f"staff{counter}")
        for _ in range(2):
            await hall.act("queue.issue", queue="cash")  # A001, A002
        await clock.turn(60)
        await hall.act("queue.issue", queue="cash", **{"class": "vip"})  # A003
        order = [await _next(hall)]
        await clock.turn(60)
        await hall.act("queue.issue", queue="loans")  # B001
        await hall.act("queue.issue", queue="cards")  # C001
        order += [await _next(hall), await _next(hall, "2")]
        await hall.act("queue.issue", queue="cash")  # A004
        await hall.act("counter.call", counter="1", ticket="A004", current="finish")
        await clock.turn(1800)
        await hall.act("queue.issue", queue="loans")  # B002
        order += [await _next(hall), await _next(hall)]
        await hall.act("counter.finish", counter="1")
        return order


def _why(folder: Path, capsys: Any, *arguments: str) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["why", *arguments, "--config", str(folder), "--language", "en"])
    told = capsys.readouterr()
    return code, told.out + told.err


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    clock = HandClock()
    assert await _morning(tmp_path, clock) == ["A003", "B001", "C001", "A001", "A002"]
    return tmp_path


async def test_who_came_later_and_went_before_is_told_with_the_rule(folder: Path, capsys: Any) -> None:
    code, told = _why(folder, capsys, "a002")
    assert code == 0
    lines = [line.strip().partition("  ")[2] for line in told.partition("Called before it")[2].splitlines()[1:]]
    assert lines == [
        "A003 to counter 1: its class goes first (A002 stood behind A001)",
        "B001 to counter 1: this counter prefers its queue (A002 stood behind A001)",
        "A004 to counter 1: called out of turn by staff",
    ]
    assert "A002 before B002: has waited 32 min, which lifts it." in told


async def test_all_who_were_called_meanwhile(folder: Path, capsys: Any) -> None:
    told = _why(folder, capsys, "A002", "--all")[1]
    assert "A001 to counter 1: came earlier" in told
    assert "C001" not in told  # counter 2 did not choose between them


@pytest.mark.parametrize("pair", [("A001", "B001"), ("B001", "A001")])
async def test_two_tickets_whichever_is_named_first(folder: Path, capsys: Any, pair: tuple[str, str]) -> None:
    told = _why(folder, capsys, *pair)[1]
    assert told.rstrip().endswith("B001 to counter 1: this counter prefers its queue")


async def test_two_that_no_counter_chose_between(folder: Path, capsys: Any) -> None:
    assert "No counter chose between" in _why(folder, capsys, "A001", "C001")[1]


async def test_months_later_when_rules_and_numbers_are_others(folder: Path, capsys: Any) -> None:
    before = _why(folder, capsys, "A002")[1]
    day = before.partition(" of ")[2].partition("\n")[0]
    clock = HandClock()
    for _ in range(2):  # a month each
        await clock.turn(30 * 86400)
        async with branch(YAML.replace('boost_after: "00:30"', "urgency: 9"), folder, clock=clock) as hall:
            await clock.turn(60)
            await hall.act("counter.sign_in", counter="1", staff="other", move=True)
            for _ in range(3):
                await hall.act("queue.issue", queue="cash")
            await _next(hall)
    assert _why(folder, capsys, "A002", "--day", day)[1] == before
    assert _why(folder, capsys, "A002")[1] != before  # the last A002
    ticket = json.loads(_why(folder, capsys, "A002", "--day", day, "--format", "json")[1])
    assert [one["rule"] for one in ticket["before"]] == ["class", "priority", "staff", "place"]


async def test_what_is_not_there_is_told(folder: Path, tmp_path: Path, capsys: Any) -> None:
    for arguments, told in [
        (("Z999",), "no ticket Z999 in the last 62 days"), (("A001", "--day", "2020-01-01"), "no ticket A001 on 2020-01-01."),
        (("A001", "--day", "yesterday"), "'yesterday' is not a day. Write 2026-11-20."),
    ]:  # fmt: skip
        code, said = _why(folder, capsys, *arguments)
        assert code == 1
        assert told in said
    code, said = _why(tmp_path / "nowhere", capsys, "A001")
    assert code == 1
    assert "this hall has not run yet" in said


async def test_while_the_hall_runs_and_in_chinese(tmp_path: Path, capsys: Any) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        await hall.act("counter.sign_in", counter="1", staff="li")
        await hall.act("queue.issue", queue="cash")
        await hall.act("queue.issue", queue="loans", urgency=3)
        await _next(hall)
        assert main(["why", "A001", "--config", str(tmp_path), "--language", "zh-CN"]) == 0
    assert "B001 至 1 号窗口：更紧急" in capsys.readouterr().out
