"""Keeps integrations and devices up: enter, fail, wait, enter again.

ConnectionLost makes it wait (1 s to 5 min, with jitter) and enter again. Anything else is logged once with the YAML's
place, and that one stays down; the hall runs on.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Literal

from .clock import Clock
from .errors import ConnectionLost, IntegrationError, Place
from .integration import Kit

log = logging.getLogger(__name__)
FIRST, LONGEST, STEADY = 1.0, 300.0, 60.0  # seconds; who was up for STEADY begins with FIRST again
ENTER_LIMIT: Final = 60.0
END_LIMIT: Final = 10.0
Status = Literal["entering", "up", "waiting", "down"]


class Supervisor:
    """One task for each thing that is kept up."""

    def __init__(self, clock: Clock, make_kit: Callable[[str, Place | None], Kit]) -> None:
        self._clock, self._make_kit = clock, make_kit
        self._kept: dict[asyncio.Task[None], Kept] = {}

    def keep(
        self,
        name: str,
        open_one: Callable[[Kit], AbstractAsyncContextManager[Any]],
        place: Place | None = None,
        ready: Callable[[Any], None] | None = None,
        lost: Callable[[], None] | None = None,
    ) -> "Handle":
        """Keep it up until the answer is called; `ready` is told what was entered, each time, and `lost` when it ends."""
        kept = Kept(name, self._clock, lambda: self._make_kit(name, place), open_one, place, ready, lost)
        task = asyncio.get_running_loop().create_task(kept.run(), name=f"keep {name}")
        self._kept[task] = kept
        task.add_done_callback(lambda done: self._kept.pop(done, None) if kept.status != "down" else None)
        return Handle(task, lambda: self._kept.pop(task, None))

    def status(self) -> dict[str, Status]:
        """How each one is."""
        return {kept.name: kept.status for kept in self._kept.values()}

    async def settled(self, limit: float) -> None:
        """Wait until each was entered once or has failed, `limit` seconds at most."""
        waits = [asyncio.ensure_future(kept.tried.wait()) for kept in self._kept.values()]
        if waits:
            _, late = await asyncio.wait(waits, timeout=limit)
            for wait in late:
                wait.cancel()

    async def close(self) -> None:
        """End all, last entered first; 10 s at most each."""
        for task in reversed(list(self._kept)):
            task.cancel()
            await asyncio.wait([task], timeout=END_LIMIT)


class Handle:
    """Ends something that is kept up."""

    def __init__(self, task: "asyncio.Task[None]", forget: Callable[[], object]) -> None:
        self._task, self._forget = task, forget

    def __call__(self) -> None:
        self._task.cancel()
        if self._task.done():
            self._forget()

    async def ended(self) -> None:
        """Wait until it has closed, END_LIMIT seconds at most."""
        if self._task is not asyncio.current_task():
            await asyncio.wait([self._task], timeout=END_LIMIT)


class Kept:
    """One thing that is kept up."""

    def __init__(
        self,
        name: str,
        clock: Clock,
        make_kit: Callable[[], Kit],
        open_one: Callable[[Kit], AbstractAsyncContextManager[Any]],
        place: Place | None,
        ready: Callable[[Any], None] | None,
        lost: Callable[[], None] | None,
    ) -> None:
        self.name, self.tried = name, asyncio.Event()
        self.status: Status = "entering"
        self._clock, self._make_kit, self._open, self._place = clock, make_kit, open_one, place
        self._ready, self._lost = ready, lost
        self._entered_at: float | None = None

    async def run(self) -> None:
        """Enter, wait for what fails, and enter again."""
        delay = FIRST
        while True:
            self.status, self._entered_at = "entering", None
            try:
                await self._once()
                return self._down("%s%s", "it ended by itself")
            except ConnectionLost as error:
                if self._entered_at is not None and self._clock.monotonic() - self._entered_at > STEADY:
                    delay = FIRST
                span = delay * random.uniform(0.75, 1.25)  # noqa: S311 - spreads the load after a power cut
                log.warning("%s: %s Trying again in %.0f s.", self.name, error, span)
            except IntegrationError as error:
                return self._down("%s%s", str(error))
            except Exception as error:
                log.exception("%s%s failed.", f"{self._place}  " if self._place else "", self.name)
                return self._down("%s%s stays down.", type(error).__name__)
            self.status, delay = "waiting", min(delay * 2, LONGEST)
            self.tried.set()
            await self._clock.sleep(span)

    async def _once(self) -> None:
        kit = self._make_kit()
        try:
            async with asyncio.timeout(ENTER_LIMIT) as limit:
                async with self._open(kit) as thing:
                    limit.reschedule(None)
                    self.status, self._entered_at = "up", self._clock.monotonic()
                    self.tried.set()
                    if self._ready is not None:
                        self._ready(thing)
                    await kit.failed()
        except TimeoutError as error:
            raise ConnectionLost(f"it could not be entered within {ENTER_LIMIT:.0f} s.") from error
        finally:
            if self._lost is not None and self._entered_at is not None:
                self._lost()
            await kit.close()

    def _down(self, form: str, text: str) -> None:
        self.status = "down"
        self.tried.set()
        log.error(form, f"{self._place}  " if self._place else "", f"{self.name}: {text}")
