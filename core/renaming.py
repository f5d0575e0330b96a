"""`usher rename`: an id rewritten wherever the YAML of a configuration names it; comments and layout stay as they are.

What is rewritten: the thing's own key (or `id:`), bare names where a model or a key of that domain takes them
(`counter: 1`, `serves: [a]`), full ids (alone, in lists, as keys), and ids inside templates, also those of macros.
Secrets, text outside `{{ }}` and other people's blueprints are not touched. A template that holds the bare name as a
word of its own is told to be looked at: what it means there is not known before it runs.
"""

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from .config import Configuration
from .errors import ConfigError, Place, UsherError
from .ids import EntityId
from .source import Map, Seq, shown_path

_BLOCK: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_BOM: Final = "\ufeff"
_STR: Final = "tag:yaml.org,2002:str"


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of one file: `old` at `start` (a character's index) becomes `new`."""

    file: Path
    start: int
    old: str
    new: str
    place: Place
    why: str  # the line before and after, for people


@dataclass
class Renaming:
    """All that is to be changed, and what a person must look at."""

    edits: list[Edit] = field(default_factory=list[Edit])
    look: list[tuple[Place, str]] = field(default_factory=list[tuple[Place, str]])
    notes: list[str] = field(default_factory=list[str])
    defined: bool = False  # the thing's own key was found

    @property
    def files(self) -> list[Path]:
        return sorted({edit.file for edit in self.edits})


def plan(configuration: Configuration, old: str, new: str) -> Renaming:
    """Find every use of `old`; raises UsherError when it cannot be renamed, ConfigError when the YAML is faulty."""
    before, after = _ids(old, new)
    if configuration.errors:
        raise ConfigError(configuration.errors)
    if str(before) not in configuration.entities:
        from .schema import did_you_mean

        raise UsherError(
            f"there is no {before} in this configuration.{did_you_mean(str(before), configuration.entities)}"
        )
    if str(after) in configuration.entities:
        raise UsherError(f"there is a {after} already. Choose another name.")
    found = Renaming()
    marked = {(r.place.file, r.place.line, r.place.column) for r in configuration.references
              if r.place is not None and _means(r.domain, r.name, before)}  # fmt: skip
    definition = _definition(configuration.tree, before)
    for file in _files(configuration):
        _Hand(file, before, after, marked, definition, found).work()
    if not found.defined:
        raise UsherError(f"{before} has no key of its own in the YAML (its name is made of its alias, perhaps). "
                         "Rename it where it is described.")  # fmt: skip
    return found


def write(found: Renaming) -> dict[Path, bytes]:
    """Write all changes, each file as a whole or not at all; answers what the files were."""
    originals: dict[Path, bytes] = {}
    ready: list[tuple[str, Path]] = []
    try:
        for file in found.files:
            originals[file] = file.read_bytes()
            text = _changed(originals[file], [edit for edit in found.edits if edit.file == file])
            ready.append((_beside(file, text), file))
    except BaseException:
        for made, _ in ready:
            os.unlink(made)
        raise
    for made, file in ready:
        os.replace(made, file)
    return originals


def put_back(originals: dict[Path, bytes]) -> None:
    """Undo `write`."""
    for file, content in originals.items():
        os.replace(_beside(file, content), file)


def _ids(old: str, new: str) -> tuple[EntityId, EntityId]:
    try:
        before = EntityId.parse(old)
        after = EntityId.parse(new if "." in new else f"{before.domain}.{new}")
    except ValueError as error:
        raise UsherError(str(error)) from error
    if before.domain != after.domain:
        raise UsherError(f"{before} cannot become a {after.domain}: only the name after the point can change.")
    return before, after


def _means(domain: str, name: str, wanted: EntityId) -> bool:
    return (domain, name) == (wanted.domain, wanted.name) or f"{domain}.{name}" == str(wanted) or name == str(wanted)


def _definition(tree: Map, wanted: EntityId) -> tuple[Place, Place] | None:
    """Where the thing is described (the first key in it) and where its name stands."""
    things = tree.get(wanted.domain)
    if isinstance(things, Map):
        for key, value in things.items():
            if str(key) == wanted.name:
                return getattr(value, "place", things.value_places[key]), things.key_places[key]
    single = [things] if isinstance(things, Map) else things if isinstance(things, Seq) else []
    for item in single:
        if isinstance(item, Map) and str(item.get("id")) == wanted.name:
            return item.place, item.value_places["id"]
    return None


def _files(configuration: Configuration) -> Iterator[Path]:
    """Every file of the installer's own that may name an id."""
    folder = configuration.folder
    inner = folder.resolve()
    own = [f for f in configuration.files if f.resolve().is_relative_to(inner)]
    more = [*folder.glob("blueprints/**/*.yaml"), *folder.glob("templates/**/*.jinja")]
    for file in dict.fromkeys(sorted(path.resolve() for path in (*own, *more))):
        if file.name != "secrets.yaml":
            yield file


class _Hand:
    """Goes through one file."""

    def __init__(self, file: Path, before: EntityId, after: EntityId, marked: set[tuple[str, int, int]],
                 definition: tuple[Place, Place] | None, found: Renaming) -> None:  # fmt: skip
        self.file, self.name = file, shown_path(file)
        self.before, self.after, self.marked, self.definition, self.found = before, after, marked, definition, found
        self.text = _read(file)
        self.lines = self.text.splitlines() or [""]
        self._seen: set[int] = set()
        self._patterns = _patterns(before)
        self._word = re.compile(rf"""(?P<q>['"]){re.escape(before.name)}(?P=q)""")

    def work(self) -> None:
        if self.before.name not in self.text:
            return
        if self.file.suffix == ".jinja":
            self._template(0, len(self.text))
            return
        documents: Any = yaml.compose_all(self.text, yaml.CSafeLoader)
        for node in documents:
            if node is not None:  # an empty one
                self._node(node, ())

    def _node(self, node: Any, path: tuple[str, ...]) -> None:
        if id(node) in self._seen:
            return  # an anchor's copy
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            self._heir(node)
            for key, value in node.value:
                self._scalar(key, (*path, ""), key=True)
                self._node(value, (*path, str(key.value) if isinstance(key, yaml.ScalarNode) else ""))
        elif isinstance(node, yaml.SequenceNode):
            for value in node.value:
                self._node(value, path)
        else:
            self._scalar(node, path)

    def _place(self, index: int) -> Place:
        line = self.text.count("\n", 0, index) + 1
        return Place(self.name, line, index - (self.text.rfind("\n", 0, index) + 1) + 1)

    def _scalar(self, node: Any, path: tuple[str, ...], *, key: bool = False) -> None:
        if not isinstance(node, yaml.ScalarNode) or node.tag.startswith("!") or self.before.name not in node.value:
            return
        start, end = node.start_mark.index, node.end_mark.index
        place = Place(self.name, node.start_mark.line + 1, node.start_mark.column + 1)
        raw = self.text[start:end]
        value = str(node.value)
        if not key and ("{{" in value or "{%" in value):
            self._template(start, end)
        elif self._is_name(value, place, path, key=key):
            self._swap(start, raw, self.before.name, self.after.name, plain=node.style in (None, ""))
        else:
            for match in re.finditer(rf"(?<![^\s,'\"\[]){re.escape(str(self.before))}(?![^\s,'\"\]])", raw):
                if all(part.strip() and _ID.match(part.strip()) for part in value.split(",")):
                    self._note(start + match.start(), match[0], str(self.after))

    def _is_name(self, value: str, place: Place, path: tuple[str, ...], *, key: bool) -> bool:
        """Whether a scalar is the bare name of the thing: its own key, a reference, or under a key of its domain."""
        if value != self.before.name:
            return False
        if self.definition is not None and place == self.definition[1]:
            self.found.defined = True
            return True
        if (place.file, place.line, place.column) in self.marked:
            return True
        return not key and path[-1:] in ((self.before.domain,), (f"{self.before.domain}s",))

    def _swap(self, start: int, raw: str, old: str, new: str, *, plain: bool) -> None:
        """A bare name; one that YAML would take for a number or a truth is put in quotes."""
        at = raw.find(old)
        if at < 0:
            self.found.look.append((self._place(start), raw))
        elif plain and _tag_of(new) != _STR:
            self._note(start + at, old, f'"{new}"')
        else:
            self._note(start + at, old, new)

    def _template(self, start: int, end: int) -> None:
        for block in _BLOCK.finditer(self.text, start, end):
            taken: set[int] = set()
            for pattern in self._patterns:
                for match in pattern.finditer(self.text, block.start(), block.end()):
                    if match.start("id") not in taken:
                        taken.add(match.start("id"))
                        self._note(match.start("id"), match["id"], self._spelled(match))
            for match in self._word.finditer(self.text, block.start(), block.end()):
                if match.start() + 1 not in taken:
                    at = self._place(match.start() + 1)
                    self.found.look.append((at, self.lines[at.line - 1].strip()))

    def _spelled(self, match: "re.Match[str]") -> str:
        if "." not in match["id"]:
            return self.after.name
        if (
            match.start() >= 7
            and self.text[: match.start("id")].endswith("states.")
            and not self.after.name.isidentifier()
        ):
            return f"{self.after.domain}['{self.after.name}']"
        return str(self.after)

    def _heir(self, node: Any) -> None:
        """A queue's people wait under its old name: the new one takes them over."""
        at = Place(self.name, node.start_mark.line + 1, node.start_mark.column + 1)
        if self.before.domain != "queue" or self.definition is None or at != self.definition[0]:
            return
        if any(key.value == "replaces" for key, _ in node.value):
            self.found.notes.append(
                f"Add {self.before.name} to replaces: of {self.after}, for the people waiting there."
            )
            return
        start = node.start_mark.index
        if node.flow_style:
            self._note(start + 1, "", f"replaces: {_quoted(self.before.name)}" + (", " if node.value else ""))
        else:
            self._note(start, "", f"replaces: {_quoted(self.before.name)}\n{' ' * node.start_mark.column}")

    def _note(self, start: int, old: str, new: str) -> None:
        if any(e.file == self.file and e.start == start and e.old == old for e in self.found.edits):
            return
        place = self._place(start)
        line = self.lines[place.line - 1]
        at = place.column - 1
        after = f"{new.strip()} (added)" if "\n" in new else line[:at] + new + line[at + len(old) :]
        why = f"{line.strip()}  ->  {after.strip()}"
        self.found.edits.append(Edit(self.file, start, old, new, place, why))


_ID: Final = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+\Z")


def _patterns(before: EntityId) -> list["re.Pattern[str]"]:
    """How an id stands in a template: whole, through `states`, as the name of a function's thing, in a comparison."""
    full, domain, name = re.escape(str(before)), re.escape(before.domain), re.escape(before.name)
    quoted = rf"""(?P<q>['"])(?P<id>{name})(?P=q)"""
    return [
        re.compile(rf"(?:(?<=states\.)|(?<![\w.]))(?P<id>{full})(?![\w])"),
        re.compile(rf"states\.{domain}\[\s*{quoted}"),
        re.compile(rf"(?<![\w.]){domain}\(\s*{quoted}"),
        re.compile(rf"""(?:\b{domain}|\['{domain}'\])\s*[!=]=\s*{quoted}"""),
        re.compile(rf"""{quoted}\s*[!=]=\s*[\w.]*\b{domain}\b"""),
        re.compile(rf"""\b{domain}\s+(?:not\s+)?in\s*[\[(][^\])]*?{quoted}"""),
    ]


def _quoted(name: str) -> str:
    return name if _tag_of(name) == _STR else f'"{name}"'


def _tag_of(text: str) -> str:
    """What YAML takes a plain word for."""
    resolver: Any = yaml.resolver.Resolver()
    return str(resolver.resolve(yaml.ScalarNode, text, (True, False)))


def _read(file: Path) -> str:
    return file.read_bytes().decode("utf-8").removeprefix(_BOM)


def _changed(content: bytes, edits: Iterable[Edit]) -> bytes:
    text = content.decode("utf-8")
    mark = _BOM if text.startswith(_BOM) else ""
    text = text.removeprefix(_BOM)
    for edit in sorted(edits, key=lambda e: e.start, reverse=True):
        if text[edit.start : edit.start + len(edit.old)] != edit.old:
            raise UsherError(f"{edit.file} changed meanwhile. Try again.")
        text = text[: edit.start] + edit.new + text[edit.start + len(edit.old) :]
    return (mark + text).encode("utf-8")


def _beside(file: Path, content: bytes) -> str:
    """A finished file next to another, with its rights: it only has to take its name."""
    handle, made = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    os.chmod(made, file.stat().st_mode & 0o7777)
    return made
