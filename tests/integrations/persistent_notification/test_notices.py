"""Notices: put up, replaced, dismissed, kept over a restart, and never more than so many."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from usher.core.access import Caller
from usher.core.clock import HandClock
from usher.core.config import ALWAYS
from usher.core.errors import BadData, NotPermitted, Refused
from usher.core.testing import Branch, Disk, branch

YAML = "persistent_notification: {keep: 3}"


async def create(hall: Branch, message: Any = "Paper is low", **data: Any) -> None:
    await hall.act("persistent_notification.create", message=message, **data)


async def up(hall: Branch) -> list[Any]:
    answer = await hall.act("persistent_notification.list")
    return [(one["notification_id"], one["title"], one["message"]) for one in answer["notifications"]]


def told(hall: Branch) -> list[Any]:
    return [(e.data["type"], e.data["notification_id"]) for e in hall.events("persistent_notifications_updated")]


def test_every_hall_has_them() -> None:
    assert "persistent_notification" in ALWAYS


async def test_create_replace_dismiss(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        await create(hall, title="Printer", notification_id="paper")
        await create(hall, "Paper is out", notification_id="paper")
        await hall.act("notify.persistent_notification", message=7, data={"notification_id": "n"})
        assert await up(hall) == [("paper", None, "Paper is out"), ("n", None, "7")]
        await hall.act("persistent_notification.dismiss", notification_id="paper")
        await hall.act("persistent_notification.dismiss", notification_id="paper")  # gone already: no fault
        assert await up(hall) == [("n", None, "7")]
        assert told(hall) == [("added", "paper"), ("added", "paper"), ("added", "n"), ("removed", "paper")]
        (notice,) = [e.data["notification"] for e in hall.events("persistent_notifications_updated")][:1]
        assert notice == {"notification_id": "paper", "title": "Printer", "message": "Paper is low",
                          "created_at": "2025-11-22T00:00:00+00:00"}  # fmt: skip


async def test_they_are_kept_over_a_restart(tmp_path: Path) -> None:
    clock = HandClock()
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await create(hall, "b", notification_id="b")
        await clock.turn(1)
        await create(hall, "a", title="A", notification_id="a")
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        assert await up(hall) == [("b", None, "b"), ("a", "A", "a")]
        await hall.act("persistent_notification.dismiss_all")
        assert told(hall) == [("removed", "b"), ("removed", "a")]
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        assert await up(hall) == []


async def test_the_oldest_goes_when_there_are_too_many(tmp_path: Path) -> None:
    clock = HandClock()
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await asyncio.gather(*(create(hall, str(n)) for n in range(20)))
        assert [message for _, _, message in await up(hall)] == ["17", "18", "19"]
        assert len({name for name, _, _ in await up(hall)}) == 3
        assert [kind for kind, _ in told(hall)].count("removed") == 17


@pytest.mark.parametrize("data", [{}, {"message": None}, {"message": "x", "colour": "red"}, {"message": "x" * 10_001},
                                  {"message": "x", "notification_id": ""}])  # fmt: skip
async def test_bad_data(tmp_path: Path, data: dict[str, Any]) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        with pytest.raises(BadData):
            await hall.act("persistent_notification.create", **data)
        assert told(hall) == []


async def test_what_is_not_stored_is_not_up(tmp_path: Path) -> None:
    disk = Disk()
    async with branch(YAML, tmp_path, clock=HandClock(), connect=disk.connect) as hall:
        await create(hall, notification_id="first")
        disk.break_down()
        with pytest.raises(Refused):
            await create(hall, notification_id="second")
        with pytest.raises(Refused):
            await hall.act("persistent_notification.dismiss_all")
        assert [name for name, _, _ in await up(hall)] == ["first"]
        disk.mend()


async def test_staff_may_not_read_them(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock(), caller=Caller("s", "Staff", "staff")) as hall:
        for call in (create(hall), up(hall)):
            with pytest.raises(NotPermitted):
                await call


async def test_an_automation_hears_of_them(tmp_path: Path) -> None:
    yaml = (
        YAML
        + """
input_text: {said: }
automation:
  - triggers: {trigger: persistent_notification, update_type: [added], notification_id: paper}
    actions:
      - action: input_text.set_value
        target: {entity_id: input_text.said}
        data: {value: "{{ trigger.update_type }}: {{ trigger.notification.message }}"}
"""
    )
    clock = HandClock()
    async with branch(yaml, tmp_path, clock=clock) as hall:
        await create(hall, "Other", notification_id="other")
        await create(hall, notification_id="paper")
        for _ in range(200):
            await clock.turn(0)
            await hall.act("persistent_notification.dismiss", notification_id="nothing")
            if hall.state("input_text.said").value is not None:
                break
            await asyncio.sleep(0.005)
        assert hall.state("input_text.said").value == "added: Paper is low"
