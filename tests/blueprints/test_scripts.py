"""Script blueprints, called as the actions they make."""

from .leaping import leaping


@leaping
async def test_tannoy_test(house):
    async with house("""
script:
  loud: {use_blueprint: {path: usher/tannoy_test.yaml, input: {speakers: [speaker.hall, speaker.office]}}}
""") as h:
        await h.do("script.loud")
        await h.turn(20)
        assert h.said() == ["This is a test of the speakers."] * 2


@leaping
async def test_close_hall(house):
    async with house("""
script:
  closing:
    use_blueprint:
      path: usher/close_hall.yaml
      input: {queues: [queue.main, queue.cash], speakers: [speaker.hall], displays: [display.hall]}
""") as h:
        await h.do("script.closing")
        await h.turn(20)
        assert [h.state(f"queue.{q}").attributes["open"] for q in ("main", "cash")] == [False, False]
        assert [dict(text)["en"] for text in h.shown()] == ["We are closing. No more numbers today."]
        assert h.said("zh-CN") == ["即将下班，今日已停止取号。"]
