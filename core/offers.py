"""What one room lends another, typed: trigger kinds, template words, voices, platforms, views, web routes.

A `Kind` names the sort of thing and its type; who lends and who borrows need not know each other.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar, cast

from pydantic import BaseModel

from .clock import Cancel
from .events import Event
from .waits import Fire as Fire  # where lenders look for it
from .waits import Waits

T = TypeVar("T")


@dataclass(frozen=True)  # no slots: a generic class with them cannot be made as Kind[X](...) in Python 3.11
class Kind(Generic[T]):
    """A sort of thing that is lent, as in `VOICES = Kind[Voice]("voice")`."""

    name: str


class Offers:
    """The shelf: what is lent now."""

    def __init__(self) -> None:
        self._shelf: dict[str, dict[str, Any]] = {}
        self._watchers: dict[str, tuple[Callable[[], None], ...]] = {}

    def add(self, kind: Kind[T], name: str, thing: T) -> Cancel:
        """Lend a thing; a name taken twice within a kind is an error. The answer takes it back."""
        things = self._shelf.setdefault(kind.name, {})
        if name in things:
            raise ValueError(f"There is already a {kind.name} called {name!r}.")
        things[name] = thing
        self._tell(kind.name)

        def take_back() -> None:
            if things.get(name) is thing:
                del things[name]
                self._tell(kind.name)

        return take_back

    def get(self, kind: Kind[T], name: str) -> T | None:
        things = self._shelf.get(kind.name)
        found: T | None = None if things is None else things.get(name)
        return found

    def all(self, kind: Kind[T]) -> dict[str, T]:
        """Everything of this kind, by name."""
        return dict(cast("dict[str, T]", self._shelf.get(kind.name, {})))

    def watch(self, kind: Kind[Any], then: Callable[[], None]) -> Cancel:
        """Call `then` at once whenever something of this kind comes or goes."""
        self._watchers[kind.name] = (*self._watchers.get(kind.name, ()), then)

        def stop() -> None:
            self._watchers[kind.name] = tuple(w for w in self._watchers[kind.name] if w is not then)

        return stop

    def _tell(self, kind: str) -> None:
        for then in self._watchers.get(kind, ()):
            then()


@dataclass(frozen=True, slots=True)
class TriggerKind:
    """One `trigger:` word of the language: the YAML of it, and how to begin watching.

    `attach(model, fire)` calls `fire` whenever it happens, synchronously in the bus's turn; its answer stops it. One that
    knows `for:` makes its own `waits`, in memory, of a Fire and the variables of its templates; then `attach` takes Waits
    as a third argument that may be left out, and an automation gives it some that survive a restart.
    """

    model: type[BaseModel]
    attach: Callable[..., Cancel]
    waits: Callable[[Fire, Mapping[str, Any]], Waits] | None = None


Watch: TypeAlias = Callable[[Iterable[str], Mapping[str, Any], Callable[[Event], None]], Cancel]
"""`watch(event types, data looked for, listener)`: who looks for other data is not even asked, and triggers of all kinds
hear an event in the order of the YAML. In the data a frozenset is any of several. The listener still has to look."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes for a browser: a spoken phrase, a picture. They never change under their name."""

    body: bytes
    content_type: str


class Look(Protocol):
    """What a template sees: a lent word that asks here is rendered again when what it asked for changes."""

    def state(self, entity_id: str) -> Any:
        """The State of an entity as this rendering sees it, or None."""
        ...

    def hangs_on(self, *events: str) -> None:
        """What the word answers may be another after any of these events."""
        ...


class Tracking(Protocol):
    """A template that is rendered again when something it read has changed."""

    result: Any  # typed; of a rendering that failed the TemplateError

    @property
    def listeners(self) -> Mapping[str, Any]:
        """What it hangs on, as Home Assistant's clients are told: all, domains, entities, time."""
        ...

    def stop(self) -> None: ...


Rendered: TypeAlias = Callable[[Any, Event | None], None]
"""Told each new result (or TemplateError), and the event that brought it: None for a minute that has passed."""

TRIGGERS: Final = Kind[TriggerKind]("trigger")
WATCH: Final = Kind[Watch]("watch")  # the language lends it as "events"
FILTERS: Final = Kind[Callable[..., Any]]("template filter")
FUNCTIONS: Final = Kind[Callable[..., Any]]("template function")
READERS: Final = Kind[Callable[[Look], Callable[..., Any]]]("template reader")  # made with what the template sees
# The language lends "render", which gives numbers and lists too, and "text", which leaves text as it is written.
RENDER: Final = Kind[Callable[[str, Mapping[str, Any]], Any]]("template renderer")
TRACK: Final = Kind[Callable[[str, Mapping[str, Any], Rendered], Tracking]]("template tracker")  # lent as "track"
BLOBS: Final = Kind[Callable[[str], Awaitable[Blob | None]]]("blob")  # served at /api/usher/blob/<kind>/<name>
ADDRESS: Final = Kind[str]("address")  # http lends it as "http": where phones reach the hall, http://192.168.1.20:8780
LAST: Final = Kind[Callable[[], Awaitable[None]]]("last steps")  # asked before the hall says it closes, then awaited
STARTED: Final = Kind[str]("started")  # the engine lends its boot id as "hall" once the hall is up
