"""64 clients book the same slots over HTTP while the hall is killed and comes back: nothing is sold twice, nothing lost."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from .hall_process import HallProcess, act

CLIENTS, SLOTS, CAPACITY = 64, 8, 40
PLACES = 30  # a quarter is held back for walk-ins
YAML = f"""
usher: {{name: Crowd, site: crowd}}
http: {{host: 127.0.0.1}}
calendar: {{always: {{open: {{daily: "00:00-24:00"}}}}}}
queue: {{main: {{name: Main, prefix: A}}}}
counter: {{"1": {{name: Window 1, serves: [main]}}}}
appointment:
  visa: {{name: Visa, queue: main, calendar: always, slot: "01:00", capacity: {CAPACITY}, walk_ins: 25, per_person: 1}}
"""


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[HallProcess]:
    config = tmp_path / "config"
    config.mkdir()
    (config / "configuration.yaml").write_text(YAML, "utf-8")
    process = HallProcess(config, tmp_path / "data")
    process.make_token("booking")
    yield process
    process.stop()


@pytest.mark.xdist_group("processes")
@pytest.mark.timeout(300)
async def test_never_oversold(hall: HallProcess) -> None:
    await hall.start()
    day = (date.today() + timedelta(days=2)).isoformat()
    booked: dict[str, dict[str, Any]] = {}  # by code, as it was answered
    answered: Counter[str] = Counter()
    enough = asyncio.Event()

    async def sure(session: aiohttp.ClientSession, action: str, **data: Any) -> tuple[int, dict[str, Any]]:
        """As a booking site does it: asked again under the same id until there is an answer."""
        while True:
            try:
                return await act(session, action, **data)
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)

    async with hall.session() as session:
        free = (await sure(session, "appointment.slots", type="visa", day=day))[1]["slots"][:SLOTS]
        assert {slot["free"] for slot in free} == {PLACES}

        async def client(n: int) -> None:
            chance, full = random.Random(n), set[float]()
            for step in range(100):
                left = [slot["at"] for slot in free if slot["at"] not in full]
                if not left:
                    return
                at, party = chance.choice(left), chance.randint(1, 3)
                data = {
                    "type": "visa",
                    "at": at,
                    "party": party,
                    "phone": f"13{n:03d}{step:03d}",
                    "request_id": f"{n}-{step}",
                }
                # Twice at once, as an impatient browser does.
                both = await asyncio.gather(*(sure(session, "appointment.book", **data) for _ in range(2)))
                assert both[0] == both[1]
                status, answer = both[0]
                answered[answer.get("code", "") if status != 200 else "booked"] += 1
                if status == 200:
                    booked[answer["code"]] = answer["appointment"]
                    if len(booked) >= 40:
                        enough.set()
                else:
                    assert answer["code"] == "slot_full", answer
                    if party == 1:
                        full.add(at)

        async def crash() -> None:
            await enough.wait()
            hall.kill()
            await hall.start()

        async with asyncio.timeout(250):
            await asyncio.gather(crash(), *(client(n) for n in range(CLIENTS)))
        listed = (await sure(session, "appointment.list", day=day, limit=1000))[1]["appointments"]
    found = {one["code"]: one["appointment"] for one in listed}
    people: Counter[float] = Counter()
    for row in found.values():
        people[row["at"]] += row["party"]
    assert dict(people) == {slot["at"]: PLACES for slot in free}  # sold out, and not one more
    assert found == booked
    assert len({row["id"] for row in found.values()}) == len(found) == answered["booked"]
