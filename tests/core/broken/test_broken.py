"""Each of the broken configurations of the table is told once, where it is broken, with its mend."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from usher.core.check import show
from usher.core.config import Configuration
from usher.core.errors import Problem
from usher.core.loader import Loader
from usher.core.wings import WINGS


def beside(name: str) -> ModuleType:
    """A module of this folder, which is no package."""
    spec = importlib.util.spec_from_file_location(f"broken_{name}", Path(__file__).parent / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    made = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


table = beside("table")
MENDS = re.compile(
    r"(Add|Begin|Call|Change|Close|Did you mean|Exchange|Give|If an integration brings it, put|Indent|Install|It is one of|"
    r"Keep|Known are|Look|Make|Mend|Move|Name|Put|Remove|Set|Take|There are:|This line begins .* begin it|Turn|Update|Use|"
    r"Write|write|A dash stands .* write) ?"
)
BY_COMMAND = {  # as the installer does it, in a process of its own; the others in this one, for it is the same check
    "a tab before a key": "text",
    "a secret that does not fit is not shown": "text",
    "a queue that no counter serves": "json",
    "a template with an unknown filter": "json",
    "a default that does not fit its own selector": "github",
}


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("broken") / "hall"
    shutil.copytree(table.HALL, folder)
    yield folder
    Loader(None)  # custom integrations of this folder are found no more


@pytest.fixture(scope="module")
def loader(hall: Path) -> Loader:
    return Loader(hall)


def problems(loader: Loader) -> list[Problem]:
    made = Configuration.read(Path(), WINGS, loader)
    return [*made.problems, *made.missing]


def test_the_hall_that_is_broken_here_is_good(hall: Path, loader: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(hall)
    assert list(map(str, problems(loader))) == []


def test_the_table_is_whole() -> None:
    assert len(table.CASES) >= 200
    assert len({case.name for case in table.CASES}) == len(table.CASES)
    assert {case.name for case in table.CASES} > BY_COMMAND.keys()
    for case in table.CASES:
        assert case.says, case.name
        assert MENDS.match(case.mend), f"{case.name}: {case.mend!r} is no mend"


@pytest.mark.parametrize("case", table.CASES, ids=[case.name for case in table.CASES])
def test_a_fault_is_told_once_where_it_is_with_its_mend(
    case: "table.Case", hall: Path, loader: Loader, monkeypatch: pytest.MonkeyPatch  # type: ignore[name-defined]
) -> None:  # fmt: skip
    monkeypatch.chdir(hall)
    try:
        file, line, column = case.make(hall)
        if any("custom_integrations" in change.file for change in case.changes):
            loader = Loader(hall)
        found = problems(loader)
        assert len(found) == 1, "\n".join(map(str, found))
        [problem] = found
        assert str(problem.place) == f"{file}:{line}:{column}", problem
        assert problem.text == f"{case.says} {case.mend}".replace("{folder}", str(hall))
        assert problem.severity == case.severity
        agree(problem, file, line, column)
        if case.name in BY_COMMAND:
            by_command(hall, problem, BY_COMMAND[case.name])
    finally:
        case.put_back(hall)


def agree(problem: Problem, file: str, line: int, column: int) -> None:
    """All formats say the same."""
    [told] = json.loads(show([problem], "json"))
    assert told == {"file": file, "line": line, "column": column, "severity": problem.severity, "text": problem.text}
    escaped = problem.text.replace("%", "%25").replace("\n", "%0A")
    assert show([problem], "github") == f"::{problem.severity} file={file},line={line},col={column}::{escaped}"


def by_command(hall: Path, problem: Problem, style: str) -> None:
    line = [sys.executable, "-m", "usher.core", "check", ".", "--format", style]
    english = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(line, cwd=hall, env=english, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (int(problem.severity == "error"), "")
    assert done.stdout == show([problem], style) + "\n"
