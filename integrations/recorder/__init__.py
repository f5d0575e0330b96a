"""The recorder: the history of states and events, kept in a database by a child process of its own."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from ...core.integration import Integration, Kit
from .config import ENTITY, Config, check
from .models import QUESTIONS


@asynccontextmanager
async def setup(config: Config, kit: Kit) -> AsyncGenerator[None, None]:
    """Listen, write, answer, and at the end write what is still here."""
    from .recorder import Recorder  # only where a hall really records

    recorder = Recorder(config, kit)
    async with recorder.at_work():
        yield


INTEGRATION = Integration(
    Config, setup, entities=lambda config: {ENTITY}, actions=lambda config: QUESTIONS, check=check
)  # fmt: skip
