"""The bus: one first-in-first-out line of events; a listener is a plain function that returns at once.

Publishing never nests: an event published by a listener waits until all have heard the present one. A listener that
raises is logged and the others still hear. A chain of causes longer than `MAX_DEPTH` is cut with an error.
"""

import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

from .clock import Cancel, Clock
from .events import MAX_DEPTH, Context, Event

log = logging.getLogger(__name__)
T = TypeVar("T")
Listener = Callable[[Event], None]
About: TypeAlias = Callable[[str], bool]
MAX_KEPT = 20_000  # entities of which it is kept who hears them


class Bus:
    """Publishes events to those who listen, in the order they listened."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._listeners: dict[str, tuple[Listener, ...]] = {}
        self._abouts: dict[str, tuple[About | None, ...]] = {}  # beside the listeners, for types where any has one
        self._concerned: dict[tuple[str, str], tuple[Listener, ...]] = {}  # (type, entity id); found once, then kept
        self._everything: tuple[Listener, ...] = ()
        self._line: deque[Event] = deque()
        self._publishing = False
        self.turn = 0  # how many events were told; while one is, its own

    @property
    def untold(self) -> "deque[Event]":
        """The events that wait to be told, the next one first; not to be changed."""
        return self._line

    def listen(self, listener: Listener, *types: str, about: About | None = None) -> Cancel:
        """Hear events of these types, or with none named every event; the answer ends it.

        With `about`, of events with an `entity_id` only those of which it says yes; it is asked once an entity, so its
        answer must not change.
        The tuples are replaced, never changed, so that who joins or leaves while an event is told does not disturb it.
        """
        if types:
            for kind in types:
                before = self._listeners.get(kind, ())
                self._listeners[kind] = (*before, listener)
                if about is not None or kind in self._abouts:
                    self._abouts[kind] = (*self._abouts.get(kind, (None,) * len(before)), about)
                    self._concerned.clear()
        else:
            self._everything = (*self._everything, listener)
        return lambda: self._forget(listener, types, about)

    def _forget(self, listener: Listener, types: tuple[str, ...], about: About | None) -> None:
        if not types:
            self._everything = _without(self._everything, _at(self._everything, listener))
        for kind in types:
            listeners, abouts = self._listeners.get(kind, ()), self._abouts.get(kind)
            at = _at(listeners, listener, abouts, about)
            left = _without(listeners, at)
            if left:
                self._listeners[kind] = left
            else:
                self._listeners.pop(kind, None)
            if abouts is not None:
                self._concerned.clear()
                self._abouts[kind] = _without(abouts, at)
                if not any(self._abouts[kind]):
                    del self._abouts[kind]

    def listened(self) -> dict[str, int]:
        """How many listen to each type; `*` are those who hear everything."""
        counts = {kind: len(listeners) for kind, listeners in self._listeners.items()}
        return {**counts, "*": len(self._everything)} if self._everything else counts

    def fire(self, kind: str, data: Mapping[str, Any] | None = None, context: Context | None = None) -> Event:
        """Make an event of now and publish it."""
        event = Event(kind, {} if data is None else data, context or Context(), self._clock.now())
        self.publish(event)
        return event

    def publish(self, event: Event) -> None:
        """Tell all who listen; when called by a listener, after the present event."""
        if event.context.depth > MAX_DEPTH:
            log.error("A chain of more than %d causes was cut at %s: automations trigger each other.",
                      MAX_DEPTH, event.type)  # fmt: skip
            return
        self._line.append(event)
        if self._publishing:
            return
        self._publishing = True
        try:
            while self._line:
                self._tell(self._line.popleft())
        finally:
            self._publishing = False

    def _tell(self, event: Event) -> None:
        self.turn += 1
        kind = event.type
        listeners = (
            self._who(kind, event.data.get("entity_id", "")) if kind in self._abouts else self._listeners.get(kind, ())
        )
        for listener in listeners:
            try:
                listener(event)
            except Exception:
                log.exception("A listener of %s failed; the others still hear.", event.type)
        for listener in self._everything:
            try:
                listener(event)
            except Exception:
                log.exception("A listener of every event failed at %s; the others still hear.", event.type)

    def _who(self, kind: str, entity_id: str) -> tuple[Listener, ...]:
        """Who listens to this type and wants to hear of this entity, in the order they listened."""
        found = self._concerned.get((kind, entity_id))
        if found is None:
            listeners = self._listeners.get(kind, ())
            abouts = self._abouts.get(kind, (None,) * len(listeners))
            found = tuple(
                one for one, about in zip(listeners, abouts, strict=True) if about is None or about(entity_id)
            )
            if len(self._concerned) >= MAX_KEPT:  # entities come and go
                self._concerned.clear()
            self._concerned[kind, entity_id] = found
        return found


def _at(
    listeners: tuple[Listener, ...],
    listener: Listener,
    abouts: tuple[About | None, ...] | None = None,
    about: About | None = None,
) -> int | None:
    """Where it stands."""
    return next((
        i for i, one in enumerate(listeners)
        if (one is listener or one == listener) and (abouts is None or abouts[i] == about)
    ), None)  # fmt: skip


def _without(some: tuple[T, ...], at: int | None) -> tuple[T, ...]:
    return some if at is None else some[:at] + some[at + 1 :]
