"""A thermal printer made of software: it prints, runs out of paper, jams, falls silent, and is unplugged.

`Machine` is the printer; `network_printer` puts it behind a TCP port, `serial_printer` behind a pty. It behaves as
Epson's reference says: `DLE EOT` is answered at once even when it has stopped, `GS r` in its turn; what it cannot print
stays in its memory and comes out when it can. Used by tests and by halls that are tried before the doors open.
"""

import asyncio
import contextlib
import os
import socket
import tty
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from PIL import Image, ImageOps

from .decoding import Decoder, Op

LINE = 30  # dots a line of text takes


@dataclass
class Slip:
    """One piece of paper, up to its cut: what is on it."""

    width: int
    text: str = ""
    qr: list[str] = field(default_factory=list[str])
    barcodes: list[str] = field(default_factory=list[str])
    image: Image.Image = field(default_factory=lambda: Image.new("1", (1, 0), 1))
    cut: bool = False

    def put(self, strip: Image.Image) -> None:
        """More dots at the bottom."""
        longer = Image.new("1", (max(self.width, strip.width), self.image.height + strip.height), 1)
        longer.paste(self.image, (0, 0))
        longer.paste(strip, (0, self.image.height))
        self.image = longer


@dataclass
class Machine:
    """The printer. Turn its knobs, feed it bytes; it answers bytes. `paper` is what is left, in dots; None: plenty."""

    width: int = 576
    paper: int | None = None
    paper_low: bool = False
    cover_open: bool = False
    jammed: bool = False
    mute: bool = False
    answers_in_turn: bool = True
    slips: list[Slip] = field(default_factory=list[Slip])
    received: bytearray = field(default_factory=bytearray)
    drawer_kicks: int = 0
    unknown: int = 0
    _decoder: Decoder = field(default_factory=Decoder)
    _memory: deque[Op] = field(default_factory=deque[Op])

    def __post_init__(self) -> None:
        self._slip = Slip(self.width)

    @property
    def paper_out(self) -> bool:
        return self.paper is not None and self.paper <= 0

    @property
    def stopped(self) -> bool:
        return self.paper_out or self.cover_open or self.jammed

    @property
    def unfinished(self) -> Slip:
        """The paper that is not cut yet."""
        return self._slip

    def feed(self, data: bytes) -> bytes:
        """Bytes come in; what it answers."""
        self.received += data
        answers = bytearray()
        for op in self._decoder.feed(data):
            if op.name == "status":
                answers += self.go_on()
                answers.append(self._status(op.n))
            else:
                self._memory.append(op)
        answers += self.go_on()
        return b"" if self.mute else bytes(answers)

    def go_on(self) -> bytes:
        """Print what is in memory, as far as it can; what it answers on the way."""
        answers = bytearray()
        while self._memory and not self.stopped:
            op = self._memory.popleft()
            if op.name == "turn" and self.answers_in_turn:
                answers.append(0x03 if self.paper_low else 0x00)
            else:
                self._print(op)
        return b"" if self.mute else bytes(answers)

    def switch_off(self) -> None:
        """What is in memory is gone; the paper in the slot stays."""
        self._decoder, self._memory = Decoder(), deque()

    def _status(self, n: int) -> int:
        stopped = 0x08 if self.stopped else 0
        cause = 0x04 * self.cover_open | 0x20 * self.paper_out | 0x40 * self.jammed
        paper = 0x0C * (self.paper_low or self.paper_out) | 0x60 * self.paper_out
        return 0x12 | {1: stopped, 2: cause, 3: 0x08 * self.jammed, 4: paper}.get(n, 0)

    def _print(self, op: Op) -> None:
        match op.name:
            case "raster":
                self._raster(op)
            case "text":
                self._slip.text += op.text
            case "lf":
                self._slip.text += "\n"
                self._advance(Image.new("1", (self.width, LINE), 1))
            case "feed":
                self._advance(Image.new("1", (self.width, op.n), 1))
            case "qr":
                self._slip.qr.append(op.text)
                self._advance(Image.new("1", (self.width, 8 * LINE), 1))
            case "barcode":
                self._slip.barcodes.append(op.text)
            case "drawer":
                self.drawer_kicks += 1
            case "cut":
                self._slip.cut = True
                self.slips.append(self._slip)
                self._slip = Slip(self.width)
            case "unknown":
                self.unknown += 1
            case _:
                pass

    def _raster(self, op: Op) -> None:
        """A picture; when the paper ends in it, the rest stays in memory."""
        image = ImageOps.invert(Image.frombytes("1", (op.width, op.height), op.data).convert("L")).convert("1")
        room = op.height if self.paper is None else min(op.height, self.paper)
        self._advance(image.crop((0, 0, op.width, room)))
        if room < op.height:
            left = op.data[room * op.width // 8 :]
            self._memory.appendleft(Op("raster", op.n, left, op.width, op.height - room))

    def _advance(self, strip: Image.Image) -> None:
        self._slip.put(strip)
        if self.paper is not None:
            self.paper -= strip.height


@dataclass
class NetworkPrinter:
    """A Machine behind a TCP port. `host` and `port` for the YAML."""

    machine: Machine
    host: str = "127.0.0.1"
    port: int = 0
    connections: int = 0
    unplug_after: int | None = None  # bytes of one connection after which it is torn out, with a reset
    _open: set[asyncio.StreamWriter] = field(default_factory=set[asyncio.StreamWriter])
    _reading: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._reading.set()

    def read(self, on: bool) -> None:
        """False: it takes nothing more, until the buffers on the way are full."""
        if on:
            self._reading.set()
        else:
            self._reading.clear()

    def load_paper(self, dots: int | None = None) -> None:
        """New paper; it goes on with what it has in memory."""
        self.machine.paper = dots
        self._tell(self.machine.go_on())

    def close_cover(self) -> None:
        self.machine.cover_open = False
        self._tell(self.machine.go_on())

    def unplug(self) -> None:
        """Torn out: every connection is reset, its memory is lost."""
        for writer in list(self._open):
            raw = writer.transport.get_extra_info("socket")
            with contextlib.suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            writer.transport.abort()
        self.machine.switch_off()

    def _tell(self, answer: bytes) -> None:
        for writer in self._open:
            if answer and not writer.is_closing():
                writer.write(answer)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        self._open.add(writer)
        seen = 0
        try:
            while True:
                await self._reading.wait()
                data = await reader.read(4096)
                if not data:
                    return
                seen += len(data)
                if self.unplug_after is not None and seen > self.unplug_after:
                    self.machine.feed(data[: len(data) - (seen - self.unplug_after)])
                    self.unplug()
                    return
                writer.write(self.machine.feed(data))
        except (ConnectionError, asyncio.CancelledError):
            return
        finally:
            self._open.discard(writer)
            writer.close()


@asynccontextmanager
async def network_printer(machine: Machine | None = None, port: int = 0) -> AsyncGenerator[NetworkPrinter, None]:
    """A printer on this machine's network; `port` 0 takes a free one."""
    printer = NetworkPrinter(machine or Machine())
    server = await asyncio.start_server(printer.serve, printer.host, port)
    printer.port = server.sockets[0].getsockname()[1]
    try:
        yield printer
    finally:
        server.close()
        printer.unplug()
        await asyncio.sleep(0)


@dataclass
class SerialPrinter:
    """A Machine behind a pty. `path` for the YAML."""

    machine: Machine
    path: str
    _main: int
    _other: int

    def unplug(self) -> None:
        """The port is gone: who has it open gets an error."""
        if self._main >= 0:
            asyncio.get_running_loop().remove_reader(self._main)
            os.close(self._main)
            os.close(self._other)
            self._main = self._other = -1

    def heard(self) -> None:
        """Bytes have come; never blocks."""
        with contextlib.suppress(BlockingIOError, OSError):
            answer = self.machine.feed(os.read(self._main, 4096))
            if answer:
                os.write(self._main, answer)


@asynccontextmanager
async def serial_printer(machine: Machine | None = None) -> AsyncGenerator[SerialPrinter, None]:
    """A printer on a serial port (POSIX)."""
    main, other = os.openpty()
    tty.setraw(main)
    tty.setraw(other)
    os.set_blocking(main, False)
    printer = SerialPrinter(machine or Machine(), os.ttyname(other), main, other)
    asyncio.get_running_loop().add_reader(main, printer.heard)
    try:
        yield printer
    finally:
        printer.unplug()
