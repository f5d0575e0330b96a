"""`persistent_notification/get` and `/subscribe`, as Home Assistant's front end asks them."""

from typing import Any

import pytest
from usher.core.actions import Call
from usher.core.schema import Strict

STAFF = "usher_staff"
NOTICE = {
    "notification_id": "paper",
    "title": None,
    "message": "Paper is low",
    "created_at": "2026-11-22T10:24:05+00:00",
}


class Nothing(Strict):
    """No data."""


@pytest.fixture
def with_notice(hall: Any) -> Any:
    async def answer(data: Nothing, call: Call) -> dict[str, Any]:
        return {"notifications": [NOTICE]}

    hall.kit.action("persistent_notification.list", Nothing, answer, question=True, response="only")
    return hall


async def test_get(connect, with_notice):
    wire = await connect()
    assert await wire.good("persistent_notification/get") == [NOTICE]


async def test_subscribe(connect, with_notice):
    wire = await connect()
    number = await wire.send("persistent_notification/subscribe")
    assert (await wire.read())["result"] is None
    assert await wire.event() == {"type": "current", "notifications": {"paper": NOTICE}}
    told = {"type": "removed", "notification_id": "paper", "notification": NOTICE}
    with_notice.bus.fire("persistent_notifications_updated", told)
    assert await wire.event() == {"type": "removed", "notifications": {"paper": NOTICE}}
    await wire.good("unsubscribe_events", subscription=number)
    with_notice.bus.fire("persistent_notifications_updated", told)
    await wire.quiet()


async def test_who_may_not_see_them_hears_of_none(connect, with_notice):
    wire = await connect(STAFF)
    assert await wire.good("persistent_notification/get") == []
    await wire.send("persistent_notification/subscribe")
    assert (await wire.read())["success"]
    assert await wire.event() == {"type": "current", "notifications": {}}
    with_notice.bus.fire("persistent_notifications_updated",
                         {"type": "added", "notification_id": "paper", "notification": NOTICE})  # fmt: skip
    await wire.quiet()


async def test_a_hall_without_them(connect):
    wire = await connect()
    assert await wire.good("persistent_notification/get") == []
