"""The strict pydantic base and the types the YAML and the actions are made of.

A value and its source become a model, or all problems at once; the same models give the JSON Schema.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Annotated, Any, Final, TypeVar, cast, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo
from pydantic_core import PydanticCustomError

from .errors import Place, Problem
from .ids import EntityId, is_name
from .source import Map, Text, place_of

M = TypeVar("M", bound=BaseModel)


class Strict(BaseModel):
    """Unknown keys are errors; once made it does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=False)


@dataclass(frozen=True, slots=True)
class Reference:
    """A name in the YAML that must exist: `queue` `personal`, and where it stands."""

    domain: str
    name: str
    place: Place | None


@dataclass(frozen=True, slots=True)
class Target:
    """Marks a field that names a thing of a domain: `Annotated[str, Target("counter")]`, by name or by entity id.

    `domain="*"` takes any full entity id. `many` marks a list field.
    """

    domain: str
    many: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.with_info_before_validator_function(self._read, handler(source))

    def _read(self, value: Any, info: ValidationInfo) -> Any:
        if self.many and isinstance(value, list):
            return [self._one(v, info) for v in cast("list[Any]", value)]
        one = self._one(value, info)
        return [one] if self.many else one

    def _one(self, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            return value
        domain, dot, name = value.rpartition(".")
        if self.domain != "*" and dot and domain != self.domain:
            raise PydanticCustomError("wrong_domain", "{value} is not a {domain}. Write a name as in {domain}.main.",
                                      {"value": repr(str(value)), "domain": self.domain})  # fmt: skip
        if len(value) > 255:
            raise PydanticCustomError("too_long", "a name of {length} characters is too long.", {"length": len(value)})
        note_reference(info, domain if self.domain == "*" else self.domain, name, getattr(value, "place", None))
        return str(value) if self.domain == "*" else name

    def entity_id(self, name: str) -> str:
        return name if self.domain == "*" else f"{self.domain}.{name}"

    def name(self, entity_id: str) -> str:
        return entity_id if self.domain == "*" else entity_id.partition(".")[2]


def note_reference(info: ValidationInfo, domain: str, name: str, place: Place | None) -> None:
    """Remember, while a configuration is read, that this must exist."""
    if isinstance(info.context, dict):
        noted = cast("dict[str, Any]", info.context).get("references")
        if noted is not None:
            noted.append(Reference(domain, name, place))


def target_fields(model: type[BaseModel]) -> dict[str, Target]:
    """The fields of a model that name things."""
    found: dict[str, Target] = {}
    for name, info in model.model_fields.items():
        candidates: Iterable[Any] = [*info.metadata]
        for part in get_args(info.annotation):  # Annotated[str, Target(...)] | None
            candidates = [*candidates, *getattr(part, "__metadata__", ())]
        for marker in candidates:
            if isinstance(marker, Target):
                found[name] = marker
    return found


def _words(value: Any) -> Any:
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


WordsField = Annotated[str | dict[str, str], Field(union_mode="left_to_right"), BeforeValidator(_words)]
"""Text for people: one string for all, or one a language: {en: Window 1, zh-CN: 1号窗口}."""


def _name(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str) and not is_name(value):
        raise PydanticCustomError("bad_name", "{value} may not be a name. Use a-z, 0-9 and _ only.",
                                  {"value": repr(str(value))})  # fmt: skip
    return value


Name = Annotated[str, BeforeValidator(_name)]
"""The name of a queue, counter or device: a-z, 0-9 and _."""


def _entity_id(value: Any) -> Any:
    if isinstance(value, str):
        try:
            EntityId.parse(value)
        except ValueError as error:
            raise PydanticCustomError("bad_entity_id", "{why}", {"why": str(error)}) from error
    return value


EntityIdField = Annotated[str, BeforeValidator(_entity_id)]

_UNITS: Final[Mapping[str, float]] = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1, "milliseconds": 0.001}
_CLOCKED: Final = re.compile(r"(\d+):([0-5]?\d)(?::([0-5]?\d(?:\.\d+)?))?\Z")


def seconds(value: Any) -> float:
    """A duration in seconds: `"00:30"` (h:min), `"00:00:30"`, a number of seconds, or `{minutes: 30}`."""
    if isinstance(value, bool):
        raise ValueError
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, Mapping):
        parts = cast("Mapping[Any, Any]", value)
        if not parts or any(k not in _UNITS for k in parts):
            raise ValueError
        return sum(_UNITS[k] * float(v) for k, v in parts.items())
    match = _CLOCKED.match(str(value).strip())
    if match:
        hours, minutes, rest = match.groups()
        return int(hours) * 3600 + int(minutes) * 60 + float(rest or 0)
    return float(str(value))


def _duration(value: Any) -> float:
    try:
        span = seconds(value)
        if not 0 <= span < 1e9:
            raise ValueError
    except (ValueError, TypeError) as error:
        shown = repr(str(value)) if isinstance(value, str) else str(value)
        raise PydanticCustomError(
            "bad_duration", '{value} is not a duration. Write "00:30", 1800 or {{minutes: 30}}.', {"value": shown[:80]}
        ) from error
    return span


Duration = Annotated[float, BeforeValidator(_duration)]
"""Seconds; written "00:30" (h:min), "00:00:30", 1800 or {minutes: 30}."""


def _time_of_day(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 86400:  # YAML 1.1 reads 12:30 as 750
        value = f"{value // 60:02d}:{value % 60:02d}" if value < 1440 else \
            f"{value // 3600:02d}:{value % 3600 // 60:02d}:{value % 60:02d}"  # fmt: skip
    try:
        return time.fromisoformat(str(value))
    except ValueError as error:
        raise PydanticCustomError("bad_time", '{value} is not a time of day. Write "17:30" with quotes.',
                                  {"value": repr(str(value))}) from error  # fmt: skip


TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]
"""A time of day, written "17:30" or "17:30:15" in quotes."""


def read(
    model: type[M], tree: Any, path: str, problems: list[Problem], references: list[Reference] | None = None
) -> M | None:
    """Make a model of a part of the configuration; what is wrong is added to `problems`, with its place and mend."""
    context: dict[str, Any] = {"references": references if references is not None else []}
    try:
        return model.model_validate(tree, context=context)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            place = place_of(tree, fault["loc"], key=fault["type"] in ("extra_forbidden", "invalid_key"))
            problems.append(Problem(place, _dotted(path, fault["loc"], tree) + ": " + mend(fault, model)))
        return None


def explain(error: ValidationError, name: str) -> tuple[dict[str, str], dict[str, str]]:
    """A validation error of an action's data as (words, fields)."""
    fields = {".".join(map(str, f["loc"])) or name: mend(f, None) for f in error.errors(include_url=False)[:20]}
    listed = "; ".join(f"{field}: {text}" for field, text in fields.items())
    return {"en": f"{name}: {listed}", "zh-CN": f"{name}：数据有误。{listed}"}, fields


def mend(fault: Any, model: type[BaseModel] | None) -> str:
    """One pydantic fault in plain words, with a did-you-mean where a key is unknown."""
    kind, got = fault["type"], fault.get("input")
    shown = repr(got) if isinstance(got, (str, int, float, bool, type(None))) else f"a {type(got).__name__.lower()}"
    shown = shown.replace("'", '"') if isinstance(got, str) else shown
    shown = shown if len(shown) <= 80 else shown[:77] + "..."
    if kind == "extra_forbidden":
        key = str(fault["loc"][-1])
        known = _keys_beside(model, fault["loc"]) if model else []
        return f"there is no key {key!r} here.{did_you_mean(key, known)}"
    if kind == "missing":
        return f"the key {str(fault['loc'][-1])!r} is missing. Add it."
    if kind in ("wrong_domain", "bad_name", "bad_duration", "bad_time", "bad_entity_id", "too_long"):
        return str(fault["msg"])
    if kind in ("union_tag_invalid", "literal_error", "enum"):
        expected = fault.get("ctx", {}).get("expected") or fault.get("ctx", {}).get("expected_tags") or ""
        choices = [c.strip(" '") for c in re.split(r",| or ", str(expected))]
        given = str(fault.get("ctx", {}).get("tag", got))
        return f"{given!r} does not fit here. Write one of {', '.join(choices)}.{did_you_mean(given, choices)}"
    if kind == "union_tag_not_found":
        return f"the key {fault['ctx']['discriminator']} is missing. Add it."
    message = str(fault["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    return f"{shown} does not fit: {message}."


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` Did you mean 'x'?`, or nothing."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""


def _keys_beside(model: type[BaseModel] | None, loc: tuple[Any, ...]) -> list[str]:
    """The keys that would have been known where an unknown one stood: the models' fields along `loc`."""
    models: list[type[BaseModel]] = [model] if model else []
    for part in loc[:-1]:
        inner: list[type[BaseModel]] = []
        for one in models:
            if isinstance(part, str) and part in one.model_fields:
                inner += _models_in(one.model_fields[part].annotation)
        models = inner or models
    return sorted({
        alias for one in models for name, info in one.model_fields.items() for alias in (info.alias or name,)
    })  # fmt: skip


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _dotted(path: str, loc: tuple[Any, ...], tree: Any) -> str:
    parts: list[str] = [path] if path else []
    at: Any = tree
    for part in loc:
        if isinstance(at, Map) and part not in at and str(part) not in map(str, at) and part != loc[-1]:
            continue  # the name of a union's member, not a key
        if isinstance(at, (dict, list)):
            try:
                at = at[part]  # pyright: ignore[reportUnknownVariableType]
            except (KeyError, IndexError, TypeError):
                at = None
        parts.append(str(part))
    return ".".join(parts) or "configuration"


def place_in(value: Any) -> Place | None:
    """Where a string, mapping or list from a file stands."""
    return value.place if isinstance(value, Text) else getattr(value, "place", None)
