"""The hall's door for browsers and programs: pages, REST and WebSocket on one port."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from ...core.integration import Integration, Kit
from .config import Config
from .webhook_trigger import WebhookTrigger


@asynccontextmanager
async def setup(config: Config, kit: Kit) -> AsyncGenerator[None, None]:
    """Open the port, serve, and close every socket at the end."""
    from .app import serve  # aiohttp is imported only when the hall really runs

    async with serve(config, kit):
        yield


INTEGRATION = Integration(Config, setup, triggers={"webhook": WebhookTrigger})
