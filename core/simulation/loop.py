"""Time that passes only when nothing is left to do: an event loop that leaps to its next timer instead of waiting for it.

All waiting in usher is a timer of the loop, so a day is as long as its work. Nothing runs in a thread: what would is done
at once, in its turn, so that the order of everything depends on the seed alone.
"""

import asyncio
import heapq
import selectors
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from datetime import UTC, tzinfo
from typing import Any, Final, TypeVar

from ..clock import Cancel
from ..errors import UsherError

T = TypeVar("T")
TICK: Final = 1e-6  # seconds
MAX_AT_ONCE: Final = 1_000_000  # timers of one moment


class Stuck(UsherError):
    """Somebody waits, and nothing will ever happen."""


class Due:
    """What is to be called, now or at `when`; light, for there are millions of them in a day."""

    __slots__ = ("_when", "args", "context", "over", "then")

    def __init__(self, when: float, then: Callable[..., Any], args: tuple[Any, ...], context: Context | None) -> None:
        self._when, self.then, self.args = when, then, args
        self.context = copy_context() if context is None else context
        self.over = False

    def cancel(self) -> None:
        self.over = True

    def cancelled(self) -> bool:
        return self.over

    def when(self) -> float:
        return self._when


class _Nothing(selectors.DefaultSelector):
    """No file is ever looked at: nothing outside has a say."""

    def select(self, timeout: float | None = None) -> list[Any]:
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop; its time is seconds since the simulation began. Timers of one moment fire in the order they were set."""

    def __init__(self) -> None:
        self.now, self._count, self._at_once = 0.0, 0, 0
        self._timers: list[tuple[float, int, Due]] = []
        self._turn = deque[Due]()  # what is to be done now
        super().__init__(_Nothing())
        self._ready = self._turn

    get_debug: Any = staticmethod(bool)  # no; asked for each future, and answered without a step of Python

    def time(self) -> float:
        return self.now

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> Any:
        due = Due(self.now, callback, args, context)
        self._turn.append(due)
        return due

    call_soon_threadsafe = call_soon  # type: ignore[assignment] # there is one thread, and it never sleeps

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> Any:
        due = Due(when, callback, args, context)
        self._count += 1
        heapq.heappush(self._timers, (when, self._count, due))
        return due

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> Any:
        # Who waits for less than the numbers can tell would wait for ever.
        when = self.now + (TICK if delay < TICK else delay) if delay > 0 else self.now
        return self.call_at(when, callback, *args, context=context)

    def create_future(self) -> "asyncio.Future[Any]":
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, *, name: Any = None, context: Any = None) -> "asyncio.Task[Any]":
        return asyncio.Task(coro, loop=self, name=name, context=context)

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> "asyncio.Future[T]":  # type: ignore[override]
        """At once, and in this thread."""
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:
            done.set_exception(error)
        return done

    def _run_once(self) -> None:
        """One turn of asyncio's loop: what was there when it began is done; if there was nothing, time leaps."""
        turn = self._turn
        if not turn:
            self._leap()
        for _ in range(len(turn)):
            due = turn.popleft()
            if not due.over:
                try:
                    due.context.run(due.then, *due.args)
                except Exception as error:
                    self._fault(due, error)

    def _leap(self) -> None:
        """Nothing is left to do: fire timers until one of them has made work for the loop."""
        timers, turn = self._timers, self._turn
        while not turn:
            if not timers:
                raise Stuck("The simulated hall waits for something that nothing will bring.")
            when, _, due = heapq.heappop(timers)
            if due.over:
                continue
            due.over = True
            if when > self.now:
                self.now, self._at_once = when, 0
            self._at_once += 1
            if self._at_once > MAX_AT_ONCE:
                raise Stuck(
                    f"The simulated hall goes round in a circle at second {self.now:.1f}: no time passes any more."
                )
            try:
                due.context.run(due.then, *due.args)
            except Exception as error:
                self._fault(due, error)

    def _fault(self, due: Due, error: Exception) -> None:
        self.call_exception_handler({"message": f"{due} failed.", "exception": error})


class VirtualClock:
    """The wall begins at `start` (Unix seconds); it and the zone are set once the configuration is read."""

    def __init__(self) -> None:
        self.zone: tzinfo = UTC
        self.start = 0.0
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        self._loop = loop

    def now(self) -> float:
        return self.start + self._loop.now

    def monotonic(self) -> float:
        return self._loop.now

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        over: asyncio.Future[None] = self._loop.create_future()
        due: Due = self._loop.call_later(seconds, _wake, over)
        try:
            await over
        finally:
            due.over = True

    def after(self, seconds: float, then: Callable[[], None]) -> Cancel:
        due: Due = self._loop.call_later(seconds, then)
        return due.cancel


def _wake(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
