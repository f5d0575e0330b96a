"""Booking, changing, cancelling: what is free, who may, and what is refused without changing anything."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from usher.core.access import Caller
from usher.core.actions import Call
from usher.core.clock import HandClock
from usher.core.errors import BadData, NotPermitted, Refused, Unknown
from usher.core.hall.floor import Floor
from usher.core.hall.journal import JOURNAL, replayed
from usher.core.testing import Branch, branch

from .conftest import MONDAY, YAML, pass_time

NINE = "2025-11-24T09:00"
SITE = Caller("u9", "Our site", "booking")


async def book(hall: Branch, at: str = NINE, type: str = "passport", **data: Any) -> dict[str, Any]:
    return await hall.act("appointment.book", type=type, at=at, **data)


async def refused(hall: Branch, action: str, **data: Any) -> Refused:
    """What it is refused with; nothing is told of it."""
    before = len(hall.heard)
    with pytest.raises(Refused) as caught:
        await hall.act(action, **data)
    assert len(hall.heard) == before
    return caught.value


async def as_(hall: Branch, caller: Caller, action: str, **data: Any) -> dict[str, Any]:
    answer = await hall.engine.actions.call(action, data, Call(caller))
    return dict(answer or {})


async def test_a_slot_is_booked(hall: Branch) -> None:
    answer = await book(hall, name="Li Lei", phone="+86 138-0000 0000", case="K-77", party=2, origin="web")
    row = answer["appointment"]
    assert (row["type"], row["queue"], row["service"], row["day"]) == ("passport", "main", "passport", "2025-11-24")
    assert (row["state"], row["party"], row["case"], row["origin"]) == ("booked", 2, "K-77", "web")
    assert answer["time"] == "2025-11-24 09:00"
    assert len(answer["code"]) == 6
    assert answer["code"][0] == "4"  # from nine to noon
    assert answer["link"].startswith("/a/a.")
    told = str([event.data for event in hall.events("appointment_booked")])
    assert "Li Lei" not in told
    assert "138" not in told
    assert answer["code"] not in told
    got = await hall.act("appointment.get", appointment=answer["code"])
    assert got["person"] == {"name": "Li Lei", "phone": "+8613800000000"}


async def test_the_journal_holds_no_name_and_replays_to_the_same_book(hall: Branch) -> None:
    kept = await book(hall, name="Li Lei", phone="13800000000")
    await book(hall)
    gone = await book(hall, at="2025-11-24 10:00")
    await hall.act("appointment.cancel", appointment=gone["code"])
    await hall.act("appointment.change", appointment=kept["code"], at="2025-11-25 09:00")
    rows = await hall.engine.store.rows(JOURNAL, "1 = 1", ())
    assert "Li Lei" not in str(rows)
    assert kept["code"] not in str(rows)
    floor: Floor = replayed(sorted(rows), {})
    listed = await hall.act("appointment.list", days=5)
    assert {row["appointment"]["id"]: row["appointment"] for row in listed["appointments"]} == floor.book.rows


async def test_what_is_free(hall: Branch) -> None:
    free = await hall.act("appointment.slots", type="passport")
    assert [slot["time"] for slot in free["slots"]] == [
        "09:00", "09:30", "10:00", "10:30", "11:00", "11:30",
        "13:30", "14:00", "14:30", "15:00", "15:30", "16:00", "16:30"]  # fmt: skip
    assert {slot["free"] for slot in free["slots"]} == {2}
    await book(hall, party=2)
    await book(hall, at="2025-11-24 09:30")
    free = await hall.act("appointment.slots", type="passport")
    assert [(slot["time"], slot["free"]) for slot in free["slots"][:2]] == [("09:30", 1), ("10:00", 2)]
    everything = await hall.act("appointment.slots", type="passport", all=True)
    assert everything["slots"][0]["free"] == 0
    weekend = await hall.act("appointment.slots", type="passport", day="2025-11-29", days=2)
    assert weekend["slots"] == []
    assert weekend["next"] == free["slots"][0]["at"]


async def test_full_is_refused_with_the_next_free_time(hall: Branch) -> None:
    await book(hall, party=2)
    no = await refused(hall, "appointment.book", type="passport", at=NINE)
    assert (no.code, no.next) == ("slot_full", MONDAY + 5400)
    assert no.say("en") == "That time is fully booked. The next free one is 2025-11-24 09:30."
    assert no.say("zh-CN") == "该时段已约满。最近可约时间为 2025-11-24 09:30。"


@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("2025-11-24 09:10", "no_slot"),
        ("2025-11-24 12:00", "no_slot"),  # the break
        ("2025-11-29 09:00", "no_slot"),  # Saturday
        ("2025-11-21 09:00", "too_short_notice"),  # past
        ("2025-12-25 09:00", "not_bookable_yet"),
    ],
)
async def test_times_that_cannot_be_booked(hall: Branch, at: str, code: str) -> None:
    no = await refused(hall, "appointment.book", type="passport", at=at)
    assert no.code == code
    assert no.next is not None
    assert hall.engine.actions  # and the hall goes on
    assert (await hall.act("appointment.list", days=60))["total"] == 0


async def test_data_that_does_not_fit(hall: Branch) -> None:
    for data in ({"type": "passport", "at": "tomorrow"}, {"type": "passport"}, {"at": NINE},
                 {"type": "passport", "at": NINE, "party": 0}, {"type": "passport", "at": True}):  # fmt: skip
        with pytest.raises(BadData):
            await hall.act("appointment.book", **data)
    assert (await refused(hall, "appointment.book", type="visa", at=NINE)).code == "unknown_appointment_type"
    assert (
        await refused(hall, "appointment.book", type="passport", at=NINE, **{"class": "gold"})
    ).code == "unknown_class"
    assert (await refused(hall, "appointment.book", type="doctor", at=NINE, staff="zhao")).code == "unknown_staff"
    assert (await refused(hall, "appointment.book", type="check", at=NINE, name="Li")).code == "details_missing"


async def test_one_person_books_so_many(hall: Branch) -> None:
    for at in ("09:00", "09:30", "10:00"):
        await book(hall, at=f"2025-11-24 {at}", phone="138 0000 0000")
    no = await refused(hall, "appointment.book", type="passport", at="2025-11-24 10:30", phone="13800000000")
    assert no.code == "already_booked"
    await book(hall, at="2025-11-24 10:30", phone="139")
    await book(hall, type="doctor", phone="13800000000")  # another type


async def test_staff_are_booked_over_all_types(hall: Branch) -> None:
    """Whom a doctor sees at nine for a check-up nobody else sees then."""
    await book(hall, type="check", name="Li", phone="1")  # Wang, 9:00 to 10:00
    no = await refused(hall, "appointment.book", type="doctor", at="2025-11-24 09:40", staff="wang")
    assert (no.code, no.next) == ("slot_full", MONDAY + 7200)
    answer = await book(hall, type="doctor", at="2025-11-24 09:40")
    assert answer["appointment"]["staff"] == "li"
    assert (await refused(hall, "appointment.book", type="doctor", at="2025-11-24 09:40")).code == "slot_full"


async def test_change_moves_it_and_frees_its_place(hall: Branch) -> None:
    first = await book(hall, party=2)
    changed = await hall.act("appointment.change", appointment=first["code"], at="2025-11-24 14:00")
    assert changed["code"][0] == "5"  # from noon to three
    assert changed["code"] != first["code"]
    assert changed["link"] == first["link"]
    with pytest.raises(Unknown):
        await hall.act("appointment.get", appointment=first["code"])
    await book(hall, party=2)  # nine o'clock is free again
    (event,) = hall.events("appointment_changed")
    assert event.data["from"]["at"] == MONDAY + 3600
    # More people where there is just room for them: its own places count as free.
    again = await hall.act("appointment.change", appointment=changed["code"], party=1)
    assert again["appointment"]["party"] == 1
    await hall.act("appointment.change", appointment=changed["code"], party=2)
    assert (await refused(hall, "appointment.change", appointment=changed["code"], party=3)).code == "slot_full"


async def test_change_to_another_type(hall: Branch) -> None:
    first = await book(hall)
    changed = await hall.act("appointment.change", appointment=first["code"], type="doctor", at="2025-11-25 09:20")
    row = changed["appointment"]
    assert (row["type"], row["queue"], row["service"], row["staff"]) == ("doctor", "clinic", None, "wang")
    assert hall.state("appointment.passport").attributes["booked"] == 0


async def test_cancel(hall: Branch) -> None:
    first = await book(hall, party=2)
    await hall.act("appointment.cancel", appointment=first["code"], reason="ill")
    assert hall.events("appointment_cancelled")[0].data["reason"] == "ill"
    for action in ("appointment.cancel", "appointment.change", "appointment.check_in"):
        no = await refused(hall, action, appointment=first["appointment"]["id"])
        assert (no.code, no.say("zh-CN")) == ("wrong_state", "该预约已取消。")
    await book(hall, party=2)


async def test_a_held_slot_is_nobody_elses_for_five_minutes(hall: Branch, clock: HandClock) -> None:
    held = await book(hall, party=2, hold=True)
    assert (await refused(hall, "appointment.book", type="passport", at=NINE)).code == "slot_full"
    assert hall.events("appointment_booked") == []
    done = await hall.act("appointment.confirm", appointment=held["appointment"]["id"], name="Li", phone="1")
    assert done["appointment"]["state"] == "booked"
    assert (await hall.act("appointment.get", appointment=done["code"]))["person"]["name"] == "Li"
    other = await book(hall, at="2025-11-24 09:30", party=2, hold=True)
    await pass_time(hall, clock, 330)
    assert (await refused(hall, "appointment.confirm", appointment=other["appointment"]["id"])).code == "wrong_state"
    await book(hall, at="2025-11-24 09:30", party=2)


async def test_the_same_request_books_once(hall: Branch) -> None:
    ask = [hall.act("appointment.book", request_id="r1", type="passport", at=NINE) for _ in range(30)]
    answers = await asyncio.gather(*ask)
    assert len({answer["appointment"]["id"] for answer in answers}) == 1
    assert len(hall.events("appointment_booked")) == 1
    assert (await refused(hall, "appointment.book", type="passport", at=NINE, party=3)).code == "slot_full"


async def test_an_outside_site_has_its_own_bookings_only(hall: Branch) -> None:
    ours = await as_(hall, SITE, "appointment.book", type="passport", at=NINE, name="Li")
    theirs = await book(hall, name="Wang")
    listed = await as_(hall, SITE, "appointment.list")
    assert [one["appointment"]["id"] for one in listed["appointments"]] == [ours["appointment"]["id"]]
    for action in ("appointment.get", "appointment.cancel", "appointment.change"):
        with pytest.raises(Unknown):
            await as_(hall, SITE, action, appointment=theirs["appointment"]["id"])
    assert (await as_(hall, SITE, "appointment.get", appointment=ours["code"]))["person"]["name"] == "Li"
    assert [one["type"] for one in (await as_(hall, SITE, "appointment.types"))["types"]] == ["passport", "doctor"]
    with pytest.raises(Unknown):
        await as_(hall, SITE, "appointment.slots", type="check")
    with pytest.raises(Refused) as caught:
        await as_(hall, SITE, "appointment.book", type="check", at=NINE, name="Li", phone="1")
    assert caught.value.code == "not_public"
    for action, data in (("appointment.check_in", {"appointment": ours["code"]}), ("queue.issue", {"queue": "main"}),
                         ("appointment.mark_missed", {"appointment": ours["code"]}), ("ticket.list", {}),
                         ("appointment.book", {"type": "passport", "at": NINE, "class": "vip"})):  # fmt: skip
        with pytest.raises(NotPermitted):
            await as_(hall, SITE, action, **data)


@pytest.mark.parametrize(
    "at", [1e308, float("nan"), float("inf"), -1e18, 1e18, "0001-01-01T00:00", "9999-12-31T23:59", "soon"]
)
async def test_what_is_no_time(hall: Branch, at: float | str) -> None:
    for action, data in (("appointment.book", {"type": "passport"}), ("appointment.change", {"appointment": "x"})):
        with pytest.raises(BadData) as refused:
            await hall.act(action, at=at, **data)
        assert "at" in refused.value.fields


async def test_the_appointments_of_some_queues(hall: Branch) -> None:
    await book(hall)
    await hall.act("appointment.book", type="doctor", at="2025-11-25 10:00")
    for queue, types in (
        (["main"], ["passport"]),
        ("clinic", ["doctor"]),
        (["main", "clinic"], ["passport", "doctor"]),
    ):
        listed = await hall.act("appointment.list", days=9, queue=queue)
        assert sorted(row["appointment"]["type"] for row in listed["appointments"]) == sorted(types)
    assert (await hall.act("appointment.list", days=9))["total"] == 2


async def test_codes_are_not_guessed(hall: Branch) -> None:
    for n in range(5):
        with pytest.raises(Unknown):
            await as_(hall, SITE, "appointment.get", appointment=f"40000{n}")
    with pytest.raises(Refused) as caught:
        await as_(hall, SITE, "appointment.get", appointment="400009")
    assert caught.value.code == "too_many_tries"


async def test_its_link_shows_and_moves_this_one_alone(hall: Branch) -> None:
    mine, other = await book(hall), await book(hall)
    caller = hall.engine.accounts.links.read(mine["link"].removeprefix("/a/"))
    assert caller is not None
    assert hall.engine.accounts.links.read(mine["link"].removeprefix("/a/")[:-1] + "x") is None
    id_ = mine["appointment"]["id"]
    await as_(hall, caller, "appointment.slots", type="passport")
    await as_(hall, caller, "appointment.change", appointment=id_, at="2025-11-24 10:00")
    for action, data in (("appointment.cancel", {"appointment": other["appointment"]["id"]}),
                         ("appointment.slots", {"type": "doctor"}), ("appointment.list", {}),
                         ("appointment.book", {"type": "passport", "at": NINE})):  # fmt: skip
        with pytest.raises(NotPermitted):
            await as_(hall, caller, action, **data)
    await as_(hall, caller, "appointment.cancel", appointment=id_)


async def test_the_last_minutes_are_the_halls(hall: Branch, clock: HandClock) -> None:
    made = await book(hall, type="check", name="Li", phone="1")
    caller = hall.engine.accounts.links.read(made["link"].removeprefix("/a/"))
    assert caller is not None
    await pass_time(hall, clock, 60)  # 59 minutes before; an hour is fixed
    with pytest.raises(Refused) as caught:
        await as_(hall, caller, "appointment.cancel", appointment=made["appointment"]["id"])
    assert caught.value.code == "too_late_to_change"
    await hall.act("appointment.cancel", appointment=made["code"])  # staff may


async def test_back_after_a_restart(tmp_path: Path) -> None:
    clock = HandClock(MONDAY, "Asia/Shanghai")
    async with branch(YAML, tmp_path, clock=clock) as hall:
        made = await book(hall, party=2, name="Li", phone="138")
    async with branch(YAML, tmp_path, clock=clock) as hall:
        assert (await refused(hall, "appointment.book", type="passport", at=NINE)).code == "slot_full"
        got = await hall.act("appointment.get", appointment=made["code"])
        assert got["appointment"] == made["appointment"]
        assert (await hall.act("appointment.list", search="li"))["total"] == 1
        assert (await hall.act("appointment.list", search="nobody"))["total"] == 0


async def test_a_day_that_is_closed_afterwards_shows_who_was_booked(hall: Branch) -> None:
    made = await book(hall, at="2025-11-25 09:00")
    await book(hall)
    await hall.reload(YAML.replace("    windows:", '    exceptions: {"2025-11-25": closed}\n    windows:'))
    found = await hall.act("appointment.list", days=7, conflicts=True)
    assert [one["appointment"]["id"] for one in found["appointments"]] == [made["appointment"]["id"]]
    assert hall.state("appointment.passport").attributes["conflicts"] == 1
    await hall.act("appointment.change", appointment=made["code"], at="2025-11-26 09:00")
    assert (await hall.act("appointment.list", days=7, conflicts=True))["total"] == 0


async def test_a_type_that_people_have_booked_does_not_go(hall: Branch) -> None:
    made = await book(hall)
    without = YAML.replace("  passport:\n", "  visa:\n", 1)
    with pytest.raises(Refused) as caught:
        await hall.reload(without)
    assert caught.value.code == "appointment_in_use"
    await hall.act("appointment.cancel", appointment=made["code"])
    await hall.reload(without)
    assert hall.state("appointment.visa").value == 26
    assert hall.engine.states.get("appointment.passport") is None


WALK_INS = YAML.replace("    capacity: 2\n", "    capacity: 4\n    walk_ins: 25\n")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3), st.integers(0, 9)), max_size=40))
async def test_never_oversold_whatever_is_done(tmp_path_factory: pytest.TempPathFactory, deeds: list[Any]) -> None:
    """Booking, moving and cancelling at random: no slot ever holds more than its bookable places."""
    async with branch(WALK_INS, tmp_path_factory.mktemp("hall"), clock=HandClock(MONDAY, "Asia/Shanghai")) as hall:
        ids: list[str] = []
        for slot, party, which in deeds:
            at = f"2025-11-24 {9 + slot // 2:02d}:{slot % 2 * 30:02d}"
            try:
                if which < 6 or not ids:
                    ids.append((await book(hall, at=at, party=party))["appointment"]["id"])
                elif which < 8:
                    await hall.act("appointment.change", appointment=ids[which % len(ids)], at=at, party=party)
                else:
                    await hall.act("appointment.cancel", appointment=ids[which % len(ids)])
            except Refused:
                pass
            rows = (await hall.act("appointment.list"))["appointments"]
            people: Counter[float] = Counter()
            for row in rows:
                one = row["appointment"]
                people[one["at"]] += one["party"] * (one["state"] == "booked")
            assert max(people.values(), default=0) <= 3
            free = (await hall.act("appointment.slots", type="passport", all=True))["slots"]
            assert all(each["free"] == 3 - people[each["at"]] for each in free)
