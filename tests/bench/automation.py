"""What an automation costs: event -> condition -> action, per second. Prints, asserts nothing.

Run:  python tests/bench/automation.py [--runs 30000]
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import jinja2
from usher.core.actions import Actions, Call
from usher.core.bus import Bus
from usher.core.clock import SystemClock
from usher.core.integration import Kit, Rooms, Site
from usher.core.language import LANGUAGE
from usher.core.language.automations import Automations
from usher.core.language.templates import Templates
from usher.core.offers import STARTED, Offers
from usher.core.schema import Strict
from usher.core.source import Source
from usher.core.states import States
from usher.core.store import Store
from usher.core.views import Views

ONE = """
  - alias: A {n}
    mode: parallel
    max: 1000
    triggers: {{trigger: {trigger}}}
    conditions: "{{{{ trigger.{value} > 0 }}}}"
    actions: {{action: bench.do, data: {{n: "{{{{ trigger.{value} }}}}"}}}}
"""
EVENT = "event, event_type: {kind}, event_data: {{who: {who}}}"
TICKET = (
    "{% set t = trigger.event.data.ticket %}{{ t.number }} {{ t.queue }} {{ states('queue.main') }} "
    "{{ state_attr('queue.main', 'next') }} {{ t.times.issued | int }}"
    "{% for c in t.counters %}{{ c }},{% endfor %}"
)


class Do(Strict):
    n: int


@asynccontextmanager
async def hall(yaml: str, lend: Callable[[Kit], None] = lambda kit: None) -> AsyncIterator[tuple[Any, list[int]]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clock = SystemClock()
        bus = Bus(clock)
        states, actions, offers = States(bus, clock), Actions(), Offers()
        store = Store(folder / "hall.db", LANGUAGE.tables)
        await store.open()
        site = Site("bench", "Bench", ("en",), folder, folder, "boot", "0")
        rooms = Rooms(site, clock, bus, states, actions, offers, Views(), store, None, lambda *a, **k: lambda: None)
        kit = Kit("language", rooms)
        done: list[int] = []

        async def do(data: Do, call: Call) -> None:
            done.append(data.n)

        kit.action("bench.do", Do, do)
        offers.add(STARTED, "hall", "boot")
        lend(kit)
        tree = Source(folder).parse("automation:" + yaml, folder / "configuration.yaml")["automation"]
        began = time.perf_counter()
        await Automations(kit, tree).begin()
        kit.setup_took = time.perf_counter() - began  # type: ignore[attr-defined]
        yield kit, done
        await kit.close()
        await store.close()


async def drive(kit: Any, done: list[int], fire: Any, runs: int) -> tuple[float, float]:
    """Runs per second, and per second of this process's own work; fired in bursts of 100, as in a busy hall."""
    began, worked = time.perf_counter(), time.process_time()
    for n in range(0, runs, 100):
        for i in range(n, n + 100):
            fire(i)
        while len(done) < n + 100:  # noqa: ASYNC110  # the loop is what is measured
            await asyncio.sleep(0)
    return runs / (time.perf_counter() - began), runs / (time.process_time() - worked)


async def measure(title: str, yaml: str, fire: Any, runs: int) -> None:
    rates: list[tuple[float, float]] = []
    for _ in range(3):
        async with hall(yaml) as (kit, done):
            rates.append(await drive(kit, done, lambda i, kit=kit: fire(kit, i), runs))
            took = kit.setup_took
    wall, cpu = (statistics.median(column) for column in zip(*rates, strict=True))
    print(f"{title:44} {wall:9,.0f}/s   {cpu:9,.0f} per CPU second   set up in {took * 1000:5.0f} ms")


def templates(turns: int) -> None:
    clock = SystemClock()
    states = States(Bus(clock), clock)
    states.set("queue.main", 5, {"next": "A012"})
    names = {"trigger": {"event": {"data": {"ticket": {
        "number": "A012", "queue": "main", "times": {"issued": 1.5}, "counters": ["1", "2", "3"]}}}}}  # fmt: skip
    ours = Templates(states, clock).read(TICKET)
    bare = jinja2.Environment()
    bare.globals["states"] = lambda e: states.get(e).value  # type: ignore[union-attr]
    bare.globals["state_attr"] = lambda e, a: states.get(e).attributes[a]  # type: ignore[union-attr]
    theirs = bare.from_string(TICKET)
    rates: list[list[float]] = [[], []]
    for _ in range(5):
        for at, render in enumerate((lambda: ours.render(names), lambda: theirs.render(names))):
            began = time.process_time()
            for _ in range(turns // 5):
                render()
            rates[at].append(turns // 5 / (time.process_time() - began))
    mine, floor = map(statistics.median, rates)
    print(f"{'a ticket-like template':44} {mine:9,.0f}/s   bare Jinja2 {floor:,.0f}/s, ratio {mine / floor:.2f}")


async def floor(runs: int) -> None:
    """The same action called directly, with no automation in between."""
    async with hall(" []") as (kit, _):
        began = time.process_time()
        for n in range(runs):
            await kit.actions.call("bench.do", {"n": n})
        print(f"{'floor: the action alone':44} {'':11}   {runs / (time.process_time() - began):9,.0f} per CPU second")


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20_000)
    runs = parser.parse_args().runs // 100 * 100

    await floor(runs)

    def own_event(kit: Any, i: int) -> None:
        kit.bus.fire("ping", {"who": "w0", "n": 1 + i})

    def own_state(kit: Any, i: int) -> None:
        kit.states.set(f"sensor.s{i % 1000}", i + 1)

    one = ONE.format(n=0, trigger=EVENT.format(kind="ping", who="w0"), value="event.data.n")
    await measure("event, condition, action: one automation", one, own_event, runs)
    many = "".join(
        ONE.format(n=i, trigger=f"state, entity_id: sensor.s{i}", value="to_state.state") for i in range(1000)
    )

    def prepared(kit: Any, i: int) -> None:
        if i == 0:
            for s in range(1000):
                kit.states.set(f"sensor.s{s}", 0)
        own_state(kit, i)

    await measure("one of 1,000, each with its own entity", many, prepared, runs)
    same = "".join(
        ONE.format(n=i, trigger=EVENT.format(kind="ping", who=f"w{i}"), value="event.data.n") for i in range(1000)
    )
    await measure("one of 1,000 on the same event type", same, own_event, runs // 10)
    templates(runs)


if __name__ == "__main__":
    asyncio.run(main())
