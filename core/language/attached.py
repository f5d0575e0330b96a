"""Triggers at work for one who listens: an automation, or a run that waits for a trigger."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from ..clock import Cancel
from ..errors import Problem, TemplateError
from ..events import Context, Event
from ..offers import TRIGGERS, Offers, TriggerKind
from ..schema import read
from .triggers import Trigger
from .watchers import event_data

log = logging.getLogger("usher.automation")
Fired: TypeAlias = Callable[[Trigger, Mapping[str, Any], Context], None]


class Attached:
    """Watches by every trigger whose kind is here. Kinds may come and go; `watch` is called again then."""

    def __init__(self, triggers: Sequence[Trigger], kinds: Mapping[str, TriggerKind], offers: Offers, title: str,
                 fired: Fired) -> None:  # fmt: skip
        self._triggers, self._kinds, self._offers, self._title, self._fired = triggers, kinds, offers, title, fired
        self._watching: dict[int, tuple[TriggerKind, Cancel]] = {}

    def watch(self, names: Mapping[str, Any]) -> None:
        """Begin to watch, or to watch anew by those whose kind is another now; templates in them see `names`."""
        for trigger in self._triggers:
            kind = self._kinds.get(trigger.word) or self._offers.get(TRIGGERS, trigger.word)
            now = self._watching.get(trigger.index)
            if now is not None and now[0] is not kind:
                self._watching.pop(trigger.index)[1]()
                now = None
            if now is None and kind is not None and trigger.enabled:
                self._attach(trigger, kind, names)

    def stop(self) -> None:
        for _, stop in self._watching.values():
            stop()
        self._watching.clear()

    def missing(self) -> list[Trigger]:
        """The triggers whose kind nobody lends."""
        return [t for t in self._triggers if t.enabled and t.index not in self._watching]

    def _attach(self, trigger: Trigger, kind: TriggerKind, names: Mapping[str, Any]) -> None:
        problems: list[Problem] = []
        tree: Any = trigger.tree
        try:
            model = read(kind.model, tree, f"trigger {trigger.word}", problems)
        except TemplateError as error:
            log.error("%s  %s: %s", trigger.place, self._title, error.text)
            return
        if model is None:
            log.error("%s: %s", self._title, "; ".join(map(str, problems)))
            return
        fixed = trigger.data()

        def fire(data: Mapping[str, Any], context: Context) -> None:
            event = data.get("event")
            if isinstance(event, Event):
                data = {**data, "event": event_data(event)}
            self._fired(trigger, {**fixed, **data}, context)

        self._watching[trigger.index] = (kind, kind.attach(model, fire))
