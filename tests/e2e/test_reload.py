"""A crowd draws numbers while the configuration is taken anew again and again, and then the plug is pulled."""

import asyncio
import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from .hall_process import HallProcess, act

ONE = """
usher: {name: Crowd, site: crowd}
http: {host: 127.0.0.1}
queue:
  personal: {name: Personal, prefix: A, digits: 5}
  corporate: {name: Companies, prefix: B, digits: 5}
counter:
  "1": {name: Window 1, serves: [personal, corporate]}
automation:
  - {alias: Slow, triggers: {trigger: event, event_type: go}, actions: [{delay: 600}]}
"""
TWO = (
    ONE.replace("corporate: {name: Companies", "firms: {name: Firms, replaces: corporate")
    .replace("corporate]", "firms]")
    .replace('  "1":', '  "2": {name: Window 2, serves: [personal]}\n  "1":')
)
BACK = ONE.replace("{name: Companies", "{name: Companies, replaces: firms")
CLIENTS = 16
RELOADS = 12 if os.environ.get("USHER_LONG") else 4


@pytest.mark.xdist_group("processes")
@pytest.mark.timeout(300)
async def test_a_crowd_under_reload_loses_no_ticket(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.mkdir()
    file = config / "configuration.yaml"
    file.write_text(ONE, "utf-8")
    hall = HallProcess(config, tmp_path / "data")
    hall.make_token()
    await hall.start()
    issued: list[dict[str, Any]] = []
    done = asyncio.Event()
    try:
        async with hall.session() as session:
            await session.post("/api/events/go")

            async def kiosk(n: int) -> None:
                while not done.is_set():
                    for queue in ("personal", "corporate", "firms"):
                        status, answer = await act(session, "queue.issue", queue=queue)
                        if status == 200:
                            issued.append(answer["ticket"])
                        else:
                            assert answer["code"] in ("unknown_queue", "bad_data"), answer
                        await asyncio.sleep(0.1)

            async def installer() -> None:
                try:
                    for turn in range(RELOADS):
                        file.write_text((TWO, BACK)[turn % 2], "utf-8")
                        status, answer = await act(session, "usher.reload")
                        assert status == 200, answer
                        file.write_text("queue: {", "utf-8")
                        status, answer = await act(session, "usher.reload")
                        assert (status, answer["code"]) == (409, "bad_configuration")
                        async with session.get("/api/states/automation.slow") as state:
                            assert (await state.json())["attributes"]["current"] == 1
                    file.write_text(BACK, "utf-8")
                finally:
                    done.set()

            await asyncio.gather(installer(), *(kiosk(n) for n in range(CLIENTS)))
        hall.kill()
        await hall.start()
        async with hall.session() as session:
            for ticket in issued:
                status, answer = await act(session, "ticket.get", ticket=ticket["id"])
                assert (status, answer["ticket"]["number"]) == (200, ticket["number"])
                assert answer["ticket"]["queue"] in ("personal", "corporate")
            async with session.get("/api/states/automation.slow") as state:
                assert (await state.json())["attributes"]["current"] == 1
    finally:
        hall.stop()
    assert not [n for n, times in Counter(t["number"] for t in issued).items() if times > 1]


@pytest.mark.xdist_group("processes")
async def test_a_hangup_reloads(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.mkdir()
    file = config / "configuration.yaml"
    file.write_text(ONE, "utf-8")
    hall = HallProcess(config, tmp_path / "data")
    hall.make_token()
    await hall.start()
    try:
        file.write_text(ONE.replace("name: Personal", "name: Private"), "utf-8")
        os.kill(hall.pid, signal.SIGHUP)
        async with hall.session() as session, asyncio.timeout(30):
            name = "Personal"
            while name != "Private":
                async with session.get("/api/states/queue.personal") as state:
                    name = (await state.json())["attributes"]["name"]
                await asyncio.sleep(0.05)
    finally:
        hall.stop()
