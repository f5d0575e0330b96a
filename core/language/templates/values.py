"""How a state looks inside a template: typed, and never a magic word that slips into a calculation.

A number stays a number, and equals its own spelling too (`states('queue.main') == '5'`, as installers write it for Home
Assistant, and `> 4` as anybody would). What has no value (`unknown`, `unavailable`, no such entity) compares and prints
as that word, and refuses to be calculated with.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, NoReturn, cast

from ...errors import TemplateError
from ...states import State

UNKNOWN: Final = "unknown"
UNAVAILABLE: Final = "unavailable"
TRIGGERED: Final = "last_triggered"


class Whole(int):
    """A whole number that is a state."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return str(int(self)) == other if isinstance(other, str) else int.__eq__(self, cast("int", other))

    def __ne__(self, other: object) -> bool:
        return not self == other if isinstance(other, str) else int.__ne__(self, cast("int", other))

    __hash__ = int.__hash__


class Real(float):
    """A number with a fraction that is a state."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return str(float(self)) == other if isinstance(other, str) else float.__eq__(self, cast("float", other))

    def __ne__(self, other: object) -> bool:
        return not self == other if isinstance(other, str) else float.__ne__(self, cast("float", other))

    __hash__ = float.__hash__


class Absent(str):
    """`unknown` or `unavailable`: prints and compares as the word, and refuses arithmetic and order."""

    __slots__ = ("entity_id",)
    entity_id: str

    def __new__(cls, word: str, entity_id: str) -> "Absent":
        made = super().__new__(cls, word)
        made.entity_id = entity_id
        return made

    def why(self) -> str:
        """The complaint, with the mend."""
        return (
            f"{self.entity_id} is {str(self)!r}: there is no value to calculate with. Ask "
            f"has_value({self.entity_id!r}) first, or give a default: states({self.entity_id!r}) | float(0)."
        )

    def _refuse(self, *_: Any) -> NoReturn:
        raise TemplateError(self.why())

    __add__ = __radd__ = __mul__ = __rmul__ = __mod__ = __rmod__ = _refuse  # pyright: ignore[reportAssignmentType]
    __sub__ = __rsub__ = __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __pow__ = __rpow__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __neg__ = __pos__ = _refuse  # pyright: ignore[reportAssignmentType]


def typed(state: State | None, entity_id: str) -> Any:
    """The value of a state as templates see it."""
    if state is None:
        return Absent(UNKNOWN, entity_id)
    if not state.available:
        return Absent(UNAVAILABLE, entity_id)
    value = state.value
    kind = value.__class__
    if kind is int:
        return Whole(cast("int", value))
    if kind is str:
        return value
    if kind is float:
        return Real(cast("float", value))
    if value is None:
        return Absent(UNKNOWN, entity_id)
    if isinstance(value, str):  # read from a file, with its place
        return str.__str__(value)
    return "on" if value else "off"


def spelled(state: State | None) -> str | None:
    """The value of a state as Home Assistant would spell it; None when there is no such entity."""
    if state is None:
        return None
    return spell(state.value) if state.available else UNAVAILABLE


def spell(value: Any) -> str:
    """One value as it is compared with what stands in the YAML."""
    if isinstance(value, str):
        return value
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def moment(stamp: float | None) -> str | None:
    """A stamp as Home Assistant writes it into an attribute."""
    return None if stamp is None else datetime.fromtimestamp(stamp, UTC).isoformat()


def attribute(state: State, name: str) -> Any:
    """An attribute as templates see it: `last_triggered` is a time there, as in Home Assistant."""
    value = state.attributes.get(name)
    return datetime.fromisoformat(value) if name == TRIGGERED and isinstance(value, str) else value


class StateView:
    """A state as templates and traces see it: `states.queue.main`, `trigger.to_state`."""

    __slots__ = ("_state",)
    FIELDS: ClassVar = frozenset({"state", "attributes", "entity_id", "domain", "object_id", "name", "available",
                                  "last_changed", "last_updated", "last_reported", "state_with_unit",
                                  "context"})  # fmt: skip

    def __init__(self, state: State) -> None:
        self._state = state

    @property
    def entity_id(self) -> str:
        return self._state.entity_id

    @property
    def domain(self) -> str:
        return self._state.domain

    @property
    def object_id(self) -> str:
        return self._state.entity_id.partition(".")[2]

    @property
    def name(self) -> Any:
        attributes = self._state.attributes
        return attributes.get("friendly_name") or attributes.get("name") or self.object_id.replace("_", " ")

    @property
    def state(self) -> Any:
        return typed(self._state, self._state.entity_id)

    @property
    def attributes(self) -> Mapping[str, Any]:
        attributes = self._state.attributes
        return {**attributes, TRIGGERED: attribute(self._state, TRIGGERED)} if TRIGGERED in attributes else attributes

    @property
    def available(self) -> bool:
        return self._state.available

    @property
    def last_changed(self) -> datetime:
        return datetime.fromtimestamp(self._state.changed_at, UTC)

    @property
    def last_updated(self) -> datetime:
        return datetime.fromtimestamp(self._state.updated_at, UTC)

    @property
    def last_reported(self) -> datetime:
        return self.last_updated

    @property
    def state_with_unit(self) -> Any:
        unit = self._state.attributes.get("unit_of_measurement")
        return f"{self.state} {unit}" if unit else self.state

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StateView) and self._state == other._state

    def __hash__(self) -> int:
        return hash((self._state.entity_id, self._state.updated_at))

    @property
    def context(self) -> Mapping[str, Any]:
        context = self._state.context
        return {"id": context.id, "parent_id": context.parent_id, "user_id": context.user_id}

    def inner(self) -> State:
        """The state itself, for who shows it to a program."""
        return self._state

    def __repr__(self) -> str:
        return f"<state {self.entity_id}={spelled(self._state)}>"


def state_of(view: StateView) -> State:
    """The state behind a view; templates cannot reach it."""
    return view._state  # pyright: ignore[reportPrivateUsage]


_SCALARS: Final = frozenset({str, int, float, bool, type(None)})


def plain(value: Any) -> Any:
    """The same value without the dress above: JSON where it was JSON."""
    kind = value.__class__
    if kind in _SCALARS:
        return value
    if kind is dict:
        return {k: v if v.__class__ in _SCALARS else plain(v) for k, v in value.items()}
    if isinstance(value, Whole):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    if isinstance(value, Absent):
        return str(value)
    if isinstance(value, dict):
        return {k: plain(v) for k, v in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list):
        return [plain(v) for v in cast("list[Any]", value)]
    return value
