"""Runs: a run of an automation or a script is data, a tree of stacks of (list, next step) with variables.

A stack is one line of doing; a `parallel` step has one child stack for each of its branches. No coroutine holds the only
copy: what waits is packed as JSON, stored (`keeping.py`), and a restart goes on from there (`restoring.py`). `runner.py`
interprets it.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

import orjson

from ..access import Caller
from ..clock import Cancel, Clock
from ..errors import Place, TemplateError
from ..events import Context
from .packing import pack, unpack
from .scopes import Inner, Names, assign
from .steps import End, Loop, Program
from .traces import Trace

log = logging.getLogger("usher.automation")


class Owner(Protocol):
    """What a run needs of its automation or script."""

    key: str
    title: str
    hash: str
    program: Program
    caller: Caller

    def ended(self, run: "Run") -> None:
        """It is over; the next in the queue may begin."""
        ...


class Frame:
    """One list of steps being gone through, and the scope it sees."""

    __slots__ = ("loop", "names", "next", "path")

    def __init__(self, path: str, next: int, names: Names, loop: Loop | None = None) -> None:
        self.path, self.next, self.names, self.loop = path, next, names, loop


class Stack:
    """One line of doing: its frames, and what it waits for, if it does. A run is one, and so is each branch in it."""

    __slots__ = ("asked", "children", "due", "ended", "frames", "parent", "response", "task", "until", "unwatch", "waits",
                 "wake")  # fmt: skip

    def __init__(self, frames: list[Frame], parent: "Stack | None" = None) -> None:
        self.frames, self.parent = frames, parent
        self.children: list[Branch] = []
        self.ended: End | None = None  # of a branch that is done
        self.waits = False
        self.due: float | None = None  # wall time
        self.until: float | None = None  # the same, on the clock that is never set
        self.wake: Cancel | None = None
        self.unwatch: Cancel | None = None
        self.task: asyncio.Task[Any] | None = None
        self.asked: Run | None = None  # the script it waits for
        self.response: str | None = None  # where that one's answer goes

    # what a step may see and change

    @property
    def run(self) -> "Run":
        raise NotImplementedError

    @property
    def names(self) -> Names:
        return self.frames[-1].names

    @property
    def context(self) -> Context:
        return self.run.cause

    @property
    def trace(self) -> Trace:
        return self.run.story

    def assign(self, name: str, value: Any, *, protected: bool = False) -> None:
        assign(self.frames[-1].names, name, value, protected=protected)

    def left(self) -> float | None:
        return None if self.until is None else max(0.0, self.until - self.run.clock.monotonic())

    def note(self, path: str, place: Place, result: Any = None, error: str | None = None) -> None:
        run = self.run
        run.story.note(path, place, run.clock.now(), result, error)

    def hide(self, texts: Iterable[str]) -> None:
        self.run.story.hide(texts)

    def note_answer(self, path: str, place: Place, answer: bool | None, why: str | None) -> None:
        run = self.run
        run.story.answer(path, place, run.clock.now(), answer, why)

    def warn(self, error: TemplateError) -> None:
        log.warning("%s: a condition could not be known and counts as not met: %s", self.run.owner.title, error)

    # over a restart

    def stop_waiting(self) -> None:
        """It waits no more; what it watched is let go."""
        self.waits, self.due, self.until = False, None, None
        if self.wake is not None:
            self.wake()
        if self.unwatch is not None:
            self.unwatch()
        self.wake = self.unwatch = None

    def pack(self) -> dict[str, Any]:
        frames: list[Any] = []
        for frame in self.frames:
            loop = frame.loop
            if loop is None:
                frames.append([frame.path, frame.next])
            else:
                assert isinstance(frame.names, Inner)
                frames.append([frame.path, frame.next, pack(frame.names.own),
                               [loop.turn, loop.count, pack(loop.items), loop.quick]])  # fmt: skip
        made: dict[str, Any] = {"frames": frames}
        if self.parent is not None and self.frames and isinstance(self.frames[0].names, Inner):
            made["own"] = pack(self.frames[0].names.own)
        if self.waits:
            made["due"] = self.due
        if self.ended is not None:
            made["ended"] = [self.ended.outcome, self.ended.why, pack(self.ended.response)]
        if self.asked is not None:
            made["asked"] = [self.asked.id, self.response]
        if self.children:
            made["children"] = [child.pack() for child in self.children]
        return made

    def unpack(self, packed: Mapping[str, Any], names: Names) -> None:
        """The stack as it was packed; `names` are those around it. Raises KeyError, ValueError or TypeError."""
        if self.parent is not None:
            names = Inner(names, unpack(packed.get("own", {})), branch=True)
        for path, at, *loop in packed["frames"]:
            if loop:
                turn, count, items, quick = loop[1]
                names = Inner(names, unpack(loop[0]))
                self.frames.append(Frame(path, at, names, Loop(turn, count, unpack(items), quick)))
            else:
                self.frames.append(Frame(path, at, names))
        self.waits, self.due = "due" in packed, packed.get("due")
        if "ended" in packed:
            outcome, why, response = packed["ended"]
            self.ended = End(outcome, why, unpack(response))
        for inner in packed.get("children", ()):
            child = Branch(self.run, [], self)
            self.children.append(child)
            child.unpack(inner, self.frames[-1].names)

    def all(self) -> Iterator["Stack"]:
        """This stack and those of its branches."""
        yield self
        for child in self.children:
            yield from child.all()


class Branch(Stack):
    """One branch of a `parallel` step."""

    __slots__ = ("_run",)

    def __init__(self, run: "Run", frames: list[Frame], parent: Stack) -> None:
        super().__init__(frames, parent)
        self._run = run

    @property
    def run(self) -> "Run":
        return self._run


class Run(Stack):
    """One run of one automation or script. `trace` says how it went; `answer` and `failure` are for who called it."""

    __slots__ = ("answer", "caller", "cause", "clock", "failure", "fresh", "id", "over", "owner", "queued", "steps", "stored", "story",
                 "then")  # fmt: skip

    def __init__(self, owner: Owner, context: Context, trace: Trace, clock: Clock, path: str, names: Names) -> None:
        super().__init__([Frame(path, 0, names)])
        self.id, self.owner, self.cause, self.story, self.clock = context.id, owner, context, trace, clock
        self.stored = self.over = False
        self.fresh = True  # no row of it was written yet
        self.steps = 0  # since something was waited for
        self.queued: int | None = None  # its place in the line behind another run
        self.caller: Stack | None = None  # who called this script and waits for its end
        self.then: Callable[[Run], None] | None = None  # called when it is over
        self.answer: Mapping[str, Any] | None = None
        self.failure: str | None = None

    @property
    def run(self) -> "Run":
        return self

    def first_due(self) -> float | None:
        """When the first of its waits is over, wall time."""
        return min((stack.due for stack in self.all() if stack.due is not None), default=None)

    def pack_all(self) -> str:
        """The run as JSON."""
        context = [self.cause.id, self.cause.parent_id, self.cause.user_id, self.cause.depth]
        names: Any = pack(self.frames[0].names) if self.frames else {}
        return orjson.dumps({"names": names, "root": self.pack(), "queued": self.queued, "context": context,
                             "trace": self.story.pack()}).decode()  # fmt: skip

    def unpack_all(self, body: Mapping[str, Any]) -> None:
        """The run as it was packed. Raises KeyError, ValueError or TypeError."""
        self.frames.clear()
        self.unpack(body["root"], unpack(body["names"]))
        self.queued = body["queued"]
        self.story.unpack(body["trace"])
