"""Things by name: decided at once, durable next, then shown; what the disk does not take did not happen."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from usher.core.access import Caller
from usher.core.check import check
from usher.core.clock import HandClock
from usher.core.errors import BadData, NotPermitted, Refused, Unknown
from usher.core.testing import Branch, Disk, branch

YAML = """
counter_helper:
  a: {}
  b: {maximum: 1}
input_boolean:
  bare:
  light: {name: {en: Light, zh-CN: 灯}, icon: mdi:lamp}
input_number:
  n: {min: 0, max: 10, initial: 3}
"""


async def test_a_hundred_at_once_lose_nothing(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        await asyncio.gather(*(hall.act("counter_helper.increment", entity_id="counter_helper.a") for _ in range(100)))
        assert hall.state("counter_helper.a").value == 100
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        assert hall.state("counter_helper.a").value == 100


async def test_who_has_the_answer_would_find_it_after_a_crash(tmp_path: Path) -> None:
    """The files are taken away while the hall runs, as they are when its power goes."""
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        await hall.act("counter_helper.increment", target={"entity_id": ["counter_helper.a", "counter_helper.b"]})
        shutil.copytree(
            tmp_path / ".usher", tmp_path / "crashed/.usher", ignore=shutil.ignore_patterns("lock", "control")
        )
    async with branch(YAML, tmp_path / "crashed", clock=HandClock()) as hall:
        assert [hall.state(f"counter_helper.{name}").value for name in "ab"] == [1, 1]


async def until_healthy(hall: Branch) -> None:
    while not hall.engine.store.healthy:  # noqa: ASYNC110 - a thread brings it about
        await asyncio.sleep(0.01)


async def test_what_the_disk_does_not_take_did_not_happen(tmp_path: Path) -> None:
    disk = Disk()
    async with branch(YAML, tmp_path, clock=HandClock(), connect=disk.connect) as hall:
        await hall.act("counter_helper.increment", entity_id="counter_helper.a")
        disk.break_down()
        calls = [hall.act("counter_helper.increment", entity_id="counter_helper.a") for _ in range(3)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        assert [isinstance(one, Refused) and one.code for one in answers] == ["not_stored"] * 3
        assert hall.state("counter_helper.a").value == 1
        with pytest.raises(Refused):
            await hall.act("counter_helper.increment", entity_id="counter_helper.a")
        disk.mend()
        await asyncio.wait_for(until_healthy(hall), 20)
        await hall.act("counter_helper.increment", entity_id="counter_helper.a")
        assert hall.state("counter_helper.a").value == 2
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        assert hall.state("counter_helper.a").value == 2


async def test_of_several_all_or_none(tmp_path: Path) -> None:
    yaml = "input_number: {small: {min: 0, max: 1}, large: {min: 0, max: 10}}"
    async with branch(yaml, tmp_path, clock=HandClock()) as hall:
        both = {"entity_id": ["input_number.large", "input_number.small"]}
        with pytest.raises(Refused, match=r"input_number.small may be 0 to 1, not 5"):
            await hall.act("input_number.set_value", target=both, value=5)
        assert hall.state("input_number.large").value == 0
        await hall.act("input_number.set_value", target=both, value=1)
        assert [hall.state(e).value for e in both["entity_id"]] == [1, 1]


async def test_the_context_of_a_state_is_the_calls(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        await hall.act("input_boolean.turn_on", entity_id="input_boolean.bare")
        (event,) = [e for e in hall.events("state_changed") if e.data["entity_id"] == "input_boolean.bare"][1:]
        assert event.context is hall.state("input_boolean.bare").context


async def test_a_thing_appears_with_what_it_was_in_one_step(tmp_path: Path) -> None:
    """No edge at a start: an automation on `to: "on"` is not woken by a restart."""
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        await hall.act("input_boolean.turn_on", entity_id="input_boolean.bare")
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        (event,) = [e for e in hall.events("state_changed") if e.data["entity_id"] == "input_boolean.bare"]
        assert (event.data["old_state"], event.data["new_state"].value) == (None, "on")


async def test_names_and_pictures(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        light = hall.state("input_boolean.light").attributes
        assert light == {"name": {"en": "Light", "zh-CN": "灯"}, "editable": False, "icon": "mdi:lamp"}


@pytest.mark.parametrize(
    ("data", "error", "says"),
    [
        ({}, BadData, "entity_id: the key 'entity_id' is missing"),
        ({"entity_id": []}, BadData, "at least 1 of them"),
        ({"entity_id": "input_boolean.nobody"}, Unknown, "There is no input_boolean.nobody here"),
        ({"entity_id": "counter_helper.a"}, BadData, "not a input_boolean|is not a"),
        ({"target": {"entity_id": "counter_helper.a"}}, BadData, "acts on input_boolean, not on 'counter_helper.a'"),
        ({"entity_id": "input_boolean.bare", "speed": 1}, BadData, "there is no key 'speed' here"),
    ],
)
async def test_bad_data(tmp_path: Path, data: dict[str, Any], error: type[Exception], says: str) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        with pytest.raises(error, match=says):
            await hall.act("input_boolean.toggle", **data)


@pytest.mark.parametrize(("role", "may"), [("manager", True), ("owner", True), ("staff", False), ("device", False)])
async def test_who_may(tmp_path: Path, role: str, may: bool) -> None:
    caller = Caller("somebody", "Somebody", role)
    async with branch(YAML, tmp_path, clock=HandClock(), caller=caller) as hall:
        call = hall.act("input_boolean.turn_on", entity_id="input_boolean.bare")
        if may:
            await call
        else:
            with pytest.raises(NotPermitted):
                await call
        assert hall.state("input_boolean.bare").value == ("on" if may else "off")


def told(folder: Path, yaml: str) -> list[str]:
    (folder / "configuration.yaml").write_text(yaml, "utf-8")
    return [str(problem).removeprefix(f"{folder}/") for problem in check(folder, always=())]


def test_an_automation_that_uses_them_is_checked(tmp_path: Path) -> None:
    problems = told(tmp_path, YAML + """
automation:
  - triggers: {trigger: state, entity_id: input_boolean.lihgt, to: "on"}
    actions:
      - {action: counter_helper.incremnt, target: {entity_id: counter_helper.a}}
      - {action: input_number.set_value, target: {entity_id: input_boolean.light}, data: {value: 1}}
      - {action: input_number.set_value, data: {entity_id: input_number.m, value: 1}}
""")  # fmt: skip
    assert len(problems) == 4, problems
    for text, problem in zip(
        ["Did you mean 'input_boolean.light'?", "Did you mean 'counter_helper.increment'?",
         "input_number.set_value acts on input_number, not on 'input_boolean.light'.", "no input_number called 'm' here"],
        problems, strict=True,
    ):  # fmt: skip
        assert text in problem


async def test_a_reload_leaves_alone_what_is_the_same_and_keeps_what_it_was(tmp_path: Path) -> None:
    """Also what has an initial value: that counts at a start, and this is none."""
    file = tmp_path / "configuration.yaml"
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        await hall.act("counter_helper.increment", entity_id=["counter_helper.a", "counter_helper.b"])
        await hall.act("input_number.set_value", entity_id="input_number.n", value=8)
        await hall.act("input_boolean.turn_on", entity_id="input_boolean.light")
        hall.heard.clear()
        file.write_text("""
counter_helper:
  a:
  b: {maximum: 1, name: Second}
  c: {initial: 5}
input_boolean: {bare: }
input_number: {n: {min: 0, max: 9, initial: 3}}
""", "utf-8")  # fmt: skip
        await hall.act("usher.reload")
        changed = [(e.data["entity_id"], e.data["new_state"] and e.data["new_state"].value)
                   for e in hall.events("state_changed")]  # fmt: skip
        assert sorted(changed) == [("counter_helper.b", 1), ("counter_helper.c", 5), ("input_boolean.light", None),
                                   ("input_number.n", 8.0)]  # fmt: skip
        assert hall.state("input_number.n").attributes["max"] == 9
        for name in "abc":
            await hall.act("counter_helper.increment", entity_id=f"counter_helper.{name}")
        assert [hall.state(f"counter_helper.{name}").value for name in "abc"] == [2, 1, 6]
        with pytest.raises(Unknown):
            await hall.act("input_boolean.toggle", entity_id="input_boolean.light")
    async with branch(file.read_text("utf-8"), tmp_path, clock=HandClock()) as hall:
        assert [hall.state(f"counter_helper.{name}").value for name in "abc"] == [2, 1, 6]
