"""Scripts that call themselves whatever happens, alone or through others: such a run never ends."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from ..errors import Place
from ..source import Map
from .conditions import is_condition
from .reading import Reading, items_of, pick

_GOES_ON: Final = frozenset({"action", "service", "delay", "event", "variables"})  # the step behind these is sure


def check_circles(scripts: Iterable[tuple[str, Reading]]) -> None:
    """Warn of each circle of calls once, at the call in the script that stands first."""
    given = list(scripts)
    calls = {name: list(_sure_calls(reading.tree)) for name, reading in given}
    told: set[str] = set()
    for name, reading in given:
        for called, place in calls[name]:
            way = None if name in told else _way(calls, called, name)
            if way is not None:
                told.update(way)
                shown = " > ".join((name, *way))
                reading.complain(place, f"it calls itself each time: {shown}. Put a condition before this, or remove it.",
                                 "warning")  # fmt: skip


def _sure_calls(tree: Map | None) -> Iterator[tuple[str, Place]]:
    """The scripts that are called in any case, up to the first step that may end the run."""
    if tree is None:
        return
    for step, _ in items_of(tree.get("sequence"), tree.place):
        if not isinstance(step, Map) or is_condition(step) or not _GOES_ON & step.keys():
            return
        named = pick(step, "action", "service")
        if named is not None and step.get("enabled", True) is True:
            yield str(named[0]), named[1]


def _way(calls: dict[str, Any], start: str, end: str) -> list[str] | None:
    """The scripts on the way from one to another, both named."""
    seen, ways = {start}, [[start]]
    while ways:
        way = ways.pop()
        if way[-1] == end:
            return way
        for called, _ in calls.get(way[-1], ()):
            if called not in seen:
                seen.add(called)
                ways.append([*way, called])
    return None
