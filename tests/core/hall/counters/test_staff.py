"""Staff: by their list, their skills and pools, several a day, one counter each, what they did."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from usher.core.access import Caller
from usher.core.actions import Call
from usher.core.clock import HandClock
from usher.core.errors import BadData, NotPermitted, Refused, Unknown
from usher.core.testing import Branch, branch

YAML = """
usher: {name: Test, site: test, languages: [zh-CN, en]}
queue:
  cash: {name: Cash, prefix: A, services: {cheque: {name: Cheques}}}
  loans: {name: Loans, prefix: L, skills: [loans]}
  doctor_wu: {name: Dr Wu, prefix: D}
counter:
  "1": {name: Window 1, serves: [{queue: loans, priority: 5}, cash], pools: [ground_floor]}
  "2": {name: Window 2, serves: [cash]}
staff:
  amy: {name: {en: Amy Li, zh-CN: 李艾米}, number: "1024", user: amy.li, skills: [loans], pools: [seniors]}
  bob: {name: Bob, number: "1025"}
  wu: {name: Dr Wu, serves: [doctor_wu]}
service_code:
  deposit: {name: {en: Deposit, zh-CN: 存款}}
  signed: {name: Signed, queues: [loans]}
"""


@pytest.fixture
async def bank(tmp_path: Path, clock: HandClock) -> AsyncIterator[Branch]:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        yield hall


async def _refused(hall: Branch, code: str, action: str, **data: object) -> Refused:
    heard = len(hall.heard)
    with pytest.raises(Refused) as refused:
        await hall.act(action, **data)
    assert refused.value.code == code
    assert refused.value.say("zh-CN") != refused.value.say("en")
    assert len(hall.heard) == heard
    return refused.value


async def test_staff_go_by_id_badge_or_account(bank: Branch) -> None:
    for named in ("amy", "1024", "AMY.LI"):
        await bank.act("counter.sign_in", counter="1", staff=named)
        about = bank.state("counter.1").attributes
        assert (about["staff_id"], about["staff"]) == ("amy", "李艾米")
    assert len(bank.events("counter_signed_in")) == 1  # the same person each time
    told = await _refused(bank, "unknown_staff", "counter.sign_in", counter="2", staff="ammy")
    assert "Did you mean amy?" in told.say("en")


async def test_staff_with_an_account_sign_in_as_who_they_are_in_the_list(bank: Branch) -> None:
    amy = Call(Caller("01H", "amy.li", "staff"))
    await bank.engine.actions.call("counter.sign_in", {"counter": "1"}, amy)
    assert bank.state("counter.1").attributes["staff_id"] == "amy"
    await bank.engine.actions.call("counter.sign_in", {"counter": "1", "staff": "1024"}, amy)  # herself
    with pytest.raises(NotPermitted):
        await bank.engine.actions.call("counter.sign_in", {"counter": "2", "staff": "1025"}, amy)


async def test_a_stranger_may_not_name_a_listed_one(bank: Branch) -> None:
    guest = Call(Caller("01G", "guest", "staff"))
    with pytest.raises(NotPermitted):
        await bank.engine.actions.call("counter.sign_in", {"counter": "1", "staff": "nobody"}, guest)
    await bank.engine.actions.call("counter.sign_in", {"counter": "1"}, guest)
    assert bank.state("counter.1").attributes["staff_id"] == "01G"


async def test_who_lacks_the_skill_is_not_given_its_tickets(bank: Branch) -> None:
    await bank.act("queue.issue", queue="loans")
    await bank.act("queue.issue", queue="cash")
    await bank.act("counter.sign_in", counter="1", staff="bob")
    assert bank.state("counter.1").attributes["serves"] == ["cash"]
    assert bank.state("queue.loans").attributes["counters_open"] == 0
    assert (await bank.act("counter.call_next", counter="1"))["ticket"]["number"] == "A001"
    await _refused(bank, "nobody_waiting", "counter.call_next", counter="1", current="finish")
    await bank.act("counter.finish", counter="1")
    await bank.act("counter.sign_in", counter="1", staff="amy", move=True)  # the next shift
    assert bank.state("queue.loans").attributes["counters_open"] == 1
    assert (await bank.act("counter.call_next", counter="1"))["ticket"]["number"] == "L001"


async def test_a_queue_follows_its_doctor_to_any_room(bank: Branch) -> None:
    await bank.act("queue.issue", queue="doctor_wu")
    for room in ("1", "2"):
        await bank.act("counter.sign_in", counter=room, staff="wu", move=True)
        assert "doctor_wu" in bank.state(f"counter.{room}").attributes["serves"]
        assert (await bank.act("counter.call_next", counter=room))["ticket"]["number"] == "D001"
        await bank.act("counter.put_back", counter=room)
    assert bank.state("counter.1").attributes["serves"] == ["loans", "cash"]
    assert bank.state("queue.doctor_wu").attributes["counters_open"] == 1


async def test_pools_are_of_the_counter_and_of_who_sits_there(bank: Branch) -> None:
    await bank.act("counter.sign_in", counter="2", staff="bob")
    await bank.act("queue.issue", queue="cash")
    await bank.act("counter.call_next", counter="2")
    await bank.act("counter.sign_in", counter="1", staff="amy")
    await bank.act("ticket.transfer", ticket="A001", pool="seniors", place="front")
    await _refused(bank, "nobody_waiting", "counter.call_next", counter="2")  # Amy's pool sits at 1
    assert (await bank.act("counter.call_next", counter="1"))["ticket"]["number"] == "A001"


async def test_a_member_of_staff_is_an_entity(bank: Branch) -> None:
    assert bank.state("staff.amy").value == "away"
    await bank.act("counter.sign_in", counter="1", staff="amy")
    await bank.act("queue.issue", queue="cash")
    await bank.act("counter.call_next", counter="1")
    assert (bank.state("staff.amy").value, bank.state("staff.amy").attributes["counter"]) == ("calling", "1")
    await bank.act("counter.finish", counter="1")
    assert bank.state("staff.amy").attributes["served_today"] == 1
    await bank.act("counter.undo", counter="1")
    assert bank.state("staff.amy").attributes["served_today"] == 0
    await bank.act("counter.finish", counter="1")
    await bank.act("counter.sign_in", counter="2", staff="amy", move=True)
    assert (bank.state("staff.amy").value, bank.state("staff.amy").attributes["counter"]) == ("idle", "2")
    await bank.act("counter.sign_in", counter="1", staff="amy", move=True)
    assert bank.state("staff.amy").attributes["counter"] == "1"
    await bank.act("counter.sign_out", counter="1")
    about = bank.state("staff.amy")
    assert (about.value, about.attributes["counter"], about.attributes["served_today"]) == ("away", None, 1)


async def test_several_staff_a_day_each_has_their_own_count(bank: Branch) -> None:
    for who, served in (("amy", 2), ("bob", 1)):
        await bank.act("counter.sign_in", counter="1", staff=who, move=True)
        for _ in range(served):
            await bank.act("queue.issue", queue="cash")
            await bank.act("counter.call_next", counter="1")
            await bank.act("counter.finish", counter="1")
    assert bank.state("counter.1").attributes["served_today"] == 3
    assert [bank.state(f"staff.{who}").attributes["served_today"] for who in ("amy", "bob", "wu")] == [2, 1, 0]


async def test_staff_come_and_go_with_the_yaml(bank: Branch) -> None:
    await bank.act("counter.sign_in", counter="1", staff="bob")
    await bank.reload(YAML.replace("bob: {name: Bob,", "robert: {name: Robert, skills: [loans],"))
    assert bank.engine.states.get("staff.bob") is None
    assert bank.state("staff.robert").value == "away"
    await bank.act("counter.sign_in", counter="1", staff="robert", move=True)
    assert bank.state("counter.1").attributes["serves"] == ["loans", "cash"]


async def test_what_was_done_is_counted_on_the_ticket(bank: Branch) -> None:
    await bank.act("counter.sign_in", counter="1", staff="amy")
    await bank.act("queue.issue", queue="cash", then=["loans"])
    with pytest.raises(Refused, match="no ticket"):
        await bank.act("counter.served", counter="1", code="deposit")
    await bank.act("counter.call_next", counter="1")
    await bank.act("counter.served", counter="1", code="deposit", quantity=3)
    await bank.act("counter.served", counter="1", code="deposit", quantity=-1)
    await bank.act("counter.served", counter="1", code="cheque")
    with pytest.raises(Unknown) as unknown:
        await bank.act("counter.served", counter="1", code="signed")  # of loans
    assert unknown.value.code == "unknown_service_code"
    moved = (await bank.act("counter.finish", counter="1", services=["cheque"]))["ticket"]
    finished = bank.events("ticket_finished")[0].data["ticket"]
    assert finished["services_done"] == [{"code": "deposit", "quantity": 2}, {"code": "cheque", "quantity": 2}]
    assert "services_done" not in moved  # the next leg begins with nothing
    await bank.act("counter.call_next", counter="1")
    await bank.act("counter.finish", counter="1", services=[{"code": "signed", "quantity": 5}])
    assert bank.events("ticket_finished")[1].data["ticket"]["services_done"] == [{"code": "signed", "quantity": 5}]


async def test_services_go_with_finish_and_next(bank: Branch) -> None:
    await bank.act("counter.sign_in", counter="2", staff="bob")
    for _ in range(2):
        await bank.act("queue.issue", queue="cash")
    await bank.act("counter.call_next", counter="2")
    with pytest.raises(Unknown):  # and nobody was called, nor finished
        await bank.act("counter.call_next", counter="2", current="finish", services=["typo"])
    assert bank.state("counter.2").attributes["number"] == "A001"
    await bank.act("counter.call_next", counter="2", current="finish", services=["deposit"])
    assert bank.events("ticket_finished")[0].data["ticket"]["services_done"] == [{"code": "deposit", "quantity": 1}]
    await bank.act("counter.undo", counter="2")
    assert "services_done" not in bank.state("counter.2").attributes["ticket"]


async def test_nothing_done_less_than_nothing(bank: Branch) -> None:
    await bank.act("counter.sign_in", counter="2", staff="bob")
    await bank.act("queue.issue", queue="cash")
    await bank.act("counter.call_next", counter="2")
    ticket = (await bank.act("counter.served", counter="2", code="deposit", quantity=-3))["ticket"]
    assert "services_done" not in ticket
    with pytest.raises(BadData):
        await bank.act("counter.served", counter="2", code="deposit", quantity=10**6)


async def test_a_pause_may_have_one_of_the_halls_reasons_or_words_of_its_own(bank: Branch) -> None:
    await bank.act("counter.sign_in", counter="1", staff="amy")
    await bank.act("counter.pause", counter="1", reason="lunch")
    assert bank.events("counter_paused")[0].data["reason"] == {"en": "Lunch", "zh-CN": "午餐"}
    await bank.act("counter.resume", counter="1")
    await bank.act("counter.pause", counter="1", reason="Stocktaking")
    assert bank.state("counter.1").attributes["pause_reason"] == "Stocktaking"


async def test_a_pause_asked_for_is_told_and_can_be_given_up(bank: Branch) -> None:
    await bank.act("counter.sign_in", counter="1", staff="amy")
    await bank.act("queue.issue", queue="cash")
    await bank.act("counter.call_next", counter="1")
    await bank.act("counter.pause", counter="1")
    await bank.act("counter.resume", counter="1")
    assert [e.data["pausing"] for e in bank.events("counter_pausing")] == [True, False]
    await bank.act("counter.finish", counter="1")
    assert bank.state("counter.1").value == "idle"


async def test_a_manager_changes_what_a_counter_serves_from_their_own_desk(tmp_path: Path, clock: HandClock) -> None:
    async with branch(YAML, tmp_path, clock=clock) as bank:
        await bank.act("queue.issue", queue="loans")
        await bank.act("counter.sign_in", counter="2", staff="amy")
        await _refused(bank, "nobody_waiting", "counter.call_next", counter="2")
        staff = Call(Caller("01H", "amy.li", "staff"))
        with pytest.raises(NotPermitted):
            await bank.engine.actions.call("counter.set_serves", {"counter": "2", "serves": ["loans"]}, staff)
        with pytest.raises(Unknown):
            await bank.act("counter.set_serves", counter="2", serves=["nowhere"])
        answer = await bank.act("counter.set_serves", counter="2", serves=[{"queue": "loans", "priority": 5}, "cash"])
        assert answer["serves"] == ["loans", "cash"]
        assert bank.state("counter.2").attributes["serves"] == ["loans", "cash"]
        assert bank.state("queue.loans").attributes["counters_open"] == 1
        assert bank.events("counter_serves")[0].data["serves"] == ["loans", "cash"]
    async with branch(YAML, tmp_path, clock=clock) as bank:  # it stays, also over a restart
        assert (await bank.act("counter.call_next", counter="2"))["ticket"]["number"] == "L001"
        await bank.act("counter.set_serves", counter="2")
        assert bank.state("counter.2").attributes["serves"] == ["cash"]
        assert bank.state("queue.loans").attributes["counters_open"] == 0
