"""Numbers within their limits."""

from pathlib import Path
from typing import Any

import pytest
from usher.core.check import check
from usher.core.clock import HandClock
from usher.core.errors import BadData, Refused
from usher.core.testing import branch

YAML = """
input_number:
  volume: {min: 0, max: 100, step: 5, unit_of_measurement: "%"}
  fine: {min: 0, max: 1, step: 0.1, mode: box}
  fixed: {min: 1, max: 9, initial: 4}
"""


async def test_it_begins_at_its_least(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        volume = hall.state("input_number.volume")
        assert (volume.value, type(volume.value)) == (0.0, float)
        assert dict(volume.attributes) == {
            "name": "input_number.volume", "editable": False, "initial": None, "min": 0, "max": 100, "step": 5,
            "mode": "slider", "unit_of_measurement": "%"}  # fmt: skip
        assert hall.state("input_number.fixed").value == 4


async def test_steps_stay_within_the_limits_and_are_exact(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        seen = []
        for _ in range(12):
            await hall.act("input_number.increment", entity_id="input_number.fine")
            seen.append(hall.state("input_number.fine").value)
        assert seen == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.0, 1.0]
        await hall.act("input_number.decrement", entity_id="input_number.volume")
        assert hall.state("input_number.volume").value == 0


@pytest.mark.parametrize("value", [7, 7.5, "7", 100])
async def test_set_and_restart(tmp_path: Path, value: Any) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        await hall.act("input_number.set_value", entity_id="input_number.volume", value=value)
        await hall.act("input_number.set_value", entity_id="input_number.fixed", value=9)
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        assert hall.state("input_number.volume").value == float(value)
        assert hall.state("input_number.fixed").value == 4  # its initial value, as in Home Assistant


async def test_a_kept_value_outside_new_limits_is_not_taken(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        await hall.act("input_number.set_value", entity_id="input_number.volume", value=90)
    async with branch("input_number: {volume: {min: 10, max: 50}}", tmp_path, clock=HandClock()) as hall:
        assert hall.state("input_number.volume").value == 10


@pytest.mark.parametrize("value", [-1, 100.1, 1e300])
async def test_beyond_the_limits_is_refused_with_them(tmp_path: Path, value: float) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        with pytest.raises(Refused, match=r"input_number\.volume may be 0 to 100") as refused:
            await hall.act("input_number.set_value", entity_id="input_number.volume", value=value)
        assert refused.value.code == "out_of_range"
        assert "范围" in refused.value.say("zh-CN")


@pytest.mark.parametrize("value", [None, "loud", float("nan"), float("inf"), [1]])
async def test_what_is_no_number_is_bad_data(tmp_path: Path, value: Any) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        with pytest.raises(BadData):
            await hall.act("input_number.set_value", entity_id="input_number.volume", value=value)


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ("{max: 5}", "the key 'min' is missing"),
        ("{min: 5, max: 5}", "max 5 is not above min 5. Exchange them."),
        ("{min: 0, max: 5, initial: 6}", "initial 6 is not between 0 and 5."),
        ("{min: 0, max: 5, step: 0}", "1e-06 or more"),
        ("{min: 0, max: 5, mode: dial}", "one of box, slider"),
        ("{min: .nan, max: 5}", "a finite number"),
    ],
)
def test_faults_in_the_yaml(tmp_path: Path, item: str, says: str) -> None:
    (tmp_path / "configuration.yaml").write_text(f"input_number:\n  volume: {item}\n", "utf-8")
    (problem,) = check(tmp_path, always=())
    assert says in problem.text
    assert problem.place is not None
    assert problem.place.line == 2
