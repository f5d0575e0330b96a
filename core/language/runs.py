"""Runs: a run of an automation is data, a stack of (list, next step) with variables, interpreted here.

No coroutine holds the only copy: at a `delay` the run is stored with its due wall time and the automation's hash, and a
restart goes on from there. Before an action is begun by a run that is stored, its row is moved past that action, so an
action already begun is not repeated. The row is dropped when the run ends. A run that never waits is never stored.

Runs are worked off in the order they were begun, by one worker; when an action really waits, the worker stays with it
and another goes on with the line. So a run that waits for nothing costs no task.
"""

import asyncio
import logging
import types
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar, cast

import orjson

from ..access import Caller
from ..actions import Call
from ..clock import Cancel
from ..errors import ActionError, Place, Refused, StoreError, TemplateError
from ..events import Context
from ..integration import Kit
from ..tables import Batch, Row, Rows
from .packing import pack, unpack
from .steps import Ask, End, Enter, Program, Step, Wait
from .tables import RUNS
from .traces import Trace

log = logging.getLogger("usher.automation")
T = TypeVar("T")
MAX_LINE: Final = 10_000  # runs begun and not yet looked at
MAX_WORKERS: Final = 500  # runs whose action waits
TURN: Final = 32  # runs worked off before the loop is given back
MAX_STEPS: Final = 100_000  # of one run without a wait; more is a circle


class Owner(Protocol):
    """What a run needs of its automation."""

    key: str
    title: str
    hash: str
    program: Program
    caller: Caller

    def ended(self, run: "Run") -> None:
        """It is over; the next in the queue may begin."""
        ...


@dataclass(slots=True)
class Frame:
    """One list of steps being gone through. `names` is shared with the frame below until a step here sets variables."""

    path: str
    next: int
    names: dict[str, Any]


@dataclass(slots=True)
class Run:
    """One run of one automation."""

    id: str
    owner: Owner
    context: Context
    trace: Trace
    now: Callable[[], float]
    frames: list[Frame] = field(default_factory=list[Frame])
    due: float | None = None
    stored: bool = False
    over: bool = False
    steps: int = 0
    task: "asyncio.Task[Any] | None" = None
    wake: Cancel | None = None

    @property
    def names(self) -> dict[str, Any]:
        return self.frames[-1].names

    def set_names(self, names: dict[str, Any]) -> None:
        self.frames[-1].names = names

    def note(self, path: str, place: Place, result: Any = None, error: str | None = None) -> None:
        self.trace.note(path, place, self.now(), result, error)

    def note_answer(self, path: str, place: Place, answer: bool | None, why: str | None) -> None:
        self.trace.answer(path, place, self.now(), answer, why)

    def warn(self, error: TemplateError) -> None:
        log.warning("%s: a condition could not be known and counts as not met: %s", self.owner.title, error)

    def pack(self) -> str:
        """The run as JSON. A frame's variables are written once where several share them."""
        frames: list[Any] = []
        below: dict[str, Any] | None = None
        for frame in self.frames:
            frames.append([frame.path, frame.next, None if frame.names is below else pack(frame.names)])
            below = frame.names
        context = [self.context.id, self.context.parent_id, self.context.user_id, self.context.depth]
        return orjson.dumps({"frames": frames, "context": context, "trace": self.trace.pack()}).decode()

    def unpack(self, body: Mapping[str, Any]) -> None:
        names: dict[str, Any] = {}
        for path, at, packed in body["frames"]:
            names = names if packed is None else unpack(packed)
            self.frames.append(Frame(path, at, names))
        self.trace.unpack(body["trace"])


class Runner:
    """Works runs off, stores those that wait, and brings them back."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._line: deque[Run] = deque()
        self._waiting: dict[str, Run] = {}
        self._holder: asyncio.Task[Any] | None = None  # the worker that goes on with the line
        self._workers = 0
        self._closed = False
        kit.store.on_rebuild(self._rebuilt)
        kit.on_close(self._close)

    def begin(self, run: Run) -> bool:
        """Let a run take its turn; False when there are too many already."""
        if len(self._line) >= MAX_LINE:
            return False
        self._line.append(run)
        self._go_on()
        return True

    def cancel(self, run: Run, why: str = "cancelled") -> None:
        """End a run wherever it is. What an action has begun at a device is not undone."""
        if run.over:
            return
        task = run.task
        self._end(run, why)
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    def _go_on(self) -> None:
        if self._holder is None and self._line and not self._closed and self._workers < MAX_WORKERS:
            self._workers += 1
            self._holder = self._kit.task(self._work(), "automations")

    async def _work(self) -> None:
        me = cast("asyncio.Task[Any]", asyncio.current_task())
        done = 0
        try:
            while self._holder is me and self._line:
                run = self._line.popleft()
                if not run.over:
                    await self._one(run, me)
                if self._holder is None:  # it waited, and nobody took over
                    self._holder = me
                done += 1
                if done % TURN == 0:
                    await asyncio.sleep(0)
        except asyncio.CancelledError:
            self._closed = True  # only the Kit, when it closes, cancels a worker as such: begin no other
            raise
        finally:
            self._workers -= 1
            if self._holder is me:
                self._holder = None
            self._go_on()

    async def _one(self, run: Run, me: "asyncio.Task[Any]") -> None:
        """Drive one run until it ends or waits. Nothing that goes wrong in it reaches the others."""
        run.task = me
        try:
            await self._drive(run)
        except asyncio.CancelledError:
            if not run.over:
                raise
            me.uncancel()  # only this run was meant
        except Exception as error:
            log.exception("%s failed in a way nobody foresaw; the others go on.", run.owner.title)
            self._end(run, "error", f"{type(error).__name__}: {error}")
        finally:
            run.task = None

    async def _drive(self, run: Run) -> None:
        while not run.over:
            todo = self._advance(run)
            if todo is None:
                return
            step, ask = todo
            if run.stored:
                await self._move_past(run)
            call = Call(run.owner.caller, run.context)
            try:
                answer = await telling(self._kit.actions.call(ask.name, ask.data, call), self._suspended)
            except ActionError as error:
                if not run.over:
                    self._failed(run, step, f"{ask.name}: {error}")
                continue
            if ask.response is not None and not run.over:
                run.names[ask.response] = dict(answer or {})
                run.note(step.path, step.place, {"response": answer})

    def _suspended(self) -> None:
        """The action of the worker's run really waits: another worker goes on with the line."""
        if self._holder is asyncio.current_task():
            self._holder = None
            self._go_on()

    def _advance(self, run: Run) -> tuple[Step, Ask] | None:
        """Do steps until one asks an action (answered), or the run waits or ends (None)."""
        lists, frames = run.owner.program.lists, run.frames
        while frames:
            frame = frames[-1]
            steps = lists[frame.path]
            if frame.next >= len(steps):
                frames.pop()
                continue
            step = steps[frame.next]
            frame.next += 1
            run.steps += 1
            if run.steps > MAX_STEPS:
                self._end(run, "error", f"stopped after {MAX_STEPS} steps without a wait.")
                return None
            if not step.enabled:
                run.note(step.path, step.place, {"enabled": False})
                continue
            try:
                outcome = step.do(run)
            except TemplateError as error:
                if not self._failed(run, step, error.text, error.place):
                    return None
                continue
            if outcome is None:
                continue
            if isinstance(outcome, Ask):
                return step, outcome
            if isinstance(outcome, Enter):
                frames.append(Frame(outcome.path, 0, frame.names))
            elif isinstance(outcome, Wait):
                self._wait(run, outcome.seconds)
                return None
            else:
                self._stop(run, step, outcome)
                return None
        self._end(run, "finished")
        return None

    def _stop(self, run: Run, step: Step, end: End) -> None:
        if end.outcome == "error":
            log.error("%s  %s stopped with an error: %s", step.place, run.owner.title, end.why)
        self._end(run, end.outcome, end.why if end.outcome == "error" else None)

    def _failed(self, run: Run, step: Step, text: str, place: Place | None = None) -> bool:
        """A step failed: tell it with its line. True when the run goes on all the same."""
        at = place or step.place
        run.note(step.path, step.place, None, text)
        if step.go_on:
            log.warning("%s  %s: %s (continue_on_error: it goes on)", at, run.owner.title, text)
            return True
        log.error("%s  %s: %s", at, run.owner.title, text)
        self._end(run, "error", text)
        return False

    def _end(self, run: Run, outcome: str, error: str | None = None) -> None:
        if run.over:
            return
        run.over = True
        run.trace.end(outcome, self._kit.clock.now(), error)
        self._waiting.pop(run.id, None)
        if run.wake is not None:
            run.wake()
        if run.stored:
            self._drop(run.id)
        run.owner.ended(run)

    # -- waiting, and what is stored of it

    def _wait(self, run: Run, seconds: float) -> None:
        run.due, run.steps = self._kit.clock.now() + seconds, 0
        self._waiting[run.id] = run
        run.wake = self._kit.clock.after(seconds, lambda: self._wake(run))
        run.stored = True
        self._put(run)

    def _wake(self, run: Run) -> None:
        self._waiting.pop(run.id, None)
        run.wake = None
        if not self.begin(run):
            self._end(run, "error", "too many runs at once")

    def _batch(self, run: Run) -> Batch:
        batch, owner = Batch(), run.owner
        batch.put(RUNS, run.id, self._kit.site.id, owner.key, owner.hash, run.due, run.pack())
        return batch

    def _put(self, run: Run) -> None:
        """Store a waiting run. When the disk does not take it, the run waits on in memory, and the log says so."""

        def done(error: StoreError | None) -> None:
            if error is not None:
                log.warning("%s waits in memory only: it would not survive a restart (%s).", run.owner.title, error)

        if self._kit.store.full:
            done(StoreError("too much is on its way"))
            return
        self._kit.store.submit(self._batch(run), done)

    async def _move_past(self, run: Run) -> None:
        """Before an action begins: the row stands behind it, durably. Without a disk the action is done all the same."""
        run.due = None
        try:
            await telling(self._kit.store.save(self._batch(run)), self._suspended)
        except Refused as error:
            log.warning("%s: its place could not be stored (%s); after a crash now a step may be repeated.",
                        run.owner.title, error)  # fmt: skip

    def _drop(self, run_id: str) -> None:
        def done(error: StoreError | None) -> None:
            if error is not None:
                log.warning("An ended run stays stored, and would go on after a restart now: %s", error)

        batch = Batch()
        batch.drop(RUNS, run_id)
        self._kit.store.submit(batch, done)

    def _rebuilt(self, _: Rows) -> None:
        asyncio.get_running_loop().call_soon(self._store_again)  # changes are taken only after all have rebuilt

    def _store_again(self) -> None:
        """The disk takes changes again: what waits in memory is stored."""
        for run in self._waiting.values():
            self._put(run)

    def restore(self, row: Row, owner: Owner, trace: Trace) -> Run:
        """A run from its row. `wait_on` lets it go on."""
        run_id, _, _, _, due, body = row
        read: dict[str, Any] = orjson.loads(body)
        identity, parent, user, depth = read["context"]
        trace.context = Context(identity, parent, user, depth)
        run = Run(run_id, owner, trace.context, trace, self._kit.clock.now, due=due, stored=True)
        run.unpack(read)
        return run

    def wait_on(self, run: Run) -> None:
        """Let a restored run wait for what is left of its time; one that is late goes on at once."""
        left = 0.0 if run.due is None else max(0.0, run.due - self._kit.clock.now())
        self._waiting[run.id] = run
        run.wake = self._kit.clock.after(left, lambda: self._wake(run))

    def forget(self, run_id: str) -> None:
        """Drop the row of a run that cannot go on."""
        self._drop(run_id)

    def _close(self) -> None:
        """The wing closes: waiting runs stay stored, their timers end."""
        self._closed = True
        for run in self._waiting.values():
            if run.wake is not None:
                run.wake()
        self._waiting.clear()
        self._line.clear()


@types.coroutine
def _step_through(work: Coroutine[Any, Any, T], told: Callable[[], None]) -> Generator[Any, Any, T]:
    try:
        awaited = work.send(None)
    except StopIteration as end:
        return cast("T", end.value)
    told()
    while True:
        try:
            sent = yield awaited
        except BaseException as error:
            try:
                awaited = work.throw(error)
            except StopIteration as end:
                return cast("T", end.value)
        else:
            try:
                awaited = work.send(sent)
            except StopIteration as end:
                return cast("T", end.value)


def telling(work: Coroutine[Any, Any, T], suspended: Callable[[], None]) -> Awaitable[T]:
    """Await `work`, and call `suspended` if it really has to wait."""
    return _step_through(work, suspended)
