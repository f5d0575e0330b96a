"""The hall's entities: `queue.<id>` and `counter.<id>`, always from what is durable."""

from typing import Any

from ..events import Context
from ..integration import Kit
from .counters import Counters
from .floor import CounterRow
from .hall import Hall
from .journal import Touched
from .numbering import number, period, sequence_of


class Figures:
    """Writes the states of queues and counters; ages are written anew every `REFRESH` seconds."""

    REFRESH = 15.0

    def __init__(self, hall: Hall, counters: Counters, kit: Kit) -> None:
        self._hall, self._counters, self._states, self._clock = hall, counters, kit.states, kit.clock
        self._shown: set[str] = set()
        hall.journal.show = self.show
        kit.every(self.REFRESH, self._refresh)
        kit.on_close(self._leave)
        self.take()

    def take(self) -> None:
        """The queues and counters are those of the configuration now."""
        queues, counters = self._hall.queues, self._hall.counters
        self._serving: dict[str, list[str]] = {
            queue: [name for name, c in counters.items() if any(s.queue == queue for s in c.serves)] for queue in queues
        }
        self._fixed: dict[str, dict[str, Any]] = {
            name: {"name": queue.name, "counters": self._serving[name],
                   "services": {key: service.name for key, service in queue.services.items()}}
            for name, queue in queues.items()
        }  # fmt: skip
        self._runs = {name: sequence_of(name, queue) for name, queue in queues.items()}
        now = {f"queue.{q}" for q in queues} | {f"counter.{c}" for c in counters}
        for entity_id in self._shown - now:
            self._states.remove(entity_id)
        self._shown = now
        self.all()

    def all(self) -> None:
        """Every queue and counter as it is now."""
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
        row, waiting, oldest = floor.queues.get(name), floor.waiting(name), floor.oldest(name)
        fresh = row is not None and row["day"] == today
        paused = row is not None and row["paused"]
        counters = floor.counters
        self._states.set(f"queue.{name}", waiting, {
            **self._fixed[name], "waiting": waiting, "next": self._next_number(name, today),
            "oldest_wait": None if oldest is None else max(0, round(self._clock.now() - oldest)), "estimated_wait": None,
            "issued_today": row["issued"] if row and fresh else 0, "served_today": row["served"] if row and fresh else 0,
            "paused": paused, "pause_reason": row["reason"] if row and paused else None, "open": not paused,
            "counters_open": sum(
                1 for c in self._serving[name] if (r := counters.get(c)) and r["staff"] is not None and not r["paused"]),
        }, context)  # fmt: skip

    def _next_number(self, name: str, today: str) -> str:
        """The number that would be given next."""
        queue = self._hall.queues[name]
        row = self._hall.journal.durable.sequences.get(self._runs[name])
        fits = row is not None and row["period"] == period(queue, today)
        return number(queue, row["last"] + 1 if row and fits else queue.start)

    def _counter(self, name: str, context: Context | None) -> None:
        floor, config = self._hall.journal.durable, self._hall.counters[name]
        row = floor.counters.get(name)
        ticket = floor.tickets.get(row["ticket"]) if row and row["ticket"] else None
        today = row is not None and row["day"] == self._hall.journal.today
        attributes: dict[str, Any] = {
            "name": config.name, "ticket": ticket, "number": ticket["number"] if ticket else None,
            "staff": row["staff_name"] if row else None, "staff_id": row["staff"] if row else None,
            "since": row["since"] if row else None,
            "serves": [s.queue for s in config.serves], "served_today": row["served"] if row and today else 0,
            "pause_reason": row["reason"] if row else None, "pausing": bool(row and row["pausing"]),
        }  # fmt: skip
        self._states.set(
            f"counter.{name}", counter_state(row, ticket["state"] if ticket else None), attributes, context
        )

    def _refresh(self) -> None:
        self.show({("queue", q) for q in self._hall.queues if self._hall.journal.durable.waiting(q)}, None)

    def _leave(self) -> None:
        self._hall.journal.show = lambda touched, context: None
        for entity_id in self._shown:
            self._states.remove(entity_id)


def counter_state(row: CounterRow | None, ticket_state: str | None) -> str:
    """closed, idle, calling, serving or paused."""
    if row is None or row["staff"] is None:
        return "closed"
    if ticket_state is not None:
        return "calling" if ticket_state == "called" else "serving"
    return "paused" if row["paused"] else "idle"
