"""What a trace must not keep: who somebody is, wherever in a run it is said again.

A run learns it from answers of the hall (`person`, and the code and link beside a ticket or an appointment) and from what it
gives to fields that say who somebody is (`schema.Personal`). What it has learned is left out of all its steps, also of
those before: a name that stands in a variable of the installer's own, or in a message made of it, is the same name.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, cast

NOT_KEPT: Final = "(not kept)"
PEOPLE: Final = frozenset({"person", "phone"})  # keys under which the hall tells who somebody is
TOKENS: Final = frozenset({"code", "link"})  # and what lets whoever has it in, if they stand beside one of these
OF: Final = frozenset({"ticket", "appointment"})
MOST: Final = 1000  # texts remembered of one run
_LEVELS: Final = 8


def hides(key: Any, beside: Mapping[Any, Any]) -> bool:
    """Whether what stands under this key of an answer is not for a trace."""
    return key in PEOPLE or (key in TOKENS and not OF.isdisjoint(beside))


def learned(value: Any, level: int = 0) -> Iterator[str]:
    """The texts of an answer that say who somebody is."""
    if isinstance(value, Mapping) and level < _LEVELS:
        told = cast("Mapping[Any, Any]", value)
        for key, one in told.items():
            yield from texts(one) if hides(key, told) else learned(one, level + 1)
    elif isinstance(value, (list, tuple)) and level < _LEVELS:
        for one in cast("Iterable[Any]", value):
            yield from learned(one, level + 1)


def texts(value: Any, level: int = 0) -> Iterator[str]:
    """Every text in it, and its words: a surname alone is told by its whole name."""
    if isinstance(value, str) and len(value) > 1:
        yield value
        yield from (word for word in value.split() if len(word) > 1)
    elif isinstance(value, int) and not isinstance(value, bool) and value > 99_999:
        yield str(value)
    elif isinstance(value, Mapping) and level < _LEVELS:
        for one in cast("Mapping[Any, Any]", value).values():
            yield from texts(one, level + 1)
    elif isinstance(value, (list, tuple)) and level < _LEVELS:
        for one in cast("Iterable[Any]", value):
            yield from texts(one, level + 1)


def pattern(hidden: Iterable[str]) -> "re.Pattern[str]":
    """What finds any of these, the longest first; of Latin letters only as words of their own."""
    alternatives = (
        rf"(?<![0-9A-Za-z]){re.escape(text)}(?![0-9A-Za-z])" if text.isascii() else re.escape(text)
        for text in sorted(hidden, key=lambda text: (-len(text), text))
    )
    return re.compile("|".join(alternatives))


def without(value: Any, found: "re.Pattern[str]") -> Any:
    """The value, which is JSON, without them."""
    if isinstance(value, str):
        return found.sub(NOT_KEPT, value)
    if isinstance(value, dict):
        return {key: without(one, found) for key, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [without(one, found) for one in cast("list[Any]", value)]
    if isinstance(value, int) and not isinstance(value, bool) and value > 99_999:
        return NOT_KEPT if found.fullmatch(str(value)) else value
    return value
