"""The bus: one first-in-first-out line of events; a listener is a plain function that returns at once.

Publishing never nests: an event published by a listener waits until all have heard the present one. A listener that
raises is logged and the others still hear. A chain of causes longer than `MAX_DEPTH` is cut with an error.
"""

import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from .clock import Cancel, Clock
from .events import MAX_DEPTH, Context, Event

log = logging.getLogger(__name__)
Listener = Callable[[Event], None]


class Bus:
    """Publishes events to those who listen, in the order they listened."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._listeners: dict[str, tuple[Listener, ...]] = {}
        self._everything: tuple[Listener, ...] = ()
        self._line: deque[Event] = deque()
        self._publishing = False
        self.turn = 0  # how many events were told; while one is, its own

    @property
    def untold(self) -> "deque[Event]":
        """The events that wait to be told, the next one first; not to be changed."""
        return self._line

    def listen(self, listener: Listener, *types: str) -> Cancel:
        """Hear events of these types, or with none named every event; the answer ends it.

        The tuples are replaced, never changed, so that who joins or leaves while an event is told does not disturb it.
        """
        if types:
            for kind in types:
                self._listeners[kind] = (*self._listeners.get(kind, ()), listener)
        else:
            self._everything = (*self._everything, listener)
        return lambda: self._forget(listener, types)

    def _forget(self, listener: Listener, types: tuple[str, ...]) -> None:
        if not types:
            self._everything = _without(self._everything, listener)
        for kind in types:
            left = _without(self._listeners.get(kind, ()), listener)
            if left:
                self._listeners[kind] = left
            else:
                self._listeners.pop(kind, None)

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
        for listener in self._listeners.get(event.type, ()):
            try:
                listener(event)
            except Exception:
                log.exception("A listener of %s failed; the others still hear.", event.type)
        for listener in self._everything:
            try:
                listener(event)
            except Exception:
                log.exception("A listener of every event failed at %s; the others still hear.", event.type)


def _without(listeners: tuple[Listener, ...], listener: Listener) -> tuple[Listener, ...]:
    at = next((i for i, one in enumerate(listeners) if one is listener or one == listener), None)
    return listeners if at is None else listeners[:at] + listeners[at + 1 :]
