"""Counts: Home Assistant's counter by another name."""

from pathlib import Path
from typing import Any

import pytest
from usher.core.check import check
from usher.core.clock import HandClock
from usher.core.errors import BadData, Refused
from usher.core.testing import Branch, branch

YAML = """
counter_helper:
  plain:
  limited: {initial: 4, step: 3, minimum: 2, maximum: 8}
  fresh: {initial: 7, restore: false}
"""


async def after(hall: Branch, name: str, verb: str, **data: Any) -> Any:
    await hall.act(f"counter_helper.{verb}", entity_id=f"counter_helper.{name}", **data)
    return hall.state(f"counter_helper.{name}").value


async def test_up_down_reset_set(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        assert [await after(hall, "plain", verb) for verb in ("increment", "increment", "decrement", "decrement",
                                                              "decrement", "reset")] == [1, 2, 1, 0, -1, 0]  # fmt: skip
        assert [await after(hall, "limited", verb) for verb in ("increment", "increment", "decrement", "decrement",
                                                                "decrement", "reset")] == [7, 8, 5, 2, 2, 4]  # fmt: skip
        assert await after(hall, "limited", "set_value", value=8) == 8
        attributes = hall.state("counter_helper.limited").attributes
        assert [attributes[k] for k in ("initial", "step", "minimum", "maximum")] == [4, 3, 2, 8]
        assert "minimum" not in hall.state("counter_helper.plain").attributes


async def test_restart(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        for name in ("plain", "limited", "fresh"):
            await after(hall, name, "increment")
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        assert [hall.state(f"counter_helper.{name}").value for name in ("plain", "limited", "fresh")] == [1, 7, 7]
    async with branch("counter_helper: {limited: {maximum: 5}}", tmp_path, clock=HandClock()) as hall:
        assert hall.state("counter_helper.limited").value == 5


async def test_beyond_the_limits_is_refused(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        with pytest.raises(Refused, match="may not be 9; the nearest it may be is 8"):
            await after(hall, "limited", "set_value", value=9)
        with pytest.raises(BadData):
            await after(hall, "limited", "set_value", value=2.5)


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ("{minimum: 5, maximum: 4}", "maximum 4 is below minimum 5. Exchange them."),
        ("{minimum: 5}", "initial 0 is not between minimum and maximum."),
        ("{step: 0}", "1 or more"),
    ],
)
def test_faults_in_the_yaml(tmp_path: Path, item: str, says: str) -> None:
    (tmp_path / "configuration.yaml").write_text(f"counter_helper:\n  a: {item}\n", "utf-8")
    (problem,) = check(tmp_path, always=())
    assert says in problem.text
