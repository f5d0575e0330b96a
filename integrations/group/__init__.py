"""Groups: several things as one."""

from contextlib import AbstractAsyncContextManager

from pydantic import BaseModel

from ...core.integration import Integration, Kit
from .check import check
from .config import Config


def setup(config: Config, kit: Kit) -> AbstractAsyncContextManager[None]:
    """Show each group, and keep it true."""
    from .groups import open_groups

    return open_groups(config, kit)


def entities(config: Config) -> set[str]:
    """What it will register."""
    return {f"group.{name}" for name in config.root}


def actions(config: Config) -> dict[str, type[BaseModel] | None]:
    """What it will register."""
    from .groups import Remove, Set

    return {"group.set": Set, "group.remove": Remove}


INTEGRATION = Integration(Config, setup, entities=entities, actions=actions, check=check)
