"""Checking in: by what the visitor shows, in time, early, late; and the place in line."""

import json
from pathlib import Path
from typing import Any

import pytest
from usher.core.access import Caller
from usher.core.actions import Call
from usher.core.clock import HandClock
from usher.core.errors import BadData, Refused, Unknown
from usher.core.testing import Branch, branch

from .conftest import MONDAY, YAML, pass_time

NINE = "2025-11-24 09:00"


async def book(hall: Branch, at: str = NINE, type: str = "passport", **data: Any) -> dict[str, Any]:
    return await hall.act("appointment.book", type=type, at=at, **data)


async def code_of(hall: Branch, action: str, **data: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        await hall.act(action, **data)
    return caught.value


async def test_in_time(hall: Branch, clock: HandClock) -> None:
    made = await book(hall, name="Li", phone="138", case="K-7", party=2, language="zh-CN")
    await pass_time(hall, clock, 2400)
    answer = await hall.act("appointment.check_in", appointment=made["code"], origin="kiosk.lobby")
    ticket = answer["ticket"]
    assert (ticket["number"], ticket["class"], ticket["party"], ticket["case"]) == ("A001", "appointment", 2, "K-7")
    assert (ticket["language"], ticket["origin"], ticket["service"]) == ("zh-CN", "kiosk.lobby", "passport")
    assert ticket["appointment"] == made["appointment"]["id"]
    assert ticket["place"][0] == ticket["slot"] == MONDAY + 3600
    assert answer["appointment"]["state"] == "arrived"
    assert answer["link"].startswith("/t/t.")
    (event,) = hall.events("appointment_arrived")
    assert (event.data["number"], event.data["late"]) == ("A001", False)
    assert (await hall.act("ticket.get", ticket="A001"))["person"] == {"name": "Li", "phone": "138"}
    again = await code_of(hall, "appointment.check_in", appointment=made["code"])
    assert (again.code, again.say("zh-CN")) == ("already_arrived", "您已签到，号码是 A001。")


async def test_early_and_on_another_day(hall: Branch, clock: HandClock) -> None:
    made, tomorrow = await book(hall), await book(hall, at="2025-11-25 09:00")
    no = await code_of(hall, "appointment.check_in", appointment=made["code"])
    assert (no.code, no.next) == ("too_early", MONDAY + 1800)
    no = await code_of(hall, "appointment.check_in", appointment=tomorrow["code"])
    assert (no.code, no.next) == ("not_today", MONDAY + 86400 + 1800)
    assert "2025-11-25 09:00" in no.say("en")
    assert (await hall.act("ticket.list"))["total"] == 0
    await pass_time(hall, clock, 1800)
    await hall.act("appointment.check_in", appointment=made["code"])


async def test_the_late_stand_at_the_end(hall: Branch, clock: HandClock) -> None:
    made = await book(hall)
    await pass_time(hall, clock, 3600 + 901)
    await hall.act("queue.issue", queue="main")
    answer = await hall.act("appointment.check_in", appointment=made["code"])
    assert (answer["ticket"]["class"], answer["ahead"]) == ("normal", 1)
    assert hall.events("appointment_arrived")[0].data["late"] is True


async def test_where_the_late_are_refused(hall: Branch, clock: HandClock) -> None:
    made = await book(hall, type="check", name="Li", phone="1")
    await pass_time(hall, clock, 3600 + 901)
    assert (await code_of(hall, "appointment.check_in", appointment=made["code"])).code == "too_late"


@pytest.mark.parametrize("shows", [{"phone": "+86 138-0000"}, {"card": "6222"}, {"visitor": "v1"}, {"case": "K-7"}])
async def test_by_what_the_visitor_shows(hall: Branch, clock: HandClock, shows: dict[str, str]) -> None:
    await book(hall, phone="+861380000", card="6222", visitor="v1", case="K-7", at="2025-11-25 09:00")
    today = await book(hall, phone="+861380000", card="6222", visitor="v1", case="K-7")
    await pass_time(hall, clock, 3000)
    answer = await hall.act("appointment.check_in", **shows)
    assert answer["appointment"]["id"] == today["appointment"]["id"]  # of several today's
    with pytest.raises(Unknown):
        await hall.act("appointment.check_in", **dict.fromkeys(shows, "other"))


async def test_one_thing_is_shown(hall: Branch) -> None:
    for shown in ({}, {"phone": "1", "card": "2"}):
        with pytest.raises(BadData):
            await hall.act("appointment.check_in", **shown)


async def test_another_makers_kiosk_checks_anyone_in(hall: Branch, clock: HandClock) -> None:
    made = await book(hall)
    await pass_time(hall, clock, 3000)
    kiosk = Caller("k1", "Kiosk", "device", frozenset({"action:appointment.check_in"}))
    answer = await hall.engine.actions.call("appointment.check_in", {"appointment": made["code"]}, Call(kiosk))
    assert answer is not None
    assert answer["ticket"]["number"] == "A001"


async def test_booked_before_walk_in_by_the_slot(hall: Branch, clock: HandClock) -> None:
    """Without a class for it the place alone decides: before whoever came after the slot, behind who came before it."""
    await hall.reload(YAML.replace("appointment: 30, ", ""))
    made = await book(hall)
    await pass_time(hall, clock, 1800)
    before = await hall.act("queue.issue", queue="main")
    await hall.act("appointment.check_in", appointment=made["code"])
    await pass_time(hall, clock, 1801)  # a second after the slot
    after = await hall.act("queue.issue", queue="main")
    await hall.act("counter.sign_in", counter="1", staff="s")
    order = []
    for _ in range(3):
        answer = await hall.act("counter.call_next", counter="1", current="finish")
        order.append(answer["ticket"]["number"])
    assert order == [before["ticket"]["number"], "A002", after["ticket"]["number"]]


async def test_a_head_start_stands_before_who_came_in_it(hall: Branch, clock: HandClock) -> None:
    await hall.reload(YAML.replace("appointment: 30, ", "").replace("    slot: \"00:30\"\n", "    slot: \"00:30\"\n    head_start: \"00:20\"\n"))  # fmt: skip
    made = await book(hall)
    await pass_time(hall, clock, 2500)  # 8:41:40
    walk_in = await hall.act("queue.issue", queue="main")
    answer = await hall.act("appointment.check_in", appointment=made["code"])
    assert answer["ahead"] == 0
    assert (await hall.act("ticket.get", ticket=walk_in["ticket"]["number"]))["ahead"] == 1


async def test_who_is_early_is_not_called_before_time(hall: Branch, clock: HandClock) -> None:
    """The code's owner waits apart until ten minutes before the slot, then is called before walk-ins."""
    made = await book(hall, type="doctor", staff="wang")
    await pass_time(hall, clock, 1800)  # half an hour before
    answer = await hall.act("appointment.check_in", appointment=made["code"])
    assert answer["ticket"]["state"] == "pending"
    assert answer["ticket"]["reserved_staff"] == "wang"
    await pass_time(hall, clock, 1170)
    assert (await hall.act("ticket.get", ticket="C001"))["ticket"]["state"] == "pending"
    await pass_time(hall, clock, 60)
    ticket = (await hall.act("ticket.get", ticket="C001"))["ticket"]
    assert (ticket["state"], ticket["place"][0]) == ("waiting", MONDAY + 3600)
    assert len(hall.events("ticket_ready")) == 1


async def test_a_walk_in_after_a_restart_stands_by_the_time_it_is(tmp_path: Path) -> None:
    """An appointment's place lies ahead; whoever comes meanwhile is not put behind it."""
    clock = HandClock(MONDAY, "Asia/Shanghai")
    async with branch(YAML, tmp_path, clock=clock) as hall:
        made = await book(hall)
        await pass_time(hall, clock, 1800)
        await hall.act("appointment.check_in", appointment=made["code"])
    async with branch(YAML, tmp_path, clock=clock) as hall:
        walk_in = await hall.act("queue.issue", queue="main")
        assert walk_in["ticket"]["place"][0] == clock.now()


async def test_a_paused_queue_takes_nobody_in(hall: Branch, clock: HandClock) -> None:
    made = await book(hall)
    await pass_time(hall, clock, 2400)
    await hall.act("queue.pause", queue="main")
    assert (await code_of(hall, "appointment.check_in", appointment=made["code"])).code == "paused"
    assert (await hall.act("appointment.get", appointment=made["code"]))["appointment"]["state"] == "booked"
    await hall.act("queue.resume", queue="main")
    await hall.act("appointment.check_in", appointment=made["code"])


async def test_a_quota_is_for_walk_ins(hall: Branch, clock: HandClock) -> None:
    """Whoever has an appointment was promised to come in; a late one is a walk-in and asked like any other."""
    await hall.reload(YAML.replace("prefix: A, ", "prefix: A, quota: {day: 1}, "))
    first, second = await book(hall), await book(hall)
    await pass_time(hall, clock, 2400)
    await hall.act("queue.issue", queue="main")
    await hall.act("appointment.check_in", appointment=first["code"])
    await pass_time(hall, clock, 3600)
    assert (await code_of(hall, "appointment.check_in", appointment=second["code"])).code == "daily_quota"


async def test_a_missed_appointment_counts_against_the_visitor(hall: Branch, clock: HandClock) -> None:
    await hall.act("visitor.add", visitor="C1")
    made = await book(hall, visitor="C1")
    await pass_time(hall, clock, 3700)
    await hall.act("appointment.mark_missed", appointment=made["code"])
    assert (await hall.act("visitor.get", visitor="C1"))["visitor"]["missed"] == 1


async def test_mark_missed(hall: Branch, clock: HandClock) -> None:
    made = await book(hall)
    assert (await code_of(hall, "appointment.mark_missed", appointment=made["code"])).code == "too_early"
    await pass_time(hall, clock, 3700)
    await hall.act("appointment.mark_missed", appointment=made["code"])
    assert len(hall.events("appointment_missed")) == 1
    assert (await code_of(hall, "appointment.check_in", appointment=made["code"])).code == "wrong_state"


@pytest.mark.parametrize(
    ("changes", "queue", "service"),
    [
        ({"  main: {name": "  front: {replaces: main, name", "serves: [main,": "serves: [front,", "queue: main": "queue: front"},
         "front", "passport"),
        ({"passport: {name: Passports}": "other: {name: Other}", "    service: passport\n": ""}, "main", None),
        ({"    queue: main\n": "    queue: clinic\n", "    service: passport\n": ""}, "clinic", None),
    ],
)  # fmt: skip
async def test_who_is_booked_arrives_where_the_yaml_leads_now(
    hall: Branch, clock: HandClock, changes: dict[str, str], queue: str, service: str | None
) -> None:
    made, yaml = await book(hall), YAML
    for old, new in changes.items():
        assert old in yaml
        yaml = yaml.replace(old, new)
    await hall.reload(yaml)
    await hall.act("counter.sign_in", counter="1")
    panel = hall.engine.views.get("counter/1")
    assert panel is not None
    assert [one["queue"] for one in json.loads(panel.read().body)["booked"]] == [queue]
    assert (await hall.act("appointment.list", days=3, queue=queue))["total"] == 1
    await pass_time(hall, clock, 3600)
    answer = await hall.act("appointment.check_in", appointment=made["code"])
    assert (answer["ticket"]["queue"], answer["ticket"]["service"]) == (queue, service)
    assert (answer["appointment"]["queue"], answer["appointment"]["service"]) == (queue, service)
