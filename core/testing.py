"""What a test of a hall or an integration needs; shipped, so that an installer's own integration is tested the same way.

async def test_calling(tmp_path):
    async with branch(YAML, tmp_path) as hall:
        await hall.act("counter.call_next", counter="1")
"""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from .access import SYSTEM, Caller
from .actions import Call
from .clock import Clock, HandClock
from .engine import Engine, running
from .events import Context, Event
from .states import State
from .store import Connect
from .store import connect as really_connect

__all__ = ["Branch", "Disk", "HandClock", "branch"]


class Branch:
    """A running hall, with everything heard so far."""

    def __init__(self, engine: Engine, caller: Caller) -> None:
        self.engine, self.caller = engine, caller
        self.heard: list[Event] = []

    async def act(self, action: str, /, *, request_id: str | None = None, **data: Any) -> dict[str, Any]:
        """Call an action; answers its data. Raises an ActionError."""
        answer = await self.engine.actions.call(action, data, Call(self.caller, Context(), request_id))
        return dict(answer or {})

    async def reload(self, yaml: str | None = None, key: str = "usher") -> dict[str, Any]:
        """Write another configuration, if given, and have it taken. Raises Refused."""
        if yaml is not None:
            (self.engine.configuration.folder / "configuration.yaml").write_text(yaml, "utf-8")
        return await self.act(f"{key}.reload")

    async def later(self, seconds: float) -> None:
        """So much later by the wall clock, as after a machine's sleep; then a minute is lived through by hand, and what is
        decided in it is done and durable."""
        clock = self.engine.clock
        assert isinstance(clock, HandClock)
        clock.set_back(-seconds)
        for _ in range(60):
            await clock.turn(1)
            while not self.engine.store.idle:  # noqa: ASYNC110 - the store tells nobody
                await asyncio.sleep(0.001)
        await clock.turn(0)

    def state(self, entity_id: str) -> State:
        """The state of an entity that must exist."""
        state = self.engine.states.get(entity_id)
        assert state is not None, f"there is no {entity_id}"
        return state

    def events(self, kind: str) -> list[Event]:
        """What was heard of this type."""
        return [event for event in self.heard if event.type == kind]


@asynccontextmanager
async def branch(
    yaml: str | Path,
    folder: Path,
    *,
    clock: Clock | None = None,
    caller: Caller = SYSTEM,
    connect: Connect = really_connect,
    always: tuple[str, ...] = (),
) -> AsyncGenerator[Branch, None]:
    """Run the hall of this YAML (or of a configuration folder), with its data in `folder`."""
    config = yaml if isinstance(yaml, Path) else folder
    if isinstance(yaml, str):
        (folder / "configuration.yaml").write_text(yaml, "utf-8")
    heard: list[Event] = []

    def made(engine: Engine) -> None:
        engine.bus.listen(heard.append)

    async with running(
        config, clock=clock, data=folder / ".usher", connect=connect, always=always, made=made
    ) as engine:
        hall = Branch(engine, caller)
        hall.heard = heard
        yield hall


class Disk:
    """A disk that can be made to fail: at the n-th statement from now, before or after it was done, or for good.

    Pass `disk.connect` where a store wants its `connect`.
    """

    def __init__(self) -> None:
        self.statements = self.failed = 0
        self._fault: Callable[[int, str, bool], None] = lambda number, sql, after: None
        self._steps, self._within = 0, ""

    def fail_at(self, n: int, *, after: bool = False, error: str = "disk I/O error") -> None:
        """The n-th statement from now fails, once; with `after` it was done all the same, and nobody can tell."""
        due = self.statements + n

        def fault(number: int, sql: str, done: bool) -> None:
            if number == due and done is after:
                self.failed += 1
                raise sqlite3.OperationalError(error)

        self._fault = fault

    def fail_within(self, steps: int, error: str = "disk I/O error") -> None:
        """The next write is broken off after so many of SQLite's own steps, in the midst of it; once."""
        self._steps = steps
        self._within = error

    def break_down(self, error: str = "database or disk is full") -> None:
        """Every write fails from now on."""

        def fault(number: int, sql: str, done: bool) -> None:
            if not done and not sql.startswith(("PRAGMA", "SELECT")):
                raise sqlite3.OperationalError(error)

        self._fault = fault

    def mend(self) -> None:
        """It works again."""
        self._fault = lambda number, sql, after: None

    def connect(self, path: Path) -> sqlite3.Connection:
        """A real connection through this disk."""
        disk = self

        class Connection(sqlite3.Connection):
            def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
                disk.statements += 1
                number = disk.statements  # another connection may go on counting
                disk._fault(number, sql, False)
                if disk._within and sql.startswith("INSERT"):
                    return self._broken_off(sql, parameters)
                cursor = super().execute(sql, parameters)
                disk._fault(number, sql, True)
                return cursor

            def _broken_off(self, sql: str, parameters: Any) -> sqlite3.Cursor:
                left, error, disk._within = disk._steps, disk._within, ""

                def step() -> int:
                    nonlocal left
                    left -= 1
                    return left < 0

                self.set_progress_handler(step, 1)
                try:
                    return super().execute(sql, parameters)
                except sqlite3.OperationalError as interrupted:
                    disk.failed += 1
                    raise sqlite3.OperationalError(error) from interrupted
                finally:
                    self.set_progress_handler(None, 1)

        return really_connect(path, Connection)
