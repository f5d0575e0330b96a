"""People known to the hall: their class, queue and staff, their cards; what they missed; who gets no numbers."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from usher.core.access import Caller
from usher.core.actions import Call
from usher.core.clock import HandClock
from usher.core.errors import ActionError, NotPermitted, Refused
from usher.core.hall.journal import JOURNAL, replayed
from usher.core.tables import Batch
from usher.core.testing import Branch, branch

YAML = """
usher: {name: Bank, site: bank, languages: [en, zh-CN], classes: {vip: 50, gold: 30, elderly: 20}}
queue:
  personal: {name: Personal, prefix: A, services: {cash: {name: Cash}}}
  vip: {name: VIP, prefix: V}
  corporate: {name: Companies, prefix: B}
counter:
  "1": {name: Window 1, serves: [vip, personal, corporate]}
  "2": {name: Window 2, serves: [personal]}
staff: {li: {name: Li, number: "0231"}, wang: {name: Wang}}
card:
  platinum: {name: {en: Platinum card, zh-CN: 白金卡}, number: "6222 *", class: vip, queue: vip}
  company: {number: ["88??1234", "C-*"], instead: {personal: corporate}}
visitor:
  classes: {gold: {queue: personal, instead: {personal: vip}}}
"""
YAML = YAML.replace("6222 *", "6222*")
CARD = "6222 0210 0112 3456"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def hall(tmp_path: Path, clock: HandClock) -> AsyncIterator[Branch]:
    async with branch(YAML, tmp_path, clock=clock) as running:
        yield running


async def refused(hall: Branch, action: str, **data: Any) -> ActionError:
    with pytest.raises(ActionError) as caught:
        await hall.act(action, **data)
    return caught.value


async def issue(hall: Branch, **data: Any) -> dict[str, Any]:
    ticket: dict[str, Any] = (await hall.act("queue.issue", **data))["ticket"]
    return ticket


# -- who it is, and what follows from it


async def test_a_visitor_has_a_class_a_queue_and_staff_of_their_own(hall: Branch) -> None:
    await hall.act("visitor.add", visitor="C1", queue="vip", staff="0231", language="en", **{"class": "gold"})
    ticket = await issue(hall, visitor="C1")
    assert (ticket["queue"], ticket["class"], ticket["language"]) == ("vip", "gold", "en")
    assert ticket["reserved_staff"] == "li"
    await hall.act("counter.sign_in", counter="1", staff="li")
    await hall.act("counter.call_next", counter="1")
    assert hall.events("ticket_called")[0].data["ticket"]["id"] == ticket["id"]


async def test_the_heaviest_class_applies(hall: Branch) -> None:
    await hall.act("visitor.add", visitor="C1", **{"class": "elderly"})
    assert (await issue(hall, queue="corporate", visitor="C1"))["class"] == "elderly"
    assert (await issue(hall, queue="corporate", visitor="C1", **{"class": "vip"}))["class"] == "vip"
    assert (await issue(hall, queue="corporate", visitor="C1", card=CARD))["class"] == "vip"
    assert (await issue(hall, queue="corporate", visitor="somebody else"))["class"] == "normal"


async def test_a_card_tells_class_and_queue(hall: Branch) -> None:
    ticket = await issue(hall, card=CARD)
    assert (ticket["queue"], ticket["class"], ticket["number"], ticket["visitor"]) == ("vip", "vip", "V001", None)
    assert (await issue(hall, card="88AB1234", queue="personal"))["queue"] == "corporate"
    assert (await issue(hall, card="c 99", queue="personal"))["queue"] == "corporate"
    assert (await issue(hall, card="88AB12345", queue="personal"))["queue"] == "personal"
    error = await refused(hall, "queue.issue", card="1")
    assert (error.code, "服务" in error.say("zh-CN") or "业务" in error.say("zh-CN")) == ("which_queue", True)


async def test_a_card_tells_who_it_is(hall: Branch) -> None:
    await hall.act("visitor.add", visitor="C1", cards=[CARD], document="11010119900307001x", **{"class": "gold"})
    assert (await issue(hall, card="6222-0210-0112-3456", queue="corporate"))["visitor"] == "C1"
    assert (await issue(hall, card="11010119900307001X", queue="corporate"))["visitor"] == "C1"


async def test_the_class_moves_to_its_queue_and_leaves_the_service_behind(hall: Branch) -> None:
    await hall.act("visitor.add", visitor="C1", **{"class": "gold"})
    ticket = await issue(hall, visitor="C1", queue="personal", service="cash")
    assert (ticket["queue"], ticket["service"]) == ("vip", None)
    assert (await issue(hall, visitor="C1", queue="corporate"))["queue"] == "corporate"


async def test_a_phone_tells_who_it_is_unless_several_share_it(hall: Branch) -> None:
    await hall.act("visitor.add", visitor="C1", phone="138 0013 8000", **{"class": "vip"})
    assert (await issue(hall, queue="corporate", phone="138-0013-8000"))["visitor"] == "C1"
    await hall.act("visitor.add", visitor="C2", phone="13800138000")
    assert (await issue(hall, queue="corporate", phone="13800138000"))["visitor"] is None


async def test_a_class_or_queue_the_hall_has_no_more_counts_for_nothing(hall: Branch) -> None:
    await hall.act("visitor.add", visitor="C1", queue="vip", **{"class": "gold"})
    yaml = YAML.replace("gold: 30, ", "").replace(
        "classes: {gold: {queue: personal, instead: {personal: vip}}}", "keep: 9"
    )
    await hall.reload(yaml)
    assert (await issue(hall, visitor="C1"))["class"] == "normal"


# -- what they missed


async def test_a_no_show_is_remembered_until_they_come(hall: Branch) -> None:
    await hall.act("visitor.add", visitor="C1")
    ticket = await issue(hall, visitor="C1", queue="personal")
    await hall.act("counter.sign_in", counter="1", staff="li")
    await hall.act("counter.call_next", counter="1")
    await hall.act("counter.no_show", counter="1")
    assert (await about(hall))["missed"] == 1
    await hall.act("ticket.requeue", ticket=ticket["id"])
    assert (await about(hall))["missed"] == 0


async def test_an_undone_no_show_was_none(hall: Branch) -> None:
    await hall.act("visitor.add", visitor="C1")
    await issue(hall, visitor="C1", queue="personal")
    await hall.act("counter.sign_in", counter="1", staff="li")
    await hall.act("counter.call_next", counter="1")
    await hall.act("counter.no_show", counter="1")
    await hall.act("counter.undo", counter="1")
    assert (await about(hall))["missed"] == 0
    assert (await about(hall))["visits"] == 1


async def test_no_shows_count_for_so_long(hall: Branch, clock: HandClock) -> None:
    await hall.act("visitor.add", visitor="C1")
    await hall.act("counter.sign_in", counter="1", staff="li")
    for _ in range(3):
        await issue(hall, visitor="C1", queue="personal")
        await hall.act("counter.call_next", counter="1")
        await hall.act("counter.no_show", counter="1")
    assert (await about(hall))["missed"] == 3
    assert [one["visitor"]["id"] for one in (await hall.act("visitor.find", missed=3))["visitors"]] == ["C1"]
    clock.set_back(-91 * 86400)  # that is, forward
    assert (await about(hall))["missed"] == 0


# -- the blacklist


async def test_who_is_blocked_gets_no_number(hall: Branch, clock: HandClock) -> None:
    await hall.act("visitor.add", visitor="C1", cards=[CARD], phone="13800138000")
    await hall.act("visitor.block", visitor="C1", **{"for": 30}, reason="Shouted at Li")
    for who in ({"visitor": "C1"}, {"card": CARD}, {"phone": "13800138000"}):
        error = await refused(hall, "queue.issue", queue="personal", **who)
        assert isinstance(error, Refused)
        assert error.code == "blacklisted"
        assert error.next == clock.now() + 30 * 86400
    assert "Shouted" not in error.say("en")
    assert error.say("zh-CN").startswith("暂不能为您取号")
    assert hall.state("queue.personal").value == 0
    await issue(hall, queue="personal")  # anybody else
    clock.set_back(-30 * 86400 - 1)
    await issue(hall, queue="personal", visitor="C1")


async def test_unblocking_begins_anew(hall: Branch) -> None:
    await hall.act("visitor.add", visitor="C1")
    await hall.act("visitor.block", visitor="C1", reason="So it was")
    assert (await hall.act("visitor.get", visitor="C1"))["person"] == {"why_blocked": "So it was"}
    assert [one["visitor"]["id"] for one in (await hall.act("visitor.find", blocked=True))["visitors"]] == ["C1"]
    await hall.act("visitor.unblock", visitor="C1")
    await issue(hall, queue="personal", visitor="C1")
    assert (await hall.act("visitor.get", visitor="C1"))["person"] == {}
    assert (await refused(hall, "visitor.unblock", visitor="C1")).code == "not_blocked"


async def test_a_family_is_not_blocked_for_one_of_them(hall: Branch) -> None:
    await hall.act("visitor.add", visitor="C1", phone="13800138000")
    await hall.act("visitor.add", visitor="C2", phone="13800138000")
    await hall.act("visitor.block", visitor="C1")
    await issue(hall, queue="personal", phone="13800138000")


# -- who is who


async def test_add_change_find_forget(hall: Branch) -> None:
    added = (await hall.act("visitor.add", name="Zhang San", phone="138", cards=[CARD, CARD], note="deaf"))["visitor"]
    assert set(added) == {
        "id",
        "class",
        "queue",
        "staff",
        "pool",
        "language",
        "added",
        "seen",
        "visits",
        "missed",
        "blocked",
    }
    await hall.act("visitor.update", visitor=added["id"], note=None, name="Zhang San", **{"class": "vip"})
    for wanted in ({"card": CARD}, {"name": "zhang"}, {"phone": "1-3-8"}, {"class": "vip"}):
        (found,) = (await hall.act("visitor.find", **wanted))["visitors"]
        assert found["visitor"]["class"] == "vip"
        assert found["person"] == {"name": "Zhang San", "phone": "138", "cards": ["6222021001123456"]}
    await hall.act("visitor.forget", visitor=added["id"])
    assert (await refused(hall, "visitor.get", visitor=added["id"])).code == "unknown_visitor"
    assert (await hall.act("visitor.find", card=CARD))["visitors"] == []
    assert hall.engine.store.loaded is not None
    person = [row for row in await hall.engine.store.rows(_table(hall, "person"))]  # noqa: C416
    assert person == []
    await hall.act("visitor.add", visitor="C9", cards=[CARD])  # the card is free again


async def test_nobody_is_two_people(hall: Branch) -> None:
    await hall.act("visitor.add", visitor="C1", cards=[CARD], document="X1")
    assert (await refused(hall, "visitor.add", visitor="C1")).code == "already_known"
    assert (await refused(hall, "visitor.add", visitor="C2", cards=["6222021001123456"])).code == "already_known"
    await hall.act("visitor.add", visitor="C2")
    assert (await refused(hall, "visitor.update", visitor="C2", document="x-1")).code == "already_known"
    await hall.act("visitor.update", visitor="C1", cards=None)
    await hall.act("visitor.update", visitor="C2", cards=[CARD])
    assert (await hall.act("visitor.find", card=CARD))["visitors"][0]["visitor"]["id"] == "C2"


async def test_an_id_does_not_tell_who_it_is(hall: Branch) -> None:
    assert (await refused(hall, "visitor.add", visitor="13800138000", phone="138 0013 8000")).code == "bad_data"
    assert (await refused(hall, "visitor.add", visitor="X1", document="x-1")).code == "bad_data"
    assert (await refused(hall, "visitor.add", visitor="a b")).code == "bad_data"


async def test_what_is_not_there_is_told(hall: Branch) -> None:
    assert (await refused(hall, "visitor.add", **{"class": "royal"})).code == "unknown_class"
    assert (await refused(hall, "visitor.add", queue="royal")).code == "unknown_queue"
    assert (await refused(hall, "visitor.add", staff="zhao")).code == "unknown_staff"
    assert (await hall.act("visitor.find"))["visitors"] == []


async def test_so_many_and_no_more(tmp_path: Path) -> None:
    async with branch(YAML + "  most: 1\n", tmp_path, clock=HandClock()) as hall:
        await hall.act("visitor.add", visitor="C1")
        assert (await refused(hall, "visitor.add", visitor="C2")).code == "visitors_full"


async def test_who_was_not_here_for_long_is_forgotten(tmp_path: Path) -> None:
    clock = HandClock()
    async with branch(YAML + "  keep: 10\n", tmp_path, clock=clock) as hall:
        for visitor in ("gone", "blocked", "waiting"):
            await hall.act("visitor.add", visitor=visitor, name=f"Mr {visitor}")
        await hall.act("visitor.block", visitor="blocked", **{"for": {"days": 11}})
        clock.set_back(-9.9 * 86400)
        await issue(hall, queue="personal", visitor="waiting")
        clock.set_back(-0.2 * 86400)
        await clock.turn(3601)
        await hall.engine.store.save(Batch())
        left = [one["visitor"]["id"] for one in (await hall.act("visitor.find"))["visitors"]]
        assert left == ["blocked", "waiting"]
        clock.set_back(-86400)
        await clock.turn(3601)
        await hall.engine.store.save(Batch())
        assert [event.data["visitor"]["id"] for event in hall.events("visitor_forgotten")] == ["gone", "blocked"]


# -- what holds


async def test_everything_outlives_a_restart_and_a_replay(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        await hall.act("visitor.add", visitor="C1", cards=[CARD], name="Zhang San", **{"class": "vip"})
        await hall.act("visitor.block", visitor="C1")
        await hall.act("visitor.add", visitor="C2")
        await hall.act("visitor.forget", visitor="C2")
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        (found,) = (await hall.act("visitor.find"))["visitors"]
        assert (found["visitor"]["id"], found["person"]["name"]) == ("C1", "Zhang San")
        assert (await refused(hall, "queue.issue", queue="personal", card=CARD)).code == "blacklisted"
        rows = await hall.engine.store.rows(JOURNAL)
        floor = replayed(rows, hall.engine.site.classes)
        assert floor.visitors["C1"]["blocked"] is not None
        assert set(floor.visitors) == {"C1"}


async def test_nothing_personal_leaves_its_rows(hall: Branch) -> None:
    await hall.act("visitor.add", visitor="C1", name="Zhang San", phone="13800138000", document="11010119900307001X",
                   cards=[CARD], note="deaf")  # fmt: skip
    await hall.act("visitor.update", visitor="C1", phone="13900139000")
    await hall.act("visitor.block", visitor="C1", reason="Zhang San shouted")
    await hall.act("visitor.unblock", visitor="C1")
    await issue(hall, queue="personal", visitor="C1", card=CARD)
    await hall.act("visitor.forget", visitor="C1")
    told = repr([event.data for event in hall.heard]) + repr(await hall.engine.store.rows(JOURNAL))
    for secret in ("Zhang", "138001", "139001", "110101", "6222", "deaf", "shouted"):
        assert secret not in told, secret


async def test_who_may_do_what(hall: Branch) -> None:
    async def act(role: str, action: str, **data: Any) -> Any:
        return await hall.engine.actions.call(action, data, Call(Caller("u", "U", role)))

    await act("staff", "visitor.add", visitor="C1")
    await act("staff", "visitor.block", visitor="C1")
    for action in ("visitor.unblock", "visitor.forget"):
        with pytest.raises(NotPermitted):
            await act("staff", action, visitor="C1")
    await act("manager", "visitor.unblock", visitor="C1")
    with pytest.raises(NotPermitted):
        await act("device", "visitor.find", name="a")


async def test_templates_know_them(hall: Branch) -> None:
    from usher.core.offers import RENDER

    await hall.act("visitor.add", visitor="C1", name="Zhang San", staff="li", **{"class": "vip"})
    number = (await issue(hall, queue="personal", visitor="C1"))["number"]
    render = hall.engine.offers.get(RENDER, "render")
    assert render is not None

    def rendered(text: str) -> Any:
        return render(text, {})

    assert rendered(f"{{{{ visitor('{number}').missed }}}}") == 0
    assert rendered(f"{{{{ visitor('{number}').staff }}}} {{{{ visitor('{number}').visits }}}}") == "li 1"
    assert rendered("{{ visitor('C1').name }} {{ visitor('C1').class }} {{ visitor('C2') }}") == "Z. S. vip None"


async def about(hall: Branch, visitor: str = "C1") -> dict[str, Any]:
    said: dict[str, Any] = (await hall.act("visitor.get", visitor=visitor))["visitor"]
    return said


def _table(hall: Branch, name: str) -> Any:
    return next(table for table in hall.engine.store.tables if table.name == name)
