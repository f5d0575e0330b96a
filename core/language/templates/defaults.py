"""What a word does with a value it cannot use: the default that was given, or a complaint with the mend."""

from typing import Any, Final

from ...errors import TemplateError
from .sandbox import Nothing
from .values import Absent

NONE: Final[Any] = object()  # no default was given


def fall_back(name: str, value: Any, default: Any) -> Any:
    """The default, or a complaint that says what stood there and how to give one."""
    if default is not NONE:
        return default
    if isinstance(value, Absent):
        raise TemplateError(value.why())
    if isinstance(value, Nothing):
        str(value)  # says what is missing
    raise TemplateError(f"{name} got {shown(value)} and no default. Write {name}(0) to go on with 0.")


def shown(value: Any) -> str:
    """A value in a complaint: not all of a long one."""
    text = repr(value[:60] if isinstance(value, (str, list, tuple)) else value)  # pyright: ignore[reportUnknownArgumentType]
    return text if len(text) <= 80 else text[:79] + "…"
