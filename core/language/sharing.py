"""Compiling once what the automations of a blueprint have in common.

Parts of a blueprint without any `!input` are the very same tree in every automation made of it (`filling.py`). What is
compiled of such a part holds no state and no place of the installer's, so the first automation compiles it, and the
others take that, with all that reading it noted: entities, actions, templates, names. A part with a fault is kept for
nobody: its complaints name the automation.
"""

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from .reading import Reading

T = TypeVar("T")
_NOTED: Final = ("references", "entities", "actions", "used")


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was made of a part, and what reading it noted."""

    made: Any
    noted: tuple[tuple[str, list[Any]], ...]
    names: frozenset[str]


@dataclass
class Shared:
    """What was compiled of the common parts.

    `parts` are the ids of trees, `texts` of texts, that `keeper` (a Library) keeps alive.
    """

    parts: set[int]
    keeper: Any = None
    texts: set[int] = field(default_factory=set[int])
    _kept: dict[tuple[int, Any], _Kept] = field(default_factory=dict[tuple[int, Any], _Kept])
    _places: list[Any] = field(default_factory=list[Any])  # kept alive, for they are known by their ids

    def once(self, reading: "Reading", tree: Any, path: str, make: Callable[[], T]) -> T:
        """What `make` compiles of this tree at this path: made anew unless it is common and was made before."""
        if id(tree) not in self.parts:
            return make()
        key = (id(tree), path)
        kept = self._kept.get(key)
        return self._first(reading, key, make) if kept is None else self._again(reading, kept)

    def at(self, reading: "Reading", tree: Any, place: Any, make: Callable[[], T]) -> T:
        """The same of a value, whose templates complain at this place."""
        known = id(tree)
        if known not in self.texts and known not in self.parts:
            return make()
        key = (known, id(place))
        kept = self._kept.get(key)
        if kept is not None:
            made: T = self._again(reading, kept)
            return made
        self._places.append(place)
        return self._first(reading, key, make)

    @staticmethod
    def _again(reading: "Reading", kept: _Kept) -> Any:
        for name, noted in kept.noted:
            getattr(reading, name).extend(noted)
        if kept.names:
            reading.names |= kept.names
        return kept.made

    def _first(self, reading: "Reading", key: tuple[int, Any], make: Callable[[], T]) -> T:
        sizes = [len(getattr(reading, name)) for name in _NOTED]
        complaints = len(reading.problems)
        outer, names = reading.names, _Names(reading.names)
        reading.names = names
        made = make()
        after = reading.names
        reading.names = outer | after
        if len(reading.problems) == complaints:
            noted = [(name, getattr(reading, name)[size:]) for name, size in zip(_NOTED, sizes, strict=True)]
            self._kept[key] = _Kept(
                made, tuple(one for one in noted if one[1]), frozenset(names.added | (after - outer))
            )
        return made


class _Names(set[str]):
    """Variables known, which remembers those that were added, also if they were known already."""

    def __init__(self, known: set[str]) -> None:
        super().__init__(known)
        self.added: set[str] = set()

    def add(self, name: str, /) -> None:
        self.added.add(name)
        super().add(name)

    def update(self, *names: Iterable[str]) -> None:
        for some in names:
            self |= set(some)

    def __ior__(self, names: Set[str], /) -> "_Names":  # type: ignore[override, misc]
        self.added |= names
        super().update(names)
        return self
