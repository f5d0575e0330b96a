"""Blueprints about queues: too long, too slow, too few to serve them, too many numbers."""

from .leaping import leaping


@leaping
async def test_queue_is_long(house):
    async with house("""
automation:
  - use_blueprint:
      path: usher/queue_is_long.yaml
      input:
        queue: queue.main
        above: 2
        for: 60
        display: [display.hall]
        actions: {event: told, event_data: {message: "{{ texts.en }}"}}
""") as h:
        await h.issue(count=3)
        await h.turn(59)
        assert h.told() == []
        await h.turn(1)
        assert h.told() == [{"message": "3 people are waiting, the longest for 1 min. Thank you for your patience."}]
        assert dict(h.shown()[0])["zh-CN"].startswith("3人正在等候")


@leaping
async def test_queue_is_long_without_a_display(house):
    async with house("""
automation:
  - use_blueprint:
      path: usher/queue_is_long.yaml
      input: {queue: queue.main, above: 1, for: 0, actions: [{event: told}]}
""") as h:
        await h.issue(count=2)
        assert len(h.told()) == 1


@leaping
async def test_longest_wait(house):
    async with house("""
automation:
  - use_blueprint: {path: usher/longest_wait.yaml, input: {queue: main, minutes: 10, again: "00:30"}}
""") as h:
        await h.issue()
        await h.turn(595)
        await h.issue()
        assert await h.notes() == []
        await h.turn(30)
        (note,) = await h.notes()
        assert note == "个人业务：最长已等10分钟，共2人等候。 / Personal: the longest wait is 10 min, 2 are waiting."
        await h.turn(1200)
        assert len(h.events("automation_triggered")) == 1
        await h.turn(700)
        assert len(h.events("automation_triggered")) == 2


@leaping
async def test_staff_shortage(house):
    async with house("""
automation:
  - use_blueprint: {path: usher/staff_shortage.yaml, input: {queue: main, each: 2, for: 60}}
""") as h:
        await h.sign_in("1", "2")
        await h.issue(count=5)
        await h.turn(30)
        await h.sign_in("3")
        await h.turn(30)
        (note,) = await h.notes()
        assert note.endswith("Personal: 5 are waiting and 2 counters are open. Open another one.")


@leaping
async def test_staff_shortage_that_passes(house):
    async with house("""
automation:
  - use_blueprint: {path: usher/staff_shortage.yaml, input: {queue: main, each: 2, for: 60}}
""") as h:
        await h.sign_in("1")
        await h.issue(count=3)
        await h.turn(30)
        await h.sign_in("2")
        await h.turn(60)
        assert await h.notes() == []
        await h.issue(count=2)  # and it is looked at again
        await h.turn(60)
        assert len(await h.notes()) == 1


@leaping
async def test_nobody_serves(house):
    async with house("""
automation:
  - use_blueprint: {path: usher/nobody_serves.yaml, input: {queue: cash, for: 60}}
""") as h:
        await h.issue("cash")
        await h.turn(60)
        assert [note.rpartition(" / ")[2] for note in await h.notes()] == [
            "Cash: 1 are waiting and no counter is open."
        ]


@leaping
async def test_balancing_counter(house):
    async with house("""
automation:
  - use_blueprint:
      path: usher/balancing_counter.yaml
      input: {queue: cash, counter: "3", above: 2, below: 2, for_open: 60, for_close: 60}
""") as h:
        await h.issue("cash", 3)
        await h.turn(60)
        assert [note.rpartition(" / ")[2] for note in await h.notes()] == ["3 are waiting. Please open Window 3."]
        await h.sign_in("3")
        await h.do("counter.call_next", counter="3")
        await h.do("counter.call_next", counter="3", current="finish")
        await h.turn(60)
        assert h.state("counter.3").attributes["pausing"] is True  # it serves somebody: it pauses afterwards
        await h.do("counter.finish", counter="3")
        assert h.state("counter.3").value == "paused"
        assert h.state("counter.3").attributes["pause_reason"]["en"] == "Please use the other windows."
        await h.issue("cash", 2)
        await h.turn(60)
        assert h.state("counter.3").value == "idle"


@leaping
async def test_quota_nearly_reached(house):
    async with house("""
automation:
  - use_blueprint: {path: usher/quota_nearly_reached.yaml, input: {queue: main, warn_above: 2, stop_above: 4}}
""") as h:
        await h.issue(count=2)
        assert await h.notes() == []
        await h.issue()
        assert [note.rpartition(" / ")[2] for note in await h.notes()] == ["Personal: 3 numbers were given today."]
        assert h.state("queue.main").attributes["open"]
        await h.issue()
        assert not h.state("queue.main").attributes["open"]
        assert h.state("queue.main").attributes["pause_reason"]["en"] == "All numbers of today are given."
        assert len(h.events("persistent_notifications_updated")) == 1 or len(await h.notes()) == 1


@leaping
async def test_conference(house):
    async with house("""
automation:
  - use_blueprint: {path: usher/conference.yaml, input: {counters: [counter.1, counter.2]}}
""") as h:
        await h.sign_in("1", "2", "3")
        await h.issue()
        await h.do("counter.call_next", counter="2")
        await h.do("counter.start", counter="2")
        await h.do("counter.pause", counter="1")
        assert [h.state(f"counter.{c}").value for c in "123"] == ["paused", "serving", "idle"]
        await h.do("counter.finish", counter="2")
        assert [h.state(f"counter.{c}").value for c in "123"] == ["paused", "paused", "idle"]
        assert h.state("counter.2").attributes["pause_reason"]["en"] == "We will be back shortly."
        await h.do("counter.resume", counter="2")
        assert [h.state(f"counter.{c}").value for c in "123"] == ["idle", "idle", "idle"]
