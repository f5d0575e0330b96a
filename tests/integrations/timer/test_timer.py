"""Timers: HA's actions, events and attributes; and what HA loses: a timer goes on over a restart or a crash."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from usher.core.clock import HandClock
from usher.core.errors import BadData, Refused
from usher.core.testing import Branch, Disk, branch

YAML = """
timer:
  tea: {duration: "00:01:00", name: Tea}
  free: {}
  brief: {duration: 10, restore: false}
"""
START = 1_763_769_600.0  # 2025-11-22 00:00 UTC


def told(hall: Branch) -> list[str]:
    return [event.type for event in hall.heard if event.type.startswith("timer.")]


async def settle(hall: Branch, clock: HandClock) -> None:
    """Let what the clock fired be stored and told."""
    for _ in range(3):
        await clock.turn(0)
        while not hall.engine.store.idle:  # noqa: ASYNC110 - a thread brings it about
            await asyncio.sleep(0.001)


async def act(hall: Branch, verb: str, name: str = "tea", **data: Any) -> Any:
    await hall.act(f"timer.{verb}", entity_id=f"timer.{name}", **data)
    return hall.state(f"timer.{name}").value


async def test_from_start_to_finish(tmp_path: Path) -> None:
    clock = HandClock(START)
    async with branch(YAML, tmp_path, clock=clock) as hall:
        assert dict(hall.state("timer.tea").attributes) == {
            "name": "Tea", "editable": False, "restore": True, "duration": "0:01:00"}  # fmt: skip
        assert await act(hall, "start") == "active"
        attributes = hall.state("timer.tea").attributes
        assert (attributes["finishes_at"], attributes["remaining"]) == ("2025-11-22T00:01:00+00:00", "0:01:00")
        await clock.turn(59)
        await settle(hall, clock)
        assert told(hall) == ["timer.started"]
        await clock.turn(1)
        await settle(hall, clock)
        assert told(hall) == ["timer.started", "timer.finished"]
        (finished,) = hall.events("timer.finished")
        assert finished.data == {"entity_id": "timer.tea", "finished_at": "2025-11-22T00:01:00+00:00"}
        assert hall.state("timer.tea").value == "idle"
        assert "finishes_at" not in hall.state("timer.tea").attributes
        assert "remaining" not in hall.state("timer.tea").attributes
        await clock.turn(1000)
        await settle(hall, clock)
        assert told(hall) == ["timer.started", "timer.finished"]


async def test_the_state_is_set_before_it_is_told(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock(START)) as hall:
        seen: list[Any] = []
        hall.engine.bus.listen(lambda _: seen.append(hall.state("timer.tea").value), "timer.started", "timer.cancelled")
        await act(hall, "start")
        await act(hall, "cancel")
        assert seen == ["active", "idle"]


async def test_pause_and_go_on(tmp_path: Path) -> None:
    clock = HandClock(START)
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await act(hall, "start")
        await clock.turn(20)
        assert await act(hall, "pause") == "paused"
        assert hall.state("timer.tea").attributes["remaining"] == "0:00:40"
        assert "finishes_at" not in hall.state("timer.tea").attributes
        await clock.turn(500)
        assert await act(hall, "pause") == "paused"  # of no effect
        assert await act(hall, "finish") == "paused"  # so is this, as in HA
        assert await act(hall, "start") == "active"
        await clock.turn(39)
        await settle(hall, clock)
        assert told(hall) == ["timer.started", "timer.paused", "timer.restarted"]
        await clock.turn(1)
        await settle(hall, clock)
        assert told(hall)[-1] == "timer.finished"


async def test_start_again_begins_anew(tmp_path: Path) -> None:
    clock = HandClock(START)
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await act(hall, "start")
        await clock.turn(50)
        await act(hall, "start")
        await clock.turn(50)
        await settle(hall, clock)
        assert hall.state("timer.tea").value == "active"
        await act(hall, "start", duration="00:00:05")
        assert hall.state("timer.tea").attributes["duration"] == "0:00:05"
        await clock.turn(5)
        await settle(hall, clock)
        assert told(hall) == ["timer.started", "timer.restarted", "timer.restarted", "timer.finished"]
        assert hall.state("timer.tea").attributes["duration"] == "0:01:00"  # its own again


async def test_cancel_and_finish(tmp_path: Path) -> None:
    clock = HandClock(START)
    async with branch(YAML, tmp_path, clock=clock) as hall:
        assert await act(hall, "cancel") == "idle"  # HA tells it even then
        assert await act(hall, "finish") == "idle"
        assert told(hall) == ["timer.cancelled"]
        await act(hall, "start")
        await clock.turn(10)
        assert await act(hall, "finish") == "idle"
        (finished,) = hall.events("timer.finished")
        assert finished.data["finished_at"] == "2025-11-22T00:00:10+00:00"
        await act(hall, "start")
        await act(hall, "cancel")
        await clock.turn(100)
        await settle(hall, clock)
        assert told(hall)[-1] == "timer.cancelled"


async def test_change(tmp_path: Path) -> None:
    clock = HandClock(START)
    async with branch(YAML, tmp_path, clock=clock) as hall:
        with pytest.raises(Refused, match="only an active timer can be changed"):
            await act(hall, "change", duration=5)
        await act(hall, "start")
        await clock.turn(20)
        await act(hall, "change", duration="-00:00:30")
        assert hall.state("timer.tea").attributes["remaining"] == "0:00:10"
        await act(hall, "change", duration={"seconds": 5})
        for by in (46, -16):
            with pytest.raises(Refused, match="it may have 0 to 60 s"):
                await act(hall, "change", duration=by)
        await clock.turn(14)
        await settle(hall, clock)
        assert told(hall) == ["timer.started", "timer.changed", "timer.changed"]
        await clock.turn(1)
        await settle(hall, clock)
        assert told(hall)[-1] == "timer.finished"


@pytest.mark.parametrize("duration", ["soon", -5, {"minutes": "x"}, [1]])
async def test_bad_durations(tmp_path: Path, duration: Any) -> None:
    async with branch(YAML, tmp_path, clock=HandClock(START)) as hall:
        with pytest.raises(BadData, match="not a duration"):
            await act(hall, "start", duration=duration)


async def test_one_without_a_duration(tmp_path: Path) -> None:
    clock = HandClock(START)
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await act(hall, "start", "free", duration={"minutes": 2})
        assert hall.state("timer.free").attributes["duration"] == "0:02:00"
        await act(hall, "cancel", "free")
        await act(hall, "start", "free")
        await settle(hall, clock)
        assert told(hall) == ["timer.started", "timer.cancelled", "timer.started", "timer.finished"]


# -- what outlives the hall


async def test_a_restart_goes_on_with_what_is_left(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=(clock := HandClock(START))) as hall:
        await act(hall, "start")
        await act(hall, "start", "free", duration=100)
        await clock.turn(30)
        await act(hall, "pause", "free")
    async with branch(YAML, tmp_path, clock=(clock := HandClock(START + 45))) as hall:
        assert (hall.state("timer.tea").value, hall.state("timer.free").value) == ("active", "paused")
        assert hall.state("timer.tea").attributes["finishes_at"] == "2025-11-22T00:01:00+00:00"
        await clock.turn(14)
        await settle(hall, clock)
        assert told(hall) == []
        await clock.turn(1)
        await settle(hall, clock)
        assert told(hall) == ["timer.finished"]
        await act(hall, "start", "free")
        await clock.turn(69)
        await settle(hall, clock)
        assert hall.state("timer.free").value == "active"
        await clock.turn(1)
        await settle(hall, clock)
        assert hall.state("timer.free").value == "idle"


AUTOMATION = (
    YAML
    + """
counter_helper: {heard: }
automation:
  - triggers: {trigger: event, event_type: timer.finished, event_data: {entity_id: timer.tea}}
    actions:
      - {action: counter_helper.increment, target: {entity_id: counter_helper.heard}}
"""
)


async def until(hall: Branch, clock: HandClock, entity_id: str, value: Any) -> None:
    for _ in range(500):
        if hall.state(entity_id).value == value:
            return
        await settle(hall, clock)
        await asyncio.sleep(0.001)
    raise AssertionError(f"{entity_id} is {hall.state(entity_id).value!r}, not {value!r}")


async def test_what_fell_due_while_the_hall_was_down_is_heard_by_automations(tmp_path: Path) -> None:
    """Home Assistant fires it before its automations listen (core 79145, 131383)."""
    async with branch(AUTOMATION, tmp_path, clock=HandClock(START)) as hall:
        await act(hall, "start", "free", duration=50)
        await act(hall, "start")
        # the power goes: nothing is closed, the files are as they are
        shutil.copytree(
            tmp_path / ".usher", tmp_path / "crashed/.usher", ignore=shutil.ignore_patterns("lock", "control")
        )
    clock = HandClock(START + 3600)
    async with branch(AUTOMATION, tmp_path / "crashed", clock=clock) as hall:
        await until(hall, clock, "counter_helper.heard", 1)
        assert told(hall) == ["timer.finished"] * 2
        assert [e.data["entity_id"] for e in hall.events("timer.finished")] == [
            "timer.free",
            "timer.tea",
        ]  # as they fell due
        assert [e.data["finished_at"][11:19] for e in hall.events("timer.finished")] == ["00:00:50", "00:01:00"]
        order = [e.type for e in hall.heard if e.type in ("usher_started", "timer.finished")]
        assert order == ["usher_started", "timer.finished", "timer.finished"]
    async with branch(AUTOMATION, tmp_path / "crashed", clock=HandClock(START + 7200)) as hall:
        await settle(hall, clock)
        assert told(hall) == []  # once is enough


async def test_restore_false_ends_it_without_a_word(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock(START)) as hall:
        assert "restore" not in hall.state("timer.brief").attributes
        await act(hall, "start", "brief")
    async with branch(YAML, tmp_path, clock=(clock := HandClock(START + 5))) as hall:
        assert hall.state("timer.brief").value == "idle"
        await clock.turn(100)
        await settle(hall, clock)
        assert told(hall) == []


async def test_a_wall_clock_set_back_while_it_was_down_does_not_make_it_longer(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock(START)) as hall:
        await act(hall, "start")
    async with branch(YAML, tmp_path, clock=(clock := HandClock(START - 86400))) as hall:
        await clock.turn(60)
        await settle(hall, clock)
        assert told(hall) == ["timer.finished"]


async def test_a_wall_clock_set_back_while_it_runs_changes_nothing(tmp_path: Path) -> None:
    clock = HandClock(START)
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await act(hall, "start")
        await clock.turn(20)
        clock.set_back(7200)
        await act(hall, "pause")
        assert hall.state("timer.tea").attributes["remaining"] == "0:00:40"
        await act(hall, "start")
        clock.set_back(-7200)
        await clock.turn(39)
        await settle(hall, clock)
        assert hall.state("timer.tea").value == "active"
        await clock.turn(1)
        await settle(hall, clock)
        assert told(hall)[-1] == "timer.finished"


async def test_a_timer_that_starts_itself_again_does_so_for_ever(tmp_path: Path) -> None:
    """Time that passes is no circle of causes: such a chain is not cut after 32."""
    yaml = (
        YAML
        + """
automation:
  - triggers: {trigger: event, event_type: timer.finished}
    actions:
      - {action: timer.start, target: {entity_id: timer.tea}}
"""
    )
    clock = HandClock(START)
    async with branch(yaml, tmp_path, clock=clock) as hall:
        await act(hall, "start")
        for n in range(1, 41):
            await until(hall, clock, "timer.tea", "active")
            await clock.turn(60)
            while len(hall.events("timer.finished")) < n:
                await settle(hall, clock)
        first, second = hall.events("timer.finished")[:2]
        assert first.context.parent_id == hall.events("timer.started")[0].context.id
        assert second.context.depth == first.context.depth


async def test_a_reload_disturbs_no_timer(tmp_path: Path) -> None:
    clock = HandClock(START)
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await act(hall, "start")
        await act(hall, "start", "free", duration=50)
        await clock.turn(20)
        hall.heard.clear()
        (tmp_path / "configuration.yaml").write_text("""
timer:
  tea: {duration: "00:01:00", name: Tea}
  free: {name: Changed}
  new: {duration: 5}
""", "utf-8")  # fmt: skip
        await hall.act("usher.reload")
        changed = {e.data["entity_id"] for e in hall.events("state_changed")}
        assert changed == {"timer.free", "timer.new", "timer.brief"}
        assert [hall.state(f"timer.{name}").value for name in ("tea", "free", "new")] == ["active", "active", "idle"]
        await act(hall, "start", "new")
        for span, expected in ((5, 1), (25, 2), (9, 2), (1, 3), (100, 3)):
            await clock.turn(span)
            await settle(hall, clock)
            assert len(hall.events("timer.finished")) == expected
        assert [e.data["entity_id"] for e in hall.events("timer.finished")] == ["timer.new", "timer.free", "timer.tea"]


async def until_healthy(hall: Branch) -> None:
    while not hall.engine.store.healthy:  # noqa: ASYNC110 - a thread brings it about
        await asyncio.sleep(0.01)


async def test_while_the_disk_is_full_it_waits_and_finishes_once(tmp_path: Path) -> None:
    disk, clock = Disk(), HandClock(START)
    async with branch(YAML, tmp_path, clock=clock, connect=disk.connect) as hall:
        await act(hall, "start")
        disk.break_down()
        with pytest.raises(Refused):
            await act(hall, "cancel")  # it did not happen
        await clock.turn(120)
        assert (hall.state("timer.tea").value, told(hall)) == ("active", ["timer.started"])
        disk.mend()
        await asyncio.wait_for(until_healthy(hall), 20)
        await clock.turn(2)
        await settle(hall, clock)
        assert told(hall) == ["timer.started", "timer.finished"]


async def test_a_disk_that_fails_at_the_very_end(tmp_path: Path) -> None:
    disk, clock = Disk(), HandClock(START)
    async with branch(YAML, tmp_path, clock=clock, connect=disk.connect) as hall:
        await act(hall, "start")
        disk.fail_at(1)
        await clock.turn(60)
        while hall.engine.store.healthy:  # noqa: ASYNC110 - a thread brings it about
            await asyncio.sleep(0.001)
        await asyncio.wait_for(until_healthy(hall), 20)
        for _ in range(5):
            await clock.turn(1)
            await settle(hall, clock)
        assert told(hall) == ["timer.started", "timer.finished"]
        assert hall.state("timer.tea").value == "idle"
