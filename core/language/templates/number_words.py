"""Numbers: what makes one of a text, rounding, mathematics, figures of a list. As Home Assistant's."""

import math
import statistics
from collections.abc import Callable, Iterable
from typing import Any, Final, cast

from jinja2.filters import FILTERS

from ...errors import TemplateError
from .defaults import NONE, fall_back
from .sandbox import Sandbox

_TRUE: Final = ("1", "true", "yes", "on", "enable")
_FALSE: Final = ("0", "false", "no", "off", "disable")
_UNUSABLE: Final = (ValueError, TypeError, OverflowError)


def to_float(value: Any, default: Any = NONE) -> Any:
    try:
        return float(value)
    except _UNUSABLE:
        return fall_back("float", value, default)


def to_int(value: Any, default: Any = NONE, base: int = 10) -> Any:
    try:
        if isinstance(value, str) and base != 10:
            return int(value, base)
        return int(value)
    except _UNUSABLE:
        try:
            return int(float(value))
        except _UNUSABLE:
            return fall_back("int", value, default)


def to_bool(value: Any, default: Any = NONE) -> Any:
    if isinstance(value, (int, float)):
        return value != 0
    word = str(value).lower().strip() if isinstance(value, str) else ""
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    return fall_back("bool", value, default)


def is_number(value: Any) -> bool:
    try:
        return math.isfinite(float(value))
    except _UNUSABLE:
        return False


def to_round(value: Any, precision: int = 0, method: str = "common", default: Any = NONE) -> Any:
    try:
        number, scale = float(value), 10.0 ** int(precision)
        if method == "ceil":
            number = math.ceil(number * scale) / scale
        elif method == "floor":
            number = math.floor(number * scale) / scale
        elif method == "half":
            number = round(number * 2) / 2
        else:
            number = round(number, precision)
        return int(number) if precision == 0 else number
    except (*_UNUSABLE, ZeroDivisionError):
        return fall_back("round", value, default)


def add(value: Any, amount: Any, default: Any = NONE) -> Any:
    try:
        return float(value) + amount
    except _UNUSABLE:
        return fall_back("add", value, default)


def multiply(value: Any, amount: Any, default: Any = NONE) -> Any:
    try:
        return float(value) * amount
    except _UNUSABLE:
        return fall_back("multiply", value, default)


def log(value: Any, base: Any = math.e, default: Any = NONE) -> Any:
    try:
        return math.log(float(value), float(base))
    except (*_UNUSABLE, ZeroDivisionError):
        return fall_back("log", value, default)


def _of_one(name: str, run: Callable[[float], float]) -> Callable[..., Any]:
    def calculate(value: Any, default: Any = NONE) -> Any:
        try:
            return run(float(value))
        except _UNUSABLE:
            return fall_back(name, value, default)

    return calculate


CURVES: Final = {
    name: _of_one(name, getattr(math, name)) for name in ("sin", "cos", "tan", "asin", "acos", "atan", "sqrt")
}


def atan2(*given: Any, default: Any = NONE) -> Any:
    """`atan2(y, x)`, `atan2([y, x])`; a default comes last."""
    values: tuple[Any, ...] = given
    if given and isinstance(given[0], (list, tuple)):
        values = tuple(cast("list[Any]", given[0]))
        default = given[1] if len(given) > 1 and default is NONE else default
    elif len(given) == 3 and default is NONE:
        default = given[2]
    try:
        return math.atan2(float(values[0]), float(values[1]))
    except (*_UNUSABLE, IndexError):
        return fall_back("atan2", given, default)


def average(*values: Any, default: Any = NONE) -> Any:
    return _of_several("average", statistics.fmean, values, default)


def median(*values: Any, default: Any = NONE) -> Any:
    return _of_several("median", statistics.median, values, default)


def statistical_mode(*values: Any, default: Any = NONE) -> Any:
    return _of_several("statistical_mode", statistics.mode, values, default)


def _of_several(name: str, run: Callable[[Any], Any], values: tuple[Any, ...], default: Any) -> Any:
    if not values:
        raise TemplateError(f"{name} expected at least 1 argument, got 0.")
    first = values[0]
    several = isinstance(first, Iterable) and not isinstance(first, str)
    if several and len(values) > 1 and default is NONE:
        default = values[1]
    if not several and len(values) == 1:
        return fall_back(name, first, default)
    given = list(cast("Iterable[Any]", first)) if several else values
    try:
        return run(given)
    except (*_UNUSABLE, statistics.StatisticsError):
        return fall_back(name, next((one for one in given if not is_number(one)), given), default)


def clamp(value: Any, least: Any, most: Any) -> float:
    """The value, but not below `least` and not above `most`."""
    return max(_number("clamp", least), min(_number("clamp", most), _number("clamp", value)))


def wrap(value: Any, least: Any, most: Any) -> float:
    """The value brought into [least, most) by turning round: 370 of 0..360 is 10."""
    start, span = _number("wrap", least), _number("wrap", most) - _number("wrap", least)
    return start if span == 0 else (_number("wrap", value) - start) % span + start


def _number(name: str, value: Any) -> float:
    return cast("float", fall_back(name, value, NONE) if not is_number(value) else float(value))


def bitwise_and(first: int, second: int) -> int:
    return first & second


def bitwise_or(first: int, second: int) -> int:
    return first | second


def bitwise_xor(first: int, second: int) -> int:
    return first ^ second


def ordinal(value: Any) -> str:
    last = abs(int(value)) % 100
    ending = "th" if 10 < last < 14 else {1: "st", 2: "nd", 3: "rd"}.get(last % 10, "th")
    return f"{value}{ending}"


def extreme(env: Sandbox, name: str) -> Callable[..., Any]:
    """`min(a, b)`, `min([a, b])` and `min(list, attribute='x')`."""
    run: Any = FILTERS[name]

    def least_or_most(*values: Any, **more: Any) -> Any:
        if not values:
            raise TemplateError(f"{name} expected at least 1 argument, got 0.")
        given = values[0] if len(values) == 1 else values
        if not isinstance(given, Iterable):
            raise TemplateError(f"{name}: {given!r} is one value. Write {name}(a, b) or {name}(list).")
        return run(env, env.counted(cast("Iterable[Any]", given)), **more)

    return least_or_most
