"""What time does: reminders, the hour itself, nobody came, long over; each told once, also over restarts."""

from pathlib import Path
from typing import Any

from usher.core.clock import HandClock
from usher.core.testing import Branch, branch

from .conftest import MONDAY, YAML, pass_time

HOUR = 3600.0


async def book(hall: Branch, at: str, type: str = "passport", **data: Any) -> dict[str, Any]:
    return await hall.act("appointment.book", type=type, at=at, **data)


def told(hall: Branch, name: str) -> list[tuple[str, float]]:
    """(appointment, when) of each such event."""
    return [(e.data["appointment"]["at"], e.time) for e in hall.events(f"appointment_{name}")]


async def test_reminders(hall: Branch, clock: HandClock) -> None:
    await book(hall, "2025-11-25 11:00")
    await book(hall, "2025-11-24 11:00")  # a day before is over when it is booked
    await pass_time(hall, clock, 2 * HOUR + 60)
    reminded = [(e.data["appointment"]["day"], e.data["before"]) for e in hall.events("appointment_reminder")]
    assert reminded == [("2025-11-24", HOUR)]
    await pass_time(hall, clock, HOUR)
    reminded = [(e.data["appointment"]["day"], e.data["before"]) for e in hall.events("appointment_reminder")]
    assert reminded == [("2025-11-24", HOUR), ("2025-11-25", 86400.0)]


async def test_a_changed_time_is_reminded_of_anew(hall: Branch, clock: HandClock) -> None:
    made = await book(hall, "2025-11-24 11:00")
    await pass_time(hall, clock, 2 * HOUR + 60)
    await hall.act("appointment.change", appointment=made["code"], at="2025-11-24 14:00")
    await pass_time(hall, clock, 3 * HOUR)
    assert len(hall.events("appointment_reminder")) == 2


async def test_its_hour_comes_once(hall: Branch, clock: HandClock) -> None:
    await book(hall, "2025-11-24 09:00")
    here = await book(hall, "2025-11-24 09:00")
    await pass_time(hall, clock, HOUR - 60)
    await hall.act("appointment.check_in", appointment=here["code"])
    assert hall.events("appointment_due") == []
    await pass_time(hall, clock, 300)
    assert len(hall.events("appointment_due")) == 1  # who has checked in is here


async def test_missed_after_its_time(hall: Branch, clock: HandClock) -> None:
    await book(hall, "2025-11-24 09:00")
    await book(hall, "2025-11-24 09:00", type="doctor")
    await pass_time(hall, clock, 3 * HOUR)
    assert hall.events("appointment_missed") == []
    await pass_time(hall, clock, 60)
    assert [e.data["appointment"]["type"] for e in hall.events("appointment_missed")] == ["passport"]
    assert hall.state("appointment.passport").attributes["missed"] == 1


async def test_missed_at_the_end_of_the_day(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock(MONDAY, "Asia/Shanghai")) as hall:
        await book(hall, "2025-11-24 16:30", type="doctor")
    clock = HandClock(MONDAY + 16 * HOUR - 30, "Asia/Shanghai")
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await pass_time(hall, clock, 20)
        assert hall.events("appointment_missed") == []
        await pass_time(hall, clock, 30)  # past midnight
        assert len(hall.events("appointment_missed")) == 1


async def test_what_fell_due_while_usher_was_down(tmp_path: Path) -> None:
    clock = HandClock(MONDAY, "Asia/Shanghai")
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await book(hall, "2025-11-26 09:00")
        await book(hall, "2025-11-24 09:00")
    clock = HandClock(MONDAY + 2 * 86400 + 600, "Asia/Shanghai")  # Wednesday 8:10
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await pass_time(hall, clock, 30)
        assert [e.data["before"] for e in hall.events("appointment_reminder")] == [HOUR]  # the nearest alone
        assert len(hall.events("appointment_missed")) == 1
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await pass_time(hall, clock, 30)
        assert hall.events("appointment_reminder") == []


async def test_long_over_is_let_go_with_the_name(tmp_path: Path) -> None:
    clock = HandClock(MONDAY, "Asia/Shanghai")
    async with branch(YAML, tmp_path, clock=clock) as hall:
        for n in range(450):  # more than one chunk
            made = await book(hall, f"2025-11-24 {9 + n % 3:02d}:00", phone=str(n))
            await hall.act("appointment.cancel", appointment=made["code"])
        await book(hall, "2025-11-24 09:00", name="Li")
    clock = HandClock(MONDAY + 7 * 86400, "Asia/Shanghai")
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await pass_time(hall, clock, 30)
        assert (await hall.act("appointment.list", day="2025-11-24"))["total"] == 451
    clock = HandClock(MONDAY + 8 * 86400, "Asia/Shanghai")
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await pass_time(hall, clock, 30)
        assert (await hall.act("appointment.list", day="2025-11-24"))["total"] == 0
    async with branch(YAML, tmp_path, clock=clock) as hall:
        rows = await hall.engine.store.rows(_table("person"), "1 = 1", ())
        assert rows == []


def _table(name: Any) -> Any:
    from usher.core.hall.journal import LIVE_TABLES

    return LIVE_TABLES[name]


async def test_the_entity(hall: Branch) -> None:
    state = hall.state("appointment.passport")
    assert (state.value, state.attributes["next_free"]) == (26, MONDAY + HOUR)
    await book(hall, "2025-11-24 09:00", party=2)
    state = hall.state("appointment.passport")
    assert (state.value, state.attributes["booked"], state.attributes["next_free"]) == (24, 1, MONDAY + 1.5 * HOUR)
    assert hall.state("appointment.doctor").value == 2 * (9 + 10)


async def test_slots_that_are_over_are_not_free(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock(MONDAY + 4 * HOUR, "Asia/Shanghai")) as hall:  # noon
        assert hall.state("appointment.passport").value == 14
