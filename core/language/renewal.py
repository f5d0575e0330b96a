"""Which automations a reload leaves alone: those whose YAML, and whose blueprint, are the same as before.

What only moved in its file is compiled again, so that traces and errors name the lines of today; being the same, it
goes on with its runs, its waits and its timers. The loop is given back every few automations.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..source import Map
from .blueprints import Library
from .config import Identity, identities
from .reading import Reading
from .sharing import Shared
from .specs import Book, Spec, compile_one

PIECE: Final = 4  # automations compiled in one turn of the loop


@dataclass
class Renewal:
    """What becomes of the automations: keys in the order of the YAML, what is new or changed, what only moved."""

    order: dict[str, None] = field(default_factory=dict[str, None])
    changed: dict[str, Spec] = field(default_factory=dict[str, Spec])
    moved: dict[str, Spec] = field(default_factory=dict[str, Spec])
    readings: list[Reading] = field(default_factory=list[Reading])  # of what was compiled, with its complaints


async def renew(tree: Any, old: Mapping[str, Spec], book: Book) -> Renewal:
    """Compare with what is there and compile what is not the same."""
    library, made = Library(book.folder), Renewal()
    shared = Shared(library.shared, library, library.texts)
    compiled = 0
    for turn, identity in enumerate(identities(tree)):
        if identity.key in made.order:
            continue  # told by the check
        before = old.get(identity.key)
        same = before is not None and _is_same(before, identity) and await _has_same_source(before, library)
        if before is not None and same and _stands_there_still(before.identity.tree, identity.tree):
            made.order[identity.key] = None
            if turn % 64 == 63:
                await asyncio.sleep(0)
            continue
        reading = Reading(book.templates, identity.title, identity.place)
        reading.shared = shared
        spec = compile_one(identity, reading, book, library)
        made.readings.append(reading)
        if spec is not None and not any(problem.severity == "error" for problem in reading.problems):
            made.order[identity.key] = None
            (made.moved if before is not None and same else made.changed)[identity.key] = spec
        compiled += 1
        if compiled % PIECE == 0:
            await asyncio.sleep(0)
    return made


def _is_same(old: Spec, new: Identity) -> bool:
    was = old.identity
    return was.tree == new.tree and (was.entity_id, was.alias) == (new.entity_id, new.alias)


async def _has_same_source(spec: Spec, library: Library) -> bool:
    """Whether the blueprint it was made of is what it was."""
    if spec.blueprint is None:
        return True
    path = spec.blueprint["path"]
    blueprint = library.get(path) if library.knows(path) else await asyncio.to_thread(library.get, path)
    return blueprint is not None and blueprint.hash == spec.source


def _stands_there_still(old: Any, new: Any) -> bool:
    """Whether every line of it is where it was."""
    if isinstance(new, Map):
        return (
            isinstance(old, Map)
            and old.place == new.place
            and old.value_places == new.value_places
            and all(
                _stands_there_still(old[key], value) for key, value in new.items() if isinstance(value, (dict, list))
            )
        )
    places = getattr(new, "item_places", None)
    if places is None:
        return True
    return getattr(old, "item_places", None) == places and all(map(_stands_there_still, old, new))
