"""Triggers at work: one watcher for each `state`, `numeric_state` and `time` trigger, and the kinds as they are lent.

Each fires in the bus's turn, with the event's own old and new state.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, cast

from ..clock import Cancel, Clock, local
from ..events import Context, Event
from ..offers import Fire, TriggerKind
from ..states import STATE_CHANGED, State, States
from .numbers import in_range, number_of
from .templates.functions import same
from .templates.values import StateView, spell, spelled
from .triggers import EventTrigger, NumericStateTrigger, StateTrigger, TimeTrigger, one_or_more
from .watching import EventWatch, StateWatch

_HOUR: Final = 3600.0


class Wanted:
    """The states a trigger asks for: None is any; values and their spellings both fit."""

    def __init__(self, given: Any, *, but: bool = False) -> None:
        self._any = given is None
        self._values: list[Any] = [] if given is None else one_or_more(given)
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
        return frozenset(map(spell, one_or_more(model.to)))

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
