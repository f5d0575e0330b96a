"""What the model of the ratings alone cannot see."""

import itertools
from typing import Any

from ...core.errors import Problem
from ...core.integration import Checked
from ...core.source import place_of
from .config import sensor_of


def check(checked: Checked) -> None:
    """Complain of levels and people that cannot be told apart, and of windows that end before they begin."""

    def complain(loc: tuple[Any, ...], text: str) -> None:
        path = ".".join(map(str, ("feedback", *loc)))
        checked.problems.append(Problem(place_of(checked.tree, loc), f"{path}: {text}"))

    config, seen = checked.config, set[str]()
    for index, level in enumerate(config.levels):
        if level.id in seen:
            complain(("levels", index, "id"), f"there are two levels called {level.id!r}. Give each a name of its own.")
        seen.add(level.id)
    scores = [level.score for level in config.known.values()]
    for index, (better, worse) in enumerate(itertools.pairwise(scores)):
        if worse > better:
            complain(("levels", index + 1), "a level stands below one with a lower score. Put the best first.")
    sensors: dict[str, str] = {}
    for name in config.staff:
        other = sensors.setdefault(sensor_of("staff", name), name)
        if other != name:
            complain(
                ("staff", name), f"its figure would be called as that of {other!r}. Write one of the two otherwise."
            )
    if config.offline_within < config.within:
        complain(("offline_within",), "it is shorter than within. Write a longer time.")
