"""A visit of several stays: plans kept, replaced, dropped; ready and back; triage; transfer; moved by a supervisor; split."""

import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from usher.core.access import Caller
from usher.core.actions import Call
from usher.core.clock import HandClock
from usher.core.errors import BadData, NotPermitted, Refused
from usher.core.hall.journeys.places import between
from usher.core.testing import Branch, branch

YAML = """
usher: {name: Hospital, site: test, classes: {vip: 50, elderly: 20}}
queue:
  doctor: {name: Doctor, prefix: D, services: {first: {name: First visit}}, requeue: {after: 2, times: 1}}
  lab: {name: Laboratory, prefix: L}
  cashier: {name: Cashier, prefix: C}
  pharmacy: {name: Pharmacy, prefix: P}
  urgent: {name: Emergency, prefix: U, urgency: 10}
counter:
  room1: {name: Room 1, serves: [doctor, urgent], pools: [general]}
  room2: {name: Room 2, serves: [doctor]}
  lab: {name: Lab, serves: [lab]}
  cash: {name: Cash, serves: [cashier]}
  drugs: {name: Drugs, serves: [pharmacy]}
staff:
  wang: {name: Dr Wang}
"""


@pytest.fixture
async def clinic(tmp_path: Path, clock: HandClock) -> AsyncIterator[Branch]:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        yield hall


async def _come(hall: Branch, count: int, queue: str = "doctor", **more: Any) -> list[str]:
    return [(await hall.act("queue.issue", queue=queue, **more))["ticket"]["number"] for _ in range(count)]


async def _line(hall: Branch, queue: str = "doctor") -> list[str]:
    return [t["number"] for t in (await hall.act("ticket.list", queue=queue, state="waiting"))["tickets"]]


async def _get(hall: Branch, number: str) -> dict[str, Any]:
    found: dict[str, Any] = (await hall.act("ticket.get", ticket=number))["ticket"]
    return found


async def _refused(hall: Branch, code: str, action: str, **data: Any) -> Refused:
    heard = len(hall.heard)
    with pytest.raises(Refused) as refused:
        await hall.act(action, **data)
    assert refused.value.code == code
    assert refused.value.say("zh-CN") != refused.value.say("en")
    assert len(hall.heard) == heard
    return refused.value


# Plans.


async def test_cashier_doctor_pharmacy_in_one_visit(clinic: Branch) -> None:
    await clinic.act("counter.sign_in", counter="cash")
    await clinic.act("counter.sign_in", counter="room1", move=True)
    plan = [{"queue": "doctor", "service": "first", "counter": "room1"}, {"queue": "pharmacy", "ready": False}]
    (number,) = await _come(clinic, 1, "cashier", then=plan)
    await clinic.act("counter.sign_in", counter="cash", move=True)
    await clinic.act("counter.call_next", counter="cash")
    second = (await clinic.act("counter.finish", counter="cash"))["ticket"]
    assert (second["number"], second["queue"], second["service"], second["reserved"]) == (
        number,
        "doctor",
        "first",
        "room1",
    )
    await clinic.act("counter.sign_in", counter="room1", move=True)
    await clinic.act("counter.call_next", counter="room1")
    third = (await clinic.act("counter.finish", counter="room1"))["ticket"]
    assert (third["queue"], third["state"], third["leg"], third["plan"]) == ("pharmacy", "pending", 3, [])


@pytest.mark.parametrize(
    ("said", "queues"),
    [({}, ["pharmacy"]), ({"then": []}, []), ({"then": ["cashier", "back"]}, ["cashier", "doctor"])],
)
async def test_a_plan_is_kept_dropped_or_replaced_by_a_transfer(
    clinic: Branch, said: dict[str, Any], queues: list[str]
) -> None:
    await _come(clinic, 1, then=["pharmacy"])
    moved = (await clinic.act("ticket.transfer", ticket="D001", queue="lab", **said))["ticket"]
    assert [leg["queue"] for leg in moved["plan"]] == queues


async def test_a_queue_or_a_service_brings_the_plan(tmp_path: Path, clock: HandClock) -> None:
    yaml = YAML.replace(
        "services: {first: {name: First visit}},",
        "then: [{queue: pharmacy, ready: false}], services: {first: {name: First visit, then: [lab, cashier]}, again: {name: Again}},",
    )
    async with branch(yaml, tmp_path, clock=clock) as hall:
        for more, queues in (({}, ["pharmacy"]), ({"service": "first"}, ["lab", "cashier"]), ({"then": []}, []),
                             ({"service": "again"}, ["pharmacy"]), ({"then": ["lab"]}, ["lab"])):  # fmt: skip
            ticket = (await hall.act("queue.issue", queue="doctor", **more))["ticket"]
            assert [leg["queue"] for leg in ticket["plan"]] == queues
        (part,) = (await hall.act("ticket.split", ticket=(await _come(hall, 1, then=[], party=2))[0]))["tickets"]
        assert part["plan"] == []


async def test_a_plan_is_changed_before_it_begins(clinic: Branch) -> None:
    await _come(clinic, 1, then=["pharmacy"])
    await clinic.act("ticket.update", ticket="D001", then=["cashier", {"queue": "pharmacy", "ready": False}])
    assert [leg["queue"] for leg in (await _get(clinic, "D001"))["plan"]] == ["cashier", "pharmacy"]
    await _refused(clinic, "unknown_queue", "ticket.update", ticket="D001", then=["nowhere"])
    await _refused(clinic, "not_served", "ticket.update", ticket="D001", then=[{"queue": "lab", "counter": "cash"}])


async def test_a_leg_may_keep_the_place_of_the_time_of_issue(clinic: Branch, clock: HandClock) -> None:
    await clinic.act("counter.sign_in", counter="cash")
    await _come(clinic, 1, "cashier", then=[{"queue": "doctor", "place": "keep"}])
    await clock.turn(60)
    await _come(clinic, 1)
    await clinic.act("counter.call_next", counter="cash")
    await clinic.act("counter.finish", counter="cash")
    assert await _line(clinic) == ["C001", "D001"]
    assert clinic.state("queue.doctor").attributes["oldest_wait"] == 60


async def test_lab_and_back_stands_by_the_time_of_leaving(clinic: Branch, clock: HandClock) -> None:
    await clinic.act("counter.sign_in", counter="room1", staff="wang")
    await _come(clinic, 3)
    await clinic.act("counter.call_next", counter="room1")
    await clock.turn(10)
    await clinic.act("ticket.transfer", ticket="D001", queue="lab", then=[{"queue": "back", "ready": False}])
    await clock.turn(10)
    await _come(clinic, 1)
    await clinic.act("counter.sign_out", counter="room1")
    await clinic.act("counter.sign_in", counter="lab", staff="wang")
    await clinic.act("counter.call_next", counter="lab")
    await clock.turn(300)
    back = (await clinic.act("counter.finish", counter="lab"))["ticket"]
    assert (back["queue"], back["state"], back["reserved"]) == ("doctor", "pending", "room1")
    await clock.turn(600)  # the result comes
    ready = (await clinic.act("ticket.ready", ticket="D001"))["ticket"]
    assert ready["place"] == back["place"]
    assert await _line(clinic) == ["D002", "D003", "D001", "D004"]


async def test_the_pharmacy_calls_in_the_order_of_made_up_not_of_payment(clinic: Branch, clock: HandClock) -> None:
    await _come(clinic, 3, "pharmacy", ready=False)
    await clock.turn(300)
    for number in ("P003", "P001"):
        await clinic.act("ticket.ready", ticket=number)
        await clock.turn(30)
    assert await _line(clinic, "pharmacy") == ["P003", "P001"]
    # The time it was being made up is no waiting.
    assert clock.now() - (await _get(clinic, "P003"))["times"]["waiting"] == 60
    await clinic.act("ticket.ready", ticket="P002", place="front")
    assert await _line(clinic, "pharmacy") == ["P002", "P003", "P001"]


async def test_a_pharmacist_calls_by_hand_what_is_still_pending(clinic: Branch) -> None:
    await clinic.act("counter.sign_in", counter="drugs", staff="wang")
    await _come(clinic, 1, "pharmacy", ready=False)
    await _refused(clinic, "nobody_waiting", "counter.call_next", counter="drugs")
    assert (await clinic.act("counter.call", counter="drugs", ticket="P001"))["ticket"]["state"] == "called"


# Triage.


async def test_triage_gives_an_urgency_that_goes_along_and_the_queues_own_stays(clinic: Branch) -> None:
    await clinic.act("counter.sign_in", counter="lab", staff="wang")
    await _come(clinic, 2)
    await clinic.act("ticket.update", ticket="D002", urgency=4)
    assert await _line(clinic) == ["D002", "D001"]
    there = (await clinic.act("ticket.transfer", ticket="D002", queue="urgent"))["ticket"]
    assert there["urgency"] == 10  # the queue's own is higher
    back = (await clinic.act("ticket.transfer", ticket="D002", queue="lab", then=["doctor"]))["ticket"]
    assert back["urgency"] == 4
    await clinic.act("counter.call_next", counter="lab")
    assert (await clinic.act("counter.finish", counter="lab"))["ticket"]["urgency"] == 4
    plain = (await clinic.act("ticket.update", ticket="D002", urgency=None))["ticket"]
    assert (plain["urgency"], plain["triage"]) == (0, None)


async def test_an_urgency_given_at_issue_goes_along_too(clinic: Branch) -> None:
    await _come(clinic, 1, urgency=3)
    assert (await clinic.act("ticket.transfer", ticket="D001", queue="lab"))["ticket"]["urgency"] == 3
    assert (await clinic.act("ticket.transfer", ticket="D001", queue="urgent"))["ticket"]["urgency"] == 10
    assert (await clinic.act("ticket.transfer", ticket="D001", queue="lab"))["ticket"]["urgency"] == 3


async def test_what_is_said_of_a_ticket_is_changed_and_told_without_names(clinic: Branch) -> None:
    await _come(clinic, 2)
    told = await clinic.act("ticket.update", ticket="D002", service="first", case="2026-0815", note="wheelchair",
                            language="en", name="张小三", phone="13800000000", **{"class": "elderly"})  # fmt: skip
    ticket = told["ticket"]
    assert {key: ticket[key] for key in ("service", "case", "note", "language", "class")} == {
        "service": "first", "case": "2026-0815", "note": "wheelchair", "language": "en", "class": "elderly",
    }  # fmt: skip
    assert await _line(clinic) == ["D002", "D001"]  # the heavier class goes first, the place is the same
    assert (await clinic.act("ticket.get", ticket="D002"))["person"] == {"name": "张小三", "phone": "13800000000"}
    (event,) = clinic.events("ticket_updated")
    assert event.data["changed"] == ["case", "class", "language", "note", "service", "name", "phone"]
    assert "张小三" not in repr(event)
    assert [t["number"] for t in (await clinic.act("ticket.list", case="2026-0815"))["tickets"]] == ["D002"]
    again = await clinic.act("ticket.update", ticket="D002", service="first", name="张小三")
    assert again["ticket"] == ticket
    assert len(clinic.events("ticket_updated")) == 1  # nothing new: nothing told
    await clinic.act("ticket.update", ticket="D002", note=None)
    assert (await _get(clinic, "D002"))["note"] is None


async def test_a_case_is_given_at_issue(clinic: Branch) -> None:
    await _come(clinic, 1, case="M-7")
    assert (await _get(clinic, "D001"))["case"] == "M-7"


async def test_an_update_that_does_not_fit_is_refused(clinic: Branch) -> None:
    await _come(clinic, 1)
    await _refused(clinic, "unknown_class", "ticket.update", ticket="D001", **{"class": "king"})
    await _refused(clinic, "unknown_service", "ticket.update", ticket="D001", service="none")
    with pytest.raises(BadData, match="what changes"):
        await clinic.act("ticket.update", ticket="D001")
    await clinic.act("ticket.cancel", ticket="D001")
    await _refused(clinic, "wrong_state", "ticket.update", ticket="D001", note="late")


# Transfer and hold.


async def test_a_transfer_reserves_for_a_counter_a_person_or_a_pool(clinic: Branch) -> None:
    await _come(clinic, 3)
    await clinic.act("ticket.transfer", ticket="D001", counter="room2", only=True)
    await clinic.act("ticket.transfer", ticket="D002", staff="wang", only=True)
    await clinic.act("ticket.transfer", ticket="D003", pool="general", only=True)
    assert (await _get(clinic, "D002"))["reserved_staff"] == "wang"
    await clinic.act("counter.sign_in", counter="room1")
    assert (await clinic.act("counter.call_next", counter="room1"))["ticket"]["number"] == "D003"
    await _refused(clinic, "nobody_waiting", "counter.call_next", counter="room1", current="finish")
    await clinic.act("counter.sign_in", counter="room2", staff="wang")
    called = [(await clinic.act("counter.call_next", counter="room2", current=current))["ticket"]["number"]
              for current in (None, "finish")]  # fmt: skip
    assert called == ["D001", "D002"]
    again = (await clinic.act("ticket.transfer", ticket="D002", queue="lab"))["ticket"]
    assert "reserved_staff" not in again


async def test_a_transfer_that_goes_nowhere_is_refused(clinic: Branch) -> None:
    await _come(clinic, 1)
    await _refused(clinic, "unknown_queue", "ticket.transfer", ticket="D001", queue="nowhere")
    await _refused(clinic, "not_served", "ticket.transfer", ticket="D001", queue="lab", counter="cash")
    refused = await _refused(clinic, "unknown_staff", "ticket.transfer", ticket="D001", staff="wong")
    assert "wang" in refused.say("en")
    refused = await _refused(clinic, "unknown_pool", "ticket.transfer", ticket="D001", pool="generel")
    assert "general" in refused.say("en")
    await clinic.act("queue.pause", queue="lab", reason="Power cut.")
    refused = await _refused(clinic, "paused", "ticket.transfer", ticket="D001", queue="lab")
    assert "Power cut." in refused.say("en")
    await clinic.act("queue.resume", queue="lab")
    await clinic.act("hall.close", reason="Fire drill.")
    await _refused(clinic, "hall_closed", "ticket.transfer", ticket="D001", queue="lab")
    for data in ({"only": True, "queue": "lab"}, {"counter": "room1", "staff": "wang"}, {}):
        with pytest.raises(BadData):
            await clinic.act("ticket.transfer", ticket="D001", **data)


async def test_a_transfer_with_priority_goes_before_the_others(clinic: Branch) -> None:
    await _come(clinic, 2)
    await _come(clinic, 2, "lab")
    await clinic.act("ticket.transfer", ticket="L002", queue="doctor", place="front")
    assert await _line(clinic) == ["L002", "D001", "D002"]
    await clinic.act("ticket.transfer", ticket="L001", queue="doctor", urgency=1)
    assert await _line(clinic) == ["L001", "L002", "D001", "D002"]
    await clinic.act("ticket.transfer", ticket="D002", queue="doctor", ready=False)
    assert (await _get(clinic, "D002"))["state"] == "pending"


async def test_a_hold_until_a_step_is_done(clinic: Branch) -> None:
    await clinic.act("counter.sign_in", counter="room1", staff="wang")
    await _come(clinic, 2)
    await clinic.act("counter.call_next", counter="room1")
    held = (await clinic.act("ticket.hold", ticket="D001", **{"for": "step"}, step="a copy of the card"))["ticket"]
    assert (held["kept_for_step"], held["reserved"]) == ("a copy of the card", None)
    await _refused(clinic, "wrong_state", "ticket.hold", ticket="D001")
    released = (await clinic.act("ticket.release", ticket="D001"))["ticket"]
    assert "kept_for_step" not in released
    assert await _line(clinic) == ["D001", "D002"]  # the old place
    await _refused(clinic, "wrong_state", "ticket.release", ticket="D001")
    with pytest.raises(BadData, match="step"):
        await clinic.act("ticket.hold", ticket="D001", step="a copy of the card")


async def test_a_no_show_comes_back_behind_the_second_and_only_once(clinic: Branch) -> None:
    await clinic.act("counter.sign_in", counter="room1", staff="wang")
    await _come(clinic, 4)
    for _ in range(2):
        await clinic.act("counter.call_next", counter="room1")
        await clinic.act("counter.no_show", counter="room1")
    await clinic.act("ticket.requeue", ticket="D001")
    assert await _line(clinic) == ["D003", "D004", "D001"]
    await clinic.act("counter.call", counter="room1", ticket="D001")
    await clinic.act("counter.no_show", counter="room1")
    await _refused(clinic, "requeue_limit", "ticket.requeue", ticket="D001")


# Moved by a supervisor.


@pytest.mark.parametrize(
    ("number", "where", "line"),
    [
        ("D004", {"to": "front"}, ["D004", "D001", "D002", "D003"]),
        ("D001", {"to": "end"}, ["D002", "D003", "D004", "D001"]),
        ("D001", {"to": 2}, ["D002", "D003", "D001", "D004"]),
        ("D001", {"to": 99}, ["D002", "D003", "D004", "D001"]),
        ("D004", {"before": "D002"}, ["D001", "D004", "D002", "D003"]),
        ("D002", {"to": 1}, ["D001", "D002", "D003", "D004"]),
    ],
)
async def test_a_supervisor_moves_a_waiting_ticket(
    clinic: Branch, clock: HandClock, number: str, where: dict[str, Any], line: list[str]
) -> None:
    for _ in range(4):
        await _come(clinic, 1)
        await clock.turn(1)
    moved = await clinic.act("ticket.move", ticket=number, **where, reason="was skipped")
    assert await _line(clinic) == line
    assert moved["ahead"] == line.index(number)
    (event,) = clinic.events("ticket_moved")
    told = {key: event.data[key] for key in ("by", "reason", "was_ahead", "ahead")}
    assert told == {
        "by": "system",
        "reason": "was skipped",
        "was_ahead": int(number[1:]) - 1,
        "ahead": line.index(number),
    }
    await clinic.act("ticket.move", ticket=number, to="keep", reason="a mistake")
    assert await _line(clinic) == ["D001", "D002", "D003", "D004"]


async def test_a_move_goes_among_the_more_urgent_and_the_heavier_and_down_again(clinic: Branch) -> None:
    await _come(clinic, 1, urgency=5)
    await _come(clinic, 1, **{"class": "vip"})
    await _come(clinic, 2)
    await clinic.act("ticket.move", ticket="D004", before="D002", reason="came with D002")
    assert await _line(clinic) == ["D001", "D004", "D002", "D003"]
    await clinic.act("ticket.move", ticket="D004", to="front", reason="fainted")
    assert await _line(clinic) == ["D004", "D001", "D002", "D003"]
    await clinic.act("ticket.move", ticket="D002", to="end", reason="asked for it")
    assert await _line(clinic) == ["D004", "D001", "D003", "D002"]
    ticket = await _get(clinic, "D004")
    assert (ticket["class"], ticket["triage"]) == ("normal", None)
    # In the next queue it is again what it is.
    assert (await clinic.act("ticket.transfer", ticket="D004", queue="lab"))["ticket"]["urgency"] == 0


async def test_only_a_supervisor_moves_and_only_who_waits(clinic: Branch) -> None:
    await _come(clinic, 2)
    await _come(clinic, 1, "lab")
    staff = Call(Caller("amy", "Amy", "staff"))
    with pytest.raises(NotPermitted):
        await clinic.engine.actions.call("ticket.move", {"ticket": "D002", "to": "front", "reason": "x"}, staff)
    manager = Call(Caller("m1", "Max", "manager"))
    await clinic.engine.actions.call("ticket.move", {"ticket": "D002", "to": "front", "reason": "x"}, manager)
    assert clinic.events("ticket_moved")[0].data["by"] == "m1"
    await _refused(clinic, "not_in_line", "ticket.move", ticket="D001", before="L001", reason="x")
    await clinic.act("ticket.hold", ticket="D001")
    await _refused(clinic, "wrong_state", "ticket.move", ticket="D001", to="front", reason="x")
    for data in ({"to": "front"}, {"reason": "x"}, {"to": "front", "before": "D001", "reason": "x"},
                 {"to": -1, "reason": "x"}):  # fmt: skip
        with pytest.raises(BadData):
            await clinic.act("ticket.move", ticket="D002", **data)


@given(gaps=st.lists(st.booleans(), min_size=1, max_size=30))
def test_there_is_a_place_between_any_two(gaps: list[bool]) -> None:
    before, after = [100.0, 20_000.0], [100.0, 20_001.0]
    for nearer in gaps:
        new = between(before, after)
        assert before < new < after
        before, after = (new, after) if nearer else (before, new)


def test_where_no_number_is_left_between_two_it_is_refused() -> None:
    before, after = [100.0, 20_000.0], [100.0, 20_001.0]
    halvings = 0
    while before < (after := [100.0, (before[1] + after[1]) / 2]):
        halvings += 1
    assert halvings > 30
    with pytest.raises(Refused) as refused:
        between(before, [100.0, math.nextafter(before[1], math.inf)])
    assert refused.value.code == "no_place"


# Parties.


async def test_a_family_of_four_is_served_apart(clinic: Branch, clock: HandClock) -> None:
    await _come(clinic, 1, party=4, name="张小三", case="K-1", then=["pharmacy"], **{"class": "elderly"})
    await clock.turn(60)
    await _come(clinic, 1, **{"class": "elderly"})
    answer = await clinic.act("ticket.split", ticket="D001", into=[2, 1, 1])
    assert (answer["ticket"]["number"], answer["ticket"]["party"]) == ("D001", 2)
    parts = answer["tickets"]
    assert [(t["number"], t["party"], t["split_from"]) for t in parts] == [
        ("D003", 1, answer["ticket"]["id"]), ("D004", 1, answer["ticket"]["id"])]  # fmt: skip
    assert await _line(clinic) == ["D001", "D003", "D004", "D002"]
    assert all(
        (t["case"], t["class"], [leg["queue"] for leg in t["plan"]]) == ("K-1", "elderly", ["pharmacy"]) for t in parts
    )
    assert all(t["times"]["waiting"] == answer["ticket"]["times"]["waiting"] for t in parts)
    assert "person" not in {k for k, v in (await clinic.act("ticket.get", ticket="D003")).items() if v}
    assert [e.type for e in clinic.heard if e.type.startswith("ticket_")][-3:] == [
        "ticket_issued", "ticket_issued", "ticket_split"]  # fmt: skip
    assert clinic.events("ticket_split")[0].data["into"] == [t["id"] for t in parts]


async def test_a_party_is_split_at_the_counter(clinic: Branch) -> None:
    await clinic.act("counter.sign_in", counter="room1", staff="wang")
    await _come(clinic, 1, party=2)
    await _come(clinic, 1)
    await clinic.act("counter.call_next", counter="room1")
    answer = await clinic.act("ticket.split", ticket="D001")
    assert (answer["ticket"]["state"], answer["ticket"]["party"]) == ("called", 1)
    assert clinic.state("counter.room1").attributes["number"] == "D001"
    assert await _line(clinic) == ["D003", "D002"]  # in the party's old place


async def test_a_quota_counts_a_party_once_however_it_is_split(tmp_path: Path, clock: HandClock) -> None:
    yaml = YAML.replace("name: Doctor, ", "name: Doctor, quota: {day: 5}, ")
    async with branch(yaml, tmp_path, clock=clock) as hall:
        await _come(hall, 1, party=4)
        await hall.act("ticket.split", ticket="D001")
        await _come(hall, 1)
        await _refused(hall, "daily_quota", "queue.issue", queue="doctor")


async def test_parts_must_add_up(clinic: Branch) -> None:
    await _come(clinic, 1, party=3)
    await _come(clinic, 1)
    await _refused(clinic, "party_size", "ticket.split", ticket="D001", into=[2, 2])
    await _refused(clinic, "party_size", "ticket.split", ticket="D002")
    with pytest.raises(BadData):
        await clinic.act("ticket.split", ticket="D001", into=[3])
    await clinic.act("ticket.cancel", ticket="D001")
    await _refused(clinic, "wrong_state", "ticket.split", ticket="D001")
