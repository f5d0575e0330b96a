"""The devices of a hall: printers, displays, speakers and the voices they speak with. A wing, set up by its Kit."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from ..integration import Integration, Kit, Take
from .config import DevicesConfig, actions, check, entities
from .spoken import SPOKEN

__all__ = ["DEVICES"]


@asynccontextmanager
async def setup(config: DevicesConfig, kit: Kit) -> AsyncGenerator[None, None]:
    """Set up every kind; each keeps its own devices up."""
    from .displays import setup_displays
    from .printers import setup_printers
    from .speakers import setup_speakers
    from .voices import setup_voices

    async with AsyncExitStack() as stack:
        printers = await stack.enter_async_context(setup_printers(config.printer, kit))
        displays = await stack.enter_async_context(setup_displays(config.display, kit))
        voices = await stack.enter_async_context(setup_voices(config.voice, kit))
        speakers = await stack.enter_async_context(setup_speakers(config.speaker, kit, voices))

        async def prepare(new: DevicesConfig) -> Take:
            layouts = await asyncio.to_thread(printers.read_layouts, new.printer)

            async def take() -> None:
                await printers.take(new.printer, layouts)
                await displays.take(new.display)
                await voices.take(new.voice)
                await speakers.take(new.speaker)

            return take

        kit.on_reload(prepare)
        yield


DEVICES: Final = Integration(
    DevicesConfig,
    setup,
    root=True,
    tables=(SPOKEN,),
    entities=entities,
    actions=actions,
    check=check,
    events=frozenset({
        "announcement_started", "announcement_finished", "announcement_dropped", "print_done", "print_failed",
    }),
    values={
        "printer": frozenset({"ready", "busy", "paper_low", "paper_out", "fault", "offline"}),
        "display": frozenset({"ready", "offline"}),
        "speaker": frozenset({"idle", "speaking", "offline"}),
        "voice": frozenset({"ready", "offline"}),
    },
)  # fmt: skip
