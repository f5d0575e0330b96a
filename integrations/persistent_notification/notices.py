"""The notices: kept over restarts, told as the event `persistent_notifications_updated`.

They are no states: `persistent_notification.list` answers them all, oldest first.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

from ...core.actions import Call
from ...core.events import Context
from ...core.ids import new_id
from ...core.integration import Kit
from ...core.store import busy
from ...core.tables import Batch
from .config import NOTICES, Config
from .models import Create, Dismiss, Nothing, Notify

UPDATED: Final = "persistent_notifications_updated"


class Notices:
    """All of them, by id, as Home Assistant's clients are told them."""

    def __init__(self, config: Config, kit: Kit) -> None:
        self._kit, self._limit = kit, config.keep
        self._notices: dict[str, dict[str, Any]] = {}
        self._turn = asyncio.Lock()  # one change after the other: each looks at how many there are

    async def open(self) -> None:
        """Read what is kept, and register the actions."""
        rows = await self._kit.store.rows(NOTICES)
        for note, _, created_at, title, message in sorted(rows, key=lambda row: (row[2], row[0])):
            self._notices[note] = _notice(note, created_at, title, message)
        add = self._kit.action
        add("persistent_notification.create", Create, self._create, response="none",
            description={"en": "Put up a notice for the staff.", "zh-CN": "发出系统通知。"})  # fmt: skip
        add("persistent_notification.dismiss", Dismiss, self._dismiss, response="none",
            description={"en": "Take a notice away.", "zh-CN": "关闭一条通知。"})  # fmt: skip
        add("persistent_notification.dismiss_all", Nothing, self._dismiss_all, response="none",
            description={"en": "Take all notices away.", "zh-CN": "关闭全部通知。"})  # fmt: skip
        add("persistent_notification.list", Nothing, self._list, question=True, response="only",
            description={"en": "All notices, the oldest first.", "zh-CN": "全部通知，最早的在前。"})  # fmt: skip
        add("notify.persistent_notification", Notify, self._notify, response="none",
            description={"en": "Put up a notice for the staff.", "zh-CN": "发出系统通知。"})  # fmt: skip

    async def _create(self, data: Create, call: Call) -> None:
        note, now = data.notification_id or new_id(), self._kit.clock.now()
        async with self._turn:
            others = [one for one in self._notices if one != note]
            gone = others[: max(0, len(others) + 1 - self._limit)]
            batch = _dropping(gone)
            batch.put(NOTICES, note, self._kit.site.id, now, data.title, data.message)
            await self._save(batch)
            self._take(gone, call.context)
            self._notices.pop(note, None)
            notice = self._notices[note] = _notice(note, now, data.title, data.message)
            self._tell("added", notice, call.context)

    async def _notify(self, data: Notify, call: Call) -> None:
        note = (data.data or {}).get("notification_id")
        name = None if note is None else str(note)[:200] or None
        await self._create(Create(message=data.message, title=data.title, notification_id=name), call)

    async def _dismiss(self, data: Dismiss, call: Call) -> None:
        await self._drop(lambda: [data.notification_id], call)

    async def _dismiss_all(self, data: Nothing, call: Call) -> None:
        await self._drop(lambda: list(self._notices), call)

    async def _drop(self, which: Callable[[], list[str]], call: Call) -> None:
        """One that is gone already is no fault, as in Home Assistant."""
        async with self._turn:
            gone = [one for one in which() if one in self._notices]
            if gone:
                await self._save(_dropping(gone))
                self._take(gone, call.context)

    async def _save(self, batch: Batch) -> None:
        if self._kit.store.full:
            raise busy()
        await self._kit.store.save(batch)

    async def _list(self, data: Nothing, call: Call) -> dict[str, Any]:
        return {"notifications": list(self._notices.values())}

    def _take(self, gone: list[str], context: Context) -> None:
        for note in gone:
            self._tell("removed", self._notices.pop(note), context)

    def _tell(self, what: str, notice: Mapping[str, Any], context: Context) -> None:
        data = {"type": what, "notification_id": notice["notification_id"], "notification": notice}
        self._kit.bus.fire(UPDATED, data, context)


def _dropping(notes: list[str]) -> Batch:
    batch = Batch()
    for note in notes:
        batch.drop(NOTICES, note)
    return batch


def _notice(note: str, created_at: float, title: str | None, message: str) -> dict[str, Any]:
    at = datetime.fromtimestamp(created_at, UTC).isoformat()
    return {"notification_id": note, "title": title, "message": message, "created_at": at}


@asynccontextmanager
async def open_notices(config: Config, kit: Kit) -> AsyncGenerator[None]:
    """Restore the notices, and take new ones."""
    await Notices(config, kit).open()
    yield
