"""Who has an appointment at a kiosk: what is shown is understood, the ticket is today's, wrong tries wait."""

from collections.abc import AsyncGenerator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from usher.core.access import Caller
from usher.core.actions import Call
from usher.core.clock import HandClock
from usher.core.errors import NotPermitted, Refused, Unknown
from usher.core.testing import Branch, branch
from usher.integrations.kiosk.booked import meant

from .test_issuing import YAML

NOON = datetime(2025, 11, 24, 12, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()
BOOKABLE = (
    YAML.replace("    menu:\n", "    check_in: [code, phone, card]\n    menu:\n", 1)
    + """
calendar: {always: {open: {daily: "00:00-24:00"}}}
appointment: {passport: {name: Passport, queue: main, calendar: always, slot: "00:10", capacity: 9}}
"""
)


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncGenerator[Branch, None]:
    async with branch(BOOKABLE, tmp_path, clock=HandClock(NOON, "Asia/Shanghai")) as running:
        yield running


async def book(hall: Branch, **data: Any) -> dict[str, Any]:
    return await hall.act("appointment.book", type="passport", at=NOON + 600, **data)


@pytest.mark.parametrize(
    ("text", "by", "field"),
    [
        ("427837", ["code"], {"appointment": "427837"}),
        (" 427 837 ", ["code", "card"], {"appointment": "427837"}),
        ("42783712", ["code"], {"appointment": "42783712"}),
        ("138 0000 0000", ["code", "phone"], {"phone": "13800000000"}),
        ("+8613800000000", ["phone"], {"phone": "+8613800000000"}),
        ("6222021234567890", ["code", "card"], {"card": "6222021234567890"}),
        ("KJ-2025/17", ["code", "case"], {"case": "KJ-2025/17"}),
        ("https://hall.example/a/a.01ABC.good", ["code"], {"appointment": "01ABC"}),
        ("a.01ABC.good", ["code"], {"appointment": "01ABC"}),
    ],
)
def test_what_is_meant(text: str, by: list[Any], field: dict[str, str]) -> None:
    def read(token: str) -> Caller | None:
        return Caller("link:a:01ABC", "01ABC", "screen") if token == "a.01ABC.good" else None

    assert meant(text, by, read) == field


@pytest.mark.parametrize("text", ["1234", "a.01ABC.bad", "13800000000", "hello"])
def test_what_means_nothing_here(text: str) -> None:
    with pytest.raises(Unknown):
        meant(text, ["code"], lambda token: None)


async def test_its_ticket(hall: Branch) -> None:
    made = await book(hall)
    answer = await hall.act("kiosk.check_in", request_id="r1", kiosk="lobby", shown=made["code"], language="en")
    ticket = answer["ticket"]
    assert (ticket["number"], ticket["origin"], ticket["language"]) == ("A001", "kiosk.lobby", "en")
    assert (answer["hint"], answer["printing"], answer["ahead"]) == ("Sit down.", False, 0)
    assert answer["appointment"]["state"] == "arrived"
    again = await hall.act("kiosk.check_in", request_id="r1", kiosk="lobby", shown=made["code"], language="en")
    assert again == answer  # a repeated tap is the same ticket
    assert len(hall.events("ticket_issued")) == 1


async def test_wrong_tries_wait(hall: Branch) -> None:
    made = await book(hall)
    for n in range(5):
        with pytest.raises(Unknown):
            await hall.act("kiosk.check_in", kiosk="lobby", shown=f"11111{n}")
    with pytest.raises(Refused) as caught:
        await hall.act("kiosk.check_in", kiosk="lobby", shown=made["code"])
    assert caught.value.code == "too_many_tries"


async def test_its_link_checks_in_and_reads_nothing(hall: Branch) -> None:
    made = await book(hall)
    view = hall.engine.views.get("kiosk/lobby")
    assert view is not None
    caller = hall.engine.accounts.links.read(hall.engine.accounts.links.sign(view.name, view.scopes))
    assert caller is not None
    for action, data in (("appointment.get", {"appointment": made["code"]}), ("appointment.list", {}),
                         ("appointment.check_in", {"appointment": made["code"]})):  # fmt: skip
        with pytest.raises(NotPermitted):
            await hall.engine.actions.call(action, data, Call(caller))
    await hall.engine.actions.call("kiosk.check_in", {"kiosk": "lobby", "shown": made["code"]}, Call(caller))


async def test_a_kiosk_without_it(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path) as hall:
        with pytest.raises(Refused) as caught:
            await hall.act("kiosk.check_in", kiosk="lobby", shown="427837")
        assert caught.value.code == "not_on_menu"
        view = hall.engine.views.get("kiosk/lobby")
        assert view is not None
        assert "action:kiosk.check_in" not in view.scopes
