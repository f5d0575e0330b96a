"""Blueprints about calls: said, said louder, said again, taken as a no-show, nobody comes."""

from .leaping import leaping


@leaping
async def test_announce_call(house):
    async with house("""
automation:
  - alias: Calls
    use_blueprint: {path: usher/announce_call.yaml, input: {speaker: speaker.hall}}
""") as h:
        await h.sign_in("1")
        await h.issue(count=2)
        await h.do("counter.call_next", counter="1")
        await h.turn(30)
        assert h.said() == ["Ticket A, zero, zero, one, please go to Window 1."]
        assert h.said("zh-CN") == ["请A零零一号到1号窗口。"]
        await h.do("counter.recall", counter="1")
        await h.turn(30)
        assert len(h.said()) == 2


@leaping
async def test_recall_louder(house):
    async with house("""
automation:
  - use_blueprint: {path: usher/announce_call.yaml, input: {speaker: speaker.hall, recalls: false}}
  - use_blueprint: {path: usher/recall_louder.yaml, input: {speaker: speaker.hall, repeat: 1}}
""") as h:
        await h.sign_in("1")
        await h.issue()
        await h.do("counter.call_next", counter="1")
        await h.turn(30)
        assert h.said() == ["Ticket A, zero, zero, one, please go to Window 1."]
        await h.do("counter.recall", counter="1")
        await h.turn(30)
        assert h.said()[1:] == ["Ticket A, zero, zero, one, please go to Window 1 now."]


@leaping
async def test_recall_unanswered_and_no_show(house):
    async with house("""
automation:
  - use_blueprint: {path: usher/recall_unanswered.yaml, input: {every: 30, times: 3}}
  - use_blueprint: {path: usher/no_show_after_n.yaml, input: {calls: 3, wait: 45}}
""") as h:
        await h.sign_in("1", "2")
        await h.issue(count=2)
        await h.do("counter.call_next", counter="1")
        await h.do("counter.call_next", counter="2")
        await h.turn(10)
        await h.do("counter.start", counter="2")  # this one came
        await h.turn(20)
        assert [e.data["calls"] for e in h.events("ticket_called")] == [1, 1, 2]
        await h.turn(30)
        assert [e.data["calls"] for e in h.events("ticket_called")] == [1, 1, 2, 3]
        await h.turn(44)
        assert h.events("ticket_no_show") == []
        await h.turn(1)
        assert [e.data["ticket"]["number"] for e in h.events("ticket_no_show")] == ["A001"]
        assert h.state("counter.1").value == "idle"
        assert h.state("counter.2").value == "serving"
        await h.turn(600)
        assert len(h.events("ticket_called")) == 4


@leaping
async def test_a_new_ticket_at_the_counter_is_not_taken_for_the_old(house):
    async with house("""
automation:
  - use_blueprint: {path: usher/no_show_after_n.yaml, input: {calls: 1, wait: 60}}
""") as h:
        await h.sign_in("1")
        await h.issue(count=2)
        await h.do("counter.call_next", counter="1")
        await h.turn(50)
        await h.do("counter.call_next", counter="1", current="finish")
        await h.turn(20)
        assert h.events("ticket_no_show") == []
        await h.turn(40)
        assert [e.data["ticket"]["number"] for e in h.events("ticket_no_show")] == ["A002"]


@leaping
async def test_unanswered_call(house):
    async with house("""
automation:
  - use_blueprint: {path: usher/unanswered_call.yaml, input: {wait: "00:03"}}
""") as h:
        await h.sign_in("1", "2")
        await h.issue(count=2)
        await h.do("counter.call_next", counter="1")
        await h.do("counter.call_next", counter="2")
        await h.do("counter.recall", counter="1")
        await h.do("counter.start", counter="2")
        await h.turn(179)
        assert await h.notes() == []
        await h.turn(1)
        assert await h.notes() == ["1号窗口：A001号叫号后一直未到。 / Window 1: A001 was called and has not come."]


@leaping
async def test_long_service(house):
    async with house("""
automation:
  - use_blueprint: {path: usher/long_service.yaml, input: {counters: [counter.1, counter.2], for: "00:20"}}
""") as h:
        await h.sign_in("1", "2")
        await h.issue(count=2)
        for counter in ("1", "2"):
            await h.do("counter.call_next", counter=counter)
            await h.do("counter.start", counter=counter)
        await h.turn(600)
        await h.do("counter.finish", counter="2")
        await h.turn(600)
        assert await h.notes() == ["1号窗口办理A001号时间较长，请协助。 / Window 1 has been serving A001 for long. "
                             "Help may be needed."]  # fmt: skip


@leaping
async def test_counter_paused_long(house):
    async with house("""
automation:
  - use_blueprint:
      path: usher/counter_paused_long.yaml
      input:
        counters: [counter.1]
        for: 60
        actions: {event: told, event_data: {message: "{{ texts.en }}"}}
""") as h:
        await h.sign_in("1")
        await h.do("counter.pause", counter="1")
        await h.turn(59)
        assert h.told() == []
        await h.turn(1)
        assert h.told() == [{"message": "Window 1 has been paused for long."}]


@leaping
async def test_missed_numbers(house):
    async with house("""
automation:
  - use_blueprint:
      path: usher/missed_numbers.yaml
      input: {displays: [display.hall], speakers: [speaker.hall], seconds: 30}
""") as h:
        await h.sign_in("1")
        await h.issue()
        await h.do("counter.call_next", counter="1")
        await h.do("counter.no_show", counter="1")
        await h.turn(20)
        (text,) = h.shown()
        assert dict(text)["en"] == "A001 was called and did not come. Please go to the desk."
        assert h.said() == ["A001 was called and did not come. Please go to the desk."]


@leaping
async def test_get_ready(house):
    async with house("""
automation:
  - use_blueprint:
      path: usher/get_ready.yaml
      input: {queue: main, ahead: 2, speakers: [speaker.hall], displays: [display.hall]}
""") as h:
        await h.sign_in("1")
        await h.issue(count=4)
        await h.do("counter.call_next", counter="1")
        await h.turn(20)
        assert h.said() == ["Ticket A, zero, zero, three, please get ready."]
        assert [dict(text)["en"] for text in h.shown()] == ["Please get ready: A002, A003"]
        await h.do("counter.call_next", counter="1", current="finish")
        await h.do("counter.call_next", counter="1", current="finish")
        await h.turn(20)
        assert h.said()[1:] == ["Ticket A, zero, zero, four, please get ready."]  # nobody is second after that


@leaping
async def test_get_ready_follows_the_line(house):
    async with house("""
automation:
  - use_blueprint:
      path: usher/get_ready.yaml
      input: {queue: main, ahead: 2, speakers: [speaker.hall], displays: [display.hall]}
""") as h:
        await h.sign_in("1")
        await h.issue(count=3)
        await h.do("queue.issue", queue="main", urgency=5)
        await h.do("queue.issue", queue="main", urgency=9)
        await h.do("counter.call_next", counter="1")  # A005
        await h.turn(20)
        assert [dict(text)["en"] for text in h.shown()] == ["Please get ready: A004, A001"]
        assert h.said() == ["Ticket A, zero, zero, one, please get ready."]


@leaping
async def test_class_arrived(house):
    async with house("""
automation:
  - use_blueprint: {path: usher/class_arrived.yaml, input: {displays: [display.staff]}}
""") as h:
        await h.issue()
        assert await h.notes() == []
        await h.issue("cash", **{"class": "vip"})
        assert await h.notes() == ["贵宾到店：B001号，现金。 / A vip customer is here: B001, Cash."]
        assert [dict(text)["zh-CN"] for text in h.shown("staff")] == ["贵宾到店：B001号，现金。"]
