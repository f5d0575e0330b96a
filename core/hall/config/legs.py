"""A stay to come, in the YAML and in the data of actions: the legs of a plan."""

from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from ...schema import Strict, Target

BACK: Final = "back"
Where: TypeAlias = Literal["end", "keep", "front"]


class Leg(Strict):
    """A stay to come: a queue (or `back`: this one, at this counter), and whether one may be called there at once."""

    queue: Annotated[str, Target("queue", besides=(BACK,))] = Field(
        description="The queue; back: where the visitor comes from, at the same counter."
    )
    ready: bool = Field(default=True, description="False: not called by itself until ticket.ready.")
    service: str | None = Field(default=None, max_length=64, description="What the visitor comes for there.")
    counter: Annotated[str | None, Target("counter")] = Field(default=None, description="Reserve for this counter.")
    staff: str | None = Field(default=None, max_length=64, description="Reserve for this member of staff.")
    pool: str | None = Field(default=None, max_length=64, description="Reserve for the counters of this pool.")
    place: Where = Field(default="end", description="end, keep (the time of issue) or front.")


def _leg(value: Any) -> Any:
    return {"queue": value} if isinstance(value, str) else value


Plan: TypeAlias = Annotated[list[Annotated[Leg, BeforeValidator(_leg)]], Field(max_length=16)]
