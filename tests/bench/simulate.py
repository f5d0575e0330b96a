"""A day of 5,000 tickets in the example hall, as `usher simulate` runs it: the process from beginning to end."""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from .figures import Figure

EXAMPLE = Path(__file__).parents[2] / "config_examples" / "bank_branch"
TICKETS = 5_000


def _day(visitors: int) -> tuple[float, float]:
    """(seconds by the wall, seconds of the processor) of a day in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "usher.core", "simulate", str(EXAMPLE), "--day", "2026-11-20",
         "--visitors", str(visitors), "--service", "12s"],
        check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONHASHSEED": "0"})  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - begun, spent


def run(runs: int) -> list[Figure]:
    days = [_day(TICKETS) for _ in range(runs)]
    empty = [_day(0) for _ in range(runs)]
    return [
        Figure("a simulated day of 5,000 tickets, whole process", [wall for wall, _ in days], "s", 5, False,
               sorted(wall for wall, _ in empty)[runs // 2], "a day without visitors"),
        Figure("the same, of the processor", [spent for _, spent in days], "s"),
    ]  # fmt: skip
