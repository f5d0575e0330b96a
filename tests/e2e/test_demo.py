"""`script/demo --visitors`: one command, and a hall with people in it; Ctrl-C, and nothing of it is left."""

import os
import re
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from .hall_process import free_port

ROOT = Path(__file__).parents[2]
LIMIT = 60  # seconds: a bound for a hang


class Demo:
    """A running demonstration of a copy of the bank branch; `said` is all it printed so far."""

    def __init__(self, folder: Path, log: Path) -> None:
        self.port, self._log = free_port(), log
        with log.open("wb") as out:
            command = [ROOT / "script" / "demo", "--port", str(self.port), "--visitors", "3600/h", folder]
            # A group of its own, as a terminal gives it one: Ctrl-C reaches all of it.
            self.process = subprocess.Popen(command, stdout=out, stderr=out, cwd=folder, start_new_session=True)

    @property
    def said(self) -> str:
        return self._log.read_text("utf-8")

    def until(self, pattern: str, enough: Callable[[list[Any]], bool] = bool) -> list[Any]:
        deadline = time.monotonic() + LIMIT
        while not enough(found := re.findall(pattern, self.said)):
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)
        return found

    def family(self) -> list[psutil.Process]:
        """Everything it started, whoever its parent is by now."""
        found = []
        for process in psutil.process_iter(["pid"]):
            try:
                if os.getsid(process.pid) == self.process.pid:
                    found.append(process)
            except (ProcessLookupError, PermissionError):
                continue
        return found

    def interrupt(self) -> int:
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(LIMIT)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    name = f"bank_{uuid.uuid4().hex[:8]}"  # its copy in .demo is its own
    folder = tmp_path / name
    shutil.copytree(ROOT / "config_examples" / "bank_branch", folder, ignore=shutil.ignore_patterns(".usher"))
    made = Demo(folder, tmp_path / "demo.log")
    yield made
    for process in made.family():
        process.kill()
    made.process.wait(LIMIT)
    shutil.rmtree(ROOT / ".demo" / name, ignore_errors=True)
    (ROOT / ".demo" / f"{name}.lock").unlink(missing_ok=True)


@pytest.mark.xdist_group("processes")
def test_a_hall_with_people_in_it(demo: Demo) -> None:
    demo.until(rf"The hall opens at http://localhost:{demo.port}\. End it with Ctrl-C\.")
    demo.until(r"Sign in once with this code: [0-9A-Z]{4}-[0-9A-Z]{4}")
    came = demo.until(r"visitors: (\w+) has come in", lambda found: len(found) >= 3)
    assert all(re.fullmatch(r"[ABV]\d{3}|T\d{4}", number) for number in came)
    called = demo.until(r"counter (\d): calls (\w+)")
    assert all(counter != "1" for counter, _ in called)  # left to whoever watches
    names = {name for process in demo.family() for name in process.cmdline()}
    assert "script/visitors.py" in names
    family = demo.family()
    assert demo.interrupt() == 0
    _, alive = psutil.wait_procs(family, LIMIT)
    assert not alive
    assert demo.family() == []
    assert "Traceback" not in demo.said
    assert "The hall closes." in demo.said  # a visitor may still have had a word to say
