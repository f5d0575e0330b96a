"""Weekly schedules: on during their blocks, off otherwise."""

from contextlib import AbstractAsyncContextManager

from pydantic import BaseModel

from ...core.integration import Integration, Kit
from .config import Config


def setup(config: Config, kit: Kit) -> AbstractAsyncContextManager[None]:
    """Show what is on now, and keep it true."""
    from .entities import open_schedules

    return open_schedules(config, kit)


def entities(config: Config) -> set[str]:
    """What it will register."""
    return {f"schedule.{name}" for name in config.root}


def actions(config: Config) -> dict[str, type[BaseModel] | None]:
    """What it will register."""
    from .entities import Schedules

    return {"schedule.get_schedule": Schedules}


INTEGRATION = Integration(Config, setup, entities=entities, actions=actions,
                          values={"schedule": frozenset({"on", "off"})})  # fmt: skip
