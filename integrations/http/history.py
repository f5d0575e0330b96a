"""The past over REST, as Home Assistant's clients ask for it: `/api/history/period` and `/api/logbook`.

Who keeps the past is not known here: it answers the questions `history.period` and `logbook.get`. Where nobody does,
only the present is known of it.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from aiohttp import web

from ...core.access import Caller, may_read
from ...core.clock import local
from ...core.errors import BadData, UnknownAction
from ...core.events import Context
from ...core.states import State
from .door import Door, Handler, reply
from .shapes import Shapes, iso, text_of

HISTORY, LOGBOOK, INFO = "history.period", "logbook.get", "recorder.info"
MOST: Final = 50_000  # states or entries of one answer
MAX_ENTITIES: Final = 1000
_DAY: Final = timedelta(days=1)
_NOWHERE: Final = Context("")


class NoHistory(UnknownAction):
    """Nobody keeps the past here."""

    def __init__(self) -> None:
        super().__init__({"en": "No history is kept here. Add recorder: to the YAML.",
                          "zh-CN": "此处没有历史记录。请在 YAML 中加入 recorder:。"})  # fmt: skip


class Past:
    """The paths about the past."""

    def __init__(self, door: Door) -> None:
        self._door, self._kit = door, door.kit

    def routes(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/api/history/period", self.history),
            ("GET", "/api/history/period/{start}", self.history),
            ("GET", "/api/logbook", self.logbook),
            ("GET", "/api/logbook/{start}", self.logbook),
        ]

    async def history(self, request: web.Request) -> web.Response:
        """[[state, ...], ...]: a list for each entity that has any, in the order asked for."""
        caller, query = self._door.caller(request), request.query
        names = [one.strip().lower() for one in query.get("filter_entity_id", "").split(",") if one.strip()]
        end = read_time(self._door, query.get("end_time"))
        if self._kit.actions.get(HISTORY) is None:
            return self._present(caller, names, end)
        now = local(self._kit.clock)
        start = read_time(self._door, request.match_info.get("start")) or now - _DAY
        if start > now:
            return reply(b"[]")
        minimal, significant = "minimal_response" in query, query.get("significant_changes_only", "1") != "0"
        found = await past_states(self._door, caller, names, start, end or start + _DAY,
                                  initial="skip_initial_state" not in query, significant=significant,
                                  no_attributes="no_attributes" in query)  # fmt: skip
        shapes = self._door.shapes
        return reply(await asyncio.to_thread(_encoded, shapes, found, start.timestamp(), minimal))

    def _present(self, caller: Caller, names: list[str], end: datetime | None) -> web.Response:
        """Without a recorder: for each entity its present state, if it began before the end of the period."""
        states = [self._kit.states.get(one) for one in names[:MAX_ENTITIES]] if names else list(self._kit.states)
        until = end.timestamp() if end is not None else float("inf")
        known = [s for s in states
                 if s is not None and may_read(caller.permission, s.entity_id) and s.changed_at <= until]  # fmt: skip
        return reply(b"[" + b",".join(self._door.shapes.states([state]) for state in known) + b"]")

    async def logbook(self, request: web.Request) -> web.Response:
        """The entries of a day, or of `period` days, or until `end_time`; each with its cause."""
        caller, query = self._door.caller(request), request.query
        begin = read_time(self._door, request.match_info.get("start"))
        end = read_time(self._door, query.get("end_time"))
        names = [one.strip().lower() for one in query.get("entity", "").split(",") if one.strip()]
        context = query.get("context_id")
        if names and context:
            raise BadData({"en": "entity and context_id cannot be asked for together.",
                           "zh-CN": "entity 与 context_id 不能同时使用。"})  # fmt: skip
        if self._kit.actions.get(LOGBOOK) is None:
            return reply(b"[]")
        days = _days(query.get("period"))
        start = begin or local(self._kit.clock).replace(hour=0, minute=0, second=0, microsecond=0)
        if end is None:
            start -= timedelta(days=days - 1)
            end = start + timedelta(days=days)
        told = await logbook(self._door, caller, start, end, names or None, context)
        for entry in told["entries"]:
            entry["when"] = iso(entry["when"])
        return reply(await asyncio.to_thread(self._door.shapes.encode, told["entries"]))


def _days(text: str | None) -> int:
    if text is None:
        return 1
    if not text.isdecimal() or not 1 <= int(text) <= 3650:
        raise BadData({"en": "period is a number of days, 1 to 3650.", "zh-CN": "period 应为 1 至 3650 天。"})
    return int(text)


def parsed(door: Door, text: str) -> datetime | None:
    """A time with its zone, or None if it is none; without a zone it is the hall's own. A blank was a + before the URL
    was read."""
    try:
        read = datetime.fromisoformat(
            text.strip().replace(" ", "T" if text.count(":") < 3 and "T" not in text else "+")
        )
        if not 1970 <= read.year <= 9000:
            return None
    except ValueError:
        return None
    return read if read.tzinfo is not None else read.replace(tzinfo=door.kit.clock.zone)


def read_time(door: Door, text: str | None) -> datetime | None:
    """The same; raises BadData."""
    if not text:
        return None
    found = parsed(door, text)
    if found is None:
        raise BadData({"en": f"{text[:40]!r} is not a time. Write 2026-11-22T10:24:00+08:00.",
                       "zh-CN": f"{text[:40]!r} 不是有效的时间。请写作 2026-11-22T10:24:00+08:00。"})  # fmt: skip
    return found


async def past_states(door: Door, caller: Caller, names: list[str], start: datetime, end: datetime | None, *,
                      initial: bool, significant: bool, no_attributes: bool) -> dict[str, list[State]]:  # fmt: skip
    """The states of those of these entities that the caller may read, or of all; what was true at the start begins
    then."""
    readable = [name for name in names if may_read(caller.permission, name)][:MAX_ENTITIES]
    if names and not readable:
        return {}
    data: dict[str, Any] = {
        "start_time": start, "initial": initial, "significant_changes_only": significant,
        "no_attributes": no_attributes, "limit": MOST,
    }  # fmt: skip
    if readable:
        data["entities"] = readable
    if end is not None:
        data["end_time"] = end
    answer = await _asked(door, HISTORY, data, caller)
    if answer["truncated"]:
        door.kit.log.warning("A history of more than %d states was cut: ask for fewer entities or days.", MOST)
    return {name: [_state(name, one) for one in states] for name, states in answer["states"].items()}


def _state(name: str, one: Mapping[str, Any]) -> State:
    return State(
        name, one["value"], one["attributes"], one["available"], one["changed_at"], one["updated_at"], _NOWHERE
    )


async def logbook(door: Door, caller: Caller, start: datetime, end: datetime | None, names: list[str] | None,
                  context: str | None = None, since: int | None = None) -> Mapping[str, Any]:  # fmt: skip
    """{entries, last, truncated} of what the caller may know."""
    if names is not None:
        names = [name for name in names if may_read(caller.permission, name)][:MAX_ENTITIES]
    data: dict[str, Any] = {
        "start_time": start,
        "entities": names,
        "context_id": context,
        "since": since,
        "limit": MOST,
    }
    if end is not None:
        data["end_time"] = end
    return await _asked(door, LOGBOOK, data, caller)


async def _asked(door: Door, question: str, data: Mapping[str, Any], caller: Caller) -> Mapping[str, Any]:
    if door.kit.actions.get(question) is None:
        raise NoHistory
    answer = await door.kit.actions.call(question, data, door.call(caller))
    assert answer is not None
    return answer


def _encoded(shapes: Shapes, found: Mapping[str, list[State]], start: float, minimal: bool) -> bytes:
    shape = _minimal if minimal else _whole
    return shapes.encode([shape(shapes, states, start) for states in found.values()])


def _whole(shapes: Shapes, states: Iterable[State], start: float) -> list[dict[str, Any]]:
    return [_full(shapes, state, start) for state in states]


def _full(shapes: Shapes, state: State, start: float) -> dict[str, Any]:
    updated = max(state.updated_at, start)
    return {
        "entity_id": state.entity_id, "state": text_of(state), "attributes": shapes.attributes(state),
        "last_changed": iso(updated if state.updated_at < start else state.changed_at), "last_updated": iso(updated),
    }  # fmt: skip


def _minimal(shapes: Shapes, states: list[State], start: float) -> list[dict[str, Any]]:
    """The first one whole; of the others the value and when, where it is another one."""
    listed = [_full(shapes, state, start) for state in states[:1]]
    before = listed[0]["state"] if listed else None
    for state in states[1:]:
        text = text_of(state)
        if text != before:
            listed.append({"state": text, "last_changed": iso(state.updated_at)})
            before = text
    return listed


def compressed(shapes: Shapes, found: Mapping[str, list[State]], start: float, *, minimal: bool, significant: bool,
               no_attributes: bool) -> dict[str, list[dict[str, Any]]]:  # fmt: skip
    """The WebSocket's short form: s(tate), a(ttributes), lu (last updated), lc (last changed, if another time)."""
    listed: dict[str, list[dict[str, Any]]] = {}
    for name, states in found.items():
        shaped: list[dict[str, Any]] = []
        before: str | None = None
        for index, state in enumerate(states):
            text = text_of(state)
            if minimal and index and text == before:
                continue
            one: dict[str, Any] = {"s": text}
            if not minimal or (index == 0 and not no_attributes):
                one["a"] = {} if no_attributes else shapes.attributes(state)
            one["lu"] = max(state.updated_at, start)
            if not significant and state.updated_at >= start and state.changed_at != state.updated_at:
                one["lc"] = state.changed_at
            shaped.append(one)
            before = text
        listed[name] = shaped
    return listed
