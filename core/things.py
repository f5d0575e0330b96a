"""Things by name whose value outlives a restart: `input_number: {volume: {...}}` and its like.

A thing decides at once, in memory; what it decided is durable next, and only then shown, told and answered. When the
disk does not take it, nothing happened: the caller is refused and later decisions stand on what is durable again.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Annotated, Any, Generic, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, Field, model_validator

from .actions import Call
from .entities import Entity
from .errors import StoreError, Unknown
from .events import Context, Event
from .integration import Integration, Kit, Values
from .kept import KEPT, Last
from .offers import STARTED
from .schema import Strict, WordsField
from .states import Value
from .store import busy, not_stored
from .tables import Batch
from .words import Words


class Thing(Strict):
    """What the YAML says of any of them. One with nothing to say may stand there with its name only."""

    name: WordsField | None = Field(None, description="What people call it.")
    icon: str | None = Field(None, max_length=200, description="mdi:volume-high, or a picture as /local/bell.svg.")

    @model_validator(mode="before")
    @classmethod
    def _name_only(cls, value: Any) -> Any:
        return {} if value is None else value

    @property
    def fixed(self) -> dict[str, Any]:
        """The attributes that never change; `editable` is Home Assistant's word for what stands in no YAML."""
        return {"editable": False, **({} if self.icon is None else {"icon": self.icon})}


class These(Strict):
    """The data of an action on some of them; each integration says of which domain."""

    entity_id: list[str]


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, (bool, int, float)) else value


PlainText = Annotated[str, BeforeValidator(_text)]
"""Text; a number that a template gave is taken as it is written."""

H = TypeVar("H")
T = TypeVar("T", bound=Thing)
D = TypeVar("D", bound=These)
E = TypeVar("E", bound="KeptEntity[Any]")


class KeptEntity(Entity, Generic[H]):
    """One thing. `decided` is what it is held to be, as JSON; the state shows what of it is durable."""

    def __init__(self, kit: Kit, entity_id: str, thing: Thing, **fixed: Any) -> None:
        super().__init__(entity_id, thing.name or "", **thing.fixed, **fixed)
        self.kit = kit
        self.decided: H
        self._durable: H

    def first(self, last: Last | None) -> H:
        """What it begins with, given what was kept of it."""
        raise NotImplementedError

    def look(self, held: H) -> tuple[Value, Mapping[str, Any]]:
        """The state and attributes of what it is held to be."""
        raise NotImplementedError

    def because(self, held: H, context: Context) -> H:
        """What is held, for one that remembers why."""
        return held

    def begin(self, last: Last | None) -> None:
        self.decided = self._durable = self.first(last)
        self.show(*self.look(self._durable))

    def settle(self, held: H, context: Context) -> None:
        """It is durable: show it."""
        self._durable = held
        self.show(*self.look(held), context)

    def undo(self) -> None:
        """It was not stored: it did not happen."""
        self.decided = self._durable

    def stop(self) -> None:
        """It is no more: what it has under way ends."""

    def hand_over(self) -> None:
        """Another takes its place: its state stays, and it writes it no more."""
        self.stop()
        self._states = None


def resume(initial: H | None, last: Last | None, default: H, fits: Callable[[Any], bool]) -> H:
    """What a thing begins with: `initial` at each start, else what was kept if it still fits, else `default`.

    Set up anew by a reload, it goes on with what it was, `initial` or not.
    """
    if last is not None and fits(last.value) and (initial is None or last.this_run):
        return cast("H", last.value)
    return default if initial is None else initial


@dataclass(frozen=True, slots=True)
class Change(Generic[H]):
    """A thing becomes what it is held to be; `then` is called when that is true and shown."""

    thing: KeptEntity[H]
    held: H
    then: Callable[[Context], None] | None = None


@dataclass(frozen=True, slots=True)
class Verb(Generic[E, D]):
    """One action: its data, what each thing named decides (None: nothing changes), and what people read of it."""

    model: type[D]
    decide: Callable[[E, D], Change[Any] | None]
    description: Words


class Things(Generic[E]):
    """The things of one integration, as `Declared` says how they are made."""

    def __init__(self, kit: Kit, declared: "Declared[Any, E]") -> None:
        self._kit, self._declared = kit, declared
        self._things: dict[str, E] = {}
        self._yaml: dict[str, Thing] = {}
        self._is_up = False

    async def open(self, config: Any) -> None:
        """Restore all of them, register them and their actions."""
        kit, last = self._kit, await self._kit.kept.load(self._kit.name)
        kit.on_close(self._close)
        for name, yaml in config.root.items():
            self._add(f"{kit.name}.{name}", yaml, last)
        for name, verb in self._declared.verbs.items():
            run = self._runs(verb)
            kit.action(f"{kit.name}.{name}", verb.model, run, description=verb.description, response="none")
        if self._declared.up is not None:
            when_up(kit, self._up)

    async def prepare(self, config: Any) -> Callable[[], None]:
        """For a reload: things that are the same are left alone, changed ones go on with what they were."""
        last = await self._kit.kept.load(self._kit.name)

        def take() -> None:
            wanted = {f"{self._kit.name}.{name}": yaml for name, yaml in config.root.items()}
            for entity_id in [one for one in self._things if one not in wanted]:
                self._yaml.pop(entity_id)
                thing = self._things.pop(entity_id)
                thing.stop()
                thing.leave()
            new = [self._change(entity_id, yaml, last) for entity_id, yaml in wanted.items()
                   if self._yaml.get(entity_id) != yaml]  # fmt: skip
            if self._is_up and self._declared.up is not None:
                self._declared.up(new)

        return take

    def _change(self, entity_id: str, yaml: Thing, last: Mapping[str, Last]) -> E:
        old = self._things.get(entity_id)
        if old is not None:
            last = {entity_id: Last(old.decided, self._kit.clock.now(), True)}
            old.hand_over()
        return self._add(entity_id, yaml, last)

    def _add(self, entity_id: str, yaml: Thing, last: Mapping[str, Last]) -> E:
        thing = self._declared.make(self._kit, entity_id, yaml)
        thing.begin(last.get(entity_id))
        thing.enter(self._kit.states)
        self._things[entity_id], self._yaml[entity_id] = thing, yaml
        return thing

    def _up(self) -> None:
        self._is_up = True
        if self._declared.up is not None:
            self._declared.up(list(self._things.values()))

    def _close(self) -> None:
        for thing in self._things.values():
            thing.stop()
            thing.leave()

    def which(self, names: Iterable[str]) -> list[E]:
        """The things named; raises Unknown."""
        found: list[E] = []
        for name in dict.fromkeys(names):
            thing = self._things.get(f"{self._kit.name}.{name}")
            if thing is None:
                raise Unknown("unknown_entity", {"en": f"There is no {self._kit.name}.{name} here.",
                                                 "zh-CN": f"没有 {self._kit.name}.{name}。"})  # fmt: skip
            found.append(thing)
        return found

    def _runs(self, verb: Verb[E, D]) -> Callable[[D, Call], Any]:
        async def run(data: D, call: Call) -> None:
            room(self._kit)
            decided = [verb.decide(thing, data) for thing in self.which(data.entity_id)]
            await commit(self._kit, [change for change in decided if change is not None], call.context)

        return run


def room(kit: Kit) -> None:
    """Raise Refused when the store takes no change now: nothing may be decided that cannot be kept."""
    if not kit.store.healthy:
        raise not_stored()
    if kit.store.full:
        raise busy()


def decide(kit: Kit, changes: Sequence[Change[Any]], context: Context, told: Callable[[bool], None]) -> None:
    """Decide these changes, all or none; `told(True)` when they are durable and shown, `told(False)` if not stored."""
    batch = Batch()
    changes = [replace(change, held=change.thing.because(change.held, context)) for change in changes]
    for change in changes:
        change.thing.decided = change.held
        kit.kept.write(batch, change.thing.entity_id, change.held)

    def done(error: StoreError | None) -> None:
        for change in changes:
            if error is not None:
                change.thing.undo()
                continue
            change.thing.settle(change.held, context)
            if change.then is not None:
                change.then(context)
        told(error is None)

    kit.store.submit(batch, done)


async def commit(kit: Kit, changes: Sequence[Change[Any]], context: Context) -> None:
    """Decide these changes, all or none; they are durable, shown and told when this returns. Raises Refused."""
    stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def told(done: bool) -> None:
        if stored.done():
            return
        if done:
            stored.set_result(None)
        else:
            stored.set_exception(not_stored())

    decide(kit, changes, context, told)
    await stored


def when_up(kit: Kit, then: Callable[[], None]) -> None:
    """Call `then` once the hall is up and everybody listens; at once, in the loop's next turn, when it is up already."""
    if kit.offers.get(STARTED, "hall") is not None:
        kit.after(0, then)
        return
    called = False

    def heard(_: Event) -> None:
        nonlocal called
        if not called:
            called = True
            then()

    kit.listen(heard, "usher_started")


@dataclass(frozen=True)
class Declared(Generic[T, E]):
    """An integration of things by name: how one is made, its verbs, and what is known of it before it runs."""

    domain: str
    make: Callable[[Kit, str, T], E]  # the kit, its entity id, its YAML
    verbs: Mapping[str, Verb[E, Any]]
    up: Callable[[Sequence[E]], None] | None = None  # called with all, or the new ones, when the hall is up
    values: "Values | None" = None  # what their states can be
    events: frozenset[str] = frozenset()

    def integration(self, config: type[BaseModel]) -> Integration[Any]:
        """The declaration. `config` is a RootModel of things by name."""
        values: dict[str, Values] = {} if self.values is None else {self.domain: self.values}
        return Integration(config, self._setup, tables=(KEPT,), entities=self._entities, actions=self._actions,
                           events=self.events, values=values)  # fmt: skip

    @asynccontextmanager
    async def _setup(self, config: Any, kit: Kit) -> AsyncGenerator[None]:
        things = Things(kit, self)
        await things.open(config)
        kit.on_reload(things.prepare)
        yield

    def _entities(self, config: Any) -> set[str]:
        return {f"{self.domain}.{name}" for name in config.root}

    def _actions(self, config: Any) -> dict[str, type[BaseModel] | None]:
        return {f"{self.domain}.{name}": verb.model for name, verb in self.verbs.items()}
