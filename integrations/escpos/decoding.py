"""Reads an ESC/POS stream back into what it asks for, as it comes: shows what a printer was really told to print.

`Decoder.feed` answers the commands that are complete; half a command waits for the rest. Text is GB18030, as most
printers here read it. An unknown command is told as such, never skipped over.
"""

from dataclasses import dataclass, field
from typing import Final

_ESC_ONE: Final = b"!E-MG{3 RVt=cr"  # ESC c n and GS c n: one byte of data
_GS_ONE: Final = b"!BbhwHfaIL"
_STATUS: Final = b"\x10\x04"


@dataclass(frozen=True, slots=True)
class Op:
    """One command: `init align feed set codepage drawer raster qr barcode cut status turn asb lf text other unknown`."""

    name: str
    n: int = 0
    data: bytes = b""
    width: int = 0
    height: int = 0

    @property
    def text(self) -> str:
        return self.data.decode("gb18030" if self.name == "text" else "utf-8", "replace")


@dataclass
class Decoder:
    """A stream, decoded as it comes."""

    _rest: bytearray = field(default_factory=bytearray)
    _qr: bytes = b""

    def feed(self, data: bytes) -> list[Op]:
        """The commands that are now complete."""
        self._rest += data
        ops: list[Op] = []
        while self._rest:
            taken = self._next(bytes(self._rest))
            if taken is None:
                break
            op, size = taken
            del self._rest[:size]
            if op is not None:
                ops.append(op)
        return ops

    @property
    def unread(self) -> int:
        """Bytes of a command that is not complete yet."""
        return len(self._rest)

    def _next(self, b: bytes) -> tuple[Op | None, int] | None:
        """The first command and its length; None if it is not all there."""
        try:
            match b[0]:
                case 0x1B:
                    return _whole(self._esc(b), b)
                case 0x1D:
                    return _whole(self._gs(b), b)
                case 0x1C:
                    return _whole((Op("other", b[1]), 2), b)
                case 0x10:
                    return _whole((Op("status", b[2]), 3) if b[:2] == _STATUS else (Op("unknown", b[1]), 2), b)
                case 0x0A:
                    return Op("lf"), 1
                case 0x0D:
                    return None, 1
                case _:
                    return _text(b)
        except IndexError:
            return None

    def _esc(self, b: bytes) -> tuple[Op, int]:
        match chr(b[1]):
            case "@":
                return Op("init"), 2
            case "a":
                return Op("align", b[2] % 48), 3
            case "d" | "J":
                return Op("feed", b[2] * (30 if b[1] == 0x64 else 1)), 3  # dots
            case "p":
                return Op("drawer", b[2], b[3:5]), 5
            case "2":
                return Op("set", b[1]), 2
            case "*":
                wide = b[3] | b[4] << 8
                size = wide * (3 if b[2] in (32, 33) else 1)
                return Op("column", b[2], b[5 : 5 + size], wide, 24 if b[2] in (32, 33) else 8), 5 + size
            case _ if b[1] in _ESC_ONE:
                return Op("set", b[1], b[2:3]), 3
            case _:
                return Op("unknown", b[1]), 2

    def _gs(self, b: bytes) -> tuple[Op | None, int]:
        match chr(b[1]):
            case "V":
                return Op("cut", b[2] % 48 % 17 % 2), 4 if b[2] >= 65 else 3
            case "r":
                return Op("turn", b[2]), 3
            case "a":
                return Op("asb", b[2]), 3
            case "v":
                wide, tall = b[4] | b[5] << 8, b[6] | b[7] << 8
                return Op("raster", b[3], b[8 : 8 + wide * tall], wide * 8, tall), 8 + wide * tall
            case "k":
                if b[2] >= 65:
                    return Op("barcode", b[2], b[4 : 4 + b[3]]), 4 + b[3]
                end = b.find(0, 3)
                if end < 0:
                    raise IndexError
                return Op("barcode", b[2], b[3:end]), end + 1
            case "(":
                return self._function(b)
            case _ if b[1] in _GS_ONE:
                return Op("set", b[1], b[2:3]), 3
            case _:
                return Op("unknown", b[1]), 2

    def _function(self, b: bytes) -> tuple[Op | None, int]:
        """GS ( x: two bytes of length. A QR code is stored, then printed."""
        size = 5 + (b[3] | b[4] << 8)
        body = b[5:size]
        if len(b) < size:
            raise IndexError
        if b[2] != 0x6B or body[:1] != b"1":
            return Op("other", b[2], body), size
        if body[1:2] == b"P":
            self._qr = body[3:]
            return None, size
        if body[1:2] == b"C":
            return Op("set", b[2], body), size
        return (Op("qr", 0, self._qr) if body[1:2] == b"Q" else None), size


def decode(data: bytes) -> list[Op]:
    """A whole stream. Raises ValueError if it ends within a command."""
    decoder = Decoder()
    ops = decoder.feed(data)
    if decoder.unread:
        raise ValueError(f"{decoder.unread} bytes of an unfinished command at the end")
    return ops


def _whole(taken: tuple[Op | None, int], b: bytes) -> tuple[Op | None, int]:
    if taken[1] > len(b):
        raise IndexError
    return taken


def _text(b: bytes) -> tuple[Op, int] | None:
    """Letters up to the next command; a Chinese one may have two or four bytes."""
    at = 0
    while at < len(b) and (b[at] >= 0x20 or b[at] == 0x09):
        wide = 0x81 <= b[at] <= 0xFE
        if wide and at + 1 >= len(b):
            break
        step = (4 if 0x30 <= b[at + 1] <= 0x39 else 2) if wide else 1
        if at + step > len(b):
            break
        at += step
    if at:
        return Op("text", data=b[:at]), at
    return None if b[0] >= 0x81 else (Op("unknown", b[0]), 1)
