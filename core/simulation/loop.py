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
from typing import Any, Final, TypeVar, cast

from ..clock import Cancel
from ..errors import UsherError

T = TypeVar("T")
TICK: Final = 1e-6  # seconds
MAX_AT_ONCE: Final = 1_000_000  # timers of one moment


class Stuck(UsherError):
    """Somebody waits, and nothing will ever happen."""


class Timer:
    """What is to be called at `when`; light, for there are millions of them in a day."""

    __slots__ = ("_args", "_context", "_then", "_when", "over")

    def __init__(self, when: float, then: Callable[..., Any], args: tuple[Any, ...], context: Context) -> None:
        self._when, self._then, self._args, self._context = when, then, args, context
        self.over = False

    def cancel(self) -> None:
        self.over = True

    def cancelled(self) -> bool:
        return self.over

    def when(self) -> float:
        return self._when

    def fire(self) -> None:
        self.over = True
        self._context.run(self._then, *self._args)


class _Leap(selectors.DefaultSelector):
    """Asked to wait, it lets time leap instead. No file is ever looked at: nothing outside has a say."""

    leap: Callable[[], None]

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout != 0:
            self.leap()
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop; its time is seconds since the simulation began. Timers of one moment fire in the order they were set."""

    def __init__(self) -> None:
        selector = _Leap()
        selector.leap = self._leap
        self._now, self._count, self._at_once = 0.0, 0, 0
        self._timers: list[tuple[float, int, Timer]] = []
        super().__init__(selector)
        self._turn = cast("deque[Any]", self._ready)  # type: ignore[attr-defined] # what asyncio still has to do now

    def time(self) -> float:
        return self._now

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> Any:
        timer = Timer(when, callback, args, context or copy_context())
        self._count += 1
        heapq.heappush(self._timers, (when, self._count, timer))
        return timer

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> Any:
        # Who waits for less than the numbers can tell would wait for ever.
        return self.call_at(self._now + max(delay, TICK) if delay > 0 else self._now, callback, *args, context=context)

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> "asyncio.Future[T]":  # type: ignore[override]
        """At once, and in this thread."""
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:
            done.set_exception(error)
        return done

    def _leap(self) -> None:
        """Nothing is left to do: fire timers until one of them has made work for the loop."""
        timers, turn = self._timers, self._turn
        while not turn:
            if not timers:
                raise Stuck("The simulated hall waits for something that nothing will bring.")
            when, _, timer = heapq.heappop(timers)
            if timer.over:
                continue
            if when > self._now:
                self._now, self._at_once = when, 0
            self._at_once += 1
            if self._at_once > MAX_AT_ONCE:
                raise Stuck(
                    f"The simulated hall goes round in a circle at second {self._now:.1f}: no time passes any more."
                )
            try:
                timer.fire()
            except Exception as error:
                self.call_exception_handler({"message": "A timer failed.", "exception": error})


class VirtualClock:
    """The wall begins at `start` (Unix seconds); it and the zone are set once the configuration is read."""

    def __init__(self) -> None:
        self.zone: tzinfo = UTC
        self.start = 0.0
        self._loop = asyncio.get_running_loop()

    def now(self) -> float:
        return self.start + self._loop.time()

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def after(self, seconds: float, then: Callable[[], None]) -> Cancel:
        return self._loop.call_later(seconds, then).cancel
