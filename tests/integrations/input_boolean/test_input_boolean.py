"""Switches: on, off, and as they were after a restart."""

from pathlib import Path

import pytest
from usher.core.clock import HandClock
from usher.core.testing import branch

YAML = """
input_boolean:
  plain:
  always_on: {initial: true}
  always_off: {initial: false}
"""


async def test_on_off_toggle(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        assert hall.state("input_boolean.plain").value == "off"
        for verb, after in (
            ("turn_on", "on"),
            ("turn_on", "on"),
            ("toggle", "off"),
            ("toggle", "on"),
            ("turn_off", "off"),
        ):
            await hall.act(f"input_boolean.{verb}", entity_id="input_boolean.plain")
            assert hall.state("input_boolean.plain").value == after


@pytest.mark.parametrize("verb", ["turn_on", "turn_off"])
async def test_a_restart_keeps_it_unless_it_has_an_initial_state(tmp_path: Path, verb: str) -> None:
    every = ["input_boolean.plain", "input_boolean.always_on", "input_boolean.always_off"]
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        assert [hall.state(one).value for one in every] == ["off", "on", "off"]
        await hall.act(f"input_boolean.{verb}", target={"entity_id": every})
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        assert [hall.state(one).value for one in every] == [verb.removeprefix("turn_"), "on", "off"]


async def test_in_an_automation_as_home_assistant_writes_it(tmp_path: Path) -> None:
    yaml = """
input_boolean: {asked: , done: }
automation:
  - triggers: {trigger: state, entity_id: input_boolean.asked, from: "off", to: "on"}
    conditions: "{{ is_state('input_boolean.done', 'off') }}"
    actions:
      - action: input_boolean.turn_on
        target: {entity_id: input_boolean.done}
"""
    clock = HandClock()
    async with branch(yaml, tmp_path, clock=clock) as hall:
        await hall.act("input_boolean.turn_on", entity_id="input_boolean.asked")
        for _ in range(200):
            if hall.state("input_boolean.done").value == "on":
                break
            await clock.turn(0)
            await hall.act("input_boolean.turn_on", entity_id="input_boolean.asked")
        assert hall.state("input_boolean.done").value == "on"
