"""The recorder at work: hears, writes every few seconds, purges at night, and shows how it is."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime, time, timedelta
from typing import Any, Final

from ...core.clock import Cancel, local
from ...core.entities import Entity
from ...core.errors import ActionError
from ...core.integration import Kit
from ...core.offers import STARTED
from .client import Archive
from .config import ENTITY, Config
from .filters import Filter, ages
from .questions import Questions
from .recording import BATCH, MAX_WAITING, Recording

FILE: Final = "history.db"
AT_NIGHT: Final = time(4, 12)  # when old rows are forgotten, as Home Assistant does
AFTER_START: Final = 600.0  # seconds; a hall that is switched off each evening is never there at night
LOOK: Final = 15.0  # seconds between two looks at how it goes
CATCH_UP: Final = 5.0  # seconds a question waits for what happened before it
PURGED: Final = "recorder_purged"


class Recorder:
    """One hall's recorder."""

    def __init__(self, config: Config, kit: Kit) -> None:
        self._config, self._kit = config, kit
        self.filter = Filter(config)
        self.recording = Recording(self.filter, self._wake)
        self.archive = Archive(self._url(), kit, self._told)
        self.archive.on_room = self._room
        self._entity = Entity(ENTITY, {"en": "History", "zh-CN": "历史记录"})
        self._state, self._why = "starting", ""
        self._backend = "postgresql" if self._url().startswith("postgresql") else "sqlite"
        self._lost, self._said, self._warned = 0, 0, False
        self._timer: Cancel | None = None
        self._flushing = self._overdue = False
        self._taken = 0  # rows sent so far
        self._sent = asyncio.Event()

    def _url(self) -> str:
        if self._config.db_url is not None:
            return self._config.db_url.get_secret_value()
        return f"sqlite:///{self._kit.site.data / FILE}"

    @asynccontextmanager
    async def at_work(self) -> AsyncGenerator[None, None]:
        """Record until the block ends; then write what is still here, within the archive's limits."""
        kit = self._kit
        kit.entity(self._entity)
        self.recording.begin(kit.states, kit.clock.now())
        kit.listen(self.recording.hear)
        self._show()
        Questions(self, kit).register()
        keeping: asyncio.Task[None] | None = None

        def begin() -> None:
            nonlocal keeping
            if keeping is None and kit.offers.get(STARTED, "hall") is not None:
                keeping = kit.task(self.archive.keep(), "archive")

        kit.on_close(kit.offers.watch(STARTED, begin))  # not before the hall is open: it takes half a second of a core
        begin()
        kit.every(LOOK, self._look)
        if self._config.auto_purge:
            kit.after(AFTER_START, self._purge_soon)
            self._plan_night()
        try:
            yield
        finally:
            if self._timer is not None:
                self._timer()
            if keeping is not None and not keeping.done():
                self.flush(everything=True)
                await self.archive.begun()
                keeping.cancel()
                await asyncio.wait([keeping], timeout=15)

    # -- writing

    def _wake(self, enough: bool) -> None:
        """Written when its time comes, or where there is enough for a batch; in a turn of its own, so that who made the
        event goes on first."""
        if enough:
            self._batch_soon()
        else:
            self._later()

    def _later(self) -> None:
        if self._timer is None:
            self._timer = self._kit.clock.after(self._config.commit_interval, self._due)

    def _due(self) -> None:
        if self._timer is not None:
            self._timer()
        self._timer = None
        self.flush()
        self._overdue = len(self.recording) > 0

    def _room(self) -> None:
        """Something was written, or the archive is there again."""
        if self._overdue:
            self._due()
        else:
            self._batch_soon()
        self._sent.set()

    def _batch_soon(self) -> None:
        if not self._flushing and len(self.recording) >= BATCH:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._batches)

    def _batches(self) -> None:
        self._flushing = False
        self.flush(least=BATCH)
        if len(self.recording):
            self._later()

    def flush(self, *, least: int = 1, everything: bool = False) -> None:
        """Send what waits, `least` rows or more, as far as there is room for it on the way."""
        while len(self.recording) >= least and (self.archive.room or everything):
            taken = self.recording.take()
            if taken is not None:
                self._taken += taken[0]
                self.archive.send(*taken)

    async def caught_up(self) -> None:
        """What happened up to now is on its way; waits for it a moment while it is being written, not while it cannot
        be."""
        wanted = self._taken + len(self.recording)
        self._due()
        with suppress(TimeoutError):
            async with asyncio.timeout(CATCH_UP):
                while self._taken < wanted and len(self.recording) and self._state == "recording":
                    self._sent.clear()
                    await self._sent.wait()

    # -- how it is

    def _told(self, frame: Mapping[str, Any]) -> None:
        log = self._kit.log
        match frame["is"]:
            case "up":
                if self._why:
                    log.warning("The history is written again.")
                self._state, self._backend, self._why = "recording", frame["backend"], ""
            case "down":
                if not frame.get("logged"):
                    log.warning("The history cannot be written: %s. It is tried again and again; the last %d rows wait in "
                                "memory. The hall goes on.", frame["why"], MAX_WAITING)  # fmt: skip
                self._state, self._why = "waiting", frame["why"]
            case "aside":
                log.error("The history was damaged (%s). It was set aside as %s, and a new one was begun.",
                          frame["why"], frame["file"])  # fmt: skip
            case "lost":
                self._lost += frame["rows"]
                log.warning("%d rows of history could not be written: %s.", frame["rows"], frame["why"])
            case "log":
                log.warning("%s", frame["text"])
            case _:
                return
        self._show()

    def _look(self) -> None:
        self.archive.look()
        if self.recording.dropped > self._said:
            self._kit.log.warning("Too much waits to be written: %d rows of history were let go so far, states in between "
                                  "first.", self.recording.dropped)  # fmt: skip
            self._said = self.recording.dropped
            self._show()

    def _show(self) -> None:
        state = self._state if self.recording.on else "off"
        self._entity.show(state, {"backend": self._backend, "why": self._why or None, "lost": self.lost})

    @property
    def lost(self) -> int:
        """Rows that were never written."""
        return self.recording.dropped + self._lost

    def info(self) -> dict[str, Any]:
        return {"state": self._state if self.recording.on else "off", "backend": self._backend, "why": self._why or None,
                "waiting": len(self.recording) + self.archive.unwritten, "most": MAX_WAITING, "lost": self.lost}  # fmt: skip

    def turn(self, on: bool) -> None:
        """Record or not; what is there already is still written."""
        began = on and not self.recording.on
        self.recording.on = on
        if began:
            self.recording.begin(self._kit.states, self._kit.clock.now())
        self._show()

    # -- forgetting

    def _plan_night(self) -> None:
        now = local(self._kit.clock)
        night = datetime.combine(now.date(), AT_NIGHT, now.tzinfo)
        if night <= now:
            night = datetime.combine(now.date() + timedelta(days=1), AT_NIGHT, now.tzinfo)

        def purge() -> None:
            self._purge_soon()
            self._plan_night()

        self._kit.after(max(60.0, night.timestamp() - self._kit.clock.now()), purge)

    def _purge_soon(self) -> None:
        async def purge() -> None:
            try:
                await self.purge()
            except ActionError as error:
                self._kit.log.warning("Old history could not be forgotten: %s", error)

        self._kit.task(purge(), "purge")

    async def purge(self, keep_days: int | None = None, *, repack: bool = False, apply_filter: bool = False) -> None:
        """Forget what is too old; `recorder_purged` tells how much, at the end."""
        known = (await self.archive.ask("known", {}))["entities"]
        default = self._config.purge_keep_days if keep_days is None else keep_days
        told = {"now": self._kit.clock.now(), "default": default, "repack": repack,
                "ages": ages(self._config.keep, known) if keep_days is None else {}}  # fmt: skip
        await self._purged(self.archive.purge(told))
        if apply_filter:
            await self.forget([name for name in known if not self.filter.entity(name)], 0)

    async def forget(self, names: Iterable[str], days: int) -> None:
        """Forget these entities."""
        only = dict.fromkeys(names, days)
        if only:
            await self._purged(self.archive.purge({"now": self._kit.clock.now(), "only": only}))

    async def _purged(self, done: "asyncio.Future[Any]") -> None:
        self._kit.bus.fire(PURGED, await done)
