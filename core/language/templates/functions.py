"""All words of templates that are usher's own, put into the sandbox. As Home Assistant's, with its names.

A function is also a filter where Home Assistant has it so: `'queue.main' | states`, `x | float(0)`.
"""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from ...clock import Clock
from . import data_words as data
from . import number_words as numbers
from .data_words import slugify
from .number_words import to_bool
from .patterns import Patterns
from .reads import Seen
from .sandbox import Sandbox
from .state_words import Asking, Expanding, StatesWord, same
from .time_words import Times

STATE_WORDS: Final = frozenset({"states", "state_attr", "is_state", "is_state_attr", "has_value", "state_translated"})
TIME_WORDS: Final = frozenset({"now", "utcnow", "today_at", "relative_time", "time_since", "time_until"})
HOME_WORDS: Final = frozenset({
    "area_id", "area_name", "area_entities", "area_devices", "areas", "floors", "floor_id", "floor_name",
    "floor_areas", "floor_entities", "labels", "label_id", "label_name", "label_description", "label_areas",
    "label_devices", "label_entities", "devices", "device_id", "device_name", "device_attr", "is_device_attr",
    "device_entities", "config_entry_id", "config_entry_attr", "integration_entities", "entity_name",
    "is_hidden_entity", "closest", "distance", "issue", "issues", "state_attr_translated",
})  # fmt: skip
"""What Home Assistant has and a hall has not: areas, devices, places on a map."""
_EITHER: Final[dict[str, Callable[..., Any]]] = {
    "float": numbers.to_float, "int": numbers.to_int, "bool": numbers.to_bool, "is_number": numbers.is_number,
    "average": numbers.average, "median": numbers.median, "statistical_mode": numbers.statistical_mode,
    "log": numbers.log, "atan2": numbers.atan2, **numbers.CURVES, "bitwise_and": numbers.bitwise_and,
    "bitwise_or": numbers.bitwise_or, "bitwise_xor": numbers.bitwise_xor, "clamp": numbers.clamp,
    "wrap": numbers.wrap, "iif": data.iif, "to_json": data.to_json, "from_json": data.from_json,
    "slugify": data.slug_word, "pack": data.pack, "unpack": data.unpack, **data.DIGESTS, "flatten": data.flatten,
    "intersect": data.intersect, "difference": data.difference, "union": data.union,
    "symmetric_difference": data.symmetric_difference, "shuffle": data.shuffle, "combine": data.combine,
    "typeof": data.typeof, "version": data.version, "apply": data.apply, "as_function": data.as_function,
}  # fmt: skip
_FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "round": numbers.to_round, "add": numbers.add, "multiply": numbers.multiply, "ordinal": numbers.ordinal,
    "base64_encode": data.base64_encode, "base64_decode": data.base64_decode, "from_hex": data.from_hex,
    "contains": data.contains, "translate": data.translate, "is_defined": data.is_defined, "ord": ord,
    "safe": str, "striptags": data.striptags,
}  # fmt: skip
_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "merge_response": data.merge_response, "set": data.to_set, "tuple": data.to_tuple, "urlencode": data.urlencode,
    "timedelta": timedelta,
}  # fmt: skip
_TESTS: Final[dict[str, Callable[..., Any]]] = {
    "is_number": numbers.is_number, "contains": data.contains, "apply": data.apply,
    "datetime": data.is_a(datetime), "list": data.is_a(list), "set": data.is_a(set), "tuple": data.is_a(tuple),
    "string_like": data.is_a(str, bytes, bytearray),
}  # fmt: skip
_NAMED: Final[dict[str, float]] = {"pi": math.pi, "e": math.e, "tau": math.tau, "inf": math.inf}


def install(env: Sandbox, seen: Seen, clock: Clock) -> None:
    """Put all these words into the sandbox."""
    ask, times, word, patterns = Asking(seen), Times(clock, seen), StatesWord(seen), Patterns(env)
    expand = Expanding(env, seen).expand
    either: dict[str, Callable[..., Any]] = {
        **_EITHER, "state_attr": ask.state_attr, "has_value": ask.has_value, "expand": expand,
        "state_translated": ask.state_translated,
        "as_timestamp": times.as_timestamp, "as_datetime": times.as_datetime, "as_local": times.as_local,
        "as_timedelta": times.as_timedelta, "today_at": times.today_at, "relative_time": times.relative_time,
        "time_since": times.time_since, "time_until": times.time_until,
    }  # fmt: skip
    filters: dict[str, Callable[..., Any]] = {
        **_FILTERS, "states": word, "timestamp_custom": times.timestamp_custom,
        "timestamp_local": times.timestamp_local, "timestamp_utc": times.timestamp_utc,
        "regex_match": patterns.match, "regex_search": patterns.search, "regex_findall": patterns.findall,
        "regex_findall_index": patterns.findall_index, "regex_replace": patterns.replace,
    }  # fmt: skip
    functions: dict[str, Callable[..., Any]] = {
        **_FUNCTIONS, "strptime": times.strptime, "min": numbers.extreme(env, "min"),
        "max": numbers.extreme(env, "max"), "zip": data.zipped(env),
    }  # fmt: skip
    # Asked most, and no more work than an attribute: called as they are.
    quick: dict[str, Any] = {
        "states": word, "is_state": ask.is_state, "is_state_attr": ask.is_state_attr, "state_attr": ask.state_attr,
        "has_value": ask.has_value, "now": times.now, "utcnow": times.utcnow,
    }  # fmt: skip
    tests: dict[str, Callable[..., Any]] = {**_TESTS, "is_state": ask.is_state, "is_state_attr": ask.is_state_attr, "has_value": ask.has_value,
             "match": patterns.match, "search": patterns.search}  # fmt: skip
    env.tests.update({name: env.guard(name, run) for name, run in tests.items()})
    env.filters.update({name: env.guard(name, run) for name, run in {**either, **filters}.items()})
    guarded = {name: env.guard(name, run) for name, run in {**either, **functions}.items() if name not in quick}
    env.globals.update({**_NAMED, **guarded, **quick})
    env.trust(*guarded.values(), *quick.values())


__all__ = ["HOME_WORDS", "STATE_WORDS", "TIME_WORDS", "install", "same", "slugify", "to_bool"]
