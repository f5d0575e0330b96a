"""Templates: compiled when the YAML is read, rendered with typed results, and each knows what it reads.

`Templates` is the room: one sandbox, one cache by text (a thousand automations of one blueprint share theirs). A
`Template` is a text at its place. Filters and functions that other rooms lend (`spoken`) are looked up when they are
called, so a template compiled before they are lent works.
"""

import marshal
import pickle
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from jinja2 import TemplateSyntaxError, nodes, pass_context
from jinja2.environment import Template as JinjaTemplate
from jinja2.runtime import Context
from jinja2.utils import missing

from ...clock import Clock
from ...errors import Place, TemplateError
from ...offers import FILTERS, FUNCTIONS, READERS, Kind, Offers
from ...source import Text
from ...states import States
from ...syntax import template_mend
from ...words import Words
from .analysis import Uses, analyse
from .catalogue import DESCRIPTIONS
from .functions import install
from .macros import Macros, MacroSources, read_macros
from .reads import Notes, Overlay, Reads, Seen
from .results import of_text, of_value
from .sandbox import MAX_OUTPUT, Nothing, Sandbox, Stopped

_RESOLVED: Final = re.compile(r"resolve\('(\w+)'\)")
_FILE: Final = "<template>"
_NO_KEYS: Final = frozenset[str]()
CACHED: Final = 4096  # compiled texts
MAX_SOURCE: Final = 64 * 1024


class Module(Context):
    """Where the names of a macro file are looked up: nothing is copied here either."""

    def resolve_or_missing(self, key: str) -> Any:
        found = super().resolve_or_missing(key)
        return self.environment.globals.get(key, missing) if found is missing else found


class Scope(Context):
    """Where a template's names are looked up: what it is given, then the sandbox's words. Nothing is copied."""

    def __init__(self, environment: Sandbox, names: Mapping[str, Any], compiled: "Compiled") -> None:
        # Not Jinja's own: that copies all words and makes an evaluation context each time, which costs as much as
        # rendering a short template does.
        self.parent: Any = names
        self.vars = {}
        self.environment = environment
        self.eval_ctx = compiled.evaluation
        self.exported_vars = set()
        self.name = _FILE
        self.globals_keys: Any = _NO_KEYS
        self.blocks = {name: [block] for name, block in compiled.blocks.items()} if compiled.blocks else {}

    def resolve_or_missing(self, key: str) -> Any:
        if key in self.vars:
            return self.vars[key]
        found = self.parent.get(key, missing)
        return self.environment.globals.get(key, missing) if found is missing else found


@dataclass(frozen=True, slots=True)
class Compiled:
    """One text, ready to run. `single`: it is one expression, whose value needs no way through text."""

    root: Callable[[Context], Iterable[str]]
    blocks: dict[str, Any]
    debug: list[tuple[int, int]]
    single: bool
    uses: Uses
    evaluation: nodes.EvalContext


class Template:
    """A template at its place in the YAML."""

    __slots__ = ("_compiled", "_room", "place", "text")

    def __init__(self, room: "Templates", text: str, compiled: Compiled, place: Place | None) -> None:
        self._room, self.text, self._compiled, self.place = room, text, compiled, place

    @property
    def uses(self) -> Uses:
        return self._compiled.uses

    def render(self, names: Mapping[str, Any], overlay: Overlay | None = None) -> Any:
        """The typed result; raises TemplateError with the place. Entities in `overlay` are seen as they are there."""
        if overlay:
            return self.render_noted(names, None, overlay)
        return self._typed(self._run(names))

    def render_tracked(self, names: Mapping[str, Any], overlay: Overlay | None = None) -> tuple[Any, Reads]:
        """The typed result, and what was read for it; `render_noted` tells that of a failing one too."""
        notes = Notes()
        return self.render_noted(names, notes, overlay), notes.reads()

    def render_noted(self, names: Mapping[str, Any], notes: Notes | None, overlay: Overlay | None = None) -> Any:
        """As `render`, and what is read is put into `notes`, also when it fails."""
        seen = self._room.seen
        seen.begin(notes, overlay)
        try:
            return self._typed(self._run(names))
        finally:
            seen.end()

    def _typed(self, value: Any) -> Any:
        try:
            return self._room.env.limited(of_value(value)) if self._compiled.single else of_text(value)
        except Exception as error:
            raise self._failure(error) from error

    def text_or_data(self, names: Mapping[str, Any]) -> Any:
        """For what is to be text: as it was rendered (`007`, `12`); a list or mapping stays one."""
        value = self._run(names)
        if isinstance(value, (list, dict)):
            return self._room.env.limited(of_value(value))
        try:
            return str(value).strip()
        except Exception as error:
            raise self._failure(error) from error

    def written(self, names: Mapping[str, Any]) -> str:
        """For people to read: as `text_or_data`, and of nothing (none) no word."""
        value = self._run(names)
        try:
            return "" if value is None else self._room.env.text(value)
        except Exception as error:
            raise self._failure(error) from error

    def _run(self, names: Mapping[str, Any]) -> Any:
        room, compiled = self._room, self._compiled
        env = room.env
        env.refill()
        scope = Scope(env, names, compiled)
        try:
            if compiled.single:
                for _ in compiled.root(scope):
                    pass
                value = scope.vars["_value"]
                return str(value) if isinstance(value, Nothing) else value  # an undefined one says so here
            size = 0
            parts: list[str] = []
            for part in compiled.root(scope):
                size += len(part)
                if size > MAX_OUTPUT:
                    raise Stopped(f"stopped: the text is longer than {MAX_OUTPUT} characters.")
                parts.append(part)
            return "".join(parts)
        except Exception as error:
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> TemplateError:
        """Any failure of a template, as a sentence with its place (and its line, if it has several)."""
        if isinstance(error, TemplateError):
            text = error.text
        elif isinstance(error, RecursionError):
            text = "stopped: it calls itself too deeply."
        else:
            text = str(getattr(error, "message", None) or error) or type(error).__name__
        line = self._line(error.__traceback__) if "\n" in self.text.strip() else None
        where = f" (line {line} of it)" if line else ""
        where += self._in_macro(error.__traceback__)
        made = Stopped if isinstance(error, Stopped) else TemplateError
        return made(f"template{where}: {text}", self.place)

    def _line(self, traceback: TracebackType | None) -> int | None:
        found: int | None = None
        while traceback is not None:
            if traceback.tb_frame.f_code.co_filename == _FILE:
                found = next((line for line, code in reversed(self._compiled.debug) if code <= traceback.tb_lineno), 1)
            traceback = traceback.tb_next
        return found

    def _in_macro(self, traceback: TracebackType | None) -> str:
        """` (in templates/tools.jinja:7)`: the innermost line of a macro file that failed."""
        files = {one.path: one for one in self._room.macros.files.values()}
        found = ""
        while traceback is not None and files:
            one = files.get(traceback.tb_frame.f_code.co_filename)
            if one is not None:
                found = f" (in {one.path}:{one.get_corresponding_lineno(traceback.tb_lineno)})"
            traceback = traceback.tb_next
        return found


class Templates:
    """Compiles and renders. Without `offers` (`usher check`) it compiles, and what is lent is only named."""

    def __init__(
        self, states: States, clock: Clock, offers: Offers | None = None, folder: Path | None = None
    ) -> None:  # fmt: skip
        self.states, self.clock = states, clock
        self.env, self.seen = Sandbox(), Seen(states)
        self._offers = offers or Offers()
        install(self.env, self.seen, clock)
        self.filters = frozenset(n for n in self.env.filters if not n.startswith("_"))
        self.tests = frozenset(self.env.tests)
        self.functions = frozenset(self.env.globals)
        self.env.filters = _Lent(self.env.filters, lambda name: self._late(FILTERS, name))
        self.env.globals = _Lent(self.env.globals, self._function)
        self._cache: OrderedDict[str, Compiled] = OrderedDict()
        self._readers: dict[str, tuple[Any, Callable[..., Any]]] = {}
        self._folder = folder
        self.macros = self.env.loader = Macros(_Compiler(self))
        self.env.context_class = Module
        self.macros.take(read_macros(folder))

    def words(self) -> list[tuple[str, str, Words]]:
        """Every word there is, lent ones too: (function | filter | test, name, what it is for)."""
        lent = {"function": {*self._offers.all(FUNCTIONS), *self._offers.all(READERS)},
                "filter": set(self._offers.all(FILTERS))}  # fmt: skip
        own = {"function": self.functions, "filter": self.filters, "test": self.tests}
        return [
            (kind, name, DESCRIPTIONS.get(name, ""))
            for kind, names in own.items()
            for name in sorted({*names, *lent.get(kind, ())})
        ]

    def reload(self, sources: MacroSources | None = None) -> bool:
        """Take the macro files anew (or these, read elsewhere by `read_macros`); whether any is otherwise.

        Who imports one sees it at the next rendering; who follows a template renders it again (`TemplateWatch.refresh`).
        """
        return self.macros.take(sources if sources is not None else read_macros(self._folder))

    def read(self, text: str, place: Place | None = None) -> Template:
        """Compile a text; raises TemplateError with its place."""
        if place is None and isinstance(text, Text):
            place = text.place
        source = str(text)
        compiled = self._cache.get(source)
        if compiled is None:
            compiled = self._compile(source, place)
            self._cache[source] = compiled
            if len(self._cache) > CACHED:
                self._cache.popitem(last=False)
        return Template(self, source, compiled, place)

    def knows(self, text: str) -> bool:
        """Whether this text is compiled already."""
        return text in self._cache

    def made(self, text: str) -> bytes:
        """A text compiled, to be taken by another process; raises TemplateError."""
        compiled = self._compile(text, None)
        tree = self.env.parse(text)
        _as_assignment(tree)
        return pickle.dumps(
            (marshal.dumps(compile(self.text(tree, _FILE), _FILE, "exec")), compiled.single, compiled.uses)
        )

    def take(self, text: str, made: bytes) -> None:
        """Take what another process made of a text."""
        code, single, uses = pickle.loads(made)  # noqa: S301 - from our own child
        namespace: dict[str, Any] = {"environment": self.env, "__file__": _FILE, "str": self.env.text}
        exec(marshal.loads(code), namespace)  # noqa: S102, S302 - the compiler's own code
        one: Any = JinjaTemplate._from_namespace(self.env, namespace, {})  # pyright: ignore[reportPrivateUsage]
        self._cache[text] = Compiled(one.root_render_func, one.blocks, one.debug_info, single, uses,
                                     nodes.EvalContext(self.env, _FILE))  # fmt: skip
        if len(self._cache) > CACHED:
            self._cache.popitem(last=False)

    def render(self, text: str, variables: Mapping[str, Any] | None = None) -> Any:
        """Render a text once; what others are lent as RENDER."""
        return self.read(text).render(variables or {})

    def write(self, text: str, variables: Mapping[str, Any] | None = None) -> Any:
        """Render a text once, for paper or a screen: 1.50 stays as it is written."""
        return self.read(text).written(variables or {})

    def _compile(self, source: str, place: Place | None) -> Compiled:
        if len(source) > MAX_SOURCE:
            raise TemplateError(f"template: a text of {len(source)} characters is too long.", place)
        env = self.env
        env.refill()
        try:
            tree = env.parse(source)
            single = _as_assignment(tree)
            code_text, namespace = self.code(tree, _FILE)
            made: Any = JinjaTemplate._from_namespace(env, namespace, {})  # pyright: ignore[reportPrivateUsage]
        except TemplateSyntaxError as error:
            line = f" (line {error.lineno} of it)" if "\n" in source.strip() else ""
            message = (error.message or "").rstrip(".")
            raise TemplateError(f"template{line}: {message}.{template_mend(error.message or '')}", place) from error
        except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError, Stopped) as error:
            raise TemplateError(f"template: it cannot be compiled: {error}", place) from error
        # The generated code looks every outer name up by `resolve('name')`; nothing else of Jinja tells them so cheaply.
        names = set(_RESOLVED.findall(code_text))
        return Compiled(made.root_render_func, made.blocks, made.debug_info, single, analyse(tree, names),
                        nodes.EvalContext(env, _FILE))  # fmt: skip

    def code(self, tree: nodes.Template, file: str) -> tuple[str, dict[str, Any]]:
        """The Python that is made of a template, and what it defines; what it puts out goes through the sandbox."""
        text = self.text(tree, file)
        namespace: dict[str, Any] = {"environment": self.env, "__file__": file, "str": self.env.text}
        exec(compile(text, file, "exec"), namespace)  # noqa: S102 - the compiler's own code
        return text, namespace

    def text(self, tree: nodes.Template, file: str) -> str:
        """The Python that is made of a template."""
        env = self.env
        tests = {node.name for node in tree.find_all(nodes.Test)} - env.tests.keys()
        for name in tests:  # told by the check, and when it runs
            env.tests[name] = _missing_test(name)
        try:
            return env.compile(tree, file, file, raw=True)
        finally:
            for name in tests:
                del env.tests[name]

    def _function(self, name: str) -> Any:
        """A function that another room lends; one that reads is made once, with what templates see."""
        lent = self._offers.get(FUNCTIONS, name)
        if lent is not None:
            return lent
        make = self._offers.get(READERS, name)
        if make is None:
            return None
        known = self._readers.get(name)
        if known is None or known[0] is not make:
            known = self._readers[name] = (make, self.env.guard(name, make(self.seen)))
            self.env.trust(known[1])
        return known[1]

    def _late(self, kind: Kind[Callable[..., Any]], name: str) -> Callable[..., Any]:
        offers = self._offers

        @pass_context  # also keeps Jinja from calling it while it compiles
        def late(_: Context, *args: Any, **kwargs: Any) -> Any:
            run = offers.get(kind, name)
            if run is None:
                raise TemplateError(f"there is no {kind.name} {name!r} here.")
            result = run(*args, **kwargs)
            if isinstance(result, str):
                self.env.built(len(result))
            return result

        return late


class _Compiler:
    """What the macro files need of the room."""

    def __init__(self, room: Templates) -> None:
        self._room = room

    def parse(self, source: str) -> nodes.Template:
        self._room.env.refill()
        return self._room.env.parse(source)

    def code(self, tree: nodes.Template, file: str) -> tuple[str, Any]:
        return self._room.code(tree, file)


class _Lent(dict[str, Any]):
    """The sandbox's words, and behind them those that other rooms lend, found when they are asked for."""

    def __init__(self, own: Mapping[str, Any], find: Callable[[str], Any]) -> None:
        super().__init__(own)
        self._find = find

    def get(self, key: str, default: Any = None) -> Any:
        found = super().get(key, missing)
        if found is missing:
            found = self._find(key)
        return default if found is None else found

    def __missing__(self, key: str) -> Any:
        found = self._find(key)
        if found is None:
            raise KeyError(key)
        return found


def is_template(text: Any) -> bool:
    """Whether a value from the YAML is a template."""
    return isinstance(text, str) and ("{{" in text or "{%" in text or "{#" in text)


def _as_assignment(tree: nodes.Template) -> bool:
    """Turn a template that is one expression into an assignment of its value; answers whether it is one."""
    parts = [
        part
        for output in tree.body
        for part in (output.nodes if isinstance(output, nodes.Output) else [output])
        if not (isinstance(part, nodes.TemplateData) and not part.data.strip())
    ]
    if len(parts) != 1 or not isinstance(parts[0], nodes.Expr) or isinstance(parts[0], nodes.TemplateData):
        return False
    expression = parts[0]
    target = nodes.Name("_value", "store", lineno=expression.lineno)
    body: list[nodes.Node] = [nodes.Assign(target, expression, lineno=expression.lineno)]
    tree.body = body
    tree.set_environment(expression.environment)  # type: ignore[arg-type]
    return True


def _missing_test(name: str) -> Callable[..., Any]:
    @pass_context
    def missing_test(*_: Any) -> Any:
        raise TemplateError(f"there is no test {name!r} here.")

    return missing_test


__all__ = ["Notes", "Overlay", "Reads", "Template", "Templates", "Uses", "is_template"]
