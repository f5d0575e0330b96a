"""The YAML of an ESC/POS printer: its wire, its paper, its fonts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field, model_validator

from ...core.devices.printing.item import Fault, PrinterItem
from ...core.schema import Duration, Strict
from . import fonts

DOTS: Final = {58: 384, 80: 576}  # printable at 203 dpi


class Network(Strict):
    """A printer with its own address."""

    type: Literal["network"] = Field(description="network")
    host: str = Field(min_length=1, max_length=255, description="Its address or name.")
    port: int = Field(default=9100, ge=1, le=65535, description="Its raw port.")


class SerialLine(Strict):
    """A printer on a serial port."""

    type: Literal["serial"] = Field(description="serial")
    port: str = Field(
        min_length=1, description="The port, as in /dev/ttyUSB0; better by its name in /dev/serial/by-id."
    )
    baud: int = Field(default=115200, ge=1200, le=4_000_000, description="Bits a second, as set in the printer.")
    parity: Literal["none", "even", "odd"] = Field(default="none", description="As set in the printer.")
    flow: Literal["none", "rtscts", "xonxoff"] = Field(
        default="none", description="How the printer says stop; a slow one with a small buffer needs it."
    )


class Usb(Strict):
    """A printer on USB, by its numbers in `lsusb`."""

    type: Literal["usb"] = Field(description="usb")
    vendor: int = Field(ge=0, le=0xFFFF, description="The vendor's number, as in 0x04b8.")
    product: int = Field(ge=0, le=0xFFFF, description="The product's number, as in 0x0e15.")
    input: int | None = Field(default=None, ge=0x80, le=0x8F, description="Its endpoint that talks; found by itself.")
    output: int | None = Field(default=None, ge=1, le=0x0F, description="Its endpoint that listens; found by itself.")


class DeviceFile(Strict):
    """A device file, as in /dev/usb/lp0, or a plain file that everything is appended to."""

    type: Literal["file"] = Field(description="file")
    path: str = Field(min_length=1, description="The file; a relative one stands in the configuration folder.")


Connection: TypeAlias = Annotated[Network | SerialLine | Usb | DeviceFile, Field(discriminator="type")]


class EscposPrinter(PrinterItem):
    """One ESC/POS printer."""

    connection: Connection | None = Field(default=None, description="How it is reached; none with preview alone.")
    preview: bool = Field(default=False, description="Write a PNG of each ticket under .usher/previews/.")
    paper: Literal[58, 80] = Field(default=80, description="The paper's width in mm.")
    width_dots: int | None = Field(
        default=None,
        ge=128,
        le=1024,
        multiple_of=8,
        description="Printable dots, where the paper's 384 or 576 is wrong.",
    )
    profile: str | None = Field(default=None, description="The printer's name in python-escpos, as in TM-T88V.")
    font: str | None = Field(default=None, description="A TrueType or OpenType file, tried before those of the system.")
    bold_font: str | None = Field(default=None, description="The same for heavy letters.")
    qr: Literal["auto", "native", "drawn"] = Field(
        default="auto", description="QR codes made by the printer, or drawn as dots; auto asks the profile."
    )
    cut: Literal["full", "partial", "none"] = Field(default="full", description="What ends a ticket.")
    answers: bool | None = Field(
        default=None, description="Whether the printer tells its state. No: written counts as printed. Files: no."
    )
    answer_within: Duration = Field(default=1.0, gt=0, description="How long to wait for an answer before it is mute.")
    print_within: Duration = Field(default=30.0, gt=0, description="How long a ticket may take once it was sent.")

    @property
    def dots(self) -> int:
        """How many dots fit across the paper."""
        return self.width_dots or DOTS[self.paper]

    @property
    def asked(self) -> bool:
        """Whether this printer is asked for its state."""
        return self.answers if self.answers is not None else not isinstance(self.connection, DeviceFile)

    def faults(self, folder: Path) -> Iterator[Fault]:
        """Fonts that are not there, and when nothing here can draw Chinese."""
        for key in ("font", "bold_font"):
            file = font_file(getattr(self, key), folder)
            if file is not None and not file.is_file():
                yield Fault((key,), f"there is no font file {file}. Put it there, or leave {key}: out.")
        if not self.font and not fonts.chinese():
            yield Fault((), fonts.NO_CHINESE, "warning")

    @model_validator(mode="after")
    def _somewhere(self) -> "EscposPrinter":
        if self.connection is None and not self.preview:
            raise ValueError("a printer needs a connection, or preview: true. Add one of them")
        return self


def font_file(file: str | None, folder: Path) -> Path | None:
    """A font of the YAML: absolute, or in the configuration folder."""
    return folder / file if file else None
