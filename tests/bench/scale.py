"""Does the past cost anything? A million old tickets in the file, and a day with 20,000 that have ended already."""

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from usher.core.hall.journal import TABLES
from usher.core.store import connect
from usher.core.tables import lay_out
from usher.core.testing import branch

from ..e2e.hall_process import HallProcess
from .figures import Figure
from .tickets import _run, example

OLD, EVENTS = 1_000_000, 4  # tickets, and what happened to each: issued, called, started, finished
ENDED = 20_000
ROUNDS, BURST = 12, 400
YAML = """
usher: {name: Bench, site: bench}
queue: {a: {name: A, prefix: A, digits: 6}}
counter: {"1": {name: One, serves: [a]}}
"""
_TICKET = (
    '{"ticket":{"id":"%s","site":"bench","number":"A000001","queue":"a","service":null,"class":"normal","party":1,'
    '"state":"finished","urgency":0,"place":[1.6e9,1],"leg":1,"times":{"issued":1.6e9,"waiting":1.6e9,"called":1.6e9,'
    '"started":1.6e9,"finished":1.6e9},"counter":"1","staff":"anna","calls":1,"reserved":null,"only":false,'
    '"requeued":0,"visitor":null,"language":null,"origin":"kiosk.lobby","day":"2026-01-02","plan":[]},"from":null}'
)


def grow(data: Path, tickets: int = OLD) -> None:
    """Put the journal of so many old tickets into the file of a hall, as years would have left it."""
    with sqlite3.connect(data / "hall.db") as file:
        file.execute("PRAGMA synchronous=OFF")
        (seq,) = file.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()
        head, tail = _TICKET.split("%s")
        file.execute(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?) "
            "INSERT INTO journal SELECT ? + 1 + i, printf('01AAAAAAAAE%015d', i), 'bench', 1.6e9 + i, '2026-01-02', "
            "'ticket_finished', printf('01AAAAAAAAA%015d', i / ?), ? || printf('01AAAAAAAAA%015d', i / ?) || ?, "
            """'[["queue","a",{"paused":false,"reason":null,"issued":1,"served":1,"day":"2026-01-02"}]]', '["01AA",null,null]' FROM n""",
            (tickets * EVENTS, seq, EVENTS, head, EVENTS, tail),
        )
    file.close()


@contextmanager
def hall_files(tickets: int) -> Iterator[Path]:
    """A folder with the file of a hall that has seen so many tickets."""
    with tempfile.TemporaryDirectory() as name:
        data = Path(name) / ".usher"
        data.mkdir()
        connection = connect(data / "hall.db")
        lay_out(connection, TABLES)
        connection.close()
        if tickets:
            grow(data, tickets)
        yield Path(name)


async def _lives(hall: Any, count: int) -> float:
    """Milliseconds of a ticket: issued, called, finished; eight callers at once, as counters are."""

    async def one() -> None:
        await hall.act("queue.issue", queue="a")

    begun = time.perf_counter()
    for _ in range(count // 8):
        await asyncio.gather(*(one() for _ in range(8)))
        for _ in range(8):
            await hall.act("counter.call_next", counter="1", current="finish")
    return (time.perf_counter() - begun) * 1000 / count


async def compare() -> tuple[list[float], list[float]]:
    """(ms a ticket with a million old ones, ms in an empty file), turn about, so that both see the same machine."""
    with hall_files(OLD) as old, hall_files(0) as new:
        async with branch(YAML, old) as full, branch(YAML, new) as empty:
            for hall in (full, empty):
                await hall.act("counter.sign_in", counter="1", staff="bench")
                await _lives(hall, 200)
            took: tuple[list[float], list[float]] = ([], [])
            for _ in range(ROUNDS):
                for hall, times in zip((full, empty), took, strict=True):
                    times.append(await _lives(hall, BURST))
                    hall.heard.clear()
            return took


async def _start(hall: HallProcess) -> tuple[float, float]:
    """(seconds by the wall, seconds of the processor) to the first answer."""
    hall.stop()
    wall = await hall.start(60)
    spent = psutil.Process(hall.pid).cpu_times()
    return wall, spent.user + spent.system


async def starts(runs: int) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """How the example hall starts: with a new file, and with a million old tickets."""
    fresh: list[tuple[float, float]] = []
    old: list[tuple[float, float]] = []
    async with example() as hall:
        fresh += [await _start(hall) for _ in range(runs)]
        hall.stop()
        grow(hall.data)
        old += [await _start(hall) for _ in range(runs)]
    return fresh, old


async def ended(runs: int) -> tuple[list[tuple[float, float]], float]:
    """(how it starts after 20,000 tickets have ended today, MiB of the engine then)."""
    async with example() as hall:
        hall.stop()
        await _end_many(hall)
        took = [await _start(hall) for _ in range(runs)]
        await asyncio.sleep(3)
        return took, psutil.Process(hall.pid).memory_info().rss / 2**20


async def _end_many(hall: HallProcess) -> None:
    """As 20,000 visitors of today would leave the file; by usher itself, in this process."""
    from usher.core.clock import SystemClock
    from usher.core.engine import running

    async with running(hall.config, clock=SystemClock(), data=hall.data, always=()) as engine:
        call = engine.actions.call

        async def one() -> None:
            drawn = await call("queue.issue", {"queue": "personal"})
            assert drawn is not None
            await call("ticket.cancel", {"ticket": drawn["ticket"]["id"]})

        for _ in range(ENDED // 64 + 1):
            await asyncio.gather(*(one() for _ in range(64)))


def run(runs: int) -> list[Figure]:
    full, empty = _run(compare())
    fresh, old = _run(starts(max(3, runs)))
    took, memory = _run(ended(max(3, runs)))
    share = [a / b * 100 - 100 for a, b in zip(full, empty, strict=True)]
    bare = statistics.median(wall for wall, _ in fresh)
    bare_spent = statistics.median(spent for _, spent in fresh)

    def start(title: str, made: list[tuple[float, float]]) -> list[Figure]:
        return [
            Figure(f"start with {title}", [wall for wall, _ in made], "s", 1.5, False, bare, "new file"),
            Figure(
                "the same, of the processor", [spent for _, spent in made], "s", None, False, bare_spent, "new file"
            ),
        ]

    return [
        Figure("a ticket's life after 1,000,000 others", full, "ms", None, False, statistics.median(empty), "empty"),
        Figure("what the 1,000,000 others cost it", share, "%", 10),
        *start("1,000,000 old tickets", old),
        *start("20,000 tickets that ended today", took),
        Figure("memory of the engine then", [memory], "MiB", 90),
    ]
