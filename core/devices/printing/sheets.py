"""Fills a layout in: templates rendered, one language picked, conditions decided. What is left are pieces to draw.

Pieces hold plain data only, so that any platform can draw them and a test can compare them.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from ...errors import BadData
from ...frozen import frozen
from ...words import Words, say
from .layouts import (
    Align,
    BarcodeBlock,
    Block,
    ColumnsBlock,
    CutBlock,
    FieldBlock,
    IfBlock,
    ImageBlock,
    QrBlock,
    RuleBlock,
    TextBlock,
)

Render: TypeAlias = Callable[[str, Mapping[str, Any]], Any]
MAX_TEXT: Final = 2000  # letters of one text
MAX_CODE: Final = 1000  # bytes of one QR code; a phone's camera gives up earlier
_NO: Final = frozenset({"", "0", "no", "off", "none", "false"})


@frozen
class Text:
    text: str
    size: float = 1
    bold: bool = False
    align: Align = "left"
    invert: bool = False
    fit: bool = False


@frozen
class Qr:
    data: str
    size: int = 6
    level: str = "M"
    align: Align = "center"


@frozen
class Barcode:
    data: str
    height: float = 12
    bar: int = 2
    digits: bool = True
    align: Align = "center"


@frozen
class Picture:
    file: str
    width: float = 100
    align: Align = "center"


@frozen
class Rule:
    style: str = "solid"


@frozen
class Space:
    height: float


@frozen
class Cut:
    mode: str = "full"


@frozen
class Row:
    """Stacks side by side: each a share of the width and its pieces."""

    cells: "tuple[tuple[float, tuple[Piece, ...]], ...]"


@frozen
class Pair:
    """A label at the left, its value at the right, each with the room it needs."""

    label: Text
    value: Text


Piece: TypeAlias = Text | Pair | Qr | Barcode | Picture | Rule | Space | Cut | Row

REPRINT: Final = (Text("补打 / REPRINT", size=2, bold=True, align="center", invert=True, fit=True), Space(2))
"""Stands on top of whatever may be on paper already."""


def compose(blocks: list[Block], variables: Mapping[str, Any], language: str | None, render: Render,
            write: Render | None = None) -> tuple[Piece, ...]:  # fmt: skip
    """The pieces of a ticket, top to bottom. Raises what `render` raises, and BadData for what no printer can print.

    `write` renders what is text, `render` what is asked by `if`; left out, it is the same.
    """
    return _Composer(variables, language, render, write or render).stack(blocks)


class _Composer:
    def __init__(self, variables: Mapping[str, Any], language: str | None, render: Render, write: Render) -> None:
        self._variables, self._language, self._render, self._write = variables, language, render, write

    def stack(self, blocks: list[Block]) -> tuple[Piece, ...]:
        made: list[Piece] = []
        for block in blocks:
            made += self._pieces(block)
        return tuple(made)

    def _pieces(self, block: Block) -> tuple[Piece, ...]:
        match block:
            case TextBlock():
                text = self._text(block.text)
                return (Text(text, block.size, block.bold, block.align, block.invert, block.fit),) if text else ()
            case FieldBlock():
                return self._field(block)
            case QrBlock():
                data = _within(self._text(block.qr), MAX_CODE, "qr")
                return (Qr(data, block.size, block.level, block.align),) if data else ()
            case BarcodeBlock():
                data = _ascii(_within(self._text(block.barcode), 80, "barcode"))
                return (Barcode(data, block.height, block.bar, block.digits, block.align),) if data else ()
            case ImageBlock():
                return (Picture(block.image, block.width, block.align),) if block.image else ()
            case ColumnsBlock():
                return (Row(tuple((column.width, self.stack(column.blocks)) for column in block.columns)),)
            case IfBlock():
                return self.stack(block.then if self._so(block.if_) else block.else_)
            case RuleBlock():
                return (Rule(block.rule),)
            case CutBlock():
                return (Cut(block.cut),)
            case _:
                return (Space(block.space),)

    def _field(self, block: FieldBlock) -> tuple[Piece, ...]:
        value = self._text(block.value)
        if not value:
            return ()
        label = Text(self._text(block.field), block.size)
        return (Pair(label, Text(value, block.size, block.bold, "right")),)

    def _text(self, words: Words) -> str:
        text = say(words, self._language)
        if "{" in text:
            rendered = self._write(text, self._variables)
            text = "" if rendered is None else str(rendered)
        text = text.strip()
        return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"

    def _so(self, condition: str) -> bool:
        answer = self._render(condition, self._variables) if "{" in condition else condition
        return str(answer).strip().lower() not in _NO if isinstance(answer, str) else bool(answer)


def _within(data: str, limit: int, what: str) -> str:
    if len(data.encode()) > limit:
        raise BadData(
            {"en": f"{what}: at most {limit} bytes can be printed.", "zh-CN": f"{what}：内容不得超过 {limit} 字节。"}
        )
    return data


def _ascii(data: str) -> str:
    if not data.isascii() or not data.isprintable():
        raise BadData({"en": "barcode: only plain letters and digits.", "zh-CN": "barcode：只能包含英文字母和数字。"})
    return data
