"""Ratings: who was served is asked once, in time; a bad one is told at once; what is refused is only counted."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from usher.core.access import Caller
from usher.core.actions import Call
from usher.core.clock import HandClock
from usher.core.errors import ActionError, BadData, NotPermitted, Refused, Unknown
from usher.core.tables import Batch
from usher.core.testing import Branch, Disk, branch

YAML = """
usher: {name: Bank, site: bank, languages: [en, zh-CN], business_day: "04:00"}
queue: {main: {name: Main, prefix: A}, cash: {name: Cash, prefix: B}}
counter:
  "1": {name: Window 1, serves: [main]}
  "2": {name: Window 2, serves: [main, cash]}
feedback:
  counters: ["1", "2"]
  staff: {"0231": {name: Wang M., number: "0231", stars: 4}}
"""


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def hall(tmp_path: Path, clock: HandClock) -> AsyncIterator[Branch]:
    async with branch(YAML, tmp_path, clock=clock) as running:
        yield running


async def serve(hall: Branch, counter: str = "1", queue: str = "main", then: Any = (), **more: Any) -> dict[str, Any]:
    """Somebody comes, is called, and is served."""
    answer = await hall.act("queue.issue", queue=queue, then=list(then))
    if hall.state(f"counter.{counter}").value == "closed":
        await hall.act("counter.sign_in", counter=counter, staff="0231")
    await hall.act("counter.call", counter=counter, ticket=answer["ticket"]["id"])
    await hall.act("counter.start", counter=counter)
    await hall.act("counter.finish", counter=counter, **more)
    return dict(answer["ticket"])


async def refused(hall: Branch, action: str = "feedback.rate", **data: Any) -> str:
    with pytest.raises(ActionError) as caught:
        await hall.act(action, **data)
    return caught.value.code


async def figures(hall: Branch, what: str = "sensor.satisfaction") -> dict[str, Any]:
    """What a sensor says once all that was counted is durable."""
    await hall.engine.store.save(Batch())
    return dict(hall.state(what).attributes)


async def test_who_was_served_is_asked_and_rates_once(hall: Branch) -> None:
    ticket = await serve(hall)
    (asked,) = hall.events("feedback_asked")
    assert (asked.data["counter"], asked.data["staff"], asked.data["poll"]) == ("1", "0231", f"{ticket['id']}/1")
    answer = await hall.act("feedback.rate", counter="1", level="satisfied")
    assert answer == {"poll": f"{ticket['id']}/1", "level": "satisfied", "bad": False}
    (given,) = hall.events("feedback_given")
    said = {
        key: given.data[key] for key in ("level", "score", "bad", "satisfied", "origin", "queue", "counter", "staff")
    }
    assert said == {"level": "satisfied", "score": 66.7, "bad": False, "satisfied": True, "origin": "terminal",
                    "queue": "main", "counter": "1", "staff": "0231"}  # fmt: skip
    assert given.data["level_name"]["zh-CN"] == "满意"
    assert hall.events("bad_rating") == []
    assert await refused(hall, counter="1", level="fair") == "nothing_to_rate"
    assert await refused(hall, counter="1", poll=answer["poll"], level="fair") == "already_rated"
    assert len(hall.events("feedback_given")) == 1
    said = await figures(hall)
    assert {key: said[key] for key in ("ratings", "asked", "duplicate", "idle", "late")} == {
        "ratings": 1, "asked": 1, "duplicate": 1, "idle": 1, "late": 0}  # fmt: skip
    assert (await hall.act("feedback.list", first="2025-11-21"))["total"] == 1


async def test_a_key_says_the_level_by_its_place(hall: Branch) -> None:
    await serve(hall)
    assert (await hall.act("feedback.rate", counter="1", level=1))["level"] == "very_satisfied"
    assert await refused(hall, counter="1", level=5) == "unknown_level"


async def test_a_bad_rating_is_told_at_once_and_its_reasons_after_it(hall: Branch) -> None:
    await serve(hall)
    answer = await hall.act("feedback.rate", counter="1", level="dissatisfied")
    (bad,) = hall.events("bad_rating")
    assert (bad.data["counter"], bad.data["reasons"], bad.data["bad"]) == ("1", [], True)
    await hall.act("feedback.reasons", counter="1", poll=answer["poll"], reasons=["wait", "manner", "wait"])
    (reasons,) = hall.events("feedback_reasons")
    assert reasons.data["reasons"] == ["wait", "manner"]
    assert reasons.data["reason_names"][0] == {"en": "Waited too long", "zh-CN": "等候太久"}
    assert (
        await refused(hall, "feedback.reasons", counter="1", poll=answer["poll"], reasons=["skill"]) == "already_rated"
    )
    (row,) = (await hall.act("feedback.list", first="2025-11-21", bad=True))["ratings"]
    assert (row["level"], row["reasons"], row["bad"]) == ("dissatisfied", ["wait", "manner"], True)


async def test_reasons_need_a_rating(hall: Branch) -> None:
    await serve(hall)
    poll = hall.events("feedback_asked")[0].data["poll"]
    assert await refused(hall, "feedback.reasons", counter="1", poll=poll, reasons=["wait"]) == "not_rated"
    assert await refused(hall, counter="1", level="fair", reasons=["weight"]) == "unknown_reason"


async def test_a_terminal_takes_ratings_for_a_minute_and_a_phone_for_two_hours(hall: Branch, clock: HandClock) -> None:
    ticket = await serve(hall)
    poll = hall.events("feedback_asked")[0].data["poll"]
    await clock.turn(66)
    assert await refused(hall, counter="1", level="fair") == "nothing_to_rate"
    assert await refused(hall, counter="1", poll=poll, level="fair") == "rating_closed"
    assert (await figures(hall))["late"] == 1
    assert (await hall.act("feedback.rate", ticket=ticket["number"].lower(), level="fair"))["poll"] == poll
    assert hall.events("feedback_given")[0].data["origin"] == "phone"
    other = await serve(hall)
    await clock.turn(7206)
    assert await refused(hall, ticket=other["id"], level="fair") == "rating_closed"
    assert (await figures(hall))["late"] == 2


async def test_a_tap_before_the_question_is_no_answer_to_it(hall: Branch, clock: HandClock) -> None:
    tapped = clock.now()
    await clock.turn(5)
    await serve(hall)
    assert await refused(hall, counter="1", level=1, at=tapped) == "nothing_to_rate"
    assert (await figures(hall))["idle"] == 1
    await hall.act("feedback.rate", counter="1", level=1, at=clock.now())


async def test_one_rating_for_each_leg(hall: Branch) -> None:
    ticket = await serve(hall, then=["cash"])
    await hall.act("counter.sign_in", counter="2", staff="0400")
    await hall.act("counter.call_next", counter="2")
    await hall.act("counter.finish", counter="2")
    second = await hall.act("feedback.rate", ticket=ticket["id"], level="fair")
    first = await hall.act("feedback.rate", ticket=ticket["id"], level="very_satisfied")
    assert (first["poll"], second["poll"]) == (f"{ticket['id']}/1", f"{ticket['id']}/2")
    assert await refused(hall, ticket=ticket["id"], level="fair") == "already_rated"
    lines = (await hall.act("feedback.summary", first="2025-11-21", by="staff"))["lines"]
    assert [(line["staff"], line["score"], line["satisfaction"]) for line in lines] == [
        ("0231", 100.0, 100.0), ("0400", 33.3, 0.0)]  # fmt: skip


async def test_the_next_visitor_does_not_rate_for_the_last(hall: Branch) -> None:
    await serve(hall)
    await hall.act("queue.issue", queue="main")
    await hall.act("counter.call_next", counter="1")
    assert view(hall)["poll"] is not None  # they are still on their way
    await hall.act("counter.start", counter="1")
    assert view(hall)["poll"] is None
    assert await refused(hall, counter="1", level="fair") == "nothing_to_rate"


async def test_an_end_taken_back_is_not_asked_for(hall: Branch, clock: HandClock) -> None:
    await serve(hall)
    await hall.act("counter.undo", counter="1")
    assert hall.state("counter.1").value == "serving"
    assert view(hall)["poll"] is None
    assert (await figures(hall))["asked"] == 0
    await hall.act("counter.finish", counter="1")
    assert (await figures(hall))["asked"] == 1
    await hall.act("feedback.rate", counter="1", level="fair")


async def test_a_tap_repeated_by_the_wire_is_one_rating(hall: Branch) -> None:
    await serve(hall)
    first = await hall.act("feedback.rate", request_id="r1", counter="1", level="fair", poll=view(hall)["poll"]["id"])
    again = await hall.act("feedback.rate", request_id="r1", counter="1", level="fair", poll=first["poll"])
    assert again == first
    assert (await figures(hall))["duplicate"] == 0
    assert len(hall.events("feedback_given")) == 1


async def test_a_terminal_that_lost_the_hall_hands_its_taps_in_later(hall: Branch, clock: HandClock) -> None:
    await serve(hall)
    poll, tapped = view(hall)["poll"]["id"], clock.now() + 10
    await clock.turn(3600)
    assert await refused(hall, counter="1", poll=poll, level="fair", at=tapped - 3600) == "rating_closed"
    await hall.act("feedback.rate", counter="1", poll=poll, level="fair", at=tapped)
    assert hall.events("feedback_given")[0].data["level"] == "fair"
    await serve(hall)
    poll, tapped = view(hall)["poll"]["id"], clock.now() + 10
    await hall.later(90_000)
    assert await refused(hall, counter="1", poll=poll, level="fair", at=tapped) == "rating_closed"


async def test_a_restart_forgets_neither_poll_nor_rating_nor_figure(tmp_path: Path) -> None:
    clock = HandClock()
    async with branch(YAML, tmp_path, clock=clock) as hall:
        first = await serve(hall)
        await hall.act("feedback.rate", request_id="r", counter="1", level="fair")
        second = await serve(hall)
    later = HandClock(clock.now() + 20)
    async with branch(YAML, tmp_path, clock=later) as hall:
        assert view(hall)["poll"]["number"] == second["number"]
        assert (await figures(hall))["asked"] == 2
        assert await refused(hall, ticket=first["id"], level="fair") == "already_rated"
        await later.turn(41)
        assert view(hall)["poll"] is None
        await hall.act("feedback.rate", ticket=second["id"], level="very_satisfied")
        assert ((await figures(hall))["ratings"], (await figures(hall))["score"]) == (2, 66.7)


async def test_a_full_disk_keeps_nothing_and_says_so(tmp_path: Path) -> None:
    disk = Disk()
    async with branch(YAML, tmp_path, clock=HandClock(), connect=disk.connect) as hall:
        await serve(hall)
        await figures(hall)
        disk.fail_at(1)
        assert await refused(hall, counter="1", level="fair") == "not_stored"
        assert hall.state("sensor.satisfaction").attributes["ratings"] == 0
        assert hall.events("feedback_given") == []
        assert view(hall)["poll"] is not None
        async with asyncio.timeout(20):
            while not hall.engine.store.healthy:  # noqa: ASYNC110 - another thread's doing
                await asyncio.sleep(0.02)
        await hall.act("feedback.rate", counter="1", level="fair")  # tapped again


async def test_figures_of_counters_and_staff(hall: Branch) -> None:
    await serve(hall)
    await hall.act("feedback.rate", counter="1", level="very_satisfied")
    await serve(hall, counter="1")
    await hall.act("feedback.rate", counter="1", level="dissatisfied")
    assert hall.state("sensor.satisfaction").value == 50.0
    assert hall.state("sensor.satisfaction_counter_1").value == 50.0
    assert hall.state("sensor.satisfaction_counter_2").value is None
    assert (await figures(hall, "sensor.satisfaction_staff_0231"))["levels"] == {
        "very_satisfied": 1, "satisfied": 0, "fair": 0, "dissatisfied": 1}  # fmt: skip


async def test_a_new_day_begins_with_no_figures_and_keeps_the_old(hall: Branch, clock: HandClock) -> None:
    await serve(hall)  # at midnight: of the day before, for this hall's day begins at 04:00
    await hall.act("feedback.rate", counter="1", level="very_satisfied")
    await hall.later(4 * 3600 + 30)
    assert hall.state("sensor.satisfaction").value is None
    lines = (await hall.act("feedback.summary", first="2025-11-20", last="2025-11-22", daily=True))["lines"]
    assert [(line["day"], line["ratings"]) for line in lines] == [("2025-11-21", 1)]


async def test_stars_burn_as_the_back_office_says(hall: Branch, tmp_path: Path) -> None:
    await serve(hall)
    assert view(hall)["staff"] == {"name": "Wang M.", "number": "0231", "title": None, "photo": None, "stars": 4}
    await hall.act("feedback.stars", staff="0231", stars=5)
    assert view(hall)["staff"]["stars"] == 5
    await hall.reload(YAML.replace("Wang M.", "Wang Ming"), "feedback")
    assert (view(hall)["staff"]["name"], view(hall)["staff"]["stars"]) == ("Wang Ming", 5)
    await hall.act("feedback.stars", staff="0231", stars=None)
    assert view(hall)["staff"]["stars"] == 4
    assert await refused(hall, "feedback.stars", staff="0213", stars=1) == "unknown_staff"


async def test_who_may_rate_and_who_may_look(hall: Branch) -> None:
    await serve(hall)
    found = hall.engine.views.get("rate/1")
    assert found is not None
    terminal = Caller("link:rate/1", "rate/1", "screen", frozenset(found.scopes))
    staff = Caller("u-wang", "Wang", "staff")

    async def act(who: Caller, action: str, **data: Any) -> Any:
        return await hall.engine.actions.call(action, data, Call(who))

    with pytest.raises(NotPermitted):  # nobody rates themselves
        await act(staff, "feedback.rate", counter="1", level="very_satisfied")
    with pytest.raises(NotPermitted):
        await act(staff, "feedback.list", first="2025-11-21")
    with pytest.raises(NotPermitted):
        await act(terminal, "feedback.rate", counter="2", level="fair")
    with pytest.raises(NotPermitted):
        await act(terminal, "feedback.rate", ticket="A001", level="fair")
    assert (await act(terminal, "feedback.rate", counter="1", level="fair"))["level"] == "fair"


async def test_whoever_holds_a_ticket_rates_it_by_phone(hall: Branch) -> None:
    mine, other = await serve(hall), await serve(hall)
    link = (await hall.act("queue.issue", queue="main"))["link"]  # any ticket's link shows what such a link may
    caller = hall.engine.accounts.links.read(hall.engine.accounts.links.short("t", mine["id"]))
    assert link
    assert caller is not None
    with pytest.raises(NotPermitted):
        await hall.engine.actions.call("feedback.rate", {"ticket": other["id"], "level": "fair"}, Call(caller))
    await hall.engine.actions.call("feedback.rate", {"ticket": mine["id"], "level": "fair"}, Call(caller))
    assert f"view:rating/{mine['id']}" in caller.scopes


@pytest.mark.parametrize("counter", ["nope", "\ud800", ""])
async def test_nothing_is_counted_for_what_is_no_counter(hall: Branch, counter: str) -> None:
    """And what cannot be written down does not reach the disk."""
    for more in ({}, {"poll": "x/1"}):
        with pytest.raises(Unknown):
            await hall.act("feedback.rate", counter=counter, level="1", **more)
    assert hall.state("sensor.satisfaction").attributes["idle"] == 0
    assert hall.state("sensor.satisfaction").attributes["late"] == 0
    assert (await hall.act("feedback.summary", first="2025-11-22", last="2025-11-26"))["lines"] == []


async def test_bad_questions_are_told(hall: Branch) -> None:
    assert await refused(hall, level="fair") == "which_service"
    for first, last in (("2025-02-30", None), ("2025-11-22", "2025-11-21"), ("2020-01-01", "2025-01-01")):
        with pytest.raises(BadData):
            await hall.act("feedback.summary", first=first, last=last)


async def test_terminals_come_and_go_with_the_counters(hall: Branch) -> None:
    yaml = YAML.replace('counters: ["1", "2"]', "")
    await hall.reload(yaml.replace('  "2": {name: Window 2', '  "3": {name: Window 3'))
    assert [v.name for v in hall.engine.views.all() if v.name.startswith("rate/")] == ["rate/1", "rate/3"]


async def test_nothing_personal_is_told_or_kept(hall: Branch) -> None:
    answer = await hall.act("queue.issue", queue="main", name="Zhang San", phone="13800138000")
    await hall.act("counter.sign_in", counter="1", staff="0231")
    await hall.act("counter.call", counter="1", ticket=answer["ticket"]["id"])
    await hall.act("counter.finish", counter="1")
    await hall.act("feedback.rate", counter="1", level="dissatisfied")
    told = repr([event.data for event in hall.heard])
    assert "Zhang" not in told
    assert "138001" not in told
    row = (await hall.act("feedback.list", first="2025-11-21"))["ratings"][0]
    assert not {"visitor", "name", "phone"} & set(row)


def view(hall: Branch, name: str = "rate/1") -> dict[str, Any]:
    import orjson

    found = hall.engine.views.get(name)
    assert found is not None
    return dict(orjson.loads(found.read().body))


def test_refusals_speak_both_languages() -> None:
    from usher.integrations.feedback import rating

    closed = rating._closed()
    assert isinstance(closed, Refused)
    assert closed.say("zh-CN") != closed.say("en")
