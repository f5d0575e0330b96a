"""Where a configuration uses blueprints, and what another version of one would do to those who use it."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ..bus import Bus
from ..clock import SystemClock
from ..errors import Place, Problem, TemplateError
from ..source import Map, Seq, Text, plain
from ..states import States
from .blueprint_files import MISSING, Blueprint, texts_of, used_inputs
from .blueprints import take_values
from .reading import Reading, items_of
from .templates import Templates, is_template

_DOMAINS: Final = {"automation": "automation", "script": "script", "printer": "ticket", "display": "screen"}


@dataclass(frozen=True, slots=True)
class Instance:
    """One thing made of a blueprint: what it is called, the blueprint's domain and path, and its `use_blueprint`."""

    title: str
    domain: str
    path: str
    use: Map
    place: Place


def instances(root: Map) -> list[Instance]:
    """All of a configuration, in its order."""
    return [one for key, tree in root.items() for one in _found(str(key), tree, str(key))]


def _found(key: str, tree: Any, title: str) -> Iterator[Instance]:
    if isinstance(tree, Map):
        use = tree.get("use_blueprint")
        if isinstance(use, Map) and "path" in use:
            named = tree.get("alias") or tree.get("id")
            shown = f'{key} "{named}"' if named else title
            domain = _DOMAINS.get(key, "device")
            yield Instance(shown, domain, str(use["path"]), use, tree.value_places["use_blueprint"])
        for name, inner in tree.items():
            if isinstance(inner, (Map, Seq)) and name != "use_blueprint":
                yield from _found(key, inner, f"{title}.{name}")
    elif isinstance(tree, Seq):
        for index, inner in enumerate(tree):
            named = inner.get("id", index) if isinstance(inner, Map) else index
            yield from _found(key, inner, f"{title}.{named}")


def breaks(new: Blueprint, using: list[Instance]) -> list[Problem]:
    """What would be wrong with those who use a blueprint if it were this one."""
    templates = _templates()
    found: list[Problem] = []
    for one in using:
        reading = Reading(templates, one.title, one.place)
        take_values(new, one.use, one.place, reading)
        found += reading.problems
    return found


def summary(old: Blueprint, new: Blueprint) -> list[str]:
    """What changed in what it asks for, a sentence each."""
    told: list[str] = []
    if old.version != new.version:
        told.append(f"version {old.version} -> {new.version}")
    else:
        told.append(f"version {old.version}: nothing that it does or asks for has changed")
    if old.domain != new.domain:
        told.append(f"domain {old.domain} -> {new.domain}")
    for name, given in new.inputs.items():
        if name not in old.inputs:
            told.append(f"input added: {name} ({'must be given' if given.default is MISSING else 'has a default'})")
    told += [f"input removed: {name}" for name in old.inputs if name not in new.inputs]
    for name in old.inputs:
        if name in new.inputs:
            before, after = old.inputs[name], new.inputs[name]
            what = [word for word, changed in (
                ("its selector", plain(before.written) != plain(after.written)),
                ("its default", before.default is not after.default and plain(before.default) != plain(after.default)),
            ) if changed]  # fmt: skip
            if what:
                told.append(f"input changed: {name} ({' and '.join(what)})")
    return told


def difference(old: str, new: str, old_name: str, new_name: str) -> list[str]:
    """The lines that differ, as `diff -u` shows them."""
    return [line.rstrip("\n") for line in difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), old_name, new_name)]  # fmt: skip


def template_faults(made: Blueprint) -> list[Problem]:
    """Templates that cannot be compiled, and inputs used in them that are no variables."""
    if made.body is None:
        return []
    templates = _templates()
    known = _variables(made.body)
    found: list[Problem] = []
    for text in texts_of(made.body):
        if not is_template(text):
            continue
        try:
            uses = templates.read(str(text), text.place).uses
        except TemplateError as error:
            found.append(Problem(error.place or text.place, error.text))
            continue
        if made.domain not in ("automation", "script"):
            continue  # others lend their templates words of their own
        found += [trap(name, text.place) for name in sorted(uses.names)
                  if name in made.inputs and name not in known and name not in uses.asked]  # fmt: skip
    return found


def trap(name: str, place: Place | None) -> Problem:
    """An input that a template takes for a variable."""
    return Problem(place, f"template: {name!r} is an input of the blueprint, and templates see variables only. "
                   f"Write  variables: {{{name}: !input {name}}}.")  # fmt: skip


def _variables(tree: Any) -> set[str]:
    """The names given anywhere under `variables:`, `trigger_variables:`, `fields:` or as an answer."""
    found: set[str] = set()
    if isinstance(tree, Map):
        for key, value in tree.items():
            if key in ("variables", "trigger_variables", "fields") and isinstance(value, Map):
                found |= set(map(str, value))
            elif key == "response_variable" and isinstance(value, Text):
                found.add(str(value))
            found |= _variables(value)
    elif isinstance(tree, Seq):
        for value, _ in items_of(tree, tree.place):
            found |= _variables(value)
    return found


def unused(made: Blueprint) -> list[Problem]:
    """Inputs that are asked for and used nowhere, as warnings: for those who write it."""
    if made.body is None:
        return []
    used = {node.name for node in used_inputs(made.body)}
    return [Problem(given.place, f"input.{name}: it is asked for and used nowhere.", "warning")
            for name, given in made.inputs.items() if name not in used]  # fmt: skip


def _templates() -> Templates:
    clock = SystemClock()
    return Templates(States(Bus(clock), clock), clock)
