"""What every item under `display:`, `speaker:`, `voice:` has in common, and how its platform is found and kept up."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from pydantic import Field

from ..errors import SetupFailed
from ..integration import PLATFORMS, Kit
from ..schema import Name, Strict, WordsField
from ..words import Words


class DeviceItem(Strict):
    """One device in the YAML; a platform's own model adds what it needs."""

    platform: str = Field(description="The integration that serves it.")
    id: Name = Field(description="Its name, as in display.hall.")
    name: WordsField | None = Field(None, description="What people call it.")

    @property
    def title(self) -> Words:
        return self.name or self.id


def keep(kind: str, item: DeviceItem, kit: Kit, ready: Callable[[Any], None], lost: Callable[[], None],
         around: Callable[[Any, Kit], AbstractAsyncContextManager[Any]] | None = None) -> None:  # fmt: skip
    """Have `item` opened by its platform and entered again whenever its connection is lost.

    `around(device, kit)` may add the kind's own work to the device's block: what fails there fails the device.
    """

    @asynccontextmanager
    async def open_one(own: Kit) -> AsyncIterator[Any]:
        platform = kit.offers.get(PLATFORMS, f"{kind}.{item.platform}")
        if platform is None:
            raise SetupFailed(f"{kind}.{item.id}: no integration here serves {kind}s as {item.platform!r}.")
        async with platform.open(item, own) as device:
            if around is None:
                yield device
                return
            async with around(device, own):
                yield device

    kit.keep(f"{kind}.{item.id}", open_one, ready=ready, lost=lost)
