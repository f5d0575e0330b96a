"""A card shown at a kiosk: it tells the class and the queue, where the kiosk takes cards at all."""

from pathlib import Path

import pytest
from usher.core.clock import HandClock
from usher.core.errors import Refused
from usher.core.testing import branch

YAML = """
usher: {name: Bank, site: bank, languages: [en, zh-CN], classes: {vip: 50}}
queue: {main: {name: Main, prefix: A}, vip: {name: VIP, prefix: V}}
counter: {"1": {name: Window 1, serves: [main, vip]}}
card: {platinum: {number: "6222*", class: vip, queue: vip, instead: {main: vip}}}
kiosk:
  lobby: {menu: [{queue: main}], cards: true}
  door: {menu: [{queue: main}]}
"""


async def test_a_card_at_a_kiosk(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        for data in ({}, {"queue": "main"}):
            ticket = (await hall.act("kiosk.issue", kiosk="lobby", card="6222 1", **data))["ticket"]
            assert (ticket["queue"], ticket["class"], ticket["origin"]) == ("vip", "vip", "kiosk.lobby")
        ticket = (await hall.act("kiosk.issue", kiosk="lobby", card="1234", queue="main"))["ticket"]
        assert (ticket["queue"], ticket["class"]) == ("main", "normal")
        for code, data in (("which_queue", {"kiosk": "lobby", "card": "1234"}),
                           ("not_on_menu", {"kiosk": "lobby", "card": "6222 1", "queue": "vip"}),
                           ("not_on_menu", {"kiosk": "door", "card": "6222 1", "queue": "main"})):  # fmt: skip
            with pytest.raises(Refused) as refused:
                await hall.act("kiosk.issue", **data)
            assert refused.value.code == code
        assert "6222" not in repr([event.data for event in hall.heard])


BOOKED = (
    YAML.replace("cards: true}", "cards: true, check_in: [code, card]}")
    + """
calendar: {all: {open: {daily: "00:00-24:00"}}}
appointment: {visit: {name: Visit, queue: main, calendar: all, early: "00:30", late: "00:15", per_person: 9}}
"""
)


async def test_a_card_of_who_is_booked_now_checks_in(tmp_path: Path) -> None:
    """Who is early is told so; whose appointment is another day's or over just comes."""
    clock = HandClock()
    async with branch(BOOKED, tmp_path, clock=clock) as hall:
        free = (await hall.act("appointment.slots", type="visit", days=2))["slots"]
        now = await hall.act("appointment.book", type="visit", at=free[0]["at"], card="6222 7")
        await hall.act("appointment.book", type="visit", at=free[-1]["at"], card="1111 7")
        soon = await hall.act("appointment.book", type="visit", at=free[8]["at"], card="3333 7")
        answer = await hall.act("kiosk.issue", kiosk="lobby", card="6222 7", request_id="tap")
        assert answer["appointment"]["id"] == now["appointment"]["id"] == answer["ticket"]["appointment"]
        assert answer == await hall.act("kiosk.issue", kiosk="lobby", card="6222 7", request_id="tap")
        again = await hall.act("kiosk.issue", kiosk="lobby", card="6222 7")
        assert (again["ticket"]["queue"], again["name"], "appointment" in again) == ("vip", "VIP", False)
        with pytest.raises(Refused) as refused:
            await hall.act("kiosk.issue", kiosk="lobby", card="3333 7")
        assert (refused.value.code, refused.value.next) == ("too_early", soon["appointment"]["at"] - 1800)
        with pytest.raises(Refused) as refused:
            await hall.act("kiosk.issue", kiosk="lobby", card="1111 7")
        assert refused.value.code == "which_queue"
        for secret in ("62227", "6222 7", "1111 7"):
            assert secret not in repr([event.data for event in hall.heard])
