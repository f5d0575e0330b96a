"""What a counter's panel is told, and when: its own changes at once, those of others in the same line soon after."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from usher.core.clock import HandClock
from usher.core.errors import Unknown
from usher.core.testing import Branch, branch
from usher.core.views import Frame

from ..conftest import YAML


def panel(hall: Branch, counter: str = "1") -> Any:
    view = hall.engine.views.get(f"counter/{counter}")
    assert view is not None
    return json.loads(view.read().body)


def watch(hall: Branch, name: str) -> list[Frame]:
    frames: list[Frame] = []
    view = hall.engine.views.get(name)
    assert view is not None
    view.read()
    view.subscribe(frames.append)
    return frames


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def test_it_says_what_can_be_undone_and_until_when(hall: Branch, clock: HandClock) -> None:
    await hall.act("counter.sign_in", counter="1", staff="amy")
    await hall.act("queue.issue", queue="personal")
    assert panel(hall)["undo"] is None
    await hall.act("counter.call_next", counter="1")
    assert panel(hall)["undo"] == {"action": "counter.call_next", "number": "A001", "until": clock.now() + 8}
    await hall.act("counter.start", counter="1")
    await hall.act("counter.finish", counter="1")
    assert panel(hall)["undo"]["action"] == "counter.finish"
    await clock.turn(9)
    await hall.act("queue.issue", queue="personal")
    assert panel(hall)["undo"] is None


async def test_a_long_line_leaves_room_for_the_others(hall: Branch) -> None:
    for _ in range(60):
        await hall.act("queue.issue", queue="personal")
    for _ in range(3):
        await hall.act("queue.issue", queue="corporate")
    listed = [t["number"] for t in panel(hall)["waiting"]]
    assert len(listed) == 50
    assert listed[:2] == ["A001", "A002"]
    assert listed[-3:] == ["B001", "B002", "B003"]


async def test_who_is_aside_is_listed_in_the_order_of_becoming_so(hall: Branch) -> None:
    await hall.act("counter.sign_in", counter="1", staff="amy")
    for _ in range(3):
        await hall.act("queue.issue", queue="personal")
    await hall.act("queue.issue", queue="personal", ready=False)
    await hall.act("ticket.hold", ticket="A002", **{"for": "step"}, step="copies")
    await hall.act("ticket.hold", ticket="A001")
    await hall.act("counter.call", counter="1", ticket="A003")
    await hall.act("counter.no_show", counter="1")
    shown = panel(hall)
    assert [t["number"] for t in shown["held"]] == ["A002", "A001"]
    assert shown["held"][0]["step"] == "copies"
    assert [t["number"] for t in shown["missed"]] == ["A003"]
    assert [t["number"] for t in shown["pending"]] == ["A004"]
    await hall.act("ticket.release", ticket="A002")
    assert [t["number"] for t in panel(hall)["held"]] == ["A001"]


async def test_its_own_changes_are_shown_at_once_and_others_soon(tmp_path: Path, clock: HandClock) -> None:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await hall.act("counter.sign_in", counter="1", staff="amy")
        await hall.act("counter.sign_in", counter="2", staff="bob")
        await hall.act("queue.issue", queue="personal")
        await hall.act("queue.issue", queue="loss")  # not served at 2
        own, other = watch(hall, "counter/1"), watch(hall, "counter/2")
        await hall.act("counter.call", counter="1", ticket="A001")
        await until(lambda: own)
        assert json.loads(own[-1].body)["ticket"]["number"] == "A001"
        assert other == []  # the clock stands still
        await clock.turn(0.1)
        await until(lambda: other)
        assert json.loads(other[-1].body)["waiting"] == []
        heard = len(other)
        await hall.act("queue.issue", queue="loss")
        await clock.turn(1)
        assert len(other) == heard  # nothing there that it shows


async def test_many_pages_are_told_a_few_at_a_time(tmp_path: Path, clock: HandClock) -> None:
    counters = "".join(f'  "{n}": {{name: W, serves: [personal]}}\n' for n in range(3, 33))
    async with branch(YAML + counters, tmp_path, clock=clock) as hall:
        pages = [watch(hall, f"counter/{n}") for n in range(1, 33)]
        await hall.act("queue.issue", queue="personal")
        await clock.turn(0.021)
        told = sum(map(bool, pages))
        assert 0 < told <= 4
        await clock.turn(1)
        assert all(pages)
        assert all(len(page) == 1 for page in pages)


async def test_where_a_visitor_may_be_sent_is_asked(hall: Branch) -> None:
    await hall.act("counter.sign_in", counter="2", staff="bob")
    await hall.act("queue.issue", queue="corporate")
    await hall.act("queue.pause", queue="loss")
    answer = await hall.act("counter.targets", counter="1")
    assert [(q["queue"], q["waiting"], q["paused"]) for q in answer["queues"]] == [
        ("personal", 0, False), ("corporate", 1, False), ("loss", 0, True)]  # fmt: skip
    assert [(c["id"], c["open"], c["queues"]) for c in answer["counters"]] == [("2", True, ["corporate", "personal"])]
    assert (answer["staff"], answer["pools"]) == ([], [])
    with pytest.raises(Unknown):
        await hall.act("counter.targets", counter="99")


async def test_a_phone_hears_of_the_line_it_is_in_now(hall: Branch, clock: HandClock) -> None:
    mine = (await hall.act("queue.issue", queue="personal"))["ticket"]["id"]
    first = (await hall.act("queue.issue", queue="corporate"))["ticket"]["id"]
    frames = watch(hall, f"phone/{mine}")
    await hall.act("ticket.transfer", ticket=mine, queue="corporate")
    await clock.turn(1)
    assert json.loads(frames[-1].body)["ahead"] == 1
    await hall.act("counter.sign_in", counter="1", staff="amy")
    await hall.act("ticket.cancel", ticket=first)
    await clock.turn(1)
    assert json.loads(frames[-1].body)["ahead"] == 0


async def test_a_panel_hears_of_the_queues_it_serves_now(hall: Branch, clock: HandClock) -> None:
    await hall.act("counter.sign_in", counter="1", staff="amy")
    await hall.act("counter.set_serves", counter="1", serves=["corporate"])
    assert panel(hall)["waiting"] == []
    frames = watch(hall, "counter/1")
    drawn = (await hall.act("queue.issue", queue="corporate"))["ticket"]["number"]
    await clock.turn(1)
    assert [t["number"] for t in json.loads(frames[-1].body)["waiting"]] == [drawn]
