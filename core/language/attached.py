"""Triggers at work for one who listens: an automation, or a run that waits for a trigger."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from ..clock import Cancel
from ..errors import Problem, TemplateError
from ..events import Context, Event
from ..offers import TRIGGERS, Fire, Offers, TriggerKind
from ..schema import read
from ..waits import Waits
from .triggers import Trigger
from .watchers import event_data

log = logging.getLogger("usher.automation")
MakeWaits: TypeAlias = Callable[[Trigger, Fire, Mapping[str, Any]], Waits]
Fired: TypeAlias = Callable[[Trigger, Mapping[str, Any], Context], None]


class Attached:
    """Watches by every trigger whose kind is here. Kinds may come and go; `watch` is called again then."""

    def __init__(self, triggers: Sequence[Trigger], kinds: Mapping[str, TriggerKind], offers: Offers, title: str,
                 fired: Fired, waits: MakeWaits | None = None) -> None:  # fmt: skip
        """`waits` makes what keeps `for:`; left out, it is kept in memory."""
        self._triggers, self._kinds, self._offers, self._title, self._fired = triggers, kinds, offers, title, fired
        self._waits = waits
        self._watching: dict[int, tuple[TriggerKind, Cancel]] = {}
        self._off: set[int] = set()  # those whose `enabled` said no, or could not be read

    def watch(self, names: Mapping[str, Any]) -> None:
        """Begin to watch, or to watch anew by those whose kind is another now; templates in them see `names`."""
        for trigger in self._triggers:
            kind = self._kinds.get(trigger.word) or self._offers.get(TRIGGERS, trigger.word)
            now = self._watching.get(trigger.index)
            if now is not None and now[0] is not kind:
                self._watching.pop(trigger.index)[1]()
                now = None
            if now is None and kind is not None and trigger.index not in self._off:
                self._attach(trigger, kind, names)

    def stop(self) -> None:
        for _, stop in self._watching.values():
            stop()
        self._watching.clear()
        self._off.clear()

    def missing(self) -> list[Trigger]:
        """The triggers whose kind nobody lends."""
        return [t for t in self._triggers if t.enabled and t.index not in self._watching and t.index not in self._off]

    def _attach(self, trigger: Trigger, kind: TriggerKind, names: Mapping[str, Any]) -> None:
        fixed = trigger.data()

        def fire(data: Mapping[str, Any], context: Context) -> None:
            event = data.get("event")
            if isinstance(event, Event):
                data = {**data, "event": event_data(event)}
            self._fired(trigger, {**fixed, **data}, context)

        try:
            if not trigger.is_on(names):
                self._off.add(trigger.index)
                return
            model = self._model(trigger, kind, names)
            if kind.waits is None:
                stop = kind.attach(model, fire)
            else:
                waits = self._waits(trigger, fire, names) if self._waits is not None else kind.waits(fire, names)
                stop = kind.attach(model, fire, waits)
        except TemplateError as error:
            self._off.add(trigger.index)
            log.error("%s  %s: the trigger does not watch: %s", trigger.place, self._title, error.text)
            return
        self._watching[trigger.index] = (kind, stop)

    @staticmethod
    def _model(trigger: Trigger, kind: TriggerKind, names: Mapping[str, Any]) -> Any:
        """What it asks for, with its templates filled in."""
        if trigger.model.__class__ is kind.model:
            return trigger.model
        problems: list[Problem] = []
        model = read(kind.model, trigger.ready(names), f"trigger {trigger.word}", problems)
        if model is None:
            raise TemplateError("; ".join(problem.text for problem in problems))
        return model
