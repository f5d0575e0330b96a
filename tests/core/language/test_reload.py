"""A reload and the automations: what is the same goes on, what has changed begins anew, what is gone is gone."""

import asyncio
from pathlib import Path
from typing import Any

from usher.core.clock import HandClock
from usher.core.testing import Branch, branch

HALL = """
queue: {main: {name: Main, prefix: A}}
counter: {"1": {name: One, serves: [main]}}
automation:
  - id: slow
    alias: Slow
    triggers: {trigger: event, event_type: go}
    mode: parallel
    actions:
      - delay: 60
      - event: slow_done
  - id: quick
    alias: Quick
    triggers: {trigger: event, event_type: go}
    actions: {event: quick_done}
  - id: steady
    alias: Steady
    triggers: {trigger: state, entity_id: counter.1, to: idle, for: 60}
    actions: {event: steady_done}
"""


def runs(hall: Branch, name: str) -> Any:
    return hall.state(f"automation.{name}").attributes["current"]


async def settle(hall: Branch) -> None:
    clock: Any = hall.engine.clock
    await clock.turn(0)
    await asyncio.sleep(0)
    await clock.turn(0)


async def fire(hall: Branch, kind: str) -> None:
    hall.engine.bus.fire(kind, {})
    await settle(hall)


async def test_what_is_the_same_keeps_its_runs_and_waits_though_it_moves_in_its_file(tmp_path: Path) -> None:
    clock = HandClock()
    async with branch(HALL, tmp_path, clock=clock) as hall:
        await hall.act("counter.sign_in", counter="1")
        await fire(hall, "go")
        await clock.turn(30)
        new = HALL.replace("  - id: slow", "  # a remark\n  - id: slow").replace("event: quick_done", "event: quicker")
        assert (await hall.reload(new))["changed"] == ["automation"]
        assert runs(hall, "slow") == 1
        await fire(hall, "go")
        assert len(hall.events("quick_done")) == 1
        assert len(hall.events("quicker")) == 1
        await clock.turn(31)
        await settle(hall)
        assert len(hall.events("slow_done")) == 1
        assert len(hall.events("steady_done")) == 1
        trace = (await hall.act("trace.list", automation="slow"))["traces"][-1]
        steps = (await hall.act("trace.get", run_id=trace["run_id"]))["trace"]["trace"]
        assert steps["action/0"][0]["place"].endswith("configuration.yaml:11:16")  # a line further down than before


async def test_a_changed_automation_ends_its_runs_and_its_trace_says_so(tmp_path: Path) -> None:
    clock = HandClock()
    async with branch(HALL, tmp_path, clock=clock) as hall:
        await fire(hall, "go")
        await hall.reload(HALL.replace("delay: 60", "delay: 90"))
        assert runs(hall, "slow") == 0
        (trace,) = (await hall.act("trace.list", automation="slow"))["traces"]
        assert trace["script_execution"] == "changed"
        await clock.turn(100)
        await settle(hall)
        assert hall.events("slow_done") == []


async def test_a_for_goes_on_when_only_the_rest_of_its_automation_changes(tmp_path: Path) -> None:
    clock = HandClock()
    async with branch(HALL, tmp_path, clock=clock) as hall:
        await hall.act("counter.sign_in", counter="1")
        await clock.turn(40)
        await hall.reload(HALL.replace("event: steady_done", "event: steadier"))
        await clock.turn(19)
        assert hall.events("steadier") == []
        await clock.turn(2)
        await settle(hall)
        assert len(hall.events("steadier")) == 1


async def test_automations_come_and_go(tmp_path: Path) -> None:
    async with branch(HALL, tmp_path, clock=HandClock()) as hall:
        without = HALL[: HALL.index("  - id: quick")]
        await hall.reload(
            without + "  - {alias: New, triggers: {trigger: event, event_type: go}, actions: {event: new}}\n"
        )
        assert hall.engine.states.get("automation.quick") is None
        assert hall.state("automation.new").value == "on"
        await fire(hall, "go")
        assert (len(hall.events("quick_done")), len(hall.events("new"))) == (0, 1)


async def test_what_was_turned_off_stays_off(tmp_path: Path) -> None:
    async with branch(HALL, tmp_path, clock=HandClock()) as hall:
        await hall.act("automation.turn_off", automation="quick")
        await hall.reload(HALL.replace("quick_done", "quicker"))
        assert hall.state("automation.quick").value == "off"


async def test_only_what_is_asked_for_is_taken(tmp_path: Path) -> None:
    async with branch(HALL, tmp_path, clock=HandClock()) as hall:
        new = HALL.replace("name: Main", "name: Other").replace("quick_done", "quicker")
        assert (await hall.reload(new, "automation"))["changed"] == ["automation"]
        assert hall.state("queue.main").attributes["name"] == "Main"
        await fire(hall, "go")
        assert len(hall.events("quicker")) == 1
        assert (await hall.reload())["changed"] == ["queue"]
        assert hall.state("queue.main").attributes["name"] == "Other"


async def test_a_changed_blueprint_changes_those_made_of_it(tmp_path: Path) -> None:
    made = tmp_path / "blueprints" / "automation" / "own"
    made.mkdir(parents=True)
    text = ("blueprint: {name: B, domain: automation, input: {what: {}}}\n"
            "triggers: {trigger: event, event_type: go}\nactions: [{event: !input what}]\n")  # fmt: skip
    (made / "b.yaml").write_text(text)
    yaml = "automation:\n" + "".join(
        f"  - {{alias: {n}, use_blueprint: {{path: own/b.yaml, input: {{what: done_{n}}}}}}}\n" for n in ("a", "b"))  # fmt: skip
    async with branch(yaml, tmp_path, clock=HandClock()) as hall:
        (made / "b.yaml").write_text(text + "mode: queued\n")
        await hall.reload()
        assert hall.state("automation.a").attributes["mode"] == "queued"
        await fire(hall, "go")
        assert len(hall.events("done_b")) == 1
