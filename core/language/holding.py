"""What the watchers of states share: the rooms they stand on, and `for:`."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast

from ..errors import TemplateError
from ..events import Context
from ..offers import Fire
from ..schema import seconds
from ..states import State, States
from ..waits import Waits
from .reading import has_template
from .templates import Template, Templates, is_template
from .templates.tracking import TemplateWatch
from .watching import StateWatch, seen

log = logging.getLogger("usher.automation")
MAX_SPAN: Final = 366 * 86400.0


@dataclass(frozen=True, slots=True)
class Room:
    """What the watchers stand on."""

    templates: Templates
    changes: StateWatch
    tracking: TemplateWatch
    started: Callable[[], bool]  # whether the hall is up: until then, things only come up

    @property
    def states(self) -> States:
        return self.templates.states

    def seen(self, entity_id: str) -> State | None:
        """The state of an entity as of the event that is being told."""
        return seen(self.states, entity_id)


class Held:
    """`for:` of one trigger: waits when something begins to hold, and fires at once where there is no `for`."""

    def __init__(self, span: Any, fire: Fire, waits: Waits, templates: Templates) -> None:
        self._fire, self.waits = fire, waits
        self._span = _compiled(span, templates)
        self._live = has_template(self._span)
        self.at_once = span is None

    def came(self, key: str, data: dict[str, Any], context: Context) -> None:
        """It holds now."""
        if self.at_once:
            self._fire({**data, "for": None}, context)
            return
        try:
            wait = self._length(data)
        except TemplateError as error:
            log.error("%s  for: %s This time it does not fire.", error.place or "", error.text)
            return
        self.waits.begin(key, wait, {**data, "for": timedelta(seconds=wait)}, context)

    def _length(self, data: Mapping[str, Any]) -> float:
        if not self._live:
            return float(self._span)
        given = _rendered(self._span, {**self.waits.variables, "trigger": data})
        try:
            wait = seconds(given)
        except (ValueError, TypeError) as error:
            raise TemplateError(f"{given!r} is not a duration.") from error
        if not 0 <= wait <= MAX_SPAN:
            raise TemplateError(f"{wait:g} s is not between 0 and a year.")
        return wait


def _compiled(span: Any, templates: Templates) -> Any:
    if isinstance(span, Mapping):
        return {key: _compiled(value, templates) for key, value in cast("Mapping[Any, Any]", span).items()}
    return templates.read(span) if is_template(span) else span


def _rendered(span: Any, names: Mapping[str, Any]) -> Any:
    if isinstance(span, dict):
        return {key: _rendered(value, names) for key, value in cast("dict[Any, Any]", span).items()}
    return span.render(names) if isinstance(span, Template) else span
