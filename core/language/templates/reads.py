"""The states as a template sees them, and what it has read of them.

All words that read go through one `Seen`: while a rendering is tracked it notes what was asked for, and while one is
made for an event it answers with the states as of that event.
"""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from ...states import State, States


@dataclass(frozen=True, slots=True)
class Reads:
    """What one rendering read; when any of it changes, the result may."""

    entities: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    all: bool = False
    time: bool = False
    events: frozenset[str] = frozenset()  # what a lent word says it hangs on: ticket_called

    @property
    def nothing(self) -> bool:
        """It will render the same for ever."""
        return not (self.entities or self.domains or self.events or self.all or self.time)


@dataclass(slots=True)
class Notes:
    """What was read so far."""

    entities: set[str] = field(default_factory=set[str])
    domains: set[str] = field(default_factory=set[str])
    events: set[str] = field(default_factory=set[str])
    all: bool = False
    time: bool = False

    def reads(self) -> Reads:
        return Reads(frozenset(self.entities), frozenset(self.domains), self.all, self.time, frozenset(self.events))


Overlay = Mapping[str, State | None]
"""Entities that are to be seen otherwise than they are: their state then, None where there was none."""


class Seen:
    """Answers with states; `begin` and `end` stand around a rendering that is tracked, or made for an event."""

    def __init__(self, states: States) -> None:
        self._states = states
        self._find = self.get = states.get
        self._over: Overlay = _AS_THEY_ARE
        self._else: Overlay = _AS_THEY_ARE  # where a rendering has none of its own
        self.notes: Notes | None = None

    def begin(self, notes: Notes | None, overlay: Overlay | None) -> None:
        """Note what is read from now on, and see these entities otherwise."""
        self.notes, self._over = notes, overlay or self._else
        self._find = self._laid_over if self._over else self._states.get
        self.get = self._find if notes is None else self._noted

    def end(self) -> None:
        self.notes, self._over = None, self._else
        self._find = self.get = self._laid_over if self._else else self._states.get

    @contextmanager
    def as_of(self, overlay: Overlay) -> Generator[None]:
        """See these entities otherwise within the block, whoever renders there."""
        if not overlay:
            yield
            return
        self._else = overlay
        self.end()
        try:
            yield
        finally:
            self._else = _AS_THEY_ARE
            self.end()

    def state(self, entity_id: str) -> State | None:
        """`get`, under the name that lent words know."""
        return self.get(entity_id)

    def hangs_on(self, *events: str) -> None:
        """What is answered now may be another after any of these events."""
        if self.notes is not None:
            self.notes.events.update(events)

    def time(self) -> None:
        """The time was asked for."""
        if self.notes is not None:
            self.notes.time = True

    def domain(self, domain: str) -> list[State]:
        """All states of a domain, by id."""
        if self.notes is not None:
            self.notes.domains.add(domain)
        found = self._states.domain(domain)
        if not self._over:
            return found
        start = domain + "."
        return sorted(self._with_over(found, start), key=lambda state: state.entity_id)

    def __iter__(self) -> Iterator[State]:
        if self.notes is not None:
            self.notes.all = True
        found = iter(self._states)
        return self._with_over(found, "") if self._over else found

    def _with_over(self, states: "Iterator[State] | list[State]", start: str) -> Iterator[State]:
        over = self._over
        yield from (state for state in states if state.entity_id not in over)
        yield from (state for name, state in over.items() if state is not None and name.startswith(start))

    def _laid_over(self, entity_id: str) -> State | None:
        over = self._over
        return over[entity_id] if entity_id in over else self._states.get(entity_id)

    def _noted(self, entity_id: str) -> State | None:
        assert self.notes is not None
        self.notes.entities.add(entity_id)
        return self._find(entity_id)


_AS_THEY_ARE: Final[Overlay] = {}
