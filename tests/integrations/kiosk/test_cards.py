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
