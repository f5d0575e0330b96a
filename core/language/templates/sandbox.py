"""The sandbox: Jinja2 that cannot reach out, cannot change what it is given, and cannot run away.

A loop in this thread cannot be interrupted by a clock, so a template is stopped by counting: turns (of loops, filters,
calls and searches, each about a microsecond) and bytes built. What could grow at one stroke (`'x' * n`, `10 ** n`, a
width in a format) is measured before it is done.
"""

import operator
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import BuiltinMethodType, MethodType
from typing import Any, Final, cast

from jinja2 import nodes, pass_context, sandbox
from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.runtime import LoopContext, Undefined
from jinja2.tests import TESTS as JINJA_TESTS
from jinja2.utils import missing

from .compiling import Code, Counted
from .measures import (
    FLAT,
    MAX_BITS,
    MAX_BUILT,
    MAX_OUTPUT,
    MAX_TURNS,
    MAX_WIDTH,
    NESTS,
    Stopped,
    check_format,
    check_time_format,
    check_widths,
    deep_size,
    flat_size,
)
from .values import Real, StateView, Whole

_GROWING: Final = frozenset({"center", "ljust", "rjust", "zfill", "expandtabs", "to_bytes"})
_PADDING: Final = frozenset({"center", "indent", "batch", "slice", "tojson", "wordwrap", "truncate", "filesizeformat"})
_AS_IT_IS: Final = frozenset({
    "_turns", "attr", "average", "batch", "bool", "count", "d", "default", "first", "float", "has_value", "iif", "int",
    "is_defined", "is_number", "items", "join", "last", "length", "list", "map", "random", "reject", "rejectattr",
    "reverse", "round", "select", "selectattr", "slice", "tuple", "typeof", "zip",
})  # fmt: skip
# filters that take a list as it is, item by item; the others look into it, or make text of it
_WEIGHTS: Final = {"groupby": 12, "sort": 4, "dictsort": 4, "map": 3, "select": 3, "reject": 3, "selectattr": 3,
                   "rejectattr": 3, "sum": 2, "unique": 2, "expand": 3}  # turns that one item costs  # fmt: skip
_COSTS: Final = {"strptime": 25, "as_datetime": 6, "as_timestamp": 6, "as_timedelta": 8, "today_at": 6, "slugify": 8,
                 "timestamp_custom": 6, "relative_time": 6, "time_since": 6, "time_until": 6, "timedelta": 2,
                 "version": 6, "filesizeformat": 3, "urlencode": 4, "wordwrap": 8, "striptags": 4, "title": 4,
                 "shuffle": 4}  # turns that one call costs, where that is more than one  # fmt: skip
_TEXT_WIDTH: Final = 20_000  # of what is to be wrapped: the library copies the rest of it at each line
_LEFT_OUT: Final = frozenset({"pprint", "urlize", "xmlattr", "striptags", "safe", "forceescape"})
_METHODS: Final = (MethodType, BuiltinMethodType)
_DICT: Final = frozenset(dir(dict))
_SCALARS: Final = frozenset({int, float, bool, type(None), Whole, Real})
_PERCENT: Final = re.compile(r"%(?:\([^)]*\))?[-+ #0]*(\*|\d*)(?:\.(\*|\d*))?")
_COMPARING: Final = frozenset({"==", "eq", "equalto", "!=", "ne", ">", "gt", "greaterthan", ">=", "ge", "<", "lt",
                               "lessthan", "<=", "le", "in"})  # fmt: skip
_UP_FRONT: Final = 1000  # turns of a loop that are charged before it begins, which is quicker
_UNBOUND: Final[Any] = object()


class Nothing(Undefined):
    """What is not there: false, empty, equal to nothing; printed or calculated with, it says its name.

    As Home Assistant's, but for the printing. What can be known to be missing before it runs, `usher check` tells.
    """

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        name = self._undefined_name
        if self._undefined_hint:
            return str(self._undefined_hint)
        holder: Any = self._undefined_obj
        if holder is missing:
            return f"there is no variable {name!r} here."
        if isinstance(holder, dict):
            known = ", ".join(map(str, list(cast("dict[Any, Any]", holder))[:12]))
            return f"there is no {name!r} in it" + (f". It holds: {known}." if known else ": it is empty.")
        kind = holder.__class__
        says = getattr(kind, "says_missing", None)
        return says(holder, name) if says else f"a {type(holder).__name__} has no {name!r}."

    __str__ = Undefined._fail_with_undefined_error


class Sandbox(sandbox.ImmutableSandboxedEnvironment):
    """One for all templates of a hall; counts anew for each rendering (`refill`)."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})
    code_generator_class = Code
    cpu: Final = staticmethod(time.process_time)
    concat: Any
    filters: dict[str, Any]
    globals: dict[str, Any]  # pyright: ignore[reportIncompatibleVariableOverride]
    tests: dict[str, Any]

    def __init__(self) -> None:
        super().__init__(
            undefined=Nothing,
            optimized=False,
            cache_size=0,
            extensions=["jinja2.ext.loopcontrols", "jinja2.ext.do"],
        )
        self.turns, self.bytes = MAX_TURNS, MAX_BUILT
        self.concat = self.joined
        self.trusted = frozenset[int]()
        self._kept: list[Any] = []
        self.filters = {n: self.guard(n, f) for n, f in JINJA_FILTERS.items() if n not in _LEFT_OUT}
        self.filters |= {
            "join": self.guard("join", self._join),
            "replace": self.guard("replace", self._replace),
            "format": self.guard("format", self._percent),
            "indent": self.guard("indent", self._indent),
            "sum": self.guard("sum", self._sum),
            "_turns": self.turning,
            "_spent": self.turn,
            "_searched": self._searched,
            "_compared": self._compared,
            "_copied": self._copied,
            "_made": self._made,
            "_joined": self.joined_values,
        }
        known: dict[str, Any] = dict(JINJA_TESTS)
        self.tests = {n: self._guard_test(n, t) for n, t in known.items()}
        self.globals.pop("lipsum", None)
        self.globals["range"] = self._range

    def trust(self, *words: Any) -> None:
        """These are usher's own: called without questions. They are kept, so that their ids are theirs."""
        self._kept += words
        self.trusted |= {id(word) for word in words}

    # -- counting

    def refill(self) -> None:
        """Begin to count for one rendering."""
        self.turns, self.bytes = MAX_TURNS, MAX_BUILT

    def turn(self, count: int = 1) -> None:
        self.turns -= count
        if self.turns < 0:
            raise Stopped(f"stopped after {MAX_TURNS} turns: a loop, a filter or a macro does not end.")

    def built(self, size: int) -> None:
        """Account for something of this many bytes that is about to be, or was, built."""
        self.bytes -= size
        if size > MAX_OUTPUT:
            raise Stopped(f"stopped: it would build {size} bytes at once; {MAX_OUTPUT} are allowed.")
        if self.bytes < 0:
            raise Stopped(f"stopped: it has built more than {MAX_BUILT} bytes.")

    def counted(self, values: Iterable[Any], weight: int = 1) -> Iterator[Any]:
        """The same values, each one turn."""
        for value in values:
            self.turns -= weight
            if self.turns < 0:
                self.turn(0)
            yield value

    def turning(self, values: Any, weight: int = 1) -> Iterable[Any]:
        """What a `for` goes through; a short list is charged before it begins, which is quicker."""
        if values.__class__ in (list, tuple, dict, range):
            cost = weight * (len(values) + 1)
            if cost <= _UP_FRONT:
                self.turns -= cost
                if self.turns < 0:
                    self.turn(0)
                return values
        return self.counted(values, weight)

    def measured(self, value: Any) -> Any:
        """Called before text is made of a value: of a list that holds one long text many times, that text is vast."""
        if isinstance(value, NESTS):
            size = deep_size(cast("Any", value), MAX_OUTPUT)
            self.turn(size >> 3)
            self.built(size)
        return cast("Any", value)

    def text(self, value: Any) -> str:
        """What is put out of a value. Stands for `str` in the compiled code."""
        if value.__class__ is str:
            return value
        return str(self.measured(value)) if isinstance(value, NESTS) else str(value)

    def limited(self, value: Any) -> Any:
        """A result that is data: it goes to actions, traces and the disk."""
        if value.__class__ in _SCALARS:
            return value
        if isinstance(value, (list, dict, tuple)) and deep_size(cast("Any", value), MAX_BUILT) > MAX_BUILT:
            raise Stopped(f"stopped: the result is larger than {MAX_BUILT} bytes.")
        return cast("Any", value)

    def joined(self, parts: Iterable[str]) -> str:
        """What a macro or a `set` block has put out. Stands for Jinja's `concat`."""
        kept, size = list[str](), 0
        for part in parts:
            size += len(part)
            if size > MAX_OUTPUT:
                break
            kept.append(part)
        self.built(size)
        return "".join(kept)

    def joined_values(self, values: Iterable[Any]) -> str:
        """`a ~ b`."""
        return self.joined([v if v.__class__ is str else self.text(v) for v in values])

    # -- what is guarded

    def guard(self, name: str, run: Callable[..., Any]) -> Callable[..., Any]:
        """A filter or function whose input counts as turns and whose result counts as bytes."""
        at = 1 if getattr(run, "jinja_pass_arg", None) is not None else 0
        padding, looks_in = name in _PADDING, name not in _AS_IT_IS
        longest, weight = _TEXT_WIDTH if name == "wordwrap" else MAX_OUTPUT, _WEIGHTS.get(name, 1)

        cost = _COSTS.get(name, 1)

        def guarded(*args: Any, **kwargs: Any) -> Any:
            self.turns -= cost
            if self.turns < 0:
                self.turn(0)
            if len(args) > at:
                value = args[at]
                if value.__class__ not in _SCALARS:
                    given = self._gone_through(value, weight)
                    if looks_in and isinstance(value, NESTS):
                        self.measured(value)
                    elif isinstance(value, str) and len(value) > longest:
                        raise Stopped(f"stopped: a text of {len(value)} characters is too long for {name}.")
                    if given is not value:
                        args = (*args[:at], given, *args[at + 1 :])
                for other in args[at + 1 :]:
                    if other.__class__ not in _SCALARS:
                        self._charged(other)
            if padding:
                check_widths((*args[at + 1 :], *kwargs.values()))
            result = run(*args, **kwargs)
            if result.__class__ is str:
                self.built(len(result))
            elif result.__class__ not in _SCALARS and isinstance(result, FLAT):
                self.built(flat_size(cast("Any", result)))
            return cast("Any", result)

        if at:
            guarded.jinja_pass_arg = run.jinja_pass_arg  # type: ignore[attr-defined]
        return guarded

    def _guard_test(self, name: str, run: Callable[..., Any]) -> Callable[..., Any]:
        if name not in _COMPARING:
            return run

        def guarded(*args: Any) -> Any:
            for value in args:
                if value.__class__ not in _SCALARS:
                    self._compared(value)
            return run(*args)

        return guarded

    def _gone_through(self, value: Any, weight: int = 1) -> Any:
        """Charge for going through `value`; what has no length is counted as it goes."""
        if value.__class__ is str:
            if len(value) >= 128:
                self.turn(len(value) >> 7)
            return value
        if isinstance(value, (str, bytes)):
            self.turn(len(value) >> 7)
        elif isinstance(value, (list, tuple, dict, set, frozenset, range)):
            self.turn(len(cast("list[Any]", value)) * weight)
        elif isinstance(value, Iterator):
            return self.counted(cast("Iterator[Any]", value), weight)
        return cast("Any", value)

    def _charged(self, value: Any) -> None:
        """An argument of some size, which may be gone through."""
        if isinstance(value, (str, bytes)):
            self.turn(len(value) >> 10)
        elif isinstance(value, NESTS):
            self.turn(len(cast("list[Any]", value)) >> 3)

    def _searched(self, value: Any) -> Any:
        self.turn()
        return self._gone_through(value)

    def _compared(self, value: Any) -> Any:
        """Compared or looked for, a nest is gone through to its depth."""
        if isinstance(value, NESTS):
            self.turn(deep_size(cast("Any", value), MAX_OUTPUT) >> 2)
        elif isinstance(value, (str, bytes)):
            self.turn(len(value) >> 12)
        return cast("Any", value)

    def _copied(self, value: Any) -> Any:
        if isinstance(value, FLAT):
            self.built(flat_size(cast("Any", value)))
        return cast("Any", value)

    def _made(self, value: Any) -> Any:
        """A list or mapping written in the template: what is in it may hold itself a thousandfold."""
        items: Iterable[Any] = cast("dict[Any, Any]", value).values() if isinstance(value, dict) else value
        if any(isinstance(one, NESTS) for one in items) or isinstance(value, dict):
            size = deep_size(value, MAX_OUTPUT)
            self.turn(size >> 2 if size > 64 else 0)
            if size > MAX_OUTPUT:
                self.built(size)
        return cast("Any", value)

    def _range(self, *args: Any) -> range:
        made = range(*(operator.index(a) for a in args))
        if len(made) > MAX_TURNS:
            raise Stopped(f"stopped: range: {len(made)} turns are too many; {MAX_TURNS} are allowed.")
        return made

    def _join(self, values: Iterable[Any], d: str = "", attribute: Any = None) -> str:
        if attribute is not None:
            parts = str(attribute).split(".")
            values = [self._dig(v, parts) for v in values]
        texts = [v if v.__class__ is str else self.text(v) for v in values]
        self.built(sum(map(len, texts)) + len(str(d)) * len(texts))
        return str(d).join(texts)

    def _dig(self, value: Any, parts: list[str]) -> Any:
        for part in parts:
            value = self.getitem(value, int(part) if part.isdigit() else part)
        return value

    def _replace(self, s: Any, old: Any, new: Any, count: int | None = None) -> str:
        text, was, now = str(s), str(old), str(new)
        self.built(len(text) + max(0, len(now) - len(was)) * text.count(was))
        return text.replace(was, now, -1 if count is None else count)

    def _indent(self, s: Any, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
        text = str(s)
        by = width if isinstance(width, int) else len(width)
        self.built(len(text) + (text.count("\n") + 1) * abs(by))
        run: Any = JINJA_FILTERS["indent"]
        return cast("str", run(text, width, first, blank))

    @staticmethod
    @pass_context
    def _sum(context: Any, values: Iterable[Any], attribute: Any = None, start: Any = 0) -> Any:
        """Each `+` is measured: lists may be added up too."""
        env, total = cast("Sandbox", context.environment), start
        parts = [] if attribute is None else str(attribute).split(".")
        for value in values:
            total = env.call_binop(context, "+", total, env._dig(value, parts) if parts else value)
        return total

    def _percent(self, value: Any, *args: Any, **kwargs: Any) -> str:
        return cast("str", self._modulo(str(value), kwargs or args))

    def _modulo(self, left: Any, right: Any) -> Any:
        if isinstance(left, (str, bytes)):
            text = left if isinstance(left, str) else left.decode("latin-1")
            for match in _PERCENT.finditer(text):
                if any(part == "*" or len(part or "") > 4 for part in match.groups()):
                    raise Stopped(f"stopped: the width in {match.group()!r} is too large.")
            wide = sum(int(part) for match in _PERCENT.finditer(text) for part in match.groups() if part)
            values = cast("Any", right.values() if isinstance(right, dict) else right)
            self._filled(text, text.count("%"), values, wide)
        return cast("Any", left % right)

    def _filled(self, text: str, gaps: int, values: Any, wide: int = 0) -> None:
        """Account for a format with its gaps filled, each perhaps with the longest value."""
        given: Iterable[Any] = cast("Iterable[Any]", values if isinstance(values, Iterable) else [values])
        longest = deep_size(values, MAX_OUTPUT) if isinstance(values, (str, bytes)) else max(
            (deep_size(one, MAX_OUTPUT) for one in given), default=0)  # fmt: skip
        self.turn(len(text) >> 6)
        self.built(len(text) + gaps * longest + wide)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`a.b`. Event data is plain mappings, which need no questions but for the names of their methods."""
        kind = obj.__class__
        if kind is dict:
            if attribute not in _DICT:
                try:
                    return obj[attribute]
                except KeyError:
                    return self.undefined(obj=obj, name=attribute)
        elif kind is StateView and attribute in StateView.FIELDS:
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """`a['b']`: a key that is a nest is gone through to its depth."""
        kind = argument.__class__
        if obj.__class__ is dict and kind is str:
            try:
                return obj[argument]
            except KeyError:
                return self.undefined(obj=obj, name=argument)
        if kind is tuple:
            self._compared(argument)
        return super().getitem(obj, argument)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """`+ * ** %`: measured first where the result may be much larger than what it is made of."""
        if isinstance(left, int) and isinstance(right, int):
            if operator == "**":
                if right > 0 and right * left.bit_length() > MAX_BITS:
                    raise Stopped("stopped: that power is too large a number.")
            elif operator == "*" and left.bit_length() + right.bit_length() > MAX_BITS:
                raise Stopped("stopped: that product is too large a number.")
        elif operator == "+" and isinstance(left, FLAT) and isinstance(right, FLAT):
            self.built(flat_size(cast("Any", left)) + flat_size(cast("Any", right)))
        elif operator == "*":
            one, times = cast("tuple[Any, Any]", (right, left) if isinstance(left, int) else (left, right))
            if isinstance(one, FLAT) and isinstance(times, int):
                self.built(flat_size(cast("Any", one)) * max(times, 0))
        elif operator == "%":
            return self._modulo(left, right)
        return self.binop_table[operator](left, right)

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Every call from a template: one turn; methods of text that can grow are measured first."""
        self = __self
        self.turns -= 1
        if self.turns < 0:
            self.turn(0)
        if kwargs:  # of the loop it stands in: for Jinja's own functions that ask for the context
            loop, block = kwargs.pop("_loop_vars", None), kwargs.pop("_block_vars", None)
        else:
            loop = block = None
        if id(__obj) in self.trusted:  # usher's own words, which stay as long as the sandbox: no questions
            if getattr(__obj, "jinja_pass_arg", None) is not None:
                return __obj(__context, *args, **kwargs)
            return __obj(*args, **kwargs)
        owner: Any = getattr(__obj, "__self__", _UNBOUND)
        if owner is not _UNBOUND and isinstance(owner, (str, bytes, list, tuple, dict, int)):
            args = self._check_method(owner, getattr(__obj, "__name__", ""), args, kwargs)
        elif isinstance(__obj, LoopContext) and args:  # loop(children): the inner turns count as well
            args = (self.counted(args[0]), *args[1:])
        elif getattr(__obj, "__name__", "") == "strftime":
            check_time_format(args[0] if args else "")
        self.turn(len(args) >> 3)
        for value in args:
            if value.__class__ not in _SCALARS:
                self._charged(value)
        if getattr(__obj, "jinja_pass_arg", None) is not None:
            kwargs |= {"_loop_vars": loop or {}, "_block_vars": block or {}}
        result: Any = super().call(__context, __obj, *args, **kwargs)
        if result is not owner and result.__class__ not in _SCALARS and isinstance(result, FLAT):
            self.built(flat_size(cast("Any", result)))
        return cast("Any", result)

    def _check_method(self, owner: Any, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Any, ...]:
        """What a method of a text, list, mapping or number costs; answers the arguments, gone through if need be."""
        if isinstance(owner, int):
            check_widths(args if name == "to_bytes" else ())
            return args
        self.turn(len(owner) >> (7 if isinstance(owner, (str, bytes)) else 4))
        if isinstance(owner, (dict, list, tuple)):
            for value in args:
                self._compared(value)
            if name in ("index", "count"):
                self._compared(owner)
        elif name in _GROWING:
            check_widths((*args, *kwargs.values()))
            if name == "expandtabs":
                gap = (*args, *kwargs.values(), 8)[0]
                tabs = owner.count("\t") if isinstance(owner, str) else owner.count(b"\t")
                self.built(len(owner) + tabs * int(gap))
        elif name == "join" and args:
            parts: list[Any] = list(self.counted(cast("Iterable[Any]", args[0])))
            self.built(len(owner) * len(parts) + sum(len(one) for one in parts if isinstance(one, (str, bytes))))
            return (parts, *args[1:])
        elif name == "replace" and len(args) >= 2 and all(isinstance(one, (str, bytes)) for one in args[:2]):
            self.built(len(owner) + max(0, len(args[1]) - len(args[0])) * owner.count(args[0]))
        elif name == "translate":
            raise Stopped("translate is not for templates. Write | replace.")
        return args

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """`'{:>5}'.format(x)`: as the sandbox's, with widths bounded."""
        if value.__class__ not in _METHODS:
            return None
        wrapped = super().wrap_str_format(value)
        if wrapped is None:
            return None
        text = cast("str", value.__self__)
        inner = wrapped

        def formatted(*args: Any, **kwargs: Any) -> str:
            check_format(text)
            self._filled(text, text.count("{"), (*args, *kwargs.values()), MAX_WIDTH // 10 * text.count(":"))
            return str(inner(*args, **kwargs))

        return formatted

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
    ) -> Any:
        return super()._generate(Counted().visit(source), name, filename, defer_init)


__all__ = ["MAX_OUTPUT", "MAX_TURNS", "Nothing", "Sandbox", "Stopped", "check_time_format"]
