"""Ratings: a visitor who was served says how it was, once for each service."""

from contextlib import AbstractAsyncContextManager

from pydantic import BaseModel

from ...core.integration import Integration, Kit
from .check import check
from .config import Config, sensors
from .tables import TABLES


def setup(config: Config, kit: Kit) -> AbstractAsyncContextManager[None]:
    """Ask after each service, take ratings, show figures."""
    from .feedback import open_feedback

    return open_feedback(config, kit)


def actions(config: Config) -> dict[str, type[BaseModel] | None]:
    """What it will register."""
    from .models import MODELS

    return dict(MODELS)


INTEGRATION = Integration(
    Config, setup, tables=TABLES, entities=sensors, actions=actions, check=check,
    events=frozenset({"feedback_asked", "feedback_given", "feedback_reasons", "bad_rating"}),
)  # fmt: skip
