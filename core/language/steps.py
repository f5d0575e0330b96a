"""Steps: what an automation does, one after the other. Nothing here knows of triggers, and nothing here waits.

A step is compiled once. `do` looks at the run and answers what is to happen: nothing more, enter an inner list, wait,
ask an action, end. Who interprets that (`runs.py`) holds the place in the program as data, so a run can be stored.
A list of steps is known by its path (`action`, `action/2/then`), as in Home Assistant's traces. The kinds of step stand
in `step_kinds.py`; `programs.py` makes a Program of the YAML.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from ..errors import Place, TemplateError
from ..events import Context
from .traces import Trace


@dataclass(frozen=True, slots=True)
class Enter:
    """Go through an inner list first."""

    path: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Go on after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Ask:
    """Call an action, and keep its answer under a name."""

    name: str
    data: Mapping[str, Any]
    response: str | None


@dataclass(frozen=True, slots=True)
class End:
    """The run ends here: `finished`, `stopped` or `error`, and why."""

    outcome: str
    why: str | None = None


Outcome: TypeAlias = Enter | Wait | Ask | End | None


class Doing(Protocol):
    """What a step may see and change of the run it is in."""

    context: Context
    trace: Trace

    @property
    def names(self) -> dict[str, Any]:
        """The variables seen here."""
        ...

    def set_names(self, names: dict[str, Any]) -> None:
        """New variables for this list of steps and those in it; the outer ones stay."""
        ...

    def note(self, path: str, place: Place, result: Any = None, error: str | None = None) -> None:
        """Say in the trace what was seen."""
        ...

    def note_answer(self, path: str, place: Place, answer: bool | None, why: str | None) -> None:
        """Say in the trace what a condition answered."""
        ...

    def warn(self, error: TemplateError) -> None:
        """Say in the log that a condition could not be known."""
        ...


@dataclass(slots=True)
class Step:
    """One step at its place."""

    path: str
    place: Place
    do: Callable[[Doing], Outcome]
    word: str
    alias: str | None = None
    enabled: bool = True
    go_on: bool = False  # continue_on_error


@dataclass(slots=True)
class Program:
    """All lists of steps of one automation, by path."""

    lists: dict[str, tuple[Step, ...]] = field(default_factory=dict[str, tuple[Step, ...]])
