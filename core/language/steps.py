"""Steps: what an automation or a script does, one after the other. Nothing here knows of triggers or of the store.

A step is compiled once. `do` looks at the run and answers what is to happen: nothing more, enter an inner list, go
several ways at once, wait, ask an action, end. Who interprets that (`runner.py`) holds the place in the program as data,
so a run can be stored. A list of steps is known by its path (`action`, `action/2/then`), as in Home Assistant's traces.
The kinds of step stand in `step_kinds/`; `programs.py` makes a Program of the YAML.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias

from ..clock import Cancel
from ..errors import Place, TemplateError
from ..events import Context
from ..frozen import frozen
from .reading import Value
from .scopes import Names
from .traces import Trace


@dataclass(slots=True)
class Loop:
    """How far a `repeat` has come: the turn, from 1 (0: not begun), and all turns (`items` for each) if that is known."""

    turn: int = 0
    count: int | None = None
    items: list[Any] | None = None
    quick: int = 0  # turns since something was waited for

    def variable(self) -> dict[str, Any]:
        """What templates see as `repeat`."""
        made: dict[str, Any] = {"first": self.turn == 1, "index": self.turn}
        if self.count:
            made["last"] = self.turn == self.count
        if self.items is not None:
            made["item"] = self.items[self.turn - 1]
        return made


@frozen
class Enter:
    """Go through an inner list first, several times if it is a loop."""

    path: str
    loop: Loop | None = None


@frozen
class Fork:
    """Go through several lists at once, and on when all are done."""

    paths: tuple[str, ...]


@frozen
class Wait:
    """Go on after so many seconds, or when what the step watches for has come; None: however long that takes."""

    seconds: float | None


@frozen
class Ask:
    """Call an action, and keep its answer under a name."""

    name: str
    data: Mapping[str, Any]
    response: str | None


@frozen
class End:
    """The run ends here: `finished`, `stopped`, `timeout` or `error`, why, and what it answers to who called it."""

    outcome: str
    why: str | None = None
    response: Any = None


@frozen
class Leave:
    """A condition does not hold: this list ends here, a loop goes on with its next turn; the outermost ends the run."""


Outcome: TypeAlias = Enter | Fork | Wait | Ask | End | Leave | None
LEAVE: Final = Leave()


class Doing(Protocol):
    """What a step may see and change of the run it is in."""

    @property
    def context(self) -> Context: ...

    @property
    def trace(self) -> Trace: ...

    @property
    def names(self) -> Names:
        """The variables seen here."""
        ...

    def assign(self, name: str, value: Any, *, protected: bool = False) -> None:
        """Give a variable its value: where it is known, or else for the whole run."""
        ...

    def left(self) -> float | None:
        """Seconds that are left of the present wait."""
        ...

    def note(self, path: str, place: Place, result: Any = None, error: str | None = None) -> None:
        """Say in the trace what was seen."""
        ...

    def hide(self, texts: Iterable[str]) -> None:
        """Keep none of these in the trace: they say who somebody is."""
        ...

    def note_answer(self, path: str, place: Place, answer: bool | None, why: str | None) -> None:
        """Say in the trace what a condition answered."""
        ...

    def warn(self, error: TemplateError) -> None:
        """Say in the log that a condition could not be known."""
        ...


Do: TypeAlias = Callable[[Doing], Outcome]
Again: TypeAlias = Callable[[Doing, Loop], bool]
Watch: TypeAlias = Callable[[Doing, Callable[[], None]], Cancel | None]


@frozen
class Made:
    """What a kind of step is made of, where it is more than `do`.

    `again` is asked before each turn of its loop whether there is one. `watch` begins to watch for what the step
    waits for and calls back once it has come; None when it is here already. It is called anew after a restart. `late`
    says what happens when the time is over first.
    """

    do: Do
    again: Again | None = None
    watch: Watch | None = None
    late: Do | None = None


@dataclass(slots=True)
class Step:
    """One step at its place."""

    path: str
    place: Place
    do: Do
    word: str
    alias: str | None = None
    enabled: bool | Value = True
    go_on: bool = False  # continue_on_error
    again: Again | None = None
    watch: Watch | None = None
    late: Do | None = None


@dataclass(slots=True)
class Program:
    """All lists of steps of one automation or script, by path."""

    lists: dict[str, tuple[Step, ...]] = field(default_factory=dict[str, tuple[Step, ...]])
