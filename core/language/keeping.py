"""What is stored of runs: those that wait, with all that they need to go on after a restart or a crash.

A run that never waits is never stored. Before a stored run begins an action, its row is moved past that action, so an
action already begun is not repeated. The row is dropped when the run ends. Without a disk a run waits in memory only.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from ..errors import Refused, StoreError
from ..integration import Kit
from ..tables import Batch, Rows
from .runs import Run
from .tables import RUNS

log = logging.getLogger("usher.automation")


class Keeping:
    """The rows of runs."""

    def __init__(self, kit: Kit) -> None:
        self._store, self._site, self.after = kit.store, kit.site.id, kit.after
        self._kept: dict[str, Run] = {}
        self._undropped: set[str] = set()  # ended while the disk took nothing
        kit.store.on_rebuild(self._rebuilt)

    def put(self, run: Run) -> None:
        """Store a run as it is now. When the disk does not take it, it goes on in memory, and the log says so."""

        def done(error: StoreError | None) -> None:
            if error is not None:
                log.warning("%s waits in memory only: it would not survive a restart (%s).", run.owner.title, error)

        if self._store.full:
            self._kept[run.id] = run
            run.stored = True
            done(StoreError("too much is on its way"))
            return
        self._store.submit(self._batch(run), done)

    def move_past(self, run: Run) -> Coroutine[Any, Any, None]:
        """Store it durably behind the action that is to begin. Without a disk the action is done all the same."""
        return self._move_past(run, self._batch(run))

    async def _move_past(self, run: Run, batch: Batch) -> None:
        try:
            await self._store.save(batch)
        except Refused as error:
            log.warning("%s: its place could not be stored (%s); after a crash now a step may be repeated.",
                        run.owner.title, error)  # fmt: skip

    def adopt(self, run: Run) -> None:
        """A restored run: its row is there already."""
        self._kept[run.id] = run
        run.stored, run.fresh = True, False

    def drop(self, run: Run) -> None:
        """It is over."""
        if self._kept.pop(run.id, None) is not None:
            self.forget(run.id)

    def forget(self, run_id: str) -> None:
        """Drop a row that nobody goes on with."""

        def done(error: StoreError | None) -> None:
            if error is not None:
                self._undropped.add(run_id)
                log.warning("An ended run stays stored until the disk takes changes again: %s", error)

        batch = Batch()
        batch.drop(RUNS, run_id)
        self._store.submit(batch, done)

    def _batch(self, run: Run) -> Batch:
        """Its row; with its first one those of the runs that wait for it: they stand behind the call from now on."""
        batch = Batch()
        self._row(batch, run)
        while run.fresh:
            run.fresh = False
            if run.caller is None:
                break
            run = run.caller.run
            self._row(batch, run)
        return batch

    def _row(self, batch: Batch, run: Run) -> None:
        owner = run.owner
        self._kept[run.id] = run
        run.stored = True
        batch.put(RUNS, run.id, self._site, owner.key, owner.hash, run.first_due(), run.pack_all())

    def _rebuilt(self, _: Rows) -> None:
        asyncio.get_running_loop().call_soon(self._store_again)  # changes are taken only after all have rebuilt

    def _store_again(self) -> None:
        """The disk takes changes again: what waits in memory is stored, what is over is dropped."""
        ended, self._undropped = self._undropped, set()
        for run_id in ended:
            self.forget(run_id)
        for run in list(self._kept.values()):
            self.put(run)
