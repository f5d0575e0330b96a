"""Custom macros: the files of `templates/` (and of Home Assistant's `custom_templates/`), named from that folder on.

All files are read and compiled at once, before anybody asks for one: a fault in one is told with its place, and a
template that imports it says where it is. What a file says is taken anew by `take`; a template that imports a file
looks it up when it is rendered, so it need not be compiled again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, cast

from jinja2 import TemplateNotFound, TemplateSyntaxError, nodes
from jinja2.environment import Environment, TemplateModule
from jinja2.environment import Template as JinjaTemplate
from jinja2.loaders import BaseLoader
from jinja2.runtime import Context

from ...errors import Place, Problem, TemplateError
from ...schema import did_you_mean
from ...syntax import template_mend
from .analysis import Uses, analyse

FOLDERS: Final = ("templates", "custom_templates")
SUFFIX: Final = ".jinja"
MAX_FILE: Final = 256 * 1024
MAX_FILES: Final = 500
_QUOTED: Final = re.compile(r"'([^']+)'")
_RESOLVED: Final = re.compile(r"resolve\('(\w+)'\)")


class Compiler(Protocol):
    """What the room lends: a text to code, and code to a template."""

    def parse(self, source: str) -> nodes.Template: ...

    def code(self, tree: nodes.Template, file: str) -> tuple[str, Any]: ...


class MacroFile(JinjaTemplate):
    """One file, compiled. Its macros are made once, unless its top does more than hold them."""

    path: str
    uses: Uses
    exports: frozenset[str]
    fixed: bool

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        if not self.fixed:
            return self.make_module()
        return super()._get_default_module(ctx)


@dataclass(frozen=True, slots=True)
class MacroSources:
    """What stands in the files: name -> (path, text). Read by `read_macros`, which may be done in any thread."""

    files: Mapping[str, tuple[str, str]]
    problems: tuple[Problem, ...] = ()


def read_macros(folder: Path | None) -> MacroSources:
    """Read all macro files of a configuration folder."""
    files: dict[str, tuple[str, str]] = {}
    problems: list[Problem] = []
    for root in () if folder is None else [folder / name for name in FOLDERS]:
        for path in sorted(root.rglob("*" + SUFFIX))[:MAX_FILES] if root.is_dir() else ():
            name = path.relative_to(root).as_posix()
            if name in files:
                problems.append(Problem(Place(str(path), 1, 1), f"template file {name!r} stands twice; the first is "
                                        f"{files[name][0]}."))  # fmt: skip
                continue
            try:
                text = path.read_text("utf-8") if path.stat().st_size <= MAX_FILE else None
            except (OSError, UnicodeDecodeError) as error:
                problems.append(Problem(Place(str(path), 1, 1), f"template file {name!r} cannot be read: {error}"))
                continue
            if text is None:
                problems.append(Problem(Place(str(path), 1, 1), f"template file {name!r} is larger than {MAX_FILE} "
                                        "bytes."))  # fmt: skip
                continue
            files[name] = (str(path), text)
    return MacroSources(files, tuple(problems))


class Macros(BaseLoader):
    """The files that may be imported, as they were taken last."""

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        self.files: dict[str, MacroFile] = {}
        self.faulty: dict[str, Problem] = {}
        self.problems: list[Problem] = []
        self._taken: Mapping[str, tuple[str, str]] = {}

    def take(self, sources: MacroSources) -> bool:
        """Compile them; what was imported before is forgotten. Answers whether anything is otherwise than before."""
        if sources.files == self._taken and self.problems == [*sources.problems, *self.faulty.values()]:
            return False
        self._taken = sources.files
        self.files, self.faulty = {}, {}
        for name, (path, text) in sources.files.items():
            try:
                self.files[name] = self._compile(name, path, text)
            except TemplateError as error:
                self.faulty[name] = Problem(error.place, error.text)
        self.problems = [*sources.problems, *self.faulty.values()]
        return True

    def _compile(self, name: str, path: str, text: str) -> MacroFile:
        try:
            tree = self._compiler.parse(text)
            top = tree.body
            exports, fixed = frozenset(_exports(top)), all(map(_holds_only, top))
            code, namespace = self._compiler.code(tree, path)
        except TemplateSyntaxError as error:
            place = Place(path, error.lineno, _column(text, error.lineno, error.message or ""))
            message = (error.message or "").rstrip(".")
            raise TemplateError(f"template: {message}.{template_mend(error.message or '')}", place) from error
        except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError, TemplateError) as error:
            raise TemplateError(f"template: it cannot be compiled: {error}", Place(path, 1, 1)) from error
        namespace["name"] = name
        make: Any = MacroFile._from_namespace  # pyright: ignore[reportPrivateUsage]
        made = cast("MacroFile", make(namespace["environment"], namespace, {}))
        made.path, made.exports, made.fixed = path, exports, fixed
        made.uses = analyse(tree, set(_RESOLVED.findall(code)))
        return made

    def load(self, environment: Environment, name: str, globals: Any = None) -> JinjaTemplate:
        """Asked by an import when it is rendered."""
        turn: Any = getattr(environment, "turn", None)
        if turn is not None:
            turn(10)
        found = self.files.get(name)
        if found is None:
            raise TemplateNotFound(name, self.missing(name))
        return found

    def missing(self, name: str) -> str:
        """Why a file cannot be imported."""
        if name in self.faulty:
            return f"the template file {name!r} is faulty: {self.faulty[name]}"
        hint = did_you_mean(name, [*self.files, *self.faulty])
        if not hint and not self.files:
            hint = f" Put it into {FOLDERS[0]}/ as {name}."
        return f"there is no template file {name!r}.{hint or ' There are: ' + ', '.join(sorted(self.files)) + '.'}"


def _exports(body: list[nodes.Node]) -> list[str]:
    """What may be imported from a file: macros, and what is set at its top."""
    found: list[str] = []
    for node in body:
        if isinstance(node, nodes.Macro):
            found.append(node.name)
        elif isinstance(node, (nodes.Assign, nodes.AssignBlock)):
            found += [one.name for one in node.find_all(nodes.Name) if one.ctx == "store"]
        elif isinstance(node, nodes.Import):
            found.append(node.target)
        elif isinstance(node, nodes.FromImport):
            found += [name if isinstance(name, str) else name[1] for name in node.names]
        elif isinstance(node, (nodes.If, nodes.For)):
            found += _exports(node.body)
    return [name for name in found if not name.startswith("_")]


def _holds_only(node: nodes.Node) -> bool:
    """Whether a node of a file's top is the same each time."""
    if isinstance(node, nodes.Output):
        return all(isinstance(part, nodes.TemplateData) for part in node.nodes)
    if isinstance(node, nodes.Assign):
        return isinstance(node.node, nodes.Const)
    return isinstance(node, nodes.Macro)


def _column(text: str, line: int, message: str) -> int:
    """Where on its line a fault stands: at the word the message names last, else where the line begins."""
    lines = text.splitlines()
    written = lines[line - 1] if 0 < line <= len(lines) else ""
    for word in reversed(_QUOTED.findall(message)):
        if word in written:
            return written.index(word) + 1
    return len(written) - len(written.lstrip()) + 1
