"""Card types and what the hall knows of visitors, in the YAML."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from ...schema import Duration, Strict, Target, WordsField

MAX_CARD = 64  # signs of a card's number

_APART = re.compile(r"[\W_]+")
_SIGNS = re.compile(r"[0-9A-Za-z?*-]{1,64}\Z")


def _mask(value: Any) -> Any:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and (not _SIGNS.match(text) or text.count("*") > 1):
        raise PydanticCustomError(
            "bad_card", "{value} is no pattern of a card's number. Write digits and letters, ? for any one sign, and one * "
            'for any others, as in "6222*".', {"value": repr(text)})  # fmt: skip
    return text


def _masks(value: Any) -> Any:
    return [value] if isinstance(value, (str, int)) else value


Masks = Annotated[
    list[Annotated[str, BeforeValidator(_mask)]], Field(min_length=1, max_length=200), BeforeValidator(_masks)
]


class Belongs(Strict):
    """Which class somebody is of and where they stand."""

    class_: Annotated[str, Target("class")] | None = Field(
        default=None, alias="class", description="The kind of customer they are."
    )
    queue: Annotated[str, Target("queue")] | None = Field(
        default=None, description="Where they stand when no queue was chosen."
    )
    instead: dict[Annotated[str, Target("queue")], Annotated[str, Target("queue")]] = Field(
        default={}, description="Where they stand instead of the queue that was chosen: {personal: vip}."
    )


class CardType(Belongs):
    """Cards that are told apart by their number."""

    name: WordsField | None = Field(default=None, description="What people call it.")
    number: Masks = Field(description="What their numbers look like: ? is any one sign, * any others. 6222*, T????.")

    @cached_property
    def fits(self) -> "re.Pattern[str]":
        """A number as `plain` answers it fits if this matches the whole of it."""
        parts = (mask.upper().replace("-", "").replace("?", ".").replace("*", ".*") for mask in self.number)
        return re.compile("|".join(f"(?:{part})" for part in parts))


class ForClass(Strict):
    """Where a class of visitors stands."""

    queue: Annotated[str, Target("queue")] | None = Field(
        default=None, description="Where they stand when no queue was chosen."
    )
    instead: dict[Annotated[str, Target("queue")], Annotated[str, Target("queue")]] = Field(
        default={}, description="Where they stand instead of the queue that was chosen: {personal: vip}."
    )


class VisitorRules(Strict):
    """What holds for people known to the hall."""

    classes: dict[str, ForClass] = Field(default={}, description="Where visitors of a class stand.")
    missed_within: Duration = Field(
        default=90 * 86400.0, description="No-shows and missed appointments count for so long."
    )
    keep: int = Field(default=1096, ge=1, le=36500, description="Who was not here for so many days is forgotten.")
    most: int = Field(default=20_000, ge=1, le=500_000, description="So many people are known at the most.")


def plain(card: str) -> str:
    """A card's number as it is compared: its letters and digits, however they are grouped."""
    return _APART.sub("", card.upper())[:MAX_CARD]


def card_type(types: Mapping[str, CardType], card: str) -> CardType | None:
    """The first type in the YAML that this card is of."""
    number = plain(card)
    return next((one for one in types.values() if number and one.fits.fullmatch(number)), None)


def of_class(rules: VisitorRules, class_: str) -> ForClass:
    """Where a class stands; nowhere of its own if the YAML does not say."""
    return rules.classes.get(class_, _NOWHERE)


_NOWHERE = ForClass()
