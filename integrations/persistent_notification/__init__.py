"""Notices that stay until somebody dismisses them."""

from contextlib import AbstractAsyncContextManager

from pydantic import BaseModel

from ...core.integration import Integration, Kit
from .config import NOTICES, Config


def setup(config: Config, kit: Kit) -> AbstractAsyncContextManager[None]:
    """Restore the notices, and take new ones."""
    from .notices import open_notices

    return open_notices(config, kit)


def actions(config: Config) -> dict[str, type[BaseModel] | None]:
    """What it will register."""
    from .models import MODELS

    return dict(MODELS)


INTEGRATION = Integration(Config, setup, tables=(NOTICES,), actions=actions,
                          events=frozenset({"persistent_notifications_updated"}))  # fmt: skip
