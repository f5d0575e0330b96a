"""What an integration is, and the Kit: all that it sees of usher. The wings come in by the same Kit.

Set-up and tear-down are one async context manager; the Kit gives everything back when the block ends. An exception is
the only signal: ConnectionLost makes the supervisor wait and enter again, anything else keeps this integration down.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Any, Final, Generic, Literal, Protocol, TypeAlias, TypeVar

from pydantic import BaseModel, Field

from .access import Caller
from .actions import Actions, Answer, Call, Run, action
from .bus import Bus, Listener
from .clock import Cancel, Clock, every
from .entities import Entity
from .errors import ActionError, Place, Problem
from .events import Context
from .kept import LastValues
from .offers import Kind, Offers
from .schema import Reference, Strict, WordsField
from .states import States
from .store import Store
from .tables import Table
from .views import View, Views
from .words import Words

C = TypeVar("C", bound=BaseModel)
M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
Values: TypeAlias = "frozenset[str] | Literal['number']"  # the states an entity can have, unknown and unavailable aside
MAX_TASKS = 1000  # what one integration may have under way at once


class Manifest(Strict):
    """`manifest.yaml`: read without importing, so that a missing library is a sentence with the mend."""

    name: str = Field(description="The integration's name: its folder's name.")
    title: WordsField = Field(description="What people call it.")
    purpose: WordsField = Field(description="What it is for, in a sentence.")
    extra: str | None = Field(default=None, description="The pip extra that brings what it imports.")
    requires: list[str] = Field(default=[], description="The modules that must be importable.")
    platforms: list[str] = Field(
        default=[], description="The kinds of device it serves: printer, display, speaker, voice."
    )
    actions: list[str] = Field(default=[], description="The actions it registers, known before it runs.")
    pure: bool = Field(
        default=False, description="It reaches for nothing outside the engine, so `usher simulate` runs it as it is."
    )
    quality: Literal["experimental", "sound", "proven"] = Field(
        default="sound", description="How far it has been tried."
    )


@dataclass(slots=True)
class Site:
    """The hall this engine runs: what every row and screen may need of it. Changed by a reload only, in one turn."""

    id: str
    name: Words
    languages: tuple[str, ...]
    folder: Path  # the configuration
    data: Path  # the engine's own, .usher/
    boot_id: str
    version: str
    business_day: time = time(0)  # when a new day of numbers begins, local time
    classes: Mapping[str, int] = field(default_factory=dict[str, int])  # class of customer -> weight


@dataclass(frozen=True, slots=True)
class Checked:
    """What a wing's or integration's own check is given: its model, everything that exists, where to complain."""

    config: Any
    tree: Any  # what stands under its key; for a wing, and for one that has platforms only, the whole
    root: Mapping[str, Any]  # every model read, by top-level key
    problems: list[Problem]
    references: list[Reference]
    folder: Path
    entities: set[str]
    actions: Mapping[str, Any]  # name -> model, or None where only the name is known
    triggers: Mapping[str, type[BaseModel]] = field(default_factory=dict[str, type[BaseModel]])  # all that will be lent
    template_words: frozenset[str] = frozenset()  # all that will be lent
    whole: bool = True  # False: faulty parts were left out of `config`; complain only of what is there
    lost: frozenset[str] = frozenset()  # keys of which not all that stands there could be read: what is missing may be
    lost_actions: frozenset[str] = frozenset()  # keys whose actions may be missing, because something in them is faulty
    events: frozenset[str] = frozenset()  # all that usher itself tells; others are the installer's own
    values: Mapping[str, Values] = field(default_factory=dict[str, Values])  # domain -> what can be said


@dataclass(frozen=True, slots=True)
class Platform(Generic[C]):
    """One kind of device that an integration serves: the YAML of an item, and how to open it.

    `open(config, kit)` yields what the kind's Protocol asks for.
    """

    config: type[C]
    open: Callable[[C, "Kit"], AbstractAsyncContextManager[Any]]


PLATFORMS: Final = Kind["Platform[Any]"]("platform")  # lent by the engine as "<kind>.<platform>": display.web


@dataclass(frozen=True, slots=True)
class Integration(Generic[C]):
    """What an integration's `__init__.py` declares as `INTEGRATION`.

    `root=True` (the wings): the fields of `config` are top-level keys of the YAML. Otherwise its key is its name.
    """

    config: type[C] | None = None
    setup: Callable[[C, "Kit"], AbstractAsyncContextManager[None]] | None = None
    root: bool = False
    together: bool = False  # a wing whose keys are reloaded together: a counter without its queue is no good
    platforms: Mapping[str, Platform[Any]] = field(default_factory=dict[str, Platform[Any]])
    tables: Sequence[Table] = ()
    entities: Callable[[C], set[str]] | None = None  # what it will register, known from its YAML alone
    actions: Callable[[C], Mapping[str, type[BaseModel] | None]] | None = None
    triggers: Mapping[str, type[BaseModel]] = field(default_factory=dict[str, type[BaseModel]])  # what it will lend
    template_words: frozenset[str] = frozenset()  # filters and functions it will lend
    events: frozenset[str] = frozenset()  # what it will tell
    values: Mapping[str, Values] = field(default_factory=dict[str, Values])  # domain -> what can be said
    check: Callable[[Checked], None] | None = None  # what the model alone cannot see


@dataclass
class Rooms:
    """The rooms of one engine that a Kit hands out."""

    site: Site
    clock: Clock
    bus: Bus
    states: States
    actions: Actions
    offers: Offers
    views: Views
    store: Store
    access: Any  # core.accounts.Accounts; named so that the kernel's lower rooms need not know it
    keep: "Callable[..., Kept]"


class Kept(Protocol):
    """Something the supervisor keeps up: called, it is ended; `ended` waits until it is."""

    def __call__(self) -> None: ...

    async def ended(self) -> None: ...


Take: TypeAlias = "Callable[[], Awaitable[None] | None]"
"""What a room's `prepare` answers: takes the new configuration."""
Prepare: TypeAlias = "Callable[[Any], Awaitable[Take]]"


class Kit:
    """All that one integration sees; whatever it takes from here is given back when its block ends."""

    def __init__(self, name: str, rooms: Rooms, place: Place | None = None) -> None:
        self.name, self.place, self._rooms = name, place, rooms
        self.log = logging.getLogger(f"usher.{name}")
        self.caller = Caller(f"usher.{name}", name, "system")
        self.site, self.clock, self.bus, self.states = rooms.site, rooms.clock, rooms.bus, rooms.states
        self.actions, self.offers, self.views, self.store = rooms.actions, rooms.offers, rooms.views, rooms.store
        self.access = rooms.access
        self.kept = LastValues(rooms.store, rooms.clock, rooms.site.id, rooms.site.boot_id)
        self._given: list[Callable[[], Any]] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._timers: set[Cancel] = set()
        self._kept: list[Kept] = []
        self._parts: list[Kit] = []
        self.prepare: Prepare | None = None
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.enduring = False  # a wing: what fails in a task of it is logged, and the wing stays

    def on_close(self, then: Callable[[], Any]) -> None:
        """Call `then` when the block ends, last in first out."""
        self._given.append(then)

    def listen(self, listener: Listener, *types: str) -> None:
        """Hear events of these types, or every event."""
        self._given.append(self.bus.listen(listener, *types))

    def action(
        self,
        name: str,
        model: type[M],
        run: Run[M],
        *,
        description: Words = "",
        question: bool = False,
        response: Literal["none", "optional", "only"] = "optional",
        timeout: float | None = 10.0,
    ) -> None:
        """Register an action."""
        made = action(name, model, run, description=description, question=question, response=response, timeout=timeout)
        self._given.append(self.actions.add(made))

    def entity(self, entity: Entity) -> Entity:
        """Register a thing with a state."""
        entity.enter(self.states)
        self._given.append(entity.leave)
        return entity

    def offer(self, kind: Kind[T], name: str, thing: T) -> None:
        """Lend a thing to other rooms."""
        self._given.append(self.offers.add(kind, name, thing))

    def view(self, view: View) -> View:
        """Offer a view."""
        self._given.append(self.views.add(view))
        return view

    def family(self, prefix: str, open_one: Callable[[str], View | None]) -> None:
        """Offer a family of views."""
        self._given.append(self.views.family(prefix, open_one))

    def after(self, seconds: float, then: Callable[[], None]) -> Cancel:
        """Call `then` once, later."""

        def fire() -> None:
            self._timers.discard(cancel)
            then()

        cancel = self.clock.after(seconds, fire)
        self._timers.add(cancel)
        return cancel

    def every(self, seconds: float, then: Callable[[], None]) -> None:
        """Call `then` every `seconds`."""
        self._given.append(every(self.clock, seconds, then))

    def keep(self, name: str, open_one: Callable[["Kit"], AbstractAsyncContextManager[Any]],
             place: Place | None = None, ready: Callable[[Any], None] | None = None,
             lost: Callable[[], None] | None = None) -> None:  # fmt: skip
        """Have a device kept up by the supervisor: `ready` is told each time it is entered, `lost` each time it ends."""
        self._kept.append(self._rooms.keep(name, open_one, place=place, ready=ready, lost=lost))

    def on_reload(self, prepare: Prepare) -> None:
        """Take a new configuration while running. Who does not is closed and entered anew when its YAML has changed.

        `prepare(config)` raises ConfigError or Refused if it cannot be taken now, and changes nothing; what it answers
        takes it, once all rooms have agreed.
        """
        self.prepare = prepare

    def part(self, name: str) -> "Kit":
        """A Kit of its own for one thing among several: it may be closed alone, and is closed with this one."""
        part = Kit(name, self._rooms, self.place)
        part.enduring, part.caller = self.enduring, self.caller
        self._parts.append(part)
        return part

    def task(self, work: Coroutine[Any, Any, Any], name: str = "") -> "asyncio.Task[Any]":
        """Run something beside; it is cancelled at the end, and an exception in it ends this integration's block."""
        if len(self._tasks) >= MAX_TASKS:
            work.close()
            raise RuntimeError(f"{self.name} has {MAX_TASKS} tasks under way already.")
        task = asyncio.get_running_loop().create_task(work, name=f"{self.name}:{name or 'task'}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def fail(self, error: BaseException) -> None:
        """Say from outside a task that this block cannot go on."""
        if not self._failure.done():
            self._failure.set_exception(error)

    async def failed(self) -> None:
        """Wait until something fails, and raise it. The supervisor's side of `task` and `fail`."""
        await asyncio.shield(self._failure)

    def call(self, name: str, data: Mapping[str, Any] | None = None, context: Context | None = None) -> Any:
        """Await an action as this integration; raises an ActionError."""
        return self.actions.call(name, data, Call(self.caller, context or Context()))

    def do(self, name: str, data: Mapping[str, Any] | None = None, context: Context | None = None) -> None:
        """Ask for an action without waiting; what goes wrong is logged."""

        async def run() -> None:
            try:
                await self.call(name, data, context)
            except ActionError as error:
                self.log.warning("%s: %s", name, error)

        self.task(run(), name)

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            if self.enduring:
                self.log.error("%s failed.", task.get_name(), exc_info=error)
            else:
                self.fail(error)

    async def close(self) -> None:
        """Give everything back. Called by the supervisor; every wait in it has a limit."""
        for part in reversed(self._parts):
            await part.close()
        self._parts.clear()
        for kept in reversed(self._kept):
            kept()
            await kept.ended()
        self._kept.clear()
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=5)
        for cancel in self._timers:
            cancel()
        self._timers.clear()
        for give_back in reversed(self._given):
            try:
                give_back()
            except Exception:
                self.log.exception("Something could not be given back.")
        self._given.clear()
        if not self._failure.done():
            self._failure.cancel()
        elif not self._failure.cancelled():
            self._failure.exception()  # seen


__all__ = ["PLATFORMS", "Answer", "Checked", "Integration", "Kit", "Manifest", "Platform", "Rooms", "Site"]
