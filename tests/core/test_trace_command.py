"""`usher trace`: what ran, in the terminal, whether the hall runs or not."""

import json
from pathlib import Path
from typing import Any

import pytest
from usher.core.__main__ import main
from usher.core.language.trace_file import Kept, TraceFile, Written

SHORT = {
    "domain": "automation",
    "item_id": "greet",
    "entity_id": "automation.greet",
    "state": "stopped",
    "trigger": "time",
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = TraceFile(tmp_path / ".usher" / "traces.db")
    file.begin()
    for n, outcome in enumerate(("finished", "error")):
        stamp = f"2026-11-22T10:00:0{n}+00:00"
        short = {
            **SHORT,
            "run_id": f"R{n}",
            "script_execution": outcome,
            "timestamp": {"start": stamp, "finish": stamp},
        }
        step = {"path": "action/0", "timestamp": stamp, "place": "configuration.yaml:7:9", "result": {"delay": 60}}
        because = {"event": "ticket_called", "number": "A012", "context_id": "R0" if n else "tap"}
        full = {**short, "trace": {"action/0": [step]}, "because": because, "left_out": n,
                "blueprint": {"path": "usher/greet.yaml", "version": "1+0a1b2c3d"}}  # fmt: skip
        file.write([Written(f"R{n}", "automation.greet", False, 1e9 + n, False, short, full)],
                   {"automation.greet": Kept(5, 5, 1e10)})  # fmt: skip
    file.close()
    return tmp_path


def printed(capsys: Any, *arguments: str) -> list[str]:
    assert main(["trace", *arguments]) == 0
    lines: list[str] = capsys.readouterr().out.splitlines()
    return lines


def test_the_last_runs_are_listed(config: Path, capsys: Any) -> None:
    lines = printed(capsys, "--config", str(config), "--language", "en")
    assert [line.split()[2:5] for line in lines] == [
        ["R0", "automation.greet", "finished"],
        ["R1", "automation.greet", "error"],
    ]
    assert "出错" in printed(capsys, "greet", "--config", str(config), "--language", "zh-CN")[1]


def test_one_run_step_by_step_with_its_lines_and_where_it_came_from(config: Path, capsys: Any) -> None:
    lines = printed(capsys, "greet", "--last", "--config", str(config), "--language", "en")
    assert lines == printed(capsys, "R1", "--config", str(config), "--language", "en")
    text = "\n".join(lines)
    assert "configuration.yaml:7:9  action/0" in text
    assert text.index("because of  ticket_called  A012") < text.index("because of  automation.greet  R0")
    assert "made of  usher/greet.yaml  1+0a1b2c3d" in text
    assert lines[-1].strip() == "... and 1 more steps"
    assert json.loads("\n".join(printed(capsys, "R1", "--format", "json", "--config", str(config))))["run_id"] == "R1"


def test_a_hall_in_which_nothing_ran(tmp_path: Path, capsys: Any) -> None:
    file = TraceFile(tmp_path / ".usher" / "traces.db")
    file.begin()
    file.close()
    assert printed(capsys, "--config", str(tmp_path), "--language", "en") == ["Nothing has run here yet."]
    assert printed(capsys, "--config", str(tmp_path), "--language", "zh-CN") == ["尚无运行记录。"]


def test_what_is_not_there_is_told(config: Path, capsys: Any, tmp_path: Path) -> None:
    assert main(["trace", "gret", "--config", str(config)]) == 1
    assert "Did you mean 'greet'?" in capsys.readouterr().err
    assert main(["trace", "--config", str(tmp_path / "nowhere")]) == 1
    assert "Is --config right?" in capsys.readouterr().err
