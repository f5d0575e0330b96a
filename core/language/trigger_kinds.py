"""The kinds of trigger that belong to no other room, each with how it begins to watch."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from pydantic import BaseModel

from ..clock import Cancel, Clock
from ..events import Context, Event
from ..offers import Fire, TriggerKind
from ..waits import Waits
from .holding import Room
from .time_watchers import PatternWatcher, TimeWatcher
from .trigger_models import (
    EventTrigger,
    HallTrigger,
    NotificationTrigger,
    NumericStateTrigger,
    StateTrigger,
    TagTrigger,
    TemplateTrigger,
    TimePatternTrigger,
    TimeTrigger,
)
from .watchers import NumberWatcher, StateWatcher, TemplateWatcher, event_data, holds
from .watching import EventWatch

NOTIFICATIONS: Final = "persistent_notifications_updated"
TAG_SCANNED: Final = "tag_scanned"
_MOMENTS: Final = {"start": "usher_started", "shutdown": "homeassistant_stop"}


def builtin_kinds(room: Room, clock: Clock, events: EventWatch) -> dict[str, TriggerKind]:
    """All of them, by word."""

    def in_memory(fire: Fire, names: Mapping[str, Any]) -> Waits:
        return Waits(clock, fire, names)

    def waiting(model: type[BaseModel], watcher: Callable[[Any, Fire, Waits, Room], Any]) -> TriggerKind:
        def attach(model: Any, fire: Fire, waits: Waits | None = None) -> Cancel:
            stop: Cancel = watcher(model, fire, waits or Waits(clock, fire), room).stop
            return stop

        return TriggerKind(model, attach, in_memory)

    return {
        "event": TriggerKind(EventTrigger, partial(_event, events)),
        "state": waiting(StateTrigger, StateWatcher),
        "numeric_state": waiting(NumericStateTrigger, NumberWatcher),
        "template": waiting(TemplateTrigger, TemplateWatcher),
        "time": TriggerKind(TimeTrigger, partial(_time, room, clock)),
        "time_pattern": TriggerKind(TimePatternTrigger, partial(_pattern, clock)),
        "homeassistant": TriggerKind(HallTrigger, partial(_hall, events)),
        "usher": TriggerKind(HallTrigger, partial(_hall, events)),
        "persistent_notification": TriggerKind(NotificationTrigger, partial(_notification, events)),
        "tag": TriggerKind(TagTrigger, partial(_tag, events)),
    }


def _time(room: Room, clock: Clock, model: TimeTrigger, fire: Fire) -> Cancel:
    return TimeWatcher(model, fire, clock, room.states, room.changes).stop


def _pattern(clock: Clock, model: TimePatternTrigger, fire: Fire) -> Cancel:
    return PatternWatcher(model, fire, clock).stop


def _event(events: EventWatch, model: EventTrigger, fire: Fire) -> Cancel:
    def hear(event: Event) -> None:
        if (not model.event_data or holds(event.data, model.event_data)) and _by(event.context, model.context):
            fire({"event": event_data(event), "description": f"event '{event.type}'"}, event.context)

    return events.watch(model.event_type, model.event_data, hear)


def _by(context: Context, wanted: Mapping[Any, list[str]]) -> bool:
    return all(getattr(context, key) in values for key, values in wanted.items())


def _hall(events: EventWatch, model: HallTrigger, fire: Fire) -> Cancel:
    text = "usher starting" if model.event == "start" else "usher stopping"

    def hear(event: Event) -> None:
        fire({"event": model.event, "description": text}, event.context)

    return events.watch([_MOMENTS[model.event]], {}, hear)


def _notification(events: EventWatch, model: NotificationTrigger, fire: Fire) -> Cancel:
    types, wanted = frozenset(model.update_type), model.notification_id

    def hear(event: Event) -> None:
        kind, name = event.data.get("type"), event.data.get("notification_id")
        if kind in types and (wanted is None or name == wanted):
            told = {"update_type": kind, "notification": event.data.get("notification") or {"notification_id": name},
                    "description": f"persistent notification {kind}: {name}"}  # fmt: skip
            fire(told, event.context)

    return events.watch([NOTIFICATIONS], {} if wanted is None else {"notification_id": wanted}, hear)


def _tag(events: EventWatch, model: TagTrigger, fire: Fire) -> Cancel:
    tags, readers = frozenset(model.tag_id), None if model.device_id is None else frozenset(model.device_id)

    def hear(event: Event) -> None:
        if str(event.data.get("tag_id")) in tags and (readers is None or event.data.get("device_id") in readers):
            fire({"event": event_data(event), "description": "Tag scanned"}, event.context)

    return events.watch([TAG_SCANNED], {"tag_id": tags}, hear)
