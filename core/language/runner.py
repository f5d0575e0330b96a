"""The runner: works runs off, step by step, and wakes those that wait.

Runs are worked off in the order they were begun, by one worker; when an action really waits, the worker stays with it
and another goes on with the line. So a run that waits for nothing costs no task, and one that waits for a time, a
trigger or a script costs none either. One that does much goes to the end of the line now and then: it holds up nobody.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any, Final, Protocol, cast

from ..actions import Call
from ..errors import ActionError, Place, TemplateError
from ..integration import Kit
from .conditions import truth
from .keeping import Keeping
from .private import learned
from .reading import Value
from .runs import Branch, Frame, Run, Stack
from .scopes import Inner
from .steps import Ask, End, Enter, Fork, Leave, Outcome, Step, Wait
from .telling import telling

log = logging.getLogger("usher.automation")
LOOK: Final = 0.01  # seconds between two looks at whether the last steps are done
MAX_LINE: Final = 10_000  # runs begun and not yet looked at
MAX_WORKERS: Final = 500  # runs whose action waits
TURN: Final = 32  # runs worked off before the loop is given back
BIT: Final = 16  # steps of one run between two looks at the clock
SLICE: Final = 0.004  # seconds worked off before the loop is given back
MAX_TURN: Final = 256  # steps of one run before it goes to the end of the line, whatever the clock says
MAX_STEPS: Final = 1_000_000  # of one run without a wait; more is a circle


class Callee(Protocol):
    """A script, as a step calls it."""

    def prepare(self, data: Mapping[str, Any], caller: Stack) -> Run:
        """A run of it, not begun; raises ActionError."""
        ...

    def admit(self, run: Run) -> bool:
        """Begin or queue it; False when its mode drops it."""
        ...


class Runner:
    """Works runs off. `scripts` are the actions that are runs themselves: nobody's task waits for them."""

    def __init__(self, kit: Kit) -> None:
        self._kit, self._clock = kit, kit.clock
        self.keeping = Keeping(kit)
        self.scripts: dict[str, Callee] = {}
        self._line: deque[Stack] = deque()
        self._early: list[tuple[float, Stack]] | None = []  # what woke before the hall was up
        self._waiting: set[Stack] = set()
        self._holder: asyncio.Task[Any] | None = None  # the worker that goes on with the line
        self._workers = 0
        self._closed = self._tired = False
        self._since = 0.0
        kit.on_close(self._close)

    def last_steps(self) -> Awaitable[None]:
        """Answers what ends once all that begins from now on is over or waits."""
        return self._quiet(self._workers)

    async def _quiet(self, before: int) -> None:
        while self._line or self._workers > before:  # noqa: ASYNC110 - once, at the close
            await asyncio.sleep(LOOK)

    def begin(self, run: Run) -> bool:
        """Let a run take its turn; False when there are too many already."""
        if len(self._line) >= MAX_LINE:
            return False
        self._line.append(run)
        self._go_on()
        return True

    def cancel(self, run: Run, why: str = "cancelled", error: str | None = None) -> None:
        """End a run wherever it is. What an action has begun at a device is not undone."""
        if run.over:
            return
        tasks = {stack.task for stack in run.all() if stack.task is not None}
        self.end(run, why, error)
        for task in tasks:
            if task is not asyncio.current_task():
                task.cancel()

    def _later(self, stack: Stack) -> None:
        """It goes on when its turn comes."""
        self._line.append(stack)
        self._go_on()

    def _go_on(self) -> None:
        if self._holder is None and self._line and not self._closed and self._workers < MAX_WORKERS:
            self._workers += 1
            self._holder = self._kit.task(self._work(), "automations")

    async def _work(self) -> None:
        me = cast("asyncio.Task[Any]", asyncio.current_task())
        monotonic = self._clock.monotonic
        done, self._since = 0, monotonic()
        try:
            while self._holder is me and self._line:
                stack = self._line.popleft()
                if not stack.run.over:
                    await self._one(stack, me)
                if self._holder is None:  # it waited, and nobody took over
                    self._holder = me
                done += 1
                if self._tired or done % TURN == 0 or (done % 4 == 0 and monotonic() - self._since > SLICE):
                    self._tired = False
                    await asyncio.sleep(0)
                    self._since = monotonic()
        except asyncio.CancelledError:
            self._closed = True  # only the Kit, when it closes, cancels a worker as such: begin no other
            raise
        finally:
            self._workers -= 1
            if self._holder is me:
                self._holder = None
            self._go_on()

    async def _one(self, stack: Stack, me: "asyncio.Task[Any]") -> None:
        """Drive one until it ends or waits. Nothing that goes wrong in it reaches the others."""
        run, stack.task = stack.run, me
        try:
            await self._drive(stack)
        except asyncio.CancelledError:
            if not run.over:
                raise
            me.uncancel()  # only this run was meant
        except Exception as error:
            log.exception("%s failed in a way nobody foresaw; the others go on.", run.owner.title)
            run.failure = f"{type(error).__name__}: {error}"
            self.end(run, "error", run.failure)
        finally:
            stack.task = None

    async def _drive(self, stack: Stack) -> None:
        run = stack.run
        while not run.over:
            todo = self._advance(stack)
            if todo is None:
                return
            step, ask = todo
            callee = self.scripts.get(ask.name)
            if callee is not None:
                if self._ask_script(stack, step, ask, callee):
                    return
                continue
            if run.stored:
                await telling(self.keeping.move_past(run), self._suspended)
                if run.over:
                    return
            call = Call(run.owner.caller, run.cause)
            try:
                answer = await telling(self._kit.actions.call(ask.name, ask.data, call), self._suspended)
            except ActionError as error:
                if not run.over and not self._failed(stack, step, f"{ask.name}: {error}"):
                    return
                continue
            if ask.response is not None and not run.over:
                stack.assign(ask.response, dict(answer or {}))
                stack.run.story.hide(learned(answer))
                stack.note(step.path, step.place, {"response": answer})

    def _suspended(self) -> None:
        """The action of the worker's run really waits: another worker goes on with the line."""
        if self._holder is asyncio.current_task():
            self._holder = None
            self._go_on()

    def _advance(self, stack: Stack) -> tuple[Step, Ask] | None:
        """Do steps until one asks an action (answered), or the line of doing waits, ends or has had its turn (None)."""
        run, frames = stack.run, stack.frames
        lists, begun = run.owner.program.lists, run.steps
        while frames:
            frame = frames[-1]
            steps = lists[frame.path]
            run.steps += 1
            if run.steps - begun >= BIT and not run.steps % BIT and self._enough(stack, begun):
                return None
            if frame.next >= len(steps):
                if frame.loop is None:
                    frames.pop()
                elif not self._again(stack, frame):
                    return None
                continue
            step = steps[frame.next]
            frame.next += 1
            try:
                if step.enabled is not True and not _enabled(stack, step):
                    stack.note(step.path, step.place, {"enabled": False})
                    continue
                outcome = step.do(stack)
            except TemplateError as error:
                if not self._failed(stack, step, error.text, error.place):
                    return None
                continue
            if outcome is None:
                continue
            if isinstance(outcome, Ask):
                return step, outcome
            if not self._follow(stack, step, outcome):
                return None
        if stack.parent is None:
            self.end(run, "finished")
        else:
            self._branch_ended(stack, End("finished"))
        return None

    def _follow(self, stack: Stack, step: Step, outcome: Outcome) -> bool:
        """What a step answered; False when this line of doing goes on later, or never."""
        frames = stack.frames
        if isinstance(outcome, Enter):
            names, steps = frames[-1].names, stack.run.owner.program.lists[outcome.path]
            if outcome.loop is None:
                frames.append(Frame(outcome.path, 0, names))
            else:  # at its end: the loop is asked for its first turn as for any other
                frames.append(Frame(outcome.path, len(steps), Inner(names, {"repeat": {}}), outcome.loop))
            return True
        if isinstance(outcome, Leave):
            if len(frames) == 1 and stack.parent is None:
                self.end(stack.run, "condition")
                return False
            frames[-1].next = len(stack.run.owner.program.lists[frames[-1].path])
            return True
        if isinstance(outcome, Wait):
            return self._wait(stack, step, outcome.seconds)
        if isinstance(outcome, Fork):
            self._fork(stack, outcome)
        elif isinstance(outcome, End):
            self._stop(stack, step, outcome)
        return False

    def _enough(self, stack: Stack, begun: int) -> bool:
        """Whether it has had its turn: it goes on at the end of the line, or is ended if it goes in a circle."""
        run = stack.run
        if run.steps > MAX_STEPS:
            run.failure = f"stopped after {MAX_STEPS} steps without a wait."
            log.error("%s: %s", run.owner.title, run.failure)
            self.end(run, "error", run.failure)
            return True
        if run.steps - begun < MAX_TURN and self._clock.monotonic() - self._since < SLICE:
            return False
        self._tired = True
        self._line.append(stack)
        return True

    def _again(self, stack: Stack, frame: Frame) -> bool:
        """The loop's next turn, or on behind it; False when asking failed and the run ended."""
        frames, loop = stack.frames, frame.loop
        outer = frames[-2]
        step = stack.run.owner.program.lists[outer.path][outer.next - 1]
        assert loop is not None
        assert step.again is not None
        try:
            if step.again(stack, loop):
                frame.next = 0
                return True
        except TemplateError as error:
            frames.pop()
            return self._failed(stack, step, error.text, error.place)
        frames.pop()
        return True

    # -- ending

    def _stop(self, stack: Stack, step: Step, end: End) -> None:
        if end.outcome == "error":
            log.error("%s  %s stopped with an error: %s", step.place, stack.run.owner.title, end.why)
        elif end.outcome == "timeout":
            log.info("%s  %s: %s The run ends here.", step.place, stack.run.owner.title, end.why)
        if stack.parent is not None:  # the other branches are done first, as in Home Assistant
            self._branch_ended(stack, end)
            return
        stack.run.answer = end.response
        self.end(stack.run, end.outcome, end.why if end.outcome == "error" else None)

    def _failed(self, stack: Stack, step: Step, text: str, place: Place | None = None) -> bool:
        """A step failed: tell it with its line. True when this line of doing goes on all the same."""
        run, at = stack.run, place or step.place
        stack.note(step.path, step.place, None, text)
        if _unwind(stack, step):
            log.warning("%s  %s: %s (continue_on_error: it goes on)", at, run.owner.title, text)
            return True
        if stack.parent is not None:
            loud = logging.WARNING if _would_go_on(stack.parent) else logging.ERROR
            log.log(loud, "%s  %s: %s", at, run.owner.title, text)
            self._branch_ended(stack, End("failed", text))
            return False
        log.error("%s  %s: %s", at, run.owner.title, text)
        run.failure = text
        self.end(run, "error", text)
        return False

    def end(self, run: Run, outcome: str, error: str | None = None) -> None:
        """The run is over: its waits are let go, its caller is answered, its row is dropped."""
        if run.over:
            return
        run.over = True
        run.story.end(outcome, self._clock.now(), error)
        if run.frames or run.children:  # it did not come to its end by itself
            self._let_go(run)
        caller, run.caller = run.caller, None
        run.owner.ended(run)
        if caller is not None and not caller.run.over:
            self._answered(caller, run)
        if run.stored:
            self.keeping.drop(run)
        if run.then is not None:
            run.then(run)

    def _let_go(self, run: Run) -> None:
        for stack in run.all():
            self._waiting.discard(stack)
            stack.stop_waiting()
            if stack.asked is not None:
                self.cancel(stack.asked)

    # -- several at once

    def _fork(self, stack: Stack, fork: Fork) -> None:
        names = stack.frames[-1].names
        for path in fork.paths:
            stack.children.append(Branch(stack.run, [Frame(path, 0, Inner(names, {}, branch=True))], stack))
        for child in stack.children:
            self._later(child)

    def _branch_ended(self, branch: Stack, end: End) -> None:
        """A branch is done. When all are, the first of the errors or stops counts, in the order of the YAML."""
        branch.ended = end
        branch.frames.clear()
        stack = branch.parent
        assert stack is not None
        if any(child.ended is None for child in stack.children):
            return
        self._joined(stack)

    def _joined(self, stack: Stack) -> None:
        ends = [child.ended for child in stack.children]
        stack.children.clear()
        outer = stack.frames[-1]
        step = stack.run.owner.program.lists[outer.path][outer.next - 1]
        for end in ends:
            if end is not None and end.outcome == "failed":
                if self._failed(stack, step, end.why or "a branch failed."):
                    break
                return
            if end is not None and end.outcome != "finished":
                self._stop(stack, step, end)
                return
        self._later(stack)

    # -- scripts

    def _ask_script(self, stack: Stack, step: Step, ask: Ask, callee: Callee) -> bool:
        """Call a script; True when this line of doing waits for its end or has ended.

        Of a stored run, the row is moved past the call with the first row of the script: both go on, or neither.
        """
        try:
            called = callee.prepare(ask.data, stack)
        except ActionError as error:
            return not self._failed(stack, step, f"{ask.name}: {error}")
        stack.asked, stack.response, called.caller = called, ask.response, stack
        called.stored = stack.run.stored
        called.story.hidden = stack.run.story.hidden  # what one learns of people the other keeps not either
        if callee.admit(called):
            return True
        stack.asked = called.caller = None
        if ask.response is not None:
            stack.assign(ask.response, {})
        return False

    def _answered(self, stack: Stack, called: Run) -> None:
        stack.asked = None
        outer = stack.frames[-1]
        step = stack.run.owner.program.lists[outer.path][outer.next - 1]
        if called.failure is not None:
            if not self._failed(stack, step, f"{called.owner.title}: {called.failure}"):
                return
        elif stack.response is not None:
            stack.assign(stack.response, dict(called.answer or {}))
            stack.note(step.path, step.place, {"response": called.answer})
        if stack.run.stored:
            self.keeping.put(stack.run)
        self._rouse(stack)

    # -- waiting

    def _wait(self, stack: Stack, step: Step, seconds: float | None) -> bool:
        """Wait; True when what it waits for is here already."""
        if seconds is not None and seconds <= 0 and step.watch is None:
            self._line.append(stack)  # a delay of nothing lets the others go first
            return False
        if seconds is not None:
            stack.due, stack.until = self._clock.now() + seconds, self._clock.monotonic() + seconds
        stack.waits, stack.run.steps = True, 0
        _count_anew(stack)
        if not self._watch(stack, step):
            stack.stop_waiting()
            return True
        self.keeping.put(stack.run)
        return False

    def _watch(self, stack: Stack, step: Step) -> bool:
        """Set its timer and begin to watch; False when what it waits for is here already."""
        if step.watch is not None:
            unwatch = step.watch(stack, lambda: self._came(stack))
            if not stack.waits:  # it came while it began to watch, and goes on already
                if unwatch is not None:
                    unwatch()
                return True
            if unwatch is None:
                return False
            stack.unwatch = unwatch
        if stack.until is not None:
            stack.wake = self._clock.after(stack.until - self._clock.monotonic(), lambda: self._time_over(stack, step))
        self._waiting.add(stack)
        return True

    def _came(self, stack: Stack) -> None:
        """What a step watched for is here."""
        self._waiting.discard(stack)
        due = stack.due
        stack.stop_waiting()
        self.keeping.put(stack.run)
        self._rouse(stack, due)

    def _time_over(self, stack: Stack, step: Step) -> None:
        self._waiting.discard(stack)
        due = stack.due
        stack.wake = None
        stack.stop_waiting()
        if step.late is not None:
            outcome = step.late(stack)
            if isinstance(outcome, End):
                self._stop(stack, step, outcome)
                return
        self._rouse(stack, due)

    def _rouse(self, stack: Stack, due: float | None = None) -> None:
        if self._early is None:
            self._later(stack)
        else:
            self._early.append((due if due is not None else self._clock.now(), stack))

    # -- after a restart

    def resume(self, stacks: Iterable[Stack]) -> None:
        """Let restored lines of doing wait for what is left of their time; those that are late go on when all is up."""
        now, monotonic = self._clock.now(), self._clock.monotonic()
        for stack in stacks:
            outer = stack.frames[-1] if stack.frames else None
            if stack.children or stack.asked is not None or stack.ended is not None:
                continue
            if not stack.waits or outer is None:
                self._rouse(stack)
                continue
            step = stack.run.owner.program.lists[outer.path][outer.next - 1]
            if stack.due is not None and stack.due <= now:
                self._time_over(stack, step)
                continue
            stack.until = None if stack.due is None else monotonic + stack.due - now
            if not self._watch(stack, step):
                due = stack.due
                stack.stop_waiting()
                self._rouse(stack, due)

    def up(self) -> None:
        """The hall is up: what woke before goes on, in the order in which it fell due."""
        early, self._early = self._early or [], None
        for _, stack in sorted(early, key=lambda one: (one[0], one[1].run.id)):
            if not stack.run.over:
                self._later(stack)

    def _close(self) -> None:
        """The wing closes: waiting runs stay stored, their timers end."""
        self._closed = True
        for stack in self._waiting:
            stack.stop_waiting()
        self._waiting.clear()
        self._line.clear()


def _enabled(stack: Stack, step: Step) -> bool:
    enabled = step.enabled
    return truth(enabled.render(stack.names)) if isinstance(enabled, Value) else enabled


def _unwind(stack: Stack, step: Step) -> bool:
    """Back to the nearest step around a failed one that goes on after errors; False when there is none."""
    frames, lists = stack.frames, stack.run.owner.program.lists
    if step.go_on:
        return True
    for at in range(len(frames) - 2, -1, -1):
        if lists[frames[at].path][frames[at].next - 1].go_on:
            del frames[at + 1 :]
            return True
    return False


def _would_go_on(stack: Stack | None) -> bool:
    while stack is not None:
        lists = stack.run.owner.program.lists
        if any(lists[frame.path][frame.next - 1].go_on for frame in stack.frames):
            return True
        stack = stack.parent
    return False


def _count_anew(stack: Stack | None) -> None:
    """Something is waited for: a loop around it may go on for ever."""
    while stack is not None:
        for frame in stack.frames:
            if frame.loop is not None:
                frame.loop.quick = 0
        stack = stack.parent
