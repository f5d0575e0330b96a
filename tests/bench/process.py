"""The engine's process: how soon it answers, how much memory it holds idle, how long a check takes."""

import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from ..e2e.hall_process import HallProcess
from .figures import Figure, percentile
from .tickets import EXAMPLE


async def started() -> tuple[float, float, float]:
    """(seconds to the first answer, MiB of the engine, MiB of its children)."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config"
        shutil.copytree(EXAMPLE, config, ignore=shutil.ignore_patterns(".usher"))
        hall = HallProcess(config, Path(folder) / "data")
        took = await hall.start()
        await asyncio.sleep(3)
        process = psutil.Process(hall.pid)
        own = process.memory_info().rss / 2**20
        children = sum(child.memory_info().rss for child in process.children(recursive=True)) / 2**20
        hall.stop()
        return took, own, children


def _timed(*command: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True)
    return time.perf_counter() - begun


def run(runs: int) -> list[Figure]:
    starts = [asyncio.run(started()) for _ in range(max(3, runs))]
    bare = percentile([_timed("-c", "pass") for _ in range(5)], 0.5)
    checks = [_timed("-m", "usher.core", "check", str(EXAMPLE)) for _ in range(max(5, runs))]
    return [
        Figure("usher run to the first API answer", [s[0] for s in starts], "s", 1.0, False, bare, "bare python"),
        Figure("idle memory of the engine", [s[1] for s in starts], "MiB", 90),
        Figure("idle memory of its children", [s[2] for s in starts], "MiB"),
        Figure("usher check", checks, "s", 0.5, False, bare, "bare python"),
    ]
