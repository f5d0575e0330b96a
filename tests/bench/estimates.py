"""The estimated wait on simulated days of a hall: its own room, asked by `queue.issue` and scored at the call.

The hall, its counters and their staff are real; only the visitors are drawn, as in the literature check of the design
(seed 7, lognormal services, each day's speed between 0.7 and 1.4 of the usual). Everybody who had to wait is scored.
`USHER_LONG=1` runs as many days as that check, else a fifth.
"""

import asyncio
import heapq
import math
import os
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from usher.core.access import SYSTEM
from usher.core.config import Configuration
from usher.core.engine import Engine, running
from usher.core.simulation.loop import VirtualClock, VirtualLoop
from usher.core.simulation.memory import MemoryStore
from usher.core.testing import Branch

from .figures import Figure

OPEN = 9 * 3600.0
START = 1_735_689_600.0  # a Wednesday, 2025-01-01 00:00 UTC
YAML = """
usher: {{name: Bench, site: bench, classes: {{vip: 50}}}}
queue: {{q: {{name: Q, digits: 5}}}}
counter: {{{}}}
"""
Curve = Callable[[float], float]


@dataclass(frozen=True)
class Days:
    """What a hall's days are like; minutes."""

    days: int
    arrivals: Curve  # a minute
    staff: Callable[[float], int]
    service: float
    cv: float
    noshow: float = 0.0
    vip: float = 0.0
    shifting: float = 0.0  # counters open and close up to so many minutes early or late, another way each day


def _peaks(t: float) -> float:
    return 0.55 + 0.75 * math.exp(-(((t - 110) / 50) ** 2)) + 0.55 * math.exp(-(((t - 330) / 45) ** 2))


def _shift(t: float) -> int:
    return 3 if 210 <= t < 290 else 6 if 60 <= t < 420 else 4


PEAKS = Days(150, _peaks, _shift, 5.5, 0.9, 0.08)
VIP = Days(150, _peaks, _shift, 5.5, 0.9, 0.08, 0.15)
LOOSE = Days(150, _peaks, _shift, 5.5, 0.9, 0.08, 0.15, 20.0)
DOCTOR = Days(300, lambda t: 0.115, lambda t: 1, 7.5, 0.5)


@dataclass
class Score:
    """Everybody's wait and what they were told, in minutes."""

    rows: list[tuple[float, float, float, float]] = field(default_factory=list[tuple[float, float, float, float]])

    @property
    def error(self) -> float:
        return sum(abs(actual - told) for actual, told, _, _ in self.rows) / len(self.rows)

    @property
    def bias(self) -> float:
        return sum(told - actual for actual, told, _, _ in self.rows) / len(self.rows)

    @property
    def covered(self) -> float:
        return 100 * sum(low <= actual <= high for actual, _, low, high in self.rows) / len(self.rows)

    @property
    def width(self) -> float:
        return sum(high - low for _, _, low, high in self.rows) / len(self.rows)


@dataclass
class _Hall:
    """One hall with its visitors: who arrives and how long they take is drawn, all else is done by the hall."""

    hall: Branch
    clock: VirtualClock
    rnd: random.Random
    days: Days
    drift: float = 1.0
    shifted: float = 0.0
    busy: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])  # until when, which counter
    idle: list[str] = field(default_factory=list[str])
    waiting: int = 0
    score: Score = field(default_factory=Score)
    waited: set[str] = field(default_factory=set[str])

    async def day(self, number: int) -> None:
        self.drift = self.rnd.uniform(0.7, 1.4)
        self.shifted = random.Random(number).uniform(-1, 1) * self.days.shifting
        begins = (number * 24 * 60) + OPEN / 60
        await self._until(begins)
        t, end = 0.0, 480.0
        most = max(self.days.arrivals(x) for x in range(0, 480, 5))
        await self._staff(t)
        coming = self.rnd.expovariate(most)
        while coming < end or self.busy or self.waiting:
            leaving = self.busy[0][0] if self.busy else math.inf
            change = (math.floor(t / 5) + 1) * 5.0 if self.waiting else math.inf
            t = min(coming if coming < end else math.inf, leaving, change)
            await self._until(begins + t)
            await self._staff(t)
            if t == leaving:
                _, counter = heapq.heappop(self.busy)
                await self.hall.act("counter.finish", counter=counter)
                if counter in self._open():
                    self.idle.append(counter)
            elif t == coming:
                coming += self.rnd.expovariate(most)
                if self.rnd.random() < self.days.arrivals(t) / most:
                    await self._arrive(t)
            await self._call(t)
        await self._staff(math.inf)

    async def _until(self, minute: float) -> None:
        seconds = START + minute * 60 - self.clock.now()
        if seconds > 0:
            await self.clock.sleep(seconds)

    def _open(self) -> list[str]:
        floor = self.hall.engine.states.domain("counter")
        return [s.entity_id.partition(".")[2] for s in floor if s.value not in ("closed", "paused")
                and not s.attributes["pausing"]]  # fmt: skip

    async def _staff(self, t: float) -> None:
        """As many counters open as there is staff; who is busy closes afterwards, the first to be done first."""
        wanted = 0 if math.isinf(t) else max(1, self.days.staff(t + self.shifted))
        there = self._open()
        for counter in [str(n) for n in range(1, 7)]:
            if len(there) < wanted and counter not in there:
                if any(counter == other for _, other in self.busy):
                    await self.hall.act("counter.resume", counter=counter)
                else:
                    await self.hall.act("counter.sign_in", counter=counter, staff=f"s{counter}")
                    await self.hall.act("counter.resume", counter=counter)
                    self.idle.append(counter)
                there.append(counter)
        for counter in [*self.idle, *(counter for _, counter in sorted(self.busy))]:
            if len(there) > wanted and counter in there:
                await self.hall.act("counter.pause", counter=counter)
                there.remove(counter)
                if counter in self.idle:
                    self.idle.remove(counter)
        if math.isinf(t):
            for counter in [str(n) for n in range(1, 7)]:
                if self.hall.state(f"counter.{counter}").value != "closed":
                    await self.hall.act("counter.sign_out", counter=counter)
            self.idle.clear()

    async def _arrive(self, t: float) -> None:
        vip = self.rnd.random() < self.days.vip
        waits = bool(self.waiting or not self.idle)
        answer = await self.hall.act("queue.issue", queue="q", **({"class": "vip"} if vip else {}))
        self.waiting += 1
        if waits:
            self.waited.add(answer["ticket"]["id"])

    async def _call(self, t: float) -> None:
        while self.waiting and self.idle:
            counter = self.idle.pop(0)
            ticket = (await self.hall.act("counter.call_next", counter=counter))["ticket"]
            self.waiting -= 1
            told = ticket.get("estimate")
            if ticket["id"] in self.waited and told is not None:
                actual = (self.clock.now() - told["at"]) / 60
                self.score.rows.append((actual, told["wait"] / 60, told["low"] / 60, told["high"] / 60))
            self.waited.discard(ticket["id"])
            sigma = math.sqrt(math.log(1 + self.days.cv**2))
            mu = math.log(self.days.service) - sigma * sigma / 2
            absent = self.rnd.random() < self.days.noshow
            takes = 0.5 if absent else self.rnd.lognormvariate(mu, sigma) * self.drift
            heapq.heappush(self.busy, (t + takes, counter))


async def live(days: Days, count: int) -> Score:
    """That many days, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        counters = ", ".join(f'"{n}": {{name: W{n}, serves: [q]}}' for n in range(1, 7))
        (Path(folder) / "configuration.yaml").write_text(YAML.format(counters), "utf-8")
        clock = VirtualClock()

        def change(configuration: Configuration) -> None:
            clock.start = START
            configuration.integrations.clear()

        heard: list[Any] = []
        async with running(Path(folder), clock=clock, data=Path(folder) / ".usher", change=change,
                           store=MemoryStore) as engine:  # fmt: skip
            hall = _Hall(_branch(engine, heard), clock, random.Random(7), days)
            for number in range(count):
                await hall.day(number)
            return hall.score


def _branch(engine: Engine, heard: list[Any]) -> Branch:
    made = Branch(engine, SYSTEM)
    made.heard = heard
    return made


def scored(days: Days, count: int) -> Score:
    """The days' score, in leaping time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(live(days, count))


def run(runs: int) -> list[Figure]:
    long = bool(os.environ.get("USHER_LONG"))
    found: list[Figure] = []
    for name, days, goal in (("two peaks", PEAKS, 4.7), ("two peaks, 15 % VIP", VIP, 5.6),
                             ("the same, shifts 20 min off", LOOSE, None), ("one doctor", DOCTOR, 8.5)):  # fmt: skip
        score = scored(days, days.days if long else days.days // 5)
        found += [
            Figure(f"estimate, {name}: mean absolute error", [score.error], "min", goal),
            Figure(f"estimate, {name}: bias", [score.bias], "min"),
            Figure(f"estimate, {name}: within the 80 % interval", [score.covered], "%", 76, True),
            Figure(f"estimate, {name}: width of that", [score.width], "min"),
        ]
    return found


__all__ = ["DOCTOR", "LOOSE", "PEAKS", "VIP", "scored"]
