"""Numbers: how they look, when they begin anew, and that none is given twice."""

import asyncio
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from usher.core.clock import HandClock
from usher.core.errors import Refused, Unknown
from usher.core.hall.config import Queue
from usher.core.hall.floor import Floor
from usher.core.hall.journal import Decision
from usher.core.hall.numbering import business_day, clashes, draw, number, period
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
            clock.set_back(-12 * 3600)  # half a day on
            await clock.turn(30)
        clock.set_back(-12 * 3600)
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


async def test_a_clock_set_back_over_midnight_gives_no_number_twice(tmp_path: Path) -> None:
    clock = HandClock(datetime(2026, 3, 28, 2, 50, tzinfo=ZoneInfo("Europe/Berlin")).timestamp(), "Europe/Berlin")
    async with branch(YAML, tmp_path, clock=clock) as hall:
        given: list[str] = []

        async def draw() -> None:
            for queue in "abw":
                ticket = (await hall.act("queue.issue", queue=queue))["ticket"]
                given.append(ticket["number"])
                await hall.act("ticket.cancel", ticket=ticket["id"])

        await draw()
        clock.set_back(-900)  # 03:05: the new business day has begun
        await clock.turn(20)
        await draw()
        clock.set_back(3600)  # 02:05 once more
        await draw()
        assert hall.state("queue.a").attributes["issued_today"] == 2
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await draw()
        clock.set_back(-3600)
        await draw()
        assert hall.state("queue.a").attributes["issued_today"] == 4
    assert given == [
        "A001", "B100", "W001", "A001", "B100", "W002", "A002", "B101", "W003", "A003", "B102", "W004", "A004", "B103",
        "W005"]  # fmt: skip


async def test_a_clock_that_was_far_ahead_does_not_stop_the_days(tmp_path: Path) -> None:
    clock = HandClock(START + 400 * 86400, "Europe/Berlin")
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await hall.act("queue.issue", queue="a")
        await hall.act("queue.issue", queue="n")
    clock.set_back(400 * 86400)
    async with branch(YAML, tmp_path, clock=clock) as hall:
        assert hall.state("queue.n").attributes["next"] == "N002"
        await hall.act("queue.issue", queue="a", party=2)
        assert hall.state("queue.a").attributes["issued_today"] == 1


async def test_a_clock_that_was_a_day_ahead_and_is_right_again(tmp_path: Path) -> None:
    clock = HandClock(datetime(2026, 3, 25, 10, tzinfo=ZoneInfo("Europe/Berlin")).timestamp(), "Europe/Berlin")
    async with branch(YAML, tmp_path, clock=clock) as hall:

        async def numbers(queue: str, count: int) -> list[str]:
            return [(await hall.act("queue.issue", queue=queue))["ticket"]["number"] for _ in range(count)]

        async def waiting() -> list[str]:
            return [t["number"] for t in (await hall.act("ticket.list", queue="a"))["tickets"]]

        async def leap(hours: float, *expected: str) -> None:
            """Until the day has turned, in steps each durable before the next, and these are left."""
            clock.set_back(-hours * 3600)
            for n in range(500):
                await clock.turn(21)
                await asyncio.sleep(0.01)
                if n >= 5 and await waiting() == [*expected]:
                    break
            assert await waiting() == [*expected]

        assert await numbers("a", 3) == ["A001", "A002", "A003"]
        await leap(24)
        assert await numbers("a", 1) == ["A001"]
        await leap(-24, "A001")  # who drew a number meanwhile still waits
        assert await numbers("a", 1) == ["A004"], "today goes on where it was"
        assert hall.state("queue.a").attributes["issued_today"] == 1, "the counts of the wrong day are not today's"
        await leap(24, "A001")  # A004 is over, and it is A001's day
        assert await numbers("a", 1) == ["A002"], "that day goes on as well"


@pytest.mark.parametrize(("moment", "day"), [
    ("2028-02-28 23:59", "2028-02-28"), ("2028-02-29 03:59", "2028-02-28"), ("2028-02-29 04:00", "2028-02-29"),
    ("2028-03-01 03:59", "2028-02-29"), ("2028-03-01 04:00", "2028-03-01"), ("2026-01-01 03:00", "2025-12-31"),
])  # fmt: skip
def test_a_business_day_that_begins_at_four(moment: str, day: str) -> None:
    assert business_day(datetime.fromisoformat(moment), time(4)) == day


async def test_numbers_are_foretold_and_skipped(tmp_path: Path) -> None:
    clock = HandClock(START, "Europe/Berlin")
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await hall.act("queue.issue", queue="b")
        assert (await hall.act("queue.next_numbers", queue="c", count=3))["numbers"] == ["C101", "C102", "C103"]
        answer = await hall.act("queue.skip_number", queue="c", count=4)
        assert answer == {"queue": "c", "skipped": 4, "next": "C105"}
        (event,) = hall.events("queue_number_skipped")
        assert event.data == answer
        assert hall.state("queue.c").attributes["next"] == "C105"
        await hall.act("queue.skip_number", queue="b", to=200)
        for wrong in (150, 199):
            with pytest.raises(Refused) as caught:
                await hall.act("queue.skip_number", queue="b", to=wrong)
            assert caught.value.code == "number_given"
        assert (await hall.act("queue.skip_number", queue="b", to=200))["skipped"] == 0
    async with branch(YAML, tmp_path, clock=clock) as hall:
        assert (await hall.act("queue.issue", queue="c"))["ticket"]["number"] == "C200"


async def test_a_number_still_live_from_an_earlier_period_is_not_foretold(tmp_path: Path) -> None:
    clock = HandClock(START, "Europe/Berlin")
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await hall.act("counter.sign_in", counter="1", staff="amy")
        await hall.act("queue.issue", queue="a")
        await hall.act("counter.call_next", counter="1")
        clock.set_back(-12 * 3600)
        await clock.turn(60)
        assert (await hall.act("queue.next_numbers", queue="a", count=2))["numbers"] == ["A002", "A003"]


@given(days=st.lists(st.integers(-1, 1), max_size=12), draws=st.lists(st.integers(0, 3), min_size=12, max_size=12))
def test_no_number_twice_in_a_period_however_the_clock_is_put(days: list[int], draws: list[int]) -> None:
    """One step back at most at a time, as clocks are set: each day has one run, whatever day it was meanwhile."""
    queue, day, latest = Queue.model_validate({"name": "Q", "prefix": "Q"}), date(2026, 2, 27), date(2026, 2, 27)
    floor, given_ = Floor({}), dict[date, list[str]]()
    for step, count in zip(days, draws, strict=False):
        day = max(day + timedelta(days=step), latest - timedelta(days=1))
        latest = max(day, latest)
        for _ in range(count):
            given_.setdefault(day, []).append(draw(Decision(floor, 0.0, day.isoformat(), 1), "q", queue))
    for numbers in given_.values():
        assert numbers == [f"Q{n:03}" for n in range(1, len(numbers) + 1)]


def test_segments_of_one_prefix_do_not_meet() -> None:
    queues = {name: Queue.model_validate({"name": name, "digits": 0, **more}) for name, more in {
        "a": {"start": 1, "end": 499}, "b": {"start": 500, "end": 799}, "c": {"start": 800}, "d": {"start": 700},
        "e": {"start": 9, "end": 1, "prefix": "E"}, "f": {"prefix": "F", "sequence": "s"},
        "g": {"prefix": "G", "sequence": "s", "end": 5},
    }.items()}  # fmt: skip
    assert [name for name, _ in clashes(queues)] == ["d", "e", "g"]


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
        for typed in ("", "\ud800", "\0", "AB001 or 1=1", "9" * 64):
            with pytest.raises(Unknown):
                await hall.act("ticket.get", ticket=typed)


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


async def test_a_queue_renamed_while_usher_was_not_running_goes_on_with_its_numbers(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock(START)) as hall:
        for _ in range(2):
            ticket = (await hall.act("queue.issue", queue="a"))["ticket"]["id"]
            await hall.act("ticket.cancel", ticket=ticket)
    renamed = YAML.replace("  a: {", "  again: {").replace("serves: [a", "serves: [again")
    async with branch(renamed, tmp_path, clock=HandClock(START + 60)) as hall:
        assert (await hall.act("queue.issue", queue="again"))["ticket"]["number"] == "A003"
    async with branch(renamed, tmp_path, clock=HandClock(START + 86400)) as hall:
        assert (await hall.act("queue.issue", queue="again"))["ticket"]["number"] == "A001"


async def test_who_was_carried_over_does_not_make_todays_numbers_leap(tmp_path: Path) -> None:
    yaml = YAML.replace("prefix: A}", "prefix: A, at_day_end: carry}")
    clock = HandClock(START)
    async with branch(yaml, tmp_path, clock=clock) as hall:
        for _ in range(9):
            await hall.act("queue.issue", queue="a")
        clock.set_back(-86400)
        await clock.turn(60)
        await hall.reload(yaml.replace("name: A,", "name: Another,"))
        assert (await hall.act("queue.next_numbers", queue="a"))["numbers"] == ["A010"]  # those of yesterday live still
        for n in range(9):
            await hall.act("ticket.cancel", ticket=f"A00{n + 1}")
        await hall.reload(yaml)
        assert (await hall.act("queue.issue", queue="a"))["ticket"]["number"] == "A001"
