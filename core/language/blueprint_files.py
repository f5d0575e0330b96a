"""A blueprint's file: its head, its inputs (also those in sections), its body. Home Assistant's format.

What is read here knows no installation: its faults are told at its own places, once.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, cast

import orjson
from pydantic import BeforeValidator, Field

from ..errors import Place, Problem
from ..schema import Strict, WordsField, did_you_mean, place_in, read
from ..source import Input, Map, Source, Text, shown_path
from ..version import VERSION
from .reading import EntityUse, renamed, without
from .selectors import Selector, compile_selector, is_empty

DOMAINS: Final = ("automation", "script", "ticket", "screen", "device")
FOLLOWED: Final = (2025, 12)  # of Home Assistant: the language described there is this one
MISSING: Final = object()
_WRITTEN: Final = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS
_IN_TEXT: Final = re.compile(r"!input\s+(\w+)")
_OLD: Final = {"automation": (("trigger", "triggers"), ("condition", "conditions"), ("action", "actions"))}


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


VersionText = Annotated[str, BeforeValidator(_as_text)]


class MinVersion(Strict):
    """The least version it works with."""

    min_version: VersionText | None = Field(None, description="The version, as in 2024.10.0.")


class Head(Strict):
    """The `blueprint:` part."""

    name: WordsField = Field(description="What people call it.")
    domain: str = Field(description="What it makes: automation, script, ticket, screen or device.")
    description: WordsField = Field("", description="What it is for.")
    author: str | None = Field(None, description="Who wrote it.")
    version: VersionText | None = Field(None, description="Its version, in its author's own counting.")
    source_url: str | None = Field(None, description="Where it came from.")
    homeassistant: MinVersion | None = Field(None, description="The least Home Assistant whose language it speaks.")
    usher: MinVersion | None = Field(None, description="The least usher it works with.")
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
    selector: Selector | None
    written: Any = None  # the selector as it stands there


@dataclass
class Blueprint:
    """One blueprint as read. `problems` are its own: told once, at its own places."""

    path: str
    file: Path
    domain: str = ""
    head: Head | None = None
    inputs: dict[str, Given] = field(default_factory=dict[str, Given])
    body: Map | None = None
    problems: list[Problem] = field(default_factory=list[Problem])
    hash: str = ""  # of what it makes and asks for; names, comments and places are not in it

    @property
    def version(self) -> str:
        """`1.2+3f9ac01b`: what its author calls it, if anything, and what it holds."""
        named = self.head.version if self.head is not None else None
        return "+".join(part for part in (named, self.hash) if part)


def read_blueprint(file: Path, path: str, domain: str | None = None) -> Blueprint:
    """Read a file; with `domain`, one that makes something else is a fault."""
    source = Source(file.parent)
    tree = source.read(file)
    made = Blueprint(path, file, problems=list(source.problems))
    place = Place(shown_path(file), 1, 1)
    if not isinstance(tree, Map) or not isinstance(tree.get("blueprint"), Map):
        if not source.problems:
            made.problems.append(
                Problem(place_in(tree) or place, "this is no blueprint: the key 'blueprint' is missing. Add it.")
            )
        return made
    head_tree = tree["blueprint"]
    head = made.head = read(Head, head_tree, "blueprint", made.problems)
    if head is None:
        return made
    made.domain = head.domain
    where = head_tree.value_places.get
    if head.domain not in DOMAINS:
        hint = did_you_mean(head.domain, DOMAINS) or f" There are: {', '.join(DOMAINS)}."
        made.problems.append(Problem(where("domain"), f"blueprint.domain: no such domain {head.domain!r}.{hint}"))
        return made
    if domain is not None and head.domain != domain:
        made.problems.append(
            Problem(where("domain"), f"this blueprint makes {head.domain!r}, not {domain!r}. Take another."))  # fmt: skip
        return made
    _versions(made, head, head_tree)
    _declare(made, head.input, where("input", place))
    body = without(tree, "blueprint")
    for old, new in _OLD.get(head.domain, ()):
        body = renamed(body, old, new)
    _inputs(made, body)
    if not any(problem.severity == "error" for problem in made.problems):
        made.body = body
        made.hash = _hash(made, body)
    return made


def used_inputs(tree: Any) -> Iterator[Input]:
    """Every `!input` of a tree."""
    if isinstance(tree, Input):
        yield tree
    elif isinstance(tree, Mapping):
        for value in cast("Mapping[Any, Any]", tree).values():
            yield from used_inputs(value)
    elif isinstance(tree, list):
        for value in cast("list[Any]", tree):
            yield from used_inputs(value)


def texts_of(tree: Any) -> Iterator[Text]:
    """Every text of a tree that came from a file."""
    if isinstance(tree, Text):
        yield tree
    elif isinstance(tree, Mapping):
        for value in cast("Mapping[Any, Any]", tree).values():
            yield from texts_of(value)
    elif isinstance(tree, list):
        for value in cast("list[Any]", tree):
            yield from texts_of(value)


def _versions(made: Blueprint, head: Head, tree: Map) -> None:
    for key, wanted, have, whose in (
        ("homeassistant", head.homeassistant, FOLLOWED, "Home Assistant"),
        ("usher", head.usher, None, "usher"),
    ):
        if wanted is None or wanted.min_version is None:
            continue
        place = tree[key].value_places.get("min_version", tree.value_places[key])
        numbers = _numbers(wanted.min_version)
        if numbers is None:
            made.problems.append(Problem(place, f"blueprint.{key}.min_version: {wanted.min_version!r} is not a version. "
                                         "Write it as in 2024.10.0."))  # fmt: skip
        elif have is not None and numbers[:2] > have:
            text = f"it is written for {whose} {wanted.min_version}; usher follows {have[0]}.{have[1]}, so it may use what is not here."
            made.problems.append(Problem(place, text, "warning"))
        elif have is None and numbers > (_numbers(VERSION) or (0,)):
            made.problems.append(
                Problem(place, f"it needs usher {wanted.min_version}; this is {VERSION}. Update usher.")
            )


def _numbers(version: str) -> tuple[int, ...] | None:
    found = re.match(r"v?(\d+(?:\.\d+)*)", version)
    return tuple(map(int, found[1].split("."))) if found else None


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
        if str(name) in made.inputs:
            made.problems.append(
                Problem(at, f"the input {name!r} stands twice; the first is at {made.inputs[str(name)].place}.")
            )
            continue
        if given is not None and not isinstance(given, Map):
            made.problems.append(Problem(at, f"input.{name}: write {{name: ..., default: ..., selector: ...}}."))
        elif given is None or read(InputModel, given, f"input.{name}", made.problems) is not None:
            made.inputs[str(name)] = _given(made, str(name), Map(at) if given is None else given, at)


def _given(made: Blueprint, name: str, options: Map, at: Place) -> Given:
    written = options.get("selector")
    selector = compile_selector(written, options.value_places.get("selector", at), made.problems)
    if "default" not in options:
        return Given(MISSING, at, selector, written)
    default, place = options["default"], options.value_places["default"]

    def tell(where: Place, text: str) -> None:
        made.problems.append(Problem(where, f"input.{name}.default: {text}"))

    if selector is not None and not is_empty(default):
        uses: list[EntityUse] = []
        default = selector.take(default, place, tell, uses)
    return Given(default, place, selector, written)


def _inputs(made: Blueprint, body: Map) -> None:
    """Complain of `!input` where there is no such input, and where it is no tag but text."""
    for node in used_inputs(body):
        if node.name not in made.inputs:
            hint = did_you_mean(node.name, made.inputs) or " Declare it under  blueprint: input:."
            made.problems.append(
                Problem(node.place, f"!input {node.name}: there is no such input in this blueprint.{hint}")
            )
    for text in texts_of(body):
        found = _IN_TEXT.search(text)
        if found is not None:
            name = found[1]
            made.problems.append(Problem(text.place, f"'!input {name}' within a text is not replaced. Write  variables: "
                                         f"{{{name}: !input {name}}}  and {name} in the template."))  # fmt: skip


def _hash(made: Blueprint, body: Map) -> str:
    """Of what it makes and asks for: the same file with other comments or names is the same blueprint."""
    inputs = {name: [given.default is MISSING, None if given.default is MISSING else given.default,
                     given.written] for name, given in made.inputs.items()}  # fmt: skip
    return digest([made.domain, body, inputs])


def digest(value: Any) -> str:
    """Eight letters for a value: enough to tell versions of one file apart."""
    try:
        written = orjson.dumps(value, option=_WRITTEN, default=_unknown)
    except (TypeError, ValueError):  # a number of more than 64 bits
        written = repr(value).encode("utf-8", "replace")
    return hashlib.sha256(written).hexdigest()[:8]


def _unknown(value: Any) -> Any:
    return ["!input", value.name] if isinstance(value, Input) else str(value)
