"""Talks ESC/POS over one wire: asks how the printer is, sends a ticket, and waits until it is confirmed.

Two questions are asked. `DLE EOT n` is answered at once, also by a printer that has stopped: it says why. `GS r 1` is
answered in its turn, after all that was sent before it is on paper: it proves that a ticket came out. Their answers and
the unasked ones (ASB) differ in fixed bits, as Epson's command reference lists them.
"""

import time
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
        await self._write(IN_TURN, self._within)
        return await self._turn_answer(self._within)

    async def send(self, data: bytes, limit: float) -> None:
        """Hand a ticket over. Raises NotPrinted."""
        try:
            await self._write(data, limit)
        except TimeoutError as error:
            raise NotPrinted(await self._after_all("slow"), written=True) from error

    async def confirm(self, limit: float) -> None:
        """Wait until everything sent is on paper. Raises NotPrinted as soon as the printer says that it will not be."""
        end, unanswered = time.monotonic() + limit, 0
        await self._write(IN_TURN, self._within)
        while not await self._turn_answer(min(1.0, self._within)):
            try:
                status = await self.status()
                unanswered = 0
            except Mute:
                status, unanswered = PrinterStatus("offline", "mute"), unanswered + 1
                if unanswered < MUTE_TURNS and time.monotonic() < end:
                    continue
            if not status.usable:
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
        await self._wire.read(0.001)
        self._skip = 0
        await self._write(bytes((0x10, 0x04, which)), self._within)
        byte = await self._expect(0x93, 0x12, self._within)
        if byte is None:
            raise Mute
        return byte

    async def _turn_answer(self, limit: float) -> bool:
        return await self._expect(0x90, 0x00, limit) is not None

    async def _expect(self, mask: int, bits: int, limit: float) -> int | None:
        """The next byte with these fixed bits, or None when the time is over."""
        end = time.monotonic() + limit
        while (left := end - time.monotonic()) > 0:
            for byte in await self._wire.read(left):
                if self._skip:
                    self._skip -= 1
                elif byte & 0x93 == 0x10:
                    self._skip = 3  # four bytes nobody asked for
                elif byte & mask == bits:
                    return byte
        return None
