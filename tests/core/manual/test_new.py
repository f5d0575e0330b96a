"""`usher new`: what it lays out is good at once, and its own tests pass."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from usher.core.__main__ import main
from usher.core.check import check


def test_it_passes_the_check_and_its_own_tests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "lobby_bell", str(tmp_path)]) == 0
    own = tmp_path / "custom_integrations/lobby_bell"
    assert {str(f.relative_to(own)) for f in own.rglob("*") if f.is_file()} == {
        "manifest.yaml", "__init__.py", "config.py", "client.py", "entities.py", "actions.py", "example.yaml",
        "README.md", "tests/pytest.ini", "tests/test_lobby_bell.py",
    }  # fmt: skip
    (tmp_path / "configuration.yaml").write_text((own / "example.yaml").read_text())
    assert check(tmp_path, always=()) == []
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(own / "tests")]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, timeout=100, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_its_code_is_in_usher_s_own_style(tmp_path: Path) -> None:
    main(["new", "lobby_bell", str(tmp_path)])
    config = Path(__file__).parents[3] / "pyproject.toml"
    ruff = [str(Path(sys.executable).with_name("ruff")), "check", "--no-cache", "--config", str(config), str(tmp_path),
            "--per-file-ignores", "test_*.py:S"]  # fmt: skip
    done = subprocess.run(ruff, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "told"),
    [("Bell", "may not be an integration's name"), ("7up", "begin with a letter"), ("kiosk", "called 'kiosk' already")],
)
def test_names_that_cannot_be(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, told: str) -> None:
    assert main(["new", name, str(tmp_path)]) == 1
    assert told in capsys.readouterr().err


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "custom_integrations/bell").mkdir(parents=True)
    assert main(["new", "bell", str(tmp_path)]) == 1
    assert "is there already" in capsys.readouterr().err
