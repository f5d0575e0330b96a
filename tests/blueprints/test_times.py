"""Blueprints by the clock: closing, holidays, nights, announcements, the daily test. The bank opens on a Monday, 12:00."""

from .leaping import leaping

HOUR = 3600


@leaping
async def test_stop_issuing(house):
    async with house("""
automation:
  - use_blueprint:
      path: usher/stop_issuing.yaml
      input: {queues: [queue.main, queue.cash], stop: "16:45", start: "08:45", days: [mon, tue]}
""") as h:
        await h.turn(4.75 * HOUR - 1)
        assert h.state("queue.main").attributes["open"]
        await h.turn(1)
        assert [h.state(f"queue.{q}").attributes["open"] for q in ("main", "cash")] == [False, False]
        assert h.state("queue.cash").attributes["pause_reason"]["zh-CN"] == "即将下班，今日已停止取号。"
        await h.turn(16 * HOUR)
        assert [h.state(f"queue.{q}").attributes["open"] for q in ("main", "cash")] == [True, True]
        await h.turn(32 * HOUR)  # Wednesday is none of its days
        assert h.state("queue.main").attributes["open"]


@leaping
async def test_holiday_notice(house):
    async with house("""
automation:
  - use_blueprint:
      path: usher/holiday_notice.yaml
      input: {dates: [2025-11-25], queues: [queue.main], display: [display.hall]}
""") as h:
        await h.turn(12 * HOUR)
        assert h.state("queue.main").attributes["open"]
        await h.turn(300)
        assert not h.state("queue.main").attributes["open"]
        assert [dict(text)["zh-CN"] for text in h.shown()] == ["今日放假停业，节后欢迎光临。"]
        await h.turn(24 * HOUR)
        assert h.state("queue.main").attributes["open"]


@leaping
async def test_night_mode(house):
    async with house("""
automation:
  - use_blueprint:
      path: usher/night_mode.yaml
      input: {queues: [queue.main], speakers: [speaker.hall], displays: [display.hall], from: "20:00", to: "07:30"}
""") as h:
        await h.turn(8 * HOUR)
        assert not h.state("queue.main").attributes["open"]
        assert [dict(text)["en"] for text in h.shown()] == ["We are closed. Good night."]
        await h.turn(11.5 * HOUR)
        assert h.state("queue.main").attributes["open"]
        assert h.recording.shown[-1].board.message is None


@leaping
async def test_announce_at(house):
    async with house("""
automation:
  - use_blueprint:
      path: usher/announce_at.yaml
      input:
        speaker: speaker.hall
        times: ["13:00", "17:30"]
        days: [mon]
        message: {en: The break is over., zh-CN: 午休结束。}
""") as h:
        await h.turn(HOUR + 30)
        assert h.said() == ["The break is over."]
        assert h.said("zh-CN") == ["午休结束。"]
        await h.turn(5 * HOUR)
        assert len(h.said()) == 2
        await h.turn(24 * HOUR)
        assert len(h.said()) == 2


@leaping
async def test_wait_announcement(house):
    async with house("""
automation:
  - use_blueprint:
      path: usher/wait_announcement.yaml
      input: {queue: main, speaker: speaker.hall, every: /30, at_least: 2}
""") as h:
        await h.issue()
        await h.turn(0.5 * HOUR + 60)
        assert h.said() == []
        await h.issue()
        await h.turn(0.5 * HOUR)
        assert h.said() == ["Personal: 2 are waiting, the longest for 60 minutes."]
        await h.turn(12 * HOUR)
        assert len(h.said()) == 8  # the last one at 16:30


@leaping
async def test_tannoy_test(house):
    async with house("""
automation:
  - use_blueprint:
      path: usher/tannoy_test.yaml
      input: {speakers: [speaker.hall, speaker.office], at: "12:30"}
""") as h:
        h.engine.states.set("speaker.office", "offline", dict(h.state("speaker.office").attributes))
        await h.turn(0.5 * HOUR + 60)
        assert [(one.speaker, text) for one, text in zip(h.recording.said, h.said(), strict=True)] == [
            ("speaker.hall", "This is a test of the speakers."), ("speaker.office", "This is a test of the speakers."),
        ]  # fmt: skip
        (note,) = await h.notes()
        assert "These speakers are silent: office" in note


@leaping
async def test_device_offline(house):
    async with house("""
automation:
  - use_blueprint:
      path: usher/device_offline.yaml
      input:
        devices: [speaker.office, printer.lobby]
        for: 60
        actions: {event: told, event_data: {message: "{{ texts.en }}"}}
        actions_back: [{event: told, event_data: {message: "{{ texts.en }}", back: true}}]
""") as h:
        shown = dict(h.state("speaker.office").attributes)
        h.engine.states.set("speaker.office", "offline", shown)
        await h.turn(60)
        assert h.told() == [{"message": "office: offline"}]
        h.engine.states.set("speaker.office", "idle", shown)
        await h.turn()
        assert h.told()[1:] == [{"message": "office: back again", "back": True}]


@leaping
async def test_printer_needs_care(house):
    async with house("""
automation:
  - use_blueprint:
      path: usher/printer_needs_care.yaml
      input:
        printer: [printer.lobby]
        display: [display.staff]
        again: "00:05"
        actions: {event: told, event_data: {state: "{{ states(printer) }}"}}
""") as h:
        shown = dict(h.state("printer.lobby").attributes)
        h.engine.states.set("printer.lobby", "paper_low", shown)
        await h.turn(10)
        assert h.told() == [{"state": "paper_low"}]
        assert [dict(text)["zh-CN"] for text in h.shown("staff")] == ["lobby：纸将尽"]
        await h.turn(300)
        assert h.events("printer_needs_care")[-1].data["again"] is True
