"""At the counter: sign in, one ticket at most, pause, recall, finish and what comes after."""

import pytest
from usher.core.access import Caller
from usher.core.actions import Call
from usher.core.clock import HandClock
from usher.core.errors import BadData, NotPermitted, Refused, Unknown
from usher.core.testing import Branch


async def _ready(hall: Branch, tickets: int = 3) -> None:
    await hall.act("counter.sign_in", counter="1", staff="amy")
    for _ in range(tickets):
        await hall.act("queue.issue", queue="personal")


async def _refused(hall: Branch, code: str, action: str, **data: object) -> None:
    heard = len(hall.heard)
    with pytest.raises(Refused) as refused:
        await hall.act(action, **data)
    assert refused.value.code == code
    assert refused.value.say("zh-CN") != refused.value.say("en")
    assert len(hall.heard) == heard  # a refusal changes nothing


async def test_a_closed_counter_calls_nobody(hall: Branch) -> None:
    await hall.act("queue.issue", queue="personal")
    await _refused(hall, "counter_closed", "counter.call_next", counter="1")
    assert hall.state("counter.1").value == "closed"


async def test_one_staff_one_counter(hall: Branch) -> None:
    await hall.act("counter.sign_in", counter="1", staff="amy")
    await _refused(hall, "counter_taken", "counter.sign_in", counter="1", staff="bob")
    await _refused(hall, "signed_in_elsewhere", "counter.sign_in", counter="2", staff="amy")
    await hall.act("counter.sign_in", counter="2", staff="amy", move=True)
    assert (hall.state("counter.1").value, hall.state("counter.2").value) == ("closed", "idle")
    await hall.act("counter.sign_in", counter="2", staff="amy")  # again: the same, and no event
    assert len(hall.events("counter_signed_in")) == 2


async def test_staff_sign_in_as_themselves(hall: Branch) -> None:
    amy = Call(Caller("amy", "Amy", "staff"))
    await hall.engine.actions.call("counter.sign_in", {"counter": "1"}, amy)
    assert hall.state("counter.1").attributes["staff"] == "Amy"
    with pytest.raises(NotPermitted):
        await hall.engine.actions.call("counter.sign_in", {"counter": "2", "staff": "bob"}, amy)


async def test_a_counter_has_at_most_one_ticket(hall: Branch) -> None:
    await _ready(hall)
    await hall.act("counter.call_next", counter="1")
    await _refused(hall, "busy", "counter.call_next", counter="1")
    await _refused(hall, "busy", "counter.sign_out", counter="1")
    await hall.act("counter.call_next", counter="1", current="finish")
    await hall.act("counter.call", counter="1", ticket="A003", current="hold")
    states = {
        t["number"]: t["state"]
        for t in (await hall.act("ticket.list", state=["finished", "held", "called"]))["tickets"]
    }
    assert states == {"A001": "finished", "A002": "held", "A003": "called"}


async def test_next_with_nobody_waiting_changes_nothing(hall: Branch) -> None:
    await _ready(hall, 1)
    await hall.act("counter.call_next", counter="1")
    await _refused(hall, "nobody_waiting", "counter.call_next", counter="1", current="finish")
    assert hall.state("counter.1").value == "calling"


async def test_the_third_unanswered_call_becomes_a_no_show_at_the_next(hall: Branch) -> None:
    await _ready(hall)
    await hall.act("counter.call_next", counter="1")
    calls = [(await hall.act("counter.recall", counter="1"))["ticket"]["calls"] for _ in range(2)]
    assert calls == [2, 3]
    assert (await hall.act("counter.recall", counter="1"))["ticket"]["state"] == "no_show"
    assert [e.data["calls"] for e in hall.events("ticket_called")] == [1, 2, 3]
    assert hall.state("counter.1").value == "idle"


async def test_must_start(hall: Branch) -> None:
    await hall.act("counter.sign_in", counter="2", staff="bob")
    await hall.act("queue.issue", queue="corporate")
    await hall.act("counter.call_next", counter="2")
    await _refused(hall, "must_start", "counter.finish", counter="2")
    await hall.act("counter.start", counter="2")
    assert (await hall.act("counter.finish", counter="2"))["ticket"]["state"] == "finished"


async def test_a_pause_while_serving_takes_effect_afterwards(hall: Branch) -> None:
    await _ready(hall)
    await hall.act("counter.call_next", counter="1")
    await hall.act("counter.pause", counter="1", reason="lunch")
    assert hall.state("counter.1").value == "calling"
    await hall.act("counter.finish", counter="1")
    assert hall.state("counter.1").value == "paused"
    assert hall.state("counter.1").attributes["pause_reason"] == {"en": "Lunch", "zh-CN": "午餐"}
    await _refused(hall, "counter_paused", "counter.call_next", counter="1")
    await hall.act("counter.resume", counter="1")
    assert (await hall.act("counter.call_next", counter="1"))["ticket"]["number"] == "A002"


async def test_a_paused_queue_gives_no_numbers_and_says_why(hall: Branch) -> None:
    await hall.act("queue.pause", queue="personal", reason={"en": "System down.", "zh-CN": "系统故障。"})
    with pytest.raises(Refused) as refused:
        await hall.act("queue.issue", queue="personal")
    assert refused.value.code == "paused"
    assert "System down." in refused.value.say("en")
    assert "系统故障" in refused.value.say("zh-CN")
    await hall.act("queue.resume", queue="personal")
    assert (await hall.act("queue.issue", queue="personal"))["ticket"]["number"] == "A001"


async def test_finish_goes_on_with_the_plan(hall: Branch) -> None:
    await hall.act("counter.sign_in", counter="1", staff="amy")
    await hall.act("queue.issue", queue="personal", then=["corporate", {"queue": "loss", "ready": False}])
    await hall.act("counter.call_next", counter="1")
    moved = (await hall.act("counter.finish", counter="1"))["ticket"]
    assert (moved["queue"], moved["state"], moved["leg"], moved["number"]) == ("corporate", "waiting", 2, "A001")
    assert [(e.type, e.data["ticket"]["state"]) for e in hall.events("ticket_finished")] == [
        ("ticket_finished", "finished")
    ]
    assert hall.events("ticket_finished")[0].data["final"] is False
    await hall.act("counter.call_next", counter="1")
    last = (await hall.act("counter.finish", counter="1"))["ticket"]
    assert (last["queue"], last["state"], last["leg"], last["urgency"]) == ("loss", "pending", 3, 10)


async def test_lab_and_back(hall: Branch) -> None:
    await hall.act("counter.sign_in", counter="1", staff="amy")
    await hall.act("counter.sign_in", counter="2", staff="bob")
    await hall.act("queue.issue", queue="personal")
    await hall.act("counter.call_next", counter="1")
    await hall.act("ticket.transfer", ticket="A001", queue="corporate", then=["back"])
    await hall.act("queue.issue", queue="personal")
    await hall.act("counter.call_next", counter="2")
    await hall.act("counter.start", counter="2")
    back = (await hall.act("counter.finish", counter="2"))["ticket"]
    assert (back["queue"], back["reserved"]) == ("personal", "1")
    assert (await hall.act("counter.call_next", counter="1"))["ticket"]["number"] == "A001"


async def test_a_hold_for_the_counter_comes_back_to_it(hall: Branch) -> None:
    await _ready(hall, 2)
    await hall.act("counter.sign_in", counter="2", staff="bob")
    await hall.act("counter.call_next", counter="1")
    await hall.act("ticket.hold", ticket="A001", **{"for": "counter"})
    await hall.act("ticket.release", ticket="A001")
    assert (await hall.act("counter.call_next", counter="2"))["ticket"]["number"] == "A002"
    assert (await hall.act("counter.call_next", counter="1"))["ticket"]["number"] == "A001"


async def test_names_are_for_those_permitted(hall: Branch) -> None:
    await hall.act("queue.issue", queue="personal", name="张小三", phone="13800000000")
    assert (await hall.act("ticket.get", ticket="A001"))["person"] == {"name": "张小三", "phone": "13800000000"}
    device = Call(Caller("d", "sign", "device", frozenset({"action:ticket.get"})))
    assert "person" not in (await hall.engine.actions.call("ticket.get", {"ticket": "A001"}, device) or {})
    assert not any("张小三" in repr(event) for event in hall.heard)


@pytest.mark.parametrize(
    ("action", "data", "error"),
    [
        ("queue.issue", {"queue": "nowhere"}, Unknown),
        ("queue.issue", {"queue": 5}, Unknown),
        ("queue.issue", {}, Refused),
        ("queue.issue", {"queue": ["personal"]}, BadData),
        ("queue.issue", {"queue": "personal", "party": "many"}, BadData),
        ("queue.issue", {"queue": "personal", "name": "x" * 1_000_000}, BadData),
        ("queue.issue", {"queue": "x" * 1_000_000}, BadData),
        ("queue.issue", {"queue": "personal", "origin": "\ud800"}, BadData),
        ("queue.issue", {"queue": "personal", "colour": "red"}, BadData),
        ("queue.issue", {"queue": "personal", "class": "king"}, Unknown),
        ("queue.issue", {"queue": "corporate", "service": "none"}, Unknown),
        ("queue.issue", {"target": {"entity_id": "counter.1"}}, BadData),
        ("queue.issue", {"target": 7}, BadData),
        ("counter.call_next", {"counter": "99"}, Unknown),
        ("counter.call_next", {"counter": "1", "current": "eat"}, BadData),
        ("ticket.get", {"ticket": "A999"}, Unknown),
        ("ticket.get", {"ticket": None}, BadData),
        ("ticket.transfer", {"ticket": "A001"}, BadData),
    ],
)
async def test_bad_input_is_told_and_changes_nothing(
    hall: Branch, action: str, data: dict[str, object], error: type[Exception]
) -> None:
    heard = len(hall.heard)
    with pytest.raises(error) as told:
        await hall.act(action, **data)
    assert len(str(told.value)) < 2000
    assert len(hall.heard) == heard
    assert (await hall.act("queue.issue", queue="personal"))["ticket"]["number"] == "A001"


async def test_who_wants_a_pause_is_given_nobody_more(hall: Branch) -> None:
    await _ready(hall)
    await hall.act("counter.call_next", counter="1")
    await hall.act("counter.pause", counter="1")
    await _refused(hall, "counter_paused", "counter.call_next", counter="1", current="finish")
    await _refused(hall, "counter_paused", "counter.call", counter="1", ticket="A002", current="finish")
    assert hall.state("counter.1").attributes["number"] == "A001"
    await hall.act("counter.resume", counter="1")
    assert (await hall.act("counter.call_next", counter="1", current="finish"))["ticket"]["number"] == "A002"
    assert not hall.events("counter_paused")


async def test_one_staff_one_counter_by_whatever_name(hall: Branch) -> None:
    amy = Call(Caller("01AMY", "amy", "staff"))
    await hall.engine.actions.call("counter.sign_in", {"counter": "1"}, amy)
    for data, caller in (({"staff": "amy"}, amy), ({}, amy), ({"staff": "amy"}, None), ({"staff": "01AMY"}, None)):
        with pytest.raises(Refused) as refused:
            await hall.engine.actions.call("counter.sign_in", {"counter": "2", **data}, caller)
        assert refused.value.code == "signed_in_elsewhere"


async def test_a_hold_takes_no_wait_away_and_adds_none(hall: Branch, clock: HandClock) -> None:
    await _ready(hall, 1)
    await clock.turn(60)
    await hall.act("ticket.hold", ticket="A001")
    await clock.turn(600)
    await hall.act("ticket.release", ticket="A001")
    assert hall.state("queue.personal").attributes["oldest_wait"] == 60
    await clock.turn(30)
    await hall.act("counter.call_next", counter="1")
    await clock.turn(300)
    await hall.act("ticket.hold", ticket="A001")  # from the counter: the wait ended with the call
    await clock.turn(600)
    await hall.act("ticket.release", ticket="A001")
    assert hall.state("queue.personal").attributes["oldest_wait"] == 90


async def test_tickets_are_listed_by_what_exists(hall: Branch) -> None:
    await hall.act("queue.issue", queue="personal")
    assert (await hall.act("ticket.list", queue="corporate"))["total"] == 0
    await _refused(hall, "unknown_queue", "ticket.list", queue="nowhere")
    await _refused(hall, "unknown_counter", "ticket.list", counter="99")
    with pytest.raises(BadData, match="waiting"):
        await hall.act("ticket.list", state="wating")


async def test_who_takes_a_counter_over_signs_the_other_out(hall: Branch) -> None:
    await hall.act("counter.sign_in", counter="1", staff="amy")
    await hall.act("counter.sign_in", counter="1", staff="bob", move=True)
    told = [(e.type, e.data["staff"]) for e in hall.heard if e.type.startswith("counter_signed")]
    assert told == [("counter_signed_in", "amy"), ("counter_signed_out", "amy"), ("counter_signed_in", "bob")]


async def test_service_counts_from_the_last_call(hall: Branch) -> None:
    await _ready(hall, 1)
    await hall.act("counter.call_next", counter="1")
    await hall.act("counter.start", counter="1")
    await hall.act("counter.put_back", counter="1")
    await hall.act("counter.call_next", counter="1")
    assert "started" not in (await hall.act("counter.finish", counter="1"))["ticket"]["times"]
