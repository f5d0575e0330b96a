"""What a rendered template is worth: a number stays a number.

As Home Assistant does it: text that reads as a number, truth, list, mapping or None is that; a number with a leading
zero, or written 1e3, stays text. A template that is one expression gives its value without the way through text.
"""

import ast
import re
from functools import lru_cache
from typing import Any, Final, cast

from .values import plain

_NUMERIC: Final = re.compile(r"[+-]?(?!0\d)\d*(?:\.\d*)?\Z")
_STARTS: Final = frozenset("0123456789+-.([{'\"TFN")
_SCALARS: Final = frozenset({str, int, float, bool, type(None)})
MAX_PARSED: Final = 32 * 1024  # a longer text stays text: reading it would hold the loop


def of_text(text: str) -> Any:
    """The value of a rendered text; spaces around it do not count."""
    text = text.strip()
    if not text or text[0] not in _STARTS or len(text) > MAX_PARSED:
        return text
    if text[0] in "([{'\"":
        return _parse(text)  # may be changed by who gets it: never shared
    return _parse_cached(text)


def of_value(value: Any) -> Any:
    """The value of a single expression."""
    kind = value.__class__
    if kind is str:
        return of_text(value)
    if kind in (int, bool, type(None)):
        return value
    if kind is float:
        return value if _NUMERIC.match(repr(value)) else str(value)
    simple = plain(value)
    if isinstance(simple, str):
        return of_text(simple)
    if isinstance(simple, (int, float)):
        return cast("Any", simple)
    if isinstance(simple, (list, dict)) and _is_json(simple):
        return cast("Any", simple)
    return of_text(str(value))


def _is_json(value: Any) -> bool:
    if value.__class__ in _SCALARS:
        return True
    if isinstance(value, dict):
        return all(one.__class__ in _SCALARS or _is_json(one) for one in cast("dict[Any, Any]", value).values())
    return isinstance(value, list) and all(
        one.__class__ in _SCALARS or _is_json(one) for one in cast("list[Any]", value)
    )


def _parse(text: str) -> Any:
    try:
        value = ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return text
    if isinstance(value, (str, bytes, complex)) or value is Ellipsis:
        return text
    if isinstance(value, (int, float)) and not isinstance(value, bool) and not _NUMERIC.match(text):
        return text
    return value


_parse_cached = lru_cache(maxsize=1024)(_parse)
