"""The estimated wait, given with each ticket as it enters a line and asked for at any time.

Who will really be served before somebody is played forward (`outlook`, `forecasting`) with the pace of each queue today; counters that
come and go every day at the same time are foreseen. While that is not known yet, and one line feeds several counters, it is
blended with the wait of the line's head (Ibrahim and Whitt, M&SOM 11, 2009). The interval is read off the hall's own latest errors.
"""

from typing import Any, Final, cast

from pydantic import Field

from ...actions import Answer as AnyAnswer
from ...actions import Call
from ...clock import local
from ...errors import StoreError, Unknown
from ...integration import Kit
from ...schema import Strict
from ...tables import Batch
from ..admission.queues import QueueName
from ..events import (
    COUNTER_EVENTS,
    SERVICE_EVENTS,
    TICKET_EVENTS,
    TICKET_MOVED,
    TICKET_PUT_BACK,
    TICKET_RELEASED,
    TICKET_UNDONE,
    Estimate,
    PublicTicket,
)
from ..floor import Floor
from ..hall import Hall
from ..lines import since
from ..tickets import AT_COUNTER
from .estimating import SHORTEST, SLOT, Errors, entity_of
from .learning import ENTERING, Learning
from .outlook import Outlook, is_open
from .projecting import Turn

BLEND: Final = 0.15  # part of the head of line's wait, where one line feeds at least so many counters:
FEEDS: Final = 3
FRESH: Final = 15.0  # seconds an estimate of a queue is shown without being asked again; of none known, one
SHOW_EVERY: Final = 15.0  # seconds between telling the errors anew
KEEP_EVERY: Final = 900.0  # seconds between writing down what was learned
_DISTURBING: Final = frozenset({TICKET_PUT_BACK, TICKET_RELEASED, TICKET_MOVED, TICKET_UNDONE})  # the promise is off


class AskEstimate(Strict):
    """Data of queue.estimate."""

    queue: QueueName = Field(description="The queue.")
    class_: str | None = Field(default=None, alias="class", max_length=64, description="The kind of customer.")
    urgency: int | None = Field(default=None, ge=-100, le=100, description="Instead of the queue's own.")


class Estimates:
    """How long people will wait, in every queue of the hall."""

    def __init__(self, hall: Hall, kit: Kit) -> None:
        self._hall, self._kit, self._learning = hall, kit, Learning(hall)
        self._outlook = Outlook(hall, self._learning)
        self._shown = set[str]()
        self._last: dict[str, tuple[float, Estimate | None]] = {}  # what was shown of a queue, and when

    def register(self, kit: Kit) -> None:
        kit.action("queue.estimate", AskEstimate, self._ask, question=True, response="only", description={
            "en": "How long one who draws a number now will wait.", "zh-CN": "现在取号预计等候多久。"})  # fmt: skip

    async def open(self) -> None:
        """Remember what was learned before, and begin."""
        kit, hall = self._kit, self._hall
        last = await kit.kept.load("sensor")
        kept = {queue: last[entity_of(queue)].value for queue in hall.queues if entity_of(queue) in last}
        self._learning.restore(
            {queue: value for queue, value in kept.items() if isinstance(value, dict)}, kit.clock.now()
        )
        hall.estimates = self
        kit.listen(self._learning.hear, *TICKET_EVENTS)
        kit.listen(lambda _: self._outlook.moved(), *COUNTER_EVENTS, *SERVICE_EVENTS)
        kit.every(SLOT / 2, self._look)
        kit.every(SHOW_EVERY, self._show_scored)
        kit.every(KEEP_EVERY, self._keep_soon)
        kit.on_close(self._leave)
        self.take()

    def take(self) -> None:
        """The queues are those of the configuration now."""
        self._learning.take()
        self._outlook.take()
        self._last.clear()
        for gone in self._shown - set(self._hall.queues):
            self._kit.states.remove(entity_of(gone))
        self._shown = set(self._hall.queues)
        for queue in self._hall.queues:
            self._show(queue)

    # What others ask.

    def stamp(self, floor: Floor, now: float, event: str, new: PublicTicket) -> PublicTicket:
        """The ticket with its estimate as it enters a line. One that is set aside has none: nobody knows for how long."""
        if event in ENTERING and new["state"] == "waiting":
            estimate = self.of(floor, new, now, earns=True)
            if estimate is not None:
                return {**new, "estimate": estimate}
        elif new["state"] in ("waiting", "staged", *AT_COUNTER) and event not in _DISTURBING:
            return new
        if "estimate" in new:
            new = cast("PublicTicket", {key: value for key, value in new.items() if key != "estimate"})
        return new

    def of(self, floor: Floor, ticket: PublicTicket, now: float, *, earns: bool = False) -> Estimate | None:
        """How long this ticket, in line or about to be, still waits. None: nobody serves it, or too little is known."""
        queue = ticket["queue"]
        if queue not in self._hall.queues or self._learning.mean(queue) is None:
            return None
        told = self._outlook.turn(floor, ticket, now, earns=earns)
        if told is None:
            return None
        found, serving = told
        seconds = self._blended(floor, ticket, found, serving, now)
        low, high = self._learning.interval(queue, found.before)
        base = max(seconds, SHORTEST)
        return {"wait": round(seconds), "low": round(min(low * base, seconds)), "high": round(max(high * base, seconds)),
                "at": now, "ahead": found.before}  # fmt: skip

    def asker(self, queue: str, class_: str | None = None, urgency: int | None = None) -> PublicTicket:
        """A ticket that nobody has: of one who would draw a number now."""
        own = self._hall.queues[queue].urgency if urgency is None else urgency
        ticket: Any = {
            "id": "", "queue": queue, "class": class_ or "normal", "urgency": own, "place": [1e15, 0.0], "leg": 1,
            "times": {"waiting": self._kit.clock.now()}, "state": "waiting", "reserved": None, "only": False,
            "visitor": None, "party": 1,
        }  # fmt: skip
        return cast("PublicTicket", ticket)

    def shown(self, queue: str) -> Estimate | None:
        """For one who draws a number of this queue now, some seconds old: what states and buttons show."""
        now = self._kit.clock.now()
        at, told = self._last.get(queue, (0.0, None))
        if not 0 <= now - at < (1.0 if told is None else FRESH):
            told = self.of(self._hall.journal.durable, self.asker(queue), now)
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
            "counters_open": self._counts(floor)[data.queue],
        }  # fmt: skip

    # The estimate.

    def _blended(self, floor: Floor, ticket: PublicTicket, found: Turn, serving: int, now: float) -> float:
        """With the counters that will come and go, or with the wait of the head where one line feeds several."""
        queue, at = ticket["queue"], local(self._kit.clock, now)
        if self._learning.foresees(queue, at):
            return self._learning.real(queue, at, serving, found.seconds)
        seconds, oldest = found.seconds, floor.oldest(queue)
        if serving < FEEDS or found.overtaken or oldest is None or found.before == 0:
            return seconds
        waited = now - since(ticket) if ticket["id"] in floor.tickets else 0.0
        head = now - oldest - waited
        return seconds if head <= 0 else (1 - BLEND) * seconds + BLEND * head

    def _counts(self, floor: Floor) -> dict[str, int]:
        """How many counters are open for each queue."""
        counts = dict.fromkeys(self._hall.queues, 0)
        for name in self._hall.counters:
            if is_open(floor, name):
                for one in self._hall.staff.serves(floor, name):
                    counts[one.queue] = counts.get(one.queue, 0) + 1
        return counts

    # Looking, showing and keeping.

    def _look(self) -> None:
        self._learning.look(local(self._kit.clock), self._counts(self._hall.journal.durable))

    def _show(self, queue: str) -> None:
        if queue not in self._hall.queues:
            return
        learned = self._learning.queues.get(queue)
        errors = learned.errors if learned else Errors()
        self._kit.states.set(entity_of(queue), errors.mean_error, {
            "name": self._hall.queues[queue].name, "queue": queue, "unit_of_measurement": "s",
            "device_class": "duration", **errors.figures(),
        })  # fmt: skip

    def _show_scored(self) -> None:
        queues, self._learning.unshown = self._learning.unshown, set()
        for queue in sorted(queues):
            self._show(queue)

    def _keep_soon(self) -> None:
        self._kit.task(self.keep(), "estimates")

    async def keep(self) -> None:
        """Write down what was learned since."""
        changed = [(queue, one) for queue, one in self._learning.queues.items() if one.changed]
        batch = Batch()
        for queue, one in changed:
            one.changed = False
            self._kit.kept.write(batch, entity_of(queue), one.kept())
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
