"""Names in the YAML that must exist: each is looked up among all that is defined, and told with its place and mend."""

from collections.abc import Iterable, Iterator
from typing import Any

from .errors import Place, Problem
from .schema import Reference, did_you_mean
from .source import Map, Seq, Text


def check_references(references: Iterable[Reference], defined: set[str], tree: Any) -> list[Problem]:
    """A problem for each reference to what is not defined. `defined` holds `domain.name`; `tree` is what was read."""
    missing = list(dict.fromkeys(r for r in references if f"{r.domain}.{r.name}" not in defined))
    if not missing:
        return []
    paths = {place: (path, value) for place, path, value in _walk(tree, "", None)}
    problems: list[Problem] = []
    empty: set[str] = set()
    for reference in missing:
        if reference.domain and not any(d.startswith(reference.domain + ".") for d in defined):
            if reference.domain in empty:
                continue  # that there is none at all is told once
            empty.add(reference.domain)
        place = reference.place or _find_number(reference, paths)
        path = paths[place][0] if place in paths else ""
        problems.append(Problem(place, f"{path}: {_say(reference, defined)}" if path else _say(reference, defined)))
    return problems


def _say(reference: Reference, defined: set[str]) -> str:
    domain, name = reference.domain, reference.name
    if not domain:
        known, shown = sorted(defined), name
        text = f"{name!r} is not an entity id. Write domain.name, as in queue.main."
        return text + (did_you_mean(shown, known))
    names = sorted(d.partition(".")[2] for d in defined if d.partition(".")[0] == domain)
    text = f"there is no {domain} called {name!r} here."
    if not names:
        return f"{text} No {domain} is defined; add it under {domain}:."
    under = "usher: classes" if domain == "class" else domain
    listed = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    return text + (did_you_mean(name, names) or f" Write one of {listed}, or add it under {under}:.")


def _walk(tree: Any, path: str, place: Place | None) -> Iterator[tuple[Place, str, Any]]:
    """Every value that stands in a file: its place, its dotted path, itself. A copy by an anchor keeps the first."""
    if isinstance(tree, Text):
        yield tree.place, path, tree
    elif place is not None:
        yield place, path, tree
    if isinstance(tree, Map):
        for key, value in tree.items():
            yield from _walk(value, f"{path}.{key}" if path else str(key), tree.value_places.get(key))
    elif isinstance(tree, Seq):
        for index, value in enumerate(tree):
            named = value.get("id") if isinstance(value, Map) and "platform" in value else None  # a device
            yield from _walk(value, f"{path}.{index if named is None else named}", tree.item_places[index])


def _find_number(reference: Reference, paths: dict[Place, tuple[str, Any]]) -> Place | None:
    """A bare number (`counter: 1`) carries no place: the first such value under a key of that name, or in a list."""
    found = [(place, path) for place, (path, value) in paths.items()
             if type(value) is int and str(value) == reference.name]  # fmt: skip
    named = [place for place, path in found if reference.domain in path]
    listed = [place for place, path in found if path.rpartition(".")[2].isdigit()]
    return next(iter([*named, *listed]), None)
