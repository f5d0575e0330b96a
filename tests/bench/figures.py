"""A figure: what was measured, its median, the goal, and a raw floor of the same run beside it."""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`value` is the median of `runs`; `more` tells whether more is better; `floor` is what the machine gives bare."""

    name: str
    runs: Sequence[float]
    unit: str
    goal: float | None = None
    more: bool = False
    floor: float | None = None
    floor_name: str = ""

    @property
    def value(self) -> float:
        return statistics.median(self.runs)

    @property
    def reached(self) -> bool:
        return self.goal is None or (self.value >= self.goal if self.more else self.value <= self.goal)

    def __str__(self) -> str:
        goal = "" if self.goal is None else f"   goal {'>=' if self.more else '<='} {self.goal:,g}"
        floor = "" if self.floor is None else f"   floor ({self.floor_name}) {_shown(self.floor)}"
        spread = f" [{_shown(min(self.runs))} .. {_shown(max(self.runs))}]" if len(self.runs) > 1 else ""
        mark = " " if self.goal is None else "+" if self.reached else "-"
        return f"{mark} {self.name:<58} {_shown(self.value):>11} {self.unit:<5}{spread}{goal}{floor}"


def show(figures: Sequence[Figure]) -> None:
    """Print them as they come."""
    for figure in figures:
        print(figure, flush=True)
        sys.stdout.flush()


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which this part (0..1) lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
