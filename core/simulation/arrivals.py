"""Who comes when, wishing what: by chance through the day, or from a CSV file. All of it is known before the doors open."""

import csv
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Final

from ..errors import ConfigError, Place, Problem
from ..schema import did_you_mean, seconds
from ..source import shown_path
from .scenario import Scenario, picked

COLUMNS: Final = ("time", "queue", "service", "class", "language", "party", "kiosk", "duration", "patience")
PROFILE: Final = (7, 12, 14, 12, 8, 11, 12, 9, 5)  # how many come in each ninth of a day's opening hours
MAX_VISITORS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Arrival:
    """One visitor. `at` in seconds after midnight; None is left to chance or to the hall; `n` counts from 1."""

    n: int
    at: float
    queue: str
    service: str | None = None
    class_: str | None = None
    language: str | None = None
    party: int = 1
    kiosk: str | None = None
    duration: float | None = None
    patience: float | None = None


def by_chance(scenario: Scenario, count: int, shares: Mapping[str, float], languages: Sequence[str]) -> list[Arrival]:
    """So many visitors, independent of each other, in order of time: a Poisson stream with a known sum."""
    chance = scenario.chance("arrivals")
    spoken = scenario.languages or {one: 8.0 if at == 0 else 2.0 for at, one in enumerate(languages)}
    weights = PROFILE if scenario.profile == "day" else (1,)
    times = sorted(round(_moment(scenario, weights, chance.random()), 1) for _ in range(count))
    classes = {"": max(0.0, 1 - sum(scenario.classes.values())), **scenario.classes} if scenario.classes else {}
    return [
        Arrival(n, at, picked(shares, chance), class_=picked(classes, chance) or None,
                language=picked(spoken, chance) or None)
        for n, at in enumerate(times, 1)
    ]  # fmt: skip


def _moment(scenario: Scenario, weights: Sequence[float], u: float) -> float:
    """The time of day at which the share `u` of all visitors has come."""
    sums = list(accumulate(weights))
    wanted = u * sums[-1]
    piece = min(bisect(sums, wanted), len(weights) - 1)
    part = (piece + (wanted - (sums[piece] - weights[piece])) / weights[piece]) / len(weights)
    left = part * sum(end - begin for begin, end in scenario.hours)
    for begin, end in scenario.hours:
        if left <= end - begin:
            return begin + left
        left -= end - begin
    return scenario.hours[-1][1]


def from_file(path: Path, queues: Sequence[str]) -> list[Arrival]:
    """The rows of a CSV whose first line names its columns; raises ConfigError with every problem at its place."""
    file, problems, found = shown_path(path), list[Problem](), list[Arrival]()
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        raise ConfigError([Problem(Place(file, 1, 1), f"this file cannot be read: {error}.")]) from error
    rows = csv.reader(text.splitlines())
    names = [name.strip() for name in next(rows, list[str]())]
    for at, name in enumerate(names):
        if name not in COLUMNS:
            problems.append(Problem(Place(file, 1, at + 1), f"there is no column {name!r}."
                                    + (did_you_mean(name, COLUMNS) or f" Write some of {', '.join(COLUMNS)}.")))  # fmt: skip
    for needed in ("time", "queue"):
        if needed not in names and not problems:
            problems.append(Problem(Place(file, 1, 1), f"the column {needed!r} is missing."))
    if problems:
        raise ConfigError(problems)
    for row in rows:
        if any(cell.strip() for cell in row):
            reading = _Row(dict(zip(names, (cell.strip() for cell in row), strict=False)), file, rows.line_num, names)
            found += reading.arrival(queues)
            problems += reading.problems
    if problems:
        raise ConfigError(problems)
    found.sort(key=lambda one: one.at)
    return [_numbered(one, n) for n, one in enumerate(found, 1)]


def _numbered(one: Arrival, n: int) -> Arrival:
    return Arrival(n, one.at, one.queue, one.service, one.class_, one.language, one.party, one.kiosk, one.duration,
                   one.patience)  # fmt: skip


class _Row:
    """One line of the file. A place's column is the cell's, counted from 1."""

    def __init__(self, cells: Mapping[str, str], file: str, line: int, names: Sequence[str]) -> None:
        self._cells, self._file, self._line, self._names = cells, file, line, names
        self.problems: list[Problem] = []

    def arrival(self, queues: Sequence[str]) -> Iterator[Arrival]:
        queue = self._cells.get("queue", "").removeprefix("queue.")
        if queue not in queues:
            self._complain("queue", f"there is no queue {queue!r}." + did_you_mean(queue, queues))
        at = self._number("time", "is not a time of day. Write 09:05 or 09:05:30.", clock=True)
        party = self._number("party", "is not a number of people. Write 1 to 99.")
        duration = self._number("duration", "is not a duration. Write 00:04 or 240.")
        patience = self._number("patience", "is not a duration. Write 00:30 or 1800.")
        if party is not None and not 1 <= party <= 99:
            self._complain("party", f"{self._cells['party']!r} is not a number of people. Write 1 to 99.")
        if not self.problems and at is not None:
            some = {name: self._cells.get(name) or None for name in ("service", "class", "language", "kiosk")}
            kiosk = some["kiosk"]
            yield Arrival(0, at, queue, some["service"], some["class"], some["language"], int(party or 1),
                          kiosk.removeprefix("kiosk.") if kiosk else None, duration, patience)  # fmt: skip

    def _number(self, name: str, what: str, *, clock: bool = False) -> float | None:
        text = self._cells.get(name, "")
        if not text and not clock:
            return None
        try:
            value = seconds(text)
            if not 0 <= value < (86400 if clock else 1e9) or (clock and ":" not in text):
                raise ValueError
        except ValueError:
            self._complain(name, f"{text!r} {what}")
            return None
        return value

    def _complain(self, name: str, text: str) -> None:
        self.problems.append(Problem(Place(self._file, self._line, self._names.index(name) + 1), f"{name}: {text}"))
