"""`for:`: what must stay so for a time before a trigger fires. One timer a key, which mostly is an entity.

A trigger says when a wait begins and when it ends; these here are in memory. The language lends its automations' triggers
waits that survive a restart: those are `recalled`, and the trigger settles them once it knows how things stand.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from .clock import Cancel, Clock
from .events import Context

Fire: TypeAlias = Callable[[Mapping[str, Any], Context], None]
"""A trigger fires: its data (`trigger.*` in templates) and why."""


@dataclass
class Wait:
    """One wait: when it is over (wall time), what the trigger then says, and why. Without a timer it is only recalled."""

    due: float
    data: Mapping[str, Any]
    context: Context
    timer: Cancel | None = None


class Waits:
    """The waits of one trigger. `variables` is what its templates may use beside `trigger`."""

    def __init__(self, clock: Clock, fire: Fire, variables: Mapping[str, Any] | None = None) -> None:
        self.variables: Mapping[str, Any] = variables or {}
        self._clock, self._fire = clock, fire
        self._waits: dict[str, Wait] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._waits

    def data(self, key: str) -> Mapping[str, Any]:
        """What the trigger will say when this wait is over."""
        return self._waits[key].data

    def recalled(self) -> list[str]:
        """The keys of those from before a restart that are not settled yet."""
        return [key for key, wait in self._waits.items() if wait.timer is None]

    def begin(self, key: str, seconds: float, data: Mapping[str, Any], context: Context) -> None:
        """Fire after so many seconds, unless it ends before. One under way of this key begins anew."""
        self.end(key)
        wait = self._waits[key] = Wait(self._clock.now() + seconds, data, context)
        self._changed(key, wait)
        self._run(key, wait, seconds)

    def settle(self, key: str, stands: bool | None) -> None:
        """It is known now whether what a recalled wait waits for still stands: it goes on with what is left, or ends."""
        wait = self._waits.get(key)
        if wait is None or wait.timer is not None or stands is None:
            return
        if stands:
            self._run(key, wait, max(0.0, wait.due - self._clock.now()))
        else:
            self.end(key)

    def end(self, key: str) -> None:
        """It did not stay so, or the trigger is not watched any more."""
        wait = self._waits.pop(key, None)
        if wait is None:
            return
        if wait.timer is not None:
            wait.timer()
        self._changed(key, None)

    def stop(self) -> None:
        """End all."""
        for key in list(self._waits):
            self.end(key)

    def _run(self, key: str, wait: Wait, seconds: float) -> None:
        wait.timer = self._clock.after(seconds, lambda: self._over(key, wait))

    def _over(self, key: str, wait: Wait) -> None:
        if self._waits.get(key) is wait:
            del self._waits[key]
            self._changed(key, None)
            self._fire(wait.data, wait.context)

    def _changed(self, key: str, wait: Wait | None) -> None:
        """A wait has begun or ended."""
