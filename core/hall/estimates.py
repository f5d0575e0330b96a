"""The estimated wait: learned from the hall's own events, given with each ticket, scored when it is called.

Who will really be served before somebody is played forward (`projecting`) with the pace of each queue today; where one line
feeds several counters that is blended with the wait of its head (Ibrahim and Whitt, M&SOM 11, 2009); counters that come
and go every day at the same time are foreseen. The interval is read off the hall's own latest errors.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from pydantic import Field

from ..actions import Answer as AnyAnswer
from ..actions import Call
from ..clock import local
from ..errors import StoreError, Unknown
from ..events import Event
from ..integration import Kit
from ..schema import Strict
from ..tables import Batch
from .choosing import desk_of, rules_of
from .dispatch import Desk
from .estimating import SLOT, UNKNOWN, Arrivals, Errors, Pace, Rhythm, entity_of
from .events import (
    TICKET_CALLED,
    TICKET_EVENTS,
    TICKET_ISSUED,
    TICKET_READY,
    TICKET_REQUEUED,
    TICKET_TRANSFERRED,
    TICKET_UNDONE,
    Estimate,
    PublicTicket,
)
from .floor import CounterRow, Floor
from .hall import Hall
from .lines import since
from .projecting import Scene, Stream, Turn, Window, spread, turn
from .queues import QueueName
from .staffing import Staffing
from .tickets import AT_COUNTER

ENTERING: Final = frozenset({TICKET_ISSUED, TICKET_READY, TICKET_REQUEUED, TICKET_TRANSFERRED})
KEEP_EVERY: Final = 900.0  # seconds between writing down what was learned
BLEND: Final = 0.15  # part of the head of line's wait, where one line feeds at least so many counters:
FEEDS: Final = 3
LEAST_SERVICES: Final = 3  # nothing is told before the hall has served so many, unless the YAML says how long it takes
FRESH: Final = 5.0  # seconds an estimate of a queue is shown without being asked again
SHOW_EVERY: Final = 15.0  # seconds between telling the errors anew
PAUSE: Final = 300.0  # a counter that calls nobody for so long although people wait is not handing over


@dataclass
class Learned:
    """What is known of one queue."""

    pace: Pace = field(default_factory=Pace)
    rhythm: Rhythm = field(default_factory=Rhythm)
    errors: Errors = field(default_factory=Errors)
    arrivals: Arrivals = field(default_factory=Arrivals)
    changed: bool = False


class AskEstimate(Strict):
    """Data of queue.estimate."""

    queue: QueueName = Field(description="The queue.")
    class_: str | None = Field(default=None, alias="class", max_length=64, description="The kind of customer.")
    urgency: int | None = Field(default=None, ge=-100, le=100, description="Instead of the queue's own.")


class Estimates:
    """How long people will wait, in every queue of the hall."""

    def __init__(self, hall: Hall, kit: Kit) -> None:
        self._hall, self._kit = hall, kit
        self._queues: dict[str, Learned] = {}
        self._errors = Errors()  # of the whole hall: for a queue that has too few of its own
        self._gaps = Pace()  # from one visitor's leaving to the next call, while people wait
        self._begun: dict[str, tuple[str, float]] = {}  # counter -> (ticket there, since when)
        self._freed: dict[str, float] = {}  # counter -> since when it has nobody, with people waiting
        self._shown: set[str] = set()
        self._unshown: set[str] = set()  # scored since
        self._means: dict[str, float | None] = {}  # of each queue, until something is learned
        self._means_of = ""  # this day
        self._desks: dict[str, tuple[CounterRow, Staffing, Desk]] = {}
        self._last: dict[str, tuple[float, Estimate | None]] = {}  # what was shown of a queue, and when

    async def open(self) -> None:
        """Remember what was learned before, and begin."""
        kit, hall = self._kit, self._hall
        for entity_id, last in (await kit.kept.load("sensor")).items():
            queue = entity_id.removeprefix("sensor.").removesuffix("_estimate_error")
            if entity_id == entity_of(queue) and isinstance(last.value, dict):
                self._queues[queue] = _restored(cast("dict[str, Any]", last.value))
        for name, row in hall.journal.durable.counters.items():
            ticket = hall.present(hall.journal.durable, name)
            if row["ticket"] and ticket is not None:
                self._begun[name] = (ticket["id"], ticket["times"].get("called", kit.clock.now()))
        hall.estimates = self
        kit.listen(self._hear, *TICKET_EVENTS)
        kit.every(SLOT / 2, self._look)
        kit.every(SHOW_EVERY, self._show_scored)
        kit.every(KEEP_EVERY, lambda: kit.task(self.keep(), "estimates") and None)
        kit.on_close(self._leave)
        self.take()

    def register(self, kit: Kit) -> None:
        kit.action("queue.estimate", AskEstimate, self._ask, question=True, response="only", description={
            "en": "How long one who draws a number now will wait.", "zh-CN": "现在取号预计等候多久。"})  # fmt: skip

    def take(self) -> None:
        """The queues are those of the configuration now."""
        self._means.clear()
        self._last.clear()
        for gone in self._shown - set(self._hall.queues):
            self._kit.states.remove(entity_of(gone))
        self._shown = set(self._hall.queues)
        for queue in self._hall.queues:
            self._show(queue)

    # What others ask.

    def stamp(self, d_floor: Floor, now: float, event: str, new: PublicTicket) -> PublicTicket:
        """The ticket with its estimate as it enters a line. One that is set aside has none: nobody knows for how long."""
        if event in ENTERING and new["state"] == "waiting":
            estimate = self.of(d_floor, new, now)
            if estimate is not None:
                return {**new, "estimate": estimate}
        elif new["state"] in ("waiting", "staged", *AT_COUNTER) and event not in _DISTURBING:
            return new
        if "estimate" in new:
            new = cast("PublicTicket", {key: value for key, value in new.items() if key != "estimate"})
        return new

    def of(self, floor: Floor, ticket: PublicTicket, now: float) -> Estimate | None:
        """How long this ticket, in line or about to be, still waits. None: nobody serves it, or too little is known."""
        queue = ticket["queue"]
        if queue not in self._hall.queues or self._mean(queue) is None:
            return None
        windows = self._windows(floor, queue, now)
        serving = [w for w in windows if any(s.queue == queue for s in w.desk.serves)]
        if not serving:
            return None
        found = turn(ticket, windows, self._scene(floor, windows, now))
        if found is None:
            return None
        return self._told(queue, self._blended(floor, ticket, found, len(serving), now), found.before, now)

    def asker(self, queue: str, class_: str | None = None, urgency: int | None = None) -> PublicTicket:
        """A ticket that nobody has: of one who would draw a number now."""
        own = self._hall.queues[queue].urgency if urgency is None else urgency
        ticket: Any = {
            "id": "", "queue": queue, "class": class_ or "normal", "urgency": own, "place": [1e15, 0.0], "leg": 1,
            "times": {"waiting": self._kit.clock.now()}, "state": "waiting", "reserved": None, "only": False,
            "visitor": None, "party": 1,
        }  # fmt: skip
        return cast("PublicTicket", ticket)

    def queue(self, queue: str) -> Estimate | None:
        """What one who draws a number of this queue now is told, as far as it is durable."""
        return self.of(self._hall.journal.durable, self.asker(queue), self._kit.clock.now())

    def shown(self, queue: str) -> Estimate | None:
        """The same, not older than a few seconds: what states and buttons show."""
        now = self._kit.clock.now()
        at, told = self._last.get(queue, (0.0, None))
        if told is None or not 0 <= now - at < FRESH:
            told = self.queue(queue)
            self._last[queue] = (now, told)
        return told

    async def _ask(self, data: AskEstimate, call: Call) -> AnyAnswer:
        hall = self._hall
        hall.queue(data.queue)
        if data.class_ not in (None, "normal") and data.class_ not in hall.site.classes:
            raise Unknown("unknown_class", {
                "en": "There is no class {name} in this hall.", "zh-CN": "没有 {name} 这类客户。"}, name=data.class_)  # fmt: skip
        floor, now = hall.journal.durable, self._kit.clock.now()
        told = self.of(floor, self.asker(data.queue, data.class_, data.urgency), now)
        return {
            "queue": data.queue, "wait": told and told["wait"], "low": told and told["low"],
            "high": told and told["high"], "ahead": told["ahead"] if told else floor.waiting(data.queue), "at": now,
            "counters_open": sum(1 for name in hall.counters if self._open(floor, name) and any(
                s.queue == data.queue for s in hall.staff.serves(floor, name))),
        }  # fmt: skip

    # The estimate.

    def _windows(self, floor: Floor, queue: str, now: float) -> list[Window]:
        """The open counters that serve this queue, or share a queue with one that does."""
        staff = self._hall.staff
        free = {
            name: staff.serves(floor, name) for name in self._hall.counters if self._open(floor, name) is not None
        }  # fmt: skip
        reached, queues = set[str](), {queue}
        grown = True
        while grown:
            grown = False
            for name, serves in free.items():
                if name not in reached and any(s.queue in queues for s in serves):
                    reached.add(name)
                    more = {s.queue for s in serves} - queues
                    queues |= more
                    grown = grown or bool(more)
        windows: list[Window] = []
        busy: list[tuple[Window, float]] = []
        for name in free:
            if name not in reached:
                continue
            window = Window(self._desk(floor, name), 0.0)
            windows.append(window)
            left = self._left(floor, name, now)
            if left is not None:
                busy.append((window, left))
        spread(busy, queue)
        return windows

    def _desk(self, floor: Floor, name: str) -> Desk:
        """The counter as the rules see it; made anew when somebody else sits there, or its mix has moved."""
        row, staff = floor.counters[name], self._hall.staff
        if (found := self._desks.get(name)) is not None:
            before, of, desk = found
            if of is staff and _same_desk(before, row):
                return desk
        desk = desk_of(self._hall, floor, name, self._hall.journal.today)
        self._desks[name] = (row, staff, desk)
        return desk

    def _open(self, floor: Floor, name: str) -> CounterRow | None:
        row = floor.counters.get(name)
        return row if row and row["staff"] is not None and not row["paused"] and not row["pausing"] else None

    def _left(self, floor: Floor, name: str, now: float) -> float | None:
        """How long whoever is at this counter still takes; None if nobody is there."""
        row = floor.counters[name]
        if not row["ticket"] or row["ticket"] not in floor.tickets:
            return None
        queue = floor.tickets[row["ticket"]]["queue"]
        mean = self._mean(queue) or 0.0
        known, at = self._begun.get(name, ("", now))
        elapsed = max(0.0, now - at) if known == row["ticket"] else 0.0
        learned = self._queues.get(queue)
        return learned.pace.left(elapsed, mean) if learned and learned.pace.recent else mean

    def _mean(self, queue: str) -> float | None:
        """How long one visit of this queue keeps a counter, with the way to the next; None while nothing is known."""
        today = self._hall.journal.today
        if today != self._means_of:
            self._means, self._means_of = {}, today
        if queue not in self._means:
            self._means[queue] = self._mean_now(queue, today)
        return self._means[queue]

    def _mean_now(self, queue: str, today: str) -> float | None:
        learned, config = self._queues.get(queue), self._hall.queues.get(queue)
        expected = config.service_time if config is not None else None
        if expected is None:
            expected = self._usual()
        mean = learned.pace.mean(today, expected) if learned else expected
        return None if mean is None else mean + (self._gaps.mean(today, 0.0) or 0.0)

    def _usual(self) -> float | None:
        """Of any queue of the hall: what is assumed of one that has not served anybody yet."""
        count = sum(len(one.pace.recent) for one in self._queues.values())
        if count < LEAST_SERVICES:
            return None
        return sum(one.pace.usual() * len(one.pace.recent) for one in self._queues.values()) / count

    def _scene(self, floor: Floor, windows: list[Window], now: float) -> Scene:
        means: dict[str, float] = {}

        def mean(queue: str) -> float:
            if queue not in means:
                means[queue] = self._mean(queue) or 0.0
            return means[queue]

        queues = {s.queue for window in windows for s in window.desk.serves}
        rules = rules_of(self._hall, floor)
        return Scene(now, floor.lines, rules, mean, [*self._streams(queues, now)])

    def _streams(self, queues: set[str], now: float) -> Iterator[Stream]:
        """Who keeps arriving there. One rank alone cannot overtake anybody."""
        for queue in sorted(queues):
            learned = self._queues.get(queue)
            if learned is not None:
                for urgency, class_, rate in learned.arrivals.rates(now):
                    yield Stream(queue, class_, urgency, rate)

    def _blended(self, floor: Floor, ticket: PublicTicket, found: Turn, serving: int, now: float) -> float:
        """With the counters that will come and go, and, where one line feeds several, the wait of its head."""
        queue, at = ticket["queue"], local(self._kit.clock, now)
        learned = self._queues.get(queue)
        seconds = found.seconds
        if learned is not None:
            second = at.hour * 3600 + at.minute * 60 + at.second
            seconds = learned.rhythm.real(at.weekday(), second, serving, seconds)
        oldest = floor.oldest(queue)
        if serving < FEEDS or found.overtaken or oldest is None or found.before == 0:
            return seconds
        head = now - oldest - (now - since(ticket)) * (ticket["id"] in floor.tickets)
        return seconds if head <= 0 else (1 - BLEND) * seconds + BLEND * head

    def _told(self, queue: str, seconds: float, ahead: int, now: float) -> Estimate:
        learned = self._queues.get(queue)
        low, high = (
            (learned.errors.interval(ahead) if learned else None) or self._errors.interval(ahead) or UNKNOWN
        )  # fmt: skip
        base = max(seconds, 15.0)
        return {"wait": round(seconds), "low": round(min(low * base, seconds)), "high": round(high * base), "at": now,
                "ahead": ahead}  # fmt: skip

    # Learning, from what is durable.

    def _hear(self, event: Event) -> None:
        ticket = cast("PublicTicket", event.data["ticket"])
        before = cast("Mapping[str, Any]", event.data.get("from") or {})
        if event.type == TICKET_UNDONE:
            self._undone(ticket, event.at)
            return
        if (
            before.get("state") in AT_COUNTER
            and before.get("counter")
            and (ticket["state"] not in AT_COUNTER or ticket["counter"] != before["counter"])
        ):
            self._served(ticket["id"], before["queue"], before["counter"], event.at)
        if event.type in ENTERING and ticket["state"] == "waiting":
            learned = self._of(ticket["queue"])
            learned.arrivals.add(ticket["urgency"], ticket["class"], event.at)
        elif event.type == TICKET_CALLED and ticket["calls"] == 1 and ticket["counter"]:
            self._called(ticket, before.get("state"), event.at)

    def _called(self, ticket: PublicTicket, state: Any, at: float) -> None:
        counter = str(ticket["counter"])
        self._begun[counter] = (ticket["id"], at)
        freed = self._freed.pop(counter, None)
        if freed is not None and at - freed < PAUSE:
            self._gaps.add(max(0.0, at - freed), self._hall.journal.today)
        told = ticket.get("estimate")
        if told is None or state not in ("waiting", "staged"):
            return
        actual = max(0.0, at - told["at"])
        learned = self._of(ticket["queue"])
        for errors in (learned.errors, self._errors):
            errors.add(actual, told["wait"], told["low"], told["high"], told["ahead"])
        self._unshown.add(ticket["queue"])

    def _served(self, ticket: str, queue: str, counter: str, at: float) -> None:
        known, begun = self._begun.pop(counter, ("", 0.0))
        if known == ticket:
            self._of(queue).pace.add(max(0.0, at - begun), self._hall.journal.today)
        floor = self._hall.journal.durable
        if counter in self._hall.counters and any(
            floor.waiting(s.queue) for s in self._hall.staff.serves(floor, counter)
        ):
            self._freed[counter] = at
        else:
            self._freed.pop(counter, None)

    def _undone(self, ticket: PublicTicket, at: float) -> None:
        """Who is at a counter again has not been served yet: the latest service there was none."""
        if ticket["state"] in AT_COUNTER and ticket["counter"]:
            self._of(ticket["queue"]).pace.take_back(self._hall.journal.today)
            self._begun[ticket["counter"]] = (ticket["id"], ticket["times"].get("called", at))
            self._freed.pop(ticket["counter"], None)

    def _of(self, queue: str) -> Learned:
        learned = self._queues.get(queue)
        if learned is None:
            learned = self._queues[queue] = Learned()
        learned.changed = True
        self._means.clear()
        return learned

    def _look(self) -> None:
        """In the midst of each slot of the day: how many counters are open for each queue."""
        at = local(self._kit.clock)
        second = at.hour * 3600 + at.minute * 60
        if second % SLOT < SLOT / 2:
            return
        floor, counts = self._hall.journal.durable, dict.fromkeys(self._hall.queues, 0)
        for name in self._hall.counters:
            if self._open(floor, name) is not None:
                for serves in self._hall.staff.serves(floor, name):
                    counts[serves.queue] = counts.get(serves.queue, 0) + 1
        for queue, count in counts.items():
            # Closed with nobody waiting tells nothing: the counters may have gone because the line was served.
            if count or floor.waiting(queue):
                self._of(queue).rhythm.note(at.weekday(), second, count)

    # Showing and keeping.

    def _show(self, queue: str) -> None:
        if queue not in self._hall.queues:
            return
        errors = self._queues[queue].errors if queue in self._queues else Errors()
        name = self._hall.queues[queue].name
        self._kit.states.set(entity_of(queue), errors.mean_error, {
            "name": name, "queue": queue, "unit_of_measurement": "s", "device_class": "duration", **errors.figures(),
        })  # fmt: skip

    def _show_scored(self) -> None:
        queues, self._unshown = self._unshown, set()
        for queue in sorted(queues):
            self._show(queue)

    async def keep(self) -> None:
        """Write down what was learned since."""
        batch, changed = Batch(), [(queue, one) for queue, one in self._queues.items() if one.changed]
        for queue, one in changed:
            one.changed = False
            self._kit.kept.write(batch, entity_of(queue), _kept(one))
        if changed:
            try:
                await self._kit.store.save(batch)
            except StoreError as error:
                for _, one in changed:
                    one.changed = True
                self._kit.log.warning("What was learned for the estimated wait is not kept yet: %s", error)

    def _leave(self) -> None:
        self._hall.estimates = None
        for queue in self._shown:
            self._kit.states.remove(entity_of(queue))


_DISTURBING: Final = frozenset({"ticket_put_back", "ticket_released", "ticket_moved", "ticket_undone"})


def _same_desk(one: CounterRow, other: CounterRow) -> bool:
    return one is other or (
        one["staff"] == other["staff"] and one["staff_name"] == other["staff_name"] and one["day"] == other["day"]
        and one.get("mix") == other.get("mix"))  # fmt: skip


def _kept(one: Learned) -> dict[str, Any]:
    return {
        "services": [round(s) for s in one.pace.recent],
        "rhythm": {key: [round(mean, 2), days] for key, (mean, days) in one.rhythm.slots.items()},
        "ratios": [[round(r, 3) for r in band] for band in one.errors.ratios],
        "scored": [[round(x) for x in each] for each in one.errors.scored],
    }


def _restored(kept: dict[str, Any]) -> Learned:
    return Learned(
        Pace(float(s) for s in kept.get("services", ())),
        Rhythm({str(k): [float(x) for x in v] for k, v in kept.get("rhythm", {}).items()}),
        Errors(kept.get("ratios", ()), ((*map(float, each),) for each in kept.get("scored", ()))),  # type: ignore[misc]
    )
