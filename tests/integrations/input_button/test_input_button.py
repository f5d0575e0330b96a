"""A button's state is the moment of its last press."""

from pathlib import Path

from usher.core.clock import HandClock
from usher.core.testing import branch

YAML = "input_button: {bell: {name: Bell}}"


async def test_each_press_is_a_change_and_the_last_is_kept(tmp_path: Path) -> None:
    clock = HandClock()
    async with branch(YAML, tmp_path, clock=clock) as hall:
        assert hall.state("input_button.bell").value is None
        seen = set()
        for _ in range(3):  # in one and the same instant
            await hall.act("input_button.press", entity_id="input_button.bell")
            seen.add(hall.state("input_button.bell").value)
        assert len([e for e in hall.events("state_changed") if e.data["entity_id"] == "input_button.bell"]) == 4
        assert "2025-11-22T00:00:00+00:00" in seen
        await clock.turn(60)
        await hall.act("input_button.press", entity_id="input_button.bell")
        assert hall.state("input_button.bell").value == "2025-11-22T00:01:00+00:00"
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        assert hall.state("input_button.bell").value == "2025-11-22T00:01:00+00:00"
