"""The kiosk's view and entity follow the queues and the printer."""

import asyncio
import json
from collections.abc import AsyncGenerator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from usher.core.clock import HandClock
from usher.core.testing import Branch, branch
from usher.core.views import Frame

from .test_issuing import YAML, with_printer


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncGenerator[Branch, None]:
    async with branch(YAML, tmp_path) as running:
        yield running


def document(hall: Branch) -> dict[str, Any]:
    view = hall.engine.views.get("kiosk/lobby")
    assert view is not None
    found: dict[str, Any] = json.loads(view.read().body)
    return found


async def test_the_document(hall: Branch) -> None:
    found = document(hall)
    assert found["site"] == {"name": {"en": "Branch", "zh-CN": "支行"}, "languages": ["zh-CN", "en"],
                             "time_zone": "Asia/Shanghai"}  # fmt: skip
    assert (found["languages"], found["open"], found["printer"]) == (["zh-CN", "en"], True, "none")
    assert found["limits"] == {"idle_s": 45.0, "return_s": 6.0}
    main, more = found["menu"]
    assert (main["name"], main["queue"], main["waiting"], main["menu"]) == (
        {"en": "Main", "zh-CN": "主要业务"},
        "main",
        0,
        None,
    )
    (cheque,) = more["menu"]
    assert (cheque["id"], cheque["name"], cheque["service"]) == ("1.0", {"en": "Cheques", "zh-CN": "支票"}, "cheque")


async def test_it_follows_the_queues(hall: Branch) -> None:
    view = hall.engine.views.get("kiosk/lobby")
    assert view is not None
    frames: list[Frame] = []
    view.subscribe(frames.append)
    await hall.act("queue.issue", queue="main")
    await asyncio.sleep(0)
    assert json.loads(frames[-1].body)["menu"][0]["waiting"] == 1
    await hall.act("queue.pause", queue="main", reason="Lunch")
    found = document(hall)
    assert (found["open"], found["menu"][0]["paused"], found["menu"][0]["reason"]) == (False, True, "Lunch")
    assert found["menu"][1]["paused"] is True
    assert hall.state("kiosk.lobby").value == "closed"
    await hall.act("queue.resume", queue="main")
    assert document(hall)["open"] is True
    assert hall.state("kiosk.lobby").value == "ready"


async def test_it_follows_the_printer(tmp_path: Path) -> None:
    async with branch(with_printer("wanted"), tmp_path) as hall:
        for state, value in (("ready", "ready"), ("paper_out", "no_paper"), ("paper_low", "ready")):
            hall.engine.states.set("printer.lobby", state)
            await asyncio.sleep(0)
            assert document(hall)["printer"] == state
            assert hall.state("kiosk.lobby").value == value
            assert hall.state("kiosk.lobby").attributes["printer"] == "printer.lobby"
        hall.engine.states.set("printer.lobby", "ready", available=False)
        assert document(hall)["printer"] == "offline"


async def test_a_button_says_why_no_number_is_given_and_when_again(tmp_path: Path) -> None:
    hours = "calendar: {office: {open: {daily: ['08:30-12:00', '13:30-17:00']}}}\nhall: {calendar: office}\n"
    noon = datetime(2026, 11, 23, 12, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    clock = HandClock(noon.timestamp(), "Asia/Shanghai")
    async with branch(YAML + hours, tmp_path, clock=clock) as hall:
        found = document(hall)
        button = found["menu"][0]
        assert (found["open"], button["paused"], button["why"]) == (False, True, "outside_hours")
        assert button["opens_at"] == clock.now() + 3600
        assert "from 13:30 today" in button["reason"]["en"]
        assert "今天 13:30" in button["reason"]["zh-CN"]
        assert hall.state("kiosk.lobby").value == "closed"
        clock.set_back(-3590)
        await clock.turn(30)
        assert document(hall)["open"] is True
        assert hall.state("kiosk.lobby").value != "closed"


async def test_a_button_says_how_long_one_will_wait(tmp_path: Path) -> None:
    clock = HandClock()
    async with branch(YAML.replace("prefix: A,", 'prefix: A, service_time: "00:10",'), tmp_path, clock=clock) as hall:
        assert document(hall)["menu"][0]["estimated_wait"] is None  # nobody serves
        await hall.act("counter.sign_in", counter="1", staff="li")
        for _ in range(3):
            await hall.act("queue.issue", queue="main")
        await hall.act("counter.call_next", counter="1")
        await clock.turn(15)
        told = await hall.act("queue.estimate", queue="main")
        assert (told["wait"], told["ahead"]) == (1800, 2)
        assert document(hall)["menu"][0]["estimated_wait"] == [told["low"], told["high"]]
