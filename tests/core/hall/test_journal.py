"""Durable before anyone hears: what was refused never happened, what was answered is in the file, memory is the file."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from usher.core import store as store_room
from usher.core.clock import HandClock
from usher.core.errors import ActionError, BadData, Refused, StoreError
from usher.core.hall.floor import Floor
from usher.core.hall.journal import JOURNAL, LIVE_TABLES, REQUEST, live_changes, replayed
from usher.core.testing import Branch, Disk, branch

from .conftest import YAML


async def _floor_in_file(hall: Branch) -> Floor:
    store = hall.engine.store
    rows = {table.name: await store.rows(table) for table in (*LIVE_TABLES.values(), REQUEST)}
    floor = Floor(hall.engine.site.classes)
    for kind, key, value in live_changes(rows):
        floor.put(kind, key, value)
    return floor


def _floors(hall: Branch) -> tuple[Floor, Floor]:
    """(decided, durable), read off an action's own journal."""
    action = hall.engine.actions.get("queue.issue")
    assert action is not None
    journal: Any = action.run.__self__._hall.journal  # type: ignore[attr-defined]
    return journal.decided, journal.durable


async def _settled(hall: Branch) -> None:
    async with asyncio.timeout(20):
        while not hall.engine.store.healthy:  # noqa: ASYNC110 - the store tells nobody, callers try again
            await asyncio.sleep(0.01)


async def _busy_minute(hall: Branch) -> list[dict[str, Any]]:
    """Many at once; the answers, in order of asking, of those who got one."""
    asks: list[Any] = [hall.act("queue.issue", queue=q) for q in ("personal", "corporate", "loss") * 5]
    asks += [hall.act("counter.call_next", counter="1", current="finish") for _ in range(4)]
    answers = await asyncio.gather(*asks, return_exceptions=True)
    for answer in answers:
        assert isinstance(answer, dict | ActionError), answer
    return [a for a in answers if isinstance(a, dict)]


FAULTS = [
    ("before", 1),
    ("before", 2),
    ("after", 1),
    ("after", 2),
    *(("within", n) for n in (1, 5, 20, 60, 180, 400, 800, 1200)),
]


@pytest.mark.parametrize(("where", "n"), FAULTS, ids=[f"{where} {n}" for where, n in FAULTS])
async def test_a_fault_at_any_write(
    tmp_path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch, where: str, n: int
) -> None:
    """Before a commit, in the midst of it after n of SQLite's steps, or after it, when nobody can tell."""
    monkeypatch.setattr(store_room, "PROBE_EVERY", 0.02)
    disk = Disk()
    async with branch(YAML, tmp_path, clock=clock, connect=disk.connect) as hall:
        await hall.act("counter.sign_in", counter="1", staff="amy")
        await hall.act("queue.issue", queue="personal")
        if where == "within":
            disk.fail_within(n)
        else:
            disk.fail_at(n, after=where == "after")
        answers = await _busy_minute(hall)
        assert disk.failed or n == 2  # all of it may have been one group
        disk.mend()
        await _settled(hall)
        in_file = await _floor_in_file(hall)
        decided, durable = _floors(hall)
        assert decided == durable == in_file
        for answer in answers:  # acknowledged, so it is there
            assert answer["ticket"]["id"] in in_file.tickets
        numbers = [t["number"] for t in in_file.tickets.values()]
        assert len(numbers) == len(set(numbers))
        for queue in ("personal", "corporate", "loss"):
            assert hall.state(f"queue.{queue}").value == in_file.waiting(queue)
        heard = {e.data["ticket"]["id"] for e in hall.events("ticket_issued")}
        assert heard <= set(in_file.tickets)
        # The hall goes on by itself, and no number is given twice.
        more = [(await hall.act("queue.issue", queue="personal"))["ticket"]["number"] for _ in range(3)]
        assert not set(more) & set(numbers)


async def test_a_full_disk(tmp_path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_room, "PROBE_EVERY", 0.02)
    disk = Disk()
    async with branch(YAML, tmp_path, clock=clock, connect=disk.connect) as hall:
        kept = (await hall.act("queue.issue", queue="personal"))["ticket"]
        disk.break_down()
        for _ in range(3):
            with pytest.raises(Refused) as refused:
                await hall.act("queue.issue", queue="personal")
            assert refused.value.code == "not_stored"
        assert hall.state("queue.personal").value == 1
        assert len(hall.events("ticket_issued")) == 1
        assert (await hall.act("ticket.get", ticket=kept["number"]))["ticket"] == kept
        disk.mend()
        await _settled(hall)
        assert (await hall.act("queue.issue", queue="personal"))["ticket"]["number"] == "A002"


async def test_a_file_that_may_not_grow(tmp_path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's own "disk is full", from its limit of pages."""
    monkeypatch.setattr(store_room, "PROBE_EVERY", 0.02)
    opened: list[Any] = []

    def connect(path: Path) -> Any:
        connection = store_room.connect(path)
        opened.append(connection)
        if len(opened) > 1 and not grown:
            connection.execute("PRAGMA max_page_count = 1")
        return connection

    grown: list[bool] = []
    async with branch(YAML, tmp_path, clock=clock, connect=connect) as hall:
        opened[0].execute("PRAGMA max_page_count = 1")  # no larger than it is
        with pytest.raises(Refused) as refused:  # noqa: PT012 - which one it is does not matter
            for _ in range(2000):
                await hall.act("queue.issue", queue="personal")
        assert refused.value.code == "not_stored"
        stored = len(hall.events("ticket_issued"))
        assert hall.state("queue.personal").value == stored
        grown.append(True)
        await _settled(hall)
        assert (await hall.act("queue.issue", queue="personal"))["ticket"]["number"] == f"A{stored + 1:03d}"


async def test_a_repeated_request_gets_the_first_answer(tmp_path: Path, clock: HandClock) -> None:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        asks = [hall.act("queue.issue", queue="personal", request_id="r1") for _ in range(5)]
        answers = await asyncio.gather(*asks)
        assert all(answer == answers[0] for answer in answers)
        with pytest.raises(Refused) as refused:
            await hall.act("queue.issue", queue="corporate", request_id="r1")
        assert refused.value.code == "request_reused"
    async with branch(YAML, tmp_path, clock=clock) as hall:  # also over a restart
        assert await hall.act("queue.issue", queue="personal", request_id="r1") == answers[0]
        assert hall.state("queue.personal").value == 1


async def test_a_refused_request_may_be_tried_again(tmp_path: Path, clock: HandClock) -> None:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await hall.act("counter.sign_in", counter="1", staff="amy")
        with pytest.raises(Refused):
            await hall.act("counter.call_next", counter="1", request_id="r")
        await hall.act("queue.issue", queue="personal")
        assert (await hall.act("counter.call_next", counter="1", request_id="r"))["ticket"]["number"] == "A001"


async def test_a_second_engine_is_refused(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path):
        with pytest.raises(StoreError, match="already runs"):
            async with branch(YAML, tmp_path):
                pass


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["issue", "issue", "issue", "next", "recall", "start", "finish", "no_show", "put_back", "hold",
                         "release", "requeue", "cancel", "transfer", "sign_out", "sign_in", "pause"]),
        st.integers(0, 7),
    ),
    max_size=40,
)  # fmt: skip


async def _step(hall: Branch, step: str, n: int) -> None:
    counter, queue = str(n % 2 + 1), ("personal", "corporate", "loss")[n % 3]
    live = (await hall.act("ticket.list"))["tickets"]
    ticket = live[n % len(live)]["id"] if live else "A001"
    match step:
        case "issue":
            await hall.act("queue.issue", queue=queue, **({"class": "vip"} if n > 5 else {}))
        case "next":
            await hall.act("counter.call_next", counter=counter, current=("finish", "hold", "put_back", None)[n % 4])
        case "recall" | "start" | "finish" | "no_show" | "put_back":
            await hall.act(f"counter.{step}", counter=counter)
        case "sign_in":
            await hall.act("counter.sign_in", counter=counter, staff=f"s{n % 3}", move=n > 4)
        case "sign_out":
            await hall.act("counter.sign_out", counter=counter, current="finish")
        case "pause":
            await hall.act("counter.pause" if n % 2 else "counter.resume", counter=counter)
        case "transfer":
            await hall.act("ticket.transfer", ticket=ticket, queue=queue, place=("end", "keep", "front")[n % 3])
        case _:
            await hall.act(f"ticket.{step}", ticket=ticket)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_journal_adds_up_to_the_live_rows(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    async def day() -> None:
        folder = tmp_path_factory.mktemp("day")
        clock = HandClock()
        async with branch(YAML, folder, clock=clock) as hall:
            for counter in "12":
                await hall.act("counter.sign_in", counter=counter, staff=f"s{counter}")
            for step, n in steps:
                await clock.turn(7)
                try:
                    await _step(hall, step, n)
                except Refused:
                    continue
            decided, durable = _floors(hall)
            again = replayed(await hall.engine.store.rows(JOURNAL), hall.engine.site.classes)
            assert decided == durable == again == await _floor_in_file(hall)
            at_counters = [r["ticket"] for r in durable.counters.values() if r["ticket"]]
            assert len(at_counters) == len(set(at_counters))
            called = {t["id"] for t in durable.tickets.values() if t["state"] in ("called", "serving")}
            assert called == set(at_counters)

    asyncio.run(day())


async def test_a_request_whose_name_cannot_be_kept_is_refused(hall: Branch) -> None:
    for name in ("\udcff", "x" * 3000):
        with pytest.raises(BadData, match="request_id"):
            await hall.act("queue.issue", queue="personal", request_id=name)
    assert (await hall.act("queue.issue", queue="personal"))["ticket"]["number"] == "A001"
