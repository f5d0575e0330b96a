"""Durable tickets: in process and over HTTP, with the bare group commit and the bare HTTP answer beside them."""

import asyncio
import gc
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from usher.core.runner import spare_the_collector
from usher.core.store import Store
from usher.core.tables import Batch, Table
from usher.core.testing import branch

from ..e2e.hall_process import HallProcess
from .figures import Figure, percentile
from .wire import Socket, Wire, connect, request

EXAMPLE = Path(__file__).parents[2] / "config_examples" / "bank_branch"
YAML = """
usher: {name: Bench, site: bench}
queue: {a: {name: A, prefix: A, digits: 6}}
counter: {"1": {name: One, serves: [a]}}
"""
CLIENTS, SECONDS = 64, 3.0
ROW = Table("floor", ("id INTEGER NOT NULL", "data TEXT"), ("id",))


@asynccontextmanager
async def example() -> AsyncIterator[HallProcess]:
    """The example hall in a process of its own, with a token."""
    folder = Path(tempfile.mkdtemp())
    config = folder / "config"
    shutil.copytree(EXAMPLE, config, ignore=shutil.ignore_patterns(".usher"))
    hall = HallProcess(config, folder / "data")
    try:
        hall.make_token()
        await hall.start()
        yield hall
    finally:
        hall.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def _many(work: Any, seconds: float = SECONDS, clients: int = CLIENTS) -> tuple[float, list[float]]:
    """(a second, each one's time in ms) of `work(client)` done again and again by all clients."""
    took: list[float] = []
    end = time.perf_counter() + seconds

    async def client(n: int) -> None:
        while (begun := time.perf_counter()) < end:
            await work(n)
            took.append((time.perf_counter() - begun) * 1000)

    begun = time.perf_counter()
    await asyncio.gather(*(client(n) for n in range(clients)))
    return len(took) / (time.perf_counter() - begun), took


async def in_process() -> float:
    with tempfile.TemporaryDirectory() as folder:
        async with branch(YAML, Path(folder)) as hall:
            return (await _many(lambda _: hall.engine.actions.call("queue.issue", {"queue": "a"})))[0]


async def floor() -> float:
    """The same number of callers, each waiting until one row of a ticket's size is durable."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "floor.db", [ROW])
        await store.open()
        count, data = 0, "x" * 1200

        async def save(_: int) -> None:
            nonlocal count
            count += 1
            batch = Batch()
            batch.put(ROW, count, data)
            await store.save(batch)

        rate = (await _many(save))[0]
        await store.close()
        return rate


async def over_http(hall: HallProcess, clients: int) -> tuple[float, float, float, float]:
    """(tickets a second, p99 ms, bare answers a second, their p99 ms) of keep-alive clients."""
    wires: list[Wire] = [await connect(hall.port) for _ in range(clients)]
    ticket = request("POST", "/api/services/queue/issue", hall.token, {"queue": "personal"})
    bare = request("GET", "/api/usher/health", hall.token)

    def asker(body: bytes) -> Any:
        async def ask(n: int) -> None:
            status, answer = await wires[n].ask(body)
            assert status == 200, answer

        return ask

    rate, took = await _many(asker(ticket), clients=clients)
    bare_rate, bare_took = await _many(asker(bare), 1.0, clients=clients)
    for wire in wires:
        wire.close()
    return rate, percentile(took, 0.99), bare_rate, percentile(bare_took, 0.99)


async def round_trips(hall: HallProcess) -> float:
    """WebSocket call_service of one client, a second: a question that changes nothing."""
    socket = await Socket.open(hall.port, hall.token)
    wire = await connect(hall.port)
    await wire.ask(
        request("POST", "/api/services/queue/issue", hall.token, {"queue": "corporate", "service": "cheque"})
    )
    wire.close()
    count, end = 0, time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        count += 1
        socket.send_bytes(
            b'{"id":%d,"type":"call_service","domain":"ticket","service":"get","return_response":true,'
            b'"service_data":{"ticket":"B001"}}' % count
        )
        answer = await socket.receive()
        assert b'"success":true' in answer, answer
    socket.close()
    return count / SECONDS


async def _served(runs: int) -> list[Figure]:
    crowd: list[tuple[float, float, float, float]] = []
    alone: list[tuple[float, float, float, float]] = []
    trips: list[float] = []
    for _ in range(runs):
        async with example() as hall:
            alone.append(await over_http(hall, 1))
            trips.append(await round_trips(hall))
            crowd.append(await over_http(hall, CLIENTS))
    return [
        Figure("tickets over HTTP, 64 keep-alive clients", [c[0] for c in crowd], "/s", 4_000, True,
               percentile([c[2] for c in crowd], 0.5), "bare HTTP answers"),
        Figure("tickets over HTTP, 64 clients, p99", [c[1] for c in crowd], "ms", None, False,
               percentile([c[3] for c in crowd], 0.5), "bare HTTP answer"),
        Figure("ticket over HTTP, one client, p99", [c[1] for c in alone], "ms", 10, False,
               percentile([c[3] for c in alone], 0.5), "bare HTTP answer"),
        Figure("WebSocket call_service, one client", trips, "/s", 6_000, True),
    ]  # fmt: skip


def _run(main: Any) -> Any:
    """As `usher run` does: uvloop, the interpreter lock given away quickly, the collector spared."""
    import uvloop

    before, threshold = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(0.0005)
    spare_the_collector()
    try:
        return uvloop.run(main)
    finally:
        sys.setswitchinterval(before)
        gc.set_threshold(*threshold)
        gc.unfreeze()


def run(runs: int) -> list[Figure]:
    floors = [_run(floor()) for _ in range(runs)]
    return [
        Figure("tickets in process, 64 callers", [_run(in_process()) for _ in range(runs)], "/s", 10_000, True,
               percentile(floors, 0.5), "bare group commit"),
        *_run(_served(runs)),
    ]  # fmt: skip
