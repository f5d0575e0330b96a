"""The floor: everything that is true of the hall at one moment of the journal.

There are two of the same make: what is decided, on which decisions stand, and what is durable, which states, views and
questions show. Both are the same changes put one after the other; a change is a value put under a key, no rule is run.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import merge
from typing import Any, Literal, TypeAlias, TypedDict

from .appointments.book import Book
from .events import LIVE, PublicTicket
from .tickets import AT_COUNTER, line_key

Kind: TypeAlias = Literal["ticket", "counter", "queue", "sequence", "person", "appointment"]
Change: TypeAlias = "tuple[Kind, str, Any]"  # the value, or None: no more
Entry: TypeAlias = "tuple[tuple[float, ...], str]"  # order in line, ticket id


class CounterRow(TypedDict):
    """A counter: who sits there, whether it is paused, the one ticket it has."""

    staff: str | None  # who is signed in, as an id
    staff_name: str | None
    since: float
    paused: bool
    pausing: bool  # paused as soon as the present ticket is done
    reason: Any
    ticket: str | None
    reasons: list[dict[str, str]]  # why this one was called
    served: int  # in this business day
    day: str


class QueueRow(TypedDict):
    """A queue: whether it is paused, and the day's counts."""

    paused: bool
    reason: Any
    issued: int
    served: int
    day: str


class SequenceRow(TypedDict):
    """A run of numbers: in which period it is, and the last number given."""

    period: str
    last: int


def no_counter(day: str, now: float) -> CounterRow:
    """A counter nobody has signed in at."""
    return {
        "staff": None, "staff_name": None, "since": now, "paused": False, "pausing": False, "reason": None,
        "ticket": None, "reasons": [], "served": 0, "day": day,
    }  # fmt: skip


def no_queue(day: str) -> QueueRow:
    """A queue nobody has drawn a number in."""
    return {"paused": False, "reason": None, "issued": 0, "served": 0, "day": day}


@dataclass
class Floor:
    """Tickets by id and number, lines in order, counters, queues, runs of numbers. `classes` are the weights."""

    classes: Mapping[str, int]
    tickets: dict[str, PublicTicket] = field(default_factory=dict[str, PublicTicket])
    counters: dict[str, CounterRow] = field(default_factory=dict[str, CounterRow])
    queues: dict[str, QueueRow] = field(default_factory=dict[str, QueueRow])
    sequences: dict[str, SequenceRow] = field(default_factory=dict[str, SequenceRow])
    people: dict[str, Any] = field(default_factory=dict[str, Any])
    book: Book = field(default_factory=Book)
    _lines: dict[tuple[str, str | None], list[Entry]] = field(
        default_factory=dict[tuple[str, str | None], "list[Entry]"]
    )
    _since: dict[str, list[tuple[float, str]]] = field(default_factory=dict[str, "list[tuple[float, str]]"])
    _numbers: dict[str, list[str]] = field(default_factory=dict[str, "list[str]"])
    _visitors: dict[str, int] = field(default_factory=dict[str, int])  # at a counter now

    def put(self, kind: Kind, key: str, value: Any) -> Any:
        """Make this true, None for no more; answers what was true before."""
        if kind == "ticket":
            return self._put_ticket(key, value)
        if kind == "appointment":
            return self.book.put(key, value)
        rows = self._rows(kind)
        old = rows.get(key)
        if value is None:
            rows.pop(key, None)
        else:
            rows[key] = value
        if kind == "person":
            self.book.know(key, old, value)
        return old

    def reweigh(self, classes: Mapping[str, int]) -> None:
        """The classes' weights are these from now on: the lines are put in their order."""
        waiting = [ticket for ticket in self.tickets.values() if ticket["state"] == "waiting"]
        for ticket in waiting:
            self._leave(ticket)
        self.classes = classes
        for ticket in waiting:
            self._enter(ticket)

    def _rows(self, kind: Kind) -> dict[str, Any]:
        rows: Any = (self.counters if kind == "counter" else self.queues if kind == "queue"
                     else self.sequences if kind == "sequence" else self.people)  # fmt: skip
        found: dict[str, Any] = rows
        return found

    def weight(self, ticket: PublicTicket) -> int:
        return self.classes.get(ticket["class"], 0)

    def find(self, named: str) -> PublicTicket | None:
        """A ticket by id or number: among live ones first, then the latest of this period."""
        ticket = self.tickets.get(named)
        if ticket is not None:
            return ticket
        found = [self.tickets[i] for i in self._numbers.get(_spelt(named), ())]
        live = [t for t in found if t["state"] in LIVE]
        return (live or found)[-1] if found else None

    def number_is_live(self, number: str) -> bool:
        return any(self.tickets[i]["state"] in LIVE for i in self._numbers.get(_spelt(number), ()))

    def waiting(self, queue: str) -> int:
        """How many wait in this queue; a party counts as one."""
        return len(self._since.get(queue, ()))

    def oldest(self, queue: str) -> float | None:
        """Since when the longest waiting waits."""
        since = self._since.get(queue)
        return since[0][0] if since else None

    def line(self, queue: str, counter: str | None) -> Iterator[PublicTicket]:
        """Who waits, in order: in the open line (None), or reserved for a counter.

        A reservation lapses while its counter is closed, so the open line holds those as well, unless `only`.
        """
        lines: list[Iterable[Entry]] = [self._lines.get((queue, counter), ())]
        if counter is None:
            lines += [
                self._lapsed(line) for (q, c), line in self._lines.items() if q == queue and c and self._closed(c)
            ]
        for _, ticket_id in merge(*lines) if len(lines) > 1 else lines[0]:
            yield self.tickets[ticket_id]

    def everyone(self, queue: str) -> Iterator[PublicTicket]:
        """All who wait in this queue, in order, reserved or not."""
        for _, ticket_id in merge(*(line for (q, _), line in self._lines.items() if q == queue)):
            yield self.tickets[ticket_id]

    def ahead(self, ticket: PublicTicket) -> int:
        """How many wait in the same queue with a place before this one's."""
        key = (line_key(ticket, self.weight(ticket)), ticket["id"])
        return sum(bisect_left(line, key) for (q, _), line in self._lines.items() if q == ticket["queue"])

    def busy(self, ticket: PublicTicket) -> bool:
        """Whether this ticket's visitor is at a counter with another ticket."""
        return ticket["visitor"] is not None and self._visitors.get(ticket["visitor"], 0) > 0

    def _closed(self, counter: str) -> bool:
        row = self.counters.get(counter)
        return row is None or row["staff"] is None

    def _lapsed(self, line: list[Entry]) -> Iterator[Entry]:
        return (entry for entry in line if not self.tickets[entry[1]]["only"])

    def _put_ticket(self, key: str, ticket: PublicTicket | None) -> PublicTicket | None:
        old = self.tickets.get(key)
        if old is not None:
            self._leave(old)
        if ticket is None:
            self.tickets.pop(key, None)
            if old is not None:
                number = _spelt(old["number"])
                self._numbers[number].remove(key)
                if not self._numbers[number]:
                    del self._numbers[number]
            return old
        self.tickets[key] = ticket
        if old is None:
            self._numbers.setdefault(_spelt(ticket["number"]), []).append(key)
        self._enter(ticket)
        return old

    def _enter(self, ticket: PublicTicket) -> None:
        state = ticket["state"]
        if state == "waiting":
            entry = (line_key(ticket, self.weight(ticket)), ticket["id"])
            insort(self._lines.setdefault((ticket["queue"], ticket["reserved"]), []), entry)
            since = ticket["times"].get("waiting", ticket["place"][0])
            insort(self._since.setdefault(ticket["queue"], []), (since, ticket["id"]))
        elif state in AT_COUNTER and ticket["visitor"]:
            self._visitors[ticket["visitor"]] = self._visitors.get(ticket["visitor"], 0) + 1

    def _leave(self, ticket: PublicTicket) -> None:
        state = ticket["state"]
        if state == "waiting":
            lane = (ticket["queue"], ticket["reserved"])
            _remove(self._lines[lane], (line_key(ticket, self.weight(ticket)), ticket["id"]))
            if not self._lines[lane]:
                del self._lines[lane]
            since = ticket["times"].get("waiting", ticket["place"][0])
            _remove(self._since[ticket["queue"]], (since, ticket["id"]))
            if not self._since[ticket["queue"]]:
                del self._since[ticket["queue"]]
        elif state in AT_COUNTER and ticket["visitor"]:
            self._visitors[ticket["visitor"]] -= 1
            if not self._visitors[ticket["visitor"]]:
                del self._visitors[ticket["visitor"]]


def _spelt(number: str) -> str:
    """A number as it is looked up: a012 and A012 are one."""
    return number.upper()


def _remove(line: list[Any], entry: Any) -> None:
    del line[bisect_left(line, entry)]
