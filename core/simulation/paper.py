"""A ticket as text, as wide as the paper: what the printer would have drawn, without drawing it."""

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from ..devices.printing.sheets import Barcode, Cut, Pair, Picture, Piece, Qr, Row, Rule, Space, Text

WIDE: Final = 42  # letters of normal size on 80 mm


def width(text: str) -> int:
    """How many columns a text takes: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c) for c in text)


def pad(text: str, columns: int, align: str = "left") -> str:
    """The text in so many columns."""
    room = max(0, columns - width(text))
    left = 0 if align == "left" else room if align == "right" else room // 2
    return " " * left + text + " " * (room - left)


def lines(sheet: Iterable[Piece], columns: int = WIDE) -> Iterator[str]:
    """Top to bottom."""
    for piece in sheet:
        match piece:
            case Text():
                for line in _wrap(piece.text, columns):
                    yield pad(line, columns, piece.align).rstrip()
            case Pair():
                room = columns - width(piece.label.text) - width(piece.value.text)
                if room > 0:
                    yield piece.label.text + " " * room + piece.value.text
                else:
                    yield piece.label.text
                    yield pad(piece.value.text, columns, "right")
            case Qr():
                yield pad(f"[QR {piece.data}]", columns, piece.align).rstrip()
            case Barcode():
                yield pad(f"[|| {piece.data}]", columns, piece.align).rstrip()
            case Picture():
                yield pad(f"[{piece.file}]", columns, piece.align).rstrip()
            case Rule():
                yield ("-" if piece.style == "solid" else "- " * columns)[:1] * columns if piece.style == "solid" \
                    else ("- " * columns)[:columns].rstrip()  # fmt: skip
            case Space():
                yield ""
            case Cut():
                yield "✂" + "-" * (columns - 1)
            case Row():
                yield from _row(piece, columns)


def _row(row: Row, columns: int) -> Iterator[str]:
    total = sum(share for share, _ in row.cells) or 1
    cells = [(max(1, int(columns * share / total)), pieces) for share, pieces in row.cells]
    made = [list(lines(pieces, wide)) for wide, pieces in cells]
    for at in range(max(map(len, made), default=0)):
        parts = [pad(cell[at] if at < len(cell) else "", wide) for cell, (wide, _) in zip(made, cells, strict=True)]
        yield "".join(parts).rstrip()


def _wrap(text: str, columns: int) -> Iterator[str]:
    """Broken at spaces, and where there are none (Chinese) anywhere."""
    for paragraph in text.splitlines() or [""]:
        line = ""
        for word in _words(paragraph):
            if width(line) + width(word.rstrip()) > columns and line:
                yield line.rstrip()
                line = ""
            line += word
        yield line.rstrip()


def _words(text: str) -> Iterator[str]:
    word = ""
    for c in text:
        if unicodedata.east_asian_width(c) in "WF":
            if word:
                yield word
            word = ""
            yield c
        else:
            word += c
            if c == " ":
                yield word
                word = ""
    if word:
        yield word
