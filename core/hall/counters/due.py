"""What falls due at a counter by itself: the next call when it is idle, a call once more, word of a service that takes long.

Each is worked out from the counter as it is, so a restart in between changes nothing. A counter has one timer at most.
"""

from typing import Any, Final, Literal, TypeAlias, cast

from ...actions import Call
from ...clock import Cancel
from ...errors import ActionError, Refused
from ...events import Event
from ...integration import Kit
from ..calling.choosing import choose
from ..events import COUNTER_EVENTS, SERVICE_EVENTS, SERVICE_OVERTIME, TICKET_EVENTS, PublicTicket
from ..floor import CounterRow, Floor
from ..hall import Hall
from ..journal import Answer, Decision, Rule
from .counters import Counters, WithCurrent
from .serving import at as present_at
from .serving import recall

What: TypeAlias = Literal["call", "recall", "overtime"]
Deed: TypeAlias = tuple[What, float, float]  # what, when (wall time), and after how long
LOOK_EVERY: Final = 15.0  # seconds; who waits too long elsewhere becomes this counter's without an event
AGAIN: Final = 5.0  # seconds, when it could not be stored


def deed(hall: Hall, floor: Floor, counter: str) -> Deed | None:
    """What is due next at this counter; of a counter that is closed, paused or called by hand only, nothing."""
    config, row = hall.counters[counter], floor.counters.get(counter)
    if row is None or row["staff"] is None:
        return None
    ticket = floor.tickets.get(row["ticket"]) if row["ticket"] else None
    if ticket is not None:
        return _with(hall, row, ticket, counter)
    if config.auto_call is None or row["paused"] or row.get("by_hand"):
        return None
    return "call", row["since"] + config.auto_call, config.auto_call


def _with(hall: Hall, row: CounterRow, ticket: PublicTicket, counter: str) -> Deed | None:
    every, called = hall.counters[counter].recall_every, ticket["times"].get("called", row["since"])
    if ticket["state"] == "called" and every is not None:
        return "recall", called + every, every
    limit, began = alert(hall, counter, ticket), began_at(row, ticket)
    return None if limit is None or row.get("overtime") == began else ("overtime", began + limit, limit)


def alert(hall: Hall, counter: str, ticket: PublicTicket) -> float | None:
    """How long a service of this ticket may take before it is told: its queue's word, or the counter's."""
    queue = hall.queues.get(ticket["queue"])
    of_queue = queue.service_alert if queue is not None else None
    return of_queue if of_queue is not None else hall.counters[counter].service_alert


def began_at(row: CounterRow, ticket: PublicTicket) -> float:
    """Since when the visitor is served: from the start, or the last call where nobody starts."""
    times = ticket["times"]
    return times.get("started", times.get("called", row["since"]))


class Due:
    """Keeps the timers of the counters."""

    def __init__(self, hall: Hall, counters: Counters, kit: Kit) -> None:
        self._hall, self._counters, self._kit = hall, counters, kit
        self._timers: dict[str, tuple[Deed, Cancel]] = {}
        self._config: Any = None
        self._wanted: frozenset[str] = frozenset()  # counters at which anything can fall due
        self._calling: frozenset[str] = frozenset()  # those that call by themselves
        kit.listen(self._hear, *TICKET_EVENTS, *COUNTER_EVENTS, *SERVICE_EVENTS)
        kit.every(LOOK_EVERY, self._look_at_all)
        self._look_at_all()

    def _take(self) -> None:
        config = self._config = self._hall.config
        alerts = {name for name, queue in config.queue.items() if queue.service_alert is not None}
        follows = any(s.queue in alerts for one in config.staff.values() for s in one.serves)
        self._calling = frozenset(name for name, one in config.counter.items() if one.auto_call is not None)
        self._wanted = self._calling | {
            name for name, one in config.counter.items()
            if one.recall_every is not None or one.service_alert is not None or follows
            or any(s.queue in alerts for s in one.serves)
        }  # fmt: skip

    def _hear(self, event: Event) -> None:
        if self._config is not self._hall.config:
            self._look_at_all()
        if not self._wanted:
            return
        said, before = event.data.get("ticket"), cast("dict[str, Any]", event.data.get("from") or {})
        ticket = cast("PublicTicket", said) if isinstance(said, dict) else None
        names: set[str | None] = {event.data.get("counter"), before.get("counter"), ticket and ticket["counter"]}
        if ticket is None or ticket["state"] in ("waiting", "staged") or self._leaves_behind(ticket):
            names |= self._calling - self._timers.keys()
        for name in sorted(self._wanted & names):
            self._look(name)

    def _leaves_behind(self, ticket: PublicTicket) -> bool:
        """Whether others sit before the door of who is called: an idle counter may take them now."""
        lines = self._hall.journal.durable.lines
        return ticket["state"] == "called" and bool(lines.staged(ticket["counter"] or ""))

    def _look_at_all(self) -> None:
        if self._config is not self._hall.config:
            self._take()
        for name in self._timers.keys() - self._wanted:
            self._timers.pop(name)[1]()
        for name in sorted(self._wanted):
            self._look(name)

    def _look(self, counter: str) -> None:
        """Have a timer for what is due there, and for nothing else."""
        due, set_ = self._due(counter), self._timers.get(counter)
        if set_ is not None and set_[0] == due:
            return
        if set_ is not None:
            self._timers.pop(counter)[1]()
        if due is not None:
            self._set(counter, due, due[1] - self._hall.clock.now())

    def _due(self, counter: str) -> Deed | None:
        floor, hall = self._hall.journal.durable, self._hall
        due = deed(hall, floor, counter)
        if due is not None and due[0] == "call":
            return due if choose(hall, floor, counter, hall.clock.now(), hall.journal.today) is not None else None
        return due

    def _set(self, counter: str, due: Deed, seconds: float) -> None:
        # Never longer than the whole span, were the wall clock set back.
        after = min(max(0.0, seconds), max(due[2], AGAIN))
        self._timers[counter] = (due, self._kit.after(after, lambda: self._fire(counter, due)))

    def _fire(self, counter: str, due: Deed) -> None:
        self._timers.pop(counter, None)
        self._kit.task(self._do(counter, due), f"{due[0]} at counter.{counter}")

    async def _do(self, counter: str, due: Deed) -> None:
        action, rule = self._rules(counter, due)
        try:
            await self._hall.journal.decide(Call(self._kit.caller), action, None, rule)
        except Refused:
            return  # staff were quicker, or nobody waits any more: the event of that is heard soon
        except ActionError as error:
            self._kit.log.warning("counter.%s: %s could not be done by itself: %s", counter, due[0], error)
            self._set(counter, due, AGAIN)
            return
        self._look(counter)

    def _rules(self, counter: str, due: Deed) -> tuple[str, Rule]:
        """The action this is, and its rule, which asks again whether it is due still."""
        hall = self._hall

        def still(d: Decision) -> None:
            if counter not in hall.counters or deed(hall, d.floor, counter) != due:
                raise Refused("not_due", {"en": "It is not due any more.", "zh-CN": "已不需要。"})

        def call(d: Decision) -> Answer:
            still(d)
            return self._counters.next(d, WithCurrent(counter=counter))

        def again(d: Decision) -> Answer:
            still(d)
            return {"ticket": recall(hall, d, present_at(hall, d.floor, counter))}

        def tell(d: Decision) -> Answer:
            still(d)
            row, ticket = hall.counter_row(d, counter), present_at(hall, d.floor, counter)
            began = began_at(row, ticket)
            d.put("counter", counter, {**row, "overtime": began})
            d.event(SERVICE_OVERTIME, {
                "ticket": ticket, "counter": counter, "staff": row["staff"], "since": began, "limit": due[2],
                "seconds": round(max(0.0, d.now - began))})  # fmt: skip
            return {"ticket": ticket}

        return {"call": ("counter.call_next", call), "recall": ("counter.recall", again),
                "overtime": ("service_overtime", tell)}[due[0]]  # fmt: skip
