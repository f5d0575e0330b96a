"""Time: what the wall shows, how long things take, and waiting. Nothing else in usher reads a clock.

Durations are monotonic seconds; stamps are wall time in Unix seconds. A test or a simulation turns `HandClock` by hand.
"""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo

Cancel = Callable[[], None]


class Clock(Protocol):
    """What a room may ask of time."""

    zone: tzinfo

    def now(self) -> float:
        """Wall time, Unix seconds."""
        ...

    def monotonic(self) -> float:
        """Seconds since some start; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        ...

    def after(self, seconds: float, then: Callable[[], None]) -> Cancel:
        """Call `then` once, that much later; the answer cancels it."""
        ...


def local(clock: Clock, stamp: float | None = None) -> datetime:
    """A stamp (default: now) as the hall's own time."""
    return datetime.fromtimestamp(clock.now() if stamp is None else stamp, clock.zone)


def every(clock: Clock, seconds: float, then: Callable[[], None]) -> Cancel:
    """Call `then` every `seconds`, first after one span; the answer stops it."""
    cancel: Cancel

    def turn() -> None:
        nonlocal cancel
        cancel = clock.after(seconds, turn)
        then()

    cancel = clock.after(seconds, turn)
    return lambda: cancel()


class SystemClock:
    """The machine's clock and the running event loop's timers."""

    def __init__(self, zone: str = "UTC") -> None:
        self.zone: tzinfo = ZoneInfo(zone)

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def after(self, seconds: float, then: Callable[[], None]) -> Cancel:
        return asyncio.get_running_loop().call_later(seconds, then).cancel


class HandClock:
    """A clock that stands still until `turn` moves it; timers fire in order of their due time."""

    def __init__(self, start: float = 1_763_769_600.0, zone: str = "UTC") -> None:
        self.zone: tzinfo = ZoneInfo(zone)
        self._start, self._elapsed = start, 0.0
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def now(self) -> float:
        return self._start + self._elapsed

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        cancel = self.after(seconds, lambda: None if future.done() else future.set_result(None))
        try:
            await future
        finally:
            cancel()

    def after(self, seconds: float, then: Callable[[], None]) -> Cancel:
        entry = (self._elapsed + max(0.0, seconds), next(self._order), then)
        heapq.heappush(self._timers, entry)

        def cancel() -> None:
            if entry in self._timers:
                self._timers.remove(entry)
                heapq.heapify(self._timers)

        return cancel

    def set_back(self, seconds: float) -> None:
        """The wall clock is set back, as when a machine learns the right time; durations go on."""
        self._start -= seconds

    async def turn(self, seconds: float) -> None:
        """Move on by `seconds`, firing what falls due on the way and letting the loop settle after each."""
        end = self._elapsed + seconds
        await self._settle()
        while self._timers and self._timers[0][0] <= end:
            due, _, then = heapq.heappop(self._timers)
            self._elapsed = max(self._elapsed, due)
            then()
            await self._settle()
        self._elapsed = end
        await self._settle()

    @staticmethod
    async def _settle() -> None:
        for _ in range(20):
            await asyncio.sleep(0)
