"""The hall's entities: `queue.<id>` and `counter.<id>`, always from what is durable."""

from typing import Any

from ..events import Context
from ..integration import Kit
from ..states import State
from .counters.counters import Counters
from .counters.staff_states import StaffStates
from .counters.staffing import given
from .floor import CounterRow
from .hall import Hall
from .journal import Touched
from .journeys.staging import staged_for
from .numbering import coming, number


class Figures:
    """Writes the states of queues and counters; ages are written anew every `REFRESH` seconds."""

    REFRESH = 15.0
    PARTS = 5  # not all queues in one turn of the loop

    def __init__(self, hall: Hall, counters: Counters, kit: Kit) -> None:
        self._hall, self._counters, self._states, self._clock = hall, counters, kit.states, kit.clock
        self._shown: set[str] = set()
        self._part = 0
        self._staff = StaffStates(hall, kit.states)
        self._takers: dict[str, int] = {}  # how many counters take people of a queue; found when it is asked for
        self._open: dict[str, Any] = {}  # who takes people at a counter now, and of which queues instead of the YAML's
        hall.journal.show = self.show
        kit.every(self.REFRESH / self.PARTS, self._refresh)
        kit.on_close(self._leave)
        self.take()

    def take(self) -> None:
        """The queues and counters are those of the configuration now."""
        queues, counters = self._hall.queues, self._hall.counters
        self._takers.clear()
        self._serving: dict[str, list[str]] = {
            queue: [name for name, c in counters.items() if any(s.queue == queue for s in c.serves)] for queue in queues
        }
        self._fixed: dict[str, dict[str, Any]] = {
            name: {"name": queue.name, "counters": self._serving[name],
                   "services": {key: service.name for key, service in queue.services.items()}}
            for name, queue in queues.items()
        }  # fmt: skip
        now = {f"queue.{q}" for q in queues} | {f"counter.{c}" for c in counters}
        for entity_id in self._shown - now:
            self._states.remove(entity_id)
        self._shown = now
        self.all()

    def all(self) -> None:
        """Every queue, counter and member of staff as it is now."""
        self._staff.take()
        self.show({("queue", q) for q in self._hall.queues} | {("counter", c) for c in self._hall.counters}, None)

    def show(self, touched: Touched, context: Context | None) -> None:
        """Set the states of these. What is no longer in the YAML has no state."""
        for kind, name in sorted(touched) if len(touched) > 1 else touched:  # whatever Python makes of a set
            if kind == "queue" and name in self._hall.queues:
                self._queue(name, context)
            elif kind == "counter" and name in self._hall.counters:
                self._counter(name, context)

    def _queue(self, name: str, context: Context | None) -> None:
        floor, today = self._hall.journal.durable, self._hall.journal.today
        row, waiting = floor.queues.get(name), floor.waiting(name)
        fresh = row is not None and row["day"] == today
        paused = row is not None and row["paused"]
        now, admission = self._clock.now(), self._hall.admission
        refusal = admission.refusal(name, now)
        self._states.set(f"queue.{name}", waiting, {
            **self._fixed[name], "waiting": waiting, "next": self.next_number(name),
            "oldest_wait": self._oldest_wait(name), **self._estimate(name),
            "issued_today": row["issued"] if row and fresh else 0, "served_today": row["served"] if row and fresh else 0,
            "paused": paused, "pause_reason": row["reason"] if row and paused else None, "open": refusal is None,
            "why_closed": refusal and refusal.code, "closed_text": refusal and refusal.words,
            "opens_at": refusal and refusal.next, "closes_at": None if refusal else admission.closes(name, now),
            "counters_open": self._counters_open(name),
        }, context)  # fmt: skip

    def _counters_open(self, queue: str) -> int:
        """How many counters take people of this queue now."""
        if queue not in self._takers:
            self._takers[queue] = self._count_open(queue)
        return self._takers[queue]

    def _count_open(self, queue: str) -> int:
        floor, staff = self._hall.journal.durable, self._hall.staff
        rows = floor.counters
        decides = staff.decides or any(set_ for _, set_ in self._open.values())
        names = rows.keys() & self._hall.counters.keys() if decides else self._serving[queue]
        return sum(
            1 for name in names
            if (row := rows.get(name)) and row["staff"] is not None and not row["paused"]
            and (not decides or any(s.queue == queue for s in staff.serves(floor, name)))
        )  # fmt: skip

    def _estimate(self, name: str) -> dict[str, Any]:
        """How long one who draws a number now will wait, in seconds: the estimate, and between what in 8 of 10 cases."""
        told = self._hall.estimates.shown(name) if self._hall.estimates is not None else None
        return {
            "estimated_wait": told and told["wait"], "estimated_wait_low": told and told["low"],
            "estimated_wait_high": told and told["high"],
        }  # fmt: skip

    def next_number(self, name: str) -> str | None:
        """The number that would be given next; None when the segment is used up."""
        queue = self._hall.queues[name]
        n = next(coming(self._hall.journal.durable, name, queue, self._hall.journal.today), None)
        return None if n is None else number(queue, n)

    def _counter(self, name: str, context: Context | None) -> None:
        floor, config = self._hall.journal.durable, self._hall.counters[name]
        row = floor.counters.get(name)
        ticket = floor.tickets.get(row["ticket"]) if row and row["ticket"] else None
        today = row is not None and row["day"] == self._hall.journal.today
        attributes: dict[str, Any] = {
            "name": config.name, "ticket": ticket, "number": ticket["number"] if ticket else None,
            "staff": row["staff_name"] if row else None, "staff_id": row["staff"] if row else None,
            "since": row["since"] if row else None,
            "serves": [s.queue for s in self._hall.staff.serves(floor, name)], "served_today": row["served"] if row and today else 0,
            "pause_reason": row["reason"] if row else None, "pausing": bool(row and row["pausing"]),
            "staged": [t["number"] for t in staged_for(floor, name)],
        }  # fmt: skip
        value = counter_state(row, ticket["state"] if ticket else None)
        self._states.set(f"counter.{name}", value, attributes, context)
        self._staff.follow(name, row, value, context)
        before, now = (
            self._open.get(name),
            (row["staff"] if row is not None and not row["paused"] else None, given(row)),
        )
        if before != now:  # its queues may have a counter more, or one less
            self._open[name] = now
            self._takers.clear()
            every = self._hall.staff.decides or now[1] or (before and before[1])
            for queue in self._hall.queues if every else dict.fromkeys(s.queue for s in config.serves):
                if queue in self._hall.queues:
                    self._queue(queue, context)

    def _refresh(self) -> None:
        """A part of the queues: to estimate all waits at once would hold the loop."""
        floor, self._part = self._hall.journal.durable, (self._part + 1) % self.PARTS
        for queue in [*self._hall.queues][self._part :: self.PARTS]:
            state = self._states.get(f"queue.{queue}")
            if state is not None and (floor.waiting(queue) or state.attributes["estimated_wait"] is not None):
                self._age(queue, state)

    def _age(self, name: str, state: State) -> None:
        """What grows with time alone. All else is written when it changes; but who is let in may depend on the wait."""
        if self._hall.queues[name].stop_before_closing.served:
            self._queue(name, None)
            return
        older = {**state.attributes, "oldest_wait": self._oldest_wait(name), **self._estimate(name)}
        if older != state.attributes:
            self._states.set(f"queue.{name}", state.value, older)

    def _oldest_wait(self, name: str) -> int | None:
        oldest = self._hall.journal.durable.oldest(name)
        return None if oldest is None else max(0, round(self._clock.now() - oldest))

    def _leave(self) -> None:
        self._hall.journal.show = lambda touched, context: None
        for entity_id in self._shown:
            self._states.remove(entity_id)
        self._staff.leave()


def counter_state(row: CounterRow | None, ticket_state: str | None) -> str:
    """closed, idle, calling, serving or paused."""
    if row is None or row["staff"] is None:
        return "closed"
    if ticket_state is not None:
        return "calling" if ticket_state == "called" else "serving"
    return "paused" if row["paused"] else "idle"
