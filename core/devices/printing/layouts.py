"""A ticket's layout as the installer writes it: blocks from top to bottom, each known by its first word.

`text field qr barcode image rule space cut columns if`. Texts may differ by language and hold templates; lengths are in
millimetres, sizes in lines of 3 mm (24 dots at 203 dpi). `sheets.py` fills a layout in, a platform draws it.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal, TypeAlias, cast

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from ...schema import Strict, WordsField

Align: TypeAlias = Literal["left", "center", "right"]
Size = Annotated[float, Field(ge=0.5, le=12)]
MAX_BLOCKS: Final = 200


class TextBlock(Strict):
    """Words across the paper."""

    text: WordsField = Field(description="What is printed; one text, or one a language; templates are filled in.")
    size: Size = Field(1, description="Height of the letters in lines of 3 mm.")
    bold: bool = Field(False, description="Heavy letters.")
    align: Align = Field("left", description="left, center or right.")
    invert: bool = Field(False, description="White on black, across the paper.")
    fit: bool = Field(False, description="Keep it on one line: smaller if it is too wide.")


class FieldBlock(Strict):
    """A label at the left and its value at the right."""

    field: WordsField = Field(description="The label.")
    value: WordsField = Field(description="The value; a template as a rule. An empty one prints nothing.")
    size: Size = Field(1, description="Height of the letters in lines of 3 mm.")
    bold: bool = Field(False, description="A heavy value.")


class QrBlock(Strict):
    """A QR code; an empty content prints nothing."""

    qr: WordsField = Field(description="Its content: a template as a rule, as in '{{ link }}'.")
    size: int = Field(6, ge=1, le=16, description="Dots a module.")
    level: Literal["L", "M", "Q", "H"] = Field("M", description="How much of it may be damaged.")
    align: Align = Field("center", description="left, center or right.")


class BarcodeBlock(Strict):
    """A CODE128 barcode; an empty content prints nothing."""

    barcode: WordsField = Field(description="Its content, plain ASCII.")
    height: float = Field(12, ge=3, le=60, description="Height of the bars in mm.")
    bar: int = Field(2, ge=1, le=6, description="Dots of the thinnest bar.")
    digits: bool = Field(True, description="The content in letters below.")
    align: Align = Field("center", description="left, center or right.")


class ImageBlock(Strict):
    """A picture from the configuration folder."""

    image: str = Field(description="The file, as in www/logo.png; nothing is printed if it is empty.")
    width: float = Field(100, gt=0, le=100, description="Its width in percent of the paper.")
    align: Align = Field("center", description="left, center or right.")


class RuleBlock(Strict):
    """A line across the paper."""

    rule: Literal["solid", "dashed", "double"] = Field(description="solid, dashed or double.")


class SpaceBlock(Strict):
    """Empty paper."""

    space: float = Field(gt=0, le=100, description="Its height in mm.")


class CutBlock(Strict):
    """Cut here; at the end of a ticket it is cut anyway."""

    cut: Literal["full", "partial"] = Field(description="full or partial.")


class Column(Strict):
    """One of several stacks of blocks side by side."""

    width: float = Field(1, gt=0, le=100, description="Its share of the width.")
    blocks: "list[Block]" = Field(max_length=MAX_BLOCKS, description="What stands in it.")


class ColumnsBlock(Strict):
    """Blocks side by side."""

    columns: list[Column] = Field(min_length=1, max_length=6, description="From left to right.")


class IfBlock(Strict):
    """Blocks only where something is so."""

    if_: str = Field(alias="if", description="A template; empty, 0, no, off, none and false mean no.")
    then: "list[Block]" = Field(max_length=MAX_BLOCKS, description="What is printed if it is so.")
    else_: "list[Block]" = Field([], alias="else", max_length=MAX_BLOCKS, description="What is printed if not.")


_WORDS: Final = ("text", "field", "qr", "barcode", "image", "rule", "space", "cut", "columns", "if")


def _word(value: Any) -> str | None:
    if isinstance(value, dict):
        known = cast("dict[Any, Any]", value)
        return next((f"{word} block" for word in _WORDS if word in known), None)
    return next((f"{word} block" for word in _WORDS if type(value).__name__ == f"{word.title()}Block"), None)


Block: TypeAlias = Annotated[
    Annotated[TextBlock, Tag("text block")]
    | Annotated[FieldBlock, Tag("field block")]
    | Annotated[QrBlock, Tag("qr block")]
    | Annotated[BarcodeBlock, Tag("barcode block")]
    | Annotated[ImageBlock, Tag("image block")]
    | Annotated[RuleBlock, Tag("rule block")]
    | Annotated[SpaceBlock, Tag("space block")]
    | Annotated[CutBlock, Tag("cut block")]
    | Annotated[ColumnsBlock, Tag("columns block")]
    | Annotated[IfBlock, Tag("if block")],
    Discriminator(
        _word,
        custom_error_type="bad_block",
        custom_error_message=f"no such block. Write one of {', '.join(_WORDS)}, as in  - text: Welcome.",
    ),
]


def walk(blocks: "list[Block]") -> "Iterator[Block]":
    """Every block, also those inside others."""
    for block in blocks:
        yield block
        if isinstance(block, IfBlock):
            yield from walk(block.then)
            yield from walk(block.else_)
        elif isinstance(block, ColumnsBlock):
            for column in block.columns:
                yield from walk(column.blocks)


def _bounded(blocks: "list[Block]") -> "list[Block]":
    if sum(1 for _ in walk(blocks)) > MAX_BLOCKS:
        raise ValueError(f"a layout has at most {MAX_BLOCKS} blocks")
    return blocks


Blocks = Annotated[list[Block], Field(max_length=MAX_BLOCKS), AfterValidator(_bounded)]


class UseBlueprint(Strict):
    """A layout written elsewhere."""

    path: str = Field(description="The file under blueprints/ticket/, as in usher/bank.yaml.")
    input: dict[str, Any] = Field(default={}, description="What the blueprint asks for.")


class Layout(Strict):
    """What stands on a ticket: blocks of your own, or a blueprint."""

    blocks: Blocks | None = Field(default=None, description="From top to bottom.")
    use_blueprint: UseBlueprint | None = Field(default=None, description="A layout from blueprints/ticket/.")

    @model_validator(mode="after")
    def _one_of_both(self) -> "Layout":
        if (self.blocks is None) == (self.use_blueprint is None):
            raise ValueError("a layout has either blocks or use_blueprint")
        return self


Column.model_rebuild()
ColumnsBlock.model_rebuild()
IfBlock.model_rebuild()
Layout.model_rebuild()
