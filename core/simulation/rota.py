"""When staff sit at which counter: from a YAML file, or one person a counter from opening to closing, with a break.

"1": {from: "09:00", to: "17:00", breaks: ["12:00-12:30"], staff: anna}
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, RootModel
from pydantic_core import PydanticCustomError

from ..errors import ConfigError, Place, Problem, UsherError
from ..schema import Strict, Target, TimeOfDay, did_you_mean, read
from ..source import Source, place_of, shown_path
from .scenario import Scenario, Span, hours

BREAK: Final = 1800.0  # seconds
LONG: Final = 5 * 3600.0  # who sits longer has a break


@dataclass(frozen=True, slots=True)
class Shift:
    """One person at one counter. Seconds after midnight."""

    staff: str
    begin: float
    end: float
    breaks: tuple[Span, ...] = ()


def _span(value: str) -> str:
    try:
        hours(value)
    except UsherError as error:
        raise PydanticCustomError("bad_span", "{why}", {"why": str(error)}) from error
    return value


class ShiftItem(Strict):
    """One shift in the file."""

    staff: str | None = Field(None, max_length=64, description="Who sits there.")
    from_: TimeOfDay = Field(alias="from", description="When they sign in.")
    to: TimeOfDay = Field(description="When they sign out, once nobody waits any more.")
    breaks: list[Annotated[str, AfterValidator(_span)]] = Field([], description='Breaks, as ["12:00-12:30"].')


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, Mapping) else value


class Rota(RootModel[dict[Annotated[str, Target("counter")], Annotated[list[ShiftItem], BeforeValidator(_listed)]]]):
    """The file: counters and who sits there when."""


def usual(scenario: Scenario, counters: Iterable[str], who: Mapping[str, str] | None = None) -> dict[str, list[Shift]]:
    """One person a counter, all day; breaks are staggered, so that never more than a third are away.

    `who` says which of the listed staff sit where; elsewhere it is somebody nobody knows.
    """
    made: dict[str, list[Shift]] = {}
    for n, counter in enumerate(counters):
        staff = (who or {}).get(counter, f"staff_{counter}")
        made[counter] = [Shift(staff, begin, end, _breaks(begin, end, n)) for begin, end in scenario.hours]
    return made


def seated(counters: Mapping[str, Any], staff: Mapping[str, Any], queues: Mapping[str, Any]) -> dict[str, str]:
    """Which of the listed staff sit at which counter when nobody says: those who fit, each at one, in the order listed.

    Who has what its queues ask for fits; rather who shares a pool with the counter, or has one named as its queue.
    """
    free = list(staff)
    found: dict[str, str] = {}
    for name, counter in counters.items():
        served = [one.queue for one in counter.serves]
        needed = {skill for queue in served if queue in queues for skill in queues[queue].skills}
        places = {*counter.pools, *served}
        fitting = [one for one in free if needed <= set(staff[one].skills)
                   and (not staff[one].pools or places & set(staff[one].pools))]  # fmt: skip
        best = max(fitting, key=lambda one: (len(places & set(staff[one].pools)), -free.index(one)), default=None)
        if best is not None:
            found[name] = best
            free.remove(best)
    return found


def _breaks(begin: float, end: float, n: int) -> tuple[Span, ...]:
    if end - begin <= LONG:
        return ()
    at = (begin + end) / 2 - BREAK * 1.5 + BREAK * (n % 3)
    return ((at, at + BREAK),)


def from_file(path: Path, counters: Iterable[str]) -> dict[str, list[Shift]]:
    """The shifts of a file; raises ConfigError with every problem at its place."""
    source, problems = Source(path.parent), list[Problem]()
    tree = source.read(path)
    if source.problems:
        raise ConfigError(source.problems)
    if tree is None:
        raise ConfigError(
            [Problem(Place(shown_path(path), 1, 1), 'there are no shifts. Write "1": {from: "09:00", to: "17:00"}.')]
        )
    rota = read(Rota, tree, "staff", problems)
    known = list(counters)
    for name in rota.root if rota is not None else ():
        if name not in known:
            problems.append(Problem(place_of(tree, (name,), key=True), f"there is no counter {name!r}."
                                    + did_you_mean(name, known)))  # fmt: skip
    if problems or rota is None:
        raise ConfigError(problems)
    return {name: [_shift(name, n, item) for n, item in enumerate(items)] for name, items in rota.root.items()}


def _shift(counter: str, n: int, item: ShiftItem) -> Shift:
    begin, end = (at.hour * 3600 + at.minute * 60 + at.second for at in (item.from_, item.to))
    breaks = sorted(span for text in item.breaks for span in hours(text))
    staff = item.staff or f"staff_{counter}" + (f"_{n + 1}" if n else "")
    return Shift(staff, begin, end if end else 86400, tuple(breaks))
