"""YAML with places: every mapping, list and string read knows its file, line and column.

Tags: `!include` and its four folder forms, `!secret`, `!env_var NAME default`, `!input` (blueprints). Merge keys work;
a duplicate key is an error that names both places. The nodes are composed by libyaml (C) and constructed here. What a
file may grow to is bounded: its bytes, its depth, the values that its anchors make of it, the files it includes.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from sys import intern
from typing import Any, Final

import yaml

from .errors import ConfigError, Place, Problem
from .syntax import explained, near_file, near_name, too_deep, unreadable
from .undisturbed import undisturbed

_MERGE: Final = "tag:yaml.org,2002:merge"
_STR: Final = "tag:yaml.org,2002:str"
_INT: Final = "tag:yaml.org,2002:int"
_MAP: Final = "tag:yaml.org,2002:map"
_SEQ: Final = "tag:yaml.org,2002:seq"
_DEEPEST: Final = 120  # values within values, includes and anchors counted
_MAX_INCLUDES: Final = 32  # an include that includes itself is a circle
_MAX_VALUES: Final = 200_000  # in one file, copies by anchors counted: anchors of anchors grow beyond all bounds
_MAX_ALL: Final = 1_000_000  # in all files
_MAX_FILES: Final = 2_000  # read, each include counted: a file that includes another ten times, which includes ...
_MAX_BYTES: Final = 8 * 1024 * 1024  # of one file


class Text(str):
    """A string from a file."""

    __slots__ = ("place",)
    place: Place

    def __new__(cls, text: str, place: Place) -> "Text":
        made = super().__new__(cls, text)
        made.place = place
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return (Text, (str(self), self.place))


class Map(dict[Any, Any]):
    """A mapping from a file: where it stands, and where each key and value stands."""

    __slots__ = ("key_places", "place", "value_places")

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.key_places: dict[Any, Place] = {}
        self.value_places: dict[Any, Place] = {}

    def put(self, key: Any, value: Any, key_place: Place, value_place: Place) -> None:
        self[key] = value
        self.key_places[key] = key_place
        self.value_places[key] = value_place


class Seq(list[Any]):
    """A list from a file: where it stands, and where each item stands."""

    __slots__ = ("item_places", "place")

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.item_places: list[Place] = []

    def put(self, value: Any, place: Place) -> None:
        self.append(value)
        self.item_places.append(place)


@dataclass(frozen=True, slots=True)
class Input:
    """`!input name` in a blueprint, until it is replaced."""

    name: str
    place: Place


@dataclass
class Source:
    """Reads one configuration folder and remembers what it read.

    `root` is where `!secret` stops looking upwards; places are told relative to the working directory if they can be.
    """

    root: Path
    files: list[Path] = field(default_factory=list[Path])
    problems: list[Problem] = field(default_factory=list[Problem])
    secrets_used: set[str] = field(default_factory=set[str])
    unread: list[Place] = field(default_factory=list[Place])  # where None stands for what could not be read
    incomplete: bool = False  # a whole file could not be read
    hidden: dict[Place, str] = field(
        default_factory=dict[Place, str]
    )  # where a secret stands, and what may not be told
    _reading: list[Path] = field(default_factory=list[Path])  # the files that are being read, each within the last
    _values: int = 0
    _level: int = 0
    _tags: dict[str, str] = field(default_factory=dict[str, str])  # of plain words seen, whichever file
    _known_secrets: dict[Path, Mapping[str, Any] | None] = field(default_factory=dict[Path, Mapping[str, Any] | None])

    def read(self, path: Path) -> Any:
        """The content of a file; faults are collected in `problems`, and what can be read is still read."""
        start = Place(shown_path(path), 1, 1)
        try:
            if path.stat().st_size > _MAX_BYTES:
                return self._give_up(
                    start, f"the file is longer than {_MAX_BYTES // 2**20} MiB. Divide it with !include."
                )
            if len(self.files) >= _MAX_FILES:
                return self._give_up(start, f"more than {_MAX_FILES} files are included. Do they include each other?")
            text = path.read_text("utf-8-sig")
        except FileNotFoundError:
            return self._give_up(start, "there is no such file.")
        except (OSError, UnicodeDecodeError, ValueError) as error:
            return self._give_up(start, unreadable(error))
        self.files.append(path)
        self._reading.append(Path(os.path.normpath(path.absolute())))
        try:
            return self.parse(text, path)
        finally:
            self._reading.pop()

    def parse(self, text: str, path: Path) -> Any:
        """Read YAML text as if it stood in `path`."""
        if too_deep(text):
            return self._give_up(
                Place(shown_path(path), 1, 1), "this goes too deep: more than 400 brackets or blocks within each other."
            )
        with undisturbed():
            return self._parse(text, path)

    def _parse(self, text: str, path: Path) -> Any:
        loader = _Loader(text, self._tags)
        try:
            node = loader.get_single_node()
            return None if node is None else _Reader(self, loader, path, shown_path(path)).whole(node)
        except yaml.MarkedYAMLError as error:
            self.incomplete = True
            self.lose(*explained(error, text, shown_path(path)))
        except yaml.YAMLError as error:
            self.incomplete = True
            before = text.encode()[: getattr(error, "position", 0)].decode(errors="ignore")  # libyaml counts bytes
            place = Place(shown_path(path), before.count("\n") + 1, len(before) - before.rfind("\n"))
            self.lose(place, f"this is not YAML: {getattr(error, 'reason', error)}. Remove what is invisible here.")
        except RecursionError:
            self._give_up(Place(shown_path(path), 1, 1), "this goes too deep: an anchor stands within itself, perhaps.")
        finally:
            loader.dispose()
        return None

    def _give_up(self, place: Place, text: str) -> None:
        """A whole file cannot be read."""
        self.incomplete = True
        self.lose(place, text)

    def count(self) -> bool:
        """Count one more value; False when there are too many in all files together."""
        self._values += 1
        return self._values <= _MAX_ALL

    def enter(self) -> None:
        """One level further into what is read, through includes too; `leave` goes back, also when this raised."""
        self._level += 1
        if self._level > _DEEPEST:
            raise RecursionError

    def leave(self) -> None:
        """Back from `enter`."""
        self._level -= 1

    def hide(self, problem: Problem) -> Problem:
        """The problem without the words of a secret."""
        text = problem.text
        own = self.hidden.get(problem.place) if problem.place is not None else None
        for secret in {own, *(s for s in self.hidden.values() if len(s) > 3)} - {None, ""}:
            text = text.replace(str(secret), "***")
        return problem if text == problem.text else Problem(problem.place, text, problem.severity)

    def check(self) -> None:
        """Raise everything collected so far, if anything was."""
        if self.problems:
            raise ConfigError(self.problems)

    def lose(self, place: Place, text: str) -> None:
        """Complain of something that could not be read: None stands in its place."""
        self.problems.append(Problem(place, text))
        self.unread.append(place)

    def include(self, path: Path, place: Place) -> Any:
        """One included file; a missing file is told at the place of the `!include`."""
        try:
            kind = "file" if path.is_file() else "folder" if path.is_dir() else ""
        except (OSError, ValueError):  # a name that no file can have
            kind = ""
        if kind != "file":
            return self._give_up(place, f"!include {path.name}: " + (
                "that is a folder. Write !include_dir_list, _merge_list, _named or _merge_named." if kind else
                f"there is no such file in {path.parent.absolute()}.{near_file(path, self.root)}"))  # fmt: skip
        if len(self._reading) >= _MAX_INCLUDES:
            return self._give_up(place, f"!include {path.name}: more than {_MAX_INCLUDES} files within each other.")
        real = Path(os.path.normpath(path.absolute()))
        if real in self._reading:
            return self._give_up(place, f"!include {path.name}: files include each other in a circle. Remove one.")
        return self.read(path)

    def secret(self, name: str, start: Path, place: Place) -> Any:
        """Look a secret up in `secrets.yaml`, from the file's folder up to the root."""
        folder = start.absolute()
        root = self.root.absolute()
        known: list[str] = []
        while True:
            file = folder / "secrets.yaml"
            if file.is_file():
                secrets = self._secrets(file)
                if secrets is None:
                    self.unread.append(place)
                    return None
                if name in secrets:
                    self.secrets_used.add(name)
                    value = secrets[name]
                    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
                        self.hidden[place] = str(value)
                    return Text(value, place) if isinstance(value, str) else value
                known += map(str, secrets)
            if folder == root or root not in folder.parents:
                break
            folder = folder.parent
        hint = near_name(name, known) or f" Add the line  {name}: ...  there."
        self.lose(place, f"!secret {name}: not in secrets.yaml.{hint}")
        return None

    def _secrets(self, file: Path) -> Mapping[str, Any] | None:
        """One `secrets.yaml`, read once; None when it is no mapping of names, which is told at its own place."""
        if file not in self._known_secrets:
            lost = len(self.unread)
            content = self.read(file)
            empty = content is None and len(self.unread) == lost
            self._known_secrets[file] = content if isinstance(content, Map) else {} if empty else None
            if content is not None and not isinstance(content, Map):
                place = Place(shown_path(file), 1, 1)
                self.problems.append(Problem(place, "there are no names here. Write one  name: value  a line."))
        return self._known_secrets[file]


_resolve: Callable[[Any, Any, Any, Any], str] = getattr(yaml.CSafeLoader, "resolve")  # noqa: B009 - it is untyped


class _Loader(yaml.CSafeLoader):
    """Composes nodes; what a plain word is (text, a number, a truth) is worked out once for each word."""

    def __init__(self, text: str, tags: dict[str, str]) -> None:
        super().__init__(text)
        self._tags = tags

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        if kind is not yaml.ScalarNode or not implicit[0]:
            return _resolve(self, kind, value, implicit)
        tag = self._tags.get(value)
        if tag is None:
            tag = self._tags[value] = _resolve(self, kind, value, implicit)
        return tag

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """There are no paths that resolve to a type."""

    def ascend_resolver(self) -> None:
        """As above."""


class _Reader:
    """Constructs the value of one file's nodes."""

    def __init__(self, source: Source, loader: Any, path: Path, name: str) -> None:
        self._source, self._loader, self._path, self._name = source, loader, path, name
        self._count = 0
        self._within: set[int] = set()  # the nodes being read, each within the last
        self._lines: dict[int, int] = {}  # each number once: a place is all that is kept of most of a file
        self._worked_out: dict[int, tuple[Any, dict[Any, tuple[Any, Any]]]] = {}
        self._tags: dict[str, Callable[[Any, Place], Any]] = {
            "!include": lambda n, p: source.include(self._path.parent / str(n.value), p),
            "!include_dir_list": lambda n, p: self._folder_list(n, p, merge=False),
            "!include_dir_merge_list": lambda n, p: self._folder_list(n, p, merge=True),
            "!include_dir_named": lambda n, p: self._folder_map(n, p, merge=False),
            "!include_dir_merge_named": lambda n, p: self._folder_map(n, p, merge=True),
            "!secret": lambda n, p: source.secret(str(n.value), self._path.parent, p),
            "!env_var": self._env,
            "!input": lambda n, p: Input(str(n.value), p),
        }

    def place(self, node: Any) -> Place:
        mark = node.start_mark
        line = mark.line + 1
        return Place(self._name, self._lines.setdefault(line, line), mark.column + 1)

    def whole(self, node: Any) -> Any:
        """The value of the file."""
        return self.value(node, self.place(node))

    def value(self, node: Any, place: Place) -> Any:
        """The value of a node, which stands at this place."""
        self._count += 1
        if self._count > _MAX_VALUES:
            raise yaml.MarkedYAMLError(None, None, f"more than {_MAX_VALUES} values in one file", node.start_mark)
        if not self._source.count():
            raise yaml.MarkedYAMLError(None, None, f"more than {_MAX_ALL} values in all files", node.start_mark)
        tag = node.tag
        if tag == _STR:
            return Text(node.value, place)
        if tag in self._tags:
            if isinstance(node, yaml.ScalarNode):
                return self._tags[tag](node, place)
            self._source.lose(place, f"{tag} is followed by one name, not by a list or mapping. Write  {tag} name.")
            return None
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, place)
        if id(node) in self._within:
            self._source.lose(place, "the anchor stands within itself. Take the * that leads back to it out.")
            return None
        self._within.add(id(node))
        self._source.enter()
        try:
            return self._map(node, place) if isinstance(node, yaml.MappingNode) else self._list(node, place)
        finally:
            self._source.leave()
            self._within.discard(id(node))

    def _scalar(self, node: Any, place: Place) -> Any:
        if node.tag.endswith(":value"):  # a bare =
            return Text(node.value, place)
        text = node.value
        if node.tag == _INT and text.isdecimal() and text[0] != "0" and len(text) < 19:
            return int(text)
        try:
            value = self._loader.construct_object(node, deep=True)
        except (ValueError, OverflowError, AttributeError, TypeError):  # a date or number that is none
            return Text(node.value, place)
        except yaml.constructor.ConstructorError:
            tag = str(node.tag).replace("tag:yaml.org,2002:", "!!")
            self._source.lose(place, self._unknown(tag))
            return None
        if not isinstance(value, (str, int, float, bool, type(None))):  # dates: as they were written
            return Text(node.value, place)
        return Text(value, place) if isinstance(value, str) else value

    def _list(self, node: Any, place: Place) -> Any:
        if not self._is_plain(node, place, _SEQ):
            return None
        made = Seq(place)
        for child in node.value:
            at = self.place(child)
            made.put(self.value(child, at), at)
        return made

    def _is_plain(self, node: Any, place: Place, tag: str) -> bool:
        if node.tag == tag or not str(node.tag).startswith(("!", "tag:yaml.org,2002:python")):
            return True
        self._source.lose(place, self._unknown(str(node.tag)))
        return False

    def _unknown(self, tag: str) -> str:
        mend = near_name(tag, self._tags) or " Remove it, or put the text in quotes."
        return f"{tag} is not a tag usher knows.{mend}"

    def _map(self, node: Any, place: Place) -> Any:
        if not self._is_plain(node, place, _MAP):
            return None
        made = Map(place)
        for key, (key_node, value_node) in self._pairs(node).items():
            at = self.place(value_node)
            made.put(key, self.value(value_node, at), self.place(key_node), at)
        return made

    def _pairs(self, node: Any) -> dict[Any, tuple[Any, Any]]:
        """Key -> (key node, value node): what is merged in first, own keys override.

        A mapping that merges, is merged or is faulty is worked out once. Not PyYAML's `flatten_mapping`, which copies
        what is merged again and again: merges of merges would grow beyond all bounds.
        """
        known = self._worked_out.get(id(node))
        if known is not None:
            return known[1]
        simple = self._own(node)
        if simple is not None:
            return simple
        self._worked_out[id(node)] = (node, {})  # merged into itself: nothing
        merged: dict[Any, tuple[Any, Any]] = {}
        own: dict[Any, tuple[Any, Any]] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                for one in reversed(self._merges(value_node)):  # of several the first wins
                    merged.update(self._pairs(one))
                continue
            key = self._key(key_node)
            if key in own:
                first = self.place(own[key][0])
                self._source.problems.append(Problem(
                    self.place(key_node), f"the key {key!r} stands twice; the first is at {first}. Remove one."))  # fmt: skip
            else:
                own[key] = (key_node, value_node)
        pairs = {**merged, **own}
        self._worked_out[id(node)] = (node, pairs)
        return pairs

    def _own(self, node: Any) -> dict[Any, tuple[Any, Any]] | None:
        """The same for a mapping of texts without merges and without faults, which is most; None for any other."""
        own: dict[Any, tuple[Any, Any]] = {}
        for pair in node.value:
            if pair[0].tag != _STR or pair[0].__class__ is not yaml.ScalarNode:
                return None
            own[intern(pair[0].value)] = pair
        return own if len(own) == len(node.value) else None

    def _merges(self, node: Any) -> list[Any]:
        several = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for one in several:
            if not isinstance(one, yaml.MappingNode):
                raise yaml.MarkedYAMLError(None, None, "what follows << must be a mapping, or a list of them",
                                           one.start_mark)  # fmt: skip
        return list(several)

    def _key(self, node: Any) -> Any:
        if isinstance(node, yaml.ScalarNode):
            if node.tag.startswith("!") or node.tag.endswith(":value"):
                return str(node.value)
            try:
                key = self._loader.construct_object(node, deep=True)
            except (ValueError, OverflowError, AttributeError, TypeError, yaml.constructor.ConstructorError):
                return str(node.value)
            if key.__class__ is str:
                return intern(key)
            return key if isinstance(key, (int, float, bool, type(None))) else str(node.value)
        raise yaml.MarkedYAMLError(None, None, "a key must be plain text", node.start_mark)

    def _env(self, node: Any, place: Place) -> Any:
        name, _, default = str(node.value).partition(" ")
        if name in os.environ:
            return Text(os.environ[name], place)
        if default:
            return Text(default.strip(), place)
        self._source.lose(place, f"!env_var {name}: not set, and no default after the name. "
                          f"Write  !env_var {name} default.")  # fmt: skip
        return None

    def _files(self, node: Any, place: Place) -> Iterator[Path]:
        """As Home Assistant goes: the files of a folder by name, then its folders; nothing hidden, no secrets."""
        folder = self._path.parent / str(node.value)
        try:
            if not folder.is_dir():
                self._source.incomplete = True
                self._source.lose(place, f"{node.tag} {node.value}: there is no such folder."
                                  + near_file(folder, self._source.root, folders=True))  # fmt: skip
                return
        except (OSError, ValueError) as error:
            self._source.incomplete = True
            self._source.lose(place, f"{node.tag}: {unreadable(error)}")
            return
        for where, folders, files in os.walk(folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                if name.endswith(".yaml") and not name.startswith(".") and name != "secrets.yaml":
                    yield Path(where) / name

    def _folder_list(self, node: Any, place: Place, *, merge: bool) -> Seq:
        made = Seq(place)
        for file in self._files(node, place):
            content = self._source.include(file, place)
            if merge and isinstance(content, Seq):
                for item, at in zip(content, content.item_places, strict=True):
                    made.put(item, at)
            elif content is not None:
                made.put(content, getattr(content, "place", place))
        return made

    def _folder_map(self, node: Any, place: Place, *, merge: bool) -> Map:
        made = Map(place)
        for file in self._files(node, place):
            lost = len(self._source.unread)
            content = self._source.include(file, place)
            at = getattr(content, "place", Place(shown_path(file), 1, 1))
            if not merge:
                if len(self._source.unread) == lost:  # an empty file is an empty mapping, as in Home Assistant
                    self._once(made, file.stem, Map(at) if content is None else content, at, at)
            elif isinstance(content, Map):
                for key, value in content.items():
                    self._once(made, key, value, content.key_places[key], content.value_places[key])
            elif content is not None:
                self._source.problems.append(Problem(at, f"{node.tag} joins mappings, and this file holds "
                                                     "none. Write  name: ...  in it."))  # fmt: skip
        return made

    def _once(self, made: Map, key: Any, value: Any, key_place: Place, value_place: Place) -> None:
        if key in made:
            self._source.problems.append(Problem(
                key_place, f"the key {key!r} stands twice; the first is at {made.key_places[key]}. Remove one."))  # fmt: skip
        else:
            made.put(key, value, key_place, value_place)


def shown_path(path: Path) -> str:
    """A file as it is told to people: relative to the working directory if it lies there."""
    absolute, here = Path(os.path.normpath(path.absolute())), Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(absolute)


def place_of(tree: Any, loc: tuple[Any, ...], *, key: bool = False) -> Place | None:
    """Where `loc` (a path of keys and indices) stands; parts that are no child are skipped, the deepest known place wins.

    With `key`, the place of the last key itself rather than of its value.
    """
    place: Place | None = getattr(tree, "place", None)
    at = tree
    for part in loc:
        if isinstance(at, Map):
            real = part if part in at else next((k for k in at if str(k) == str(part)), None)
            if real is None or real not in at.key_places:
                continue
            place = at.key_places[real] if key and part == loc[-1] else at.value_places[real]
            at = at[real]
        elif isinstance(at, Seq) and isinstance(part, int) and part < len(at):
            place, at = at.item_places[part], at[part]
    return place


def plain(tree: Any) -> Any:
    """The same data as plain dict, list and str: what may be pickled small or compared."""
    if isinstance(tree, dict):
        return {k: plain(v) for k, v in tree.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(tree, list):
        return [plain(v) for v in tree]  # pyright: ignore[reportUnknownVariableType]
    return str(tree) if isinstance(tree, Text) else tree
