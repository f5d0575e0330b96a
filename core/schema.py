"""The strict pydantic base and the types the YAML and the actions are made of.

A value and its source become a model, or all problems at once; the same models give the JSON Schema.
"""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import time
from functools import lru_cache
from typing import Annotated, Any, Final, TypeVar, cast, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel, ValidationError, ValidationInfo
from pydantic_core import PydanticCustomError, core_schema

from .errors import Place, Problem
from .ids import EntityId, is_entity_id, is_name
from .source import Input, Text, place_of
from .translations import Both
from .words import Words

M = TypeVar("M", bound=BaseModel)


class Strict(BaseModel):
    """Unknown keys are errors; once made it does not change.

    Built when first used: `usher check` declares a hundred models of actions that it never reads.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=False, defer_build=True)


class Nothing(Strict):
    """Data of an action that takes none."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A name in the YAML that must exist: `queue` `personal`, and where it stands."""

    domain: str
    name: str
    place: Place | None


@dataclass(frozen=True, slots=True)
class Personal:
    """Marks a field that says who somebody is: `Annotated[str, Personal()]`. No trace keeps what is given there."""


class Listed:
    """Marks a top-level key that holds a list, where a single thing may stand without a dash: `Annotated[Any, Listed()]`."""


@dataclass(frozen=True, slots=True)
class Target:
    """Marks a field that names a thing of a domain: `Annotated[str, Target("counter")]`, by name or by entity id.

    `domain="*"` takes any full entity id. `many` marks a list field. `later` marks things that come and go while the
    hall runs, as tickets do: none of them stands in the YAML. `besides` are words that may stand in a name's stead.
    """

    domain: str
    many: bool = False
    later: bool = False
    besides: tuple[str, ...] = ()

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
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
            raise PydanticCustomError(
                "name_too_long", "a name of {length} characters is too long.", {"length": len(value)}
            )
        if not self.later and name not in self.besides:
            note_reference(info, domain if self.domain == "*" else self.domain, name, getattr(value, "place", None))
        return str(value) if self.domain == "*" else name

    def entity_id(self, name: str) -> str:
        return name if self.domain == "*" else f"{self.domain}.{name}"

    def name(self, entity_id: str) -> str:
        return entity_id if self.domain == "*" else entity_id.partition(".")[2]


def note_reference(info: ValidationInfo, domain: str, name: str, place: Place | None) -> None:
    """Remember, while a configuration is read, that this must exist."""
    context: Any = info.context
    if isinstance(context, dict):
        noted = cast("dict[str, Any]", context).get("references")
        if noted is not None:
            noted.append(Reference(domain, name, place))


_HIDDEN: Final = object()  # told as "this"


@lru_cache(maxsize=1024)
def people_of(model: type[BaseModel]) -> frozenset[str]:
    """The fields of a model that say who somebody is."""
    fields = model.model_fields.items()
    return frozenset(name for name, info in fields if any(isinstance(mark, Personal) for mark in info.metadata))


@lru_cache(maxsize=512)
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
    if isinstance(value, str) and not is_entity_id(value):
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
            "bad_duration", '{value} is not a duration. Write "00:30", 1800 or {minutes: 30}.', {"value": shown[:80]}
        ) from error
    return span


Duration = Annotated[float, BeforeValidator(_duration)]
"""Seconds; written "00:30" (h:min), "00:00:30", 1800 or {minutes: 30}."""


def time_of_day(value: Any) -> Any:
    """A time of day as it is written; raises ValueError with the mend."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 86400:  # YAML 1.1 reads 12:30 as 750
        value = f"{value // 60:02d}:{value % 60:02d}" if value < 1440 else \
            f"{value // 3600:02d}:{value % 3600 // 60:02d}:{value % 60:02d}"  # fmt: skip
    try:
        return time.fromisoformat(str(value))
    except ValueError as error:
        raise PydanticCustomError("bad_time", '{value} is not a time of day. Write "17:30" with quotes.',
                                  {"value": repr(str(value))}) from error  # fmt: skip


TimeOfDay = Annotated[time, BeforeValidator(time_of_day)]
"""A time of day, written "17:30" or "17:30:15" in quotes."""


def read(
    model: type[M], tree: Any, path: str, problems: list[Problem], references: list[Reference] | None = None
) -> M | None:
    """Make a model of a part of the configuration; what is wrong is added to `problems`, with its place and mend."""
    context: dict[str, Any] = {"references": references if references is not None else []}
    try:
        return model.model_validate(tree, context=context)
    except ValidationError as error:
        for where, faults in _by_path(error, tree).items():
            on_key = faults[0]["type"] == "extra_forbidden" or faults[0]["loc"][-1:] == ("[key]",)
            dotted = ".".join([path] * bool(path) + [str(part) for part in where])
            problems += [
                Problem(place_of(tree, where, key=on_key), f"{dotted}: {text}" if dotted else text)
                for text in _tell(faults, model)
            ]
        return None


def explain(error: ValidationError, name: str, people: frozenset[str] = frozenset()) -> tuple[Words, dict[str, str]]:
    """A validation error of an action's data as (words, fields). What was given to a field of `people` is not told."""
    faults = error.errors(include_url=False)[:20]
    hidden: list[Any] = [{**f, "input": _HIDDEN} if f["loc"] and f["loc"][0] in people else f for f in faults]
    fields = {".".join(map(str, f["loc"])) or name: mend(f, None) for f in hidden}
    listed = [f"{field}: {text}" for field, text in fields.items()]
    return Both(*listed, begin={"en": f"{name}: ", "zh-CN": f"{name}：数据有误。"}), fields


def mend(fault: Any, model: type[BaseModel] | None) -> str:
    """One pydantic fault in plain words, with a did-you-mean where a key is unknown."""
    kind = fault["type"]
    if kind == "extra_forbidden":
        key = str(fault["loc"][-1])
        known = [one for one in _keys_beside(model, fault["loc"]) if one != key] if model else []
        return f"there is no key {key!r} here.{did_you_mean(key, known) or _known_keys(known)}"
    if kind == "missing":
        return f"the key {str(fault['loc'][-1])!r} is missing. Add it."
    if kind == "union_tag_not_found":
        return f"the key {_tag_key(fault)!r} is missing. Add it."
    return _misfit([fault])


def _by_path(error: ValidationError, tree: Any) -> dict[tuple[Any, ...], list[Any]]:
    """The faults by where they stand in the tree: the names of a union's members are no keys and are left out.

    That a mapping is no text says nothing where another member of the union took it and found faults in it.
    """
    found: dict[tuple[Any, ...], list[Any]] = {}
    for fault in error.errors(include_url=False):
        inner = (_tag_key(fault),) if fault["type"] == "union_tag_invalid" else ()
        key = fault.get("ctx", {}).get("key")  # of a validator of the whole that knows which key is at fault
        if key is not None:
            inner = (key,)
        found.setdefault(_path_in(tree, (*fault["loc"], *inner)), []).append(fault)
    for where, faults in list(found.items()):
        deeper = any(other[: len(where)] == where and len(other) > len(where) for other in found)
        telling = [f for f in faults if not f["type"].endswith(("_type", "_parsing")) and f["type"] != "literal_error"]
        if telling or deeper:
            found[where] = telling
    return {where: faults for where, faults in found.items() if faults}


def _path_in(tree: Any, loc: tuple[Any, ...]) -> tuple[Any, ...]:
    """The parts of a fault's location that are keys and indices of the tree."""
    where: list[Any] = []
    at: Any = tree
    for part in loc:
        if isinstance(at, dict):
            keys = cast("dict[Any, Any]", at)
            key = part if part in keys else next((k for k in keys if str(k) == str(part)), None)
            if key is None:
                continue
            at = keys[key]
        elif isinstance(at, list) and isinstance(part, int) and part < len(cast("list[Any]", at)):
            at = cast("list[Any]", at)[part]
        else:
            continue
        where.append(part)
    return tuple(where)


def _tell(faults: list[Any], model: type[BaseModel]) -> list[str]:
    """The faults of one place: misfits of a union's members are one sentence, anything else is one each."""
    keys = [f for f in faults if f["type"] in ("extra_forbidden", "missing", "union_tag_not_found")]
    misfits = [f for f in faults if f not in keys]
    told = [mend(fault, model) for fault in keys]
    if misfits:
        told.append(_misfit(misfits))
    return list(dict.fromkeys(told))


def _misfit(faults: list[Any]) -> str:
    """A value that does not fit: what stands there, and all that could stand there."""
    for fault in faults:
        if fault["type"] not in _PYDANTIC_KINDS:  # our own: the message is whole
            return str(fault["msg"])
        if fault["type"] == "value_error":
            return str(fault["msg"]).removeprefix("Value error, ").rstrip(".") + "."
    got = _given(faults[0])
    if isinstance(got, Input):
        return f"!input {got.name} stands outside a blueprint. Write the value itself."
    wanted = [_wanted(fault) for fault in faults]
    near = next(filter(None, (did_you_mean(str(_given(f)), _choices(f)) for f in faults)), "")
    return f"{_shown(got)} does not fit. Write {', or '.join(dict.fromkeys(wanted))}.{near}"


def _wanted(fault: Any) -> str:
    kind, ctx = fault["type"], fault.get("ctx", {})
    if kind in _WANTED:
        plain = {k: int(v) if isinstance(v, float) and v.is_integer() else v for k, v in ctx.items()}
        return _WANTED[kind].format(**plain)
    if choices := _choices(fault):
        return f"one of {', '.join(choices)}" if len(choices) > 1 else choices[0]
    message = str(fault["msg"]).removeprefix("Value error, ").removeprefix("Input should be ").removeprefix("Input ")
    return message.rstrip(".")


def _choices(fault: Any) -> list[str]:
    if fault["type"] not in ("union_tag_invalid", "literal_error", "enum"):
        return []
    ctx = fault.get("ctx", {})
    return [c.strip(" '") for c in re.split(r",| or ", str(ctx.get("expected") or ctx.get("expected_tags") or ""))]


def _tag_key(fault: Any) -> str:
    return str(fault["ctx"]["discriminator"]).strip("'")


def _given(fault: Any) -> Any:
    return fault.get("ctx", {}).get("tag", fault.get("input"))


def _shown(got: Any) -> str:
    if isinstance(got, str):
        text = json.dumps(got, ensure_ascii=False)
    elif got is None:
        text = "nothing"
    elif isinstance(got, bool):
        text = str(got).lower()
    elif isinstance(got, (int, float)):
        text = repr(got)
    else:
        text = "a list" if isinstance(got, list) else "a mapping" if isinstance(got, Mapping) else "this"
    return text if len(text) <= 80 else text[:77] + "..."


_PYDANTIC_KINDS: Final = frozenset(get_args(core_schema.ErrorType))
_WANTED: Final[Mapping[str, str]] = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping, {{key: value}}",
    "mapping_type": "a mapping, {{key: value}}",
    "model_type": "a mapping, {{key: value}}",
    "model_attributes_type": "a mapping, {{key: value}}",
    "none_required": "nothing",
    "greater_than_equal": "{ge} or more",
    "greater_than": "more than {gt}",
    "less_than_equal": "{le} or less",
    "less_than": "less than {lt}",
    "too_short": "at least {min_length} of them",
    "too_long": "at most {max_length} of them",
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
    "finite_number": "a finite number",
    "string_pattern_mismatch": "text that fits {pattern}",
}


def did_you_mean(word: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """` Did you mean 'x'?`, or nothing."""
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=likeness)
    return f" Did you mean {close[0]!r}?" if close else ""


def _known_keys(known: list[str]) -> str:
    return f" Known are {', '.join(known)}." if 0 < len(known) <= 12 else " Remove it."


def _keys_beside(model: type[BaseModel] | None, loc: tuple[Any, ...]) -> list[str]:
    """The keys that would have been known where an unknown one stood: the models' fields along `loc`."""
    models: list[type[BaseModel]] = [model] if model else []
    if model is not None and issubclass(model, RootModel):  # things by name: {lobby: {...}}
        models = _models_in(model.model_fields["root"].annotation)
    for part in loc[:-1]:
        inner: list[type[BaseModel]] = []
        for one in models:
            if isinstance(part, str) and part in one.model_fields:
                inner += _models_in(one.model_fields[part].annotation)
        models = inner or [one for one in models if _is_tagged(one, part)] or models
    return sorted({
        alias for one in models for name, info in one.model_fields.items() for alias in (info.alias or name,)
    })  # fmt: skip


def _is_tagged(model: type[BaseModel], tag: Any) -> bool:
    """Whether it is the member of a union that this tag names: {type: file}."""
    return any(tag in get_args(info.annotation) for info in model.model_fields.values())


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def place_in(value: Any) -> Place | None:
    """Where a string, mapping or list from a file stands."""
    return value.place if isinstance(value, Text) else getattr(value, "place", None)
