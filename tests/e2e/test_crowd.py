"""64 clients at the same instant over HTTP: nobody shares a number, nobody is called twice, a repeated request is one."""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .hall_process import HallProcess, act

QUEUES = ("personal", "corporate", "loss")
COUNTERS = [str(n) for n in range(1, 17)]
YAML = """
usher: {name: Crowd, site: crowd}
http: {host: 127.0.0.1}
queue:
  personal: {name: Personal, prefix: A, digits: 5}
  corporate: {name: Companies, prefix: B, digits: 5}
  loss: {name: Lost card, prefix: T, digits: 5, urgency: 10}
counter:
""" + "\n".join(f'  "{n}": {{name: Window {n}, serves: [personal, corporate, loss]}}' for n in COUNTERS)
TICKETS = 10_000 if os.environ.get("USHER_LONG") else 2_000
CLIENTS = 64


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[HallProcess]:
    config = tmp_path / "config"
    config.mkdir()
    (config / "configuration.yaml").write_text(YAML, "utf-8")
    process = HallProcess(config, tmp_path / "data")
    process.make_token()
    yield process
    process.stop()


@pytest.mark.xdist_group("processes")
@pytest.mark.timeout(300)
async def test_a_crowd(hall: HallProcess) -> None:
    await hall.start()
    issued: list[dict[str, Any]] = []
    called: list[dict[str, Any]] = []
    left = iter(range(TICKETS))

    async with hall.session() as session:
        for counter in COUNTERS:
            assert (await act(session, "counter.sign_in", counter=counter, staff=f"s{counter}"))[0] == 200

        async def kiosk(n: int) -> None:
            for _ in left:
                status, answer = await act(session, "queue.issue", queue=QUEUES[n % 3])
                assert status == 200, answer
                issued.append(answer["ticket"])

        async def counter(n: int) -> None:
            while len(called) < TICKETS:
                status, answer = await act(
                    session, "counter.call_next", counter=COUNTERS[n % len(COUNTERS)], current="finish"
                )
                if status == 200:
                    called.append(answer["ticket"])
                else:
                    assert (status, answer["code"]) == (409, "nobody_waiting"), answer
                    await asyncio.sleep(0.01)

        async with asyncio.timeout(280):
            await asyncio.gather(*(kiosk(n) for n in range(CLIENTS - 16)), *(counter(n) for n in range(16)))

    assert len(issued) == TICKETS
    assert not [n for n, times in Counter(t["number"] for t in issued).items() if times > 1]
    assert sorted(t["id"] for t in called) == sorted(t["id"] for t in issued)


@pytest.mark.xdist_group("processes")
async def test_the_same_request_from_many(hall: HallProcess) -> None:
    await hall.start()
    async with hall.session() as session:
        asks = [act(session, "queue.issue", queue="personal", request_id=f"r{n % 8}") for n in range(64)]
        answers = await asyncio.gather(*asks)
        assert all(status == 200 for status, _ in answers)
        for n in range(8):
            assert len({answer["ticket"]["id"] for _, answer in answers[n::8]}) == 1
        status, refused = await act(session, "queue.issue", queue="loss", request_id="r0")
        assert (status, refused["code"]) == (409, "request_reused")
        async with session.get("/api/states/queue.personal") as answer:
            assert (await answer.json())["state"] == "8"
