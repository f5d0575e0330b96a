"""Templates that are rendered again when something they read has changed, and only then.

In the bus's turn, with the states as of that event: a listener that writes a state meanwhile is seen when its own event
comes. So no edge is lost, however many writes come in one turn; and all that watch, templates or not, hear it in the
order in which they began. Who goes through a whole domain is rendered again once
a second at most, through all states once a minute (as in Home Assistant); an entity named is heard of at once.
"""

from collections.abc import Mapping
from typing import Any, Final

from ...bus import Bus
from ...clock import Cancel, Clock
from ...errors import TemplateError
from ...events import Event
from ...offers import Rendered
from ...states import STATE_CHANGED, States
from ..watching import Entry, EventWatch, StateWatch, next_turn
from . import Template
from .reads import Notes, Reads

DOMAIN_PAUSE: Final = 1.0  # seconds between two renderings because of a domain
ALL_PAUSE: Final = 60.0
MINUTE: Final = 60.0


class Tracked:
    """One template at work. `result` is the newest, or the TemplateError of a rendering that failed."""

    __slots__ = ("_later", "_names", "_pause", "_rendered", "_room", "_stopped", "_then", "entry", "reads", "result",
                 "template")  # fmt: skip

    def __init__(
        self, room: "TemplateWatch", template: Template, names: Mapping[str, Any], then: Rendered, pause: bool
    ) -> None:
        self._room, self.template, self._names, self._then = room, template, names, then
        self.entry: Entry = (next_turn(), self.heard)
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

    def heard(self, event: Event) -> None:
        """Something it read has changed: at once, or after the pause if it is only one of many."""
        if self._stopped:
            return
        entity_id: str | None = event.data["entity_id"] if event.type == STATE_CHANGED else None
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

    def __init__(self, states: States, bus: Bus, clock: Clock, changes: StateWatch | None = None,
                 events: EventWatch | None = None) -> None:  # fmt: skip
        """`changes` and `events` are those by whose order it hears; left out, it hears by itself."""
        self.states, self.clock = states, clock
        self._tracked: dict[int, Tracked] = {}
        self._entities: dict[str, dict[Tracked, Entry]] = {}
        self._domains: dict[str, dict[Tracked, Entry]] = {}
        self._all: dict[Tracked, Entry] = {}
        self._time: dict[Tracked, Entry] = {}
        self._events = events or EventWatch(bus)
        self._unwatch: dict[tuple[Tracked, str], Cancel] = {}
        heard = changes or StateWatch(bus)
        self._own = None if changes is not None else heard.stop
        self._leave = heard.also(self._found)
        self._minute: Cancel | None = None

    def track(
        self, template: Template, names: Mapping[str, Any], then: Rendered, *, pause: bool = True
    ) -> Tracked:  # fmt: skip
        """Render it now (`result`), and call `then(result, event)` whenever the result has become another.

        `pause=False`: also who goes through a domain or all states is rendered at every change.
        """
        made = Tracked(self, template, names, then, pause)
        self._tracked[made.entry[0]] = made
        return made

    def forget(self, one: Tracked) -> None:
        self._tracked.pop(one.entry[0], None)

    def move(self, one: Tracked, old: Reads, new: Reads) -> None:
        """It hangs on other things than before."""
        _place(self._entities, one, old.entities, new.entities)
        _place(self._domains, one, old.domains, new.domains)
        for kind in new.events - old.events:
            self._unwatch[one, kind] = self._events.watch((kind,), {}, one.heard, one.entry[0])
        for kind in old.events - new.events:
            self._unwatch.pop((one, kind))()
        for group, before, after in ((self._all, old.all, new.all), (self._time, old.time, new.time)):
            if after and not before:
                group[one] = one.entry
            elif before and not after:
                group.pop(one, None)
        if self._time and self._minute is None:
            self._sleep()

    def refresh(self) -> None:
        """Render all again: the macros they use may be other ones now."""
        for one in list(self._tracked.values()):
            one.refresh()

    def stop(self) -> None:
        self._leave()
        if self._own is not None:
            self._own()
        for cancel in self._unwatch.values():
            cancel()
        self._unwatch.clear()
        if self._minute is not None:
            self._minute()
            self._minute = None

    def _found(self, entity_id: str) -> list[tuple[Entry, ...]]:
        """Who has read this entity, its domain or all."""
        readers = self._entities.get(entity_id)
        if not self._all and not self._domains:  # as nearly always
            return [_in_order(readers)] if readers else []
        groups = [readers, self._all, self._domains.get(entity_id.partition(".")[0])]
        return [_in_order(group) for group in groups if group]

    def _sleep(self) -> None:
        """To the beginning of the next minute."""
        now = self.clock.now()
        self._minute = self.clock.after(MINUTE - now % MINUTE, self._minute_passed)

    def _minute_passed(self) -> None:
        self._minute = None
        if self._time:
            self._sleep()
        for one in sorted(self._time, key=_turn):
            one.refresh()


def _place(index: dict[str, dict[Tracked, Entry]], one: Tracked, old: frozenset[str], new: frozenset[str]) -> None:
    for key in new - old:
        index.setdefault(key, {})[one] = one.entry
    for key in old - new:
        left = index[key]
        left.pop(one, None)
        if not left:
            del index[key]


def _in_order(group: Mapping[Tracked, Entry]) -> tuple[Entry, ...]:
    return tuple(group.values()) if len(group) == 1 else tuple(sorted(group.values(), key=_position))


def _position(entry: Entry) -> int:
    return entry[0]


def _turn(one: Tracked) -> int:
    return one.entry[0]


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, TemplateError) or isinstance(after, TemplateError):
        return type(before) is type(after) and str(before) == str(after)
    return type(before) is type(after) and bool(before == after)


__all__ = ["TemplateWatch", "Tracked"]
