"""Numbers in states, and the limits they are held against."""

from collections.abc import Callable
from typing import Any, TypeAlias

from ..states import State

Get: TypeAlias = Callable[[str], State | None]


def is_number(value: Any) -> bool:
    try:
        float(value)
    except (ValueError, TypeError, OverflowError):
        return False
    return True


def number_of(state: State | None, attribute: str | None = None) -> float | None:
    """The number a state (or an attribute of it) is, or None."""
    if state is None or not state.available:
        return None
    value = state.value if attribute is None else state.attributes.get(attribute)
    try:
        return None if value is None else float(value)
    except (ValueError, TypeError, OverflowError):
        return None


def in_range(value: float, above: float | str | None, below: float | str | None, get: Get) -> bool | None:
    """Whether a number is strictly between the limits; None when a limit is an entity without a number."""
    for limit, over in ((above, True), (below, False)):
        if limit is None:
            continue
        bound = limit if isinstance(limit, (int, float)) else limit_of(limit, get)
        if bound is None:
            return None
        if not (value > bound if over else value < bound):
            return False
    return True


def limit_of(given: str, get: Get) -> float | None:
    """A limit written as a number in quotes, or as an entity id."""
    return float(given) if is_number(given) else number_of(get(given))
