"""Data: JSON, base64, packed bytes, digests, lists as sets, mappings put together, versions, words by language."""

import base64
import binascii
import hashlib
import json
import random
import re
import struct
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from typing import Any, Final, cast
from urllib.parse import urlencode as url_encoded

import orjson
from jinja2 import pass_context
from jinja2.runtime import Context, Macro
from markupsafe import Markup

from ...errors import TemplateError
from ...words import Words, say
from .defaults import NONE, fall_back, shown
from .sandbox import Nothing, Sandbox, Stopped
from .values import Absent, Real, StateView, Whole, plain

MAX_JSON: Final = 256 * 1024
_NO_SLUG: Final = re.compile(r"[^a-z0-9]+")
_THOUSANDS: Final = re.compile(r"(?<=\d),(?=\d)")
_LATIN: Final = str.maketrans({"ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "œ": "oe", "Œ": "OE", "đ": "d",
                               "Đ": "D", "ł": "l", "Ł": "L", "þ": "th", "Þ": "Th", "ð": "d", "ı": "i"})  # fmt: skip
_WIDE: Final = re.compile(r"\d{4,}")
_NAMES: Final[Mapping[type, str]] = {Whole: "int", Real: "float", Absent: "str", StateView: "TemplateState"}


def iif(value: Any, if_true: Any = True, if_false: Any = False, if_none: Any = NONE) -> Any:
    if value is None and if_none is not NONE:
        return if_none
    return if_true if value else if_false


def to_json(value: Any, ensure_ascii: bool = False, pretty_print: bool = False, sort_keys: bool = False) -> str:
    if ensure_ascii:
        return json.dumps(plain(value), sort_keys=sort_keys, indent=2 if pretty_print else None, default=_json_of)
    options = (orjson.OPT_INDENT_2 if pretty_print else 0) | (orjson.OPT_SORT_KEYS if sort_keys else 0)
    return orjson.dumps(plain(value), option=options | orjson.OPT_NON_STR_KEYS, default=_json_of).decode()


def from_json(value: Any, default: Any = NONE) -> Any:
    if isinstance(value, (str, bytes)) and len(value) > MAX_JSON:
        raise Stopped(f"stopped: from_json: a text of {len(value)} characters is too long.")
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return fall_back("from_json", value, default)


def base64_encode(value: str | bytes) -> str:
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()


def base64_decode(value: str, encoding: str | None = "utf-8") -> str | bytes:
    try:
        decoded = base64.b64decode(value)
        return decoded if encoding is None else decoded.decode(encoding)
    except (binascii.Error, UnicodeDecodeError, LookupError) as error:
        raise TemplateError(f"base64_decode: {shown(value)} is not base64 of a text: {error}") from error


def from_hex(value: str) -> bytes:
    return bytes.fromhex(value)


def pack(value: Any, format_string: str) -> bytes | None:
    """Bytes of a number, as `struct` writes them; None when it does not fit."""
    _check_packing(format_string)
    try:
        return struct.pack(format_string, value)
    except struct.error:
        return None


def unpack(value: Any, format_string: str, offset: int = 0) -> Any:
    """The first number in packed bytes; None when there is none."""
    _check_packing(format_string)
    try:
        return struct.unpack_from(format_string, value, offset)[0]
    except (struct.error, IndexError):
        return None


def _check_packing(format_string: str) -> None:
    if len(format_string) > 100 or _WIDE.search(format_string):
        raise Stopped("stopped: that packs too many bytes.")


def _digest(name: str) -> Callable[[Any], str]:
    def digest(value: Any) -> str:
        made = hashlib.new(name, usedforsecurity=False)
        made.update(value if isinstance(value, bytes) else str(value).encode())
        return made.hexdigest()

    return digest


DIGESTS: Final = {name: _digest(name) for name in ("md5", "sha1", "sha256", "sha512")}


def urlencode(value: Any) -> str:
    return url_encoded(value)


def slugify(text: Any, separator: str = "_") -> str:
    """`Münch 3` -> `munch_3`; other scripts are left out."""
    text = _THOUSANDS.sub("", str(text))
    simple = text if text.isascii() else unicodedata.normalize("NFKD", text.translate(_LATIN))
    return _NO_SLUG.sub("-", simple.encode("ascii", "ignore").decode().lower()).strip("-").replace("-", separator)


def slug_word(text: Any, separator: str = "_") -> str:
    """As `slugify`; `unknown` when nothing is left of a text."""
    return slugify(text, separator) or ("unknown" if str(text) else "")


def translate(words: Any, language: str | None = None) -> str:
    """`{en: Window 1, zh-CN: 1号窗口}` in one language; a plain text is the same in all."""
    found: Any = say(cast("Words", words), language) if isinstance(words, Mapping) else words
    return f"{found}"


def contains(values: Any, value: Any) -> bool:
    return value in values


def typeof(value: Any) -> str:
    return _NAMES.get(value.__class__) or str(value.__class__.__name__)


def is_a(*kinds: type) -> Callable[[Any], bool]:
    """A test of what something is."""

    def test(value: Any) -> bool:
        return isinstance(value, kinds)

    return test


def is_defined(value: Any) -> Any:
    if isinstance(value, Nothing):
        str(value)
    return value


def to_set(value: Iterable[Any]) -> set[Any]:
    return set(value)


def to_tuple(value: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(value)


def flatten(value: Any, levels: int | None = None) -> list[Any]:
    """Lists within lists as one list, so many levels deep."""
    _list_of("flatten", value)
    found: list[Any] = []
    for item in value:
        if not isinstance(item, Iterable) or isinstance(item, str):
            found.append(item)
        elif levels is None:
            found += flatten(item)
        elif levels >= 1:
            found += flatten(item, levels - 1)
        else:
            found.append(item)
    return found


def _list_of(name: str, value: Any) -> dict[Any, None]:
    """The values once each, in their order."""
    if not isinstance(value, Iterable) or isinstance(value, str):
        raise TemplateError(f"{name} expected a list, got {typeof(value)}.")
    return dict.fromkeys(cast("Iterable[Any]", value)) if name != "flatten" else {}


def intersect(value: Any, other: Any) -> list[Any]:
    second = _list_of("intersect", other)
    return [one for one in _list_of("intersect", value) if one in second]


def difference(value: Any, other: Any) -> list[Any]:
    second = _list_of("difference", other)
    return [one for one in _list_of("difference", value) if one not in second]


def union(value: Any, other: Any) -> list[Any]:
    return list({**_list_of("union", value), **_list_of("union", other)})


def symmetric_difference(value: Any, other: Any) -> list[Any]:
    return difference(value, other) + difference(other, value)


def shuffle(*values: Any, seed: Any = None) -> list[Any]:
    """A list in another order; with a seed the same one each time."""
    if not values:
        raise TemplateError("shuffle expected at least 1 argument, got 0.")
    first = values[0]
    if isinstance(first, Iterable) and not isinstance(first, str):
        items = list(cast("Iterable[Any]", first))
        seed = values[1] if len(values) > 1 and seed is None else seed
    elif len(values) == 1:
        raise TemplateError(f"shuffle: a {typeof(first)} is not a list.")
    else:
        items = list(values)
    (random.Random(seed) if seed else random).shuffle(items)  # noqa: S311 - chance that need not be secret
    return items


def combine(*values: Any, recursive: bool = False) -> dict[Any, Any]:
    """Mappings as one; what comes later wins."""
    if not values:
        raise TemplateError("combine expected at least 1 argument, got 0.")
    made: dict[Any, Any] = {}
    for one in values:
        if not isinstance(one, Mapping):
            raise TemplateError(f"combine expected a dict, got {typeof(one)}.")
        for key, value in cast("Mapping[Any, Any]", one).items():
            before = made.get(key)
            both = recursive and isinstance(before, dict) and isinstance(value, Mapping)
            made[key] = combine(before, value, recursive=True) if both else value
    return made


def merge_response(value: Any) -> list[Any]:
    """What an action answered for several entities, as one list that says of which each is."""
    if not isinstance(value, dict) or not all(isinstance(v, dict) for v in cast("dict[Any, Any]", value).values()):
        raise TemplateError("merge_response: the response is not a dictionary of dictionaries.")
    found: list[Any] = []
    listed = False
    for entity_id, response in cast("dict[str, dict[str, Any]]", value).items():
        only = next(iter(response.items())) if len(response) == 1 else ("", None)
        if isinstance(only[1], list):
            listed = True
            found += [
                _marked(item, {"entity_id": entity_id, "value_key": only[0]}) for item in cast("list[Any]", only[1])
            ]
        if not listed:
            found.append(_marked(response, {"entity_id": entity_id}))
    return found


def _marked(item: Any, more: dict[str, Any]) -> Any:
    if not isinstance(item, dict):
        return item
    if "entity_id" in item:
        raise TemplateError("merge_response: a response already contains the key 'entity_id'.")
    return {**cast("dict[str, Any]", item), **more}


@pass_context
def apply(context: Context, value: Any, run: Any, *more: Any, **named: Any) -> Any:
    """Call a macro or function with the value."""
    return cast("Any", context.environment).call(context, run, value, *more, **named)


@pass_context
def as_function(context: Context, macro: Any) -> Callable[..., Any]:
    """A macro as a function that gives what it hands to `returns`."""
    if not isinstance(macro, Macro):
        raise TemplateError(f"as_function: a {typeof(macro)} is not a macro.")
    env: Any = context.environment

    def function(*args: Any, **kwargs: Any) -> Any:
        given: list[Any] = [None]

        def returns(value: Any) -> Any:
            given[0] = value
            return value

        env.call(context, macro, *args, **kwargs, returns=returns)
        return given[0]

    return function


def striptags(value: Any) -> str:
    return Markup(str(value)).striptags()  # noqa: S704 - to take the tags off, not to be put on a page


class Version(str):
    """`version('2025.2.10') > '2025.2.9'`: compared by its numbers; `b3`, `rc1`, `dev` come before the release."""

    __slots__ = ()

    def _order(self) -> tuple[tuple[int, ...], int, int]:
        match = re.match(r"v?(\d{1,9}(?:\.\d{1,9}){0,5})[.-]?(?:(dev|alpha|a|beta|b|rc)\.?(\d{0,9}))?", self)
        if match is None:
            raise TemplateError(f"version: {str(self)!r} is not a version.")
        numbers = [int(part) for part in match[1].split(".")]
        while len(numbers) > 1 and not numbers[-1]:
            numbers.pop()
        kind = {"dev": 0, "alpha": 1, "a": 1, "beta": 2, "b": 2, "rc": 3, None: 4}[match[2]]
        return tuple(numbers), kind, int(match[3] or 0)

    def __lt__(self, other: str) -> bool:
        return self._order() < Version(other)._order()

    def __gt__(self, other: str) -> bool:
        return self._order() > Version(other)._order()

    def __le__(self, other: str) -> bool:
        return not self > other

    def __ge__(self, other: str) -> bool:
        return not self < other

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self._order() == Version(other)._order()

    __hash__ = str.__hash__

    def _part(self, at: int) -> int | None:
        numbers = self._order()[0]
        return numbers[at] if at < len(numbers) else None

    @property
    def major(self) -> int | None:
        return self._part(0)

    @property
    def minor(self) -> int | None:
        return self._part(1)

    @property
    def patch(self) -> int | None:
        return self._part(2)

    @property
    def beta(self) -> bool:
        return self._order()[1] == 2

    @property
    def dev(self) -> bool:
        return self._order()[1] == 0

    @property
    def release_candidate(self) -> bool:
        return self._order()[1] == 3


def version(value: Any) -> Version:
    made = Version(value)
    _ = made > made  # says at once that it is none
    return made


def _json_of(value: Any) -> Any:
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, StateView):
        return {"entity_id": value.entity_id, "state": plain(value.state), "attributes": dict(value.attributes)}
    if isinstance(value, (set, frozenset, tuple)):
        return list(cast("Iterable[Any]", value))
    if isinstance(value, Mapping):
        return dict(cast("Mapping[Any, Any]", value))
    raise TypeError(f"to_json: a {typeof(value)} is not JSON.")


def zipped(env: Sandbox) -> Callable[..., Any]:
    """`zip`, each of its turns counted."""
    return lambda *columns: env.counted(zip(*columns, strict=False))  # pyright: ignore[reportUnknownLambdaType]
