"""Kiosks: a menu, a number, paper if there is any, and the way to the phone page."""

from contextlib import AbstractAsyncContextManager

from pydantic import BaseModel

from ...core.integration import Integration, Kit
from .check import check
from .config import Config


def setup(config: Config, kit: Kit) -> AbstractAsyncContextManager[None]:
    """Offer each kiosk's view and the action kiosk.issue."""
    from .kiosks import open_kiosks

    return open_kiosks(config, kit)


def entities(config: Config) -> set[str]:
    """What it will register."""
    return {f"kiosk.{name}" for name in config.root}


def actions(config: Config) -> dict[str, type[BaseModel] | None]:
    """What it will register."""
    from .issuing import CheckIn, Issue

    return {"kiosk.issue": Issue, "kiosk.check_in": CheckIn}


INTEGRATION = Integration(
    Config, setup, entities=entities, actions=actions, check=check, template_words=frozenset({"qr"})
)
