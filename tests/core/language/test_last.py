"""When something last ran outlives a restart; variables see the event's hall; the last steps are done before it closes."""

from usher.core.clock import HandClock
from usher.core.testing import branch

HALL = """
input_boolean: {flag: {}}
automation:
  - alias: Seldom
    triggers: {trigger: event, event_type: go}
    conditions: >
      {{ this.attributes.last_triggered is none
         or (now() - this.attributes.last_triggered).total_seconds() > 600 }}
    actions: {action: script.tell}
  - alias: Looks
    triggers: {trigger: event, event_type: look}
    variables: {flag: "{{ states('input_boolean.flag') }}"}
    actions: {event: looked, event_data: {flag: "{{ flag }}"}}
script:
  tell:
    sequence:
      - event: told
        event_data: {ago: "{{ (now() - state_attr('automation.seldom', 'last_triggered')).total_seconds() }}"}
"""


async def go(hall, clock, kind="go"):
    hall.engine.bus.fire(kind, {})
    await clock.turn(0)


async def test_when_it_last_ran_outlives_a_restart_and_a_reload(tmp_path):
    clock = HandClock()
    async with branch(HALL, tmp_path, clock=clock) as hall:
        await go(hall, clock)
        await clock.turn(300)
        await go(hall, clock)
        assert [event.data for event in hall.events("told")] == [{"ago": 0}]
        stamp = hall.state("automation.seldom").attributes["last_triggered"]
        assert stamp == "2025-11-22T00:00:00+00:00"
    async with branch(HALL, tmp_path, clock=clock) as hall:
        assert hall.state("automation.seldom").attributes["last_triggered"] == stamp
        assert hall.state("script.tell").attributes["last_triggered"] == stamp
        await hall.reload(HALL.replace("> 600", "> 500").replace("told", "said"))
        assert hall.state("automation.seldom").attributes["last_triggered"] == stamp
        assert hall.state("script.tell").attributes["last_triggered"] == stamp
        await go(hall, clock)
        assert hall.events("said") == []
        await clock.turn(300)
        await go(hall, clock)
        assert [event.data for event in hall.events("said")] == [{"ago": 0}]


async def test_variables_see_the_hall_as_of_the_event(tmp_path):
    clock = HandClock()
    async with branch(HALL, tmp_path, clock=clock) as hall:
        states, bus = hall.engine.states, hall.engine.bus

        def both(_):
            bus.fire("look", {})
            states.set("input_boolean.flag", "on")

        bus.listen(both, "both")
        await go(hall, clock, "both")
        await go(hall, clock, "look")
        assert [event.data for event in hall.events("looked")] == [{"flag": "off"}, {"flag": "on"}]


CLOSING = """
automation:
  - alias: Farewell
    triggers: {trigger: usher, event: shutdown}
    actions:
      - action: bell.ring
      - event: rung
"""
MANIFEST = """
name: bell
title: {en: Bell, zh-CN: 铃}
purpose: {en: Rings., zh-CN: 响铃。}
requires: []
actions: [bell.ring]
quality: experimental
"""
BELL = """
import asyncio
from contextlib import asynccontextmanager
from pydantic import BaseModel
from usher.core.integration import Integration

class Nothing(BaseModel):
    pass

@asynccontextmanager
async def setup(config, kit):
    async def ring(data, call):
        await asyncio.sleep(0.1)
        kit.bus.fire("bell_rings", {})
    kit.action("bell.ring", Nothing, ring)
    try:
        yield
    finally:
        kit.bus.fire("bell_gone", {})

def actions(config):
    return {"bell.ring": Nothing}

INTEGRATION = Integration(Nothing, setup, actions=actions)
"""


async def test_the_last_steps_are_done_while_the_devices_are_still_there(tmp_path):
    bell = tmp_path / "custom_integrations" / "bell"
    bell.mkdir(parents=True)
    (bell / "manifest.yaml").write_text(MANIFEST)
    (bell / "__init__.py").write_text(BELL)
    async with branch(CLOSING + "bell: {}\n", tmp_path) as hall:
        pass
    assert [event.type for event in hall.heard if event.type in ("bell_rings", "rung", "bell_gone")] == [
        "bell_rings", "rung", "bell_gone"]  # fmt: skip
