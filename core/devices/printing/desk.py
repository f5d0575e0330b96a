"""One printer at work: its line, its state, and what happens to a job that cannot be printed here.

A job is dropped only when its printing is confirmed, or told as given up. What failed before a byte was written is
simply tried again; what may have come out in part is tried again marked as a reprint, at most `MAX_TRIES` times. While
its printer cannot print, a job goes to the first of the fallback printers that can, and waits at home if none can.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from ...clock import Clock
from ...entities import Entity
from ...errors import ConnectionLost, Refused
from ...words import Words
from .item import PrinterItem
from .line import Job, Line
from .protocol import NotPrinted, Printer, PrinterStatus, PrintJob
from .sheets import REPRINT

MAX_TRIES: Final = 3
ASK_LIMIT: Final = 30  # backstops in seconds, against a platform that has no limits of its own
PRINT_LIMIT: Final = 600
FIRST_ASK: Final = 5.0
PRINT_DONE: Final = "print_done"
PRINT_FAILED: Final = "print_failed"
log = logging.getLogger(__name__)
Tell = Callable[[str, Mapping[str, Any], Job], None]
_TOO_LATE: Final = PrinterStatus("fault", "too_late")


class Desk:
    """A printer, its jobs and its entity. `desks` are all printers by id, this one among them."""

    def __init__(self, item: PrinterItem, entity: Entity, clock: Clock, desks: "dict[str, Desk]", tell: Tell) -> None:
        self.item, self.entity, self._clock, self._desks, self._tell = item, entity, clock, desks, tell
        self.status = PrinterStatus("offline", "not_asked")
        self._line = Line()
        self._printing: Job | None = None
        self._attended = False
        self._owned = 0  # accepted here and not yet done with, wherever they wait
        self._wake = asyncio.Event()
        self._last_job: str | None = None
        self._last_error: Words | None = None
        self.show()

    # what others ask of it

    def accept(self, job: Job) -> int:
        """Take a new job; answers how many wait now, this one included. Raises Refused when the line is full."""
        if self._owned >= self.item.max_queued:
            raise Refused(
                "printer_busy", {"en": "Too many tickets wait for this printer.", "zh-CN": "该打印机排队任务过多。"})  # fmt: skip
        self._owned += 1
        self.take(job)
        return len(self._line)

    def take(self, job: Job) -> None:
        """Take a job, new or from another printer."""
        self._line.add(job)
        self._wake.set()
        if not self._attended:
            self.tick()
        if not (self._attended and self.status.usable and self._line.first() is job and self._printing is None):
            self.show()  # else it is shown in a moment, as the one being printed

    @property
    def waiting(self) -> int:
        """How many jobs are here, the one being printed among them."""
        return len(self._line)

    @property
    def open(self) -> bool:
        """Whether another printer's job may come here."""
        return self._attended and self.status.usable and len(self._line) < self.item.max_queued

    def route(self) -> "list[Desk]":
        """Where a job given to this printer may be printed, in order."""
        return [self, *(self._desks[name] for name in self.item.fallback if name in self._desks)]

    def lost(self) -> None:
        """Its platform's block has ended; it may be entered again."""
        self._attended = False
        self._set(PrinterStatus("offline", self.status.code or "unreachable"))

    def inherit(self, before: "Desk") -> None:
        """Go on with the jobs of this printer as it was before its YAML changed."""
        self._owned = before._owned
        for job in before._line:
            self._line.add(job)
        before._line = Line()
        self.show()

    def dissolve(self) -> None:
        """The printer is taken out of the hall: what waits goes to its fallback, or is given up and told."""
        gone = PrinterStatus("offline", "removed")
        self.status = gone
        for job in self._line:
            target = next((desk for desk in self.route() if desk is not self and desk.open), None)
            self._line.drop(job)
            if target is not None:
                job.home = target.item.id
                target._owned += 1
                target.take(job)
            else:
                job.told = False
                self._tell_failed(job, gone, kept=False)

    def tick(self) -> None:
        """Give up what is too old; send elsewhere what cannot be printed here."""
        for job in self._line:
            if job is self._printing:
                continue
            if self._too_late(job):
                self._give_up(job, _TOO_LATE if self.status.usable else self.status)
            elif not self.status.usable and not self._unknown_yet(job):
                self._send_elsewhere(job, self.status)

    def _unknown_yet(self, job: Job) -> bool:
        """A printer that was never asked has a moment to answer before its jobs go elsewhere."""
        return self.status.code == "not_asked" and self._clock.monotonic() - job.accepted < FIRST_ASK

    def answer(self) -> dict[str, Any]:
        """What `printer.status` says."""
        return {"printer": self.item.id, "state": self.entity.value, **self._attributes()}

    # its own work

    async def run(self, printer: Printer) -> None:
        """Print what comes, and ask how the printer is when nothing does; for ever, while its block stands."""
        self._attended = True
        self._set(await self._ask(printer))
        while True:
            job = self._line.first() if self.status.usable else None
            if job is not None:
                go_on = await self._print(printer, job)
            else:
                self._set(await self._ask(printer))
                self.tick()
                go_on = self.status.usable and len(self._line) > 0
            if not go_on:
                await self._rest()

    async def _ask(self, printer: Printer) -> PrinterStatus:
        try:
            async with asyncio.timeout(ASK_LIMIT):
                return await printer.status()
        except TimeoutError:
            return PrinterStatus("offline", "mute")

    async def _rest(self) -> None:
        """Until a job comes, or it is time to ask again."""
        self._wake.clear()
        cancel = self._clock.after(self.item.poll if self.status.usable and not self._line else self.item.retry,
                                   self._wake.set)  # fmt: skip
        try:
            await self._wake.wait()
        finally:
            cancel()

    async def _print(self, printer: Printer, job: Job) -> bool:
        """Try one job; False if the printer should be left alone for a moment."""
        if self._too_late(job):
            self._give_up(job, _TOO_LATE)
            return True
        sheet = (*REPRINT, *job.sheet) if job.reprint else job.sheet
        was, job.reprint = job.reprint, True  # until the contrary is known: this block may end at any moment
        self._printing = job
        self.show()
        try:
            async with asyncio.timeout(PRINT_LIMIT):
                status = await printer.print(PrintJob(job.id, sheet, job.language, job.copies, job.number))
        except NotPrinted as error:
            job.reprint = was or error.written
            return self._failed(job, error.status, error.written)
        except TimeoutError:
            return self._failed(job, PrinterStatus("fault", "slow"), written=True)
        except ConnectionLost:
            self._failed(job, PrinterStatus("offline", "cut_off"), written=True)
            raise
        finally:
            self._printing = None
        job.reprint = was
        self._done(job, status)
        return True

    def _done(self, job: Job, status: PrinterStatus) -> None:
        self._drop(job)
        self._last_job, self._last_error = job.number or job.id, None
        self._set(status)
        self._tell(PRINT_DONE, self._about(job), job)

    def _failed(self, job: Job, status: PrinterStatus, written: bool) -> bool:
        self._last_error = status.reason
        if written or status.usable:
            job.tries += 1
        self._printing = None
        self._set(status)
        if job.tries >= MAX_TRIES:
            self._give_up(job, status)
        elif not status.usable:
            self.tick()
        else:
            self._tell_failed(job, status, kept=True)
        return False

    def _send_elsewhere(self, job: Job, status: PrinterStatus) -> None:
        """To the first printer of its home's order that can print; home, if none can."""
        home = self._desks.get(job.home, self)
        target = next((desk for desk in home.route() if desk is not self and desk.open), None)
        self._tell_failed(job, status, kept=True, moved_to=target)
        if target is None and home is not self:
            target = home
        if target is not None:
            self._line.drop(job)
            target.take(job)
            self.show()

    def _give_up(self, job: Job, status: PrinterStatus) -> None:
        self._drop(job)
        self._last_error = status.reason
        job.told = False
        self._tell_failed(job, status, kept=False)
        self.show()

    def _too_late(self, job: Job) -> bool:
        return self._clock.monotonic() - job.accepted > self.item.keep

    def _drop(self, job: Job) -> None:
        self._line.drop(job)
        self._desks.get(job.home, self)._owned -= 1

    # what is seen of it

    def _tell_failed(self, job: Job, status: PrinterStatus, *, kept: bool, moved_to: "Desk | None" = None) -> None:
        """Once when it first goes wrong, once when it is given up."""
        if job.told:
            return
        job.told = True
        moved = moved_to.item.id if moved_to is not None else None
        log.warning("printer.%s: %s was not printed: %s", self.item.id, job.number or job.id, status.code)
        self._tell(PRINT_FAILED, {**self._about(job), "code": status.code, "reason": status.reason,
                                  "kept": kept, "moved_to": moved}, job)  # fmt: skip

    def _about(self, job: Job) -> dict[str, Any]:
        return {
            "printer": self.item.id,
            "entity_id": self.entity.entity_id,
            "job": job.id,
            "ticket": job.number,
            "ticket_id": job.ticket_id,
            "reprint": job.reprint,
        }

    def _set(self, status: PrinterStatus) -> None:
        if status.usable is False and status != self.status:
            self._last_error = status.reason
        turned, self.status = status.usable is not self.status.usable, status
        for desk in self._desks.values() if turned else (self,):
            desk.show()

    def show(self) -> None:
        """Write the entity's state."""
        self.entity.show("busy" if self._printing is not None else self.status.state, self._attributes())

    def _attributes(self) -> dict[str, Any]:
        return {
            "queued": len(self._line),
            "reason": self.status.reason or None,
            "prints_on": self.item.id
            if self.open
            else next((desk.item.id for desk in self.route() if desk.open), None),
            "last_job": self._last_job,
            "last_error": self._last_error,
        }
