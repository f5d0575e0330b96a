"""Fills a layout in: templates rendered, one language picked, conditions decided. What is left are pieces to draw.

Pieces hold plain data only, so that any platform can draw them and a test can compare them.
"""

from collections.abc import Callable, Iterable, Mapping
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
MAX_LANGUAGES: Final = 30  # in which a layout is kept ready
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
    return Prepared(blocks).compose(variables, language, render, write)


class Prepared:
    """Blocks ready to be filled in many times: what no template changes is made once for each language."""

    def __init__(self, blocks: list[Block]) -> None:
        self._blocks = blocks
        self._fillings: dict[str | None, list[Filling]] = {}

    def compose(self, variables: Mapping[str, Any], language: str | None, render: Render,
                write: Render | None = None) -> tuple[Piece, ...]:  # fmt: skip
        """As `compose`."""
        fillings = self._fillings.get(language)
        if fillings is None:
            if len(self._fillings) >= MAX_LANGUAGES:
                self._fillings.clear()
            fillings = self._fillings[language] = _fillings(self._blocks, language)
        return _filled(fillings, _Words(variables, render, write or render))


@frozen
class _Words:
    """What one ticket fills in, and by whom templates are rendered."""

    variables: Mapping[str, Any]
    render: Render
    write: Render


Filling: TypeAlias = "tuple[Piece, ...] | Callable[[_Words], tuple[Piece, ...]]"
Written: TypeAlias = "str | Callable[[_Words], str]"


def _filled(fillings: Iterable[Filling], words: _Words) -> tuple[Piece, ...]:
    made: list[Piece] = []
    for one in fillings:
        made += one(words) if callable(one) else one
    return tuple(made)


def _fillings(blocks: list[Block], language: str | None) -> list[Filling]:
    return [_filling(block, language) for block in blocks]


def _filling(block: Block, language: str | None) -> Filling:
    """One block in one language: its pieces, or what makes them of a ticket."""
    match block:
        case TextBlock():
            return _of_text(_written(block.text, language), lambda text: Text(
                text, block.size, block.bold, block.align, block.invert, block.fit))  # fmt: skip
        case FieldBlock():
            return _field(block, language)
        case QrBlock():
            return _of_text(_written(block.qr, language), lambda text: Qr(
                _within(text, MAX_CODE, "qr"), block.size, block.level, block.align))  # fmt: skip
        case BarcodeBlock():
            return _of_text(_written(block.barcode, language), lambda text: Barcode(
                _ascii(_within(text, 80, "barcode")), block.height, block.bar, block.digits, block.align))  # fmt: skip
        case ImageBlock():
            return (Picture(block.image, block.width, block.align),) if block.image else ()
        case ColumnsBlock():
            cells = [(column.width, _fillings(column.blocks, language)) for column in block.columns]
            return lambda words: (Row(tuple((share, _filled(inner, words)) for share, inner in cells)),)
        case IfBlock():
            then, other = _fillings(block.then, language), _fillings(block.else_, language)
            return lambda words: _filled(then if _so(block.if_, words) else other, words)
        case RuleBlock():
            return (Rule(block.rule),)
        case CutBlock():
            return (Cut(block.cut),)
        case _:
            return (Space(block.space),)


def _of_text(written: Written, make: Callable[[str], Piece]) -> Filling:
    """The piece that is made of a text, none of an empty one."""
    if isinstance(written, str):
        fixed = written  # what is wrong with it is told when it is printed, as with any other

        def again(words: _Words) -> tuple[Piece, ...]:
            return (make(fixed),)

        try:
            return (make(fixed),) if fixed else ()
        except BadData:
            return again

    def made(words: _Words) -> tuple[Piece, ...]:
        text = written(words)
        return (make(text),) if text else ()

    return made


def _field(block: FieldBlock, language: str | None) -> Filling:
    value, name = _written(block.value, language), _written(block.field, language)
    label = Text(name, block.size) if isinstance(name, str) else None

    def made(words: _Words) -> tuple[Piece, ...]:
        text = value if isinstance(value, str) else value(words)
        if not text:
            return ()
        shown = label or Text(name if isinstance(name, str) else name(words), block.size)
        return (Pair(shown, Text(text, block.size, block.bold, "right")),)

    return made


def _written(words: Words, language: str | None) -> Written:
    """A text in one language; what fills it in if it holds a template."""
    text = say(words, language)
    if "{" not in text:
        return _cut(text)

    def written(ticket: _Words) -> str:
        rendered = ticket.write(text, ticket.variables)
        return "" if rendered is None else _cut(str(rendered))

    return written


def _cut(text: str) -> str:
    text = text.strip()
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def _so(condition: str, words: _Words) -> bool:
    answer = words.render(condition, words.variables) if "{" in condition else condition
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
