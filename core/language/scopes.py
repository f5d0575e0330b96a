"""Where a run's variables stand: one dict for the whole run, and inner scopes for what belongs to a loop or a branch.

As in Home Assistant since its change 141114 of 2025: a variable is assigned in the nearest scope that knows it, and else in that of the
whole run. Only `repeat` (of the loop) and, in a branch of `parallel`, `wait` stay inside.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Final, TypeAlias, cast

_NONE: Final = object()


class Inner(Mapping[str, Any]):
    """A scope within another one. What stands in `own` hides what stands outside."""

    __slots__ = ("branch", "outer", "own")

    def __init__(self, outer: "Names", own: dict[str, Any], *, branch: bool = False) -> None:
        self.outer, self.own, self.branch = outer, own, branch

    def __getitem__(self, key: str) -> Any:
        found = self.own.get(key, _NONE)
        return self.outer[key] if found is _NONE else found

    def get(self, key: str, default: Any = None) -> Any:
        found = self.own.get(key, _NONE)
        return self.outer.get(key, default) if found is _NONE else found

    def __iter__(self) -> Iterator[str]:
        yield from self.own
        yield from (key for key in self.outer if key not in self.own)

    def __len__(self) -> int:
        return sum(1 for _ in self)


Names: TypeAlias = "dict[str, Any] | Inner"


def assign(names: Names, key: str, value: Any, *, protected: bool = False) -> None:
    """Give a variable its value. `protected`: in a branch of `parallel` it stays there, and no other branch sees it."""
    while isinstance(names, Inner):
        if names.branch:
            if protected:
                names.own[key] = value
                return
            names.own.pop(key, None)
        elif key in names.own:
            names.own[key] = value
            return
        names = names.outer
    cast("MutableMapping[str, Any]", names)[key] = value
