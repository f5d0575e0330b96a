"""Choices among options."""

from pathlib import Path
from typing import Any

import pytest
from usher.core.check import check
from usher.core.clock import HandClock
from usher.core.errors import BadData, Refused
from usher.core.testing import Branch, branch

YAML = """
input_select:
  mode: {options: [quiet, normal, loud]}
  fixed: {options: [a, b], initial: b}
"""
MODE = "input_select.mode"


async def after(hall: Branch, verb: str, **data: Any) -> Any:
    await hall.act(f"input_select.{verb}", entity_id=MODE, **data)
    return hall.state(MODE).value


async def test_each_way_to_choose(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        assert (hall.state(MODE).value, hall.state("input_select.fixed").value) == ("quiet", "b")
        assert hall.state(MODE).attributes["options"] == ["quiet", "normal", "loud"]
        assert await after(hall, "select_option", option="loud") == "loud"
        assert await after(hall, "select_next", cycle=False) == "loud"
        assert await after(hall, "select_next") == "quiet"
        assert await after(hall, "select_previous", cycle=False) == "quiet"
        assert await after(hall, "select_previous") == "loud"
        assert await after(hall, "select_first") == "quiet"
        assert await after(hall, "select_last") == "loud"


async def test_a_restart_keeps_it_while_it_is_an_option(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        await after(hall, "select_option", option="loud")
        await hall.act("input_select.select_option", entity_id="input_select.fixed", option="a")
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        assert (hall.state(MODE).value, hall.state("input_select.fixed").value) == ("loud", "b")
    async with branch("input_select: {mode: {options: [soft, hard]}}", tmp_path, clock=HandClock()) as hall:
        assert hall.state(MODE).value == "soft"


async def test_new_options_until_the_next_start(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        await after(hall, "select_option", option="loud")
        assert await after(hall, "set_options", options=["loud", "silent"]) == "loud"
        assert hall.state(MODE).attributes["options"] == ["loud", "silent"]
        assert await after(hall, "set_options", options=[1, 2]) == "1"
        assert await after(hall, "select_next") == "2"
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        assert hall.state(MODE).value == "quiet"
        assert hall.state(MODE).attributes["options"] == ["quiet", "normal", "loud"]


async def test_an_unknown_option_is_refused_with_the_known(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        with pytest.raises(Refused, match=r"no option 'lout'. Did you mean 'loud'\? There are: quiet, normal, loud."):
            await after(hall, "select_option", option="lout")
        for options in ([], ["a", "a"], None):
            with pytest.raises(BadData):
                await after(hall, "set_options", options=options)
        assert hall.state(MODE).value == "quiet"


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ("{}", "the key 'options' is missing"),
        ("{options: []}", "at least 1 of them"),
        ("{options: [a, b, a]}", "the option 'a' stands here twice. Remove one."),
        ("{options: [loud, quiet], initial: lout}", "initial 'lout' is none of the options. Did you mean 'loud'?"),
    ],
)
def test_faults_in_the_yaml(tmp_path: Path, item: str, says: str) -> None:
    (tmp_path / "configuration.yaml").write_text(f"input_select:\n  a: {item}\n", "utf-8")
    (problem,) = check(tmp_path, always=())
    assert says in problem.text
