"""Blueprints about calls: said, said louder, taken as a no-show, nobody comes."""


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
        await h.do("counter.recall", counter="1")
        await h.turn(30)
        assert len(h.said()) == 2
