"""What a reload costs a hall with 1,000 blueprint automations, and how long its loop is held meanwhile."""

import asyncio
import gc
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from usher.core.runner import spare_the_collector
from usher.core.testing import branch

from .figures import Figure

HALL = """
queue: {{main: {{name: Main, prefix: A}}}}
counter: {{"1": {{name: One, serves: [main]}}}}
automation:
{automations}
"""
ONE = """  - alias: Queue {n}
    use_blueprint:
      path: bench/queue.yaml
      input: {{above: {n}, message: "Too many {n}"}}
"""
BLUEPRINT = """
blueprint:
  name: Too many
  domain: automation
  input:
    above: {selector: {number: {min: 0, max: 10000}}}
    message: {selector: {text: {}}}
triggers: {trigger: numeric_state, entity_id: queue.main, above: !input above}
conditions: "{{ trigger.to_state.state | int > 0 }}"
actions:
  - event: bench_queue
    event_data: {message: !input message, waiting: "{{ trigger.to_state.state }}"}
"""
PULSE = 0.001


class Pulse:
    """How long the loop was held at most, in seconds, while it ran."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._task: asyncio.Task[None] | None = None

    async def _beat(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(PULSE)
            self.longest = max(self.longest, time.perf_counter() - before - PULSE)

    async def __aenter__(self) -> "Pulse":
        self._task = asyncio.create_task(self._beat())
        await asyncio.sleep(0.01)
        self.longest = 0.0
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()


async def _once(count: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        own = folder / "blueprints" / "automation" / "bench"
        own.mkdir(parents=True)
        (own / "queue.yaml").write_text(BLUEPRINT)
        yaml = HALL.format(automations="".join(ONE.format(n=n) for n in range(count)))
        took: dict[str, float] = {}
        gc.collect()
        async with branch(yaml, folder) as hall:
            spare_the_collector()  # as `usher run` does

            async def timed(what: str) -> None:
                async with Pulse() as pulse:
                    began = time.perf_counter()
                    await hall.reload()
                    took[what] = time.perf_counter() - began
                    took[what + " held"] = pulse.longest

            await timed("nothing")
            file = folder / "configuration.yaml"
            file.write_text(yaml.replace("Too many 500", "Far too many 500"))
            await timed("one")
            file.write_text("# a remark\n" + yaml.replace("Too many 500", "Far too many 500"))
            await timed("moved")
            file.write_text(yaml.replace("Too many", "Really too many"))
            await timed("all")
            gc.unfreeze()
        return took


def run(runs: int) -> Sequence[Figure]:
    found = [asyncio.run(_once(1000)) for _ in range(runs)]

    def of(what: str, times: float = 1.0) -> list[float]:
        return [one[what] * times for one in found]

    return [
        Figure("reload, nothing changed", of("nothing"), "s", 0.15),
        Figure("reload, 1 of 1,000 automations changed (with the child)", of("one"), "s"),
        Figure("reload, all 1,000 moved a line", of("moved"), "s"),
        Figure("reload, all 1,000 changed", of("all"), "s"),
        Figure("loop held at most, one changed", of("one held", 1000), "ms", 20),
        Figure("loop held at most, all moved", of("moved held", 1000), "ms", 20),
        Figure("loop held at most, all changed", of("all held", 1000), "ms", 20),
    ]
