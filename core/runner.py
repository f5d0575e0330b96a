"""`usher run`: the engine under the quickest event loop there is, until it is told to stop."""

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .actions import Actions, Call
from .config import Configuration
from .control import LOCAL
from .translations import terminal_language, translated

if TYPE_CHECKING:
    from .engine import Engine

log = logging.getLogger(__name__)


def run(folder: Path, port: int | None, data: Path | None) -> int:
    """Run the hall of this folder; answers the exit code. Raises ConfigError, StoreError."""
    gc.disable()  # until the hall is open: start-up makes much and drops little
    return _loop(_run(folder, port, data))


async def _run(folder: Path, port: int | None, data: Path | None) -> int:
    from .engine import running

    stop = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    async with running(folder, data=data, change=lambda configuration: _listen_on(configuration, port)) as engine:
        for name, status in engine.status().items():
            if status != "up":
                log.warning("%s is %s.", name, status)
        code = engine.accounts.first_code()
        if code is not None:
            told = f"Nobody owns this hall yet. Sign in once with this code: {code}"
            print(translated(told, terminal_language()), flush=True)
        spare_the_collector()
        _reload_on_hangup(engine)
        log.info("The hall is open.")
        await stop.wait()
        log.info("The hall closes.")
    return 0


def _reload_on_hangup(engine: "Engine") -> None:
    """SIGHUP is what service managers send for a reload."""

    def reload() -> None:
        task = asyncio.ensure_future(engine.actions.call("usher.reload", {}, Call(LOCAL)))
        tasks.add(task)
        task.add_done_callback(done)

    def done(task: "asyncio.Future[Any]") -> None:
        tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("%s", task.exception())

    tasks: set[asyncio.Future[Any]] = set()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload)


def spare_the_collector() -> None:
    """What start-up made stays, and tickets are no circles: looking for circles is for seldom.

    It holds the loop for about half a microsecond an object, so it is not left for too long either: a reload that
    makes a thousand automations anew makes 150,000.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


def _listen_on(configuration: Configuration, port: int | None) -> None:
    if port is None:
        return
    for index, one in enumerate(configuration.integrations):
        if one.name == "http" and one.config is not None:
            from dataclasses import replace

            configuration.integrations[index] = replace(one, config=one.config.model_copy(update={"port": port}))


def _loop(main: Coroutine[Any, Any, int]) -> int:
    # The store's thread must win the interpreter lock back several times a commit; 5 ms each time would be felt.
    sys.setswitchinterval(0.0005)
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


async def offline(config: Path, data: Path, action: str, values: dict[str, Any]) -> dict[str, Any]:
    """An account action on the data of a hall that does not run; raises StoreError, ActionError."""
    from .account_actions import register
    from .accounts import TABLES, Accounts
    from .actions import action as made
    from .clock import SystemClock
    from .engine import FILE
    from .lock import Lock
    from .store import Store

    lock = Lock(data)
    lock.take()
    store = Store(data / FILE, TABLES)
    try:
        await store.open()
        site = Configuration.read(config, (), always=()).usher.site  # whatever else is wrong there
        accounts = Accounts(store, SystemClock(), data, site)
        accounts.load(store.loaded)
        actions = Actions()
        register(accounts, lambda *what, **more: actions.add(made(*what, **more)))
        return dict(await actions.call(action, values, Call(LOCAL)) or {})
    finally:
        await store.close()
        lock.give_back()
