"""homeassistant.turn_on and its like: automations of Home Assistant use them for whatever there is."""

import asyncio
from pathlib import Path

import pytest
from usher.core.errors import Refused
from usher.core.testing import branch

HALL = """
queue: {main: {name: Main}}
counter: {"1": {name: One, serves: [main]}}
input_boolean: {a: , b: }
automation:
  - {id: slow, alias: Slow, triggers: {trigger: event, event_type: go}, actions: {event: gone}}
script:
  hello: {sequence: {event: hello}}
"""


async def test_each_thing_is_turned_by_its_own_verb(tmp_path: Path) -> None:
    async with branch(HALL, tmp_path) as hall:
        await hall.act("homeassistant.turn_on", entity_id="input_boolean.a, input_boolean.b, script.hello")
        assert [hall.state(f"input_boolean.{n}").value for n in "ab"] == ["on", "on"]
        async with asyncio.timeout(10):
            while not hall.events("hello"):  # noqa: ASYNC110 - a script that is turned on is not waited for
                await asyncio.sleep(0)
        await hall.act("homeassistant.turn_off", target={"entity_id": ["input_boolean.a", "automation.slow"]})
        assert (hall.state("input_boolean.a").value, hall.state("automation.slow").value) == ("off", "off")
        await hall.act("homeassistant.toggle", entity_id="input_boolean.b")
        assert hall.state("input_boolean.b").value == "off"


async def test_what_cannot_be_turned_is_told_and_nothing_is_done(tmp_path: Path) -> None:
    async with branch(HALL, tmp_path) as hall:
        with pytest.raises(Refused) as refused:
            await hall.act("homeassistant.turn_on", entity_id=["input_boolean.a", "queue.main"])
        assert refused.value.code == "no_such_verb"
        assert hall.state("input_boolean.a").value == "off"


async def test_reload_all_and_check_config(tmp_path: Path) -> None:
    async with branch(HALL, tmp_path) as hall:
        assert (await hall.act("homeassistant.check_config"))["valid"] is True
        assert (await hall.act("homeassistant.reload_all"))["changed"] == []
