"""The kernel by itself: events, states, one automation end to end."""

import asyncio
import tempfile
import time
from pathlib import Path

from usher.core.bus import Bus
from usher.core.clock import SystemClock
from usher.core.events import Context, Event
from usher.core.states import States
from usher.core.testing import branch

from .figures import Figure

AUTOMATION = """
usher: {name: Bench, site: bench}
queue: {a: {name: A, prefix: A}}
counter: {"1": {name: One, serves: [a]}}
automation:
  - alias: Bench
    mode: parallel
    max: 1000
    triggers: {trigger: event, event_type: bench}
    conditions: {condition: template, value_template: "{{ trigger.event.data.n >= 0 }}"}
    actions: {action: bench.done, data: {n: "{{ trigger.event.data.n }}"}}
"""


def bus(count: int = 200_000) -> float:
    """Events a second, built and delivered to one listener."""
    room, heard = Bus(SystemClock()), 0
    context = Context()

    def hear(event: Event) -> None:
        nonlocal heard
        heard += 1

    room.listen(hear, "bench")
    data = {"n": 1}
    begun = time.perf_counter()
    for _ in range(count):
        room.publish(Event("bench", data, context, 0.0))
    span = time.perf_counter() - begun
    assert heard == count
    return count / span


def states(count: int = 100_000) -> float:
    """State writes a second, each a change told to one listener."""
    clock = SystemClock()
    room = Bus(clock)
    kept, heard, context = States(room, clock), 0, Context()

    def hear(event: Event) -> None:
        nonlocal heard
        heard += 1

    room.listen(hear, "state_changed")
    attributes = {"name": "bench"}
    begun = time.perf_counter()
    for n in range(count):
        kept.set("sensor.bench", n, attributes, context)
    span = time.perf_counter() - begun
    assert heard == count
    return count / span


async def automation(count: int = 20_000) -> float:
    """Runs a second of one automation: event, condition, action."""
    from usher.core.actions import Call, action
    from usher.core.schema import Strict

    class Done(Strict):
        n: int

    done = 0
    finished = asyncio.Event()

    async def run(data: Done, call: Call) -> None:
        nonlocal done
        done += 1
        if done == count:
            finished.set()

    with tempfile.TemporaryDirectory() as folder:
        # The action is the bench's own: the check may not know it, so it is lent before the automations are read.
        (Path(folder) / "custom_integrations" / "bench").mkdir(parents=True)
        _lend(Path(folder) / "custom_integrations" / "bench")
        async with branch(AUTOMATION + "\nbench: {}\n", Path(folder)) as hall:
            hall.engine.actions.add(action("bench.done", Done, run))
            hall.heard.clear()
            fire, context = hall.engine.bus.fire, Context()
            begun = time.perf_counter()
            for n in range(count):
                fire("bench", {"n": n}, context)
                while n - done > 200:  # noqa: ASYNC110 - an automation has a bound of runs, and drops what is over it
                    await asyncio.sleep(0)
            async with asyncio.timeout(60):
                await finished.wait()
            return count / (time.perf_counter() - begun)


def _lend(folder: Path) -> None:
    (folder / "manifest.yaml").write_text(
        "name: bench\ntitle: Bench\npurpose: Measures.\nactions: [bench.done]\n", "utf-8")  # fmt: skip
    (folder / "__init__.py").write_text(
        "from usher.core.integration import Integration\nfrom usher.core.schema import Strict\n\n\n"
        "class Config(Strict):\n    pass\n\n\nINTEGRATION = Integration(Config)\n", "utf-8")  # fmt: skip


def _floor(count: int = 200_000) -> float:
    """Calls of a plain function that adds one, a second."""
    heard = 0

    def hear(event: object) -> None:
        nonlocal heard
        heard += 1

    begun = time.perf_counter()
    for n in range(count):
        hear(n)
    return count / (time.perf_counter() - begun)


def run(runs: int) -> list[Figure]:
    floor = _floor()
    return [
        Figure("events built and delivered", [bus() for _ in range(runs)], "/s", 400_000, True, floor, "plain calls"),
        Figure("state writes", [states() for _ in range(runs)], "/s", 150_000, True, floor, "plain calls"),
        Figure("automation end to end", [asyncio.run(automation()) for _ in range(runs)], "/s", 12_000, True),
    ]
