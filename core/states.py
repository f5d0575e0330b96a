"""What is true now: one value and its attributes for each entity.

A value keeps its type (number, text, truth); an entity whose source is gone is `available=False`, never a magic string.
"""

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Any, TypeAlias

from .bus import Bus, Listener
from .clock import Cancel, Clock
from .events import Context, Event
from .frozen import frozen
from .ids import EntityId, is_entity_id

Value: TypeAlias = str | int | float | bool | None
STATE_CHANGED = "state_changed"


@frozen
class State:
    """The value of one entity at one moment; stamps are wall time in Unix seconds. Attributes are JSON."""

    entity_id: str
    value: Value
    attributes: Mapping[str, Any]
    available: bool
    changed_at: float
    updated_at: float
    context: Context

    @property
    def domain(self) -> str:
        return self.entity_id.partition(".")[0]


class States:
    """Keeps the states and publishes `state_changed` with the old and the new one.

    The event's data is `{"entity_id": str, "old_state": State | None, "new_state": State | None}`.
    """

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus, self._clock = bus, clock
        self._states: dict[str, State] = {}
        self._untold: dict[str, State | None] = {}
        self._looked = (0, 0)  # the bus's turn of that, and how far along its line was looked

    def get(self, entity_id: str) -> State | None:
        """The state of one entity, or None if there is no such entity."""
        return self._states.get(entity_id)

    def __contains__(self, entity_id: str) -> bool:
        return entity_id in self._states

    def __iter__(self) -> Iterator[State]:
        return iter(list(self._states.values()))

    def domain(self, domain: str) -> list[State]:
        """All states of one domain, by id."""
        start = domain + "."
        return sorted((s for e, s in self._states.items() if e.startswith(start)), key=lambda s: s.entity_id)

    def set(
        self,
        entity_id: str,
        value: Value,
        attributes: Mapping[str, Any] | None = None,
        context: Context | None = None,
        *,
        available: bool = True,
    ) -> State:
        """Say what is true now; publishes nothing when it was already so. Raises ValueError for a bad id."""
        old = self._states.get(entity_id)
        attributes = attributes or {}
        changed_at = now = self._clock.now()
        if old is None:
            if not is_entity_id(entity_id):
                EntityId.parse(entity_id)  # says what is wrong
        elif old.value == value and type(old.value) is type(value) and old.available is available:
            if old.attributes == attributes:
                return old
            changed_at = old.changed_at
        new = State(entity_id, value, attributes, available, changed_at, now, context or Context())
        self._states[entity_id] = new
        self._publish(entity_id, old, new, new.context, now)
        return new

    def remove(self, entity_id: str, context: Context | None = None) -> None:
        """The entity is no more."""
        old = self._states.pop(entity_id, None)
        if old is not None:
            self._publish(entity_id, old, None, context or Context(), self._clock.now())

    def watch(self, entity_ids: Collection[str], listener: Listener) -> Cancel:
        """Hear of changes of these entities only, with the event's own old and new state."""
        return self._bus.listen(listener, STATE_CHANGED, about=frozenset(entity_ids).__contains__)

    def untold(self) -> Mapping[str, State | None]:
        """Entities whose change waits to be told, each as it was told last: with them one sees the present event's hall.

        A state is set before its event is told, and a listener may set more; who hears an event and looks around sees
        otherwise what comes after it.
        """
        line, turn = self._bus.untold, self._bus.turn
        if not line:
            return {}
        at, seen = self._looked
        if at != turn:
            self._untold, seen = {}, 0
        for event in islice(line, seen, None):
            if event.type == STATE_CHANGED:
                self._untold.setdefault(event.data["entity_id"], event.data["old_state"])
        self._looked = (turn, len(line))
        return self._untold

    def _publish(self, entity_id: str, old: State | None, new: State | None, context: Context, at: float) -> None:
        data = {"entity_id": entity_id, "old_state": old, "new_state": new}
        self._bus.publish(Event(STATE_CHANGED, data, context, at))
