"""Texts stay text."""

from pathlib import Path
from typing import Any

import pytest
from usher.core.check import check
from usher.core.clock import HandClock
from usher.core.errors import BadData, Refused
from usher.core.testing import branch

YAML = """
input_text:
  free:
  code: {min: 3, max: 5, pattern: "[0-9]+", mode: password}
  greeting: {initial: Hello}
  long: {max: 5000}
"""


@pytest.mark.parametrize(
    ("given", "kept"), [("007", "007"), (12, "12"), (1.5, "1.5"), (True, "True"), ("", ""), ("请", "请")]
)
async def test_set_and_restart(tmp_path: Path, given: Any, kept: str) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        assert hall.state("input_text.free").value is None
        await hall.act("input_text.set_value", entity_id="input_text.free", value=given)
        assert hall.state("input_text.free").value == kept
        await hall.act("input_text.set_value", entity_id="input_text.greeting", value="Bye")
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        assert hall.state("input_text.free").value == kept
        assert hall.state("input_text.greeting").value == "Hello"


async def test_more_than_255_characters(tmp_path: Path) -> None:
    """Home Assistant cannot (core 129863)."""
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        await hall.act("input_text.set_value", entity_id="input_text.long", value="字" * 5000)
        assert hall.state("input_text.long").value == "字" * 5000


@pytest.mark.parametrize("text", ["ab", "abcdef"])
async def test_too_short_or_long_is_refused(tmp_path: Path, text: str) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        with pytest.raises(Refused, match=f"may have 3 to 5 characters, not {len(text)}"):
            await hall.act("input_text.set_value", entity_id="input_text.code", value=text)
        attributes = hall.state("input_text.code").attributes
        assert [attributes[k] for k in ("min", "max", "pattern", "mode")] == [3, 5, "[0-9]+", "password"]


@pytest.mark.parametrize("value", [None, ["a"], {"a": 1}])
async def test_what_is_no_text_is_bad_data(tmp_path: Path, value: Any) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        with pytest.raises(BadData):
            await hall.act("input_text.set_value", entity_id="input_text.free", value=value)


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ("{min: 5, max: 4}", "max 4 is below min 5. Exchange them."),
        ("{max: 3, initial: abcd}", "initial has 4 characters; it may have 0 to 3."),
    ],
)
def test_faults_in_the_yaml(tmp_path: Path, item: str, says: str) -> None:
    (tmp_path / "configuration.yaml").write_text(f"input_text:\n  a: {item}\n", "utf-8")
    (problem,) = check(tmp_path, always=())
    assert says in problem.text
