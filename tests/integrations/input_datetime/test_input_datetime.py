"""Dates and times, in the hall's own time."""

from pathlib import Path
from typing import Any

import pytest
from usher.core.check import check
from usher.core.clock import HandClock
from usher.core.errors import BadData, Refused
from usher.core.testing import branch

YAML = """
usher: {time_zone: Asia/Shanghai}
input_datetime:
  both: {has_date: true, has_time: true}
  day: {has_date: true}
  at: {has_time: true, initial: "17:00"}
"""
START = 1_763_769_600.0  # 2025-11-22 00:00 UTC, 08:00 in Shanghai


def clock() -> HandClock:
    return HandClock(START, "Asia/Shanghai")


async def test_what_they_begin_with(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=clock()) as hall:
        assert hall.state("input_datetime.both").value == "2025-11-22 00:00:00"
        assert hall.state("input_datetime.day").value == "2025-11-22"
        assert hall.state("input_datetime.at").value == "17:00:00"
        both = hall.state("input_datetime.both").attributes
        assert {k: both[k] for k in both if k not in ("name", "editable")} == {
            "has_date": True, "has_time": True, "year": 2025, "month": 11, "day": 22, "hour": 0, "minute": 0,
            "second": 0, "timestamp": START - 8 * 3600}  # fmt: skip
        assert hall.state("input_datetime.at").attributes["timestamp"] == 17 * 3600
        assert "year" not in hall.state("input_datetime.at").attributes
        assert hall.state("input_datetime.day").attributes["timestamp"] == START - 8 * 3600


@pytest.mark.parametrize(
    ("name", "data", "state"),
    [
        ("both", {"datetime": "2026-01-02 03:04:05"}, "2026-01-02 03:04:05"),
        ("both", {"datetime": "2026-01-02T03:04:05+00:00"}, "2026-01-02 11:04:05"),
        ("both", {"date": "2026-01-02"}, "2026-01-02 00:00:00"),
        ("both", {"time": "09:30"}, "2025-11-22 09:30:00"),
        ("both", {"date": "2026-01-02", "time": "09:30:15"}, "2026-01-02 09:30:15"),
        ("both", {"timestamp": START + 60}, "2025-11-22 08:01:00"),
        ("day", {"datetime": "2026-01-02 03:04:05"}, "2026-01-02"),
        ("day", {"date": "2024-02-29"}, "2024-02-29"),
        ("at", {"time": "00:00:00"}, "00:00:00"),
        ("at", {"datetime": "2026-01-02 23:59:59.9"}, "23:59:59"),
        ("at", {"timestamp": START}, "08:00:00"),
    ],
)
async def test_each_way_to_set_it_and_a_restart(tmp_path: Path, name: str, data: dict[str, Any], state: str) -> None:
    async with branch(YAML, tmp_path, clock=clock()) as hall:
        await hall.act("input_datetime.set_datetime", entity_id=f"input_datetime.{name}", **data)
        assert hall.state(f"input_datetime.{name}").value == state
    async with branch(YAML, tmp_path, clock=clock()) as hall:
        assert hall.state(f"input_datetime.{name}").value == ("17:00:00" if name == "at" else state)


@pytest.mark.parametrize(
    ("name", "data", "error", "says"),
    [
        ("day", {"time": "09:30"}, Refused, "has a date and no time"),
        ("at", {"date": "2026-01-02"}, Refused, "has a time and no date"),
        ("both", {}, BadData, "one of them"),
        ("both", {"date": "2026-01-02", "timestamp": 1}, BadData, "one of them"),
        ("both", {"date": "2025-02-29"}, BadData, "date"),
        ("both", {"time": "25:00"}, BadData, "not a time of day"),
        ("both", {"datetime": "tomorrow"}, BadData, "datetime"),
        ("both", {"timestamp": float("inf")}, BadData, "timestamp"),
    ],
)
async def test_what_cannot_be_set(
    tmp_path: Path, name: str, data: dict[str, Any], error: type[Exception], says: str
) -> None:
    async with branch(YAML, tmp_path, clock=clock()) as hall:
        with pytest.raises(error, match=says):
            await hall.act("input_datetime.set_datetime", entity_id=f"input_datetime.{name}", **data)


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ("{}", "it has neither date nor time. Write has_date: true, has_time: true, or both."),
        ("{has_date: true, initial: soon}", "initial 'soon' does not fit. Write it as \"2026-11-22\"."),
        ("{has_time: true, initial: '25:00'}", 'Write it as "17:30:00".'),
        ("{has_date: true, has_time: true, initial: 7}", 'Write it as "2026-11-22 17:30:00".'),
    ],
)
def test_faults_in_the_yaml(tmp_path: Path, item: str, says: str) -> None:
    (tmp_path / "configuration.yaml").write_text(f"input_datetime:\n  a: {item}\n", "utf-8")
    (problem,) = check(tmp_path, always=())
    assert says in problem.text
