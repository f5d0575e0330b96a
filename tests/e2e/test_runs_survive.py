"""kill -9 of a real hall in the midst of runs: what waits and what is queued goes on, and nothing is done twice."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from .hall_process import HallProcess

pytestmark = pytest.mark.xdist_group("processes")

YAML = """
usher: {name: Kill, site: kill}
http: {host: 127.0.0.1}
queue:
  main: {name: Main, prefix: A}
counter:
  "1": {name: One, serves: [main]}
script:
  take:
    mode: queued
    sequence:
      - parallel:
          - wait_for_trigger:
              trigger: event
              event_type: ring
              event_data: {n: "{{ n }}"}
            timeout: "01:00"
          - delay: 0.2
      - action: queue.issue
        data: {queue: main}
        response_variable: issued
      - {stop: , response_variable: issued}
automation:
  - alias: Takes a ticket when it rings
    mode: queued
    triggers: {trigger: event, event_type: go}
    actions:
      - action: script.take
        data: {n: "{{ trigger.event.data.n }}"}
        response_variable: got
      - event: taken
        event_data: {n: "{{ trigger.event.data.n }}", number: "{{ got.ticket.number }}"}
"""


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[HallProcess]:
    config = tmp_path / "config"
    config.mkdir()
    (config / "configuration.yaml").write_text(YAML, "utf-8")
    process = HallProcess(config, tmp_path / "data")
    process.make_token()
    yield process
    process.stop()


def rows(hall: HallProcess) -> int:
    with closing(sqlite3.connect(f"file:{hall.data / 'hall.db'}?mode=ro", uri=True, timeout=5)) as database:
        return int(database.execute("SELECT count(*) FROM run").fetchone()[0])


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await true():  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.02)


async def test_runs_survive_kill_9(hall: HallProcess) -> None:
    async def waiting(session: aiohttp.ClientSession) -> int:
        async with session.get("/api/states/queue.main") as answer:
            return int(float((await answer.json())["state"]))

    async def ring(session: aiohttp.ClientSession, n: int, wanted: int) -> bool:
        async with session.post("/api/events/ring", json={"n": n}) as answer:
            assert answer.status == 200, await answer.text()
        return await waiting(session) >= wanted

    await hall.start()
    async with hall.session() as session:
        for n in (1, 2, 3):
            async with session.post("/api/events/go", json={"n": n}) as answer:
                assert answer.status == 200, await answer.text()

        async def stored() -> bool:
            return rows(hall) == 4  # three automations, of which two are queued, and the script

        await until(stored)
    for n in (1, 2, 3):
        hall.kill()
        await hall.start()
        async with hall.session() as session:
            assert await waiting(session) == n - 1  # nothing was done while nobody rang, and nothing twice
            await until(lambda n=n, session=session: ring(session, n, n))  # type: ignore[misc]
            assert await waiting(session) == n

    async def ended() -> bool:
        return rows(hall) == 0

    await until(ended)
    async with hall.session() as session:
        assert await waiting(session) == 3
