"""What the hall learns while it runs, from events that are durable, for its estimates.

A service is the time a ticket keeps a counter: from its first call to when it leaves, a no-show's too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast

from ...events import Event
from ..events import (
    TICKET_CALLED,
    TICKET_ISSUED,
    TICKET_READY,
    TICKET_REQUEUED,
    TICKET_TRANSFERRED,
    TICKET_UNDONE,
    PublicTicket,
)
from ..floor import Floor
from ..hall import Hall
from ..tickets import AT_COUNTER
from .estimating import SLOT, UNKNOWN, Arrivals, Errors, Pace, Rhythm
from .projecting import Stream

ENTERING: Final = frozenset({TICKET_ISSUED, TICKET_READY, TICKET_REQUEUED, TICKET_TRANSFERRED})
LEAST_SERVICES: Final = 3  # nothing is told before the hall has served so many, unless the YAML says how long it takes
PAUSE: Final = 300.0  # a counter that calls nobody for so long although people wait is not handing over


@dataclass
class Learned:
    """What is known of one queue. `changed`: since it was last written down."""

    pace: Pace = field(default_factory=Pace)
    rhythm: Rhythm = field(default_factory=Rhythm)
    errors: Errors = field(default_factory=Errors)
    arrivals: Arrivals = field(default_factory=Arrivals)
    changed: bool = False

    def kept(self) -> dict[str, Any]:
        """As JSON. Who arrived within the last hour is not kept."""
        return {
            "services": [round(s) for s in self.pace.recent],
            "rhythm": {key: [round(mean, 2), days] for key, (mean, days) in self.rhythm.slots.items()},
            "ratios": [[round(r, 3) for r in band] for band in self.errors.ratios],
            "scored": [[round(x) for x in each] for each in self.errors.scored],
        }

    @classmethod
    def restored(cls, kept: Mapping[str, Any]) -> "Learned":
        return cls(
            Pace(float(s) for s in kept.get("services", ())),
            Rhythm({str(key): [float(x) for x in slot] for key, slot in kept.get("rhythm", {}).items()}),
            Errors(kept.get("ratios", ()), (cast("Any", tuple(each)) for each in kept.get("scored", ()))),
        )


class Learning:
    """All queues of one hall."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self.queues: dict[str, Learned] = {}
        self.unshown = set[str]()  # queues whose estimates were scored since
        self._errors = Errors()  # of the whole hall: for a queue that has too few of its own
        self._gaps = Pace()  # from one visitor's leaving to the next call, while people wait
        self._begun: dict[str, tuple[str, float]] = {}  # counter -> (ticket there, since when)
        self._freed: dict[str, float] = {}  # counter -> since when it has nobody, with people waiting
        self._means: dict[str, float | None] = {}  # of each queue, until something is learned
        self._means_of = ""  # this day
        self._usual_now: float | None = None  # likewise

    def restore(self, kept: Mapping[str, Any], now: float) -> None:
        """Begin with what was learned before, by queue, and with who is at the counters now."""
        for queue, value in kept.items():
            learned = self.queues[queue] = Learned.restored(value)
            for band, ratios in zip(self._errors.ratios, learned.errors.ratios, strict=True):
                band.extend(ratios)
        floor = self._hall.journal.durable
        for name in floor.counters:
            ticket = self._hall.present(floor, name)
            if ticket is not None:
                self._begun[name] = (ticket["id"], ticket["times"].get("called", now))

    def take(self) -> None:
        """The configuration is another one."""
        self._paced()

    # What is known.

    def mean(self, queue: str) -> float | None:
        """How long one visit of this queue keeps a counter, with the way to the next; None while nothing is known."""
        today = self._hall.journal.today
        if today != self._means_of:
            self._means_of = today
            self._paced()
        if queue not in self._means:
            self._means[queue] = self._mean(queue, today)
        return self._means[queue]

    def _mean(self, queue: str, today: str) -> float | None:
        learned, config = self.queues.get(queue), self._hall.queues.get(queue)
        expected = config.service_time if config is not None else None
        if expected is None:
            expected = self._usual_now = self._usual() if self._usual_now is None else self._usual_now
        if expected is None:
            return None
        mean = learned.pace.mean(today, expected) if learned else expected
        return None if mean is None else mean + (self._gaps.mean(today, 0.0) or 0.0)

    def _usual(self) -> float | None:
        """Of any queue of the hall: what is assumed of one that has not served anybody yet."""
        count = sum(len(one.pace.recent) for one in self.queues.values())
        if count < LEAST_SERVICES:
            return None
        return sum(one.pace.usual() * len(one.pace.recent) for one in self.queues.values()) / count

    def left(self, floor: Floor, counter: str, now: float) -> float | None:
        """How long whoever is at this counter still takes; None if nobody is there."""
        ticket = self._hall.present(floor, counter)
        if ticket is None:
            return None
        queue = ticket["queue"]
        mean, learned = self.mean(queue) or 0.0, self.queues.get(queue)
        known, at = self._begun.get(counter, ("", now))
        elapsed = max(0.0, now - at) if known == ticket["id"] else 0.0
        return learned.pace.left(elapsed, mean) if learned and learned.pace.recent else mean

    def foresees(self, queue: str, at: datetime) -> bool:
        """Whether it is known how many counters are open at this time of the day."""
        learned = self.queues.get(queue)
        return learned is not None and learned.rhythm.usual(at.weekday(), _second(at)) is not None

    def real(self, queue: str, at: datetime, counters: int, seconds: float) -> float:
        """How long it takes in truth what would take `seconds` with the counters open now."""
        learned = self.queues[queue]
        return learned.rhythm.real(at.weekday(), _second(at), counters, seconds)

    def interval(self, queue: str, ahead: int) -> tuple[float, float]:
        """Between which parts of an estimate the truth falls in 8 of 10 cases, so many people being before."""
        own = self.queues.get(queue)
        return (own and own.errors.interval(ahead)) or self._errors.interval(ahead) or UNKNOWN

    def streams(self, queues: set[str], now: float) -> Iterator[Stream]:
        """Who keeps arriving there."""
        for queue in sorted(queues):
            if (learned := self.queues.get(queue)) is not None:
                for urgency, class_, rate in learned.arrivals.rates(now):
                    yield Stream(queue, class_, urgency, rate)

    # Learning.

    def hear(self, event: Event) -> None:
        ticket = cast("PublicTicket", event.data["ticket"])
        before = cast("Mapping[str, Any]", event.data.get("from") or {})
        if event.type == TICKET_UNDONE:
            self._undone(ticket, event.at)
            return
        counter = before.get("counter")
        if before.get("state") in AT_COUNTER and counter and (
            ticket["state"] not in AT_COUNTER or ticket["counter"] != counter
        ):  # fmt: skip
            self._served(ticket["id"], before["queue"], counter, event.at)
        if event.type in ENTERING and ticket["state"] == "waiting":
            self._of(ticket["queue"]).arrivals.add(ticket["urgency"], ticket["class"], event.at)
        elif event.type == TICKET_CALLED and ticket["calls"] == 1 and ticket["counter"]:
            self._called(ticket, ticket["counter"], before.get("state"), event.at)

    def _called(self, ticket: PublicTicket, counter: str, state: Any, at: float) -> None:
        self._begun[counter] = (ticket["id"], at)
        freed = self._freed.pop(counter, None)
        if freed is not None and 0 <= at - freed < PAUSE:
            self._gaps.add(at - freed, self._hall.journal.today)
            self._paced()
        told = ticket.get("estimate")
        if told is None or state not in ("waiting", "staged") or "carried" in ticket:  # a night is no wait
            return
        actual = max(0.0, at - told["at"])
        for errors in (self._of(ticket["queue"]).errors, self._errors):
            errors.add(actual, told["wait"], told["low"], told["high"], told["ahead"])
        self.unshown.add(ticket["queue"])

    def _served(self, ticket: str, queue: str, counter: str, at: float) -> None:
        known, begun = self._begun.pop(counter, ("", 0.0))
        if known == ticket:
            self._of(queue).pace.add(max(0.0, at - begun), self._hall.journal.today)
            self._paced()
        self._freed.pop(counter, None)
        floor = self._hall.journal.durable
        if counter in self._hall.counters and any(
            floor.waiting(one.queue) for one in self._hall.staff.serves(floor, counter)
        ):  # fmt: skip
            self._freed[counter] = at

    def _undone(self, ticket: PublicTicket, at: float) -> None:
        """Who is at a counter again has not been served yet: the latest service there was none."""
        if ticket["state"] in AT_COUNTER and ticket["counter"]:
            self._of(ticket["queue"]).pace.take_back(self._hall.journal.today)
            self._paced()
            self._begun[ticket["counter"]] = (ticket["id"], ticket["times"].get("called", at))
            self._freed.pop(ticket["counter"], None)

    def _of(self, queue: str) -> Learned:
        learned = self.queues.get(queue)
        if learned is None:
            learned = self.queues[queue] = Learned()
        learned.changed = True
        return learned

    def _paced(self) -> None:
        """A service, or a gap between two, has been learned."""
        self._means.clear()
        self._usual_now = None

    def look(self, at: datetime, counts: Mapping[str, int]) -> None:
        """In the midst of each slot of the day: how many counters are open for each queue."""
        second = _second(at)
        if second % SLOT < SLOT / 2:
            return
        for queue, count in counts.items():
            # Closed with nobody waiting tells nothing: the counters may have gone because the line was served.
            if count or self._hall.journal.durable.waiting(queue):
                self._of(queue).rhythm.note(at.weekday(), second, count)


def _second(at: datetime) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second
