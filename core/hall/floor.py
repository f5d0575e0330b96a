"""The floor: everything that is true of the hall at one moment of the journal.

There are two of the same make: what is decided, on which decisions stand, and what is durable, which states, views and
questions show. Both are the same changes put one after the other; a change is a value put under a key, no rule is run.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NotRequired, TypeAlias, TypedDict

from .appointments.book import Book
from .events import LIVE, PublicTicket
from .holders import Holders
from .lines import Lines, standing
from .tickets import AT_COUNTER
from .visitors.register import Register
from .visitors.rows import PERSON, VisitorRow

Kind: TypeAlias = Literal["ticket", "counter", "queue", "sequence", "person", "appointment", "hall", "staff", "visitor"]
KEEP_ENDED: Final = (
    2000  # tickets that have ended and are kept in memory: enough for an undo, a phone page, a look back
)
_ASIDE: Final = ("pending", "held", "no_show")
Change: TypeAlias = "tuple[Kind, str, Any]"  # the value, or None: no more


class CounterRow(TypedDict):
    """A counter: who sits there, whether it is paused, the one ticket it has."""

    staff: str | None  # who is signed in, as an id
    staff_name: str | None
    since: float
    paused: bool
    closing: NotRequired[str | None]  # whose day is over: closes when done, if they still sit there
    pausing: bool  # paused as soon as the present ticket is done
    reason: Any
    ticket: str | None
    reasons: list[dict[str, str]]  # why this one was called
    served: int  # in this business day
    day: str
    mix: NotRequired[dict[str, int]]  # what each group of its mix is owed, today
    by_hand: NotRequired[bool]  # after an undo or a put back: nobody is called by itself until staff call or resume
    serves: NotRequired[list[dict[str, Any]]]  # {queue, priority}: instead of the YAML's, until taken back
    overtime: NotRequired[float]  # when the service began that was told to take too long


class QueueRow(TypedDict):
    """A queue: whether it is paused, and the day's counts."""

    paused: bool
    reason: Any
    issued: int
    served: int
    day: str
    people: NotRequired[int]  # whom the day's tickets are for: a party is several
    windows: NotRequired[dict[str, int]]  # the same, by the calendar's named windows


class StaffRow(TypedDict):
    """A member of staff: how many they served in this business day."""

    day: str
    served: int


class EarlierRow(TypedDict):
    """The period before, as far as it came."""

    period: str
    last: int


class SequenceRow(TypedDict):
    """A run of numbers: in which period it is, and the last number given."""

    period: str
    last: int
    earlier: NotRequired[EarlierRow]


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
    staff: dict[str, StaffRow] = field(default_factory=dict[str, "StaffRow"])
    hall: dict[str, Any] = field(default_factory=dict[str, Any])  # closed: {reason, since}, while staff have closed it
    book: Book = field(default_factory=Book)
    holders: Holders = field(default_factory=Holders)
    visitors: dict[str, VisitorRow] = field(default_factory=dict[str, "VisitorRow"])
    register: Register = field(default_factory=Register)
    lines: Lines = field(default_factory=Lines)
    _ended: dict[str, None] = field(default_factory=dict[str, None], compare=False)  # the last of them, in their order
    _numbers: dict[str, list[str]] = field(default_factory=dict[str, "list[str]"])
    _aside: dict[str, dict[str, PublicTicket]] = field(default_factory=dict[str, "dict[str, PublicTicket]"])  # by queue
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
        if kind == "person" and key.startswith(PERSON):
            self.register.know(key, value)
        elif kind == "person":
            self.book.know(key, old, value)
            self.holders.know(key, old, value)
        return old

    def reweigh(self, classes: Mapping[str, int]) -> None:
        """The classes' weights are these from now on."""
        self.classes = classes

    def _rows(self, kind: Kind) -> dict[str, Any]:
        rows: Any = (self.counters if kind == "counter" else self.queues if kind == "queue"
                     else self.sequences if kind == "sequence" else self.hall if kind == "hall" else self.staff if kind == "staff"
                     else self.visitors if kind == "visitor" else self.people)  # fmt: skip
        found: dict[str, Any] = rows
        return found

    def weight(self, ticket: PublicTicket) -> int:
        return self.classes.get(standing(ticket), 0)

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

    def held_by(self, visitor: str | None, phone: str | None, queue: str | None) -> PublicTicket | None:
        """The live ticket of this visitor or phone, in this queue (None: in any)."""
        tickets = (self.tickets[i] for i in self.holders.of(visitor, phone) if i in self.tickets)
        return next((t for t in tickets if t["state"] in LIVE and queue in (None, t["queue"])), None)

    def waiting(self, queue: str) -> int:
        """How many wait in this queue; a party counts as one."""
        return self.lines.waiting(queue)

    def oldest(self, queue: str) -> float | None:
        """Since when the longest waiting waits."""
        return self.lines.oldest(queue)

    def everyone(self, queue: str) -> Iterator[PublicTicket]:
        """All who wait in this queue, in order, reserved or not."""
        return self.lines.everyone(queue, self.classes)

    def ahead(self, ticket: PublicTicket) -> int:
        """How many wait in the same queue with a place before this one's."""
        return self.lines.ahead(ticket, self.classes)

    def aside(self, queue: str) -> Collection[PublicTicket]:
        """Who of this queue is pending, on hold or a no-show, in the order of becoming so."""
        return self._aside.get(queue, {}).values()

    @property
    def at_counters(self) -> Collection[str]:
        """The visitors who are at a counter now."""
        return self._visitors.keys()

    def busy(self, ticket: PublicTicket) -> bool:
        """Whether this ticket's visitor is at a counter with another ticket."""
        return ticket["visitor"] is not None and self._visitors.get(ticket["visitor"], 0) > 0

    def _put_ticket(self, key: str, ticket: PublicTicket | None) -> PublicTicket | None:
        old = self.tickets.get(key)
        self.holders.change(old, ticket)
        self._ended.pop(key, None)
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
        if ticket["state"] not in LIVE:
            self._ended[key] = None
            if len(self._ended) > KEEP_ENDED:
                self._leave_to_the_file(next(iter(self._ended)))
        return old

    def _leave_to_the_file(self, key: str) -> None:
        """A ticket that ended long ago stands in memory no more, nor whose it was; the file has both until the day is over."""
        self._put_ticket(key, None)
        if key in self.people:
            self.put("person", key, None)

    def _enter(self, ticket: PublicTicket) -> None:
        if ticket["state"] in _ASIDE:
            self._aside.setdefault(ticket["queue"], {})[ticket["id"]] = ticket
        if ticket["state"] not in AT_COUNTER:
            self.lines.enter(ticket)
        elif ticket["visitor"]:
            self._visitors[ticket["visitor"]] = self._visitors.get(ticket["visitor"], 0) + 1

    def _leave(self, ticket: PublicTicket) -> None:
        if ticket["state"] in _ASIDE:
            self._aside[ticket["queue"]].pop(ticket["id"])
            if not self._aside[ticket["queue"]]:
                del self._aside[ticket["queue"]]
        if ticket["state"] not in AT_COUNTER:
            self.lines.leave(ticket)
        elif ticket["visitor"]:
            self._visitors[ticket["visitor"]] -= 1
            if not self._visitors[ticket["visitor"]]:
                del self._visitors[ticket["visitor"]]


def _spelt(number: str) -> str:
    """A number as it is looked up: a012 and A012 are one."""
    return number.upper()
