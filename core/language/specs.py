"""Compiling automations: from the tree in the YAML to triggers, conditions and a program, or to complaints.

The older spellings (`trigger:`, `condition:`, `action:` for the lists) are taken too.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
from pydantic import BaseModel

from ..errors import Place, Problem
from ..frozen import frozen
from ..ids import is_name
from ..schema import place_in
from ..source import Map, Text, place_of, plain
from .blueprints import Expanded, Library
from .conditions import Condition, compile_conditions
from .config import AutomationModel, Identity, Ruled, identities
from .late import LateProgram
from .programs import Programmer
from .reading import Reading, Value, items_of, renamed, without
from .ready import Made, Ready, same_anywhere
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
_COMPILED: Final = frozenset({"triggers", "conditions", "actions"})
_VARIABLES: Final = frozenset({"variables", "trigger_variables"})
_TEXTS: Final = frozenset({"id", "alias", "description"})
_LONG: Final = 200  # what the model allows an id and an alias


@frozen
class Spec:
    """One automation, compiled. `uses` are the names its templates look up."""

    identity: Identity
    model: Ruled  # in common with others of the same rules
    hash: str
    triggers: tuple[Trigger, ...]
    conditions: tuple[Condition, ...]
    variables: Mapping[str, Value]
    fixed: Mapping[str, Value]  # trigger_variables
    program: Program
    uses: frozenset[str]
    blueprint: Mapping[str, str] | None = None  # path and version of the one it was made of
    source: str = ""  # the hash of that blueprint's content


@frozen
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
    rules: dict[Any, Ruled] = field(default_factory=dict[Any, Ruled])  # read already
    uses: dict[frozenset[str], frozenset[str]] = field(default_factory=dict[frozenset[str], frozenset[str]])
    ready: Ready | None = None  # made by the check before
    keep: Ready | None = None  # for who sets up what is checked now


def compile_all(tree: Any, book: Book) -> Iterator[tuple[Reading, Spec | None]]:
    """Every automation, one after the other: what was read of it (with its complaints), and its Spec if it can run."""
    kept = book.ready or book.keep
    library = Library(book.folder) if kept is None else kept.library
    shared = Shared(library.shared, library, library.texts)
    seen: dict[str, Place] = {}
    for item, place in items_of(tree, Place("configuration", 1, 1)):
        if not isinstance(item, Map):
            reading = Reading(book.templates, "automation", place)
            reading.complain(place, "write a mapping: {alias: ..., triggers: ..., actions: ...}.")
            yield reading, None
    for identity in identities(tree) if kept is None else kept.identities:
        reading = Reading(book.templates, identity.title, identity.place)
        if identity.key in seen:
            where = place_of(identity.tree, ("id",)) or identity.place
            reading.complain(where, f"the id {identity.key!r} stands twice; the first is at {seen[identity.key]}. "
                             "Give one another.")  # fmt: skip
        seen.setdefault(identity.key, identity.place)
        reading.shared = shared
        spec = compile_one(identity, reading, book, library)
        failed = any(problem.severity == "error" for problem in reading.problems)
        yield reading, None if failed else spec
        if book.keep is not None and spec is not None and not reading.problems:
            _keep(book.keep, reading, spec)


def _keep(ready: Ready, reading: Reading, spec: Spec) -> None:
    """What was found without fault is as good for the hall as for the check."""
    expanded = reading.tree
    if isinstance(expanded, Expanded):  # an older spelling was written anew
        ready.keep(Made(spec.identity.tree, expanded, spec.triggers if same_anywhere(spec.triggers) else None))


def compile_one(identity: Identity, reading: Reading, book: Book, library: Library) -> Spec | None:
    """One automation; complaints are in `reading`."""
    tree, ready = identity.tree, None
    made: Expanded | None = None
    if "use_blueprint" in tree:
        ready = None if book.ready is None else book.ready.take(tree)
        made = (
            library.expand(tree, reading, ("actions",) if book.lent_later else ()) if ready is None else ready.expanded
        )
        if made is None:
            return None
        tree, reading.inputs = made, made.inputs
    tree = reading.tree = _new_spelling(reading, tree)
    model = _rules(reading, tree, book)  # when that fails, its lists are read all the same, for what they hold
    variables, fixed = _variables(reading, tree, "variables"), _variables(reading, tree, "trigger_variables")
    at = tree.value_places.get
    triggers = ready.triggers if ready is not None else None
    if triggers is None:
        triggers = compile_triggers(
            reading, tree.get("triggers"), at("triggers", tree.place), book.triggers, lent_later=book.lent_later
        )
    conditions = compile_conditions(reading, tree.get("conditions"), at("conditions", tree.place), "condition")
    program = LateProgram(lambda: _again(identity, book, library)) if made is not None and book.lent_later else \
        _steps(tree, reading, book)  # fmt: skip
    if not triggers and not tree.get("triggers"):
        reading.complain(identity.place, "it has no triggers, so it runs only by automation.trigger. Add triggers: if it is "
                         "to run by itself.", "warning")  # fmt: skip
    if model is None:
        return None
    late = isinstance(program, LateProgram)  # then what its steps look up is not known yet
    uses = ALWAYS.union(*_names(reading)) if late else frozenset[str]().union(*_names(reading))
    uses = book.uses.setdefault(uses, uses)
    return Spec(identity, model, made.hash if made is not None else _hash(tree), tuple(triggers), conditions,
                variables, fixed, program, uses, None if made is None else made.blueprint,
                "" if made is None else made.source)  # fmt: skip


def _names(reading: Reading) -> Iterator[Iterable[str]]:
    return (template.uses.names for template in reading.used)


def _rules(reading: Reading, tree: Map, book: Book) -> Ruled | None:
    """Its model, as far as anybody asks for it; automations with the same rules have it in common."""
    likeness = _likeness(tree)
    known = book.rules.get(likeness)
    if known is not None:
        return known
    model = reading.model(AutomationModel, tree, "")
    if model is not None:
        vars(model).update(triggers=None, conditions=None, actions=None, variables={}, trigger_variables={})  # compiled
        if likeness is not None:
            book.rules[likeness] = model
    return model


def _likeness(tree: Map) -> tuple[Any, ...] | None:
    """What two automations must have in common for their models to be as good as the same; None if that is not plain."""
    parts: list[Any] = []
    for key, value in tree.items():
        kind = value.__class__
        if (
            key in _COMPILED
            or (key in _TEXTS and kind is Text and len(value) <= _LONG)
            or (key in _VARIABLES and kind is Map and all(name.__class__ is str for name in value))
        ):
            parts.append(key)
        elif kind in (Text, str, int, bool):
            parts.append((key, kind, value))
        else:
            return None
    return tuple(parts)


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
    shared = Shared(library.shared, library, library.texts)
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
    declared = tree.get("fields")
    reading.unsure |= declared is not None and not isinstance(declared, Map)  # which the model has told
    fields = read_fields(declared if isinstance(declared, Map) else None, tree.value_places.get("fields", tree.place),
                         told)  # fmt: skip
    for problem in told:
        reading.complain(problem.place, problem.text, problem.severity)
    reading.names |= set(fields)
    variables = _variables(reading, tree, "variables")
    compiler = Programmer(reading, book.ground, book.triggers, lent_later=book.lent_later)
    compiler.compile(tree.get("sequence"), tree.value_places.get("sequence", tree.place), SCRIPT_TOP)
    if model is None:
        return None
    uses = frozenset[str]().union(*_names(reading))
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
        reading.unsure |= given is not None
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
