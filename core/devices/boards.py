"""What a sign shows: the present calls of the counters it follows, newest first, those before, pauses and a message.

Pure: it is told the states of counters and the time, and answers a `Board`. So a sign is right again after any restart,
from the states alone. A board holds numbers and places, and a name only masked, where its queue shows names. Stamps are
wall time in Unix seconds.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, cast

from ..frozen import frozen
from ..hall.events import PublicTicket
from ..states import State
from ..words import Words

NEW: Final = 20.0  # seconds: an older call (after a restart) is shown, but needs no turn of its own
MAX_PENDING: Final = 100  # calls a narrow sign still has to show; beyond, the oldest gives way
ROUNDING: Final = 1e-6  # seconds: a rest as small as this is an error of floats, and asking again would be for ever


@frozen
class BoardCall:
    """One number and where it is to go. `state`: called or serving; among `recent` also ended."""

    ticket_id: str
    number: str
    counter: str
    counter_name: Words
    queue: str
    queue_name: Words
    calls: int
    at: float
    state: str
    name: str | None = None  # 张*三

    def ended(self) -> "BoardCall":
        return replace(self, state="ended")


@frozen
class BoardPause:
    """A counter that is paused."""

    counter: str
    counter_name: Words
    reason: Words | None


@frozen
class Message:
    """A text shown to all until a moment."""

    text: Words
    until: float


@frozen
class Board:
    """One picture of a sign, complete in itself: a sign that missed some needs only the newest."""

    calls: tuple[BoardCall, ...] = ()
    recent: tuple[BoardCall, ...] = ()
    paused: tuple[BoardPause, ...] = ()
    message: Message | None = None


class Follower:
    """Follows counters (`None`: all) and queues (`None`: all), and keeps the last `recent` calls that ended.

    `slots` is how many calls the sign can show at once. When more come than fit, each has its `min_show` seconds, in
    the order they were called; what room is left shows the newest calls. `now` is monotonic, `wall` Unix seconds.
    """

    def __init__(self, counters: frozenset[str] | None = None, queues: frozenset[str] | None = None, *,
                 slots: int = 1, recent: int = 0, min_show: float = 3.0,
                 queue_name: Callable[[str], Words] = str) -> None:  # fmt: skip
        self._counters, self._queues, self._queue_name = counters, queues, queue_name
        self._slots, self._min_show = slots, min_show
        self._now: dict[str, BoardCall] = {}  # by counter
        self._paused: dict[str, BoardPause] = {}
        self._recent: deque[BoardCall] = deque(maxlen=recent)
        self._pending: deque[BoardCall] = deque(maxlen=MAX_PENDING)
        self._fresh: list[tuple[BoardCall, float]] = []  # having their min_show, and since when
        self.message: Message | None = None

    def counter(self, name: str, state: State | None, wall: float) -> bool:
        """A counter's state is now this; answers whether the board changed."""
        if self._counters is not None and name not in self._counters:
            return False
        call, pause = self._read(name, state)
        changed = self._pause(name, pause)
        before = self._now.pop(name, None)
        if call is not None:
            self._now[name] = call
        if call == before:
            return changed
        if before is not None and (call is None or call.ticket_id != before.ticket_id):
            self._recent.appendleft(before.ended())
        if call is not None and (before is None or (before.ticket_id, before.calls) != (call.ticket_id, call.calls)):
            self._drop(self._recent, call.ticket_id)
            if wall - call.at < NEW:
                self._pending.append(call)
        return True

    def withdraw(self, ticket_id: str) -> bool:
        """The call was taken back (put back, held, transferred): it is not shown any more; answers whether it was."""
        fresh = len(self._fresh)
        self._fresh = [(c, since) for c, since in self._fresh if c.ticket_id != ticket_id]
        return self._drop(self._recent, ticket_id) or len(self._fresh) != fresh

    def rename(self) -> bool:
        """A queue's name may have changed; answers whether the board did."""
        renamed = {c: replace(call, queue_name=self._queue_name(call.queue)) for c, call in self._now.items()}
        changed = renamed != self._now
        self._now = renamed
        return changed

    def turn(self, now: float) -> float | None:
        """Give those who wait their turn; answers in how many seconds to ask again, or None."""
        self._fresh = [(c, since) for c, since in self._fresh if self._min_show - (now - since) > ROUNDING]
        while self._pending and len(self._fresh) < self._slots:
            call = self._pending.popleft()
            if self._current(call):  # else it was withdrawn before it was shown
                self._fresh = [(c, since) for c, since in self._fresh if c.counter != call.counter]
                self._fresh.append((call, now))
        return min((self._min_show - (now - since) for _, since in self._fresh), default=None)

    def board(self, wall: float) -> Board:
        """The picture now. Ask `turn` first."""
        calls = [self._now[c.counter] if self._current(c) else c for c, _ in self._fresh]
        taken = {c.ticket_id for c in calls} | {c.ticket_id for c in self._pending}
        rest = sorted((c for c in self._now.values() if c.ticket_id not in taken), key=lambda c: c.at, reverse=True)
        calls += rest[: self._slots - len(calls)]
        calls.sort(key=lambda c: c.at, reverse=True)
        message = self.message if self.message and self.message.until > wall else None
        return Board(tuple(calls), tuple(self._recent), tuple(self._paused[c] for c in sorted(self._paused)), message)

    def _current(self, call: BoardCall) -> bool:
        now = self._now.get(call.counter)
        return now is not None and now.ticket_id == call.ticket_id

    @staticmethod
    def _drop(calls: "deque[BoardCall]", ticket_id: str) -> bool:
        left = [c for c in calls if c.ticket_id != ticket_id]
        if len(left) == len(calls):
            return False
        calls.clear()
        calls.extend(left)
        return True

    def _pause(self, name: str, pause: BoardPause | None) -> bool:
        before = self._paused.pop(name, None)
        if pause is not None:
            self._paused[name] = pause
        return before != pause

    def _read(self, name: str, state: State | None) -> tuple[BoardCall | None, BoardPause | None]:
        if state is None or not state.available:
            return None, None
        title = cast("Words", state.attributes.get("name") or name)
        if state.value == "paused":
            return None, BoardPause(name, title, state.attributes.get("pause_reason"))
        ticket = cast("PublicTicket | None", state.attributes.get("ticket"))
        if not ticket or ticket["state"] not in ("called", "serving"):
            return None, None
        queue = ticket["queue"]
        if self._queues is not None and queue not in self._queues:
            return None, None
        at = ticket["times"].get("called", state.changed_at)
        return BoardCall(ticket["id"], ticket["number"], name, title, queue, self._queue_name(queue),
                         ticket["calls"], at, ticket["state"], ticket.get("masked_name")), None  # fmt: skip


def as_json(board: Board) -> dict[str, Any]:
    """The parts of a board as a view carries them."""
    return {
        "calls": [_call(c) for c in board.calls],
        "recent": [_call(c) for c in board.recent],
        "paused": [{"counter": p.counter, "counter_name": _w(p.counter_name), "reason": _w(p.reason)}
                   for p in board.paused],
        "message": {"text": _w(board.message.text), "until": board.message.until} if board.message else None,
    }  # fmt: skip


def _call(call: BoardCall) -> dict[str, Any]:
    return {
        "number": call.number,
        "counter": call.counter,
        "counter_name": _w(call.counter_name),
        "queue": call.queue,
        "queue_name": _w(call.queue_name),
        "calls": call.calls,
        "at": call.at,
        "state": call.state,
        "ticket_id": call.ticket_id,
        **({"name": call.name} if call.name else {}),
    }


def _w(words: Words | None) -> Any:
    return dict(words) if isinstance(words, Mapping) else words
