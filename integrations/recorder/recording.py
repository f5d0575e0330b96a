"""Hears the bus and holds what is to be written, in memory and with a bound. Hearing costs a microsecond or two.

What waits is turned into JSON only when it is sent. When too much waits (the database is down), states in between are
let go first: of each entity the latest one stays, and of events all, until nothing else is left.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, Final, TypeAlias, cast

import orjson

from ...core.events import Event
from ...core.hall.events import TICKET_EVENTS
from ...core.states import STATE_CHANGED, State
from .filters import Filter

MAX_WAITING: Final = 20_000  # rows in memory
ROOM: Final = 10  # a tenth is let go at a time: looking through all of them for one would be slow
BATCH: Final = 500  # rows of one write
REMEMBERED: Final = 8192  # contexts whose beginning is known
CHANGED, TOLD, FIRST, GONE, COUNTED = 0, 1, 2, 3, 4  # as in archive/tables.py
_RANKS: Final = {STATE_CHANGED: 1, "automation_triggered": 3, "script_started": 3}  # what tells best how it began
_OPTIONS: Final = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS
_TICKET: Final = frozenset(TICKET_EVENTS)

Waiting: TypeAlias = tuple[Event, bool, bool]
"""An event, whether it is recorded, and whether its context began with it."""


class Recording:
    """What waits to be written. `wake(True)` is called when there is enough for a write, `wake(False)` for the first."""

    def __init__(self, keeps: Filter, wake: Callable[[bool], None], limit: int = MAX_WAITING) -> None:
        self._keeps, self._wake, self._limit = keeps, wake, limit
        self._waiting: deque[Waiting] = deque()
        self._ranks: dict[str, int] = {}
        self.on = True
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def hear(self, event: Event) -> None:
        """Every event of the bus."""
        if not self.on:
            return
        kind, data = event.type, event.data
        keep = self._keeps.entity(data["entity_id"]) if kind == STATE_CHANGED else self._keeps.event(kind, data)
        context, rank = event.context.id, _RANKS.get(kind, 2)
        origin = rank > self._ranks.get(context, 0)
        if origin:
            self._remember(context, rank)
        if keep or origin:
            self._put((event, keep, origin))

    def begin(self, states: Iterable[State], now: float) -> None:
        """The states as they are when recording begins."""
        for state in states:
            if self._keeps.entity(state.entity_id):
                data = {"entity_id": state.entity_id, "old_state": None, "new_state": state}
                self._put((Event(STATE_CHANGED, data, state.context, now), True, False))

    def take(self) -> tuple[int, bytes] | None:
        """The next rows to write, how many and as JSON; None when nothing waits."""
        rows = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
        return (len(rows), encoded(rows)) if rows else None

    def _remember(self, context: str, rank: int) -> None:
        if len(self._ranks) >= REMEMBERED:
            for old in list(islice(self._ranks, REMEMBERED // 2)):
                del self._ranks[old]
        self._ranks[context] = rank

    def _put(self, row: Waiting) -> None:
        if len(self._waiting) >= self._limit:
            self._make_room()
        self._waiting.append(row)
        count = len(self._waiting)
        if count == 1 or count == BATCH:
            self._wake(count == BATCH)

    def _make_room(self) -> None:
        """Let go of states that a later one of the same entity follows, oldest first; then of the oldest rows."""
        wanted = max(1, self._limit // ROOM)
        latest = {id(row) for row in {_entity(row): row for row in self._waiting}.values()}
        kept: deque[Waiting] = deque()
        gone = 0
        for row in self._waiting:
            if gone < wanted and id(row) not in latest and row[0].type == STATE_CHANGED:
                gone += 1
            else:
                kept.append(row)
        if gone == 0:
            for _ in range(wanted):
                kept.popleft()
            gone = wanted
        self._waiting = kept
        self.dropped += gone


def _entity(row: Waiting) -> str:
    return str(row[0].data["entity_id"]) if row[0].type == STATE_CHANGED else ""


def encoded(rows: list[Waiting]) -> bytes:
    """The rows as the archive reads them; one that is no JSON is left out, and the others are written."""
    try:
        return orjson.dumps([_row(*row) for row in rows], default=_shape, option=_OPTIONS)
    except TypeError:
        return b"[%b]" % b",".join(one for row in rows if (one := _alone(row)))


def _alone(row: Waiting) -> bytes:
    try:
        return orjson.dumps(_row(*row), default=_shape, option=_OPTIONS)
    except TypeError:
        return b""


def _row(event: Event, keep: bool, origin: bool) -> tuple[Any, ...]:
    context, data = event.context, event.data
    because = (context.id, context.parent_id, context.user_id)
    if event.type != STATE_CHANGED:
        return (1, keep, origin, event.type, event.at, _without_note(event), *because)
    old: State | None = data["old_state"]
    new: State | None = data["new_state"]
    if new is None:
        return (0, keep, origin, GONE, data["entity_id"], None, False, {}, event.at, event.at, *because)
    updated = max(new.updated_at, event.at)
    return (0, keep, origin, _kind(old, new), new.entity_id, new.value, new.available, new.attributes,
            new.changed_at, updated, *because)  # fmt: skip


def _without_note(event: Event) -> Mapping[str, Any]:
    """What the staff wrote on a ticket may hold a name: it is not kept."""
    ticket: object = event.data.get("ticket") if event.type in _TICKET else None
    if not isinstance(ticket, Mapping) or "note" not in ticket:
        return event.data
    told = cast("Mapping[str, Any]", ticket)
    return {**event.data, "ticket": {key: value for key, value in told.items() if key != "note"}}


def _kind(old: State | None, new: State) -> int:
    if old is None:
        return FIRST
    if old.value == new.value and type(old.value) is type(new.value) and old.available is new.available:
        return TOLD
    number = isinstance(new.value, (int, float)) and not isinstance(new.value, bool)
    return COUNTED if number and new.available else CHANGED


def _shape(thing: Any) -> Any:
    if isinstance(thing, Mapping):
        return dict(cast("Mapping[Any, Any]", thing))
    if isinstance(thing, (set, frozenset, tuple)):
        return sorted(cast("Iterable[Any]", thing), key=str)
    if isinstance(thing, bytes):
        return thing.decode(errors="replace")
    return str(thing)
