"""What a template's text says before it runs: the entities it reads, the names, filters and tests it uses."""

from dataclasses import dataclass
from typing import Any, Final

from jinja2 import nodes

from .functions import STATE_WORDS, TIME_WORDS


@dataclass(frozen=True, slots=True)
class Uses:
    """What one template uses. A name comes with its line in the template, counted from 1."""

    entities: frozenset[str]  # as far as they stand in the text
    everything: bool  # it goes through all states, or asks for one whose id is computed
    time: bool
    names: dict[str, int]  # variables and functions it does not make itself
    asked: frozenset[str]  # of these, those it asks `is defined` or gives a default: they may be missing
    called: frozenset[str]  # of these, those it calls
    filters: dict[str, int]
    tests: dict[str, int]
    imports: tuple[tuple[str, tuple[str, ...], int], ...] = ()  # a macro file, what is taken from it, the line
    fields: tuple[tuple[str, str, int], ...] = ()  # of what the hall made: (trigger.ticket, number, line)


def analyse(tree: nodes.Template, names: set[str]) -> Uses:
    """Walk a parsed template; `names` are those its code looks up from outside."""
    walk = _Walk(names)
    for node in tree.find_all(nodes.Node):
        see = _SEEN.get(type(node))
        if see is not None:
            see(walk, node)
    return Uses(frozenset(walk.entities), walk.everything, walk.time, {n: walk.lines.get(n, 1) for n in names},
                frozenset(walk.asked), frozenset(walk.called), walk.filters, walk.tests,
                tuple(walk.imports), tuple(dict.fromkeys(walk.fields)))  # fmt: skip


class _Walk:
    """What was found so far."""

    def __init__(self, names: set[str]) -> None:
        self.names = names
        self.entities: set[str] = set()
        self.everything = self.time = False
        self.lines: dict[str, int] = {}
        self.asked: set[str] = set()
        self.called: set[str] = set()
        self.filters: dict[str, int] = {}
        self.tests: dict[str, int] = {}
        self.imports: list[tuple[str, tuple[str, ...], int]] = []
        self.fields: list[tuple[str, str, int]] = []
        self._inner: set[int] = set()
        self._forgiven: set[int] = set()  # attributes that may be missing

    def name(self, node: nodes.Name) -> None:
        self.lines.setdefault(node.name, node.lineno)

    def call(self, node: nodes.Call) -> None:
        if not isinstance(node.node, nodes.Name):
            return
        word = node.node.name
        self.called.add(word)
        if word in STATE_WORDS:
            self._asks(node.args[0] if node.args else None)
        elif word in TIME_WORDS:
            self.time = True

    def filter(self, node: nodes.Filter) -> None:
        if not node.name.startswith("_"):
            self.filters.setdefault(node.name, node.lineno)
        if node.name in ("default", "d"):
            self._may_be_missing(node.node)
        if node.name in STATE_WORDS:
            self._asks(node.node)

    def test(self, node: nodes.Test) -> None:
        self.tests.setdefault(node.name, node.lineno)
        if node.name in ("defined", "undefined"):
            self._may_be_missing(node.node)
        if node.name in STATE_WORDS:
            self._asks(node.node)

    def attribute(self, node: nodes.Getattr) -> None:
        """`states.queue.main`; `states.queue` alone goes through the domain."""
        inner = node.node
        holder = _path(inner)
        if holder in HELD and id(node) not in self._forgiven:
            self.fields.append((holder, node.attr, node.lineno))
        if id(node) in self._inner:
            return
        if isinstance(inner, nodes.Getattr) and _is_states(inner.node):
            self.entities.add(f"{inner.attr}.{node.attr}")
            self._inner.add(id(inner))  # which comes after this one: the walk goes from the outside in
        elif _is_states(inner):
            self.everything = True

    def taken(self, node: Any) -> None:
        """`import`, `from ... import`, `include`, `extends` of a file that is named."""
        file = node.template
        if getattr(node, "ignore_missing", False) or not isinstance(file, nodes.Const):
            return
        names = [name if isinstance(name, str) else name[0] for name in getattr(node, "names", ())]
        self.imports.append((str(file.value), tuple(names), node.lineno))

    def loop(self, node: nodes.For) -> None:
        looped = node.iter.node if isinstance(node.iter, nodes.Filter) else node.iter  # the sandbox counts by a filter
        if _is_states(looped):
            self.everything = True

    def _may_be_missing(self, node: Any) -> None:
        self._forgiven.add(id(node))
        if isinstance(node, nodes.Name):
            self.asked.add(node.name)

    def _asks(self, node: Any) -> None:
        if isinstance(node, nodes.Const) and isinstance(node.value, str):
            self.entities.add(node.value)
        else:
            self.everything = True


HELD: Final = frozenset({
    "trigger.ticket", "trigger.event.data.ticket", "ticket()", "queue()", "counter()", "counter().ticket", "visitor()",
})  # fmt: skip
"""Where the hall's own things stand in templates: their fields are known."""


def _path(node: Any) -> str:
    """`trigger.event.data` of such a node; `queue()` of a call; nothing of anything else."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        inner = _path(node.node)
        return f"{inner}.{node.attr}" if inner else ""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name):
        return f"{node.node.name}()"
    return ""


def _is_states(node: Any) -> bool:
    return isinstance(node, nodes.Name) and node.name == "states"


_SEEN: Final[dict[type[Any], Any]] = {
    nodes.Name: _Walk.name,
    nodes.Call: _Walk.call,
    nodes.Filter: _Walk.filter,
    nodes.Test: _Walk.test,
    nodes.Getattr: _Walk.attribute,
    nodes.For: _Walk.loop,
    nodes.Import: _Walk.taken,
    nodes.FromImport: _Walk.taken,
    nodes.Include: _Walk.taken,
    nodes.Extends: _Walk.taken,
}
