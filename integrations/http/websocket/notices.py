"""`persistent_notification/get` and `/subscribe`: the notices that are up, for who may see them all."""

from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

from ....core.clock import Cancel
from ....core.errors import NotPermitted, UnknownAction
from ....core.events import Event
from .registries import Silence

if TYPE_CHECKING:
    from .connection import Connection

UPDATED: Final = "persistent_notifications_updated"
LIST: Final = "persistent_notification.list"


class Notices:
    """What one socket hears of notices: each change as {"type": ..., "notifications": {id: notice}}."""

    def __init__(self, socket: "Connection", number: int) -> None:
        self._socket, self._number = socket, number
        self.stop: Cancel = socket.kit.bus.listen(self._hear, UPDATED)

    def _hear(self, event: Event) -> None:
        changed = {event.data["notification_id"]: event.data["notification"]}
        self._socket.event(self._number, {"type": event.data["type"], "notifications": changed})


async def get_notices(socket: "Connection", number: int, _: BaseModel) -> None:
    socket.result(number, await _up(socket) or [])


async def subscribe_notices(socket: "Connection", number: int, _: BaseModel) -> None:
    """Who may not see them hears of none: Home Assistant's front end asks for everybody."""
    up = await _up(socket)
    socket.subscribed(number, Silence() if up is None else Notices(socket, number))
    socket.result(number)
    current = {one["notification_id"]: one for one in up or ()}
    socket.event(number, {"type": "current", "notifications": current})


async def _up(socket: "Connection") -> list[dict[str, Any]] | None:
    """The notices, oldest first; None for who may not see them, and where there are none ever."""
    try:
        answer = await socket.kit.actions.call(LIST, {}, socket.door.call(socket.caller))
    except (NotPermitted, UnknownAction):
        return None
    return list((answer or {}).get("notifications", ()))
