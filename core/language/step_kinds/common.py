"""What all kinds of step share: the keys every step takes, what steps stand on, and who compiles them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import BaseModel, Field

from ...actions import Actions
from ...bus import Bus
from ...errors import Place, TemplateError
from ...offers import Offers, TriggerKind
from ...schema import Strict, seconds
from ..conditions import Condition, hold
from ..reading import Reading
from ..steps import Doing
from ..templates.tracking import TemplateWatch

MAX_DELAY = 366 * 86400.0


class StepCommon(Strict):
    """What every step takes."""

    alias: str | None = Field(None, description="What it is called in traces.")
    enabled: bool | str = Field(True, description="False, or a template that gives false: as if it did not stand here.")
    continue_on_error: bool = Field(False, description="Whether the next step is done when this one fails.")


@dataclass
class Ground:
    """What the steps of an automation stand on. `usher check` needs the first two only: nothing waits there."""

    actions: Actions
    bus: Bus
    tracking: TemplateWatch | None = None
    offers: Offers = field(default_factory=Offers)
    kinds: Mapping[str, TriggerKind] = field(default_factory=dict[str, TriggerKind])  # triggers that are everybody's


class Compiler(Protocol):
    """What a kind of step needs to be made: where complaints go, what it stands on, and its inner lists."""

    reading: Reading
    ground: Ground
    triggers: Mapping[str, type[BaseModel]]
    lent_later: bool

    def compile(self, tree: Any, place: Place, path: str) -> str:
        """Compile an inner list of steps; answers its path."""
        ...


def span_of(value: Any, place: Place, key: str) -> float:
    """A duration that a template may have given, in seconds; raises TemplateError."""
    try:
        span = seconds(value)
    except (ValueError, TypeError) as error:
        raise TemplateError(
            f'{key}: {value!r} is not a duration. Write "00:00:30", 30 or {{minutes: 5}}.', place
        ) from error
    if not 0 <= span <= MAX_DELAY:
        raise TemplateError(f"{key}: {span:g} s is not between 0 and a year.", place)
    return span


def holds(conditions: tuple[Condition, ...], run: Doing) -> bool | None:
    """Whether they hold; None when that cannot be known, which the trace and the log say."""
    try:
        return hold(conditions, run.names, run.note_answer)
    except TemplateError as error:
        run.warn(error)
        return None
