"""The sandbox: Jinja2 that cannot reach out, cannot change what it is given, and cannot run away.

A loop in this thread cannot be interrupted by a clock, so a template is stopped by counting: loop turns (also those
inside filters, calls and searches) and bytes built. What could grow at one stroke (`'x' * n`, `10 ** n`, a width in a
format) is measured before it is done.
"""

import operator
import re
import string
from collections.abc import Callable, Iterable, Iterator
from types import BuiltinMethodType, MethodType
from typing import Any, Final, cast

from jinja2 import nodes, sandbox
from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.runtime import LoopContext, Macro, StrictUndefined
from jinja2.utils import missing
from jinja2.visitor import NodeTransformer

from ...errors import TemplateError

MAX_TURNS: Final = 100_000
MACRO: Final = 10  # turns that a macro's call counts as, which is about what it costs
MAX_OUTPUT: Final = 256 * 1024  # of one string, and of the whole text
MAX_BUILT: Final = 8 * 1024 * 1024  # all that one rendering builds
MAX_BITS: Final = 10_000  # of a whole number
MAX_WIDTH: Final = 10_000  # of padding, of an indent
_GROWING: Final = frozenset({"center", "ljust", "rjust", "zfill", "expandtabs"})
_PADDING: Final = frozenset({"center", "indent", "batch", "slice", "tojson", "wordwrap", "truncate", "filesizeformat"})
_WITHOUT_TEXT: Final = frozenset(
    [
        "attr",
        "batch",
        "count",
        "d",
        "default",
        "dictsort",
        "first",
        "groupby",
        "items",
        "join",
        "last",
        "length",
        "list",
        "map",
        "max",
        "min",
        "random",
        "reject",
        "rejectattr",
        "reverse",
        "select",
        "selectattr",
        "slice",
        "sort",
        "sum",
        "unique",
        "average",
        "contains",
        "iif",
        "median",
    ]
)  # filters that take a list or mapping as it is; the others make text of it
_LEFT_OUT: Final = frozenset({"pprint", "urlize", "xmlattr", "striptags", "safe", "forceescape"})
_METHODS: Final = (MethodType, BuiltinMethodType)
_DICT: Final = frozenset(dir(dict))
_PERCENT: Final = re.compile(r"%(?:\([^)]*\))?[-+ #0]*(\*|\d*)(?:\.(\*|\d*))?")
_LONG_NUMBER: Final = re.compile(r"\d{4,}")
_LONG_TIME: Final = re.compile(r"%[-_0^#+]*\d{4,}")


class Stopped(TemplateError):
    """The template did or built too much."""


class Nothing(StrictUndefined):
    """What is not there: may be asked `is defined` and given a `default`, and says its name otherwise."""

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


class Sandbox(sandbox.ImmutableSandboxedEnvironment):
    """One for all templates of a hall; counts anew for each rendering (`refill`)."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})
    concat: Any
    filters: dict[str, Any]
    globals: dict[str, Any]  # pyright: ignore[reportIncompatibleVariableOverride]
    tests: dict[str, Any]

    def __init__(self) -> None:
        super().__init__(
            undefined=Nothing,
            finalize=self.measured,
            optimized=False,
            cache_size=0,
            extensions=["jinja2.ext.loopcontrols", "jinja2.ext.do"],
        )
        self.turns, self.bytes = MAX_TURNS, MAX_BUILT
        self.concat = self.joined
        self.trusted = frozenset[int]()
        self.filters = {n: self.guard(n, f) for n, f in JINJA_FILTERS.items() if n not in _LEFT_OUT}
        self.filters |= {
            "join": self.guard("join", self._join),
            "replace": self.guard("replace", self._replace),
            "format": self.guard("format", self._percent),
            "_turns": self.counted,
            "_searched": self._searched,
            "_copied": self._copied,
            "_joined": self.joined_values,
        }
        self.globals.pop("lipsum", None)
        self.globals["range"] = self._range

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

    def counted(self, values: Iterable[Any]) -> Iterator[Any]:
        """The same values, each one turn. Every `for` in a template goes through here."""
        for value in values:
            self.turns -= 1
            if self.turns < 0:
                self.turn(0)
            yield value

    def measured(self, value: Any) -> Any:
        """Called before text is made of a value: of a list that holds one long text many times, that text is vast."""
        if isinstance(value, (list, tuple, dict, set, frozenset)):
            self.built(deep_size(cast("Any", value), MAX_OUTPUT))
        return cast("Any", value)

    def limited(self, value: Any) -> Any:
        """A result that is data: it goes to actions, traces and the disk."""
        if isinstance(value, (list, dict, tuple)) and deep_size(cast("Any", value), MAX_BUILT) > MAX_BUILT:
            raise Stopped(f"stopped: the result is larger than {MAX_BUILT} bytes.")
        return cast("Any", value)

    def joined(self, parts: Iterable[str]) -> str:
        """What a macro or a `set` block has put out. Stands for Jinja's `concat`."""
        parts = list(parts)
        self.built(sum(map(len, parts)))
        return "".join(parts)

    def joined_values(self, values: Iterable[Any]) -> str:
        """`a ~ b`."""
        return self.joined([v if type(v) is str else str(self.measured(v)) for v in values])

    # -- what is guarded

    def guard(self, name: str, run: Callable[..., Any]) -> Callable[..., Any]:
        """A filter or function whose input counts as turns and whose result counts as bytes."""
        at = 1 if getattr(run, "jinja_pass_arg", None) is not None else 0
        padding, textual = name in _PADDING, name not in _WITHOUT_TEXT

        def guarded(*args: Any, **kwargs: Any) -> Any:
            if len(args) > at:
                given = self._gone_through(args[at])
                if textual:
                    self.measured(given)
                if given is not args[at]:
                    args = (*args[:at], given, *args[at + 1 :])
            if padding:
                _check_widths((*args[at + 1 :], *kwargs.values()))
            result = run(*args, **kwargs)
            if isinstance(result, (str, list, tuple)):
                self.built(_size(cast("Any", result)))
            return cast("Any", result)

        if at:
            guarded.jinja_pass_arg = run.jinja_pass_arg  # type: ignore[attr-defined]
        return guarded

    def _gone_through(self, value: Any) -> Any:
        """Charge for going through `value`; what has no length is counted as it goes."""
        if isinstance(value, str):
            self.turn(1 + (len(value) >> 12))
        elif isinstance(value, (list, tuple, dict, set, frozenset, range)):
            self.turn(1 + len(cast("list[Any]", value)))
        elif isinstance(value, Iterator):
            return self.counted(cast("Iterator[Any]", value))
        else:
            self.turn()
        return cast("Any", value)

    def _searched(self, value: Any) -> Any:
        return self._gone_through(value)

    def _copied(self, value: Any) -> Any:
        if isinstance(value, (str, list, tuple)):
            self.built(_size(cast("Any", value)))
        return cast("Any", value)

    def _range(self, *args: Any) -> range:
        made = range(*(operator.index(a) for a in args))
        if len(made) > MAX_TURNS:
            raise Stopped(f"range: {len(made)} turns are too many; {MAX_TURNS} are allowed.")
        return made

    def _join(self, values: Iterable[Any], d: str = "", attribute: Any = None) -> str:
        if attribute is not None:
            parts = str(attribute).split(".")
            values = [self._dig(v, parts) for v in values]
        texts = [v if type(v) is str else str(self.measured(v)) for v in values]
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

    def _percent(self, value: Any, *args: Any, **kwargs: Any) -> str:
        return cast("str", self._modulo(str(value), kwargs or args))

    def _modulo(self, left: Any, right: Any) -> Any:
        if isinstance(left, str):
            for match in _PERCENT.finditer(left):
                if any(part == "*" or len(part or "") > 4 for part in match.groups()):
                    raise Stopped(f"stopped: the width in {match.group()!r} is too large.")
            self._filled(left, left.count("%"), right.values() if isinstance(right, dict) else right)
        return left % right

    def _filled(self, text: str, gaps: int, values: Any) -> None:
        """Account for a format with its gaps filled, each perhaps with the longest value."""
        given: Iterable[Any] = cast("Iterable[Any]", values if isinstance(values, Iterable) else [values])
        longest = deep_size(values, MAX_OUTPUT) if isinstance(values, str) else max(
            (deep_size(one, MAX_OUTPUT) for one in given), default=0)  # fmt: skip
        self.built(len(text) + gaps * longest)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`a.b`. Event data is plain mappings, which need no questions but for the names of their methods."""
        if obj.__class__ is dict and attribute not in _DICT:
            try:
                return obj[attribute]
            except KeyError:
                return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """`+ * ** %`: measured first where the result may be much larger than what it is made of."""
        if isinstance(left, int) and isinstance(right, int):
            if operator == "**":
                if right > 0 and right * left.bit_length() > MAX_BITS:
                    raise Stopped("stopped: that power is too large a number.")
            elif operator == "*" and left.bit_length() + right.bit_length() > MAX_BITS:
                raise Stopped("stopped: that product is too large a number.")
        elif operator == "+" and isinstance(left, (str, list, tuple)) and isinstance(right, (str, list, tuple)):
            self.built(_size(cast("Any", left)) + _size(cast("Any", right)))
        elif operator == "*":
            one, times = cast("tuple[Any, Any]", (right, left) if isinstance(left, int) else (left, right))
            if isinstance(one, (str, list, tuple)) and isinstance(times, int):
                self.built(_size(cast("Any", one)) * max(times, 0))
        elif operator == "%":
            return self._modulo(left, right)
        return self.binop_table[operator](left, right)

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Every call from a template: one turn; methods of text that can grow are measured first."""
        self = __self
        self.turn()
        if id(__obj) in self.trusted:  # usher's own words, which stay as long as the sandbox: no questions
            return __obj(*args, **kwargs)
        owner: Any = getattr(__obj, "__self__", None)
        if isinstance(owner, str):
            self._check_method(owner, __obj.__name__, args, kwargs)
        elif isinstance(__obj, Macro):
            self.turn(MACRO - 1)
        elif isinstance(__obj, LoopContext) and args:  # loop(children): the inner turns count as well
            args = (self.counted(args[0]), *args[1:])
        elif getattr(__obj, "__name__", "") == "strftime":
            _check_time_format(str(args[0]) if args else "")
        result = super().call(__context, __obj, *args, **kwargs)
        if isinstance(result, str) and result is not owner:
            self.built(len(result))
        return result

    def _check_method(self, owner: str, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if name in _GROWING:
            _check_widths((*args, *kwargs.values()))
        elif name == "join" and args and isinstance(args[0], (list, tuple)):
            parts = cast("list[Any]", args[0])
            self.turn(len(parts))
            self.built(len(owner) * len(parts))
        elif name == "replace" and len(args) >= 2 and isinstance(args[0], str) and isinstance(args[1], str):
            self.built(len(owner) + max(0, len(args[1]) - len(args[0])) * owner.count(args[0]))
        elif name == "translate":
            raise Stopped("translate is not for templates. Write | replace.")

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
            _check_format(text)
            self._filled(text, text.count("{"), (*args, *kwargs.values()))
            return str(inner(*args, **kwargs))

        return formatted

    # -- what the parser makes of loops, searches and joins

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
    ) -> Any:
        return super()._generate(_Counted().visit(source), name, filename, defer_init)


class _Counted(NodeTransformer):
    """Sends every loop, search, slice and `~` through the counting filters above."""

    def visit_For(self, node: nodes.For) -> nodes.For:
        self.generic_visit(node)
        node.iter = _through("_turns", cast("nodes.Expr", node.iter))
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Compare:
        self.generic_visit(node)
        for operand in node.ops:
            if operand.op in ("in", "notin") and not isinstance(operand.expr, (nodes.Const, nodes.List, nodes.Tuple)):
                operand.expr = _through("_searched", operand.expr)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Getitem:
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = _through("_copied", node.node)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:
        self.generic_visit(node)
        parts = nodes.List(node.nodes, lineno=node.lineno, environment=node.environment)
        return _through("_joined", parts)


def _through(name: str, node: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno, environment=node.environment)


def deep_size(value: Any, limit: int) -> int:
    """About how many characters the text of a value has; stops counting beyond `limit`."""
    size, stack = 0, [value]
    while stack and size <= limit:
        one = stack.pop()
        if isinstance(one, str):
            size += len(one)
        elif isinstance(one, dict):
            size += 6 * len(cast("dict[Any, Any]", one))
            stack += [*cast("dict[Any, Any]", one), *cast("dict[Any, Any]", one).values()]
        elif isinstance(one, (list, tuple, set, frozenset)):
            size += 2 * len(cast("list[Any]", one))
            stack += cast("list[Any]", one)
        else:
            size += 8
    return size


def _size(value: str | list[Any] | tuple[Any, ...]) -> int:
    return len(value) if isinstance(value, str) else 8 * len(value)


def _check_widths(values: Iterable[Any]) -> None:
    for value in values:
        if isinstance(value, int) and abs(value) > MAX_WIDTH:
            raise Stopped(f"stopped: a width of {value} is too large; {MAX_WIDTH} is the most.")
        if isinstance(value, str) and len(value) > MAX_WIDTH:
            raise Stopped(f"stopped: a padding of {len(value)} characters is too large.")


def _check_format(text: str) -> None:
    """Widths in `'{:>5}'`: of three digits at most, and none that is computed."""
    try:
        specs = [spec for _, _, spec, _ in string.Formatter().parse(text) if spec]
    except ValueError:
        return  # the formatter itself says what is wrong
    if any("{" in spec or _LONG_NUMBER.search(spec) for spec in specs):
        raise Stopped("stopped: a width in that format is too large, or computed.")


def _check_time_format(text: str) -> None:
    """`%9999d`: the C library pads as wide as it is told."""
    if _LONG_TIME.search(text):
        raise Stopped("stopped: a width in that time format is too large.")


__all__ = ["MAX_OUTPUT", "MAX_TURNS", "Nothing", "Sandbox", "Stopped"]
