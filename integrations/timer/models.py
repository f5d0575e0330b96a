"""The data of the timer's actions."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ...core.schema import Duration, Target, seconds
from ...core.things import These


def _signed(value: Any) -> float:
    """A duration that may be less than nothing: "-00:00:30", -30, {seconds: -30}."""
    if isinstance(value, str) and value.strip().startswith("-"):
        return -seconds(value.strip()[1:])
    return seconds(value)


class Timers(These):
    """timer.pause, cancel and finish."""

    entity_id: Annotated[list[str], Target("timer", many=True)] = Field(min_length=1, description="The timers.")


class Start(Timers):
    """timer.start."""

    duration: Duration | None = Field(None, description="How long; default: what is left, or its own duration.")


class ChangeBy(Timers):
    """timer.change."""

    duration: Annotated[float, BeforeValidator(_signed)] = Field(
        ge=-1e9, le=1e9, description="How much longer; less with a minus before it."
    )
