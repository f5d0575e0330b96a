"""How large things are, and which widths are too large: asked before something is built."""

import re
import string
from collections.abc import Iterable
from typing import Any, Final

from ...errors import TemplateError

MAX_TURNS: Final = 100_000  # one is about a microsecond's work
MAX_OUTPUT: Final = 256 * 1024  # of one string, and of the whole text
MAX_BUILT: Final = 8 * 1024 * 1024  # all that one rendering builds
MAX_BITS: Final = 10_000  # of a whole number
MAX_WIDTH: Final = 10_000  # of padding
_LONG_NUMBER: Final = re.compile(r"\d{4,}")
_LONG_TIME: Final = re.compile(r"%[-_0^#+]*\d{4,}")
NESTS: Final = (list, tuple, dict, set, frozenset)
FLAT_NUMBERS: Final = frozenset({int, float, bool, type(None)})
FLAT: Final = (str, bytes, list, tuple)


class Stopped(TemplateError):
    """The template did or built too much."""


def deep_size(value: Any, limit: int) -> int:
    """About how many characters the text of a value has; stops counting beyond `limit`."""
    size = 0
    nests: list[Iterable[Any]] = [(value,)]
    while nests and size <= limit:
        for one in nests.pop():
            kind = one.__class__
            if kind is str:
                size += len(one) + 1
            elif kind in FLAT_NUMBERS:
                size += 8
            elif isinstance(one, dict):
                inner: dict[Any, Any] = one  # pyright: ignore[reportUnknownVariableType]
                size += 6 * len(inner) + 2
                nests += (inner, inner.values())
            elif isinstance(one, (list, tuple, set, frozenset)):
                items: list[Any] = one  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType, reportUnknownVariableType]
                size += 2 * len(items) + 2
                nests.append(items)
            else:
                size += len(one) + 1 if isinstance(one, (str, bytes)) else 8
            if size > limit:
                break
    return size


def flat_size(value: Any) -> int:
    """Bytes of a text or list, not of what is in it."""
    return len(value) if isinstance(value, (str, bytes)) else 8 * len(value)


def check_widths(values: Iterable[Any]) -> None:
    for value in values:
        if isinstance(value, int) and abs(value) > MAX_WIDTH:
            raise Stopped(f"stopped: a width of {value} is too large; {MAX_WIDTH} is the most.")
        if isinstance(value, (str, bytes)) and len(value) > MAX_WIDTH:
            raise Stopped(f"stopped: a padding of {len(value)} characters is too large.")


def check_format(text: str) -> None:
    """Widths in `'{:>5}'`: of three digits at most, and none that is computed."""
    try:
        specs = [spec for _, _, spec, _ in string.Formatter().parse(text) if spec]
    except ValueError:
        return  # the formatter itself says what is wrong
    if any("{" in spec or _LONG_NUMBER.search(spec) for spec in specs):
        raise Stopped("stopped: a width in that format is too large, or computed.")


def check_time_format(text: Any) -> None:
    """`%9999d`: the C library pads as wide as it is told."""
    if len(str(text)) > MAX_WIDTH or _LONG_TIME.search(str(text)):
        raise Stopped("stopped: a width in that time format is too large.")
