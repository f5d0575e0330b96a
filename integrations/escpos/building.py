"""Turns bands into ESC/POS bytes. python-escpos writes the bytes (its `Dummy`); it never talks to a printer here.

Only pictures, QR codes, feeds and cuts are written: no text goes to the printer, so nothing in a ticket can be a command.
"""

import importlib
import logging
import os
import shutil
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from .drawing import Band, CutBand, ImageBand

FRAGMENT: Final = 256  # dots of height a picture is sent in: small printers have small buffers
_LEVELS: Final = {"L": 0, "M": 1, "Q": 2, "H": 3}
_CACHE: Final = "ESCPOS_CAPABILITIES_PICKLE_DIR"
_importing: Final = threading.Lock()


class Builder:
    """Writes for one printer model. Raises ValueError for a profile python-escpos does not know."""

    def __init__(self, profile: str | None, width: int) -> None:
        escpos = _escpos()
        try:
            found: Any = escpos.capabilities.get_profile(profile)
        except KeyError as error:
            raise ValueError(
                f"python-escpos knows no printer {profile!r}. Leave the profile out if it is not listed."
            ) from error
        self.features: dict[str, bool] = found.profile_data.get("features", {})
        self.width = min(width, _pixels(found.profile_data) or width)
        self._profile, self._dummy = profile, escpos.printer.Dummy
        # The library measures pictures against this, and prints to the console where it is not set.
        self._data = {**found.profile_data, "media": {"width": {"pixels": self.width}}}

    def build(self, bands: Sequence[Band], cut: str) -> bytes:
        """The bytes of one ticket, from initialise to cut."""
        paper: Any = self._dummy(profile=self._profile)
        paper.profile.profile_data = self._data
        paper.hw("INIT")
        for band in bands:
            if isinstance(band, ImageBand):
                paper.image(band.image, impl="bitImageRaster", fragment_height=FRAGMENT)
            elif isinstance(band, CutBand):
                self._cut(paper, band.mode)
            else:
                paper.set(align=band.qr.align)
                paper.qr(band.qr.data, ec=_LEVELS[band.qr.level], size=band.qr.size, native=True)
                paper.set(align="left")
        if not (bands and isinstance(bands[-1], CutBand)):
            self._cut(paper, cut)
        written: bytes = paper.output
        return written

    def _cut(self, paper: Any, mode: str) -> None:
        if mode == "none":
            paper.print_and_feed(6)
        else:
            paper.cut(mode="PART" if mode == "partial" else "FULL")


def _pixels(profile: dict[str, Any]) -> int | None:
    """How many dots a profile says fit across; None where it does not know."""
    pixels = profile.get("media", {}).get("width", {}).get("pixels")
    return pixels // 8 * 8 if isinstance(pixels, int) else None


@lru_cache(maxsize=1)
def _escpos() -> Any:
    """python-escpos, without what importing it leaves behind: a log handler on everybody's root, a folder in /tmp."""
    with _importing:
        before = list(logging.root.handlers)
        package = importlib.import_module("escpos")
        importlib.import_module("escpos.printer")
        capabilities: Any = importlib.import_module("escpos.capabilities")
        if _CACHE not in os.environ:
            shutil.rmtree(capabilities.pickle_dir, ignore_errors=True)
        for handler in list(logging.root.handlers):
            if handler not in before:
                logging.root.removeHandler(handler)
    return package
