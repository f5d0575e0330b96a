"""The data of the actions on visitors."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from ...schema import Duration, Personal, Strict, Target
from ..config.visitors import MAX_CARD

Id = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_.-]+$")]
Card = Annotated[str, Field(min_length=3, max_length=MAX_CARD)]


class VisitorOnly(Strict):
    """Data that names a visitor."""

    visitor: Id = Field(description="The visitor's id.")


class Details(Strict):
    """What may be known of a visitor."""

    name: Annotated[str | None, Personal()] = Field(default=None, max_length=128, description="Their name.")
    phone: Annotated[str | None, Personal()] = Field(default=None, max_length=32, description="Their phone.")
    document: Annotated[str | None, Personal()] = Field(
        default=None, max_length=MAX_CARD, description="The number of their identity document."
    )
    cards: Annotated[list[Card] | None, Personal()] = Field(
        default=None, max_length=20, description="The numbers of the cards they carry."
    )
    note: Annotated[str | None, Personal()] = Field(default=None, max_length=500, description="For staff only.")
    class_: str | None = Field(default=None, alias="class", max_length=64, description="The kind of customer they are.")
    queue: Annotated[str, Target("queue")] | None = Field(
        default=None, description="Where they stand when no queue was chosen."
    )
    staff: str | None = Field(default=None, max_length=64, description="Who serves them, by the id they sign in with.")
    pool: str | None = Field(default=None, max_length=64, description="Which pool of staff or counters serves them.")
    language: str | None = Field(default=None, max_length=16, description="The language they speak.")


class Add(Details):
    """Data of visitor.add."""

    visitor: Id | None = Field(
        default=None, description="An id of your own, as in the customer file; default: a new one."
    )


class Update(Details, VisitorOnly):
    """Data of visitor.update: what is given is changed, null takes it away."""

    visitor: Id = Field(description="The visitor's id.")


class Find(Strict):
    """Data of visitor.find."""

    card: Annotated[str | None, Personal()] = Field(default=None, max_length=MAX_CARD, description="A card's number.")
    document: Annotated[str | None, Personal()] = Field(
        default=None, max_length=MAX_CARD, description="An identity document's number."
    )
    phone: Annotated[str | None, Personal()] = Field(default=None, max_length=32, description="A phone.")
    name: Annotated[str | None, Personal()] = Field(
        default=None, min_length=1, max_length=128, description="A name, or a part of it."
    )
    class_: str | None = Field(default=None, alias="class", max_length=64, description="Only of this class.")
    blocked: bool | None = Field(default=None, description="Only who gets no numbers, or only who does.")
    missed: int | None = Field(default=None, ge=1, description="Only who did not come so often or more.")
    limit: int = Field(default=50, ge=1, le=500, description="At most so many.")


def _days(value: object) -> object:
    return {"days": value} if isinstance(value, int) and not isinstance(value, bool) else value


class Block(VisitorOnly):
    """Data of visitor.block."""

    for_: Annotated[Duration, BeforeValidator(_days)] | None = Field(
        default=None,
        alias="for",
        gt=0,
        description="For how long: 30 (days), or {hours: 12}; left out: until unblocked.",
    )
    reason: Annotated[str | None, Personal()] = Field(default=None, max_length=500, description="For staff only.")
