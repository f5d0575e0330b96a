"""Triggers on states at work: `state`, `numeric_state` and `template`.

Each fires in the bus's turn, with the event's own old and new state.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final, cast

from ..clock import Cancel
from ..errors import TemplateError
from ..events import Context, Event
from ..offers import Fire
from ..states import STATE_CHANGED, State
from ..waits import Waits
from .conditions import number_from, truth
from .holding import Held, Room
from .numbers import in_range, is_number, number_of
from .templates.functions import same
from .templates.values import StateView, spell, spelled, state_of
from .trigger_models import NumericStateTrigger, StateTrigger, TemplateTrigger, one_or_more

log = logging.getLogger("usher.automation")
_ONLY: Final = ""  # the key of a wait that hangs on no entity


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

    def __init__(self, model: StateTrigger, fire: Fire, waits: Waits, room: Room) -> None:
        self._model, self._waits, self._room = model, waits, room
        self._held = Held(model.for_, fire, waits, room.templates)
        given = model.model_fields_set
        self._everything = not given & {"from_", "to", "not_from", "not_to"}
        self._from_only = "from_" in given and "to" not in given
        self._before = Wanted(model.not_from, but=True) if "not_from" in given else Wanted(model.from_)
        self._after = Wanted(model.not_to, but=True) if "not_to" in given else Wanted(model.to)
        self._following: dict[str, Cancel] = {}  # entities whose every change is heard, while something waits
        self._forget = room.changes.watch(model.entity_id, self.hear, self.sought())
        for key in waits.recalled():
            self._follow(key)
            waits.settle(key, self._stands(key, room.seen(key)))

    def hear(self, event: Event) -> None:
        old, new = cast("State | None", event.data["old_state"]), cast("State | None", event.data["new_state"])
        if (old is None or not old.available) and not self._room.started():
            return  # the hall comes up: what appears now has not changed
        before, after = self._look(old), self._look(new)
        unchanged = _alike(before, after)
        if unchanged and (not self._everything or self._model.attribute is not None):
            return
        if not self._before(before) or not self._after(after):
            return
        entity_id = str(event.data["entity_id"])
        if unchanged and entity_id in self._waits:
            return
        data = {
            "entity_id": entity_id,
            "from_state": None if old is None else StateView(old),
            "to_state": None if new is None else StateView(new),
            "attribute": self._model.attribute,
            "description": f"state of {entity_id}",
        }
        self._held.came(entity_id, data, event.context)
        if entity_id in self._waits:
            self._follow(entity_id)

    def sought(self) -> frozenset[str] | None:
        """The spellings of the new state that alone can make it fire; None when it must see every change."""
        model = self._model
        if model.to is None or "not_to" in model.model_fields_set or model.attribute is not None:
            return None
        return frozenset(map(spell, one_or_more(model.to)))

    def _look(self, state: State | None) -> Any:
        if state is None:
            return None
        if self._model.attribute is not None:
            return state.attributes.get(self._model.attribute)
        return state.value if state.available and state.value is not None else spelled(state)

    # -- while it waits

    def _follow(self, entity_id: str) -> None:
        if entity_id not in self._following:
            self._following[entity_id] = self._room.changes.watch([entity_id], self._goes_on)

    def _goes_on(self, event: Event) -> None:
        """The entity changes while something waits for it to stay as it is."""
        entity_id = str(event.data["entity_id"])
        if entity_id in self._waits:
            stands = self._stands(entity_id, event.data["new_state"])
            if entity_id in self._waits.recalled():
                self._waits.settle(entity_id, stands)
            elif stands is not True:
                self._waits.end(entity_id)
        if entity_id not in self._waits:
            self._following.pop(entity_id, _nothing)()

    def _stands(self, entity_id: str, state: State | None) -> bool | None:
        """Whether it still is as it was when the wait began; of a recalled one None while the entity has no value."""
        data, recalled = self._waits.data(entity_id), entity_id in self._waits.recalled()
        if state is None:
            return None if recalled else False
        value = self._look(state)
        if self._from_only:  # as in Home Assistant: anything but what it was
            return (
                None if recalled and not state.available else not _alike(value, self._look(_state(data["from_state"])))
            )
        stands = _alike(value, self._look(_state(data["to_state"])))
        return None if recalled and not state.available and not stands else stands

    def stop(self) -> None:
        self._forget()
        for cancel in self._following.values():
            cancel()
        self._following.clear()
        self._waits.stop()


class NumberWatcher:
    """One `numeric_state` trigger at work: fires when a number comes into the range, not while it stays there.

    While the entity has no number nothing is known: it neither leaves the range nor comes back into it. The first number
    known is no coming. Ranges between plain numbers are found by the limits crossed; others are looked at each time.
    """

    def __init__(self, model: NumericStateTrigger, fire: Fire, waits: Waits, room: Room) -> None:
        self._model, self._waits, self._room = model, waits, room
        self._held = Held(model.for_, fire, waits, room.templates)
        self._template = None if model.value_template is None else room.templates.read(model.value_template)
        self._inside = {e: self._answer(e, room.seen(e)) for e in model.entity_id}
        self._asking: Cancel | None = None
        for key in waits.recalled():
            waits.settle(key, self._inside.get(key))
        if self._template is None and all(limit is None or is_number(limit) for limit in (model.above, model.below)):
            limits = tuple(None if limit is None else float(limit) for limit in (model.above, model.below))
            self._forget = room.changes.watch_range(
                model.entity_id, model.attribute, cast("tuple[float | None, float | None]", limits), self._came,
                self._left)  # fmt: skip
            if waits.recalled():
                self._asking = room.changes.watch(waits.recalled(), self._settles)
        else:
            self._forget = room.changes.watch(model.entity_id, self.hear)

    def hear(self, event: Event) -> None:
        """A change of an entity whose range is not found by its limits."""
        entity_id = str(event.data["entity_id"])
        before, now = self._inside.get(entity_id), self._answer(entity_id, event.data["new_state"])
        if now is None:
            return
        if before is None:  # its limit came later than its number: what it was by this limit
            before = self._answer(entity_id, event.data["old_state"])
        self._inside[entity_id] = now
        self._waits.settle(entity_id, now)
        if now and before is False:
            self._came(event)
        elif not now:
            self._left(event)

    def _settles(self, event: Event) -> None:
        entity_id = str(event.data["entity_id"])
        self._waits.settle(entity_id, self._answer(entity_id, event.data["new_state"]))
        if not self._waits.recalled() and self._asking is not None:
            self._asking()
            self._asking = None

    def _came(self, event: Event) -> None:
        self._held.came(str(event.data["entity_id"]), self._data(event), event.context)

    def _left(self, event: Event) -> None:
        self._waits.end(str(event.data["entity_id"]))

    def _data(self, event: Event) -> dict[str, Any]:
        model, entity_id = self._model, str(event.data["entity_id"])
        old, new = event.data["old_state"], event.data["new_state"]
        return {
            "entity_id": entity_id, "above": model.above, "below": model.below, "attribute": model.attribute,
            "from_state": None if old is None else StateView(old), "to_state": None if new is None else StateView(new),
            "description": f"numeric state of {entity_id}",
        }  # fmt: skip

    def _answer(self, entity_id: str, state: State | None) -> bool | None:
        """Whether its number is in the range; None while it has none, or a limit has none."""
        value = number_of(state, self._model.attribute) if self._template is None else self._made(entity_id, state)
        if value is None:
            return None
        return in_range(value, self._model.above, self._model.below, self._room.seen)

    def _made(self, entity_id: str, state: State | None) -> float | None:
        """The number that the template makes of it."""
        if state is None or self._template is None:
            return None
        said = {"platform": "numeric_state", "entity_id": entity_id, "above": self._model.above,
                "below": self._model.below, "attribute": self._model.attribute}  # fmt: skip
        names = {**self._waits.variables, "state": StateView(state), "trigger": said}
        try:
            return number_from(self._template.render(names, self._room.states.untold()), self._template)
        except TemplateError as error:
            if state.available:
                log.warning("%s  numeric_state of %s: %s", error.place or "", entity_id, error.text)
            return None

    def stop(self) -> None:
        self._forget()
        if self._asking is not None:
            self._asking()
        self._waits.stop()


class TemplateWatcher:
    """One `template` trigger at work: fires when the template becomes true.

    One that fails is neither true nor false: what it was before still counts. While the hall comes up it only learns.
    """

    def __init__(self, model: TemplateTrigger, fire: Fire, waits: Waits, room: Room) -> None:
        self._waits, self._room = waits, room
        self._held = Held(model.for_, fire, waits, room.templates)
        template = room.templates.read(model.value_template)
        self._tracked = room.tracking.track(template, waits.variables, self._changed, pause=False)
        self._was = self._answer(self._tracked.result)
        self._asking: Cancel | None = None
        if waits.recalled():
            self._asking = room.changes.watch(self._tracked.reads.entities, self._settles)
            self._settle()

    def _answer(self, result: Any) -> bool | None:
        if isinstance(result, TemplateError):
            log.warning("%s  template trigger: %s", result.place or "", result.text)
            return None
        return truth(result)

    def _changed(self, result: Any, event: Event | None) -> None:
        before, now = self._was, self._answer(result)
        if now is None:
            return
        self._was = now
        if self._asking is not None and now and before is False and self._known(event):
            self._waits.end(_ONLY)  # a recalled one: it was false in between
        self._settle()
        if not now:
            if not self._waits.recalled():
                self._waits.end(_ONLY)
        elif before is False and self._room.started() and _ONLY not in self._waits:
            self._came(event)

    # -- a wait of before a restart: settled once the template is true, or false of things that all have a value

    def _settles(self, _: Event) -> None:
        self._settle()

    def _settle(self) -> None:
        if self._asking is None:
            return
        if self._was:
            self._waits.settle(_ONLY, True)
        elif self._known(None):
            self._waits.settle(_ONLY, False)
        if not self._waits.recalled():
            self._asking()
            self._asking = None

    def _known(self, before: Event | None) -> bool:
        """Whether all it reads has a value (before this event had one), and the hall is up."""
        states = {entity_id: self._room.seen(entity_id) for entity_id in self._tracked.reads.entities}
        if before is not None and before.type == STATE_CHANGED:
            states[before.data["entity_id"]] = before.data["old_state"]
        return self._room.started() and all(state is not None and state.available for state in states.values())

    def _came(self, event: Event | None) -> None:
        data: dict[str, Any] = {"entity_id": None, "from_state": None, "to_state": None,
                                "description": "time change or manual update via template"}  # fmt: skip
        if event is not None and event.type == STATE_CHANGED:
            old, new = event.data["old_state"], event.data["new_state"]
            data = {
                "entity_id": event.data["entity_id"],
                "from_state": None if old is None else StateView(old),
                "to_state": None if new is None else StateView(new),
                "description": f"{event.data['entity_id']} via template",
            }
        self._held.came(_ONLY, data, Context() if event is None else event.context)

    def stop(self) -> None:
        self._tracked.stop()
        if self._asking is not None:
            self._asking()
        self._waits.stop()


def _nothing() -> None:
    pass


def _state(view: Any) -> State | None:
    return None if view is None else state_of(view)


def _alike(before: Any, after: Any) -> bool:
    return bool(before == after) and isinstance(before, bool) is isinstance(after, bool)


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
