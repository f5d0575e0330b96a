"""Templates that are rendered again when something they read has changed, and only then.

In the bus's turn, with the states as of that event: a listener that writes a state meanwhile is seen when its own event
comes. So no edge is lost, however many writes come in one turn. Who goes through a whole domain is rendered again once
a second at most, through all states once a minute (as in Home Assistant); an entity named is heard of at once.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ...bus import Bus
from ...clock import Cancel, Clock
from ...errors import TemplateError
from ...events import Event
from ...offers import Rendered
from ...states import STATE_CHANGED, States
from . import Template
from .reads import Notes, Reads

DOMAIN_PAUSE: Final = 1.0  # seconds between two renderings because of a domain
ALL_PAUSE: Final = 60.0
MINUTE: Final = 60.0


class Tracked:
    """One template at work. `result` is the newest, or the TemplateError of a rendering that failed."""

    __slots__ = ("_later", "_names", "_pause", "_rendered", "_room", "_stopped", "_then", "number", "reads", "result",
                 "template")  # fmt: skip

    def __init__(
        self, room: "TemplateWatch", number: int, template: Template, names: Mapping[str, Any], then: Rendered,
        pause: bool,
    ) -> None:  # fmt: skip
        self._room, self.number, self.template, self._names, self._then = room, number, template, names, then
        self._pause, self._stopped, self._rendered = pause, False, 0.0
        self._later: Cancel | None = None
        self.reads = Reads()
        self.result: Any = None
        self.result = self._render()

    @property
    def listeners(self) -> Mapping[str, Any]:
        reads = self.reads
        return {"all": reads.all, "domains": sorted(reads.domains), "entities": sorted(reads.entities),
                "time": reads.time}  # fmt: skip

    def refresh(self, event: Event | None = None) -> None:
        """Render it now; who waits is told if the result is another."""
        if self._stopped:  # by one that heard the same before
            return
        before, self.result = self.result, self._render()
        if not _same(before, self.result):
            self._then(self.result, event)

    def heard(self, event: Event, entity_id: str | None) -> None:
        """Something it read has changed: at once, or after the pause if it is only one of many."""
        if self._stopped:
            return
        pause = 0.0 if entity_id is None or entity_id in self.reads.entities or not self._pause else (
            ALL_PAUSE if self.reads.all else DOMAIN_PAUSE)  # fmt: skip
        wait = pause and self._rendered + pause - self._room.clock.monotonic()
        if wait <= 0:
            self.refresh(event)
        elif self._later is None:
            self._later = self._room.clock.after(wait, self.refresh)

    def _render(self) -> Any:
        if self._later is not None:
            self._later()
            self._later = None
        notes, room = Notes(), self._room
        self._rendered = room.clock.monotonic()
        try:
            result = self.template.render_noted(self._names, notes, room.states.untold())
        except TemplateError as error:
            result = error
        reads = notes.reads()
        if reads != self.reads:
            room.move(self, self.reads, reads)
            self.reads = reads
        return result

    def stop(self) -> None:
        """It is not rendered any more. May be called twice."""
        if self._later is not None:
            self._later()
            self._later = None
        self._stopped = True
        self._room.move(self, self.reads, Reads())
        self._room.forget(self)
        self.reads = Reads()


class TemplateWatch:
    """The room: finds who read what has changed. Several concerned are rendered in the order in which they came."""

    def __init__(self, states: States, bus: Bus, clock: Clock) -> None:
        self.states, self.clock, self._bus = states, clock, bus
        self._count = 0
        self._tracked: dict[int, Tracked] = {}
        self._entities: dict[str, set[Tracked]] = {}
        self._domains: dict[str, set[Tracked]] = {}
        self._all: set[Tracked] = set()
        self._time: set[Tracked] = set()
        self._events: dict[str, set[Tracked]] = {}
        self._unlisten: dict[str, Cancel] = {STATE_CHANGED: bus.listen(self._state_changed, STATE_CHANGED)}
        self._minute: Cancel | None = None

    def track(
        self, template: Template, names: Mapping[str, Any], then: Rendered, *, pause: bool = True
    ) -> Tracked:  # fmt: skip
        """Render it now (`result`), and call `then(result, event)` whenever the result has become another.

        `pause=False`: also who goes through a domain or all states is rendered at every change.
        """
        self._count += 1
        made = self._tracked[self._count] = Tracked(self, self._count, template, names, then, pause)
        return made

    def forget(self, one: Tracked) -> None:
        self._tracked.pop(one.number, None)

    def move(self, one: Tracked, old: Reads, new: Reads) -> None:
        """It hangs on other things than before."""
        _place(self._entities, one, old.entities, new.entities)
        _place(self._domains, one, old.domains, new.domains)
        for kind in new.events - old.events:
            if kind not in self._unlisten:
                self._unlisten[kind] = self._bus.listen(self._happened, kind)
        _place(self._events, one, old.events, new.events)
        for kind in old.events - new.events:
            if kind not in self._events:
                self._unlisten.pop(kind)()
        for group, before, after in ((self._all, old.all, new.all), (self._time, old.time, new.time)):
            if after and not before:
                group.add(one)
            elif before and not after:
                group.discard(one)
        if self._time and self._minute is None:
            self._sleep()

    def refresh(self) -> None:
        """Render all again: the macros they use may be other ones now."""
        for one in list(self._tracked.values()):
            one.refresh()

    def stop(self) -> None:
        for cancel in self._unlisten.values():
            cancel()
        if self._minute is not None:
            self._minute()
            self._minute = None

    def _state_changed(self, event: Event) -> None:
        entity_id: str = event.data["entity_id"]
        groups = [self._entities.get(entity_id), self._all]
        if self._domains:
            groups.append(self._domains.get(entity_id.partition(".")[0]))
        for one in _in_order(group for group in groups if group):
            one.heard(event, entity_id)

    def _happened(self, event: Event) -> None:
        for one in _in_order((self._events.get(event.type, set()),)):
            one.heard(event, None)

    def _sleep(self) -> None:
        """To the beginning of the next minute."""
        now = self.clock.now()
        self._minute = self.clock.after(MINUTE - now % MINUTE, self._minute_passed)

    def _minute_passed(self) -> None:
        self._minute = None
        if self._time:
            self._sleep()
        for one in _in_order((self._time,)):
            one.refresh()


def _place(index: dict[str, set[Tracked]], one: Tracked, old: frozenset[str], new: frozenset[str]) -> None:
    for key in new - old:
        index.setdefault(key, set()).add(one)
    for key in old - new:
        left = index[key]
        left.discard(one)
        if not left:
            del index[key]


def _in_order(groups: Iterable[set[Tracked]]) -> list[Tracked]:
    """Everyone in these groups once, in the order in which they came."""
    return sorted(set[Tracked]().union(*groups), key=lambda one: one.number)


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, TemplateError) or isinstance(after, TemplateError):
        return type(before) is type(after) and str(before) == str(after)
    return type(before) is type(after) and bool(before == after)


__all__ = ["TemplateWatch", "Tracked"]
