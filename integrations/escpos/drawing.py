"""Draws a ticket's pieces as one-bit pictures, dot for dot what the head burns; 203 dpi, 24 dots a line of size 1.

`draw` answers bands from top to bottom: pictures as wide as the paper, QR codes left to the printer, cuts. Bytes and
previews are both made of these bands. Runs in a thread of the printer's own.
"""

# pyright: reportUnknownMemberType=false
# (Pillow's signatures name numpy, which is not installed here.)

import importlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from PIL import Image, ImageDraw, ImageOps

from ...core.devices.printing.sheets import Barcode, Cut, Pair, Picture, Piece, Qr, Row, Rule, Space, Text
from .typesetting import Typesetter

DOTS_PER_MM: Final = 8  # 203 dpi
LINE: Final = 24
MAX_HEIGHT: Final = 8 * 1000  # dots; a longer ticket is a mistake
GAP: Final = 16  # dots between columns
WHITE, BLACK = 1, 0
log = logging.getLogger("usher.escpos")


@dataclass(frozen=True, slots=True)
class ImageBand:
    """Dots as wide as the paper."""

    image: Image.Image


@dataclass(frozen=True, slots=True)
class QrBand:
    """A QR code that the printer makes itself."""

    qr: Qr


@dataclass(frozen=True, slots=True)
class CutBand:
    mode: str


Band: TypeAlias = ImageBand | QrBand | CutBand


class Artist:
    """Draws for one paper: `width` dots, these fonts; pictures come from `folder`."""

    def __init__(self, width: int, type_: Typesetter, folder: Path, *, native_qr: bool = False) -> None:
        self.width, self._type, self._folder, self._native_qr = width, type_, folder, native_qr

    def draw(self, sheet: Sequence[Piece]) -> list[Band]:
        """The bands of a ticket. Raises ValueError for one longer than a metre."""
        bands: list[Band] = []
        strips: list[Image.Image] = []

        def flush() -> None:
            if strips:
                bands.append(ImageBand(self._stack(strips, self.width)))
                strips.clear()

        for piece in sheet:
            if isinstance(piece, Cut):
                flush()
                bands.append(CutBand(piece.mode))
            elif isinstance(piece, Qr) and self._native_qr:
                flush()
                bands.append(QrBand(piece))
            else:
                strips.append(self._piece(piece, self.width))
        flush()
        return bands

    def _stack(self, strips: Sequence[Image.Image], width: int) -> Image.Image:
        height = sum(strip.height for strip in strips)
        if height > MAX_HEIGHT:
            raise ValueError(f"the ticket is {height // DOTS_PER_MM} mm long; at most {MAX_HEIGHT // DOTS_PER_MM}")
        image, y = blank(width, height), 0
        for strip in strips:
            image.paste(strip, (0, y))
            y += strip.height
        return image

    def _piece(self, piece: Piece, width: int) -> Image.Image:
        match piece:
            case Text():
                return self._text(piece, width)
            case Pair():
                return self._pair(piece, width)
            case Qr():
                return place(qr_image(piece), width, piece.align)
            case Barcode():
                return self._barcode(piece, width)
            case Picture():
                return self._picture(piece, width)
            case Rule():
                return rule(piece.style, width)
            case Row():
                return self._row(piece, width)
            case Space():
                return blank(width, max(1, round(piece.height * DOTS_PER_MM)))
            case Cut():
                return blank(width, 1)

    def _text(self, piece: Text, width: int) -> Image.Image:
        image = self._type.lines(
            piece.text, self._size(piece), width, bold=piece.bold, align=piece.align, fit=piece.fit
        )
        return ImageOps.invert(image.convert("L")).convert("1") if piece.invert else image

    def _size(self, piece: Text) -> int:
        return max(8, round(piece.size * LINE))

    def _pair(self, pair: Pair, width: int) -> Image.Image:
        """On one line if there is room, else the label has at most half of it."""
        left, right = (self._type.length(t.text, self._size(t), bold=t.bold) for t in (pair.label, pair.value))
        label = left if left + GAP + right <= width else min(left, max(width // 2, width - GAP - right))
        value = width - label - GAP
        return self._row(Row(((label, (pair.label,)), (value, (pair.value,)))), width)

    def _row(self, row: Row, width: int) -> Image.Image:
        room = width - GAP * (len(row.cells) - 1)
        total = sum(share for share, _ in row.cells)
        widths = [max(1, int(room * share / total)) for share, _ in row.cells]
        columns = [
            self._stack([self._piece(piece, w) for piece in pieces], w)
            for (_, pieces), w in zip(row.cells, widths, strict=True)
        ]
        image, x = blank(width, max(column.height for column in columns)), 0
        for column in columns:
            image.paste(column, (x, 0))
            x += column.width + GAP
        return image

    def _picture(self, piece: Picture, width: int) -> Image.Image:
        """A picture scaled and dithered; one that cannot be read is left out, and said."""
        path = (self._folder / piece.file).resolve()
        try:
            if not path.is_relative_to(self._folder.resolve()):
                raise ValueError("it is not in the configuration folder")
            with Image.open(path) as opened:
                wide = max(8, int(width * piece.width / 100))
                opened.draft("L", (wide, wide))
                picture = on_white(opened)
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            log.warning("The picture %s is left out of the ticket: %s", piece.file, error)
            return blank(width, 1)
        tall = min(MAX_HEIGHT // 2, max(1, round(picture.height * wide / picture.width)))
        return place(picture.resize((wide, tall)).convert("1"), width, piece.align)

    def _barcode(self, piece: Barcode, width: int) -> Image.Image:
        modules = code128(piece.data)
        bar = max(1, min(piece.bar, width // len(modules)))
        bars = Image.new("1", (len(modules), 1), WHITE)
        bars.putdata([BLACK if module == "1" else WHITE for module in modules])
        bars = bars.resize((len(modules) * bar, round(piece.height * DOTS_PER_MM)), Image.Resampling.NEAREST)
        strips = [place(bars, width, piece.align)]
        if piece.digits:
            strips.append(self._type.lines(piece.data, LINE, width, align=piece.align))
        return self._stack(strips, width)


def preview(bands: Sequence[Band], width: int) -> Image.Image:
    """The paper as it comes out, a little margin around it; a dashed line is where it is cut."""
    strips: list[Image.Image] = []
    for band in bands:
        if isinstance(band, ImageBand):
            strips.append(band.image)
        elif isinstance(band, QrBand):
            strips.append(place(qr_image(band.qr), width, band.qr.align))
        else:
            strips += [blank(width, 2 * LINE), rule("dashed", width)]
    margin = 2 * DOTS_PER_MM
    height = sum(strip.height for strip in strips)
    paper, y = Image.new("L", (width + 2 * margin, height + 2 * margin), 255), margin
    for strip in strips:
        paper.paste(strip, (margin, y))
        y += strip.height
    return paper


def blank(width: int, height: int) -> Image.Image:
    """Empty paper."""
    return Image.new("1", (width, height), WHITE)


def place(image: Image.Image, width: int, align: str) -> Image.Image:
    """A picture on paper as wide as `width`; one that is too wide is made smaller."""
    if image.width > width:
        image = image.resize((width, max(1, image.height * width // image.width)), Image.Resampling.NEAREST)
    room = width - image.width
    strip = blank(width, image.height)
    strip.paste(image, ({"left": 0, "center": room // 2}.get(align, room), 0))
    return strip


def rule(style: str, width: int) -> Image.Image:
    """A line with air above and below."""
    strip = blank(width, 20)
    draw = ImageDraw.Draw(strip)
    if style == "dashed":
        for x in range(0, width, 16):
            draw.rectangle((x, 9, x + 7, 10), fill=BLACK)
    else:
        for y in (6, 12) if style == "double" else (9,):
            draw.rectangle((0, y, width, y + 1), fill=BLACK)
    return strip


def on_white(image: Image.Image) -> Image.Image:
    """Grey, transparent parts white."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        ground = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        return Image.alpha_composite(ground, rgba).convert("L")
    return image.convert("L")


def qr_image(piece: Qr) -> Image.Image:
    """A QR code with its quiet zone."""
    qrcode: Any = importlib.import_module("qrcode")
    level = {"L": 1, "M": 0, "Q": 3, "H": 2}[piece.level]
    code = qrcode.QRCode(error_correction=level, box_size=1, border=2)
    code.add_data(piece.data.encode())
    code.make(fit=True)
    rows: list[list[bool]] = code.get_matrix()
    image = blank(len(rows), len(rows))
    image.putdata([BLACK if dark else WHITE for row in rows for dark in row])
    side = len(rows) * piece.size
    return image.resize((side, side), Image.Resampling.NEAREST)


def code128(data: str) -> str:
    """The modules of a CODE128 barcode, "1" dark, with its quiet zone."""
    barcode: Any = importlib.import_module("barcode.codex")
    build: Callable[[], list[str]] = barcode.Code128(data).build
    return "0" * 10 + build()[0] + "0" * 10
