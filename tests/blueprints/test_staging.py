"""The blueprint of the inner waiting area."""

from .leaping import leaping


@leaping
async def test_who_is_staged_is_asked_to_the_door(house):
    async with house("""
automation:
  - use_blueprint:
      path: usher/inner_area.yaml
      input: {counters: [counter.2], speakers: [speaker.hall], displays: [display.hall]}
""") as h:
        await h.sign_in("1", "2")
        await h.issue(count=2)
        await h.do("queue.stage", queue="main", counter="1")
        await h.turn(20)
        assert (h.said(), h.shown()) == ([], [])
        await h.do("queue.stage", queue="main", counter="2")
        await h.turn(20)
        assert h.said() == ["Ticket A, zero, zero, two, please wait before Window 2."]
        assert [dict(text)["zh-CN"] for text in h.shown()] == ["A002 请到2号窗口门口候诊"]
