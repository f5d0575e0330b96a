"""Event to action, one automation of a thousand: event, trigger, condition, action, per second, at the machine's full load.

Fired in bursts of 100, as in a busy hall. The floor is one automation alone, in the same run.
"""

import asyncio
import gc
import time
from collections.abc import Callable, Iterator
from typing import Any

from usher.core.hall.triggers import triggers as hall_triggers

from .automation import hall
from .figures import Figure

MANY = 1000
BURST, EVENTS, FEW = 100, 10_000, 100
ONE = """
  - alias: A {n}
    mode: parallel
    max: 1000
    triggers: {{{trigger}}}
    conditions: "{{{{ {condition} }}}}"
    actions: {{action: bench.do, data: {{n: "{{{{ {value} }}}}"}}}}
"""
Fire = Callable[[Any, int], None]


def yaml(trigger: str, value: str = "1", condition: str = "true", many: int = MANY) -> str:
    """A thousand automations; in what is given, <n> is the number of each."""
    texts = (
        ONE.format(n=n, trigger=trigger, condition=condition, value=value).replace("<n>", str(n)) for n in range(many)
    )
    return "".join(texts)


async def rate(text: str, fire: Fire, before: Fire | None = None, events: int = EVENTS) -> float:
    """Actions per second, when each event makes one automation act."""
    async with hall(text, lambda kit: hall_triggers.lend(kit)) as (kit, done):
        if before is not None:
            for n in range(MANY):
                before(kit, n)
        began = time.perf_counter()
        for n in range(0, events, BURST):
            for i in range(n, n + BURST):
                fire(kit, i)
            while len(done) < n + BURST:  # noqa: ASYNC110  # the loop is what is measured
                await asyncio.sleep(0)
        return events / (time.perf_counter() - began)


def _state(kit: Any, i: int) -> None:
    kit.states.set(f"sensor.s{i % MANY}", i + 1)


def _zero(kit: Any, n: int) -> None:
    kit.states.set(f"sensor.s{n}", 0)


def _word(kit: Any, i: int) -> None:
    kit.states.set("sensor.all", f"w{i % MANY}")


def _below(kit: Any, n: int) -> None:
    kit.states.set("sensor.all", -1)  # what it is at first is no coming


def _event(kit: Any, i: int) -> None:
    kit.bus.fire("ping", {"who": f"w{i % MANY}", "n": i})


def _band(kit: Any, i: int) -> None:
    kit.states.set("sensor.all", (i * 617) % MANY + 0.5)  # far away each time: hundreds of bands are passed over


def _ramp(kit: Any, i: int) -> None:
    """One limit more is passed each time; at the end it goes back below all, in one step."""
    if i % MANY == 0:
        kit.states.set("sensor.all", -1)
    kit.states.set("sensor.all", i % MANY + 0.5)


def _ticket(kit: Any, i: int) -> None:
    ticket = {"number": "A001", "queue": f"q{i % MANY}", "counter": "1", "class": "normal", "service": None,
              "state": "called"}  # fmt: skip
    kit.bus.fire("ticket_called", {"ticket": ticket, "calls": 1, "reasons": []})


def _cases() -> Iterator[tuple[str, str, Fire, Fire | None, float | None]]:
    own = "trigger: state, entity_id: sensor.s<n>"
    yield (
        "each has its own entity",
        yaml(own, "trigger.to_state.state", "trigger.to_state.state > 0"),
        _state,
        _zero,
        12_000,
    )
    yield (
        "all on one entity, each to another state",
        yaml("trigger: state, entity_id: sensor.all, to: w<n>"),
        _word,
        None,
        8000,
    )
    band = "trigger: numeric_state, entity_id: sensor.all, above: <n>, below: <n>.9"
    yield "all on one entity, each for another band of numbers", yaml(band), _band, _below, 8000
    above = "trigger: numeric_state, entity_id: sensor.all, above: <n>"
    yield "all on one entity, each above another limit", yaml(above), _ramp, None, 8000
    data = "trigger: event, event_type: ping, event_data: {who: w<n>}"
    yield "all on one event type, each for other data", yaml(data, "trigger.event.data.n"), _event, None, 8000
    template = "trigger: template, value_template: \"{{ states('sensor.s<n>') | int(0) % 2 == 1 }}\""
    yield "each a template on its own entity", yaml(template), _flip, _zero, None
    ticket = "trigger: ticket, event: called, queue: q<n>"
    yield "all on ticket_called, each for another queue", yaml(ticket), _ticket, None, 8000
    said = "trigger: ticket, event: called"
    yield (
        "all on ticket_called, told apart by a condition",
        yaml(said, condition="trigger.ticket.queue == 'q<n>'"),
        _ticket,
        None,
        None,
    )


def _flip(kit: Any, i: int) -> None:
    """False and true again, of one entity: one edge."""
    kit.states.set(f"sensor.s{i % MANY}", 2)
    kit.states.set(f"sensor.s{i % MANY}", 1)


def run(runs: int) -> list[Figure]:
    figures: list[Figure] = []
    alone = [asyncio.run(rate(yaml("trigger: event, event_type: ping", many=1), _event)) for _ in range(runs)]
    floor = sorted(alone)[len(alone) // 2]
    for title, text, fire, before, goal in _cases():
        indexed = "told apart by a condition" not in title  # there a thousand templates are asked
        rates: list[float] = []
        for _ in range(runs):
            gc.collect()
            rates.append(asyncio.run(rate(text, fire, before, EVENTS if indexed else FEW)))
        figures.append(Figure(f"one of 1,000: {title}", rates, "/s", goal, True, floor, "one automation alone"))
    return figures
