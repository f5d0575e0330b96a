"""Numbers: how they look, when they begin anew, and that none is given twice."""

from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from usher.core.clock import HandClock
from usher.core.hall.config import Queue
from usher.core.hall.numbering import business_day, clashes, number, period
from usher.core.testing import branch

YAML = """
usher: {name: Test, site: test, time_zone: Europe/Berlin, business_day: "03:00"}
queue:
  a: {name: A, prefix: A}
  b: {name: B, prefix: B, digits: 0, start: 100, sequence: cash}
  c: {name: C, prefix: C, digits: 0, start: 100, sequence: cash}
  w: {name: W, prefix: W, reset: week}
  n: {name: N, prefix: N, reset: never}
counter: {"1": {name: One, serves: [a, b, c, w, n]}}
"""
START = datetime(
    2026, 3, 27, 20, tzinfo=ZoneInfo("Europe/Berlin")
).timestamp()  # a Friday; summer time begins on Sunday


@pytest.mark.parametrize(
    ("queue", "n", "text"),
    [({"prefix": "A"}, 12, "A012"), ({"prefix": "T", "digits": 4}, 7, "T0007"), ({"prefix": "A"}, 1000, "A1000"),
     ({"digits": 0}, 5, "5"), ({"digits": 4}, 15, "0015")],
)  # fmt: skip
def test_how_a_number_looks(queue: dict[str, object], n: int, text: str) -> None:
    assert number(Queue.model_validate({"name": "Q", **queue}), n) == text


@given(hours=st.integers(0, 24 * 400))
def test_a_business_day_never_goes_back_and_is_a_day_long(hours: int) -> None:
    zone, begins = ZoneInfo("Europe/Berlin"), time(3)
    at = datetime.fromtimestamp(START + hours * 3600, zone)
    day = business_day(at, begins)
    later = business_day(datetime.fromtimestamp(START + (hours + 1) * 3600, zone), begins)
    assert later in (day, (datetime.fromisoformat(day) + timedelta(days=1)).date().isoformat())


def test_a_week_begins_on_monday() -> None:
    queue = Queue.model_validate({"name": "Q", "reset": "week"})
    assert period(queue, "2026-11-22") == "2026-W47"
    assert period(queue, "2026-11-23") == "2026-W48"


async def test_days_and_restarts(tmp_path: Path) -> None:
    clock = HandClock(START, "Europe/Berlin")
    numbers: list[str] = []
    for _ in range(4):  # Friday to Monday, summer time between, a restart each day
        async with branch(YAML, tmp_path, clock=clock) as hall:
            for queue in "abcwn":
                numbers.append((await hall.act("queue.issue", queue=queue))["ticket"]["number"])  # noqa: PERF401
            await clock.turn(12 * 3600)
        await clock.turn(12 * 3600)
    days = [numbers[i : i + 5] for i in range(0, 20, 5)]
    assert days == [
        ["A001", "B100", "C101", "W001", "N001"],
        ["A001", "B100", "C101", "W002", "N002"],
        ["A001", "B100", "C101", "W003", "N003"],
        ["A001", "B100", "C101", "W001", "N004"],
    ]


async def test_the_end_of_the_day(tmp_path: Path) -> None:
    clock = HandClock(START, "Europe/Berlin")
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await hall.act("counter.sign_in", counter="1", staff="amy")
        for _ in range(3):
            await hall.act("queue.issue", queue="a")
        await hall.act("counter.call_next", counter="1")
        await clock.turn(6.5 * 3600)  # until half past two: still Friday's
        assert hall.state("queue.a").value == 2
        await clock.turn(3600)
        assert hall.state("queue.a").value == 0
        assert [e.data["ticket"]["number"] for e in hall.events("ticket_expired")] == ["A002", "A003"]
        assert hall.state("counter.1").attributes["number"] == "A001"  # who is at a counter stays
        assert hall.state("queue.a").attributes["issued_today"] == 0
        # A001 is still there, so it is not given a second time.
        assert (await hall.act("queue.issue", queue="a"))["ticket"]["number"] == "A002"


def test_numbers_that_look_alike_are_told() -> None:
    queues = {name: Queue.model_validate({"name": name, **more}) for name, more in {
        "a": {"prefix": "A"}, "b": {"prefix": "A"}, "c": {"prefix": "C1"},
        "d": {"prefix": "D", "sequence": "s"}, "e": {"prefix": "E", "sequence": "s", "start": 5},
    }.items()}  # fmt: skip
    assert [name for name, _ in clashes(queues)] == ["b", "c", "e"]


async def test_a_number_is_found_however_it_is_typed(tmp_path: Path) -> None:
    yaml = YAML.replace("prefix: A}", "prefix: ab}")
    async with branch(yaml, tmp_path, clock=HandClock(START)) as hall:
        assert (await hall.act("queue.issue", queue="a"))["ticket"]["number"] == "ab001"
        for typed in ("ab001", "AB001"):
            assert (await hall.act("ticket.get", ticket=typed))["ticket"]["number"] == "ab001"


def test_prefixes_that_differ_in_capitals_alone_look_alike() -> None:
    queues = {name: Queue.model_validate({"name": name, "prefix": name}) for name in ("a", "A")}
    assert [name for name, _ in clashes(queues)] == ["A"]


async def test_a_plan_goes_on_without_a_queue_that_is_gone(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock(START)) as hall:
        await hall.act("counter.sign_in", counter="1", staff="amy")
        await hall.act("queue.issue", queue="a", then=["n", "w"])
        await hall.act("counter.call_next", counter="1")
    gone = YAML.replace("  n: {name: N, prefix: N, reset: never}\n", "").replace(", n]", "]")
    async with branch(gone, tmp_path, clock=HandClock(START)) as hall:
        assert (await hall.act("counter.finish", counter="1"))["ticket"]["queue"] == "w"
        await hall.act("counter.call_next", counter="1")
        assert (await hall.act("counter.finish", counter="1"))["ticket"]["state"] == "finished"
