"""What a hall learns of itself for its estimates: pace, gaps, arrivals, the day's rhythm, its own errors. Pure.

All spans are seconds. Nothing here reads a clock; what is learned is a small JSON object, so that it outlives a restart.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable
from itertools import accumulate
from typing import Any, Final

SAMPLES: Final = 500  # services remembered of a queue
USUAL: Final = 20  # the usual pace weighs as much as so many services of today: a day differs by about a fifth
TOO_LONG: Final = 8.0  # times the usual: somebody forgot to press finish
DAY: Final = 24 * 3600
SLOT: Final = 600  # seconds of the day that are one step of the rhythm
BANDS: Final = (3, 8, 20)  # people before: errors of a short line and of a long one are not alike
RATIOS: Final = 600  # the latest errors of each band
ENOUGH: Final = 50  # errors from which an interval is read off
UNKNOWN: Final = (0.5, 1.7)  # the interval about an estimate until then
SHORTEST: Final = 15.0  # an estimate below this counts as this in a ratio


def entity_of(queue: str) -> str:
    """The sensor that says how good a queue's estimates are."""
    return f"sensor.{queue}_estimate_error"


class Pace:
    """How long one visit keeps a counter: today's mean, drawn towards the usual while today is young."""

    def __init__(self, recent: Iterable[float] = ()) -> None:
        self.recent = deque(recent, maxlen=SAMPLES)
        self._day, self._count, self._total = "", 0, 0.0
        self._sorted: list[float] = []
        self._above: list[float] = []
        self._stale = True

    def add(self, seconds: float, day: str) -> None:
        """One more service, of this business day."""
        if len(self.recent) >= USUAL:
            seconds = min(seconds, TOO_LONG * self.usual())
        if day != self._day:
            self._day, self._count, self._total = day, 0, 0.0
        self._count, self._total = self._count + 1, self._total + seconds
        self.recent.append(seconds)
        self._stale = True

    def take_back(self, day: str) -> None:
        """The latest was no service after all."""
        if self.recent and day == self._day and self._count:
            seconds = self.recent.pop()
            self._count, self._total = self._count - 1, self._total - seconds
            self._stale = True

    def mean(self, day: str, expected: float | None) -> float | None:
        """Of the visits to come today. `expected` stands for the services a young queue has not had yet."""
        missing = max(0, USUAL - len(self.recent)) if expected is not None else 0
        if not self.recent and not missing:
            return None
        usual = (self.usual() * len(self.recent) + (expected or 0.0) * missing) / (len(self.recent) + missing)
        if day != self._day:
            return usual
        return (usual * USUAL + self._total) / (USUAL + self._count)

    def left(self, elapsed: float, mean: float) -> float:
        """How long one who has been served for `elapsed` still takes, on the average of those who took longer."""
        usual = self.usual()
        if usual <= 0:
            return mean
        scale = mean / usual
        self._sort()
        gone = elapsed / scale if scale > 0 else elapsed
        at = bisect_right(self._sorted, gone)
        longer = len(self._sorted) - at
        return scale * (self._above[at] - longer * gone + 3 * usual) / (longer + 3)

    def usual(self) -> float:
        """The mean of all that is remembered; 0 of nothing."""
        self._sort()
        return self._above[0] / len(self.recent) if self.recent else 0.0

    def _sort(self) -> None:
        """In order, with the sum of all from each place on."""
        if self._stale:
            self._sorted = sorted(self.recent)
            self._above = [*list(accumulate(reversed(self._sorted)))[::-1], 0.0]
            self._stale = False


class Rhythm:
    """How many counters are open at which time of a day, by weekday: lunch comes every day."""

    def __init__(self, slots: dict[str, list[float]] | None = None) -> None:
        self.slots = dict(slots or {})  # "3/54": [mean, days]; "*/54" is of any weekday

    def note(self, weekday: int, second: int, counters: int) -> None:
        """So many were open in the slot that has this second of the day; once a day."""
        for key in (f"{weekday}/{second // SLOT}", f"*/{second // SLOT}"):
            mean, days = self.slots.get(key, (0.0, 0.0))
            self.slots[key] = [mean + (counters - mean) * max(0.1, 1 / (days + 1)), days + 1]

    def real(self, weekday: int, second: int, counters: int, seconds: float) -> float:
        """How long it takes in truth, counters coming and going, what would take `seconds` with those open now."""
        base = self.usual(weekday, second)
        if base is None or not counters:
            return seconds
        left, at = seconds * counters, float(second)
        while at < second + DAY:
            slot = int(at // SLOT)
            there = self.usual(weekday, int(at) % DAY)
            open_then = max(1.0, counters + (there - base if there is not None else 0.0))
            span = (slot + 1) * SLOT - at
            if open_then * span >= left:
                return at - second + left / open_then
            left -= open_then * span
            at += span
        return at - second

    def usual(self, weekday: int, second: int) -> float | None:
        """How many counters are open then; None of a time never seen."""
        slot = second // SLOT
        mean, days = self.slots.get(f"{weekday}/{slot}", (0.0, 0.0))
        if days < 3:
            mean, days = self.slots.get(f"*/{slot}", (0.0, 0.0))
        return mean if days else None


class Errors:
    """Estimates against what came true: the interval for the next ones, and how good they are."""

    def __init__(
        self, ratios: Iterable[Iterable[float]] = (), scored: Iterable[tuple[float, float, float, float]] = ()
    ) -> None:
        given = [*ratios]
        self.ratios = [
            deque(given[n] if n < len(given) else (), maxlen=RATIOS) for n in range(len(BANDS) + 1)
        ]  # fmt: skip
        self.scored = deque(((a, w, low, high) for a, w, low, high in scored), maxlen=RATIOS)
        self._cuts: dict[int, tuple[float, float]] = {}
        self._fresh = [0] * len(self.ratios)
        self._sums, self._added = _sums(self.scored), 0

    def add(self, actual: float, wait: float, low: float, high: float, ahead: int) -> None:
        """One who was told `wait` (`low` to `high`) waited `actual`."""
        band = bisect_right(BANDS, ahead)
        self.ratios[band].append(actual / max(wait, SHORTEST))
        self._fresh[band] += 1
        if self._fresh[band] % 20 == 0:
            self._cuts.pop(band, None)
        gone = self.scored[0] if len(self.scored) == RATIOS else None
        self.scored.append((actual, wait, low, high))
        self._added += 1
        if self._added % RATIOS == 0:  # what adding and taking away leaves behind in floats is cleared
            self._sums = _sums(self.scored)
            return
        minus = _one(*gone) if gone is not None else _NOTHING
        self._sums = tuple(s + p - m for s, p, m in zip(self._sums, _one(*self.scored[-1]), minus, strict=True))

    def interval(self, ahead: int) -> tuple[float, float] | None:
        """Between which parts of an estimate the truth fell in 8 of 10 cases; None while too few are known."""
        band = bisect_right(BANDS, ahead)
        if band not in self._cuts:
            known = sorted(self.ratios[band])
            if len(known) < ENOUGH:
                return None
            cut = len(known) * 9 // 100  # the errors of one day are alike, so a tenth of them on each side is too much
            self._cuts[band] = (known[cut], known[-1 - cut])
        return self._cuts[band]

    def figures(self) -> dict[str, Any]:
        """Of the latest: mean absolute error, bias, how often the truth lay within, how wide, how many waited longer."""
        n = len(self.scored)
        if not n:
            return {
                "scored": 0,
                "mean_wait": None,
                "bias": None,
                "coverage": None,
                "width": None,
                "waited_longer": None,
            }
        waited, bias, _, within, width, longer = self._sums
        return {
            "scored": n,
            "mean_wait": round(waited / n),
            "bias": round(bias / n),
            "coverage": round(100 * within / n, 1),
            "width": round(width / n),
            "waited_longer": round(100 * longer / n, 1),
        }

    @property
    def mean_error(self) -> int | None:
        """The mean absolute error of the latest, in seconds."""
        return round(self._sums[2] / len(self.scored)) if self.scored else None


def _one(actual: float, wait: float, low: float, high: float) -> tuple[float, ...]:
    """What one adds to the sums: waited, bias, error, within, width, waited longer."""
    return actual, wait - actual, abs(actual - wait), low <= actual <= high, high - low, actual > wait


def _sums(scored: Iterable[tuple[float, float, float, float]]) -> tuple[float, ...]:
    """The sums over all of them."""
    return tuple(map(sum, zip(_NOTHING, *(_one(*one) for one in scored), strict=True)))


_NOTHING: Final = (0.0,) * 6


class Arrivals:
    """How often people of each rank come into a queue's line, of the last hour."""

    WINDOW: Final = 3600.0
    LEAST: Final = 900.0  # a rate is not read off less than this

    def __init__(self) -> None:
        self._times: dict[tuple[int, str], deque[float]] = {}
        self._first: float | None = None

    def add(self, urgency: int, class_: str, at: float) -> None:
        """Somebody of this rank came."""
        if self._first is None or at - self._last > self.WINDOW:
            self._first = at  # another day: the hour before it is no hour of this hall
            self._times.clear()
        self._last = at
        self._times.setdefault((urgency, class_), deque(maxlen=2000)).append(at)

    def rates(self, now: float) -> Iterable[tuple[int, str, float]]:
        """(urgency, class, how many a second)."""
        if self._first is None:
            return
        span = max(self.LEAST, min(self.WINDOW, now - self._first))
        for (urgency, class_), times in self._times.items():
            while times and times[0] < now - self.WINDOW:
                times.popleft()
            if times:
                yield urgency, class_, len(times) / span

    _last = 0.0
