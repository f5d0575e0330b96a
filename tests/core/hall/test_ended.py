"""Tickets that have ended: the last stay in memory, all of the day can be asked for, and a new day lets them go."""

from pathlib import Path
from typing import Any

import pytest
from usher.core.clock import HandClock
from usher.core.errors import Refused, Unknown
from usher.core.hall import floor as floor_room
from usher.core.hall import journal as journal_room
from usher.core.hall.journal import LIVE_TABLES, REQUEST, Journal
from usher.core.testing import Branch, branch

from .conftest import YAML

KEPT = 3


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(floor_room, "KEEP_ENDED", KEPT)
    monkeypatch.setattr(journal_room, "REMEMBERED", KEPT)


def _journal(hall: Branch) -> Journal:
    action: Any = hall.engine.actions.get("ticket.get")
    journal: Journal = action.run.__self__._hall.journal
    return journal


async def _cancelled(hall: Branch, count: int, **data: Any) -> list[dict[str, Any]]:
    """So many tickets drawn and given up again."""
    found: list[dict[str, Any]] = []
    for n in range(count):
        drawn = await hall.act("queue.issue", queue="personal", request_id=f"draw {n}", **data)
        found.append((await hall.act("ticket.cancel", ticket=drawn["ticket"]["id"]))["ticket"])
    return found


async def test_only_the_last_stay_in_memory(tmp_path: Path, clock: HandClock) -> None:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        waiting = (await hall.act("queue.issue", queue="personal"))["ticket"]
        ended = await _cancelled(hall, 8, name="Zhang San", phone="13800000000")
        journal = _journal(hall)
        for floor in (journal.decided, journal.durable):
            assert list(floor.tickets) == [waiting["id"], *(t["id"] for t in ended[-KEPT:])]
            assert list(floor.people) == [t["id"] for t in ended[-KEPT:]]
        rows = await hall.engine.store.rows(LIVE_TABLES["ticket"])
        assert len(rows) == 9


@pytest.mark.parametrize("restart", [False, True])
async def test_one_that_ended_long_ago_is_found_by_number_and_id(
    tmp_path: Path, clock: HandClock, restart: bool
) -> None:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        first = (await _cancelled(hall, 8, name="Zhang San"))[0]
        if not restart:
            await _is_found(hall, first)
    if restart:
        async with branch(YAML, tmp_path, clock=clock) as hall:
            assert len(_journal(hall).durable.tickets) == KEPT
            await _is_found(hall, first)


async def _is_found(hall: Branch, ticket: dict[str, Any]) -> None:
    for named in (ticket["number"], ticket["number"].lower(), ticket["id"]):
        answer = await hall.act("ticket.get", ticket=named)
        assert answer["ticket"] == ticket
        assert answer["person"]["name"] == "Zhang San"
    with pytest.raises(Unknown) as unknown:
        await hall.act("ticket.get", ticket="A999")
    assert unknown.value.code == "unknown_ticket"


async def test_what_is_refused_to_one_that_ended_long_ago_is_refused_for_that(tmp_path: Path, clock: HandClock) -> None:
    """Not as a ticket that never was."""
    async with branch(YAML, tmp_path, clock=clock) as hall:
        first = (await _cancelled(hall, 8))[0]
        with pytest.raises(Refused) as refused:
            await hall.act("ticket.hold", ticket=first["number"])
        assert refused.value.code == "wrong_state"
        with pytest.raises(Unknown):
            await hall.act("ticket.hold", ticket="A999")
        assert _journal(hall).decided == _journal(hall).durable


async def test_a_live_ticket_goes_before_one_that_ended_with_its_number(tmp_path: Path, clock: HandClock) -> None:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        first = (await _cancelled(hall, 8))[0]
        live = (await hall.act("queue.issue", queue="personal"))["ticket"]
        assert (await hall.act("ticket.get", ticket=live["number"]))["ticket"]["id"] == live["id"]
        assert not await _journal(hall).recall("A999")
        assert await _journal(hall).recall(first["number"])


async def test_the_ended_are_listed_from_the_file(tmp_path: Path, clock: HandClock) -> None:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await hall.act("counter.sign_in", counter="1", staff="amy")
        await hall.act("queue.issue", queue="personal")
        served = (await hall.act("counter.call_next", counter="1"))["ticket"]
        await hall.act("counter.finish", counter="1")
        waiting = (await hall.act("queue.issue", queue="personal"))["ticket"]
        ended = await _cancelled(hall, 8)
        answer = await hall.act("ticket.list", state=["cancelled", "finished", "waiting"], limit=5)
        assert answer["total"] == 10
        assert [t["id"] for t in answer["tickets"]] == [served["id"], waiting["id"], *(t["id"] for t in ended[:3])]
        assert (await hall.act("ticket.list", state="finished", counter="1"))["total"] == 1
        assert (await hall.act("ticket.list", state="cancelled", queue="corporate"))["total"] == 0
        assert (await hall.act("ticket.list", state="cancelled", queue="personal"))["total"] == 8


async def test_a_new_day_lets_all_go_and_the_journal_keeps_them(tmp_path: Path, clock: HandClock) -> None:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await _cancelled(hall, 8, name="Zhang San")
        store = hall.engine.store
        assert len(await store.rows(REQUEST)) == 8
        await hall.later(86400)
        for table in (LIVE_TABLES["ticket"], LIVE_TABLES["person"], REQUEST):
            assert await store.rows(table) == [], table.name
        journal = await store.rows(journal_room.JOURNAL, "type = 'ticket_cancelled'")
        assert len(journal) == 8
        assert not _journal(hall).durable.tickets


async def test_a_request_of_long_ago_is_answered_again(tmp_path: Path, clock: HandClock) -> None:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        first = await hall.act("queue.issue", queue="personal", request_id="draw 0")
        assert await hall.act("queue.issue", queue="personal", request_id="draw 0") == first
        await _cancelled(hall, 8)
        assert await hall.act("queue.issue", queue="personal", request_id="draw 0") == first
        with pytest.raises(Refused) as refused:
            await hall.act("queue.issue", queue="corporate", request_id="draw 0")
        assert refused.value.code == "request_reused"
    async with branch(YAML, tmp_path, clock=clock) as hall:
        assert await hall.act("queue.issue", queue="personal", request_id="draw 0") == first
