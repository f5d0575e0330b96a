"""Talks ESC/POS over one wire: asks how the printer is, sends a ticket, and waits until it is confirmed.

Two questions are asked. `DLE EOT n` is answered at once, also by a printer that has stopped: it says why. `GS r 1` is
answered in its turn, after all that was sent before it is on paper: it proves that a ticket came out. Their answers and
the unasked ones (ASB) differ in fixed bits, as Epson's command reference lists them.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from ...core.devices.printing.protocol import NotPrinted, PrinterStatus
from ...core.errors import ConnectionLost
from .wires import Wire

ASB_OFF: Final = b"\x1da\x00"
IN_TURN: Final = b"\x1dr\x01"
MUTE_TURNS: Final = 3  # questions in a row without an answer, and the printer counts as gone
DOTS_A_SECOND: Final = 800  # a slow head: 100 mm/s


class Mute(Exception):
    """The printer did not answer in time."""


class Conversation:
    """One connection's talk. `answer_within` in seconds."""

    def __init__(self, wire: Wire, answer_within: float) -> None:
        self._wire, self._within = wire, answer_within
        self._skip = 0  # bytes left of an unasked status
        self._told: deque[int] = deque(maxlen=64)  # answers to DLE EOT
        self._turned = False  # an answer to GS r has come

    async def status(self) -> PrinterStatus:
        """How the printer is now, and why it would not print. Raises Mute, ConnectionLost."""
        general, paper = await self._ask(1), await self._ask(4)
        if paper & 0x60:
            return PrinterStatus("paper_out", "paper_out")
        if general & 0x08:
            return await self._why()
        return PrinterStatus("paper_low", "paper_low") if paper & 0x0C else PrinterStatus()

    async def _why(self) -> PrinterStatus:
        """What keeps it off line."""
        cause = await self._ask(2)
        if cause & 0x04:
            return PrinterStatus("fault", "cover_open")
        if cause & 0x20:
            return PrinterStatus("paper_out", "paper_out")
        if cause & 0x40:
            return PrinterStatus("fault", "cutter" if await self._ask(3) & 0x08 else "fault")
        return PrinterStatus("fault", "feeding" if cause & 0x08 else "offline")

    async def quiet(self) -> None:
        """Stop it from telling its state unasked."""
        await self._write(ASB_OFF, self._within)

    async def in_turn(self) -> bool:
        """Whether it answers in its turn; asked while it has nothing to do."""
        return await self._take_turn(self._within)

    async def send(self, data: bytes, limit: float) -> None:
        """Hand a ticket over. Raises NotPrinted."""
        try:
            await self._write(data, limit)
        except TimeoutError as error:
            raise NotPrinted(await self._after_all("slow"), written=True) from error

    async def confirm(self, limit: float) -> None:
        """Wait until everything sent is on paper. Raises NotPrinted as soon as the printer says that it will not be."""
        end, unanswered = time.monotonic() + limit, 0
        done = await self._take_turn(min(1.0, self._within))
        while not done:
            try:
                status, unanswered = await self.status(), 0
            except Mute:
                status, unanswered = PrinterStatus("offline", "mute"), unanswered + 1
            done = await self._turn_answer(0.001 if unanswered else min(1.0, self._within))
            if done:
                return
            if not status.usable and unanswered in (0, MUTE_TURNS):
                raise NotPrinted(status, written=True)
            if time.monotonic() > end:
                raise NotPrinted(PrinterStatus("fault", "slow"), written=True)

    async def _after_all(self, code: str) -> PrinterStatus:
        """Why it took no more, if it says."""
        try:
            status = await self.status()
        except (Mute, TimeoutError, ConnectionLost):
            return PrinterStatus("offline", "mute")
        return status if not status.usable else PrinterStatus("fault", code)

    async def _write(self, data: bytes, limit: float) -> None:
        await self._wire.write(data, limit)

    async def _ask(self, which: int) -> int:
        """The answer to DLE EOT `which`; older answers that still stand in the line are thrown away first."""
        self._hear(await self._wire.read(0.001))
        self._told.clear()
        await self._write(bytes((0x10, 0x04, which)), self._within)
        await self._listen(lambda: bool(self._told), self._within)
        if not self._told:
            raise Mute
        return self._told.popleft()

    async def _take_turn(self, limit: float) -> bool:
        self._turned = False
        await self._write(IN_TURN, self._within)
        return await self._turn_answer(limit)

    async def _turn_answer(self, limit: float) -> bool:
        """Whether its turn has come; also if that was heard while something else was asked."""
        await self._listen(lambda: self._turned, limit)
        return self._turned

    async def _listen(self, enough: Callable[[], bool], limit: float) -> None:
        end = time.monotonic() + limit
        while not enough() and (left := end - time.monotonic()) > 0:
            self._hear(await self._wire.read(left))

    def _hear(self, data: bytes) -> None:
        """Sort what has come by its fixed bits."""
        for byte in data:
            if self._skip:
                self._skip -= 1
            elif byte & 0x93 == 0x10:
                self._skip = 3  # four bytes nobody asked for
            elif byte & 0x93 == 0x12:
                self._told.append(byte)
            elif byte & 0x90 == 0x00:
                self._turned = True
