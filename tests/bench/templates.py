"""What a template costs: compiled, sandboxed and tracked, beside bare Jinja2 with neither, in the same run."""

import resource
import runpy
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import jinja2
from usher.core.bus import Bus
from usher.core.clock import SystemClock
from usher.core.errors import TemplateError
from usher.core.language.templates import Templates
from usher.core.language.templates.tracking import TemplateWatch
from usher.core.states import States

from .figures import Figure

TICKET = (
    "{% set t = trigger.ticket %}{{ t.number }} {{ states('queue.main') }} {{ state_attr('queue.main', 'next') }} "
    "{% if is_state('counter.1', 'serving') and has_value('printer.lobby') %}{{ states('display.hall') }} {% endif %}"
    "{% for c in t.counters %}{{ c.name }}: {{ c.waiting }}, {% endfor %}"
)
COUNT = "{{ state_attr('queue.main', 'waiting') | int > 3 }}"
TURNS = 20_000
NAMES = {"trigger": {"ticket": {
    "number": "A012", "queue": "main",
    "counters": [{"name": f"Window {i}", "waiting": i} for i in range(5)]}}}  # fmt: skip


def rate(render: Callable[[], Any], turns: int = TURNS) -> float:
    began = time.process_time()
    for _ in range(turns):
        render()
    return turns / (time.process_time() - began)


def bare(states: States) -> jinja2.Environment:
    """Jinja2 as it comes, with the plainest functions that give the same text."""
    env = jinja2.Environment(autoescape=False)
    get = states.get
    env.globals |= {
        "states": lambda e: get(e).value,  # type: ignore[union-attr]
        "state_attr": lambda e, a: get(e).attributes.get(a),  # type: ignore[union-attr]
        "is_state": lambda e, v: (s := get(e)) is not None and s.value == v,
        "has_value": lambda e: (s := get(e)) is not None and s.value not in ("unknown", "unavailable"),
    }
    return env


def hall() -> tuple[States, Bus, SystemClock]:
    clock = SystemClock()
    bus = Bus(clock)
    states = States(bus, clock)
    states.set("queue.main", 5, {"next": "A012", "waiting": 5})
    states.set("counter.1", "serving")
    states.set("printer.lobby", "ready")
    states.set("display.hall", "on")
    return states, bus, clock


def slowest_attack() -> tuple[float, str]:
    """Of the adversarial corpus, the one that is stopped last."""
    written = runpy.run_path(str(Path(__file__).parents[1] / "core/language/templates/attacks.py"))
    with tempfile.TemporaryDirectory() as name:
        (folder := Path(name) / "templates").mkdir()
        for file, text in written["FILES"].items():
            (folder / file).write_text(text, "utf-8")
        states, _, clock = hall()
        templates = Templates(states, clock, None, Path(name))
        took: list[tuple[float, str]] = []
        for title, text in written["ATTACKS"].items():
            template = templates.read(text)
            began = time.perf_counter()
            with suppress(TemplateError):
                template.render({"trigger": {}})
            took.append((time.perf_counter() - began, title))
    return max(took)


def run(runs: int) -> list[Figure]:
    states, bus, clock = hall()
    templates = Templates(states, clock)
    ours, theirs = templates.read(TICKET), bare(states).from_string(TICKET)
    assert ours.text_or_data(NAMES) == theirs.render(NAMES).strip(), "they must do the same work"
    rates: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        rates.setdefault(name, []).append(value)

    fresh = iter(range(10**6))  # another text each time: nothing compiled is found again
    for _ in range(max(3, runs)):
        note("bare", rate(lambda: theirs.render(NAMES)))
        note("ours", rate(lambda: ours.render(NAMES)))
        note("tracked", rate(lambda: ours.render_tracked(NAMES)))
        note("compile", rate(lambda: Templates.read(templates, f"{TICKET}{next(fresh)}").render(NAMES), 300))
        env = bare(states)
        note("bare compile", rate(lambda env=env: env.from_string(f"{TICKET}{next(fresh)}").render(NAMES), 300))
    told: list[Any] = []
    watch = TemplateWatch(states, bus, clock)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for i in range(1000):
        watch.track(
            templates.read(COUNT.replace("main", f"q{i}").replace("| int", "| int(0)")), {}, lambda *a: told.append(a)
        )
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    values = iter(range(10**6))
    note("follow", rate(lambda: states.set("queue.q500", 1, {"waiting": next(values) % 2 * 9}), 5000))
    watch.stop()
    held, attack = slowest_attack()
    ratios = [mine / floor for mine, floor in zip(rates["tracked"], rates["bare"], strict=True)]
    floor = statistics.median(rates["bare"])
    return [
        Figure("ticket template, tracked, of bare Jinja2", ratios, "x", 0.7, more=True),
        Figure("ticket template, tracked", rates["tracked"], "/s", floor=floor, floor_name="bare Jinja2"),
        Figure("ticket template, not tracked", rates["ours"], "/s", floor=floor, floor_name="bare Jinja2"),
        Figure("compile and first render", rates["compile"], "/s",
               floor=statistics.median(rates["bare compile"]), floor_name="bare Jinja2"),
        Figure("a write that one of 1000 followed templates reads", rates["follow"], "/s"),
        Figure("memory of 1000 followed templates", [memory], "MiB"),
        Figure(f"the attack that is stopped last: {attack}"[:58], [held * 1000], "ms", 250),
    ]  # fmt: skip
