"""The blueprints usher brings, each really run: the hall's own trigger and words, the devices' own models."""

import pytest
from usher.core.devices.displays import Show
from usher.core.devices.speakers import Announce
from usher.core.hall.text import masked, minutes, spoken
from usher.core.hall.triggers.triggers import lend
from usher.core.offers import FILTERS

TICKET = {"id": "T1", "number": "A012", "queue": "main", "class": "normal", "counter": "1", "calls": 1}


class Devices:
    """Takes what the blueprints ask of devices, after the real models have read it."""

    def __init__(self, w):
        self.w, self.announced, self.shown, self.events = w, [], [], []
        lend(w.kit)
        for name, word in (("spoken", spoken), ("masked", masked), ("minutes", minutes)):
            w.kit.offer(FILTERS, name, word)
        w.kit.action("speaker.announce", Announce, self._announce)
        w.kit.action("display.show", Show, self._show)
        w.bus.listen(self.events.append, "printer_needs_care")
        w.states.set("counter.1", "calling", {"name": {"en": "Window 1", "zh-CN": "1号窗口"}})
        w.states.set("queue.main", 3, {"oldest_wait": 60})
        w.states.set("printer.lobby", "ready", {"name": {"en": "Lobby printer", "zh-CN": "大厅打印机"}})

    async def _announce(self, data, call):
        self.announced.append(data)

    async def _show(self, data, call):
        self.shown.append(data)


@pytest.fixture
def devices():
    return Devices


def call(w, **changes):
    ticket = {**TICKET, **changes}
    w.bus.fire("ticket_called", {"ticket": ticket, "reasons": [], "calls": ticket["calls"]})


async def test_announce_call(wing, devices):
    async with wing("""
automation:
  - alias: Call
    use_blueprint: {path: usher/announce_call.yaml, input: {speaker: speaker.hall, repeat: 2}}
  - alias: Only counter 2, in English
    use_blueprint:
      path: usher/announce_call.yaml
      input:
        speaker: [speaker.hall]
        counters: [counter.2]
        languages: [en]
        message: {en: "{{ number }} to {{ counter | translate('en') }}"}
""") as w:  # fmt: skip
        d = devices(w)
        await w.settle()
        call(w)
        await w.settle()
        (said,) = d.announced
        assert said.speaker == ["hall"]
        assert (said.repeat, said.languages) == (2, None)
        assert said.message["en"] == "Ticket A, zero, one, two, please go to Window 1."
        assert said.message["zh-CN"] == "请A零一二号到1号窗口。"
        assert said.ticket.number == "A012"
        call(w, number="12", counter="2", calls=2)
        await w.settle()
        assert [a.message["en"] for a in d.announced[1:]] == ["Ticket one, two, please go to 2.", "12 to 2"]
        assert d.announced[2].languages == ["en"]


async def test_fifty_calls_at_once_are_said_in_order(wing, devices):
    async with wing("""
automation:
  - use_blueprint: {path: usher/announce_call.yaml, input: {speaker: speaker.hall}}
""") as w:  # fmt: skip
        d = devices(w)
        for n in range(50):
            call(w, number=f"A{n:03d}")
        await w.settle()
        assert [a.ticket.number for a in d.announced] == [f"A{n:03d}" for n in range(50)]


async def test_queue_is_long(wing, devices):
    async with wing("""
automation:
  - alias: Long
    use_blueprint:
      path: usher/queue_is_long.yaml
      input: {queue: queue.main, above: 10, for: "00:02", display: display.hall}
""") as w:  # fmt: skip
        d = devices(w)
        w.states.set("queue.main", 11, {"oldest_wait": 1500})
        await w.turn(119)
        assert d.shown == []
        await w.turn(1)
        (shown,) = d.shown
        assert shown.display == ["hall"]
        assert shown.text["en"] == "11 people are waiting, the longest for 25 min. Thank you for your patience."
        assert shown.text["zh-CN"].startswith("11人正在等候，最长已等25分钟")
        assert shown.seconds == 60


async def test_printer_needs_care(wing, devices):
    async with wing("""
automation:
  - alias: Paper
    use_blueprint:
      path: usher/printer_needs_care.yaml
      input: {printer: [printer.lobby], display: [display.staff], again: "00:05"}
""") as w:  # fmt: skip
        d = devices(w)
        w.states.set("printer.lobby", "paper_out", {"name": {"en": "Lobby printer", "zh-CN": "大厅打印机"}})
        await w.turn(10)
        (shown,) = d.shown
        assert shown.text == {"en": "Lobby printer: out of paper", "zh-CN": "大厅打印机：缺纸"}
        assert [dict(e.data) for e in d.events] == [{"printer": "printer.lobby", "state": "paper_out"}]
        await w.turn(300)
        assert d.events[-1].data == {"printer": "printer.lobby", "state": "paper_out", "again": True}
        w.states.set("printer.lobby", "ready")
        await w.turn(600)
        assert len(d.events) == 2
