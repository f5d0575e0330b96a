"""Selectors: what may be given to a blueprint's input. The panel makes a form of them; here values are checked.

Home Assistant's names, with its options (`selector_options.py`), and the hall's own: `queue`, `counter`, `kiosk`,
`printer`, `display`, `speaker` take an entity of that domain or its bare name, `words` takes a text per language.
Those without a check of their own take anything: what an `action` or `trigger` holds is read where it is put in.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeAlias, cast

from pydantic import BaseModel

from ..errors import Place, Problem
from ..ids import EntityId, is_entity_id
from ..schema import did_you_mean, place_in, read, seconds, time_of_day
from ..source import Map, Seq, Text
from . import selector_options as o
from .reading import EntityUse, items_of
from .templates import is_template

Tell: TypeAlias = Callable[[Place, str], None]
Check: TypeAlias = Callable[[Any, Any], str | None]  # (options, one value) -> what is wrong

HALL: Final = ("queue", "counter", "kiosk", "printer", "display", "speaker")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_ICON: Final = re.compile(r"[a-z0-9_-]+:[a-z0-9_-]+\Z")
_COUNTRY: Final = re.compile(r"[A-Z]{2}\Z")
_TEXTS: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "color": (re.compile(r"#[0-9a-fA-F]{6}\Z"), "a colour, as in #1a2b3c"),
    "email": (re.compile(r"[^@\s]+@[^@\s]+\Z"), "an address, as in desk@example.org"),
    "month": (re.compile(r"\d{4}-(0[1-9]|1[0-2])\Z"), "a month, as in 2026-01"),
    "number": (re.compile(r"[+-]?\d+(\.\d+)?\Z"), "a number"),
    "url": (re.compile(r"[a-z][a-z0-9+.-]*://\S+\Z", re.IGNORECASE), "an address, as in https://example.org"),
    "week": (re.compile(r"\d{4}-W([0-4]\d|5[0-3])\Z"), "a week, as in 2026-W05"),
}


@dataclass(frozen=True, slots=True)
class Selector:
    """One selector, read."""

    kind: str
    options: Any
    check: Check | None
    many: bool = False  # a list of them is given

    def take(self, value: Any, place: Place, tell: Tell, uses: list[EntityUse]) -> Any:
        """The value to be put in. What is wrong goes to `tell`, the entities named, which must exist, to `uses`."""
        if self.kind == "entity" or self.kind in HALL:
            return self._entities(value, place, tell, uses)
        if self.kind == "target":
            _target(self.options, value, place, tell, uses)
        elif self.kind == "object" and self.options.fields is not None:
            _record(self.options, value, place, tell, uses)
        elif self.check is not None:
            many = self.many
            if many and not isinstance(value, list) and not is_template(value):
                tell(place, f"a list is wanted here. Write [{_shown(value)}].")
                return value
            several: list[tuple[Any, Place]] = items_of(value, place) if many else [(value, place)]
            for one, at in several:
                if is_template(one) and self.kind not in _SURE:
                    continue  # known only when it runs
                wrong = self.check(self.options, one)
                if wrong is not None:
                    tell(place_in(one) or at, wrong)
        return cast("Any", value)

    def _entities(self, value: Any, place: Place, tell: Tell, uses: list[EntityUse]) -> Any:
        if not isinstance(value, list):
            return self._entity(value, place, tell, uses)
        if not self.options.multiple:
            tell(place, "one entity is wanted here, not a list of them. Write one.")
            return cast("Any", value)
        made = Seq(place)
        for one, at in items_of(value, place):
            made.put(self._entity(one, at, tell, uses), at)
        return made

    def _entity(self, value: Any, place: Place, tell: Tell, uses: list[EntityUse]) -> Any:
        text = value if isinstance(value, str) else str(value)
        if self.kind in HALL and "." not in text and not isinstance(value, bool):  # a bare name
            text = f"{self.kind}.{text}"
            value = Text(text, place)
        if is_template(text):
            tell(place, "an entity is wanted here; which one must be known before the hall runs. Write its id.")
            return value
        domain = text.partition(".")[0]
        if not is_entity_id(text):
            try:
                EntityId.parse(text)
            except ValueError as error:
                tell(place, str(error))
            return value
        wrong = _misfit(self.kind, self.options, domain, text)
        if wrong is None:
            uses.append(EntityUse(text, place))
        else:
            tell(place, wrong)
        return value


def compile_selector(tree: Any, place: Place, problems: list[Problem]) -> Selector | None:
    """Read a selector, `{number: {min: 1}}`; None when there is none, or it is faulty, which is told."""
    if tree is None:
        return None
    if not isinstance(tree, Map) or len(tree) != 1:
        problems.append(Problem(place, "selector: write one kind, as in  {number: {min: 1, max: 5}}."))
        return None
    kind = str(next(iter(tree)))
    if kind not in KINDS:
        hint = did_you_mean(kind, KINDS) or " Leave it out if no form is needed."
        problems.append(Problem(tree.key_places.get(kind, place), f"no such selector {kind!r}.{hint}"))
        return None
    model, check = KINDS[kind]
    given = tree[kind]
    options = read(model, Map(place) if given is None else given, f"selector.{kind}", problems)
    if options is None:
        return None
    if isinstance(options, o.ObjectOptions) and options.fields is not None:
        fields = {n: compile_selector(f.selector, place, problems) for n, f in options.fields.items()}
        return Selector(kind, _Record(options.fields, fields, options.multiple), check, options.multiple)
    return Selector(kind, options, check, getattr(options, "multiple", False))


def is_empty(value: Any) -> bool:
    """What a blueprint gives for nothing: it fits every selector as a default."""
    return value is None or value == "" or (isinstance(value, (list, dict)) and not value)


# -- entities and targets


def _domains(kind: str, options: Any) -> list[str]:
    if kind in HALL:
        return [kind]
    entity = cast("o.EntityOptions", options)
    return entity.domain or [domain for one in entity.filter or [] for domain in one.domain or []]


def _fits(kind: str, options: Any, domain: str) -> bool:
    if kind in HALL:
        return domain == kind
    if options.domain and domain not in options.domain:
        return False
    return not options.filter or any(not one.domain or domain in one.domain for one in options.filter)


def _misfit(kind: str, options: Any, domain: str, text: str) -> str | None:
    if not _fits(kind, options, domain):
        wanted = _domains(kind, options)
        return f"{text!r} is no {' or '.join(wanted)}. Write one as in {wanted[0]}.main."
    if kind == "entity":
        if options.include_entities and text not in options.include_entities:
            return f"{text!r} may not be given here. There are: {', '.join(options.include_entities)}."
        if options.exclude_entities and text in options.exclude_entities:
            return f"{text!r} may not be given here. Take another."
    return None


def _target(options: o.TargetOptions, value: Any, place: Place, tell: Tell, uses: list[EntityUse]) -> None:
    if not isinstance(value, Map):
        tell(place, "a target is wanted here. Write {entity_id: counter.1}.")
        return
    for key in value:
        if key != "entity_id":
            tell(value.key_places.get(key, place), f"there is no key {str(key)!r} here. "
                 "Write  {entity_id: ...}.")  # fmt: skip
    inner = Selector("entity", o.EntityOptions.model_validate({"multiple": True, "filter": options.entity}), None)
    if "entity_id" in value and not is_template(value["entity_id"]):
        inner.take(value["entity_id"], value.value_places["entity_id"], tell, uses)


@dataclass(frozen=True, slots=True)
class _Record:
    """The fields of an `object`, with their selectors."""

    fields: Mapping[str, o.ObjectField]
    selectors: Mapping[str, Selector | None]
    multiple: bool


def _record(options: _Record, value: Any, place: Place, tell: Tell, uses: list[EntityUse]) -> None:
    if isinstance(value, list) and not options.multiple:
        tell(place, "one mapping is wanted here, not a list of them. Write one.")
        return
    for one, at in items_of(value, place):
        if not isinstance(one, Map):
            tell(at, f"{_shown(one)} is not a mapping. Write {{{', '.join(f'{n}: ...' for n in options.fields)}}}.")
            continue
        for key in one:
            if key not in options.fields:
                hint = did_you_mean(str(key), options.fields) or f" There are: {', '.join(options.fields)}."
                tell(one.key_places.get(key, at), f"there is no key {str(key)!r} here.{hint}")
        for name, field in options.fields.items():
            selector = options.selectors[name]
            if name not in one and field.required:
                tell(at, f"the key {name!r} is missing. Add it.")
            elif name in one and selector is not None:
                selector.take(one[name], one.value_places.get(name, at), tell, uses)


# -- the others, one value at a time


def _shown(value: Any) -> str:
    text = repr(str(value)) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _number(options: o.NumberOptions, value: Any) -> str | None:
    if value.__class__ is not int and value.__class__ is not float:
        return f"{_shown(value)} is not a number. Write one, without quotes."
    low, high, step = options.min, options.max, options.step
    if (low is not None and value < low) or (high is not None and value > high):
        if low is None:
            return f"{value:g} is more than {high:g}. Write {high:g} or less."
        if high is None:
            return f"{value:g} is less than {low:g}. Write {low:g} or more."
        return f"{value:g} is not between {low:g} and {high:g}. Write one that is."
    if isinstance(step, float):
        steps = (value - (low or 0)) / step
        if abs(steps - round(steps)) > 1e-6:
            near = (low or 0) + round(steps) * step
            return f"{value:g} is no step of {step:g} from {low or 0:g}. Write {near:g}."
    return None


def _text(options: Any, value: Any) -> str | None:
    if not isinstance(value, str):
        return f"{_shown(value)} is not text. Put it into quotes."
    kind: str = getattr(options, "type", None) or ""
    if kind in _TEXTS and not _TEXTS[kind][0].match(value):
        return f"{_shown(value)} is not {_TEXTS[kind][1]}. Write one."
    check = {"date": _date, "time": _time, "datetime-local": _datetime}.get(kind)
    return check(options, value) if check is not None else None


def _name(_: Any, value: Any) -> str | None:
    return (
        None
        if isinstance(value, (str, int)) and not isinstance(value, bool)
        else f"{_shown(value)} is not a name. Write text."
    )


def _state(_: Any, value: Any) -> str | None:
    if isinstance(value, bool):
        return f"{value} is not a state. Put it into quotes, as in {'on' if value else 'off'!r}."
    return None if isinstance(value, (str, int, float)) else f"{_shown(value)} is not a state. Write text."


def _boolean(_: Any, value: Any) -> str | None:
    return None if isinstance(value, bool) else f"{_shown(value)} is neither true nor false. Write one of them."


def _duration(options: o.DurationOptions, value: Any) -> str | None:
    try:
        span = seconds(value)
    except (ValueError, TypeError):
        return f'{_shown(value)} is not a duration. Write "00:30", 1800 or {{minutes: 30}}.'
    return f"{span:g} s is less than nothing. Write 0 or more." if span < 0 and not options.allow_negative else None


def _time(_: Any, value: Any) -> str | None:
    try:
        time_of_day(value)
    except ValueError:
        return f'{_shown(value)} is not a time of day. Write "17:30" with quotes.'
    return None


def _date(_: Any, value: Any) -> str | None:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return f"{_shown(value)} is not a date. Write 2026-01-31."
    return None


def _datetime(_: Any, value: Any) -> str | None:
    try:
        datetime.fromisoformat(str(value))
    except ValueError:
        return f'{_shown(value)} is not a date and time. Write "2026-01-31 17:30:00".'
    return None


def _select(options: o.SelectOptions, value: Any) -> str | None:
    known = [one.value for one in options.options]
    if isinstance(value, (list, dict)):
        return f"one of {', '.join(known)} is wanted here. Write one of them."
    if str(value) in known or options.custom_value:
        return None
    return f"{str(value)!r} cannot be chosen here. There are: {', '.join(known)}.{did_you_mean(str(value), known)}"


def _constant(options: o.ConstantOptions, value: Any) -> str | None:
    return None if value == options.value else f"{_shown(value)} cannot be given here. Write {options.value!r}."


def _icon(_: Any, value: Any) -> str | None:
    if isinstance(value, str) and _ICON.match(value):
        return None
    return f"{_shown(value)} is not an icon. Write mdi:name, as in mdi:bell."


def _language(options: o.LanguageOptions, value: Any) -> str | None:
    if options.languages:
        known = options.languages
        return None if value in known else f"{_shown(value)} cannot be chosen here. There are: {', '.join(known)}."
    if isinstance(value, str) and _LANGUAGE.match(value):
        return None
    return f"{_shown(value)} is not a language. Write it as en or zh-CN."


def _country(options: o.CountryOptions, value: Any) -> str | None:
    if options.countries and value not in options.countries:
        return f"{_shown(value)} cannot be chosen here. There are: {', '.join(options.countries)}."
    return None if isinstance(value, str) and _COUNTRY.match(value) else \
        f"{_shown(value)} is not a country. Write two letters, as in CN."  # fmt: skip


def _color(_: Any, value: Any) -> str | None:
    listed: list[Any] = cast("list[Any]", value) if isinstance(value, list) else []
    fit = len(listed) == 3 and all(type(one) is int and 0 <= one <= 255 for one in listed)
    return None if fit else f"{_shown(cast('Any', value))} is not a colour. Write [255, 120, 0]: red, green, blue."


def _color_temp(options: o.ColorTempOptions, value: Any) -> str | None:
    low = options.min if options.min is not None else options.min_mireds
    high = options.max if options.max is not None else options.max_mireds
    return _number(o.NumberOptions.model_validate({"min": low, "max": high}), value)


def _location(_: Any, value: Any) -> str | None:
    if isinstance(value, Mapping):
        given = cast("Mapping[str, Any]", value)
        if all(isinstance(given.get(key), (int, float)) for key in ("latitude", "longitude")):
            return None
    return "a location is wanted here. Write {latitude: 30.6, longitude: 114.3}."


def _media(_: Any, value: Any) -> str | None:
    if isinstance(value, str) or (isinstance(value, Mapping) and "media_content_id" in value):
        return None
    return "a medium is wanted here. Write a file under media/, or {media_content_id: ..., media_content_type: ...}."


def _file(_: Any, value: Any) -> str | None:
    if not isinstance(value, str):
        return f"{_shown(value)} is not a file. Write its path."
    if value.startswith(("/", "~")) or ".." in value.split("/"):
        return f"{_shown(value)} is outside the configuration folder. Write a path within it."
    return None


def _words(options: o.WordsOptions, value: Any) -> str | None:
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        return None
    if not isinstance(value, Mapping) or not value:
        return (
            f"{_shown(cast('Any', value))} is not text. Write it in quotes, or one a language: {{en: ..., zh-CN: ...}}."
        )
    given = cast("Mapping[Any, Any]", value)
    for key, text in given.items():
        if not isinstance(key, str) or not _LANGUAGE.match(key):
            return f"{_shown(key)} is not a language. Write it as en or zh-CN."
        if not isinstance(text, str):
            return f"{key}: {_shown(text)} is not text. Put it into quotes."
    missing = [one for one in options.languages or [] if one not in given]
    return f"{', '.join(missing)} is missing. Add it." if missing else None


def _steps(_: Any, value: Any) -> str | None:
    return None if isinstance(value, (list, dict, str)) else f"{_shown(value)} is no list of steps. Write one."


def _nothing(_: Any, value: Any) -> str | None:
    return "nothing can be given here: it is only shown. Remove it."


_SURE: Final = frozenset({"constant", "qr_code"})  # a template does not excuse these: it can never fit
KINDS: Final[Mapping[str, tuple[type[BaseModel], Check | None]]] = {
    **dict.fromkeys(HALL, (o.Many, None)),
    **dict.fromkeys(("addon", "assist_pipeline", "backup", "backup_location", "config_entry", "conversation_agent",
                     "label", "statistic", "theme"), (o.NamedOptions, _name)),
    **dict.fromkeys(("area", "device", "floor"), (o.PlaceOptions, _name)),
    **dict.fromkeys(("action", "condition", "trigger"), (o.Options, _steps)),
    "attribute": (o.OfEntityOptions, _text),
    "boolean": (o.Options, _boolean),
    "color_rgb": (o.Options, _color),
    "color_temp": (o.ColorTempOptions, _color_temp),
    "constant": (o.ConstantOptions, _constant),
    "country": (o.CountryOptions, _country),
    "date": (o.Options, _date),
    "datetime": (o.Options, _datetime),
    "duration": (o.DurationOptions, _duration),
    "entity": (o.EntityOptions, None),
    "file": (o.FileOptions, _file),
    "icon": (o.IconOptions, _icon),
    "language": (o.LanguageOptions, _language),
    "location": (o.LocationOptions, _location),
    "media": (o.MediaOptions, _media),
    "number": (o.NumberOptions, _number),
    "object": (o.ObjectOptions, None),
    "qr_code": (o.QrOptions, _nothing),
    "select": (o.SelectOptions, _select),
    "state": (o.OfEntityOptions, _state),
    "target": (o.TargetOptions, None),
    "template": (o.Options, _text),
    "text": (o.TextOptions, _text),
    "time": (o.TimeOptions, _time),
    "words": (o.WordsOptions, _words),
}  # fmt: skip
