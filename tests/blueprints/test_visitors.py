"""Blueprints about ratings and about people known to the hall."""

from .leaping import leaping


async def serve(h, counter="1"):
    await h.sign_in(counter) if h.state(f"counter.{counter}").value == "closed" else None
    await h.issue()
    await h.do("counter.call_next", counter=counter)
    await h.do("counter.start", counter=counter)
    await h.do("counter.finish", counter=counter)


@leaping
async def test_bad_rating_alarm(house):
    async with house("""
feedback: {}
automation:
  - use_blueprint:
      path: usher/bad_rating_alarm.yaml
      input: {speakers: [speaker.office]}
""") as h:
        await serve(h)
        await h.do("feedback.rate", counter="1", level="satisfied")
        assert await h.notes() == []
        await serve(h)
        answer = await h.do("feedback.rate", counter="1", level="dissatisfied")
        assert await h.notes() == ["差评：1号窗口，A002号，不满意。 / Bad rating at Window 1 by A002: Dissatisfied."]
        await h.turn(30)
        assert h.said() == ["Manager, please look at the ratings."]
        await h.do("feedback.reasons", counter="1", poll=answer["poll"], reasons=["wait", "manner"])
        assert await h.notes() == [  # the same notice, now with what was wrong
            "差评：1号窗口，A002号，不满意：等候太久、服务态度。"
            " / Bad rating at Window 1 by A002: Dissatisfied; Waited too long, Manner."]  # fmt: skip


@leaping
async def test_bad_rating_alarm_of_one_counter(house):
    async with house("""
feedback: {}
automation:
  - use_blueprint:
      path: usher/bad_rating_alarm.yaml
      input: {counters: [counter.2], reasons: false, actions: [{event: told, event_data: {said: "{{ texts.en }}"}}]}
""") as h:
        for counter in ("1", "2"):
            await serve(h, counter)
            answer = await h.do("feedback.rate", counter=counter, level="dissatisfied")
            await h.do("feedback.reasons", counter=counter, poll=answer["poll"], reasons=["wait"])
        assert h.told() == [{"said": "Bad rating at Window 2 by A002: Dissatisfied."}]


@leaping
async def test_rating_prompts(house):
    async with house("""
feedback: {}
automation:
  - use_blueprint:
      path: usher/rating_prompts.yaml
      input: {counter: counter.1, speaker: speaker.office}
""") as h:
        await serve(h)
        await h.do("feedback.rate", counter="1", level=1)
        await serve(h, "2")
        await h.turn(60)
        assert h.said() == ["Hello, and welcome.", "Please rate my service.", "Thank you, and goodbye."]


@leaping
async def test_blacklist_after_no_shows(house):
    async with house("""
automation:
  - use_blueprint:
      path: usher/blacklist_after_no_shows.yaml
      input: {times: 2, wait: 600, days: 7}
""") as h:
        await h.do("visitor.add", visitor="C1")
        await h.sign_in("1")
        for missed in range(3):
            await h.issue(visitor="C1")
            await h.do("counter.call_next", counter="1")
            await h.do("counter.no_show", counter="1")
            if missed == 1:  # late, not gone
                await h.do("ticket.requeue", ticket="A002")
                await h.do("counter.call_next", counter="1")
                await h.do("counter.finish", counter="1")
            await h.turn(601)
            assert len(h.events("visitor_blocked")) == (missed == 2)
        (blocked,) = h.events("visitor_blocked")
        until = blocked.data["visitor"]["blocked"]["until"]
        assert round(until - blocked.at) == 7 * 86400
        assert await h.notes() == ["C1"]
        await h.issue()  # somebody nobody knows
        await h.do("counter.call_next", counter="1")
        await h.do("counter.no_show", counter="1")
        await h.turn(601)
        assert len(h.events("visitor_blocked")) == 1
