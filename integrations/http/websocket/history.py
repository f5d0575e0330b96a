"""The past over WebSocket: `history/*`, `logbook/*` and `recorder/info`, in Home Assistant's shapes.

A stream sends what was, then what comes: no state is left out between the two and none is told twice.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, Field

from ....core.access import may_read
from ....core.clock import Cancel, local
from ....core.errors import ActionError, Refused
from ....core.events import Event
from ....core.schema import Strict
from ....core.states import STATE_CHANGED, State
from ..history import INFO, NoHistory, compressed, logbook, parsed, past_states

if TYPE_CHECKING:
    from .connection import Connection

COALESCE: Final = 0.35  # seconds that what comes is gathered, as Home Assistant does
MAX_STREAMS: Final = 16  # of one socket
MAX_GATHERED: Final = 2048  # states of one message; with more, the stream ends: the client is too slow
BIG, RECENT = timedelta(hours=25), timedelta(hours=24)  # a longer logbook is sent in two parts, the latest day first


class History(Strict):
    """A period, and how it is told."""

    start_time: str = Field(max_length=64)
    end_time: str | None = Field(None, max_length=64)
    entity_ids: list[str] | None = Field(None, max_length=1000)
    include_start_time_state: bool = True
    significant_changes_only: bool = True
    minimal_response: bool = False
    no_attributes: bool = False


class Logbook(Strict):
    """A period of the logbook."""

    start_time: str = Field(max_length=64)
    end_time: str | None = Field(None, max_length=64)
    entity_ids: list[str] | None = Field(None, max_length=1000)
    device_ids: list[str] | None = Field(None, max_length=1000)  # there are none here
    context_id: str | None = Field(None, max_length=64)


class Info(Strict):
    """How the recorder is."""


def _span(socket: "Connection", number: int, m: History | Logbook, *, future: bool) -> tuple[datetime, datetime | None] | None:  # fmt: skip
    """(start, end), or None after saying what is wrong with them. `future`: the start may be still to come."""
    start = parsed(socket.door, m.start_time)
    if start is None or (not future and start > local(socket.kit.clock)):
        socket.error(number, {"code": "invalid_start_time", "message": "Invalid start_time"})
        return None
    end = parsed(socket.door, m.end_time) if m.end_time else None
    if m.end_time and (end is None or (not future and end < start)):
        socket.error(number, {"code": "invalid_end_time", "message": "Invalid end_time"})
        return None
    return start, end


async def during_period(socket: "Connection", number: int, m: History) -> None:
    """`history/history_during_period`: {entity_id: [compressed state, ...]}."""
    span = _span(socket, number, m, future=True)
    if span is None:
        return
    if span[0] > local(socket.kit.clock):
        socket.result(number, {})
        return
    socket.result(number, await _compressed(socket, m, *span))


async def _compressed(socket: "Connection", m: History, start: datetime, end: datetime | None) -> dict[str, Any]:
    found = await past_states(
        socket.door, socket.caller, m.entity_ids or [], start, end, initial=m.include_start_time_state,
        significant=m.significant_changes_only, no_attributes=m.no_attributes)  # fmt: skip
    return await asyncio.to_thread(
        compressed, socket.door.shapes, found, start.timestamp(), minimal=m.minimal_response,
        significant=m.significant_changes_only, no_attributes=m.no_attributes)  # fmt: skip


class _Stream:
    """What the two streams share: hearing the bus, gathering for a moment, ending in time."""

    def __init__(self, socket: "Connection", number: int, *types: str) -> None:
        self.socket, self.number, self.kit = socket, number, socket.kit
        self.live = False  # what was has been sent
        self.over = False
        self._timer: Cancel | None = None
        self._cancels: list[Cancel] = [self.kit.bus.listen(self.hear, *types)]

    def hear(self, event: Event) -> None:
        raise NotImplementedError

    def send(self) -> None:
        raise NotImplementedError

    def soon(self) -> None:
        if self._timer is None and not self.over:
            self._timer = self.kit.clock.after(COALESCE, self._due)

    def _due(self) -> None:
        self._timer = None
        if self.live and not self.over:
            self.send()

    def until(self, end: datetime | None) -> None:
        """Nothing is told of what comes after the end."""
        if end is not None:
            self._cancels.append(self.kit.clock.after(max(0.0, end.timestamp() - self.kit.clock.now()), self.stop))

    def stop(self) -> None:
        self.over = True
        for cancel in self._cancels:
            cancel()
        self._cancels.clear()
        if self._timer is not None:
            self._timer()
            self._timer = None


class HistoryStream(_Stream):
    """States as they change."""

    def __init__(self, socket: "Connection", number: int, m: History) -> None:
        self._m, self._wanted = m, frozenset(m.entity_ids) if m.entity_ids else None
        self._gathered: list[State] = []
        super().__init__(socket, number, STATE_CHANGED)

    def hear(self, event: Event) -> None:
        old, new = event.data["old_state"], event.data["new_state"]
        if new is None or (self._wanted is not None and new.entity_id not in self._wanted):
            return
        same = old is not None and old.value == new.value and old.available == new.available
        if same and (self._m.significant_changes_only or self._m.minimal_response):
            return
        if not may_read(self.socket.permission, new.entity_id):
            return
        if len(self._gathered) >= MAX_GATHERED:
            self.stop()
            return
        self._gathered.append(new)
        self.soon()

    def begin(self, sent: Mapping[str, list[dict[str, Any]]]) -> None:
        """What was has been sent: of what was heard meanwhile, only what is not in it is still to be told."""
        last = {name: states[-1]["lu"] for name, states in sent.items() if states}
        self._gathered = [one for one in self._gathered if one.updated_at > last.get(one.entity_id, 0.0)]
        self.live = True
        if self._gathered:
            self.soon()

    def send(self) -> None:
        gathered, self._gathered = self._gathered, []
        found: dict[str, list[dict[str, Any]]] = {}
        for state in gathered:
            one = compressed(self.socket.door.shapes, {state.entity_id: [state]}, 0.0, minimal=False, significant=False,
                             no_attributes=self._m.no_attributes)[state.entity_id][0]  # fmt: skip
            if self._m.no_attributes:
                del one["a"]
            found.setdefault(state.entity_id, []).append(one)
        if found:
            self.socket.event(self.number, {"states": found})


def _room(socket: "Connection") -> None:
    if sum(isinstance(one, _Stream) for one in socket.subscriptions.values()) >= MAX_STREAMS:
        raise Refused("too_many_streams", {"en": "Too many streams on one connection.",
                                           "zh-CN": "一个连接上的数据流过多。"})  # fmt: skip


def _over(socket: "Connection", end: datetime | None) -> bool:
    return end is not None and end <= local(socket.kit.clock)


async def history_stream(socket: "Connection", number: int, m: History) -> None:
    """`history/stream`: the result, an event with what was, and then what comes."""
    span = _span(socket, number, m, future=False)
    if span is None:
        return
    _room(socket)
    start, end = span
    stream = HistoryStream(socket, number, m)
    await _streamed(socket, number, stream, lambda: _send_states(stream, m, start, end))
    stream.until(end)
    if _over(socket, end):
        stream.stop()


async def _send_states(stream: HistoryStream, m: History, start: datetime, end: datetime | None) -> None:
    found = await _compressed(stream.socket, m, start, end)
    if not stream.over:
        latest = max((states[-1]["lu"] for states in found.values() if states), default=None)
        until = end.timestamp() if end is not None else stream.kit.clock.now()
        stream.socket.event(stream.number, {"states": found, "start_time": start.timestamp(),
                                            "end_time": until if latest is None else latest})  # fmt: skip
        stream.begin(found)


async def _streamed(socket: "Connection", number: int, stream: _Stream, begin: Callable[[], Any]) -> None:
    """Subscribed first, so that nothing is missed; a stream that cannot begin leaves nothing behind."""
    socket.subscribed(number, stream)
    answered = False
    try:
        if socket.kit.actions.get(INFO) is None:
            raise NoHistory
        socket.result(number)
        answered = True
        await begin()
    except ActionError as error:
        socket.unsubscribe(number)
        if not answered:
            raise
        socket.kit.log.warning("A stream of the past could not begin: %s", error)
        socket.event(number, {"error": error.say(socket.language)})
    except BaseException:
        socket.unsubscribe(number)
        raise


# --- the logbook ------------------------------------------------------------------------------------------------------


def _without_names(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Over WebSocket a client has the names already."""
    for entry in entries:
        if "state" in entry:
            entry.pop("name", None)
        entry.pop("context_entity_id_name", None)
    return entries


async def get_events(socket: "Connection", number: int, m: Logbook) -> None:
    """`logbook/get_events`: [entry, ...]."""
    span = _span(socket, number, m, future=True)
    if span is None:
        return
    start, end = span
    if start > local(socket.kit.clock):
        socket.result(number, [])
        return
    told = await logbook(socket.door, socket.caller, start, end, _names(m), m.context_id)
    socket.result(number, _without_names(told["entries"]))


def _names(m: Logbook) -> list[str] | None:
    return m.entity_ids or ([] if m.device_ids else None)


class LogbookStream(_Stream):
    """Entries as they come: read from where the last one ended, so that each has its cause and none is missed."""

    def __init__(self, socket: "Connection", number: int, m: Logbook, start: datetime) -> None:
        self._m, self._start, self.last = m, start, 0
        self._asking = False
        super().__init__(socket, number)

    def hear(self, event: Event) -> None:
        self.soon()

    def begin(self, last: int) -> None:
        self.last, self.live = last, True
        self.soon()

    def send(self) -> None:
        if self._asking:
            self.soon()
            return
        self._asking = True
        self.kit.task(self._ask(), "logbook stream")

    async def _ask(self) -> None:
        socket = self.socket
        try:
            told = await logbook(socket.door, socket.caller, self._start, None, _names(self._m), since=self.last)
        except ActionError:
            return  # it cannot be read now; the next event asks again
        finally:
            self._asking = False
        self.last = max(self.last, told["last"])
        if told["entries"] and not self.over:
            socket.event(self.number, {"events": _without_names(told["entries"])})


async def event_stream(socket: "Connection", number: int, m: Logbook) -> None:
    """`logbook/event_stream`: the result, one or two events with what was, and then what comes."""
    span = _span(socket, number, m, future=False)
    if span is None:
        return
    _room(socket)
    start, end = span
    stream = LogbookStream(socket, number, m, start)
    await _streamed(socket, number, stream, lambda: _send_entries(stream, m, start, end))
    stream.until(end)
    if _over(socket, end):
        stream.stop()


async def _send_entries(stream: LogbookStream, m: Logbook, start: datetime, end: datetime | None) -> None:
    socket, last = stream.socket, 0
    until = end or local(stream.kit.clock)
    parts: list[tuple[datetime, datetime | None, bool]] = [(start, end, False)]
    if not m.entity_ids and until - start > BIG:
        parts = [(until - RECENT, end, True), (start, until - RECENT, False)]
    for begin, stop, partial in parts:
        told = await logbook(socket.door, socket.caller, begin, stop, _names(m))
        last = max(last, told["last"])
        if stream.over:
            return
        message: dict[str, Any] = {"events": _without_names(told["entries"]), "start_time": begin.timestamp(),
                                   "end_time": (stop or until).timestamp()}  # fmt: skip
        if not partial or told["entries"]:
            socket.event(stream.number, message | ({"partial": True} if partial else {}))
    stream.begin(last)


async def recorder_info(socket: "Connection", number: int, m: Info) -> None:
    """`recorder/info`, with usher's own beside."""
    if socket.kit.actions.get(INFO) is None:
        raise NoHistory
    told = dict(await socket.kit.actions.call(INFO, {}) or {})
    socket.result(number, {
        "backlog": told["waiting"], "max_backlog": told["most"], "migration_in_progress": False,
        "migration_is_live": False, "recording": told["state"] in ("recording", "starting"),
        "thread_running": told["state"] == "recording", "lost": told["lost"],
    })  # fmt: skip


COMMANDS: Final[tuple[tuple[str, type[BaseModel], Callable[["Connection", int, Any], Any], bool], ...]] = (
    ("history/history_during_period", History, during_period, False),
    ("history/stream", History, history_stream, True),
    ("logbook/get_events", Logbook, get_events, False),
    ("logbook/event_stream", Logbook, event_stream, True),
    ("recorder/info", Info, recorder_info, False),
)
