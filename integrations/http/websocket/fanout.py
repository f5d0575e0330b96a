"""One listener for all sockets: each event is encoded once, and goes to those who asked for it and may hear it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ....core.access import may_hear, may_read
from ....core.bus import Bus
from ....core.clock import Cancel
from ....core.events import Event
from ....core.states import STATE_CHANGED, States
from ..shapes import Shapes, Shared


class Hearer(Protocol):
    """A socket, as far as the fan-out knows it."""

    @property
    def permission(self) -> tuple[str, frozenset[str]]: ...

    def send_event(self, number: int, event: Shared) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Hearing:
    """One `subscribe_events` or `subscribe_entities`: whose it is, its number there, and for which entities (None: all)."""

    hearer: Hearer
    number: int
    end: Callable[["Hearing"], None]
    entity_ids: frozenset[str] | None = None

    def stop(self) -> None:
        self.end(self)


class Fanout:
    """Listens to the bus only while somebody is subscribed."""

    def __init__(self, bus: Bus, states: States, shapes: Shapes) -> None:
        self._bus, self._states, self._shapes = bus, states, shapes
        self._events: dict[str, tuple[Hearing, ...]] = {}  # "*": every event
        self._entities: tuple[Hearing, ...] = ()
        self._stop: Cancel | None = None
        self._forget = bus.listen(self._drop_removed, STATE_CHANGED)

    def events(self, hearer: Hearer, number: int, kind: str) -> Hearing:
        """Send every event of a type, or with `*` all, that this hearer may hear."""

        def stop(one: Hearing) -> None:
            left = tuple(other for other in self._events.get(kind, ()) if other is not one)
            if left:
                self._events[kind] = left
            else:
                self._events.pop(kind, None)
            self._attend()

        one = Hearing(hearer, number, stop)
        self._events[kind] = (*self._events.get(kind, ()), one)
        self._attend()
        return one

    def entities(self, hearer: Hearer, number: int, entity_ids: frozenset[str] | None) -> Hearing:
        """Send the states as they are now, then every change of those this hearer may read."""
        permission = hearer.permission
        hearer.send_event(number, Shared(self._shapes.whole(
            state for state in self._states
            if (entity_ids is None or state.entity_id in entity_ids) and may_read(permission, state.entity_id))))  # fmt: skip
        one = Hearing(hearer, number, self._end_entities, entity_ids)
        self._entities = (*self._entities, one)
        self._attend()
        return one

    def _end_entities(self, one: Hearing) -> None:
        self._entities = tuple(other for other in self._entities if other is not one)
        self._attend()

    def close(self) -> None:
        self._events.clear()
        self._entities = ()
        self._attend()
        self._forget()

    def _attend(self) -> None:
        wanted = bool(self._events or self._entities)
        if wanted and self._stop is None:
            self._stop = self._bus.listen(self._hear)
        elif not wanted and self._stop is not None:
            self._stop()
            self._stop = None

    def _hear(self, event: Event) -> None:
        whole: Shared | None = None
        changed = event.type == STATE_CHANGED
        for one in (*self._events.get(event.type, ()), *self._events.get("*", ())):
            permission = one.hearer.permission
            if not may_hear(permission, event.type):
                continue
            if changed and not may_read(permission, event.data["entity_id"]):
                continue
            if whole is None:
                whole = Shared(self._shapes.event(event))
            one.hearer.send_event(one.number, whole)
        if changed and self._entities:
            self._hear_change(event)

    def _hear_change(self, event: Event) -> None:
        change: Shared | None = None
        entity_id: str = event.data["entity_id"]
        for one in self._entities:
            if one.entity_ids is not None and entity_id not in one.entity_ids:
                continue
            if not may_read(one.hearer.permission, entity_id):
                continue
            if change is None:
                change = Shared(self._shapes.change(event))
            one.hearer.send_event(one.number, change)

    def _drop_removed(self, event: Event) -> None:
        if event.data["new_state"] is None:
            self._shapes.forget(event.data["entity_id"])
