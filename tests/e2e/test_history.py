"""kill -9 while the history is written: what was told a second before is in it, each thing once, and the file is whole."""

import asyncio
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import aiohttp
import psutil
import pytest

from .hall_process import HallProcess, act

YAML = """
usher: {name: Kill, site: kill}
http: {host: 127.0.0.1}
recorder: {commit_interval: 0.05}
queue: {personal: {name: Personal, prefix: A, digits: 5}}
counter: {"1": {name: One, serves: [personal]}}
"""
KILLS = 4
LOST = (aiohttp.ClientError, ConnectionError, asyncio.IncompleteReadError)


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[HallProcess]:
    config = tmp_path / "config"
    config.mkdir()
    (config / "configuration.yaml").write_text(YAML, "utf-8")
    process = HallProcess(config, tmp_path / "data")
    process.make_token()
    yield process
    process.stop()


async def _load(hall: HallProcess, told: list[tuple[float, str]], seconds: float) -> float:
    """Visitors until the hall is killed, at the time answered: (when it was answered, number)."""

    async def kiosk(session: aiohttp.ClientSession) -> None:
        with suppress(*LOST):
            while True:
                status, answer = await act(session, "queue.issue", queue="personal")
                assert status == 200, answer
                told.append((time.monotonic(), answer["ticket"]["number"]))
                await asyncio.sleep(0.02)  # a crowd, but no more than a loaded machine writes in the same time

    async with hall.session() as session:
        tasks = [asyncio.create_task(kiosk(session)) for _ in range(3)]
        await asyncio.sleep(seconds)
        killed = time.monotonic()
        await asyncio.to_thread(hall.kill)
        async with asyncio.timeout(20):
            await asyncio.gather(*tasks)
    return killed


@pytest.mark.timeout(180)
@pytest.mark.xdist_group("processes")
async def test_killed_while_recording(hall: HallProcess) -> None:
    chance = random.Random(20261122)
    sure: set[str] = set()
    for _ in range(KILLS):
        told: list[tuple[float, str]] = []
        await hall.start()
        async with hall.session() as session, session.get("/api/logbook") as answer:  # the archive is up
            assert answer.status == 200
        archives = [one for one in psutil.Process(hall.pid).children() if "archive.child" in " ".join(one.cmdline())]
        assert len(archives) == 1
        killed = await _load(hall, told, chance.uniform(1.5, 2.5))
        sure |= {number for at, number in told if at < killed - 1}
        assert not psutil.wait_procs(archives, timeout=10)[1]  # it ends by itself, with its work done
        with closing(sqlite3.connect(hall.data / "history.db")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            found = "SELECT json_extract(data, '$.ticket.number') FROM events WHERE type = 'ticket_issued' ORDER BY id"
            numbers = [row[0] for row in connection.execute(found)]
        assert sure <= set(numbers)
        assert len(set(numbers)) == len(numbers)
        assert numbers == sorted(numbers)
    assert len(sure) > 20
