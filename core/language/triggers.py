"""Triggers: what makes an automation run. Each fires in the bus's turn, with the event's own old and new state.

A kind is a word, a model and a function that begins to watch. Those here are everybody's; others (`ticket`, `mqtt`) are
lent by the rooms they belong to and are looked for when they are needed. State triggers hang on one listener for all,
which finds those concerned by entity: a thousand automations cost a change of state no more than one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, cast

from pydantic import BaseModel, BeforeValidator, Field, model_validator

from ..clock import Cancel, Clock, local
from ..errors import Place
from ..events import Context, Event
from ..offers import Fire, TriggerKind
from ..schema import Duration, Strict, TimeOfDay, did_you_mean
from ..source import Map
from ..states import STATE_CHANGED, State, States
from .reading import EntityIds, Reading, Value, is_enabled, items_of, pick, without
from .templates.functions import same
from .templates.values import StateView, spell, spelled
from .watching import EventWatch, StateWatch

_COMMON: Final = ("trigger", "platform", "id", "alias", "enabled", "variables")
_HOME_ONLY: Final = frozenset({"sun", "zone", "geo_location", "device", "conversation"})
_HOUR: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger of an automation as it stands in the YAML. `tree` is what its kind reads."""

    word: str
    index: int
    id: str
    alias: str | None
    enabled: bool
    variables: Value | None
    tree: Map
    place: Place

    def data(self) -> dict[str, Any]:
        """What every trigger says of itself in `trigger`."""
        return {"id": self.id, "idx": str(self.index), "alias": self.alias, "platform": self.word}


# -- what stands in the YAML


def _one_or_more(value: Any) -> Any:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


class EventTrigger(Strict):
    """An event of the hall, whose data holds what is asked for."""

    event_type: Annotated[list[str], BeforeValidator(_one_or_more)] = Field(description="The event, or several.")
    event_data: dict[str, Any] = Field({}, description="What its data must hold; parts of it are enough.")


class StateTrigger(Strict):
    """An entity changes its state, or an attribute of it."""

    entity_id: EntityIds = Field(description="The entity, or several.")
    from_: Any = Field(None, alias="from", description="The state before, or several.")
    to: Any = Field(None, description="The state after, or several. Empty: any, but not attributes alone.")
    not_from: Any = Field(None, description="Not when this was the state before.")
    not_to: Any = Field(None, description="Not when this is the state after.")
    attribute: str | None = Field(None, description="Look at this attribute instead of the state.")
    for_: Duration | None = Field(None, alias="for", description="Only when it stays so for this long.")

    @model_validator(mode="after")
    def _one_way(self) -> "StateTrigger":
        for name, other in (("from", "not_from"), ("to", "not_to")):
            field = "from_" if name == "from" else name
            if {field, other} <= self.model_fields_set:
                raise ValueError(f"{name} and {other} exclude each other. Keep one of them")
        return self


class NumericStateTrigger(Strict):
    """A number comes above or below a limit."""

    entity_id: EntityIds = Field(description="The entity, or several.")
    above: float | str | None = Field(None, description="The limit, or the entity that holds it.")
    below: float | str | None = Field(None, description="The limit, or the entity that holds it.")
    attribute: str | None = Field(None, description="Look at this attribute instead of the state.")
    for_: Duration | None = Field(None, alias="for", description="Only when it stays so for this long.")

    @model_validator(mode="after")
    def _a_limit(self) -> "NumericStateTrigger":
        if self.above is None and self.below is None:
            raise ValueError("above or below is missing. Write at least one of them")
        return self


class TimeTrigger(Strict):
    """A time of day, in the hall's time zone."""

    at: Annotated[list[TimeOfDay], BeforeValidator(_one_or_more)] = Field(description="The time, or several.")


MODELS: Final[Mapping[str, type[BaseModel]]] = {
    "event": EventTrigger,
    "state": StateTrigger,
    "numeric_state": NumericStateTrigger,
    "time": TimeTrigger,
}


def compile_triggers(reading: Reading, tree: Any, place: Place, models: Mapping[str, type[BaseModel]],
                     *, lent_later: bool = False) -> list[Trigger]:  # fmt: skip
    """Read a list of triggers. With `lent_later`, a word not known yet may be lent when the automation is set up."""
    found: list[Trigger] = []
    for index, (item, at) in enumerate(items_of(tree, place)):
        if not isinstance(item, Map):
            reading.complain(at, "a trigger is a mapping, as in  {trigger: event, event_type: ticket_called}.")
            continue
        trigger = _compile(reading, item, index, models, lent_later)
        if trigger is not None:
            found.append(trigger)
    return found


def _compile(
    reading: Reading, tree: Map, index: int, models: Mapping[str, type[BaseModel]], lent_later: bool
) -> Trigger | None:
    named = pick(tree, "trigger", "platform")
    if named is None:
        reading.complain(tree.place, "the key 'trigger' is missing: what is to be watched? Write  trigger: event.")
        return None
    word, own = str(named[0]), without(tree, *_COMMON)
    if word in models:
        reading.model(models[word], own, f"trigger {word}")
        if word in MODELS:
            for key in ("entity_id", "above", "below"):
                if key in own and (key == "entity_id" or ("." in str(own[key]) and not _is_number(own[key]))):
                    reading.note_entities(own, key)
    elif word in _HOME_ONLY:
        reading.complain(named[1], f"the trigger {word!r} belongs to a home; a hall has no such thing.")
        return None
    elif not lent_later:
        known = sorted(models)
        hint = did_you_mean(word, known) or f" There are: {', '.join(known)}."
        reading.complain(named[1], f"no such trigger {word!r}.{hint}")
        return None
    variables = pick(tree, "variables")
    if variables is not None and isinstance(variables[0], Map):
        reading.names |= set(map(str, variables[0]))
    return Trigger(
        word, index, str(tree.get("id", index)), tree.get("alias"), is_enabled(reading, tree),
        reading.value(variables[0], variables[1]) if variables else None, own, tree.place,
    )  # fmt: skip


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (ValueError, TypeError):
        return False
    return True


# -- how they watch


class Wanted:
    """The states a trigger asks for: None is any; values and their spellings both fit."""

    def __init__(self, given: Any, *, but: bool = False) -> None:
        self._any = given is None
        self._values: list[Any] = [] if given is None else _one_or_more(given)
        self._but = but

    def __call__(self, value: Any) -> bool:
        if self._any:
            return True
        return any(same(value, one) for one in self._values) is not self._but


class StateWatcher:
    """One `state` trigger at work."""

    def __init__(self, model: StateTrigger, fire: Fire, states: States, clock: Clock) -> None:
        self._model, self._fire, self._states, self._clock = model, fire, states, clock
        given = model.model_fields_set
        self._everything = not given & {"from_", "to", "not_from", "not_to"}
        self._before = Wanted(model.not_from, but=True) if "not_from" in given else Wanted(model.from_)
        self._after = Wanted(model.not_to, but=True) if "not_to" in given else Wanted(model.to)
        self._waiting: dict[str, tuple[Any, Cancel]] = {}  # entity -> the value that must stay, how to forget it

    def hear(self, event: Event) -> None:
        old, new = cast("State | None", event.data["old_state"]), cast("State | None", event.data["new_state"])
        if old is None:
            return  # it appears: nothing has changed yet
        entity_id, before, after = old.entity_id, self._look(old), self._look(new)
        waiting = self._waiting.get(entity_id)
        if waiting is not None and waiting[0] != after:
            self._forget(entity_id)
        if before == after and (not self._everything or self._model.attribute is not None):
            return
        if not self._before(before) or not self._after(after):
            return
        data = {
            "entity_id": entity_id,
            "from_state": StateView(old),
            "to_state": None if new is None else StateView(new),
            "attribute": self._model.attribute,
            "for": None if self._model.for_ is None else timedelta(seconds=self._model.for_),
            "description": f"state of {entity_id}",
        }
        if self._model.for_ is None:
            self._fire(data, event.context)
        elif entity_id not in self._waiting:
            self._wait(entity_id, after, data, event.context)

    def sought(self) -> frozenset[str] | None:
        """The spellings of the new state that alone can make it fire; None when it must see every change."""
        model = self._model
        if (
            model.to is None
            or "not_to" in model.model_fields_set
            or model.attribute is not None
            or model.for_ is not None
        ):
            return None
        return frozenset(map(spell, _one_or_more(model.to)))

    def _look(self, state: State | None) -> Any:
        if state is None:
            return None
        if self._model.attribute is not None:
            return state.attributes.get(self._model.attribute)
        return state.value if state.available and state.value is not None else spelled(state)

    def _wait(self, entity_id: str, value: Any, data: Mapping[str, Any], context: Context) -> None:
        def due() -> None:
            self._waiting.pop(entity_id, None)
            self._fire(data, context)

        self._waiting[entity_id] = (value, self._clock.after(self._model.for_ or 0.0, due))

    def _forget(self, entity_id: str) -> None:
        self._waiting.pop(entity_id)[1]()

    def stop(self) -> None:
        for entity_id in list(self._waiting):
            self._forget(entity_id)


class NumberWatcher:
    """One `numeric_state` trigger at work: fires when a number comes into the range, not while it stays there.

    While the entity is unavailable nothing is known: it neither leaves the range nor comes back into it.
    """

    def __init__(self, model: NumericStateTrigger, fire: Fire, states: States, clock: Clock) -> None:
        self._model, self._fire, self._states, self._clock = model, fire, states, clock
        self._outside = {e for e in model.entity_id if not self._inside(states.get(e))}
        self._waiting: dict[str, Cancel] = {}

    def hear(self, event: Event) -> None:
        new = cast("State | None", event.data["new_state"])
        entity_id = str(event.data["entity_id"])
        inside = self._inside(new)
        if inside is None:
            return
        if not inside:
            self._outside.add(entity_id)
            if entity_id in self._waiting:
                self._waiting.pop(entity_id)()
        elif entity_id in self._outside:
            self._outside.discard(entity_id)
            old = cast("State | None", event.data["old_state"])
            self._came(entity_id, old, new, event.context)

    def _came(self, entity_id: str, old: State | None, new: State | None, context: Context) -> None:
        model = self._model
        data = {
            "entity_id": entity_id, "above": model.above, "below": model.below, "attribute": model.attribute,
            "from_state": None if old is None else StateView(old), "to_state": None if new is None else StateView(new),
            "for": None if model.for_ is None else timedelta(seconds=model.for_),
            "description": f"numeric state of {entity_id}",
        }  # fmt: skip
        if model.for_ is None:
            self._fire(data, context)
            return

        def due() -> None:
            self._waiting.pop(entity_id, None)
            self._fire(data, context)

        self._waiting[entity_id] = self._clock.after(model.for_, due)

    def _inside(self, state: State | None) -> bool | None:
        value = number_of(state, self._model.attribute)
        return None if value is None else in_range(value, self._model.above, self._model.below, self._states)

    def stop(self) -> None:
        for cancel in self._waiting.values():
            cancel()


def number_of(state: State | None, attribute: str | None = None) -> float | None:
    """The number a state (or an attribute of it) is, or None."""
    if state is None or not state.available:
        return None
    value = state.value if attribute is None else state.attributes.get(attribute)
    try:
        return None if value is None else float(value)
    except (ValueError, TypeError):
        return None


def in_range(value: float, above: float | str | None, below: float | str | None, states: States) -> bool | None:
    """Whether a number is strictly between the limits; None when a limit is an entity without a number."""
    for limit, over in ((above, True), (below, False)):
        if limit is None:
            continue
        bound = limit if isinstance(limit, (int, float)) else limit_of(limit, states)
        if bound is None:
            return None
        if not (value > bound if over else value < bound):
            return False
    return True


def limit_of(given: str, states: States) -> float | None:
    """A limit written as a number in quotes, or as an entity id."""
    return float(given) if _is_number(given) else number_of(states.get(given))


class TimeWatcher:
    """One `time` trigger at work: each time of day has its next moment; a clock set forward makes it due at once."""

    def __init__(self, model: TimeTrigger, fire: Fire, clock: Clock) -> None:
        self._fire, self._clock = fire, clock
        self._times = model.at
        self._cancel: Cancel | None = None
        self._due = 0.0
        self._arm()

    def _arm(self) -> None:
        now = local(self._clock)
        days = (now.date(), now.date() + timedelta(days=1), now.date() + timedelta(days=2))
        moments = (datetime.combine(day, at, self._clock.zone).timestamp() for day in days for at in self._times)
        self._due = min(moment for moment in moments if moment > self._clock.now())
        self._sleep()

    def _sleep(self) -> None:
        # Looked at again each hour at the latest: a wall clock may be set while we wait.
        self._cancel = self._clock.after(min(_HOUR, max(0.0, self._due - self._clock.now())), self._look)

    def _look(self) -> None:
        if self._clock.now() < self._due:
            self._sleep()
            return
        due = self._due
        self._arm()
        self._fire({"now": local(self._clock, due), "description": "time"}, Context())

    def stop(self) -> None:
        if self._cancel is not None:
            self._cancel()


def holds(data: Any, wanted: Any) -> bool:
    """Whether event data holds what is asked for: of a mapping its keys, of anything else all of it."""
    if isinstance(wanted, Mapping):
        return isinstance(data, Mapping) and all(
            key in data and holds(data[key], value) for key, value in cast("Mapping[Any, Any]", wanted).items()
        )
    return same(data, wanted)


def event_data(event: Event) -> Mapping[str, Any]:
    """An event as `trigger.event`. States in its data look as they do everywhere in templates."""
    data: Mapping[str, Any] = event.data
    if event.type == STATE_CHANGED:
        data = {key: StateView(value) if isinstance(value, State) else value for key, value in data.items()}
    context = event.context
    return {
        "event_type": event.type,
        "data": data,
        "time_fired": event.at,
        "context": {"id": context.id, "parent_id": context.parent_id, "user_id": context.user_id},
    }


def builtin_kinds(states: States, clock: Clock, events: EventWatch, changes: StateWatch) -> dict[str, TriggerKind]:
    """The kinds that belong to no other room."""

    def attach_event(model: EventTrigger, fire: Fire) -> Cancel:
        def hear(event: Event) -> None:
            if not model.event_data or holds(event.data, model.event_data):
                fire({"event": event_data(event), "description": f"event '{event.type}'"}, event.context)

        return events.watch(model.event_type, model.event_data, hear)

    def attach_state(model: StateTrigger, fire: Fire) -> Cancel:
        watcher = StateWatcher(model, fire, states, clock)
        forget = changes.watch(model.entity_id, watcher.hear, watcher.sought())

        def stop() -> None:
            forget()
            watcher.stop()

        return stop

    def attach_number(model: NumericStateTrigger, fire: Fire) -> Cancel:
        watcher = NumberWatcher(model, fire, states, clock)
        forget = changes.watch(model.entity_id, watcher.hear)

        def stop() -> None:
            forget()
            watcher.stop()

        return stop

    return {
        "event": TriggerKind(EventTrigger, attach_event),
        "state": TriggerKind(StateTrigger, attach_state),
        "numeric_state": TriggerKind(NumericStateTrigger, attach_number),
        "time": TriggerKind(TimeTrigger, lambda model, fire: TimeWatcher(model, fire, clock).stop),
    }
