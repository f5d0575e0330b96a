"""The words of templates that are usher's own: states, time, numbers, data. As Home Assistant's, with its names.

A function is also a filter where Home Assistant has it so: `'queue.main' | states`, `x | float(0)`.
"""

import json
import math
import re
import statistics
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final, cast

import orjson

from ...clock import Clock, local
from ...errors import TemplateError
from ...states import State
from ...words import Words, say
from .reads import Seen
from .sandbox import Nothing, Sandbox, Stopped
from .values import UNAVAILABLE, UNKNOWN, Absent, StateView, plain, spell, typed

_NONE: Final = object()  # no default was given
STATE_WORDS: Final = frozenset({"states", "state_attr", "is_state", "is_state_attr", "has_value"})
TIME_WORDS: Final = frozenset({"now", "utcnow", "today_at"})
MAX_JSON: Final = 256 * 1024
_NUMBER: Final = re.compile(r"[^a-z0-9]+")


class StatesWord:
    """`states('queue.main')`, `states.queue.main`, `states.queue`, `states | count`."""

    # What Jinja asks of anything it calls; without these the questions would be taken for domains.
    unsafe_callable = alters_data = False
    jinja_pass_arg = None

    def __init__(self, seen: Seen) -> None:
        self._states = seen

    def __call__(self, entity_id: str, rounded: bool | int | None = None, with_unit: bool = False) -> Any:
        state = self._states.get(entity_id)
        value = typed(state, entity_id)
        if rounded and isinstance(value, float):
            value = round(value, rounded) if type(rounded) is int else round(value)
        if with_unit and state is not None and "unit_of_measurement" in state.attributes:
            return f"{value} {state.attributes['unit_of_measurement']}"
        return value

    def __getattr__(self, domain: str) -> "Domain":
        if domain.startswith("_"):
            raise AttributeError(domain)
        return Domain(self._states, domain)

    def __getitem__(self, entity_id: str) -> "StateView":
        state = self._states.get(entity_id)
        if state is None:
            raise KeyError(entity_id)
        return StateView(state)

    def __iter__(self) -> Iterator[StateView]:
        return iter(sorted(map(StateView, self._states), key=lambda one: one.entity_id))

    def __len__(self) -> int:
        return sum(1 for _ in self._states)

    def __repr__(self) -> str:
        return "<states>"


class Domain:
    """`states.queue`: all of its entities, or one of them by name."""

    def __init__(self, states: Seen, domain: str) -> None:
        self._states, self._domain = states, domain

    def __getattr__(self, name: str) -> StateView:
        state = self._states.get(f"{self._domain}.{name}")
        if state is None:
            raise AttributeError(name)
        return StateView(state)

    def __getitem__(self, name: str) -> StateView:
        state = self._states.get(f"{self._domain}.{name}")
        if state is None:
            raise KeyError(name)
        return StateView(state)

    def says_missing(self, name: str) -> str:
        return f"there is no entity {self._domain}.{name}."

    def __iter__(self) -> Iterator[StateView]:
        return iter(map(StateView, self._states.domain(self._domain)))

    def __len__(self) -> int:
        return len(self._states.domain(self._domain))

    def __repr__(self) -> str:
        return f"<states of {self._domain}>"


class Asking:
    """The questions about one state."""

    def __init__(self, seen: Seen) -> None:
        self._states = seen

    def state_attr(self, entity_id: str, name: str) -> Any:
        state = self._states.get(entity_id)
        return None if state is None else state.attributes.get(name)

    def is_state(self, entity_id: str, value: Any) -> bool:
        state = self._states.get(entity_id)
        return state is not None and matches(state, value)

    def is_state_attr(self, entity_id: str, name: str, value: Any) -> bool:
        state = self._states.get(entity_id)
        return state is not None and name in state.attributes and same(state.attributes[name], value)

    def has_value(self, entity_id: str) -> bool:
        state = self._states.get(entity_id)
        return state is not None and state.available and state.value not in (None, UNKNOWN, UNAVAILABLE)


class Expanding:
    """`expand`: entities, groups and lists of them as states, groups replaced by what is in them."""

    def __init__(self, env: Sandbox, seen: Seen) -> None:
        self._env, self._states = env, seen

    def expand(self, *given: Any) -> list[StateView]:
        search, found = list(given), dict[str, StateView]()
        seen: set[str] = set()
        while search:
            self._env.turn()
            one = search.pop()
            if isinstance(one, str):
                state = self._states.get(one)
                one = None if state is None else StateView(state)
            elif isinstance(one, Iterable):
                search += self._env.counted(cast("Iterable[Any]", one))
                continue
            if not isinstance(one, StateView) or one.entity_id in seen:
                continue
            seen.add(one.entity_id)
            members: Any = one.attributes.get("entity_id")
            if isinstance(members, (list, tuple)):  # as Home Assistant's groups say who is in them
                search += cast("list[Any]", members)
            else:
                self._states.get(one.entity_id)  # noted: it was perhaps found by its domain
                found[one.entity_id] = one
        return list(found.values())


def matches(state: State, wanted: Any) -> bool:
    """Whether a state is what the YAML says, as a value or as its spelling; a list is any of them."""
    if isinstance(wanted, (list, tuple)):
        return any(matches(state, one) for one in cast("list[Any]", wanted))
    if not state.available:
        return isinstance(wanted, str) and wanted == UNAVAILABLE
    return same(state.value, wanted)


def same(value: Any, wanted: Any) -> bool:
    """Whether a value is what the YAML says: `5` and `"5"`, `on` and `true`."""
    if value == wanted and isinstance(value, bool) is isinstance(wanted, bool):
        return True
    if isinstance(wanted, (list, dict)) or isinstance(value, (list, dict)):
        return False
    return spell(value) == spell(wanted)


class Times:
    """What templates ask of time; all of it from the hall's clock."""

    def __init__(self, clock: Clock, seen: Seen) -> None:
        self._clock, self._seen = clock, seen

    @property
    def zone(self) -> tzinfo:
        return self._clock.zone

    def now(self) -> datetime:
        self._seen.time()
        return local(self._clock)

    def utcnow(self) -> datetime:
        self._seen.time()
        return datetime.fromtimestamp(self._clock.now(), UTC)

    def today_at(self, at: str = "00:00") -> datetime:
        try:
            return datetime.combine(self.now().date(), time.fromisoformat(at), self.zone)
        except ValueError as error:
            raise TemplateError(f"today_at: {at!r} is not a time. Write today_at('17:30').") from error

    def as_datetime(self, value: Any, default: Any = _NONE) -> Any:
        if isinstance(value, datetime):
            return value
        if isinstance(value, date):
            return datetime.combine(value, time())
        try:
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                return datetime.fromtimestamp(value, UTC)
            text = str(value)
            return datetime.fromtimestamp(float(text), UTC) if _is_number(text) else datetime.fromisoformat(text)
        except (ValueError, OverflowError, OSError):
            return _fall_back("as_datetime", value, default, missing=None)

    def as_timestamp(self, value: Any, default: Any = _NONE) -> Any:
        moment = self.as_datetime(value, None)
        if moment is None:
            return _fall_back("as_timestamp", value, default)
        return (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).timestamp()

    def as_local(self, value: datetime) -> datetime:
        return (value if value.tzinfo else value.replace(tzinfo=self.zone)).astimezone(self.zone)

    def timestamp_custom(self, value: Any, format: str = "%Y-%m-%d %H:%M:%S", local: bool = True,
                         default: Any = _NONE) -> Any:  # fmt: skip
        try:
            return datetime.fromtimestamp(float(value), self.zone if local else UTC).strftime(format[:200])
        except (ValueError, TypeError, OverflowError, OSError):
            return _fall_back("timestamp_custom", value, default)

    def timestamp_local(self, value: Any, default: Any = _NONE) -> Any:
        try:
            return datetime.fromtimestamp(float(value), self.zone).isoformat()
        except (ValueError, TypeError, OverflowError, OSError):
            return _fall_back("timestamp_local", value, default)

    def relative_time(self, value: Any) -> Any:
        """`5 minutes`: how long ago, in the largest unit; a time to come is given back as it is."""
        if not isinstance(value, datetime):
            return value
        passed = (self.utcnow() - self.as_local(value)).total_seconds()
        if passed < 0:
            return value
        for unit, span in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
            if passed >= span or unit == "second":
                count = int(passed // span)
                return f"{count} {unit}{'' if count == 1 else 's'}"
        return value


def to_float(value: Any, default: Any = _NONE) -> Any:
    try:
        return float(value)
    except (ValueError, TypeError):
        return _fall_back("float", value, default)


def to_int(value: Any, default: Any = _NONE, base: int = 10) -> Any:
    try:
        if isinstance(value, str) and base != 10:
            return int(value, base)
        return int(value)
    except (ValueError, TypeError, OverflowError):
        try:
            return int(float(value))
        except (ValueError, TypeError, OverflowError):
            return _fall_back("int", value, default)


def to_bool(value: Any, default: Any = _NONE) -> Any:
    word = str(value).lower()
    if word in ("1", "true", "yes", "on", "enable"):
        return True
    if word in ("0", "false", "no", "off", "disable"):
        return False
    return _fall_back("bool", value, default)


def is_number(value: Any) -> bool:
    try:
        return math.isfinite(float(value))
    except (ValueError, TypeError):
        return False


def to_round(value: Any, precision: int = 0, method: str = "common", default: Any = _NONE) -> Any:
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
        return int(number) if precision == 0 and method != "half" else number
    except (ValueError, TypeError, OverflowError, ZeroDivisionError):
        return _fall_back("round", value, default)


def iif(value: Any, if_true: Any = True, if_false: Any = False, if_none: Any = _NONE) -> Any:
    if value is None and if_none is not _NONE:
        return if_none
    return if_true if value else if_false


def average(*values: Any, default: Any = _NONE) -> Any:
    return _of_numbers("average", statistics.fmean, values, default)


def median(*values: Any, default: Any = _NONE) -> Any:
    return _of_numbers("median", statistics.median, values, default)


def _of_numbers(name: str, run: Callable[[list[float]], float], values: tuple[Any, ...], default: Any) -> Any:
    first: Any = values[0] if values else None
    several = isinstance(first, Iterable) and not isinstance(first, str)
    given: Any = cast("Any", first) if several else values
    if given is not values and len(values) > 1 and default is _NONE:
        default = values[1]
    try:
        return run([float(one) for one in cast("Iterable[Any]", given)])
    except (ValueError, TypeError, statistics.StatisticsError):
        return _fall_back(name, given, default)


def to_json(value: Any, ensure_ascii: bool = False, pretty_print: bool = False, sort_keys: bool = False) -> str:
    if ensure_ascii:
        return json.dumps(plain(value), sort_keys=sort_keys, indent=2 if pretty_print else None)
    options = (orjson.OPT_INDENT_2 if pretty_print else 0) | (orjson.OPT_SORT_KEYS if sort_keys else 0)
    return orjson.dumps(plain(value), option=options | orjson.OPT_NON_STR_KEYS, default=_json_of).decode()


def from_json(value: str, default: Any = _NONE) -> Any:
    if len(value) > MAX_JSON:
        raise Stopped(f"from_json: a text of {len(value)} characters is too long.")
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return _fall_back("from_json", value[:40], default)


def slugify(text: Any, separator: str = "_") -> str:
    """`Münch 3` -> `munch_3`; other scripts are left out."""
    ascii_text = unicodedata.normalize("NFKD", str(text)).encode("ascii", "ignore").decode().lower()
    return _NUMBER.sub(separator, ascii_text).strip(separator)


def translate(words: Any, language: str | None = None) -> str:
    """`{en: Window 1, zh-CN: 1号窗口}` in one language; a plain text is the same in all."""
    return say(cast("Words", words), language) if isinstance(words, Mapping) else str(words)


def contains(values: Any, value: Any) -> bool:
    return value in values


def ordinal(value: int) -> str:
    last = abs(int(value)) % 100
    ending = "th" if 10 < last < 14 else {1: "st", 2: "nd", 3: "rd"}.get(last % 10, "th")
    return f"{value}{ending}"


def _json_of(value: Any) -> Any:
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, StateView):
        return {"entity_id": value.entity_id, "state": plain(value.state), "attributes": dict(value.attributes)}
    if isinstance(value, (set, frozenset, tuple)):
        return list(cast("Iterable[Any]", value))
    if isinstance(value, Mapping):
        return dict(cast("Mapping[Any, Any]", value))
    raise TypeError(f"to_json: a {type(value).__name__} is not JSON.")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _fall_back(name: str, value: Any, default: Any, missing: Any = _NONE) -> Any:
    """The default, or a complaint that says what stood there and how to give one."""
    if default is not _NONE:
        return default
    if missing is not _NONE:
        return missing
    if isinstance(value, Absent):
        raise TemplateError(value.why())
    if isinstance(value, Nothing):
        str(value)  # says what is missing
    raise TemplateError(f"{name} got {value!r} and no default. Write {name}(0) to go on with 0.")


def install(env: Sandbox, seen: Seen, clock: Clock) -> None:
    """Put all these words into the sandbox."""
    asking, times, word = Asking(seen), Times(clock, seen), StatesWord(seen)
    both: dict[str, Callable[..., Any]] = {
        "state_attr": asking.state_attr, "has_value": asking.has_value, "float": to_float, "int": to_int,
        "bool": to_bool, "is_number": is_number, "iif": iif, "average": average, "median": median,
        "to_json": to_json, "from_json": from_json, "slugify": slugify, "contains": contains, "ordinal": ordinal, "translate": translate,
        "as_timestamp": times.as_timestamp, "as_datetime": times.as_datetime, "as_local": times.as_local,
        "relative_time": times.relative_time, "expand": Expanding(env, seen).expand,
    }  # fmt: skip
    tests = {"is_state": asking.is_state, "is_state_attr": asking.is_state_attr, "has_value": asking.has_value,
             "is_number": is_number, "contains": contains}  # fmt: skip
    filters: dict[str, Callable[..., Any]] = {"states": word, "round": to_round, "timestamp_custom": times.timestamp_custom,
               "timestamp_local": times.timestamp_local}  # fmt: skip
    env.tests.update(tests)
    env.filters.update({name: env.guard(name, run) for name, run in {**both, **filters}.items()})
    env.globals.update({name: run for name, run in both.items() if name not in ("contains", "ordinal", "translate")})
    env.globals.update({
        "states": word, "is_state": asking.is_state, "is_state_attr": asking.is_state_attr, "now": times.now,
        "utcnow": times.utcnow, "today_at": times.today_at, "timedelta": timedelta, "min": _extreme(env, min),
        "max": _extreme(env, max), "pi": math.pi, "e": math.e,
    })  # fmt: skip
    own = (word, *both.values(), *tests.values())
    env.trusted = frozenset(id(one) for one in env.globals.values() if any(one is mine for mine in own))


def _extreme(env: Sandbox, run: Callable[..., Any]) -> Callable[..., Any]:
    """`min(a, b)` and `min([a, b])`."""

    def extreme(*values: Any) -> Any:
        given: Iterable[Any] = values[0] if len(values) == 1 else values
        return run(env.counted(given))

    return extreme
