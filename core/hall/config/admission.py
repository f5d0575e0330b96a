"""Admission in the YAML: who may stand in a queue, how many, and until when."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias, cast

from pydantic import BeforeValidator, Field, model_validator

from ...schema import Duration, Name, Strict, Target

CalendarName = Annotated[str, Target("calendar")]
Quota = Annotated[dict[Name, Annotated[int, Field(ge=0, le=1_000_000)]], Field(max_length=13)]
"""People a day, and in each of the calendar's windows: {day: 400, morning: 250}."""
DAY_QUOTA = "day"


class BeforeClosing(Strict):
    """When the last numbers of a day are given."""

    before: Duration = Field(
        default=0, lt=86400, description="No more numbers so long before the day's last hours end."
    )
    served: bool = Field(
        default=False, description="No more numbers once whoever comes could not be served before closing."
    )


def _closing(value: Any) -> Any:
    if isinstance(value, Mapping):
        given = cast("Mapping[Any, Any]", value)
        return given if given.keys() & {"before", "served"} else {"before": given}
    return {"served": True} if value == "served" else {"before": value}


StopBeforeClosing = Annotated[BeforeClosing, BeforeValidator(_closing)]
"""`"00:30"`, served, or both: {before: "00:30", served: true}."""

OneEach: TypeAlias = Literal["queue", "hall"] | None


def _one_each(value: Any) -> Any:
    return "queue" if value is True else None if value is False else value


OnePerVisitor = Annotated[OneEach, BeforeValidator(_one_each)]


class WholeHall(Strict):
    """What holds for the hall as a whole."""

    calendar: CalendarName | None = Field(default=None, description="The hours of every queue that names none.")
    quota: Quota = Field(default={}, description="People a day in all queues together: {day: 2000}.")
    max_waiting: int | None = Field(
        default=None, ge=1, le=1_000_000, description="So many wait in all queues together: no more numbers."
    )

    @model_validator(mode="before")
    @classmethod
    def _empty(cls, value: Any) -> Any:
        return {} if value is None else value
