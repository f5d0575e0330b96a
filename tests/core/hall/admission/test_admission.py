"""May a ticket be issued? Each refusal has its code, words in both languages, and the next time where there is one."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from usher.core.clock import HandClock
from usher.core.errors import Refused
from usher.core.testing import Branch, branch

ZONE = ZoneInfo("Asia/Shanghai")
YAML = """
usher: {name: Test, site: test, time_zone: Asia/Shanghai, languages: [zh-CN, en], classes: {vip: 50, elderly: 20}}
hall: {calendar: office, quota: {day: 30}, max_waiting: 12}
calendar:
  office:
    open: {mon-fri: ["08:30-12:00", "13:30-17:00"]}
    windows: {morning: "08:30-12:00", afternoon: "13:30-17:00"}
    exceptions: {"2026-11-26": {name: {en: Founders' day, zh-CN: 行庆日}}}
    messages: {early: {en: Good morning!, zh-CN: 早上好！}}
  night: {open: {daily: "00:00-24:00"}}
queue:
  personal: {name: Personal, prefix: A, quota: {morning: 4, day: 6}, stop_before_closing: "00:30"}
  small: {name: Small, prefix: B, max_waiting: 2, one_per_visitor: true}
  vip: {name: VIP, prefix: V, admits: [vip, elderly], one_per_visitor: hall}
  emergency: {name: Emergency, prefix: E, calendar: night}
  segment: {name: Segment, digits: 0, start: 501, end: 503}
counter: {"1": {name: One, serves: [personal, small, vip, emergency, segment]}}
"""


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()


MONDAY = at("2026-11-23 09:00")


@pytest.fixture
def clock() -> HandClock:
    return HandClock(MONDAY, "Asia/Shanghai")


@pytest.fixture
async def hall(tmp_path: Path, clock: HandClock) -> AsyncIterator[Branch]:
    async with branch(YAML, tmp_path, clock=clock) as running:
        yield running


async def refused(hall: Branch, queue: str, **more: Any) -> Refused:
    """The refusal; nothing has changed by it."""
    before, row = len(hall.heard), hall.state(f"queue.{queue}").attributes["next"]
    with pytest.raises(Refused) as caught:
        await hall.act("queue.issue", queue=queue, **more)
    assert all(event.type not in ("ticket_issued", "state_changed") for event in hall.heard[before:])
    assert hall.state(f"queue.{queue}").attributes["next"] == row
    assert {caught.value.say("en"), caught.value.say("zh-CN")} > {caught.value.say("en")}
    return caught.value


async def to(clock: HandClock, moment: str) -> None:
    """Let the time come: the wall clock is put to shortly before, then it runs."""
    clock.set_back(clock.now() - at(moment) + 40)
    await clock.turn(40)


async def test_hours_breaks_and_the_end_of_the_day(hall: Branch, clock: HandClock) -> None:
    await hall.act("queue.issue", queue="small")
    assert hall.state("queue.small").attributes["closes_at"] == at("2026-11-23 12:00")
    await to(clock, "2026-11-23 12:00")
    told = await refused(hall, "small")
    assert (told.code, told.next) == ("outside_hours", at("2026-11-23 13:30"))
    assert told.say("en") == "We are on a break. Numbers are given again from 13:30 today."
    assert told.say("zh-CN") == "中间休息，暂停取号。下次取号：今天 13:30。"
    about = hall.state("queue.small").attributes
    assert (about["open"], about["why_closed"], about["opens_at"]) == (False, "outside_hours", at("2026-11-23 13:30"))
    assert hall.state("calendar.office").value == "off"
    await hall.act("queue.issue", queue="emergency")  # it has a calendar of its own
    await to(clock, "2026-11-23 13:30")
    assert hall.state("queue.small").attributes["open"]
    assert hall.state("calendar.office").value == "on"
    await hall.act("queue.issue", queue="small")
    await to(clock, "2026-11-23 17:00")
    assert (await refused(hall, "small")).next == at("2026-11-24 08:30")
    assert "tomorrow 08:30" in str(hall.state("queue.small").attributes["closed_text"]["en"])
    await to(clock, "2026-11-24 07:00")
    assert (await refused(hall, "small")).say("en") == "Good morning! Numbers are given again from 08:30 today."
    await to(clock, "2026-11-26 10:00")
    told = await refused(hall, "small")
    assert (told.code, told.next) == ("holiday", at("2026-11-27 08:30"))
    assert "(行庆日)" in told.say("zh-CN")


async def test_the_last_numbers_are_given_before_the_day_ends(hall: Branch, clock: HandClock) -> None:
    await to(clock, "2026-11-23 11:45")
    await hall.act("queue.issue", queue="personal")  # the hall goes on after noon
    await to(clock, "2026-11-23 16:29:59")
    assert hall.state("queue.personal").attributes["closes_at"] == at("2026-11-23 16:30")
    await hall.act("queue.issue", queue="personal")
    await clock.turn(1)
    told = await refused(hall, "personal")
    assert (told.code, told.next) == ("closing_soon", at("2026-11-24 08:30"))
    assert not hall.state("queue.personal").attributes["open"]
    await hall.act("queue.issue", queue="small")


async def test_quotas_count_people_by_window_and_day(hall: Branch, clock: HandClock) -> None:
    await hall.act("queue.issue", queue="personal", party=3)
    told = await refused(hall, "personal", party=2)
    assert (told.code, told.next) == ("window_quota", at("2026-11-23 13:30"))
    assert "1 more" in told.say("en")
    await hall.act("queue.issue", queue="personal")
    assert (await refused(hall, "personal")).code == "window_quota"
    assert hall.state("queue.personal").attributes["why_closed"] == "window_quota"
    await to(clock, "2026-11-23 13:30")
    await hall.act("queue.issue", queue="personal", party=2)
    told = await refused(hall, "personal")
    assert (told.code, told.next) == ("daily_quota", at("2026-11-24 08:30"))
    await to(clock, "2026-11-24 09:00")
    await hall.act("queue.issue", queue="personal", party=4)


async def test_the_counts_outlive_a_restart_and_reach_the_whole_hall(tmp_path: Path, clock: HandClock) -> None:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await hall.act("queue.issue", queue="personal", party=4)
        await hall.act("queue.issue", queue="emergency", party=25)
    async with branch(YAML, tmp_path, clock=clock) as hall:
        assert (await refused(hall, "personal")).code == "window_quota"
        assert (await refused(hall, "small", party=2)).code == "daily_quota"  # 30 in the whole hall
        await hall.act("queue.issue", queue="small")
        assert (await refused(hall, "emergency")).code == "daily_quota"


async def test_a_full_queue_takes_people_again_when_somebody_is_called(hall: Branch) -> None:
    for _ in range(2):
        await hall.act("queue.issue", queue="small", party=2)  # a party is one in line
    told = await refused(hall, "small")
    assert (told.code, told.next) == ("queue_full", None)
    await hall.act("counter.sign_in", counter="1", staff="amy")
    await hall.act("counter.call_next", counter="1")
    assert hall.state("queue.small").attributes["open"]
    await hall.act("queue.issue", queue="small")
    for _ in range(10):
        await hall.act("queue.issue", queue="emergency")
    assert (await refused(hall, "personal")).code == "hall_full"


async def test_who_is_admitted(hall: Branch) -> None:
    assert (await refused(hall, "vip")).code == "class_not_admitted"
    assert hall.state("queue.vip").attributes["open"]  # who comes is not known yet
    await hall.act("queue.issue", **{"queue": "vip", "class": "elderly"})


async def test_one_live_ticket_a_visitor_or_phone(hall: Branch) -> None:
    first = (await hall.act("queue.issue", queue="small", visitor="v1", phone="138 0013 8000"))["ticket"]
    told = await refused(hall, "small", visitor="v1")
    assert told.code == "already_waiting"
    assert first["number"] in told.say("zh-CN")
    told = await refused(hall, "small", phone="13800138000")
    assert told.code == "already_waiting"
    assert first["number"] not in told.say("en")  # a phone number proves nobody
    await hall.act("queue.issue", queue="personal", visitor="v1")  # another queue
    vip = {"queue": "vip", "class": "vip"}
    assert (await refused(hall, **vip, visitor="v1")).code == "already_waiting"  # one in the whole hall
    await hall.act("queue.issue", **vip, visitor="v2")
    await hall.act("ticket.cancel", ticket=first["number"])
    await hall.act("queue.issue", queue="small", visitor="v1", phone="13800138000")


async def test_the_reason_asked_first_is_the_one_told(hall: Branch, clock: HandClock) -> None:
    await hall.act("queue.pause", queue="vip", reason={"en": "Back at two.", "zh-CN": "两点恢复。"})
    assert (await refused(hall, "vip")).say("en") == "This service is paused for now. Back at two."
    await to(clock, "2026-11-23 12:30")
    assert (await refused(hall, "vip")).code == "outside_hours"
    await hall.act("hall.close", reason="Fire drill")
    told = await refused(hall, "vip")
    assert told.code == "hall_closed"
    assert "Fire drill" in told.say("zh-CN")
    with pytest.raises(Refused) as caught:
        await hall.act("queue.issue", queue="vipp")
    assert caught.value.code == "unknown_queue"


async def test_the_hall_is_closed_and_opened(tmp_path: Path, clock: HandClock) -> None:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        ticket = (await hall.act("queue.issue", queue="small"))["ticket"]["id"]
        await hall.act("hall.close")
        assert hall.state("queue.small").attributes["why_closed"] == "hall_closed"
        with pytest.raises(Refused, match="hall is closed"):
            await hall.act("ticket.transfer", ticket=ticket, queue="personal")
    async with branch(YAML, tmp_path, clock=clock) as hall:  # it stays so over a restart
        assert (await refused(hall, "small")).code == "hall_closed"
        await hall.act("hall.open")
        await hall.act("hall.open")
        assert len(hall.events("hall_opened")) == 1
        assert hall.state("queue.small").attributes["open"]
        await hall.act("queue.issue", queue="small")


async def test_a_segment_of_numbers_has_an_end(hall: Branch) -> None:
    for number in ("501", "502", "503"):
        assert (await hall.act("queue.issue", queue="segment"))["ticket"]["number"] == number
    with pytest.raises(Refused) as caught:
        await hall.act("queue.issue", queue="segment")
    assert (caught.value.code, caught.value.next) == ("numbers_used_up", at("2026-11-24 08:30"))
    assert hall.state("queue.segment").attributes["next"] is None


async def test_the_next_time_is_one_at_which_there_are_numbers_still(hall: Branch, clock: HandClock) -> None:
    """In the morning the day's numbers went as well: nobody is sent away to come back in vain."""
    await hall.act("queue.issue", queue="personal", party=4)
    assert (await refused(hall, "personal")).next == at("2026-11-23 13:30")
    yaml = YAML.replace("morning: 4, day: 6", "morning: 4, day: 4")
    await hall.reload(yaml)
    told = await refused(hall, "personal")
    assert (told.code, told.next) == ("window_quota", at("2026-11-24 08:30"))
    await to(clock, "2026-11-23 12:30")
    told = await refused(hall, "personal")
    assert (told.code, told.next) == ("outside_hours", at("2026-11-24 08:30"))
    assert "tomorrow" in told.say("en")


async def test_numbers_of_a_week_are_given_again_on_monday(tmp_path: Path, clock: HandClock) -> None:
    yaml = YAML.replace("start: 501, end: 503", "start: 501, end: 501, reset: week")
    async with branch(yaml, tmp_path, clock=clock) as hall:
        await hall.act("queue.issue", queue="segment")
        told = await refused(hall, "segment")
        assert (told.code, told.next) == ("numbers_used_up", at("2026-11-30 08:30"))


async def test_a_party_split_takes_no_number_of_another_segment(tmp_path: Path, clock: HandClock) -> None:
    """Beyond the end of one begins the other: nobody has the same number as somebody else today."""
    beside = "  beside: {name: Beside, digits: 0, start: 504}\ncounter:"
    async with branch(YAML.replace("counter:", beside), tmp_path, clock=clock) as hall:
        other = (await hall.act("queue.issue", queue="beside"))["ticket"]
        await hall.act("ticket.cancel", ticket=other["id"])
        for _ in range(2):
            await hall.act("queue.issue", queue="segment")
        party = (await hall.act("queue.issue", queue="segment", party=3))["ticket"]
        with pytest.raises(Refused) as caught:
            await hall.act("ticket.split", ticket=party["id"])
        assert caught.value.code == "numbers_used_up"
        assert (await hall.act("ticket.get", ticket=party["id"]))["ticket"] == party


async def test_a_party_split_at_the_end_of_a_segment_with_nobody_beside_it(hall: Branch) -> None:
    for _ in range(2):
        await hall.act("queue.issue", queue="segment")
    party = (await hall.act("queue.issue", queue="segment", party=3))["ticket"]
    parts = (await hall.act("ticket.split", ticket=party["id"]))["tickets"]
    assert [part["number"] for part in parts] == ["504", "505"]


async def test_a_reload_changes_hours_at_once(hall: Branch) -> None:
    await hall.reload(YAML.replace("08:30-12:00", "09:30-12:00"))
    assert hall.state("calendar.office").value == "off"
    told = await refused(hall, "small")
    assert (told.code, told.next) == ("outside_hours", at("2026-11-23 09:30"))
    await hall.reload(
        YAML.replace("{calendar: office, quota: {day: 30}, max_waiting: 12}", "{}").replace("morning: 4, ", "")
    )
    assert hall.state("queue.small").attributes["closes_at"] is None
    await hall.act("queue.issue", queue="small")


async def test_a_line_that_cannot_be_served_before_closing(tmp_path: Path, clock: HandClock) -> None:
    yaml = YAML.replace("small: {name: Small,", "small: {name: Small, service_time: 1200, stop_before_closing: served,")
    async with branch(
        yaml.replace("max_waiting: 2, one_per_visitor: true", "digits: 3"), tmp_path, clock=clock
    ) as hall:
        await hall.act("counter.sign_in", counter="1", staff="amy")
        await to(clock, "2026-11-23 15:00")
        for _ in range(20):
            if not hall.state("queue.small").attributes["open"]:
                break
            await hall.act("queue.issue", queue="small")
            await clock.turn(15)  # what a button shows may be a few seconds old
        told = await refused(hall, "small")
        assert (told.code, told.next) == ("closing_soon", at("2026-11-24 08:30"))
        assert 5 <= len(hall.events("ticket_issued")) <= 7  # two hours of twenty minutes each


def test_what_does_not_fit_together_is_told(tmp_path: Path) -> None:
    from usher.core.check import check

    wrong = YAML.replace("morning: 4, day: 6", "mornin: 4, day: 6").replace("[vip, elderly]", "[vip, eldery]").replace(
        'calendar: night}', "calendar: nigt}").replace("{day: 30}", "{weekend: 3}")  # fmt: skip
    (tmp_path / "configuration.yaml").write_text(wrong, "utf-8")
    told = "\n".join(map(str, check(tmp_path)))
    for text in ("no window 'mornin'. Did you mean 'morning'?", "no class 'eldery'. Did you mean 'elderly'?",
                 "Did you mean 'night'?", "no window 'weekend'"):  # fmt: skip
        assert text in told
