"""What is supposed of a day: when the doors are open, who comes, how long they take, what they put up with."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random
from typing import Final

from ..errors import UsherError
from ..schema import seconds

Span = tuple[float, float]
_SUFFIX: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|min|h)\Z")
_UNIT: Final = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600}
BUSY: Final = 0.7  # of what the staff could serve, so many come when nobody says how many


@dataclass(frozen=True, slots=True)
class Scenario:
    """A day. Times of day in seconds after midnight, spans in seconds, shares of anything."""

    day: date
    seed: int = 1
    hours: tuple[Span, ...] = ((9 * 3600, 17 * 3600),)
    overtime: float = 2 * 3600  # how long staff go on after closing while people wait
    # Who comes.
    arrivals: Path | None = None  # a CSV instead of chance
    visitors: int | None = None
    profile: str = "day"  # or flat
    queues: Mapping[str, float] = field(default_factory=dict[str, float])  # shares
    classes: Mapping[str, float] = field(default_factory=dict[str, float])
    languages: Mapping[str, float] = field(default_factory=dict[str, float])
    # What they do.
    patience: float = 3600.0  # the median; 0 for without end
    no_show: float = 0.03  # leave without a word while they wait
    returning: float = 0.7  # of those who missed their call
    watching: float = 0.8  # look at the signs; the others listen only
    walk: Span = (4.0, 15.0)
    # Who has booked, where there are appointments.
    booked: float = 0.5  # share of the places that can be booked
    missing: float = 0.08  # of them do not come
    # Staff and service.
    staff: Path | None = None
    service: float = 240.0  # the mean
    services: Mapping[str, float] = field(default_factory=dict[str, float])  # of a queue
    making: float = 480.0  # until what a pending ticket waits for is ready: the mean, spread alike
    referrals: Mapping[str, tuple[str, float]] = field(default_factory=dict[str, "tuple[str, float]"])  # from a queue
    # to another and back to the same counter: (where, share of its visitors)
    spread: float = 0.5  # standard deviation of a service time, in means
    reaction: Span = (0.5, 2.0)
    recall_after: float = 20.0
    recalls: int = 2  # where the counter has no no_show_after
    # Devices.
    printing: float = 1.5  # seconds a ticket

    def chance(self, *what: object) -> Random:
        """A run of chances of its own: what one visitor does never changes what another does."""
        return Random("/".join(map(str, (self.seed, *what))))  # noqa: S311 - to be repeated, not to be secret

    def mean(self, queue: str) -> float:
        return self.services.get(queue, self.service)

    def service_time(self, queue: str, chance: Random) -> float:
        """Lognormal, to 0.1 s; the mean itself without spread."""
        return self._about(self.mean(queue), chance)

    def making_time(self, chance: Random) -> float:
        """How long a prescription or a result takes."""
        return self._about(self.making, chance)

    def _about(self, mean: float, chance: Random) -> float:
        spread = self.spread
        if not spread or not mean:
            return mean
        sigma2 = math.log(1 + spread * spread)
        return round(chance.lognormvariate(math.log(mean) - sigma2 / 2, math.sqrt(sigma2)), 1)


def within(span: Span, chance: Random) -> float:
    """Somewhere in a span, to 0.1 s."""
    return round(chance.uniform(*span), 1)


def duration(text: str) -> float:
    """`4m`, `25s`, `1.5h`, `"00:04"`, `240`: seconds. Raises UsherError."""
    match = _SUFFIX.match(text.strip())
    try:
        return float(match[1]) * _UNIT[match[2]] if match else seconds(text)
    except ValueError as error:
        raise UsherError(f"{text!r} is not a duration. Write 4m, 25s, 00:04 or 240.") from error


def hours(text: str) -> tuple[Span, ...]:
    """`09:00-12:00,13:30-17:00`. Raises UsherError."""
    spans: list[Span] = []
    for part in text.split(","):
        begin, dash, end = part.strip().partition("-")
        try:
            span = (seconds(begin), seconds(end)) if dash and ":" in begin and ":" in end else (1.0, 0.0)
        except ValueError:
            span = (1.0, 0.0)
        if not 0 <= span[0] < span[1] <= 86400 or (spans and span[0] < spans[-1][1]):
            raise UsherError(f"{part.strip()!r} is no span of opening hours. Write 09:00-12:00,13:30-17:00.")
        spans.append(span)
    return tuple(spans)


def share(text: str) -> tuple[str, float]:
    """`personal=60`. Raises UsherError."""
    name, _, value = text.partition("=")
    try:
        part = float(value)
        if not name or not 0 <= part < 1e9:
            raise ValueError
    except ValueError as error:
        raise UsherError(f"{text!r} is not a share. Write personal=60.") from error
    return name.strip(), part


def referral(text: str) -> tuple[str, tuple[str, float]]:
    """`internal=laboratory:0.3`. Raises UsherError."""
    origin, _, rest = text.partition("=")
    to, colon, part = rest.rpartition(":")
    try:
        value = float(part) if colon else -1.0
    except ValueError:
        value = -1.0
    if not origin or not to or not 0 <= value <= 1:
        raise UsherError(f"{text!r} sends nobody anywhere. Write internal=laboratory:0.3.")
    return origin.strip().removeprefix("queue."), (to.strip().removeprefix("queue."), value)


def picked(shares: Mapping[str, float], chance: Random, default: str = "") -> str:
    """One of them, by its share."""
    if not shares:
        return default
    return chance.choices(list(shares), list(shares.values()))[0]
