"""A thousand automations of one blueprint: read, checked as `usher check` does, and set up; each its own inputs.

The floor is the same YAML only parsed. The blueprint is one that usher brings, `queue_is_long`.
"""

import asyncio
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from .figures import Figure

COUNT = 1000
ONE = """
  - id: long_{n}
    alias: Queue {n} is long
    use_blueprint:
      path: usher/queue_is_long.yaml
      input:
        queue: queue.q{n}
        above: {above}
        for: "00:0{minutes}"
        display: [display.d{n}]
        seconds: {seconds}
"""


def yaml(count: int = COUNT) -> str:
    """The configuration: `automation:` and nothing else."""
    return "automation:" + "".join(
        ONE.format(n=n, above=1 + n % 50, minutes=1 + n % 5, seconds=20 + n % 60) for n in range(count)
    )


@asynccontextmanager
async def rooms(folder: Path) -> AsyncIterator[Any]:
    """A Kit in a hall that has nothing yet."""
    from usher.core.actions import Actions
    from usher.core.bus import Bus
    from usher.core.clock import SystemClock
    from usher.core.hall.text import minutes
    from usher.core.integration import Kit, Rooms, Site
    from usher.core.language import LANGUAGE
    from usher.core.offers import FILTERS, STARTED, Offers
    from usher.core.states import States
    from usher.core.store import Store
    from usher.core.views import Views

    clock = SystemClock()
    bus = Bus(clock)
    states, actions, offers = States(bus, clock), Actions(), Offers()
    store = Store(folder / "hall.db", LANGUAGE.tables)
    await store.open()
    site = Site("bench", "Bench", ("en",), folder, folder, "boot", "0")
    kit = Kit("language", Rooms(site, clock, bus, states, actions, offers, Views(), store, None,
                                lambda *a, **k: lambda: None))  # fmt: skip
    kit.offer(FILTERS, "minutes", minutes)
    offers.add(STARTED, "hall", "boot")
    yield kit
    await kit.close()
    await store.close()


async def load(kit: Any, text: str, count: int) -> dict[str, float]:
    """Seconds to parse, to check, to set up."""
    from usher.core.devices.displays import Show
    from usher.core.integration import Checked
    from usher.core.language import LANGUAGE
    from usher.core.language.automations import Automations
    from usher.core.language.config import LanguageConfig, actions, entities
    from usher.core.source import Source

    folder = kit.site.folder
    known = {f"queue.q{n}" for n in range(count)} | {f"display.d{n}" for n in range(count)}
    began = time.perf_counter()
    tree = Source(folder).parse(text, folder / "configuration.yaml")
    parsed = time.perf_counter()
    config = LanguageConfig.model_validate(tree)
    checked = Checked(config, tree, {}, [], [], folder, known | entities(config),
                      {"display.show": Show, **actions(config)}, template_words=frozenset({"minutes"}))  # fmt: skip
    assert LANGUAGE.check is not None
    LANGUAGE.check(checked)
    assert not checked.problems, checked.problems[:3]
    done = time.perf_counter()
    await Automations(kit, config.automation, ready=config.take_ready()).begin()
    ready = time.perf_counter()
    await asyncio.sleep(0)
    return {"parse": parsed - began, "check": done - parsed, "set up": ready - done, "all": ready - began}


async def once(folder: Path, count: int = COUNT) -> dict[str, float]:
    """The figures of a process that has done nothing else but one such automation, which brought the imports."""
    import psutil

    (folder / "warm").mkdir()
    async with rooms(folder / "warm") as kit:
        await load(kit, yaml(1), 1)
    gc.collect()
    async with rooms(folder) as kit:
        text, process = yaml(count), psutil.Process()
        before = process.memory_info().rss
        figures = await load(kit, text, count)
        gc.collect()
        figures["MiB"] = (process.memory_info().rss - before) / 2**20
    return figures


def _fresh() -> dict[str, float]:
    """One measurement in a process of its own."""
    command = [sys.executable, "-m", f"{__package__}.blueprints"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def run(runs: int) -> list[Figure]:
    made = [_fresh() for _ in range(runs)]
    floor = sorted(one["parse"] for one in made)[len(made) // 2]
    return [
        Figure("1,000 blueprint automations: read, check, set up", [one["all"] for one in made], "s", 0.35,
               floor=floor, floor_name="parse the YAML"),
        Figure("of which: check", [one["check"] for one in made], "s"),
        Figure("of which: set up", [one["set up"] for one in made], "s"),
        Figure("memory they keep", [one["MiB"] for one in made], "MiB", 20),
    ]  # fmt: skip


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(asyncio.run(once(Path(name)))))
