"""The data of the actions on ratings."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, Field

from ...core.schema import Strict, Target

_Counter = Annotated[str, Target("counter")]
_Ticket = Annotated[str, Target("ticket", later=True)]
_DAY: Final = r"^\d{4}-\d{2}-\d{2}$"


def _level(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class OfService(Strict):
    """Which service is meant."""

    counter: _Counter | None = Field(default=None, description="What was just served at this counter.")
    ticket: _Ticket | None = Field(default=None, description="What this ticket was served last.")
    poll: str | None = Field(default=None, max_length=80, description="Just this service, as feedback_asked named it.")


class Rate(OfService):
    """Data of feedback.rate."""

    level: Annotated[str, BeforeValidator(_level)] = Field(
        max_length=64, description="The level, by name or by its place: 1 is the best."
    )
    reasons: list[str] = Field(default=[], max_length=6, description="What was wrong, by name.")
    at: float | None = Field(
        default=None, ge=0, allow_inf_nan=False, description="When it was tapped, of a terminal that had lost the hall."
    )


class Reasons(OfService):
    """Data of feedback.reasons."""

    reasons: list[str] = Field(min_length=1, max_length=6, description="What was wrong, by name.")


class Stars(Strict):
    """Data of feedback.stars."""

    staff: str = Field(max_length=64, description="Whose, by the id they sign in with.")
    stars: int | None = Field(ge=1, le=5, description="1 to 5; null for what the YAML says.")


class Listing(Strict):
    """Data of feedback.list."""

    first: str = Field(pattern=_DAY, description="The first business day, as 2026-11-22.")
    last: str | None = Field(default=None, pattern=_DAY, description="The last one; default: the first.")
    counter: _Counter | None = Field(default=None, description="Only of this counter.")
    staff: str | None = Field(default=None, max_length=64, description="Only of who served.")
    queue: Annotated[str, Target("queue")] | None = Field(default=None, description="Only of this queue.")
    bad: bool = Field(default=False, description="Only bad ratings.")
    limit: int = Field(default=200, ge=1, le=2000, description="At most so many, the latest first.")


class Summary(Strict):
    """Data of feedback.summary."""

    first: str = Field(pattern=_DAY, description="The first business day, as 2026-11-22.")
    last: str | None = Field(default=None, pattern=_DAY, description="The last one; default: the first.")
    by: Literal["hall", "counter", "staff", "queue"] = Field(default="hall", description="One line for each of these.")
    daily: bool = Field(default=False, description="One line a day as well.")


MODELS: Final[Mapping[str, type[BaseModel]]] = {
    "feedback.rate": Rate,
    "feedback.reasons": Reasons,
    "feedback.stars": Stars,
    "feedback.list": Listing,
    "feedback.summary": Summary,
}
