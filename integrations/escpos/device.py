"""An open ESC/POS printer: draws a job, asks the printer, sends, has it confirmed; one connection a job."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from ...core.devices.printing.protocol import NotPrinted, PrinterStatus, PrintJob
from ...core.errors import ConnectionLost, SetupFailed
from ...core.integration import Kit
from .building import Builder
from .client import DOTS_A_SECOND, Conversation, Mute
from .config import EscposPrinter, SerialLine, font_file
from .drawing import Artist, ImageBand, preview
from .lane import Lane
from .previews import Previews
from .typesetting import Typesetter
from .wires import Wire, open_wire

DRAW_LIMIT: Final = 20.0
WARM_AFTER: Final = 3.0  # seconds: importing what draws would slow the hall's own start
_READY: Final = PrinterStatus()


class Studio:
    """What makes bytes and a preview of a job. Lives in one thread."""

    def __init__(self, item: EscposPrinter, kit: Kit) -> None:
        folder, language = kit.site.folder, next(iter((*item.languages, *kit.site.languages)), "zh-CN")
        self._builder = Builder(item.profile, item.dots)
        type_ = Typesetter(font_file(item.font, folder), font_file(item.bold_font, folder), language)
        native = item.qr == "native" or (item.qr == "auto" and bool(self._builder.features.get("qrCode")))
        self._artist = Artist(self._builder.width, type_, folder, native_qr=native)
        self._cut = item.cut
        self._previews = Previews(kit.site.data / "previews" / item.id) if item.preview else None

    def make(self, job: PrintJob) -> tuple[bytes, int]:
        """The bytes of all copies and how many dots long they are; the preview is written on the way."""
        bands = self._artist.draw(job.sheet)
        if self._previews is not None:
            self._previews.write(job.id, preview(bands, self._builder.width))
        tall = sum(band.image.height if isinstance(band, ImageBand) else 8 * 30 for band in bands)
        return self._builder.build(bands, self._cut) * job.copies, tall * job.copies


class EscposDevice:
    """The kind's Printer."""

    def __init__(self, item: EscposPrinter, kit: Kit, lane: Lane) -> None:
        self._item, self._kit, self._lane = item, kit, lane
        self._studio: Studio | None = None
        self._loading = asyncio.Lock()
        self._told = ""
        self._in_turn: bool | None = None  # whether it answers GS r; not known until it was asked

    async def studio(self) -> Studio:
        """Loaded once. Raises SetupFailed."""
        async with self._loading:
            if self._studio is None:
                try:
                    self._studio = await self._lane.do(lambda: Studio(self._item, self._kit), DRAW_LIMIT)
                except (ValueError, OSError) as error:
                    why = error or "its fonts took too long to load"
                    raise SetupFailed(f"printer.{self._item.id}: {why}") from error
            return self._studio

    async def status(self) -> PrinterStatus:
        """How it is now."""
        item = self._item
        if item.connection is None:
            return _READY
        try:
            async with open_wire(item.connection, self._kit.site.folder) as wire:
                status = await Conversation(wire, item.answer_within).status() if item.asked else _READY
            self._told = ""
            return status
        except ConnectionLost as error:
            self._say(error)
            return PrinterStatus("offline", "unreachable")
        except (Mute, TimeoutError):
            return PrinterStatus("offline", "mute")

    async def print(self, job: PrintJob) -> PrinterStatus:
        """Draw, ask, send, confirm, ask. Raises NotPrinted."""
        data, tall = await self._draw(job)
        item, written = self._item, False
        if item.connection is None:
            return _READY
        try:
            async with open_wire(item.connection, self._kit.site.folder) as wire:
                talk = Conversation(wire, item.answer_within)
                if item.asked:
                    await self._before(talk)
                written = True
                await talk.send(data, self._sending(len(data)))
                return await self._after(wire, talk, tall) if item.asked else _READY
        except ConnectionLost as error:
            self._say(error)
            raise NotPrinted(
                PrinterStatus("offline", "cut_off" if written else "unreachable"), written=written
            ) from error
        except (Mute, TimeoutError) as error:
            raise NotPrinted(PrinterStatus("offline", "mute"), written=written) from error

    def _say(self, error: ConnectionLost) -> None:
        """Why it cannot be reached: once, until it is reached or that changes."""
        if self._told != str(error):
            self._told = str(error)
            self._kit.log.warning(
                "%sprinter.%s: %s", f"{self._kit.place}  " if self._kit.place else "", self._item.id, error
            )

    async def _draw(self, job: PrintJob) -> tuple[bytes, int]:
        studio = await self.studio()
        try:
            async with self._loading:  # one at a time: the lane refuses a second
                return await self._lane.do(lambda: studio.make(job), DRAW_LIMIT)
        except (ValueError, OSError, TimeoutError) as error:  # OSError: the preview cannot be written
            self._kit.log.error("printer.%s: a ticket could not be drawn: %s", self._item.id, error or "too slow")
            raise NotPrinted(PrinterStatus("ready", "bad_drawing"), written=False) from error

    async def _before(self, talk: Conversation) -> None:
        """Nothing is written to a printer that would not print it."""
        status = await talk.status()
        if not status.usable:
            raise NotPrinted(status, written=False)
        await talk.quiet()
        if self._in_turn is None:
            self._in_turn = await talk.in_turn()
            if not self._in_turn:
                self._kit.log.warning("printer.%s does not answer in its turn (GS r): that a ticket came out is taken "
                                      "from its state after the time a ticket takes.", self._item.id)  # fmt: skip

    async def _after(self, wire: Wire, talk: Conversation, tall: int) -> PrinterStatus:
        """Confirmed, and how the printer is now."""
        if self._in_turn:
            await talk.confirm(self._item.print_within)
            try:
                return await talk.status()
            except (Mute, ConnectionLost):
                return PrinterStatus("offline", "mute")  # but the ticket is out
        for wait in (0.0, 1.0 + tall / DOTS_A_SECOND):
            await self._kit.clock.sleep(wait)
            status = await talk.status()
            if not status.usable:
                raise NotPrinted(status, written=True)
        return status

    def _sending(self, size: int) -> float:
        """How long sending may take: a slow line needs its time."""
        item = self._item
        baud = item.connection.baud if isinstance(item.connection, SerialLine) else 1_000_000
        return item.print_within + 2 * 11 * size / baud


@asynccontextmanager
async def open_device(item: EscposPrinter, kit: Kit) -> AsyncGenerator[EscposDevice, None]:
    """Nothing is connected yet; fonts and the printer's profile are loaded once the hall is open, or by the first job."""
    lane = Lane(f"escpos {item.id}")
    device = EscposDevice(item, kit, lane)

    async def warm() -> None:
        await kit.clock.sleep(WARM_AFTER)
        await device.studio()

    kit.task(warm(), "warm")
    try:
        yield device
    finally:
        await lane.close()
