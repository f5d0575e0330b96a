"""What `usher check` asks of templates: are their words there, the files they import, the fields of what they are given?

A complaint comes with the word it is about, so that the word itself can be found in the file.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ..errors import Place, Problem
from ..hall.events import COUNTER_FIELDS, QUEUE_FIELDS, TICKET_FIELDS, TICKET_WORD_FIELDS, VISITOR_FIELDS
from ..integration import Checked
from ..schema import did_you_mean
from .places import locate
from .templates import Templates, Uses
from .templates.functions import HOME_WORDS

JINJA: Final = frozenset({"loop", "caller", "varargs", "kwargs", "self", "super", "true", "false", "none", "True",
                          "False", "None"})  # fmt: skip
_METHODS: Final = frozenset({"items", "keys", "values", "get"})
FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "trigger.ticket": TICKET_FIELDS,
    "trigger.event.data.ticket": TICKET_FIELDS,
    "counter().ticket": TICKET_FIELDS,
    "ticket()": TICKET_WORD_FIELDS,
    "queue()": QUEUE_FIELDS,
    "counter()": COUNTER_FIELDS,
    "visitor()": VISITOR_FIELDS,
}


def check_template(
    checked: Checked, templates: Templates, uses: Uses, variables: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """Every complaint about one template, with the word it is about."""
    known = frozenset(variables)
    functions = templates.functions | checked.template_words
    for name in uses.names:
        called = name in uses.called  # variables are data: none can be called, also `state` cannot
        if name in functions or name in JINJA or (name in known and not called) or name in uses.asked:
            continue
        kind, near = ("function", functions) if name in uses.called else ("variable", known)
        yield name, _missing(kind, name, near)
    yield from _words(checked, templates, uses)
    yield from _imports(templates, uses)
    for holder, field, _ in uses.fields:
        if holder in FIELDS and field not in FIELDS[holder] | _METHODS and holder.partition("(")[0] not in known:
            fields = FIELDS[holder]
            hint = did_you_mean(field, fields) or f" There are: {', '.join(sorted(fields))}."
            yield field, f"template: {holder} has no {field!r}.{hint}"


def check_macros(checked: Checked, templates: Templates) -> Iterator[Problem]:
    """Every complaint about the macro files: faults of their own, and what they name. Their variables are whoever's."""
    yield from templates.macros.problems
    functions = templates.functions | checked.template_words
    for file in templates.macros.files.values():
        uses, start = file.uses, Place(file.path, 1, 1)
        found = [(name, _missing("function", name, functions)) for name in uses.called & uses.names.keys() - functions
                 if name not in JINJA and name not in uses.asked]  # fmt: skip
        found += [*_words(checked, templates, uses), *_imports(templates, uses), *_entities(checked, uses)]
        for word, text in found:
            yield Problem(locate(start, word, whole=True), text)


def _words(checked: Checked, templates: Templates, uses: Uses) -> Iterator[tuple[str, str]]:
    for kind, used, known in (
        ("filter", uses.filters, templates.filters | checked.template_words), ("test", uses.tests, templates.tests),
    ):  # fmt: skip
        for name in used:
            if name not in known:
                yield name, _missing(kind, name, known)


def _imports(templates: Templates, uses: Uses) -> Iterator[tuple[str, str]]:
    macros = templates.macros
    for file, names, _ in uses.imports:
        found = macros.files.get(file)
        if found is None:
            if file not in macros.faulty:  # which is told with its own place
                yield file, f"template: {macros.missing(file)}"
            continue
        for name in names:
            if name not in found.exports:
                hint = did_you_mean(name, found.exports) or f" There are: {', '.join(sorted(found.exports))}."
                yield name, f"template: there is no {name!r} in {file!r}.{hint}"


def _entities(checked: Checked, uses: Uses) -> Iterator[tuple[str, str]]:
    for entity_id in sorted(uses.entities):
        domain = entity_id.partition(".")[0]
        if entity_id not in checked.entities and domain not in checked.lost:
            hint = did_you_mean(entity_id, [one for one in checked.entities if one.startswith(domain + ".")])
            yield entity_id, f"template: {entity_id!r} is not an entity here.{hint}"


def _missing(kind: str, name: str, known: Iterable[str]) -> str:
    if name in HOME_WORDS and kind != "variable":
        return (f"template: {name!r} belongs to a home: a hall has no areas, floors, labels, devices or places on a map. "
                "Name the entities, or put them into a group and expand it.")  # fmt: skip
    near = sorted(known)
    hint = did_you_mean(name, near)
    if not hint and kind == "variable":
        hint = f" There are: {', '.join(near)}."
    return f"template: no such {kind} {name!r}.{hint}"
