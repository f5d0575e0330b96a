"""Entities whose state is a template: sensors and binary sensors.

Without triggers they follow what their templates read, and are rendered again only when that changes. With triggers they
are rendered when one fires, and keep their value over a restart. A template that fails makes its entity unavailable, and
is logged once, with its place. Entities that read each other in a circle are cut off by the bus, as automations are.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, cast

import orjson

from ..clock import Cancel
from ..entities import Entity
from ..errors import Place, TemplateError
from ..events import Context, Event
from ..integration import Kit
from ..kept import Last
from ..offers import STARTED, TRIGGERS, TriggerKind
from ..schema import seconds
from ..states import Value as StateValue
from ..tables import Batch
from .attached import Attached
from .conditions import hold, truth
from .reading import Value
from .specs import Book
from .template_config import KINDS, BlockSpec, EntitySpec, SensorModel, compile_templates, templates_in
from .templates import Template
from .templates.tracking import TemplateWatch, Tracked
from .templates.values import StateView
from .triggers import Trigger

log = logging.getLogger("usher.template")
UP: Final = ("homeassistant_started", "usher_started")  # the first comes when everything is there
STOP: Final = "homeassistant_stop"
Get = Callable[[Value], Any]  # the result of one of its templates; raises TemplateError


class TemplateEntity(Entity):
    """One entity. `look` shows what its templates give."""

    def __init__(self, kit: Kit, spec: EntitySpec) -> None:
        model = spec.model
        fixed = {"device_class": model.device_class}
        if isinstance(model, SensorModel):
            fixed |= {"unit_of_measurement": model.unit_of_measurement, "state_class": model.state_class}
        super().__init__(spec.entity_id, model.name or "", **{k: v for k, v in fixed.items() if v is not None})
        self.spec, self._kit = spec, kit
        self._told: str | None = None
        self._shown: Mapping[str, Any] = {}
        self._later: tuple[Any, Cancel] | None = None  # the value that a delay leads to
        self._off: Cancel | None = None
        self.off_at: float | None = None

    def this(self) -> StateView | None:
        state = self._kit.states.get(self.entity_id)
        return None if state is None else StateView(state)

    def look(self, get: Get, names: Mapping[str, Any], context: Context) -> None:
        """Show what the templates give now."""
        spec = self.spec
        try:
            if spec.availability is not None and not truth(get(spec.availability)):
                self._stop_waiting()
                self.lose(context)
                return
            value = self._state(get(spec.state))
        except TemplateError as error:
            self._stop_waiting()
            self._complain(error.text, error.place)
            self.lose(context)
            return
        faults: list[TemplateError] = []
        shown: dict[str, Any] = {}
        for name, attribute in spec.attributes.items():
            try:
                shown[name] = _json(get(attribute))
            except TemplateError as error:
                shown[name] = None
                faults.append(error)
        self._complain(*((faults[0].text, faults[0].place) if faults else (None, None)))
        self._shown = shown
        self._become(value, names, context)

    def restore(self, last: Last) -> None:
        """As it was before a restart."""
        kept: Any = last.value
        if not isinstance(kept, dict) or not isinstance(kept.get("attributes"), dict):  # pyright: ignore[reportUnknownMemberType]
            return
        held = cast("dict[str, Any]", kept)
        self._shown = held["attributes"]
        self.show(held.get("value"), self._shown)
        if not held.get("available", True):
            self.lose()
        if held.get("off_at") is not None and self.value == "on":
            self._turn_off_at(float(held["off_at"]))

    def held(self) -> dict[str, Any]:
        """What is kept of it."""
        return {"value": self.value, "attributes": self._shown, "available": self.available, "off_at": self.off_at}

    def stop(self) -> None:
        self._stop_waiting()
        if self._off is not None:
            self._off()

    def _state(self, result: Any) -> StateValue:
        """The state that a result is. Raises TemplateError when a number is wanted and it is none."""
        if result is None or result in ("unknown", "None"):
            return None
        if result == "unavailable":
            raise TemplateError("", None)
        if self.spec.binary:
            return "on" if truth(result) else "off"
        model = self.spec.model
        if isinstance(model, SensorModel) and (model.unit_of_measurement or model.state_class):
            if isinstance(result, bool) or not isinstance(result, (int, float)):
                why = "it has a unit" if model.unit_of_measurement else "it has a state_class"
                raise TemplateError(f"{self.entity_id}: the template gave {str(result)[:80]!r}; {why}, so it is a number.",
                                    self.spec.place)  # fmt: skip
            return result
        return result if isinstance(result, (str, int, float)) and not isinstance(result, bool) else str(result)

    def _become(self, value: StateValue, names: Mapping[str, Any], context: Context) -> None:
        span = 0.0
        if self.available and self.value is not None and value in ("on", "off") and value != self.value:
            span = self._span("delay_on" if value == "on" else "delay_off", names)
        if span > 0:
            self.show(self.value, self._shown, context)
            if self._later is None or self._later[0] != value:
                self._stop_waiting()
                self._later = value, self._kit.after(span, lambda: self._arrive(value, names, context))
            return
        self._arrive(value, names, context)

    def _arrive(self, value: StateValue, names: Mapping[str, Any], context: Context) -> None:
        self._stop_waiting()
        self.show(value, self._shown, context)
        if value == "on" and "auto_off" in self.spec.spans:
            self._turn_off_at(self._kit.clock.now() + self._span("auto_off", names))
        self.changed()

    def changed(self) -> None:
        """Told when it has arrived at a value: one with triggers keeps it."""

    def _turn_off_at(self, at: float) -> None:
        if self._off is not None:
            self._off()
        self.off_at = at
        self._off = self._kit.after(max(0.0, at - self._kit.clock.now()), self._turn_off)

    def _turn_off(self) -> None:
        self._off = self.off_at = None
        if self.available and self.value == "on":
            self.show("off", self._shown)
            self.changed()

    def _span(self, key: str, names: Mapping[str, Any]) -> float:
        given = self.spec.spans.get(key)
        if given is None:
            return 0.0
        try:
            return seconds(given.render(names))
        except (TemplateError, ValueError, TypeError) as error:
            self._complain(f"{key} is no duration: {error}")
            return 0.0

    def _stop_waiting(self) -> None:
        if self._later is not None:
            self._later[1]()
            self._later = None

    def _complain(self, text: str | None, place: Place | None = None) -> None:
        """Once, until it is something else; and not before the hall is up, when what it reads may not be there yet."""
        if text and text != self._told and self.entity_id in self._kit.states:
            log.error("%s  %s: %s", place or self.spec.place, self.entity_id, text)
        self._told = text if self.entity_id in self._kit.states else None


class Follower:
    """One entity that follows what its templates read."""

    def __init__(self, kit: Kit, spec: EntitySpec, variables: Mapping[str, Value], tracking: TemplateWatch) -> None:
        self.entity = TemplateEntity(kit, spec)
        self._kit, self._variables = kit, variables
        self._names: dict[str, Any] = {}
        self._busy, self._there = True, False
        self._tracked: dict[int, Tracked] = {}
        for value in [*variables.values(), *spec.values()]:  # a variable is rendered before those that use it
            for template in templates_in(value.tree):
                self._tracked[id(template)] = tracking.track(template, self._names, self._changed)
            self._name()
        self._busy = False
        self._look(Context())

    def appear(self) -> None:
        """Everything is there: render once more, and be an entity."""
        self._all(None)
        self._there = True
        self.entity.enter(self._kit.states)
        self._names["this"] = self.entity.this()
        self._look(Context())

    def freeze(self) -> None:
        """The hall goes down: what it reads goes first, and that is no fault of its templates."""
        for one in self._tracked.values():
            one.stop()

    def stop(self) -> None:
        self.freeze()
        self.entity.stop()
        self.entity.leave()

    def _changed(self, result: Any, event: Event | None) -> None:
        """One result is another: render the rest too, so that the entity changes once."""
        if self._busy or (event is not None and event.data.get("entity_id") == self.entity.entity_id):
            return  # it reads itself: what it was is not asked again
        self._all(event)
        self._look(Context() if event is None else event.context.child())

    def _all(self, event: Event | None) -> None:
        self._busy = True
        try:
            for one in self._tracked.values():
                one.refresh(event)
                self._name()
        finally:
            self._busy = False

    def _name(self) -> None:
        """The variables as they are now. One that fails is missing, which the templates that use it tell."""
        for name, value in self._variables.items():
            try:
                self._names[name] = self._get(value)
            except (TemplateError, KeyError):
                self._names.pop(name, None)

    def _look(self, context: Context) -> None:
        self.entity.look(self._get, self._names, context)
        if self._there:
            self._names["this"] = self.entity.this()

    def _get(self, value: Value) -> Any:
        if isinstance(value.tree, Template):
            result = self._tracked[id(value.tree)].result
            if isinstance(result, TemplateError):
                raise result
            return result
        return value.render(self._names)


class Triggered(TemplateEntity):
    """One entity that is rendered when a trigger fires, and kept."""

    def changed(self) -> None:
        kit = self._kit
        if kit.store.healthy and not kit.store.full:  # else its newest value is kept the next time
            batch = Batch()
            kit.kept.write(batch, self.entity_id, self.held())
            kit.store.submit(batch, lambda _: None)


class Block:
    """One block at work."""

    def __init__(self, kit: Kit, spec: BlockSpec, kinds: Mapping[str, TriggerKind], tracking: TemplateWatch) -> None:
        self.hash, self._kit, self._spec, self._tracking = spec.hash, kit, spec, tracking
        self._followers: list[Follower] = []
        self._entities: list[Triggered] = []
        self._attached: Attached | None = None
        if spec.triggers:
            self._attached = Attached(spec.triggers, kinds, kit.offers, spec.title, self._fired)

    def begin(self, last: Mapping[str, Last]) -> None:
        """Those with triggers are there at once, as they were; the others when everything they read is."""
        if self._attached is None:
            self._followers = [
                Follower(self._kit, one, self._spec.variables, self._tracking) for one in self._spec.entities
            ]
            return
        for spec in self._spec.entities:
            entity = Triggered(self._kit, spec)
            entity.show(None)
            if spec.entity_id in last:
                entity.restore(last[spec.entity_id])
            entity.enter(self._kit.states)
            self._entities.append(entity)
        self._attached.watch({})

    def up(self) -> None:
        for one in self._followers:
            one.appear()

    def freeze(self) -> None:
        for one in self._followers:
            one.freeze()

    def watch(self) -> None:
        """Trigger kinds have come or gone."""
        if self._attached is not None:
            self._attached.watch({})

    def stop(self) -> None:
        if self._attached is not None:
            self._attached.stop()
        for follower in self._followers:
            follower.stop()
        for entity in self._entities:
            entity.stop()
            entity.leave()

    def _fired(self, trigger: Trigger, data: Mapping[str, Any], context: Context) -> None:
        names: dict[str, Any] = {"trigger": data}
        child = context.child()
        try:
            if trigger.variables is not None:
                names.update(trigger.variables.render(names))
            if not hold(self._spec.conditions, names):
                return
            for name, value in self._spec.variables.items():
                names[name] = value.render(names)
        except TemplateError as error:
            log.error("%s  %s: it was not rendered: %s", trigger.place, self._spec.title, error.text)
            return
        for entity in self._entities:
            seen = {**names, "this": entity.this()}
            entity.look(partial(_rendered, seen), seen, child)


class TemplateEntities:
    """The room: all blocks of `template:`."""

    def __init__(self, kit: Kit, tree: Any, book: Book, kinds: Mapping[str, TriggerKind],
                 tracking: TemplateWatch) -> None:  # fmt: skip
        self._kit, self._book, self._kinds, self._tracking = kit, book, kinds, tracking
        self._blocks: list[Block] = []
        self._specs = self._compile(tree)
        self._last: dict[str, Last] = {}
        self._is_up = False

    async def begin(self) -> None:
        """Register what is there at once; the rest when the hall is up."""
        kit = self._kit
        if any(spec.triggers for spec in self._specs):
            await self._load()
        kit.on_close(self._stop)
        kit.listen(lambda _: self._freeze(), STOP)
        for spec in self._specs:
            self._blocks.append(self._open(spec))
        kit.on_close(kit.offers.watch(TRIGGERS, self._watch))
        if kit.offers.get(STARTED, "hall") is not None:
            self._up()
        else:
            kit.listen(lambda _: self._up(), *UP)

    async def prepare(self, tree: Any) -> Callable[[], None]:
        """Compile another `template:`; the answer takes it. Unchanged blocks are left alone."""
        specs = self._compile(tree)
        if any(spec.triggers for spec in specs):
            await self._load()
        return lambda: self._take(specs)

    async def reload(self, tree: Any) -> None:
        """Take another `template:` at once."""
        (await self.prepare(tree))()

    def _take(self, specs: Sequence[BlockSpec]) -> None:
        former: dict[str, Block] = {block.hash: block for block in self._blocks}
        wanted = {spec.hash for spec in specs}
        for block in self._blocks:
            if block.hash not in wanted:
                block.stop()
        self._blocks = [former[spec.hash] if spec.hash in former else self._open(spec) for spec in specs]

    def _open(self, spec: BlockSpec) -> Block:
        block = Block(self._kit, spec, self._kinds, self._tracking)
        block.begin(self._last)
        if self._is_up:
            block.up()
        return block

    async def _load(self) -> None:
        self._last = {key: last for kind in KINDS for key, last in (await self._kit.kept.load(kind)).items()}

    def _compile(self, tree: Any) -> list[BlockSpec]:
        specs: list[BlockSpec] = []
        for reading, spec in compile_templates(tree, self._book):
            for problem in reading.problems:  # `usher check` has told them; a faulty block keeps no other down
                log.log(logging.ERROR if problem.severity == "error" else logging.WARNING, "%s", problem)
            if spec is not None:
                specs.append(spec)
        return specs

    def _up(self) -> None:
        if not self._is_up:
            self._is_up = True
            for block in self._blocks:
                block.up()

    def _watch(self) -> None:
        for block in self._blocks:
            block.watch()

    def _freeze(self) -> None:
        for block in self._blocks:
            block.freeze()

    def _stop(self) -> None:
        for block in self._blocks:
            block.stop()
        self._blocks = []


def _rendered(names: Mapping[str, Any], value: Value) -> Any:
    return value.render(names)


def _json(value: Any) -> Any:
    """An attribute as JSON: what a template may give beside that is written as text, a set or tuple as a list."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return value

    def other(inner: Any) -> Any:
        return list(cast("set[Any]", inner)) if isinstance(inner, (set, frozenset)) else str(inner)

    return orjson.loads(orjson.dumps(value, default=other, option=orjson.OPT_NON_STR_KEYS))
