"""Who is known to the hall: their own staff, their cards, the blacklist, and how often they did not come."""

from pathlib import Path

import pytest
from usher.core.clock import HandClock
from usher.core.errors import Refused
from usher.core.testing import Branch, branch

from .conftest import MONDAY, YAML, pass_time

NINE = "2025-11-24 09:00"
STAFF = "staff: {wang: {name: Dr Wang}, li: {name: Dr Li}}\n"


@pytest.fixture
def yaml() -> str:
    return YAML + STAFF


async def test_a_vip_is_booked_with_their_own_staff(tmp_path: Path, yaml: str, clock: HandClock) -> None:
    async with branch(yaml, tmp_path, clock=clock) as hall:
        await hall.act("visitor.add", visitor="v1", staff="li", phone="138", **{"class": "vip"})
        made = await hall.act("appointment.book", type="doctor", at=NINE, phone="138")
        assert (made["appointment"]["visitor"], made["appointment"]["staff"]) == ("v1", "li")  # Wang had as much room
        full = await hall.act("appointment.book", type="doctor", at=NINE, phone="138")
        assert full["appointment"]["staff"] == "wang"  # Li has none left
        await pass_time(hall, clock, 3100)
        ticket = (await hall.act("appointment.check_in", phone="138"))["ticket"]
        assert (ticket["class"], ticket["reserved_staff"]) == ("vip", "li")  # heavier than appointment


async def test_another_card_of_somebody_known(hall: Branch, clock: HandClock) -> None:
    await hall.act("visitor.add", visitor="v1", cards=["6222 1111"])
    await hall.act("appointment.book", type="passport", at=NINE, visitor="v1")
    await pass_time(hall, clock, 2400)
    answer = await hall.act("appointment.check_in", card="62221111")
    assert answer["ticket"]["visitor"] == "v1"


async def test_who_is_blocked_books_nothing(hall: Branch) -> None:
    await hall.act("visitor.add", visitor="v1", phone="138")
    held = await hall.act("appointment.book", type="passport", at=NINE, hold=True)
    await hall.act("visitor.block", visitor="v1")
    for action, data in (("appointment.book", {"type": "passport", "at": NINE}),
                         ("appointment.confirm", {"appointment": held["appointment"]["id"]})):  # fmt: skip
        with pytest.raises(Refused) as caught:
            await hall.act(action, phone="138", **data)
        assert caught.value.code == "blacklisted"
    assert hall.events("appointment_booked") == []


async def test_missed_appointments_count(tmp_path: Path, clock: HandClock) -> None:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await hall.act("visitor.add", visitor="v1")
        by_hand = await hall.act("appointment.book", type="passport", at=NINE, visitor="v1")
        await hall.act("appointment.book", type="passport", at=NINE, visitor="v1")
        await pass_time(hall, clock, 3700)
        await hall.act("appointment.mark_missed", appointment=by_hand["code"])
    clock = HandClock(MONDAY + 4 * 3600, "Asia/Shanghai")
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await pass_time(hall, clock, 20)
        assert (await hall.act("visitor.get", visitor="v1"))["visitor"]["missed"] == 2


async def test_who_is_forgotten_is_so_in_appointments_that_are_over(hall: Branch) -> None:
    await hall.act("visitor.add", visitor="C1", name="Li Lei", phone="13800000000", cards=["6222 1"])
    for at, card in (("2025-11-24 09:00", "6222 1"), ("2025-11-24 10:00", "6222 1")):
        made = await hall.act("appointment.book", type="passport", at=at, name="Li Lei", phone="13800000000", card=card)
        if at.endswith("09:00"):
            await hall.act("appointment.cancel", appointment=made["code"])
    await hall.act("visitor.forget", visitor="C1")
    listed = (await hall.act("appointment.list"))["appointments"]
    assert [(one["appointment"]["state"], one["person"]["name"]) for one in listed] == [
        ("cancelled", None), ("booked", "Li Lei")]  # fmt: skip
    assert all(one["code"] for one in listed)
    assert (await hall.act("appointment.list", search="Li Lei"))["total"] == 1
