"""A group within itself would stay on for ever, held by its own word."""

from typing import cast

from ...core.errors import Problem
from ...core.integration import Checked
from ...core.source import place_of
from .config import Config


def check(checked: Checked) -> None:
    """Complain of each group that is its own member, by whatever way round."""
    groups = {f"group.{name}": one.entities for name, one in cast("Config", checked.config).root.items()}
    told: set[str] = set()
    for name in groups:
        way = None if name in told else _way_back(groups, name)
        if way is not None:
            told.update(way)
            place = place_of(checked.tree, (name.partition(".")[2],), key=True)
            checked.problems.append(Problem(place, f"{name} is a member of itself: {' > '.join(way)}. Take one out."))


def _way_back(groups: dict[str, list[str]], name: str) -> list[str] | None:
    """The way from a group through its members back to it."""
    seen, ways = {name}, [[name]]
    while ways:
        way = ways.pop()
        for member in groups.get(way[-1], ()):
            if member == name:
                return [*way, member]
            if member not in seen:
                seen.add(member)
                ways.append([*way, member])
    return None
