"""Variables as JSON and back: what a waiting run keeps. Times, spans, states and tuples come back as what they were."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, cast

from ..events import Context
from ..states import State
from .templates.values import Absent, StateView, plain, state_of

_TAG = "$usher"


def pack(value: Any) -> Any:
    """A variable as JSON; what has no such form becomes its text."""
    kind = value.__class__
    if kind is int:
        return value if value.bit_length() < 64 else {_TAG: "int", "value": hex(value)}
    if kind is str:
        return value if value.isascii() else _pack_text(value)
    if kind in (float, bool, type(None)):
        return value
    if isinstance(value, Mapping):
        made = {str(k): pack(v) for k, v in cast("Mapping[Any, Any]", value).items()}
        return {_TAG: "map", "value": made} if _TAG in made else made
    if isinstance(value, list):
        return [pack(v) for v in cast("list[Any]", value)]
    if isinstance(value, (tuple, set, frozenset)):
        return {_TAG: "tuple", "value": [pack(v) for v in cast("tuple[Any, ...]", value)]}
    if isinstance(value, datetime):
        return {_TAG: "datetime", "value": value.isoformat()}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return {_TAG: "timedelta", "value": value.total_seconds()}
    if isinstance(value, Absent):
        return {_TAG: "absent", "value": [str(value), value.entity_id]}
    if isinstance(value, StateView):
        return {_TAG: "state", "value": _pack_state(state_of(value))}
    simple = plain(value)
    return pack(simple) if type(simple) is not kind else str(value)


def unpack(value: Any) -> Any:
    """The variable that was packed."""
    if isinstance(value, list):
        return [unpack(v) for v in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    packed = cast("dict[str, Any]", value)
    if _TAG not in packed:
        return {k: unpack(v) for k, v in packed.items()}
    inner: Any = packed["value"]
    match packed[_TAG]:
        case "int":
            return int(inner, 16)
        case "text":
            return bytes.fromhex(inner).decode("utf-8", "surrogatepass")
        case "datetime":
            return datetime.fromisoformat(inner)
        case "timedelta":
            return timedelta(seconds=inner)
        case "tuple":
            return tuple(unpack(v) for v in inner)
        case "absent":
            return Absent(*inner)
        case "state":
            return StateView(_unpack_state(inner))
        case _:
            return {k: unpack(v) for k, v in inner.items()}


def _pack_text(text: str) -> Any:
    """Text as JSON can hold it: half a surrogate, which a template can make, it cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return {_TAG: "text", "value": text.encode("utf-8", "surrogatepass").hex()}
    return text


def _pack_state(state: State) -> list[Any]:
    context = [state.context.id, state.context.parent_id, state.context.user_id, state.context.depth]
    return [state.entity_id, state.value, pack(state.attributes), state.available, state.changed_at, state.updated_at,
            context]  # fmt: skip


def _unpack_state(packed: list[Any]) -> State:
    entity_id, value, attributes, available, changed_at, updated_at, context = packed
    return State(entity_id, value, unpack(attributes), available, changed_at, updated_at, Context(*context))
