"""Blueprints: an automation written once, with `!input` where installations differ. Home Assistant's format.

Looked up in the configuration's `blueprints/automation/<path>`, then among those usher brings. `!input` nodes are
replaced before anything else looks at the tree; every value keeps its own place, so a complaint about a given value
points into the installer's file, and one about the blueprint into the blueprint.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from pydantic import Field

from ..errors import Place, Problem
from ..schema import Strict, WordsField, did_you_mean, place_in, read
from ..source import Input, Map, Seq, Source, shown_path
from .reading import EntityUse, Reading, without
from .selectors import check_selector, check_value

SHIPPED: Final = Path(__file__).resolve().parents[2] / "blueprints"
_MISSING: Final = object()


class Head(Strict):
    """The `blueprint:` part."""

    name: WordsField = Field(description="What people call it.")
    domain: str = Field(description="What it makes: automation.")
    description: WordsField = Field("", description="What it is for.")
    author: str | None = Field(None, description="Who wrote it.")
    source_url: str | None = Field(None, description="Where it came from.")
    homeassistant: Any = Field(None, description="Of Home Assistant; not read.")
    input: Any = Field(None, description="What an installation gives: inputs, and sections of inputs.")


class InputModel(Strict):
    """One input."""

    name: WordsField | None = Field(None, description="What people call it.")
    description: WordsField | None = Field(None, description="What it is for.")
    default: Any = Field(None, description="What it is when it is not given. Without one it must be given.")
    selector: Any = Field(None, description="What may be given, and which form asks for it.")


class SectionModel(Strict):
    """Inputs shown together."""

    name: WordsField | None = Field(None, description="What people call it.")
    description: WordsField | None = Field(None, description="What it is for.")
    icon: str | None = Field(None, description="A sign for it.")
    collapsed: bool = Field(False, description="Whether it is shown closed at first.")
    input: Any = Field(None, description="The inputs in it.")


@dataclass(frozen=True, slots=True)
class Given:
    """One declared input: its default if it has one, its selector, its place."""

    default: Any
    place: Place
    selector: Any


@dataclass
class Blueprint:
    """One blueprint as read. `problems` are its own: told once, at its own places."""

    path: str
    inputs: dict[str, Given] = field(default_factory=dict[str, Given])
    body: Map | None = None
    problems: list[Problem] = field(default_factory=list[Problem])


class Library:
    """The blueprints of one configuration, each read once."""

    def __init__(self, folder: Path, domain: str = "automation") -> None:
        self._folder, self._domain = folder, domain
        self._read: dict[str, Blueprint | None] = {}
        self._told: set[str] = set()

    def expand(self, tree: Map, reading: Reading) -> Map | None:
        """An automation with `use_blueprint`, replaced by what the blueprint makes of it; None if it cannot be."""
        use = tree["use_blueprint"]
        place = tree.value_places.get("use_blueprint", tree.place)
        if not isinstance(use, Map) or "path" not in use:
            reading.complain(place, "use_blueprint: write  {path: usher/announce_call.yaml, input: {...}}.")
            return None
        for key in without(use, "path", "input"):
            reading.complain(use.key_places.get(key), f"use_blueprint: there is no key {str(key)!r} here."
                             + did_you_mean(str(key), ("path", "input")))  # fmt: skip
        path = str(use["path"])
        blueprint = self.get(path)
        if blueprint is None:
            hint = did_you_mean(path, self.known()) or " Put it into blueprints/automation/ of this configuration."
            reading.complain(use.value_places.get("path"), f"no such blueprint {path!r}.{hint}")
            return None
        if path not in self._told:
            self._told.add(path)
            reading.problems += blueprint.problems
        if blueprint.body is None:
            return None
        values = _values(blueprint, use, place, reading)
        if values is None:
            return None
        made = cast("Map", _fill(blueprint.body, values))
        result = Map(tree.place)
        for part in (made, without(tree, "use_blueprint")):  # what stands beside use_blueprint wins
            for key, value in part.items():
                result.put(key, value, part.key_places.get(key, part.place), part.value_places.get(key, part.place))
        return result

    def get(self, path: str) -> Blueprint | None:
        """The blueprint at a path, or None if there is no such file."""
        if path not in self._read:
            file = self.find(path)
            self._read[path] = None if file is None else _read(file, path, self._domain)
        return self._read[path]

    def find(self, path: str) -> Path | None:
        """Its file: the configuration's own first, then those usher brings. Never outside these folders."""
        for root in self._roots():
            file = root / path
            if file.is_file() and file.resolve().is_relative_to(root.resolve()):
                return file
        return None

    def known(self) -> list[str]:
        """The paths of all there are."""
        return sorted({str(f.relative_to(r).as_posix()) for r in self._roots() for f in r.rglob("*.yaml")})

    def _roots(self) -> list[Path]:
        return [root / self._domain for root in (self._folder / "blueprints", SHIPPED)]


def _read(file: Path, path: str, domain: str) -> Blueprint:
    source = Source(file.parent)
    tree = source.read(file)
    made = Blueprint(path, problems=source.problems)
    place = Place(shown_path(file), 1, 1)
    if not isinstance(tree, Map) or not isinstance(tree.get("blueprint"), Map):
        if not source.problems:
            made.problems.append(
                Problem(place_in(tree) or place, "this is no blueprint: the key 'blueprint' is missing.")
            )
        return made
    head_tree = tree["blueprint"]
    head = read(Head, head_tree, "blueprint", made.problems)
    if head is None:
        return made
    if head.domain != domain:
        made.problems.append(Problem(
            head_tree.value_places.get("domain"), f"this blueprint makes {head.domain!r}, not {domain!r}."))  # fmt: skip
        return made
    _declare(made, head.input, head_tree.value_places.get("input", place))
    body = without(tree, "blueprint")
    for node in _inputs_in(body):
        if node.name not in made.inputs:
            hint = did_you_mean(node.name, made.inputs) or " Declare it under  blueprint: input:."
            made.problems.append(
                Problem(node.place, f"!input {node.name}: there is no such input in this blueprint.{hint}")
            )
    if not made.problems:
        made.body = body
    return made


def _declare(made: Blueprint, tree: Any, place: Place) -> None:
    """Read the inputs, also those in sections."""
    if tree is None:
        return
    if not isinstance(tree, Map):
        made.problems.append(Problem(place, "input: write one name an input, with what belongs to it."))
        return
    for name, given in tree.items():
        at = tree.key_places[name]
        if isinstance(given, Map) and "input" in given:
            if read(SectionModel, given, f"input.{name}", made.problems) is not None:
                _declare(made, given["input"], given.value_places["input"])
            continue
        if name in made.inputs:
            made.problems.append(
                Problem(at, f"the input {name!r} stands twice; the first is at {made.inputs[name].place}.")
            )
            continue
        if given is not None and (not isinstance(given, Map) or
                                  read(InputModel, given, f"input.{name}", made.problems) is None):  # fmt: skip
            if not isinstance(given, Map):
                made.problems.append(Problem(at, f"input.{name}: write {{name: ..., default: ..., selector: ...}}."))
            continue
        options = given if isinstance(given, Map) else Map(at)
        check_selector(options.get("selector"), options.value_places.get("selector", at), made.problems)
        made.inputs[str(name)] = Given(options.get("default", _MISSING), options.value_places.get("default", at),
                                       options.get("selector"))  # fmt: skip


def _values(blueprint: Blueprint, use: Map, place: Place, reading: Reading) -> dict[str, tuple[Any, Place]] | None:
    """The value and place of every input; None when one is missing."""
    given = use.get("input")
    where = use.value_places.get("input", place)
    if given is None:
        given = Map(where)
    if not isinstance(given, Map):
        reading.complain(where, "use_blueprint.input: write one name an input, with its value.")
        return None
    for name in given:
        if name not in blueprint.inputs:
            known = sorted(blueprint.inputs)
            hint = did_you_mean(str(name), known) or f" There are: {', '.join(known)}."
            reading.complain(given.key_places[name], f"{blueprint.path} has no input {str(name)!r}.{hint}")
    values: dict[str, tuple[Any, Place]] = {}
    missing: list[str] = []
    before = len(reading.problems)
    for name, declared in blueprint.inputs.items():
        if name in given:
            at = given.value_places[name]
            values[name] = (given[name], at)
            reading.entities += _check(name, declared, given[name], at, reading)
        elif declared.default is not _MISSING:
            values[name] = (declared.default, declared.place)
        else:
            missing.append(name)
    if missing:
        listed = ", ".join(map(repr, missing))
        reading.complain(where, f"{blueprint.path} needs the input {listed}. Add it under  input:.")
    # Values that do not fit are told here; what the blueprint would make of them is not told again.
    return values if len(reading.problems) == before else None


def _check(name: str, declared: Given, value: Any, place: Place, reading: Reading) -> list[EntityUse]:
    def tell(at: Place, text: str) -> None:
        reading.complain(at, f"input {name}: {text}")

    return check_value(declared.selector, value, place, tell)


def _fill(tree: Any, values: Mapping[str, tuple[Any, Place]]) -> Any:
    """A copy with every `!input` replaced; places are those of what stands there now."""
    if isinstance(tree, Input):
        return values[tree.name][0]
    if isinstance(tree, Map):
        made = Map(tree.place)
        for key, value in tree.items():
            at = values[value.name][1] if isinstance(value, Input) else tree.value_places[key]
            made.put(key, _fill(value, values), tree.key_places[key], at)
        return made
    if isinstance(tree, Seq):
        listed = Seq(tree.place)
        for value, at in zip(tree, tree.item_places, strict=True):
            listed.put(_fill(value, values), values[value.name][1] if isinstance(value, Input) else at)
        return listed
    return tree


def _inputs_in(tree: Any) -> list[Input]:
    if isinstance(tree, Input):
        return [tree]
    if isinstance(tree, Mapping):
        return [node for value in cast("Mapping[Any, Any]", tree).values() for node in _inputs_in(value)]
    if isinstance(tree, list):
        return [node for value in cast("list[Any]", tree) for node in _inputs_in(value)]
    return []
