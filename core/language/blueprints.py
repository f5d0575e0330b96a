"""Blueprints: an automation or script written once, with `!input` where installations differ.

Looked up in the configuration's `blueprints/<domain>/<path>`, then among those usher brings. `!input` nodes are
replaced before anything else looks at the tree; every value keeps its own place, so a complaint about a given value
points into the installer's file, and one about the blueprint into the blueprint (`blueprint_files.py`).
"""

from collections.abc import Callable, Container
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..errors import Place
from ..schema import did_you_mean
from ..source import Input, Map
from .blueprint_files import MISSING, Blueprint, digest, read_blueprint
from .filling import Fill, constants, plan, texts
from .reading import EntityUse, Reading
from .selectors import is_empty

SHIPPED: Final = Path(__file__).resolve().parents[2] / "blueprints"
_EXAMPLE: Final = {"automation": "usher/announce_call.yaml", "script": "usher/tannoy_test.yaml"}


class Expanded(Map):
    """What a blueprint made: a tree as if it were written there, the blueprint's path and version, and a hash.

    The hash is of the blueprint's content and of the values: the same when nothing but places, names or comments moved.
    """

    __slots__ = ("blueprint", "hash", "inputs", "source")

    def __init__(self, place: Place, blueprint: dict[str, str], inputs: frozenset[str]) -> None:
        super().__init__(place)
        self.blueprint, self.inputs, self.hash, self.source = blueprint, inputs, "", ""


@dataclass(frozen=True, slots=True)
class _Mould:
    """A blueprint ready to be filled."""

    source: Blueprint
    body: Map
    fills: tuple[tuple[str, Fill], ...]  # of its keys
    about: dict[str, str]
    inputs: frozenset[str]


class Library:
    """The blueprints of one configuration and one domain, each read once."""

    def __init__(self, folder: Path, domain: str = "automation") -> None:
        self._folder, self.domain = folder, domain
        self._read: dict[str, Blueprint | None] = {}
        self._moulds: dict[str, _Mould] = {}
        self._told: set[str] = set()
        self.shared: set[int] = set()  # ids of parts that several expanded trees have in common
        self.texts: set[int] = set()  # the same of texts

    def expand(self, tree: Map, reading: Reading, later: Container[str] = ()) -> Expanded | None:
        """A thing with `use_blueprint`, replaced by what the blueprint makes of it; None if it cannot be.

        What stands under the keys `later` is not filled in: nobody will look at it now.
        """
        use = tree["use_blueprint"]
        place = tree.value_places.get("use_blueprint", tree.place)
        if not isinstance(use, Map) or "path" not in use:
            example = _EXAMPLE.get(self.domain, "usher/name.yaml")
            reading.complain(place, f"use_blueprint: write  {{path: {example}, input: {{...}}}}.")
            return None
        for key in use:
            if key not in ("path", "input"):
                reading.complain(use.key_places.get(key), f"use_blueprint: there is no key {str(key)!r} here."
                                 + (did_you_mean(str(key), ("path", "input")) or " Remove it."))  # fmt: skip
        mould = self._mould(str(use["path"]), use.value_places.get("path", place), reading)
        if mould is None:
            return None
        values = take_values(mould.source, use, place, reading)
        return None if values is None else self._made(mould, values, tree, later)

    def _mould(self, path: str, place: Place, reading: Reading) -> _Mould | None:
        found = self._moulds.get(path)
        if found is not None:
            return found
        blueprint = self.get(path)
        if blueprint is None:
            reading.complain(place, f"no such blueprint {path!r}.{self._hint(path)}")
            return None
        if path not in self._told:
            self._told.add(path)
            reading.problems += blueprint.problems
        if blueprint.body is None:
            return None
        self.shared |= constants(blueprint.body)
        self.texts |= texts(blueprint.body)
        for given in blueprint.inputs.values():
            self.shared |= constants(given.default)
            self.texts |= texts(given.default)
        fills = tuple((key, fill) for key, value in blueprint.body.items() if (fill := plan(value)) is not None)
        made = self._moulds[path] = _Mould(blueprint, blueprint.body, fills,
                                           {"path": path, "version": blueprint.version}, frozenset(blueprint.inputs))  # fmt: skip
        return made

    def _hint(self, path: str) -> str:
        for domain in sorted({root.name for root in _folders(self._folder)}):
            if domain != self.domain and Library(self._folder, domain).find(path) is not None:
                return f" That one makes {domain!r}, not {self.domain!r}. Take another."
        near = did_you_mean(path, self.known()) or did_you_mean(f"{path}.yaml", self.known())
        if near:
            return near
        return f" Put it into blueprints/{self.domain}/ of this configuration."

    @staticmethod
    def _made(mould: _Mould, values: dict[str, tuple[Any, Place]], tree: Map, later: Container[str]) -> Expanded:
        body = mould.body
        made = Expanded(tree.place, mould.about, mould.inputs)
        made.update(body)
        made.key_places, made.value_places = body.key_places.copy(), body.value_places.copy()
        for key, fill in mould.fills:
            if key not in later:
                made[key] = fill(values)
                if isinstance(body[key], Input):
                    made.value_places[key] = values[body[key].name][1]
        own: list[Any] = []
        for key, value in tree.items():  # what stands beside use_blueprint wins
            if key != "use_blueprint":
                made.put(key, value, tree.key_places.get(key, tree.place), tree.value_places.get(key, tree.place))
                own += [key, value]
        made.source = mould.source.hash
        made.hash = digest([mould.source.hash, [value for value, _ in values.values()], own])
        return made

    @property
    def faultless(self) -> bool:
        """Whether nothing was to be told of the blueprints themselves."""
        return not any(one is not None and one.problems for one in self._read.values())

    def knows(self, path: str) -> bool:
        """Whether it was looked for already: then no file is read."""
        return path in self._read

    def get(self, path: str) -> Blueprint | None:
        """The blueprint at a path, or None if there is no such file."""
        if path not in self._read:
            file = self.find(path)
            self._read[path] = None if file is None else read_blueprint(file, path, self.domain)
        return self._read[path]

    def find(self, path: str) -> Path | None:
        """Its file: the configuration's own first, then those usher brings. Never outside these folders."""
        for root in self.roots():
            file = root / path
            try:
                if file.is_file() and file.resolve().is_relative_to(root.resolve()):
                    return file
            except (OSError, ValueError):  # a name that no file can have
                continue
        return None

    def known(self) -> list[str]:
        """The paths of all there are."""
        return sorted({str(f.relative_to(r).as_posix()) for r in self.roots() for f in r.rglob("*.yaml")})

    def roots(self) -> list[Path]:
        """Where they lie: the configuration's own folder, then the shipped one."""
        return [root / self.domain for root in (self._folder / "blueprints", SHIPPED)]


def _folders(folder: Path) -> list[Path]:
    return [one for root in (folder / "blueprints", SHIPPED) if root.is_dir() for one in root.iterdir() if one.is_dir()]


def take_values(blueprint: Blueprint, use: Map, place: Place, reading: Reading) -> dict[str, tuple[Any, Place]] | None:
    """The value and place of every input; None when one is missing or does not fit."""
    given = use.get("input")
    where = use.value_places.get("input", place)
    if given is None:
        given = Map(where)
    if not isinstance(given, Map):
        reading.complain(where, "use_blueprint.input: write one name an input, with its value.")
        return None
    before = len(reading.problems)
    for name in given:
        if str(name) not in blueprint.inputs:
            known = sorted(blueprint.inputs)
            hint = did_you_mean(str(name), known) or (f" There are: {', '.join(known)}." if known else " It has none.")
            reading.complain(given.key_places[name], f"{blueprint.path} has no input {str(name)!r}.{hint}")
    values: dict[str, tuple[Any, Place]] = {}
    missing: list[str] = []
    uses: list[EntityUse] = []
    for name, declared in blueprint.inputs.items():
        if name in given:
            at, value = given.value_places[name], given[name]
            empty = declared.default is not MISSING and is_empty(declared.default)
            if value is None and not empty:
                reading.complain(at, f"input {name}: nothing stands here. Write a value, or leave the input out.")
            elif declared.selector is not None and not (empty and is_empty(value)):
                value = declared.selector.take(value, at, _teller(name, reading), uses)
            values[name] = (value, at)
        elif declared.default is not MISSING:
            values[name] = (declared.default, declared.place)
        else:
            missing.append(name)
    reading.entities += uses
    if missing:
        listed = ", ".join(map(repr, missing))
        reading.complain(where, f"{blueprint.path} needs the input {listed}. Add it under  input:.")
    # Values that do not fit are told here; what the blueprint would make of them is not told again.
    return values if len(reading.problems) == before else None


def _teller(name: str, reading: Reading) -> Callable[[Place, str], None]:
    return lambda place, text: reading.complain(place, f"input {name}: {text}")
