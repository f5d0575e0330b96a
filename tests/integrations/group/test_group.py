"""Groups: any of them, or all."""

from pathlib import Path
from typing import Any

import pytest
from usher.core.check import check
from usher.core.clock import HandClock
from usher.core.errors import BadData, Unknown
from usher.core.states import State
from usher.core.testing import Branch, branch
from usher.integrations.group.groups import group_state

YAML = """
input_boolean: {a: , b: }
group:
  any: {name: Any, entities: [input_boolean.a, input_boolean.b]}
  every: {entities: "input_boolean.a, input_boolean.b", all: true}
  outer: [group.any, input_number.n]
  numbers: {entities: input_number.n}
input_number: {n: {min: 0, max: 1}}
"""


def values(hall: Branch) -> list[Any]:
    return [hall.state(f"group.{name}").value for name in ("any", "every", "outer", "numbers")]


async def test_any_and_all(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        assert values(hall) == ["off", "off", "off", None]
        await hall.act("input_boolean.turn_on", entity_id="input_boolean.b")
        assert values(hall) == ["on", "off", "on", None]
        assert hall.state("group.any").context is hall.state("input_boolean.b").context
        await hall.act("input_boolean.turn_on", entity_id="input_boolean.a")
        assert values(hall) == ["on", "on", "on", None]
        attributes = hall.state("group.every").attributes
        assert (attributes["entity_id"], attributes["all"]) == (["input_boolean.a", "input_boolean.b"], True)


async def test_at_a_start_it_appears_with_its_state(tmp_path: Path) -> None:
    """No edge from off to on that an automation would take for a change."""
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        await hall.act("input_boolean.turn_on", entity_id="input_boolean.a")
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        changes = [e.data for e in hall.events("state_changed") if e.data["entity_id"] == "group.any"]
        assert [(c["old_state"], c["new_state"].value) for c in changes] == [(None, "on")]


def state(value: Any, *, available: bool = True) -> State:
    from usher.core.events import Context

    return State("x.y", value, {}, available, 0, 0, Context())


@pytest.mark.parametrize(
    ("members", "any_of", "all_of"),
    [
        ([], None, None),
        ([state("on"), state("off")], "on", "off"),
        ([state(True), state(True)], "on", "on"),
        ([state("off"), state(None)], "off", "off"),
        ([state("on"), state("on", available=False)], "on", "off"),
        ([state(None), state("on", available=False)], None, None),
        ([state(3), state("serving")], None, None),
        ([state("open"), state("closed")], "open", "closed"),
        ([state("closed"), state("closed")], "closed", "closed"),
        ([state("open"), state("on")], "on", "on"),
        ([state("closed"), state("off")], "off", "off"),
        ([state("problem"), state("ok")], "problem", "ok"),
    ],
)
def test_the_words(members: list[State], any_of: Any, all_of: Any) -> None:
    assert group_state(members, every=False) == any_of
    assert group_state(members, every=True) == all_of


async def test_set_and_remove(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        await hall.act("group.set", object_id="new", name="New", entities=["input_boolean.a"])
        assert hall.state("group.new").value == "off"
        await hall.act("group.set", object_id="new", add_entities="input_boolean.b", all=True)
        await hall.act("input_boolean.turn_on", entity_id="input_boolean.b")
        assert hall.state("group.new").value == "off"
        await hall.act("group.set", object_id="new", remove_entities=["input_boolean.a"])
        assert hall.state("group.new").value == "on"
        assert hall.state("group.new").attributes["name"] == "New"
        await hall.act("group.remove", object_id="new")
        assert hall.engine.states.get("group.new") is None
        await hall.act("input_boolean.turn_off", entity_id="input_boolean.b")
        assert hall.engine.states.get("group.new") is None
        with pytest.raises(Unknown):
            await hall.act("group.remove", object_id="new")
        with pytest.raises(BadData):
            await hall.act("group.set", object_id="new", entities=["nobody"])
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        assert hall.engine.states.get("group.new") is None  # until the next start only


def told(folder: Path, yaml: str) -> list[str]:
    (folder / "configuration.yaml").write_text(yaml, "utf-8")
    return [str(problem).removeprefix(f"{folder}/") for problem in check(folder, always=())]


def test_unknown_members_and_circles_are_told(tmp_path: Path) -> None:
    assert told(tmp_path, "input_boolean: {light: }\ngroup: {a: [input_boolean.lihgt]}\n") == [
        "configuration.yaml:2:13  group.a.0: there is no input_boolean called 'lihgt' here. Did you mean 'light'?"]  # fmt: skip
    assert told(tmp_path, "group:\n  a: [group.b]\n  b: [group.c]\n  c: [group.b]\n") == [
        "configuration.yaml:3:3  group.b is a member of itself: group.b > group.c > group.b. Take one out."
    ]
