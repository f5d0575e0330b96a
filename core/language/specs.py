"""Compiling automations: from the tree in the YAML to triggers, conditions and a program, or to complaints.

The older spellings (`trigger:`, `condition:`, `action:` for the lists) are taken too.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from pydantic import BaseModel

from ..errors import Place, Problem
from ..ids import is_name
from ..schema import place_in
from ..source import Map, place_of, plain
from .blueprints import Expanded, Library
from .conditions import Condition, compile_conditions
from .config import AutomationModel, Identity, identities
from .late import LateProgram
from .programs import Programmer
from .reading import Reading, Value, items_of, renamed, without
from .script_config import NOT_NAMES, ScriptField, ScriptModel, read_fields
from .script_config import identities as script_identities
from .sharing import Shared
from .step_kinds import Ground
from .steps import Program
from .templates import Templates
from .triggers import Trigger, compile_triggers

ALWAYS: Final = frozenset({"trigger", "this", "context", "state"})  # names every automation's templates may use
TOP: Final = "action"  # the path of its outermost list
SCRIPT_TOP: Final = "sequence"


@dataclass(frozen=True, slots=True)
class Spec:
    """One automation, compiled. `uses` are the names its templates look up."""

    identity: Identity
    model: AutomationModel
    hash: str
    triggers: tuple[Trigger, ...]
    conditions: tuple[Condition, ...]
    variables: Mapping[str, Value]
    fixed: Mapping[str, Value]  # trigger_variables
    program: Program
    uses: frozenset[str]
    blueprint: Mapping[str, str] | None = None  # path and version of the one it was made of
    source: str = ""  # the hash of that blueprint's content


@dataclass(frozen=True, slots=True)
class ScriptSpec:
    """One script, compiled."""

    identity: Identity
    model: ScriptModel
    hash: str
    fields: Mapping[str, ScriptField]
    variables: Mapping[str, Value]
    program: Program
    uses: frozenset[str]
    blueprint: Mapping[str, str] | None = None
    source: str = ""


@dataclass
class Book:
    """What compiling needs beside the YAML."""

    templates: Templates
    ground: Ground
    folder: Path
    triggers: Mapping[str, type[BaseModel]]  # all words known, with their models
    lent_later: bool = False  # a word not known yet may still be lent


def compile_all(tree: Any, book: Book) -> Iterator[tuple[Reading, Spec | None]]:
    """Every automation, one after the other: what was read of it (with its complaints), and its Spec if it can run."""
    library = Library(book.folder)
    shared = Shared(library.shared)
    seen: dict[str, Place] = {}
    for item, place in items_of(tree, Place("configuration", 1, 1)):
        if not isinstance(item, Map):
            reading = Reading(book.templates, "automation", place)
            reading.complain(place, "write a mapping: {alias: ..., triggers: ..., actions: ...}.")
            yield reading, None
    for identity in identities(tree):
        reading = Reading(book.templates, identity.title, identity.place)
        if identity.key in seen:
            where = place_of(identity.tree, ("id",)) or identity.place
            reading.complain(where, f"the id {identity.key!r} stands twice; the first is at {seen[identity.key]}.")
        seen.setdefault(identity.key, identity.place)
        reading.shared = shared
        spec = compile_one(identity, reading, book, library)
        failed = any(problem.severity == "error" for problem in reading.problems)
        yield reading, None if failed else spec


def compile_one(identity: Identity, reading: Reading, book: Book, library: Library) -> Spec | None:
    """One automation; complaints are in `reading`."""
    tree = identity.tree
    made: Expanded | None = None
    if "use_blueprint" in tree:
        made = library.expand(tree, reading)
        if made is None:
            return None
        tree, reading.inputs = made, made.inputs
    tree = reading.tree = _new_spelling(reading, tree)
    model = reading.model(
        AutomationModel, tree, ""
    )  # when that fails, its lists are read all the same, for what they hold
    variables, fixed = _variables(reading, tree, "variables"), _variables(reading, tree, "trigger_variables")
    at = tree.value_places.get
    triggers = compile_triggers(
        reading, tree.get("triggers"), at("triggers", tree.place), book.triggers, lent_later=book.lent_later
    )
    conditions = compile_conditions(reading, tree.get("conditions"), at("conditions", tree.place), "condition")
    program = LateProgram(lambda: _again(identity, book, library)) if made is not None and book.lent_later else \
        _steps(tree, reading, book)  # fmt: skip
    if not triggers and not tree.get("triggers"):
        reading.complain(identity.place, "it has no triggers, so it runs only by automation.trigger.", "warning")
    if model is None:
        return None
    vars(model).update(triggers=None, conditions=None, actions=None)  # they are compiled: their trees may go
    uses = frozenset(name for template in reading.used for name in template.uses.names)
    if isinstance(program, LateProgram):
        uses |= ALWAYS  # what its steps look up is not known yet
    return Spec(identity, model, made.hash if made is not None else _hash(tree), tuple(triggers), conditions,
                variables, fixed, program, uses, None if made is None else made.blueprint,
                "" if made is None else made.source)  # fmt: skip


def _steps(tree: Map, reading: Reading, book: Book) -> Program:
    compiler = Programmer(reading, book.ground, book.triggers, lent_later=book.lent_later)
    compiler.compile(tree.get("actions"), tree.value_places.get("actions", tree.place), TOP)
    return compiler.program


def _again(identity: Identity, book: Book, library: Library) -> tuple[Reading, Program]:
    """The steps of a blueprint's automation, now that it runs."""
    reading = Reading(book.templates, identity.title, identity.place)
    made = library.expand(identity.tree, reading)
    return reading, Program() if made is None else _steps(_new_spelling(reading, made), reading, book)


def compile_scripts(tree: Any, book: Book) -> Iterator[tuple[Reading, ScriptSpec | None]]:
    """Every script, one after the other: what was read of it (with its complaints), and its spec if it can run."""
    library = Library(book.folder, "script")
    shared = Shared(library.shared)
    yield from _no_scripts(tree, book)
    for identity in script_identities(tree):
        reading = Reading(book.templates, identity.title, identity.place)
        reading.shared, reading.open = shared, True
        if identity.entity_id.partition(".")[2] in NOT_NAMES:
            reading.complain(
                identity.place, f"{identity.entity_id} is an action of all scripts. Call it something else."
            )
        spec = compile_script(identity, reading, book, library)
        failed = any(problem.severity == "error" for problem in reading.problems)
        yield reading, None if failed else spec


def _no_scripts(tree: Any, book: Book) -> Iterator[tuple[Reading, None]]:
    """What stands under `script:` and is none."""
    if tree is None:
        return
    if not isinstance(tree, Map):
        reading = Reading(book.templates, "script", place_in(tree) or Place("configuration", 1, 1))
        reading.complain(reading.place, "write one name a script, as in  {greet: {sequence: [...]}}.")
        yield reading, None
        return
    for name, item in tree.items():
        if not is_name(str(name)):
            reading = Reading(book.templates, f"script {str(name)!r}", tree.key_places[name])
            reading.complain(reading.place, f"{str(name)!r} may not be a name. Use a-z, 0-9 and _ only.")
            yield reading, None
        elif not isinstance(item, Map):
            reading = Reading(book.templates, f"script {str(name)!r}", tree.key_places[name])
            reading.complain(tree.value_places[name], "write a mapping: {alias: ..., sequence: ...}.")
            yield reading, None


def compile_script(identity: Identity, reading: Reading, book: Book, library: Library) -> ScriptSpec | None:
    """One script; complaints are in `reading`."""
    tree, made = identity.tree, None
    if "use_blueprint" in tree:
        made = library.expand(tree, reading)
        if made is None:
            return None
        tree, reading.inputs = made, made.inputs
    reading.tree = tree
    model = reading.model(ScriptModel, tree, "")
    told: list[Problem] = []
    fields = read_fields(tree.get("fields"), tree.value_places.get("fields", tree.place), told)
    for problem in told:
        reading.complain(problem.place, problem.text, problem.severity)
    reading.names |= set(fields)
    variables = _variables(reading, tree, "variables")
    compiler = Programmer(reading, book.ground, book.triggers, lent_later=book.lent_later)
    compiler.compile(tree.get("sequence"), tree.value_places.get("sequence", tree.place), SCRIPT_TOP)
    if model is None:
        return None
    uses = frozenset(name for template in reading.used for name in template.uses.names)
    return ScriptSpec(identity, model, made.hash if made is not None else _hash(tree), fields, variables,
                      compiler.program, uses, None if made is None else made.blueprint,
                "" if made is None else made.source)  # fmt: skip


def _new_spelling(reading: Reading, tree: Map) -> Map:
    for old, new in (("trigger", "triggers"), ("condition", "conditions"), ("action", "actions")):
        if old in tree and new in tree:
            reading.complain(tree.key_places.get(old), f"{old} and {new} are the same. Keep {new}.")
            tree = without(tree, old)
        tree = renamed(tree, old, new)
    return tree


def _variables(reading: Reading, tree: Map, key: str) -> dict[str, Value]:
    given = tree.get(key)
    if not isinstance(given, Map):
        return {}
    return reading.once(given, key, lambda: _values(reading, given))


def _values(reading: Reading, given: Map) -> dict[str, Value]:
    reading.names |= {str(name) for name in given}
    return {str(name): reading.value(value, given.value_places.get(name)) for name, value in given.items()}


def _hash(tree: Map) -> str:
    """Of all that it is: a waiting run goes on only with the program it was begun with."""
    try:
        written = orjson.dumps(plain(tree), option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
    except (TypeError, ValueError):  # a number of more than 64 bits
        written = repr(plain(tree)).encode("utf-8", "replace")
    return hashlib.sha256(written).hexdigest()[:16]
