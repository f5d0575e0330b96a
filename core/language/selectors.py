"""Selectors: what may be given to a blueprint's input. The panel makes a form of them; here values are checked.

Home Assistant's names. Those without a check of their own say only which form is shown.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from ..errors import Place, Problem
from ..ids import EntityId
from ..schema import did_you_mean, place_in, seconds
from ..source import Map, Text
from .reading import EntityUse, items_of
from .templates import is_template

Tell = Callable[[Place, str], None]

KNOWN: Final = [
    "action",
    "area",
    "attribute",
    "backup_location",
    "boolean",
    "color_rgb",
    "color_temp",
    "condition",
    "config_entry",
    "constant",
    "country",
    "date",
    "datetime",
    "device",
    "duration",
    "entity",
    "file",
    "floor",
    "icon",
    "label",
    "language",
    "location",
    "media",
    "number",
    "object",
    "qr_code",
    "select",
    "state",
    "target",
    "template",
    "text",
    "theme",
    "time",
    "trigger",
]


def check_selector(selector: Any, place: Place, problems: list[Problem]) -> None:
    """The selector itself: `{number: {min: 1}}`."""
    if selector is None:
        return
    if not isinstance(selector, Map) or len(selector) != 1:
        problems.append(Problem(place, "selector: write one kind, as in  {number: {min: 1, max: 5}}."))
        return
    kind = str(next(iter(selector)))
    if kind not in KNOWN:
        where = selector.key_places.get(kind, place)
        problems.append(
            Problem(
                where, f"no such selector {kind!r}.{did_you_mean(kind, KNOWN) or ' Leave it out if no form is needed.'}"
            )
        )


def check_value(selector: Any, value: Any, place: Place, tell: Tell) -> list[EntityUse]:
    """A given value; complaints go to `tell`. Answers the entities named, which must exist."""
    if not isinstance(selector, Map) or len(selector) != 1 or value is None:
        return []
    kind = str(next(iter(selector)))
    given: Any = selector[kind]
    options: Mapping[str, Any] = given if isinstance(given, Map) else {}
    if kind == "entity":
        return _entities(options, value, place, tell)
    check = _CHECKS.get(kind)
    if check is not None and not is_template(value):
        many = bool(options.get("multiple")) and isinstance(value, list)
        given_items: list[tuple[Any, Place]] = items_of(value, place) if many else [(value, place_in(value) or place)]
        for one, at in given_items:
            complaint = check(options, one)
            if complaint:
                tell(at, complaint)
    return []


def _entities(options: Mapping[str, Any], value: Any, place: Place, tell: Tell) -> list[EntityUse]:
    found: list[EntityUse] = []
    wanted = [str(domain) for domain, _ in items_of(options.get("domain"), place)]
    if isinstance(value, list) and not options.get("multiple"):
        tell(place, "one entity is wanted here, not a list of them.")
        return found
    for one, at in items_of(value, place):
        try:
            entity = EntityId.parse(str(one))
        except ValueError as error:
            tell(at, str(error))
            continue
        if wanted and entity.domain not in wanted:
            tell(at, f"{str(one)!r} is no {' or '.join(wanted)}. Write one as in {wanted[0]}.main.")
        else:
            found.append(EntityUse(str(entity), at))
    return found


def _number(options: Mapping[str, Any], value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return f"{value!r} is not a number."
    low, high = options.get("min"), options.get("max")
    if (low is not None and value < low) or (high is not None and value > high):
        return f"{value:g} is not between {low} and {high}."
    return None


def _text(_: Mapping[str, Any], value: Any) -> str | None:
    return None if isinstance(value, str) else f"{value!r} is not text. Put it into quotes."


def _boolean(_: Mapping[str, Any], value: Any) -> str | None:
    return None if isinstance(value, bool) else f"{value!r} is neither true nor false."


def _duration(_: Mapping[str, Any], value: Any) -> str | None:
    try:
        seconds(value)
    except (ValueError, TypeError):
        shown = str(value) if isinstance(value, Text) else value
        return f'{shown!r} is not a duration. Write "00:30", 1800 or {{minutes: 30}}.'
    return None


def _select(options: Mapping[str, Any], value: Any) -> str | None:
    listed = cast("list[Any]", options.get("options") or [])
    known = [str(one.get("value")) if isinstance(one, Mapping) else str(one) for one in listed]  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    if str(value) in known or options.get("custom_value"):
        return None
    return f"{str(value)!r} cannot be chosen here. There are: {', '.join(known)}.{did_you_mean(str(value), known)}"


_CHECKS: Final[Mapping[str, Callable[[Mapping[str, Any], Any], str | None]]] = {
    "number": _number,
    "text": _text,
    "template": _text,
    "boolean": _boolean,
    "duration": _duration,
    "select": _select,
}
