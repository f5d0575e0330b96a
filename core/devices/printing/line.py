"""A printer's line of jobs: urgent ones first, otherwise in the order they came. A job keeps its place for ever."""

import bisect
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ...events import Context
from .sheets import Piece

_turns: Final = itertools.count()


@dataclass(eq=False, slots=True)
class Job:
    """A ticket to be printed, until that is confirmed or given up. `accepted` is monotonic."""

    id: str
    home: str  # the printer it was given to
    sheet: tuple[Piece, ...]
    accepted: float
    number: str | None = None
    ticket_id: str | None = None
    language: str | None = None
    copies: int = 1
    urgency: int = 0
    reprint: bool = False  # some of it may be on paper already
    context: Context = field(default_factory=Context)
    tries: int = 0  # how often it went wrong once begun
    told: bool = False  # its first failure was told
    turn: int = field(default_factory=_turns.__next__)

    @property
    def place(self) -> tuple[int, int]:
        return (-self.urgency, self.turn)


class Line:
    """Jobs in printing order."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []

    def __len__(self) -> int:
        return len(self._jobs)

    def __iter__(self) -> Iterator[Job]:
        return iter(list(self._jobs))

    def add(self, job: Job) -> None:
        """At its place."""
        bisect.insort(self._jobs, job, key=lambda j: j.place)

    def first(self) -> Job | None:
        return self._jobs[0] if self._jobs else None

    def drop(self, job: Job) -> None:
        """It waits here no more."""
        self._jobs = [one for one in self._jobs if one is not job]
