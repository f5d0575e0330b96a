"""The durable run of the hall's events: decide in memory, write, and only then let anyone hear of it.

A decision is made without waiting, in one turn of the loop. Its events, its live rows and its request id go to the disk
as one batch; when they are durable, in one turn and in journal order, states are set, events published, answers given.
"""

import asyncio
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import orjson

from ..actions import Call
from ..bus import Bus
from ..clock import Clock, local
from ..errors import BadData, Refused, StoreError, Unknown
from ..events import Context, Event
from ..ids import new_id
from ..integration import Site
from ..store import Store, busy, not_stored
from ..tables import Batch, Row, Rows, Table
from ..undisturbed import undisturbed
from .events import ENDED, PublicTicket
from .floor import KEEP_ENDED, Change, Floor, Kind
from .numbering import business_day
from .tickets import AT_COUNTER

log = logging.getLogger(__name__)
MAX_KEY: Final = 2000  # bytes of a request's name, with its caller and action
REMEMBERED: Final = 5000  # answers to requests kept in memory; more than can be on their way to the disk
Answer: TypeAlias = "dict[str, Any]"
Touched: TypeAlias = "set[tuple[str, str]]"

JOURNAL: Final = Table(
    "journal",
    ("seq INTEGER NOT NULL", "id TEXT NOT NULL", "site TEXT NOT NULL", "at REAL NOT NULL", "day TEXT NOT NULL",
     "type TEXT NOT NULL", "ticket TEXT", "data TEXT NOT NULL", "rows TEXT NOT NULL", "context TEXT NOT NULL"),
    ("seq",), live="last", indexes=(("ticket",),),
)  # fmt: skip
_HAS_ENDED: Final = f"state IN {ENDED}"  # Python writes a tuple of words as SQL does
_LAST_ENDED: Final = f"SELECT rowid FROM ticket WHERE {_HAS_ENDED} ORDER BY rowid DESC LIMIT {KEEP_ENDED}"  # noqa: S608
# (rows are written anew at each change, so that the highest rowid is the last change)
_LONG_ENDED: Final = f"{_HAS_ENDED} AND rowid NOT IN ({_LAST_ENDED})"
_LIVE_COLUMNS: Final = ("id TEXT NOT NULL", "site TEXT NOT NULL", "name TEXT NOT NULL", "data TEXT NOT NULL")
LIVE_TABLES: Final[Mapping[Kind, Table]] = {
    "ticket": Table(
        "ticket",
        (*_LIVE_COLUMNS, "number TEXT", "queue TEXT", "state TEXT", "day TEXT"),
        ("id",),
        indexes=(("number",),),
        recent=f"NOT ({_LONG_ENDED})",
    ),
    "counter": Table("counter", _LIVE_COLUMNS, ("id",)),
    "queue": Table("queue", _LIVE_COLUMNS, ("id",)),
    "sequence": Table("sequence", _LIVE_COLUMNS, ("id",)),
    "person": Table("person", _LIVE_COLUMNS, ("id",), recent=f"id NOT IN (SELECT id FROM ticket WHERE {_LONG_ENDED})"),  # noqa: S608
    "staff": Table("staff", _LIVE_COLUMNS, ("id",)),
    "hall": Table("hall", _LIVE_COLUMNS, ("id",)),
    "appointment": Table("appointment", _LIVE_COLUMNS, ("id",)),
    "visitor": Table("visitor", _LIVE_COLUMNS, ("id",)),
}
_AT_COUNTER: Final = frozenset(AT_COUNTER)
REQUEST: Final = Table(
    "request",
    ("id TEXT NOT NULL", "site TEXT NOT NULL", "day TEXT NOT NULL", "hash TEXT NOT NULL", "answer TEXT NOT NULL"),
    ("id",), unread=("hash", "answer"),
)  # fmt: skip
TABLES: Final = (JOURNAL, *LIVE_TABLES.values(), REQUEST)


SET_BACK: Final = 12 * 3600.0  # seconds; a clock set back by more was wrong before, and the day it shows now is the day


def _changes() -> list[Change]:
    return []


def _events() -> list[tuple[str, dict[str, Any]]]:
    return []


@dataclass(slots=True)
class Decision:
    """One decision while it is made: changes are put on the floor at once and can be taken back."""

    floor: Floor
    now: float
    day: str
    seq: int  # of its first event
    latest: float = 0.0  # the latest time anyone's place has
    changes: list[Change] = field(default_factory=_changes)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=_events)
    _old: list[Change] = field(default_factory=_changes)

    def put(self, kind: Kind, key: str, value: Any) -> Any:
        """Make this true from now on; answers what was true before."""
        old = self.floor.put(kind, key, value)
        self._old.append((kind, key, old))
        self.changes.append((kind, key, value))
        return old

    @property
    def before(self) -> list[Change]:
        """What was true before each of its changes."""
        return self._old

    def event(self, kind: str, data: dict[str, Any]) -> None:
        """Say what happened: the outcome, never the rule."""
        self.events.append((kind, data))

    @property
    def last_place(self) -> list[float]:
        """Behind everybody: order is the journal's, also when the wall clock was set back meanwhile."""
        return [max(self.now, self.latest), float(self.seq)]

    def undo(self) -> None:
        """It was not decided after all."""
        for kind, key, value in reversed(self._old):
            self.floor.put(kind, key, value)


Rule: TypeAlias = "Callable[[Decision], Answer]"


@dataclass
class _Request:
    """A call that named itself: its data, and its first answer, now or soon."""

    hash: str
    answer: "asyncio.Future[Answer] | bytes"


class Journal:
    """Decides, writes, tells. `show` sets the states of what a decision touched, from the durable floor."""

    def __init__(self, store: Store, bus: Bus, clock: Clock, site: Site) -> None:
        self._store, self._bus, self._clock, self._site = store, bus, clock, site
        self.decided, self.durable = Floor(site.classes), Floor(site.classes)
        self.show: Callable[[Touched, Context | None], None] = lambda touched, context: None
        self.note: Callable[[str, Decision], None] = lambda action, decision: None  # told each decision as it is made
        self._requests: OrderedDict[str, _Request] = OrderedDict()  # of late; the others are in the file
        self._known: set[int] = set()  # the hashes of all of the day: hardly ever is the file asked in vain
        self._seq, self._latest = 0, 0.0
        self._second, self._today = -1, ""
        store.on_rebuild(self._rebuild)

    @property
    def store(self) -> Store:
        """Where it writes: for questions about what stands in memory no more."""
        return self._store

    def reweigh(self) -> None:
        """The classes of the hall have changed."""
        for floor in (self.decided, self.durable):
            if floor.classes != self._site.classes:
                floor.reweigh(self._site.classes)

    def load(self, rows: Rows) -> None:
        """Begin from the live rows."""
        self._restore(rows)

    @property
    def today(self) -> str:
        """The business day it is now. Worked out once a second: every decision asks.

        A day that has begun stays: a clock that is set back a little does not bring yesterday's counts and numbers back.
        """
        second = int(self._clock.now())
        if second != self._second:
            begins, day = self._site.business_day, business_day(local(self._clock), self._site.business_day)
            if day < self._today <= business_day(local(self._clock, second + SET_BACK), begins):
                day = self._today
            self._second, self._today = second, day
        return self._today

    async def decide(self, call: Call, action: str, data: Any, rule: Rule) -> Answer:
        """Decide by `rule`, in this turn; the answer comes once it is durable. Raises what `rule` raises."""
        key = digest = ""
        if call.request_id is not None:
            key = _key(call, action)
            digest = hashlib.sha256(repr(data).encode()).hexdigest()
            if (earlier := await self._request(key)) is not None:
                return await _first_answer(earlier, digest)
        if not self._store.healthy:
            raise not_stored()
        if self._store.full:
            raise busy()
        decision = Decision(self.decided, self._clock.now(), self.today, self._seq + 1, self._latest)
        try:
            answer = rule(decision)
            assert decision.events or not decision.changes, f"{action} changes the hall and tells of nothing"
            batch, events = self._batch(decision, call.context)
            if key:
                encoded = orjson.dumps(answer).decode()
                batch.put(REQUEST, f"{self._site.id}|{key}", self._site.id, decision.day, digest, encoded)
        except Unknown as error:
            decision.undo()
            if error.code == "unknown_ticket" and await self.recall(str(error.values.get("name"))):
                return await self.decide(call, action, data, rule)  # now it is known why not
            raise
        except TypeError as error:
            decision.undo()
            raise BadData({"en": f"{action}: the data holds text that cannot be stored.",
                           "zh-CN": f"{action}：数据中含有无法保存的文字。"}) from error  # fmt: skip
        except BaseException:
            decision.undo()
            raise
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        if key:
            self._requests[key] = _Request(digest, future)
            self._known.add(hash(key))
            if len(self._requests) > REMEMBERED:
                self._requests.popitem(last=False)  # long durable: so many cannot be on their way
        self._seq += len(decision.events)
        self._latest = max(self._latest, decision.now)
        self.note(action, decision)

        def done(error: StoreError | None) -> None:
            if error is None:
                self._tell(decision, events, call.context)
                if not future.done():
                    future.set_result(answer)
                return
            self._requests.pop(key, None)
            if not future.done():
                future.set_exception(not_stored())

        self._store.submit(batch, done)
        # Whoever asked may go away; the decision stands and the same request id still gets the answer.
        return await (asyncio.shield(future) if key else future)

    def _batch(self, decision: Decision, context: Context) -> tuple[Batch, list[Event]]:
        batch, site = Batch(), self._site.id
        if not self._store.lasting:  # nobody will read it back
            return batch, [Event(name, data, context, decision.now) for name, data in decision.events]
        for kind, key, value in decision.changes:
            _write(batch, kind, site, key, value)
        events: list[Event] = []
        why = orjson.dumps([context.id, context.parent_id, context.user_id]).decode()
        seq = decision.seq
        for index, (name, data) in enumerate(decision.events):
            ticket = data.get("ticket")
            rows = [c for c in decision.changes if c[0] not in ("ticket", "person") or c[2] is None]
            batch.put(
                JOURNAL, seq + index, new_id(), site, decision.now, decision.day, name,
                ticket["id"] if ticket else None, orjson.dumps(data).decode(),
                orjson.dumps(rows).decode() if index == len(decision.events) - 1 else "[]", why,
            )  # fmt: skip
            events.append(Event(name, data, context, decision.now))
        return batch, events

    def _tell(self, decision: Decision, events: list[Event], context: Context) -> None:
        touched: Touched = set()
        for kind, key, value in decision.changes:
            old = self.durable.put(kind, key, value)
            if kind in ("counter", "queue"):
                touched.add((kind, key))
            elif kind == "ticket":
                stays = (
                    old and value and old["queue"] == value["queue"] and {old["state"], value["state"]} <= _AT_COUNTER
                )
                for ticket in (old, value):
                    if ticket is not None:
                        if not stays:  # between call and finish nothing of its queue changes
                            touched.add(("queue", ticket["queue"]))
                        if ticket["counter"]:
                            touched.add(("counter", ticket["counter"]))
        self.show(touched, context)
        for event in events:
            self._bus.publish(event)

    def _restore(self, rows: Rows) -> None:
        with undisturbed():
            changes = live_changes(rows)
            for floor in (self.decided, self.durable):
                floor.__init__(self._site.classes)  # type: ignore[misc]
                for kind, key, value in changes:
                    floor.put(kind, key, value)
        self._latest = max((_latest(t) for t in self.decided.tickets.values()), default=0.0)
        self._seq = rows[JOURNAL.name][0][0] if rows[JOURNAL.name] else 0
        self._today = max(self._today, rows[JOURNAL.name][0][4] if rows[JOURNAL.name] else "")
        self._requests.clear()
        self._known = {hash(row[0].partition("|")[2]) for row in rows[REQUEST.name]}

    def _rebuild(self, rows: Rows) -> None:
        """After a failed commit: memory is what the file says, and so are the states."""
        touched: Touched = {("queue", q) for q in self.durable.queues} | {("counter", c) for c in self.durable.counters}
        self._restore(rows)
        touched |= {("queue", q) for q in self.durable.queues} | {("counter", c) for c in self.durable.counters}
        touched |= {("queue", t["queue"]) for t in self.durable.tickets.values()}
        self.show(touched, None)

    async def _request(self, key: str) -> _Request | None:
        """The earlier call of this name in this business day."""
        if key not in self._requests and hash(key) in self._known:
            for row in await self._store.rows(REQUEST, "id = ?", (f"{self._site.id}|{key}",)):
                return self._requests.get(key) or _Request(row[3], row[4].encode())
        return self._requests.get(key)

    async def recall(self, named: str) -> bool:
        """Bring a ticket of the period back into memory that ended long ago; whether there is one of this id or number."""
        where = f"(id = ? OR number IN (?, ?, ?)) AND {_HAS_ENDED}"
        values = (f"{self._site.id}|{named}", named, named.upper(), named.lower())
        rows = await self._store.rows(LIVE_TABLES["ticket"], where, values)
        if not rows or self.decided.find(named) is not None:
            return bool(rows)
        people = await self._store.rows(LIVE_TABLES["person"], "id = ?", (rows[-1][0],))
        ticket: PublicTicket = orjson.loads(rows[-1][3])
        if ticket["id"] not in self.decided.tickets:
            for floor in (self.decided, self.durable):
                floor.put("ticket", ticket["id"], ticket)
                for row in people:
                    floor.put("person", row[2], orjson.loads(row[3]))
        return True

    def new_day(self) -> None:
        """The requests of the day before are forgotten."""
        self._requests = OrderedDict(
            (key, one)
            for key, one in self._requests.items()
            if not isinstance(one.answer, bytes) and not one.answer.done()
        )
        self._known = {hash(key) for key in self._requests}


def _latest(ticket: Any) -> float:
    """The latest time anything is known to have happened to a ticket. Its place may lie ahead: an appointment's is its slot."""
    return max(ticket["times"].values(), default=0.0)


def _key(call: Call, action: str) -> str:
    """What a call that named itself is found by. Raises BadData for a name that no file could keep."""
    key = f"{call.caller.id}|{action}|{call.request_id}"
    try:
        fits = len(key.encode()) <= MAX_KEY
    except UnicodeEncodeError:  # half of a sign, as out of a broken header
        fits = False
    if not fits:
        raise BadData({"en": "request_id: a text of 1 to 128 characters is expected.",
                       "zh-CN": "request_id：应为 1 至 128 个字符的文字。"})  # fmt: skip
    return key


async def _first_answer(request: _Request, digest: str) -> Answer:
    if request.hash != digest:
        raise Refused("request_reused", {
            "en": "This request id was used before with other data. Use a new one for each request.",
            "zh-CN": "该请求编号已用于其他数据，请为每个请求使用新的编号。"})  # fmt: skip
    if isinstance(request.answer, bytes):
        answer: Answer = orjson.loads(request.answer)
        return answer
    return await asyncio.shield(request.answer)


def _write(batch: Batch, kind: Kind, site: str, key: str, value: Any) -> None:
    table, row_id = LIVE_TABLES[kind], f"{site}|{key}"
    if value is None:
        batch.drop(table, row_id)
        return
    data = orjson.dumps(value).decode()
    if kind == "ticket":
        batch.put(table, row_id, site, key, data, value["number"], value["queue"], value["state"], value["day"])
    else:
        batch.put(table, row_id, site, key, data)


def live_changes(rows: Rows) -> list[Change]:
    """The live rows as changes that build a floor."""
    changes: list[Change] = []
    for kind, table in LIVE_TABLES.items():
        for row in rows[table.name]:
            changes.append((kind, row[2], orjson.loads(row[3])))  # noqa: PERF401 - keeps the type
    return changes


def replayed(rows: list[Row], classes: Mapping[str, int]) -> Floor:
    """The floor that the journal's rows, from the first on, add up to. For tests and repair; people are not in it."""
    floor = Floor(classes)
    for row in rows:
        ticket = orjson.loads(row[7]).get("ticket")
        if ticket is not None:
            floor.put("ticket", ticket["id"], ticket)
        for kind, key, value in orjson.loads(row[8]):
            floor.put(kind, key, value)
    return floor
