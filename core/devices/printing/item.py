"""What every printer in the YAML has, whatever its platform."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from ...schema import Duration, Target
from ..items import DeviceItem
from .layouts import Layout


class Fault(NamedTuple):
    """What is wrong with an item that its model alone cannot see: under which keys, the sentence, error or warning."""

    keys: tuple[Any, ...]
    text: str
    severity: str = "error"


class PrinterItem(DeviceItem):
    """One printer; a platform's own model adds its wire and paper."""

    layout: Layout | None = Field(
        None, description="What stands on a ticket; blueprints/ticket/usher/bank.yaml if none."
    )
    fallback: Annotated[list[str], Target("printer", many=True)] = Field(
        [], description="Printers that print while this one cannot, in this order."
    )
    languages: list[str] = Field(
        [], description="Languages of tickets that name none of their own, the first that applies; the hall's if none."
    )
    keep: Duration = Field(300, description="How long a ticket that cannot be printed is worth printing later.")
    poll: Duration = Field(5, description="How often an idle printer is asked how it is.")
    retry: Duration = Field(2, description="How often a printer that cannot print is asked again.")
    max_queued: int = Field(50, ge=1, le=1000, description="How many tickets may wait; one more is refused.")

    def faults(self, folder: Path) -> Iterable[Fault]:
        """What a platform finds wrong when `usher check` looks; `folder` is the configuration's."""
        return ()
