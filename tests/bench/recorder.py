"""What recording costs the hall: durable tickets a second with and without it, and what one event costs to hear."""

import asyncio
import tempfile
import time
from pathlib import Path

import psutil
from usher.core.bus import Bus
from usher.core.clock import SystemClock
from usher.core.events import Context, Event
from usher.core.states import States
from usher.core.testing import branch
from usher.integrations.recorder.config import Config
from usher.integrations.recorder.filters import Filter
from usher.integrations.recorder.recording import Recording

from .figures import Figure, percentile
from .tickets import CLIENTS, YAML, _many


async def tickets(recorder: str) -> tuple[float, float, float]:
    """(tickets a second by many clients at once, p99 in ms, MiB of the archive's process)."""
    with tempfile.TemporaryDirectory() as folder:
        async with branch(YAML + recorder, Path(folder)) as hall:
            if recorder:
                await hall.act("history.period", entities=["queue.a"])  # the archive is up
            hall.heard.clear()
            rate, took = await _many(lambda _: hall.engine.actions.call("queue.issue", {"queue": "a"}))
            children = sum(one.memory_info().rss for one in psutil.Process().children()) / 2**20
            if recorder:
                lost = (await hall.act("recorder.info"))["lost"]
                print(f"    let go at this rate: {lost:,} rows")
            return rate, percentile(took, 0.99), children


async def steady(recorder: str, rate: float = 200.0, seconds: float = 4.0) -> float:
    """p99 in ms of a ticket where one is taken every few milliseconds: a very busy hall."""
    with tempfile.TemporaryDirectory() as folder:
        async with branch(YAML + recorder, Path(folder)) as hall:
            if recorder:
                await hall.act("history.period", entities=["queue.a"])
            took: list[float] = []
            for _ in range(int(rate * seconds)):
                begun = time.perf_counter()
                await hall.act("queue.issue", queue="a")
                took.append((time.perf_counter() - begun) * 1000)
                await asyncio.sleep(max(0.0, 1 / rate - (time.perf_counter() - begun)))
            return percentile(took, 0.99)


def hearing(count: int = 100_000) -> float:
    """Microseconds to hear one state, what waits being taken away as it would be."""
    clock = SystemClock()
    bus = Bus(clock)
    states, context = States(bus, clock), Context()
    recording = Recording(Filter(Config.model_validate({})), lambda enough: None)
    state = states.set("queue.a", 1, {"name": "A"})
    data = {"entity_id": "queue.a", "old_state": state, "new_state": state}
    event = Event("state_changed", data, context, clock.now())
    begun, spent = time.perf_counter(), 0.0
    for n in range(count):
        recording.hear(event)
        if n % 10_000 == 0:
            spent -= time.perf_counter()
            recording._waiting.clear()
            spent += time.perf_counter()
    return (time.perf_counter() - begun - spent) / count * 1e6


def run(runs: int) -> list[Figure]:
    without = [asyncio.run(tickets("")) for _ in range(runs)]
    recorded = [asyncio.run(tickets("\nrecorder: {}\n")) for _ in range(runs)]
    plain = percentile([one[0] for one in without], 0.5)
    return [
        Figure("one event heard by the recorder", [hearing() for _ in range(runs)], "µs"),
        Figure("durable tickets, not recorded", [one[0] for one in without], "/s", None, True),
        Figure(f"durable tickets, recorded ({CLIENTS} clients)", [one[0] for one in recorded], "/s", None, True, plain,
               "not recorded"),
        Figure("p99 of these, recorded", [one[1] for one in recorded], "ms", None, False,
               percentile([one[1] for one in without], 0.5), "not recorded"),
        Figure("p99 of a ticket at 200 a second, recorded",
               [asyncio.run(steady("\nrecorder: {}\n")) for _ in range(runs)], "ms", None, False,
               percentile([asyncio.run(steady("")) for _ in range(runs)], 0.5), "not recorded"),
        Figure("memory of the archive's process", [one[2] for one in recorded], "MiB"),
    ]  # fmt: skip
