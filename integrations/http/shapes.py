"""Home Assistant's JSON of states, events and contexts. Entity ids and string states are made here and nowhere inside.

Each state is encoded once, however many ask; an event once, however many listen.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import PurePath
from typing import Any, Final, cast

import orjson
from pydantic import BaseModel

from ...core.events import Context, Event
from ...core.states import STATE_CHANGED, State
from ...core.words import Words, say

HA_VERSION: Final = "2025.2.5"  # the level of Home Assistant's API that clients test for
_OPTIONS: Final = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS
MAX_BITS: Final = 4096  # of a number that is written out


def text_of(state: State) -> str:
    """A typed value as Home Assistant's text."""
    value = state.value
    if not state.available:
        return "unavailable"
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def iso(stamp: float) -> str:
    """Unix seconds as 2026-11-22T10:24:05.123456+00:00."""
    return datetime.fromtimestamp(stamp, UTC).isoformat()


def context_of(context: Context) -> dict[str, str | None]:
    return {"id": context.id, "parent_id": context.parent_id, "user_id": context.user_id}


class Shared:
    """JSON that goes to many sockets: encoded once, and put behind each subscription's number once a number."""

    __slots__ = ("_framed", "body")

    def __init__(self, body: bytes) -> None:
        self.body = body
        self._framed: dict[int, bytes] = {}

    def event(self, number: int) -> bytes:
        """The message of an event for subscription `number`."""
        message = self._framed.get(number)
        if message is None:
            message = b'{"id":%d,"type":"event","event":%b}' % (number, self.body)
            self._framed[number] = message
        return message


def _fitting(thing: Any, shape: Callable[[Any], Any]) -> Any:
    """The same, with numbers of more than 64 bits as text and halves of surrogates as question marks."""
    if isinstance(thing, str):
        return thing.encode("utf-8", "replace").decode()
    if isinstance(thing, bool) or thing is None:
        return thing
    if isinstance(thing, int):
        return thing if thing.bit_length() < 64 else hex(thing) if thing.bit_length() > MAX_BITS else str(thing)
    if isinstance(thing, Mapping):
        items = cast("Mapping[Any, Any]", thing).items()
        return {_fitting(key, shape): _fitting(value, shape) for key, value in items}
    if isinstance(thing, (list, tuple)):
        return [_fitting(one, shape) for one in cast("list[Any]", thing)]
    if isinstance(thing, (float, orjson.Fragment, datetime, date)):
        return thing
    return _fitting(shape(thing), shape)


class Shapes:
    """Encodes. `language` is the hall's own, for the one `friendly_name` that Home Assistant's clients know."""

    def __init__(self, language: str | None) -> None:
        self._language = language
        self._states: dict[str, tuple[State, bytes]] = {}  # the last one of each entity

    def encode(self, thing: Any) -> bytes:
        """Any JSON, with states, contexts and models in it, as bytes."""
        try:
            return orjson.dumps(thing, default=self._shape, option=_OPTIONS)
        except TypeError:  # a template may make numbers and text that JSON cannot hold; nobody misses the event for it
            return orjson.dumps(_fitting(thing, self._shape), default=self._shape, option=_OPTIONS)

    def _shape(self, thing: Any) -> Any:
        if isinstance(thing, State):
            return self._state_shape(thing)
        if isinstance(thing, Context):
            return context_of(thing)
        if isinstance(thing, Event):
            return orjson.Fragment(self.event(thing))
        if isinstance(thing, BaseModel):
            return thing.model_dump(mode="json", by_alias=True)
        if isinstance(thing, Mapping):
            return dict(cast("Mapping[Any, Any]", thing))
        if isinstance(thing, (set, frozenset)):
            return sorted(cast("Iterable[Any]", thing), key=str)
        if isinstance(thing, PurePath):
            return str(thing)
        if isinstance(thing, bytes):
            return thing.decode(errors="replace")
        if isinstance(thing, timedelta):
            return str(thing)
        if isinstance(thing, float):  # the language's numbers know their entity
            return float(thing)
        inner = getattr(thing, "inner", None)  # a state as templates and triggers see it
        if callable(inner):
            return inner()
        raise TypeError(f"{type(thing).__name__} is not JSON")

    def attributes(self, state: State) -> dict[str, Any]:
        """The attributes, with Home Assistant's name for the name."""
        name = state.attributes.get("name")
        if name is None or "friendly_name" in state.attributes:
            return dict(state.attributes)
        text = say(cast("Words", name), self._language) if isinstance(name, (str, Mapping)) else str(name)
        return {**state.attributes, "friendly_name": text}

    def _state_shape(self, state: State) -> dict[str, Any]:
        updated = iso(state.updated_at)
        return {
            "entity_id": state.entity_id,
            "state": text_of(state),
            "attributes": self.attributes(state),
            "last_changed": updated if state.changed_at == state.updated_at else iso(state.changed_at),
            "last_reported": updated,
            "last_updated": updated,
            "context": context_of(state.context),
        }

    def state(self, state: State | None) -> bytes:
        """One state as Home Assistant's JSON."""
        if state is None:
            return b"null"
        kept = self._states.get(state.entity_id)
        if kept is not None and kept[0] is state:
            return kept[1]
        body = self.encode(self._state_shape(state))
        self._states[state.entity_id] = (state, body)
        return body

    def forget(self, entity_id: str) -> None:
        """The entity is no more."""
        self._states.pop(entity_id, None)

    def states(self, states: Iterable[State]) -> bytes:
        return b"[" + b",".join(map(self.state, states)) + b"]"

    def event(self, event: Event) -> bytes:
        """One event as Home Assistant's JSON."""
        if event.type == STATE_CHANGED:
            old, new = event.data["old_state"], event.data["new_state"]
            data = b'{"entity_id":%b,"old_state":%b,"new_state":%b}' % (
                self.encode(event.data["entity_id"]), self.state(old), self.state(new))  # fmt: skip
        else:
            data = self.encode(event.data)
        return b'{"event_type":%b,"data":%b,"origin":"LOCAL","time_fired":"%b","context":%b}' % (
            self.encode(event.type), data, iso(event.at).encode(), self.encode(context_of(event.context)))  # fmt: skip

    def whole(self, states: Iterable[State]) -> bytes:
        """The first event of `subscribe_entities`: all states, compressed."""
        return self.encode({"a": {state.entity_id: self._compressed(state) for state in states}})

    def change(self, event: Event) -> bytes:
        """A state_changed event as `subscribe_entities` tells it: what came, what changed, what went."""
        entity_id: str = event.data["entity_id"]
        old: State | None = event.data["old_state"]
        new: State | None = event.data["new_state"]
        if new is None:
            return self.encode({"r": [entity_id]})
        if old is None:
            return self.encode({"a": {entity_id: self._compressed(new)}})
        return self.encode({"c": {entity_id: self._difference(old, new)}})

    def _compressed(self, state: State) -> dict[str, Any]:
        context = state.context
        small = context.id if context.parent_id is None and context.user_id is None else context_of(context)
        shape: dict[str, Any] = {"s": text_of(state), "a": self.attributes(state), "c": small, "lc": state.changed_at}
        if state.updated_at != state.changed_at:
            shape["lu"] = state.updated_at
        return shape

    def _difference(self, old: State, new: State) -> dict[str, Any]:
        added: dict[str, Any] = {}
        if text_of(old) != text_of(new):
            added["s"] = text_of(new)
        if old.changed_at != new.changed_at:
            added["lc"] = new.changed_at
        elif old.updated_at != new.updated_at:
            added["lu"] = new.updated_at
        before, after = context_of(old.context), context_of(new.context)
        differing = {key: value for key, value in after.items() if before[key] != value}
        if differing:
            added["c"] = after["id"] if list(differing) == ["id"] else differing
        had, has = self.attributes(old), self.attributes(new)
        changed = {key: value for key, value in has.items() if key not in had or had[key] != value}
        if changed:
            added["a"] = changed
        gone = [key for key in had if key not in has]
        return {"+": added, "-": {"a": gone}} if gone else {"+": added}
