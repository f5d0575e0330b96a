"""Sets text in dots: lines broken at words and between Chinese characters, each character from the first font that has it.

Fonts are opened once a size. A character no font has is drawn as the font's box and told once in the log.
"""

import logging
import math
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeAlias

from PIL import Image, ImageDraw, ImageFont

from . import fonts

Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont
WHITE, BLACK = 1, 0
MIN_SIZE: Final = 12  # dots; below it nobody reads paper
_NOT_THERE: Final = "\U0010ffff"  # what a font draws for it is its box for missing characters
_FACES: Final = {"zh-TW": "TC", "zh-HK": "HK", "yue": "HK", "ja": "JP", "ko": "KR"}
_NOT_FIRST: Final = frozenset("，。！？、；：）」』》】〉”’…—,.!?;:)]}%")  # may not begin a line
_NOT_LAST: Final = frozenset("（「『《【〈“‘([{")  # may not end one
_HARD_SPACE: Final = "\u00a0"
_WIDE: Final = "\u2e80-\u2fff\u3040-\ufaff\U00020000-\U0003ffff"  # Chinese characters and their like, no punctuation
_WHOLE: Final = re.compile(  # not broken within: what a button says, “我到了”; a place in a list, 4号窗口、
    rf"[“「『《【][{_WIDE}]{{1,6}}[”」』》】]|\d+[{_WIDE}]{{1,4}}(?!\w)"
)
log = logging.getLogger("usher.escpos")


class Typesetter:
    """Text in the fonts of this machine, `own` ones first. Not for several threads at once."""

    def __init__(self, own: Path | None = None, own_bold: Path | None = None, language: str = "zh-CN") -> None:
        regular = [(own, False)] if own else []
        bold = [(own_bold, True)] if own_bold else regular
        self._files = {False: [*regular, *fonts.chain(bold=False)], True: [*bold, *fonts.chain(bold=True)]}
        self._face = _FACES.get(language, "SC")
        self._missing: set[str] = set()
        self._font = lru_cache(maxsize=64)(self._open)
        self._has = lru_cache(maxsize=8192)(self._is_there)

    def lines(self, text: str, size: int, width: int, *, bold: bool = False, align: str = "left", fit: bool = False
              ) -> Image.Image:  # fmt: skip
        """A strip `width` wide with the text on it; with `fit` on one line, smaller if it must be."""
        if fit:
            text = " ".join(text.split())
            while size > MIN_SIZE and self._length(text, size, bold) > width:
                size = max(MIN_SIZE, min(size - 1, int(size * width / self._length(text, size, bold))))
        wrapped = [line for part in text.splitlines() or [""] for line in self._wrap(part, size, width, bold)]
        pitch = round(size * 1.35)
        strip = Image.new("1", (width, max(1, pitch * len(wrapped))), WHITE)
        draw = ImageDraw.Draw(strip)
        for number, line in enumerate(wrapped):
            room = width - self._length(line, size, bold)
            x = int({"left": 0, "center": room / 2}.get(align, room))  # whole dots: letters stay crisp
            # the baseline stands at the same height whatever font a character comes from
            self._draw(draw, (x, pitch * number + round(size * 1.06)), line, size, bold)
        return strip

    def length(self, text: str, size: int, *, bold: bool = False) -> int:
        """How many dots a text takes on one line."""
        return math.ceil(self._length(text, size, bold))

    def _wrap(self, text: str, size: int, width: int, bold: bool) -> Iterator[str]:
        """Break a line where it must be: before a word, between Chinese characters, or inside a word that is too long."""
        line = ""
        for word in _words(text):
            if self._length((line + word).rstrip(), size, bold) <= width:
                line += word
                continue
            if line.strip():
                yield line.rstrip()
            line = word.lstrip()
            while self._length(line.rstrip(), size, bold) > width and len(line) > 1:
                cut = next((n for n in range(len(line) - 1, 1, -1) if self._length(line[:n], size, bold) <= width), 1)
                yield line[:cut]
                line = line[cut:]
        yield line.rstrip()

    def _length(self, text: str, size: int, bold: bool) -> float:
        return sum(font.getlength(part) for part, font, _ in self._runs(text, size, bold))

    def _draw(self, draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, bold: bool) -> None:
        x, y = at
        for part, font, stroke in self._runs(text, size, bold):
            if isinstance(font, ImageFont.FreeTypeFont):
                draw.text((x, y), part, font=font, fill=BLACK, anchor="ls", stroke_width=stroke)
            else:
                draw.text((x, y - size), part, font=font, fill=BLACK)
            x += round(font.getlength(part))

    def _runs(self, text: str, size: int, bold: bool) -> Iterator[tuple[str, Font, int]]:
        """The text in parts of one font each, with how much a light font must be thickened."""
        start, current = 0, -1
        for at, char in enumerate(text):
            which = self._which(char, bold, current)
            if which != current and at > start:
                yield (text[start:at], *self._font(current, size, bold))
                start = at
            current = which
        if text:
            yield (text[start:], *self._font(current, size, bold))

    def _which(self, char: str, bold: bool, current: int) -> int:
        """The first font that has the character; spaces stay with what is before them."""
        if char.isspace() and current >= 0:
            return current
        for number in range(len(self._files[bold])):
            if self._has(char, number, bold):
                return number
        if char not in self._missing and char.isprintable() and len(self._missing) < 1000:
            self._missing.add(char)
            log.warning("No font here has the character %r (U+%04X). %s", char, ord(char), fonts.NO_CHINESE)
        return 0

    def _is_there(self, char: str, number: int, bold: bool) -> bool:
        font, _ = self._font(number, 24, bold)
        return char.isspace() or _dots(font, char) != _dots(font, _NOT_THERE)

    def _open(self, number: int, size: int, bold: bool) -> tuple[Font, int]:
        files = self._files[bold]
        if not files:
            return ImageFont.load_default(size), 0
        path, heavy = files[number]
        return _face(path, size, self._face), round(size / 28) if bold and not heavy else 0


def _dots(font: Font, char: str) -> bytes:
    """What one character looks like."""
    image = Image.new("1", (48, 48), WHITE)
    ImageDraw.Draw(image).text((8, 8), char, font=font, fill=BLACK)
    return image.tobytes()


def _face(path: Path, size: int, wanted: str) -> ImageFont.FreeTypeFont:
    """A font, and of a collection the face for this region."""
    first = ImageFont.truetype(str(path), size)
    if path.suffix.lower() != ".ttc" or (first.getname()[0] or "").endswith(wanted):
        return first
    for index in range(1, 12):
        try:
            face = ImageFont.truetype(str(path), size, index=index)
        except OSError:
            break
        if (face.getname()[0] or "").endswith(wanted):
            return face
    return first


def _words(text: str) -> Iterator[str]:
    """Pieces between which a line may be broken; a space belongs to the word after it."""
    start = 0
    whole = {at for found in _WHOLE.finditer(text) for at in range(found.start() + 1, found.end())}
    for at in range(1, len(text)):
        if at in whole:
            continue
        before, char = text[at - 1], text[at]
        breaks = (char.isspace() and char != _HARD_SPACE) or _is_wide(before) or _is_wide(char)
        counted = before.isdigit() and _is_wide(char)  # 3号, 12人
        if breaks and not counted and char not in _NOT_FIRST and before not in _NOT_LAST:
            yield text[start:at]
            start = at
    if text:
        yield text[start:]


def _is_wide(char: str) -> bool:
    return ord(char) >= 0x2E80
