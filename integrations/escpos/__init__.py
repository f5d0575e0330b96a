"""Thermal ticket printers that speak ESC/POS."""

from contextlib import AbstractAsyncContextManager
from typing import Any

from ...core.integration import Integration, Kit, Platform
from .config import EscposPrinter


def open_printer(item: EscposPrinter, kit: Kit) -> AbstractAsyncContextManager[Any]:
    """Open one printer; what draws and sends is imported only now."""
    from .device import open_device

    return open_device(item, kit)


INTEGRATION: Integration[Any] = Integration(
    platforms={"printer": Platform(EscposPrinter, open_printer)},
)
