"""The data of the actions on notices."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, Field

from ...core.schema import Strict
from ...core.things import PlainText


class Create(Strict):
    """persistent_notification.create."""

    message: PlainText = Field(max_length=10_000, description="What it says.")
    title: PlainText | None = Field(None, max_length=500, description="Its heading.")
    notification_id: PlainText | None = Field(
        None, min_length=1, max_length=200, description="A notice with the same id is replaced; default: a new one."
    )


class Dismiss(Strict):
    """persistent_notification.dismiss."""

    notification_id: PlainText = Field(max_length=200, description="The notice.")


class Nothing(Strict):
    """persistent_notification.dismiss_all and list."""


class Notify(Strict):
    """notify.persistent_notification: the same as create, as Home Assistant's notify spells it."""

    message: PlainText = Field(max_length=10_000, description="What it says.")
    title: PlainText | None = Field(None, max_length=500, description="Its heading.")
    data: dict[str, Any] | None = Field(None, description="{notification_id: ...}: replaces the notice of this id.")


MODELS: Final[Mapping[str, type[BaseModel]]] = {
    "persistent_notification.create": Create,
    "persistent_notification.dismiss": Dismiss,
    "persistent_notification.dismiss_all": Nothing,
    "persistent_notification.list": Nothing,
    "notify.persistent_notification": Notify,
}
