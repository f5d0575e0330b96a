"""One day, from midnight to midnight: the hall is opened, people come and are served, and what happened is handed over."""

import asyncio
import logging
import random
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson

from ..config import Configuration
from ..engine import Engine, running
from ..ids import new_id
from ..integration import Site
from . import arrivals, rota
from .arrivals import Arrival
from .booked import book
from .devices import Recording, stand_in
from .loop import VirtualClock, VirtualLoop
from .memory import MemoryStore
from .notes import Notes
from .people import Clerk, Door, World
from .rota import Shift
from .scenario import BUSY, Scenario

AFTER: Final = 120.0  # seconds into the next day: by then the hall has let the old one go


@dataclass(repr=False)
class Day:
    """What happened. `midnight` is the wall time of the day's beginning."""

    scenario: Scenario
    configuration: Configuration
    midnight: float
    clock: VirtualClock
    notes: Notes
    recording: Recording
    automations: Mapping[str, str]  # entity id -> name, all that were there
    site: Site
    arrivals: int
    shares: Mapping[str, float]


def simulate(folder: Path, scenario: Scenario, *, made: Callable[[Engine], None] = lambda engine: None) -> Day:
    """Run the hall of this folder through a day. Raises ConfigError, UsherError. `made` as of `engine.running`."""
    dice = random.getstate()
    random.seed(f"{scenario.seed}")  # for templates that throw dice
    try:
        with tempfile.TemporaryDirectory(prefix="usher-simulate-") as data, \
                asyncio.Runner(loop_factory=VirtualLoop) as runner:  # fmt: skip
            return runner.run(_day(folder, Path(data), scenario, made))
    finally:
        random.setstate(dice)


async def _day(folder: Path, data: Path, scenario: Scenario, made: Callable[[Engine], None]) -> Day:
    clock, recording = VirtualClock(), Recording()
    notes, midnight = Notes(clock), 0.0

    def change(configuration: Configuration) -> None:
        nonlocal midnight
        clock.zone = configuration.usher.zone
        midnight = datetime.combine(scenario.day, datetime.min.time(), clock.zone).timestamp()
        clock.start = midnight
        stand_in(configuration, recording, scenario.printing)

    def listen(engine: Engine) -> None:
        notes.listen(engine.bus)
        made(engine)

    usher = logging.getLogger("usher")
    usher.addHandler(notes)
    try:
        with new_id.pretending(scenario.seed, clock.now):
            async with running(folder, clock=clock, data=data, change=change, made=listen,
                               store=MemoryStore) as engine:  # fmt: skip
                day = await _live(engine, scenario, Day(
                    scenario, engine.configuration, midnight, clock, notes, recording, {}, engine.site, 0, {}))  # fmt: skip
    finally:
        usher.removeHandler(notes)
    notes.laws.end()
    return day


async def _live(engine: Engine, scenario: Scenario, day: Day) -> Day:
    world = World(engine, scenario, day.notes, day.midnight)
    day.recording.sees = world.sees
    world.listen()
    _names(engine, day)
    shifts, doors = _shifts(engine, scenario), Doors(engine)
    coming, day.shares = _arrivals(engine, scenario, shifts, doors)
    booked = await book(world, scenario, len(coming) + 1)
    day.arrivals = len(coming) + len(booked)
    last = max((end for _, end in scenario.hours), default=0.0) + scenario.overtime
    for counter, mine in shifts.items():
        for shift in mine:
            world.task(Clerk(world, counter, shift, min(86100.0, max(last, shift.end))).work())
    world.task(_let_in_booked(world, booked))
    await _let_in(world, scenario, coming, doors)
    tomorrow = datetime.combine(scenario.day + timedelta(days=1), engine.site.business_day, engine.clock.zone)
    await world.until(tomorrow.timestamp() - day.midnight + AFTER)
    _names(engine, day)
    return day


def _names(engine: Engine, day: Day) -> None:
    """All automations that are there, at the beginning or at the end."""
    day.automations = {**day.automations, **{
        state.entity_id: str(state.attributes.get("name", state.entity_id))
        for state in engine.states.domain("automation")}}  # fmt: skip


def _shifts(engine: Engine, scenario: Scenario) -> dict[str, list[Shift]]:
    counters = list(engine.configuration.models.get("counter", {}))
    if scenario.staff:
        return rota.from_file(scenario.staff, counters)
    models = engine.configuration.models
    who = rota.seated(models.get("counter", {}), models.get("staff", {}), models.get("queue", {}))
    return rota.usual(scenario, counters, who)


def _arrivals(engine: Engine, scenario: Scenario,
              shifts: Mapping[str, list[Shift]], doors: "Doors") -> tuple[list[Arrival], Mapping[str, float]]:  # fmt: skip
    queues = list(engine.configuration.models.get("queue", {}))
    if scenario.arrivals is not None:
        return arrivals.from_file(scenario.arrivals, queues), {}
    shares, capacity = _shares(engine, scenario, shifts, queues)
    if doors.queues and not scenario.queues:  # the others are places one is sent to
        asked = {queue: part for queue, part in shares.items() if queue in doors.queues}
        shares = asked or shares
    count = scenario.visitors if scenario.visitors is not None else round(capacity * BUSY)
    return arrivals.by_chance(scenario, count if shares else 0, shares, engine.site.languages), shares


def _shares(engine: Engine, scenario: Scenario, shifts: Mapping[str, list[Shift]],
            queues: list[str]) -> tuple[dict[str, float], float]:  # fmt: skip
    """What part of the visitors each queue gets when nobody says: as many as its counters can serve.

    A counter's hours are split evenly among its queues. With the shares goes the sum: all that could be served.
    """
    served = dict.fromkeys(queues, 0.0)
    for name, counter in engine.configuration.models.get("counter", {}).items():
        open_for = sum(shift.end - shift.begin - sum(b - a for a, b in shift.breaks) for shift in shifts.get(name, ()))
        for one in counter.serves:
            mean = max(1.0, scenario.mean(one.queue) + sum(scenario.walk) / 2)
            served[one.queue] += open_for / len(counter.serves) / mean
    shares = {queue: part for queue, part in (scenario.queues or served).items() if part > 0}
    return shares, sum(served.values())


class Doors:
    """The buttons of all kiosks, read off their screens."""

    def __init__(self, engine: Engine) -> None:
        self._by_queue: dict[str, list[tuple[str, Door]]] = {}
        for view in engine.views.all():
            kind, _, name = view.name.partition("/")
            if kind == "kiosk":
                document = orjson.loads(view.read().body)
                for node in _buttons(document["menu"]):
                    self._by_queue.setdefault(node["queue"], []).append((name, node))

    @property
    def queues(self) -> "Collection[str]":
        """Those that have a button."""
        return self._by_queue.keys()

    def of(self, arrival: Arrival, scenario: Scenario) -> tuple[str, Door] | None:
        """Where this visitor taps: the kiosk asked for, or any that has a button for it. Others ask at the desk."""
        found = [one for one in self._by_queue.get(arrival.queue, ())
                 if (arrival.kiosk is None or one[0] == arrival.kiosk)
                 and (arrival.service is None or one[1]["service"] == arrival.service)]  # fmt: skip
        if not found or arrival.class_ not in (None, "normal"):
            return None
        return found[0] if len(found) == 1 else scenario.chance("door", arrival.n).choice(found)


def _buttons(menu: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for node in menu:
        found += _buttons(node["menu"]) if node.get("menu") else [node] if node.get("queue") else []
    return found


async def _let_in(world: World, scenario: Scenario, coming: list[Arrival], doors: Doors) -> None:
    for arrival in coming:
        await world.until(arrival.at)
        world.comes(arrival, doors.of(arrival, scenario))


async def _let_in_booked(world: World, coming: list[tuple[Arrival, str]]) -> None:
    for arrival, appointment in coming:
        await world.until(arrival.at)
        world.arrives(arrival, appointment)
