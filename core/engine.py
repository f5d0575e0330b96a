"""Builds the rooms of one hall from its configuration, starts them in order, and takes them down again."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

from .access import SYSTEM
from .account_actions import register
from .accounts import TABLES as ACCOUNT_TABLES
from .accounts import Accounts
from .actions import Actions
from .bus import Bus
from .clock import Clock, SystemClock
from .config import ALWAYS, Configuration, Loaded
from .control import door
from .errors import Place
from .events import Context
from .ids import new_id
from .integration import Kit, Rooms, Site
from .kept import KEPT, sweep
from .lock import Lock
from .offers import LAST, STARTED, Offers
from .reload import Reload
from .states import States
from .store import Connect, Store, connect
from .supervisor import Handle, Status, Supervisor
from .version import VERSION
from .views import Views
from .wings import WINGS

log = logging.getLogger(__name__)
DATA: Final = ".usher"
FILE: Final = "hall.db"
LAST_STEPS: Final = 5.0  # seconds for what automations do when the hall closes
SETTLE: Final = 15.0  # seconds that a device may take before the hall opens without it


class Engine:
    """One hall, running. Made by `running`."""

    def __init__(self, configuration: Configuration, clock: Clock, data: Path, connect: Connect,
                 always: tuple[str, ...] = (), change: Callable[[Configuration], None] = lambda _: None,
                 store: type[Store] = Store) -> None:  # fmt: skip
        configuration.check()
        self.configuration, self.clock = configuration, clock
        usher = configuration.usher
        self.site = Site(
            usher.site, usher.name, tuple(usher.languages), configuration.folder, data, new_id(), VERSION,
            usher.business_day, usher.weights,
        )  # fmt: skip
        self.bus = Bus(clock)
        self.states = States(self.bus, clock)
        self.actions, self.offers, self.views = Actions(), Offers(), Views()
        everything = [*configuration.wings, *configuration.integrations]
        tables = [table for one in everything for table in one.integration.tables]
        self.store = store(data / FILE, list(dict.fromkeys([*ACCOUNT_TABLES, KEPT, *tables])), connect)
        self.accounts = Accounts(self.store, clock, data, usher.site)
        self.supervisor = Supervisor(clock, self._kit)
        self._rooms = Rooms(
            self.site, clock, self.bus, self.states, self.actions, self.offers, self.views, self.store,
            self.accounts, self.supervisor.keep,
        )  # fmt: skip
        self._kits: dict[str, Kit] = {}  # by wing and integration, as long as it is open
        self._kept: dict[str, Handle] = {}
        self.reload = Reload(
            configuration, self.site, clock, self.bus, self.offers, self.views, self.store, self.supervisor,
            self._kits, self._kept, self._integration, always, change,
        )  # fmt: skip

    def _kit(self, name: str, place: Place | None) -> Kit:
        kit = self._kits[name] = Kit(name, self._rooms, place)
        return kit

    def status(self) -> dict[str, Status]:
        """How each integration and device is."""
        return self.supervisor.status()

    @asynccontextmanager
    async def run(self) -> AsyncGenerator["Engine", None]:
        """Start everything; the hall is open while the block runs. Raises StoreError, SetupFailed."""
        async with AsyncExitStack() as stack:
            lock = Lock(self.site.data)
            lock.take()
            stack.callback(lock.give_back)
            await self.store.open()
            stack.push_async_callback(self.store.close)
            self.accounts.load(self.store.loaded)
            self._sweep()
            stack.callback(self.accounts.close)
            kernel = self._kit("usher", None)
            kernel.enduring = True
            stack.push_async_callback(kernel.close)
            register(self.accounts, kernel.action)
            self.reload.platforms()
            for wing in self.configuration.wings:
                await self._wing(stack, wing)
            stack.push_async_callback(self.supervisor.close)
            for one in self.configuration.integrations:
                self._integration(one)
            await stack.enter_async_context(door(self.site.data, self.actions))
            await self.supervisor.settled(SETTLE)
            await self.reload.begin(kernel.action)
            context = Context(user_id=SYSTEM.id)
            self.offers.add(STARTED, "hall", self.site.boot_id)  # for who comes up later and missed the event
            self.bus.fire("homeassistant_started", {}, context)
            self.bus.fire("usher_started", {"boot_id": self.site.boot_id}, context)
            stack.push_async_callback(self._stop, context)
            yield self

    async def _stop(self, context: Context) -> None:
        """Say that the hall closes; what is done because of it has LAST_STEPS seconds, while all is still there."""
        steps = [begin() for begin in self.offers.all(LAST).values()]
        self.bus.fire("homeassistant_stop", {}, context)
        for step in steps:
            with suppress(TimeoutError):
                await asyncio.wait_for(step, LAST_STEPS)

    def _sweep(self) -> None:
        """Forget what was kept of entities that are long gone from the YAML."""
        batch = sweep(self.store.loaded[KEPT.name], self.configuration.entities, self.clock.now())
        if batch.puts or batch.drops:
            self.store.submit(batch, lambda _: None)  # not stored: it is done at the next start

    async def _wing(self, stack: AsyncExitStack, wing: Loaded) -> None:
        setup = wing.integration.setup
        if setup is None:
            return
        kit = self._kit(wing.name, wing.place)
        kit.enduring = True
        stack.push_async_callback(kit.close)
        await stack.enter_async_context(setup(wing.config, kit))

    def _integration(self, one: Loaded) -> None:
        if one.error is not None:
            log.error("%s%s", f"{one.place}  " if one.place else "", one.error)
            return
        setup = one.integration.setup
        if setup is not None:
            self._kept[one.name] = self.supervisor.keep(one.name, _opener(setup, one.config), one.place)


def _opener(setup: Callable[..., Any], config: Any) -> Callable[[Kit], Any]:
    return lambda kit: setup(config, kit)


@asynccontextmanager
async def running(
    folder: Path,
    *,
    clock: Clock | None = None,
    data: Path | None = None,
    connect: Connect = connect,
    change: Callable[[Configuration], None] = lambda configuration: None,
    always: tuple[str, ...] = ALWAYS,
    made: Callable[["Engine"], None] = lambda engine: None,
    store: type[Store] = Store,
) -> AsyncGenerator[Engine, None]:
    """Run the hall of a configuration folder. Raises ConfigError with all problems, StoreError.

    `change` may alter the configuration after it was read (`usher run --port`); `always` are the integrations that run
    without being named. `made` is told the engine before anything in it runs. A simulation brings its own `store`.
    """
    configuration = await asyncio.to_thread(Configuration.read, folder, WINGS, always=always)
    for problem in [*configuration.problems, *configuration.missing]:
        if problem.severity == "warning":
            log.warning("%s", problem)
    change(configuration)
    clock = clock or SystemClock(str(configuration.usher.zone))
    engine = Engine(configuration, clock, (data or folder / DATA).absolute(), connect, always, change, store)
    made(engine)
    async with engine.run() as hall:
        yield hall
