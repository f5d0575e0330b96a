"""kill -9 at any instant under load: what was acknowledged is there, in order, once, and nobody heard of what was lost."""

import asyncio
import os
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from .hall_process import HallProcess, act

YAML = """
usher: {name: Kill, site: kill, classes: {vip: 50}}
http: {host: 127.0.0.1}
queue:
  personal: {name: Personal, prefix: A, digits: 5}
  corporate: {name: Companies, prefix: B, digits: 5}
counter:
  "1": {name: One, serves: [personal, corporate]}
  "2": {name: Two, serves: [corporate, personal]}
voice: [{platform: espeak, id: espeak}]
display: [{platform: web, id: hall}]
speaker: [{platform: web, id: hall, display: display.hall}]
automation:
  - alias: Calls are spoken
    use_blueprint: {path: usher/announce_call.yaml, input: {speaker: speaker.hall}}
"""
KILLS = 50 if os.environ.get("USHER_LONG") else 10
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


class Witness:
    """What the world was told before the power went."""

    def __init__(self) -> None:
        self.issued: list[dict[str, Any]] = []  # acknowledged, in the order of the answers
        self.called: list[dict[str, Any]] = []
        self.heard: list[dict[str, Any]] = []  # ticket events on a socket
        self.spoken: list[tuple[str, int]] = []  # (ticket, which call)

    async def kiosk(self, session: aiohttp.ClientSession, queue: str) -> None:
        while True:
            status, answer = await act(session, "queue.issue", queue=queue)
            assert status == 200, answer
            self.issued.append(answer["ticket"])

    async def counter(self, session: aiohttp.ClientSession, counter: str) -> None:
        while True:
            status, answer = await act(session, "counter.call_next", counter=counter, current="finish")
            if status == 200:
                self.called.append(answer["ticket"])
            else:
                assert answer["code"] == "nobody_waiting", answer

    async def listener(self, session: aiohttp.ClientSession, token: str) -> None:
        async with session.ws_connect("/api/websocket") as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": token})
            await socket.receive_json()
            await socket.send_json({"id": 1, "type": "subscribe_events"})
            async for message in socket:
                told = orjson.loads(message.data)
                event = told.get("event", {})
                if event.get("event_type", "").startswith("ticket_"):
                    self.heard.append(event)
                elif event.get("event_type") == "announcement_started":
                    self.spoken.append((event["data"]["ticket"], event["data"]["calls"]))


async def _load(hall: HallProcess, witness: Witness, seconds: float) -> None:
    """Kiosks, counters and a listening screen, until the hall is killed."""

    async def until_lost(work: Any) -> None:
        with suppress(*LOST):
            await work

    async with hall.session() as session:
        works = [witness.kiosk(session, q) for q in ("personal", "corporate") * 4]
        works += [witness.counter(session, c) for c in "12"]
        tasks = [asyncio.create_task(until_lost(w)) for w in [*works, witness.listener(session, hall.token)]]
        await asyncio.sleep(seconds)
        await asyncio.to_thread(hall.kill)
        async with asyncio.timeout(20):
            await asyncio.gather(*tasks)


def _journal(hall: HallProcess) -> list[tuple[str, dict[str, Any]]]:
    # A copy is read: opening the files themselves would already mend what usher must mend.
    for name in ("hall.db", "hall.db-wal"):
        if (hall.data / name).exists():
            shutil.copy(hall.data / name, hall.data.parent / name)
    with closing(sqlite3.connect(hall.data.parent / "hall.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = connection.execute("SELECT type, data FROM journal ORDER BY seq").fetchall()
    return [(kind, orjson.loads(data)) for kind, data in rows]


@pytest.mark.timeout(60 + 20 * KILLS)
@pytest.mark.xdist_group("processes")
async def test_killed_at_any_instant(hall: HallProcess) -> None:
    seed = random.Random(20261122)
    witness = Witness()
    await hall.start()
    async with hall.session() as session:
        for counter in "12":
            assert (await act(session, "counter.sign_in", counter=counter, staff=f"s{counter}"))[0] == 200
    back: list[float] = []
    for _ in range(KILLS):
        await _load(hall, witness, seed.uniform(0.05, 0.7))
        journal = _journal(hall)
        issued = [d["ticket"] for kind, d in journal if kind == "ticket_issued"]
        by_id = {t["id"]: t for t in issued}
        # Everything acknowledged is there, as it was told, and no number is there twice.
        assert all(by_id.get(t["id"]) == t for t in witness.issued)
        assert len({t["number"] for t in issued}) == len(issued)
        for queue in ("personal", "corporate"):
            numbers = [t["number"] for t in issued if t["queue"] == queue]
            assert numbers == sorted(numbers)
        # Each ticket was called once, in order; what a screen heard, and would speak, is in the journal.
        calls = [d["ticket"]["id"] for kind, d in journal if kind == "ticket_called"]
        assert len(set(calls)) == len(calls)
        assert {t["id"] for t in witness.called} <= set(calls)
        known = {(kind, d["ticket"]["id"], d["ticket"]["state"]) for kind, d in journal if "ticket" in d}
        for event in witness.heard:
            ticket = event["data"]["ticket"]
            assert (event["event_type"], ticket["id"], ticket["state"]) in known
        assert set(witness.spoken) <= {
            (d["ticket"]["id"], d["calls"]) for kind, d in journal if kind == "ticket_called"
        }
        assert len(set(witness.spoken)) == len(witness.spoken)  # also not once more after a restart
        back.append(await hall.start())
        async with hall.session() as session:
            for counter in "12":  # signed-in staff stay signed in
                async with session.get(f"/api/states/counter.{counter}") as answer:
                    state = await answer.json()
                assert state["state"] in ("idle", "calling"), state
                assert state["attributes"]["staff"] == f"s{counter}"
            waiting = (await act(session, "ticket.list", state="waiting", limit=1))[1]["total"]
        assert waiting == len(issued) - len(calls)
    assert len(witness.issued) > KILLS
    assert len(witness.heard) > KILLS
    assert witness.spoken
    print(f"\n{KILLS} kills, {len(witness.issued)} tickets, back after {sorted(back)[len(back) // 2]:.2f} s (median)")
