"""The installer's language: templates, automations, blueprints, traces.

It knows no queue: the trigger `ticket` and the filter `spoken` are lent by the hall.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from ..integration import Integration, Kit
from .check import check
from .config import LanguageConfig, actions, entities
from .tables import TABLES


@asynccontextmanager
async def setup(config: LanguageConfig, kit: Kit) -> AsyncGenerator[None]:
    """Set the automations up, and let the runs go on that waited when the hall went down."""
    from .automations import Automations  # `usher check` needs none of what runs

    await Automations(kit, config.automation).begin()
    yield


LANGUAGE = Integration(LanguageConfig, setup, root=True, tables=TABLES, entities=entities, actions=actions, check=check,
                       events=frozenset({"automation_triggered"}), values={"automation": frozenset({"on", "off"})})  # fmt: skip
