"""The words that ask for states: `states`, `state_attr`, `is_state`, `expand`, and how a state is compared."""

from collections.abc import Iterable, Iterator
from typing import Any, cast

from ...states import State
from .reads import Seen
from .sandbox import Sandbox
from .values import UNAVAILABLE, UNKNOWN, StateView, attribute, spell, typed


class StatesWord:
    """`states('queue.main')`, `states.queue.main`, `states.queue`, `states | count`."""

    # What Jinja asks of anything it calls; without these the questions would be taken for domains.
    unsafe_callable = alters_data = False
    jinja_pass_arg = None

    def __init__(self, seen: Seen) -> None:
        self._states = seen

    def __call__(self, entity_id: str, rounded: bool | int | None = None, with_unit: bool = False) -> Any:
        state = self._states.get(entity_id)
        if rounded is None and not with_unit:
            return typed(state, entity_id)
        return _formatted(state, entity_id, with_unit if rounded is None else rounded, with_unit)

    def __getattr__(self, domain: str) -> "Domain":
        if domain.startswith("_"):
            raise AttributeError(domain)
        return Domain(self._states, domain)

    def __getitem__(self, entity_id: str) -> "StateView":
        state = self._states.get(entity_id)
        if state is None:
            raise KeyError(entity_id)
        return StateView(state)

    def __iter__(self) -> Iterator[StateView]:
        return iter(sorted(map(StateView, self._states), key=lambda one: one.entity_id))

    def __len__(self) -> int:
        return sum(1 for _ in self._states)

    def __repr__(self) -> str:
        return "<states>"


def _formatted(state: State | None, entity_id: str, rounded: bool | int, with_unit: bool) -> Any:
    """Rounded as the entity is displayed (or to so many digits), with its unit."""
    value = typed(state, entity_id)
    digits: Any = rounded
    if rounded is True:
        digits = None if state is None else state.attributes.get("display_precision")
    if rounded is not False and type(digits) is int and isinstance(value, float):
        value = f"{value:.{max(0, min(digits, 20))}f}" if rounded is True else round(value, digits)
    unit = None if state is None else state.attributes.get("unit_of_measurement")
    return f"{value} {unit}" if with_unit and unit else value


class Domain:
    """`states.queue`: all of its entities, or one of them by name."""

    def __init__(self, states: Seen, domain: str) -> None:
        self._states, self._domain = states, domain

    def __getattr__(self, name: str) -> StateView:
        state = self._states.get(f"{self._domain}.{name}")
        if state is None:
            raise AttributeError(name)
        return StateView(state)

    def __getitem__(self, name: str) -> StateView:
        state = self._states.get(f"{self._domain}.{name}")
        if state is None:
            raise KeyError(name)
        return StateView(state)

    def says_missing(self, name: str) -> str:
        return f"there is no entity {self._domain}.{name}."

    def __iter__(self) -> Iterator[StateView]:
        return iter(map(StateView, self._states.domain(self._domain)))

    def __len__(self) -> int:
        return len(self._states.domain(self._domain))

    def __repr__(self) -> str:
        return f"<states of {self._domain}>"


class Asking:
    """The questions about one state."""

    def __init__(self, seen: Seen) -> None:
        self._states = seen

    def state_attr(self, entity_id: str, name: str) -> Any:
        state = self._states.get(entity_id)
        return None if state is None else attribute(state, name)

    def state_translated(self, entity_id: str) -> Any:
        """A state in words for people: usher's states have no catalogue of them, so it is the state."""
        return typed(self._states.get(entity_id), entity_id)

    def is_state(self, entity_id: str, value: Any) -> bool:
        state = self._states.get(entity_id)
        return state is not None and matches(state, value)

    def is_state_attr(self, entity_id: str, name: str, value: Any) -> bool:
        state = self._states.get(entity_id)
        return state is not None and name in state.attributes and same(state.attributes[name], value)

    def has_value(self, entity_id: str) -> bool:
        state = self._states.get(entity_id)
        return state is not None and state.available and state.value not in (None, UNKNOWN, UNAVAILABLE)


class Expanding:
    """`expand`: entities, groups and lists of them as states, groups replaced by what is in them."""

    def __init__(self, env: Sandbox, seen: Seen) -> None:
        self._env, self._states = env, seen

    def expand(self, *given: Any) -> list[StateView]:
        search, found = list(given), dict[str, StateView]()
        seen: set[str] = set()
        while search:
            self._env.turn()
            one = search.pop()
            if isinstance(one, str):
                state = self._states.get(one)
                one = None if state is None else StateView(state)
            elif isinstance(one, Iterable):
                search += self._env.counted(cast("Iterable[Any]", one))
                continue
            if not isinstance(one, StateView) or one.entity_id in seen:
                continue
            seen.add(one.entity_id)
            members: Any = one.attributes.get("entity_id")
            if isinstance(members, (list, tuple)):  # as Home Assistant's groups say who is in them
                search += cast("list[Any]", members)
            else:
                self._states.get(one.entity_id)  # noted: it was perhaps found by its domain
                found[one.entity_id] = one
        return list(found.values())


def matches(state: State, wanted: Any) -> bool:
    """Whether a state is what the YAML says, as a value or as its spelling; a list is any of them."""
    if isinstance(wanted, (list, tuple)):
        return any(matches(state, one) for one in cast("list[Any]", wanted))
    if not state.available:
        return isinstance(wanted, str) and wanted == UNAVAILABLE
    return same(state.value, wanted)


def same(value: Any, wanted: Any) -> bool:
    """Whether a value is what the YAML says: `5` and `"5"`, `on` and `true`."""
    if value == wanted and isinstance(value, bool) is isinstance(wanted, bool):
        return True
    if isinstance(wanted, (list, dict)) or isinstance(value, (list, dict)):
        return False
    return spell(value) == spell(wanted)
