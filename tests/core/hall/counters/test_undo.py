"""Undo: within 8 seconds, while nothing later touched the ticket or the counter, all is as it was before."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from usher.core.clock import HandClock
from usher.core.errors import Refused
from usher.core.hall.journal import JOURNAL, replayed
from usher.core.testing import Branch, branch

from ..conftest import YAML


async def _refused(hall: Branch, code: str, **data: object) -> None:
    heard = len(hall.heard)
    with pytest.raises(Refused) as refused:
        await hall.act("counter.undo", **{"counter": "1", **data})
    assert refused.value.code == code
    assert refused.value.say("zh-CN") != refused.value.say("en")
    assert len(hall.heard) == heard


async def _ready(hall: Branch, tickets: int = 3) -> None:
    await hall.act("counter.sign_in", counter="1", staff="amy")
    for _ in range(tickets):
        await hall.act("queue.issue", queue="personal")


async def _states(hall: Branch) -> dict[str, str]:
    every = ["waiting", "called", "serving", "held", "no_show", "finished"]
    return {t["number"]: t["state"] for t in (await hall.act("ticket.list", state=every))["tickets"]}


async def test_the_last_call_is_taken_back(hall: Branch, clock: HandClock) -> None:
    await _ready(hall)
    await clock.turn(60)
    await hall.act("counter.call_next", counter="1")
    await clock.turn(7)
    answer = await hall.act("counter.undo", counter="1")
    assert (answer["undid"], answer["ticket"]["number"], answer["ticket"]["state"]) == (
        "counter.call_next", "A001", "waiting")  # fmt: skip
    assert hall.state("counter.1").value == "idle"
    assert hall.state("queue.personal").attributes["oldest_wait"] == 67  # the wait went on
    undone = hall.events("ticket_undone")[0].data
    assert (undone["undid"], undone["from"]["state"]) == ("counter.call_next", "called")
    assert (await hall.act("counter.call_next", counter="1"))["ticket"]["number"] == "A001"


async def test_finish_and_next_are_one_undo(hall: Branch) -> None:
    await _ready(hall)
    await hall.act("counter.call_next", counter="1")
    await hall.act("counter.start", counter="1")
    since = hall.state("counter.1").attributes["since"]
    await hall.act("counter.call_next", counter="1", current="finish")
    assert hall.state("queue.personal").attributes["served_today"] == 1
    answer = await hall.act("counter.undo", counter="1")
    assert [(t["number"], t["state"]) for t in answer["tickets"]] == [("A002", "waiting"), ("A001", "serving")]
    assert answer["ticket"]["number"] == "A001"
    counter = hall.state("counter.1")
    assert (counter.value, counter.attributes["number"], counter.attributes["since"]) == ("serving", "A001", since)
    assert (counter.attributes["served_today"], hall.state("queue.personal").attributes["served_today"]) == (0, 0)
    assert (await hall.act("counter.call_next", counter="1", current="finish"))["ticket"]["number"] == "A002"


@pytest.mark.parametrize(
    ("action", "more", "after"),
    [
        ("counter.no_show", {}, "no_show"),
        ("counter.finish", {}, "finished"),
        ("counter.put_back", {}, "waiting"),
        ("ticket.transfer", {"ticket": "A001", "queue": "corporate"}, "waiting"),
        ("ticket.hold", {"ticket": "A001", "for": "counter"}, "held"),
        ("counter.start", {}, "serving"),
    ],
)
async def test_what_became_of_the_ticket_is_taken_back(
    hall: Branch, action: str, more: dict[str, Any], after: str
) -> None:
    await _ready(hall)
    await hall.act("counter.call_next", counter="1")
    before = hall.state("counter.1")
    await hall.act(action, **(more or {"counter": "1"}))
    assert (await _states(hall))["A001"] == after
    answer = await hall.act("counter.undo", counter="1")
    assert answer["ticket"] == before.attributes["ticket"]
    now = hall.state("counter.1")
    assert (now.value, dict(now.attributes)) == (before.value, dict(before.attributes))
    await _refused(hall, "nothing_to_undo")  # the same is not undone twice


async def test_the_recall_that_made_a_no_show_is_taken_back(hall: Branch) -> None:
    await _ready(hall)
    await hall.act("counter.call_next", counter="1")
    for _ in range(3):
        await hall.act("counter.recall", counter="1")
    assert hall.state("counter.1").value == "idle"
    assert (await hall.act("counter.undo", counter="1"))["ticket"]["calls"] == 3
    assert hall.state("counter.1").value == "calling"


async def test_too_late(hall: Branch, clock: HandClock) -> None:
    await _ready(hall)
    await _refused(hall, "nothing_to_undo")
    await hall.act("counter.call_next", counter="1")
    await clock.turn(9)
    await _refused(hall, "undo_too_late")
    await hall.act("counter.finish", counter="1")
    clock.set_back(3600)  # seconds are counted, not what the wall shows
    await clock.turn(9)
    await _refused(hall, "undo_too_late")


@pytest.mark.parametrize(
    ("action", "more"),
    [
        ("counter.recall", {"counter": "1"}),
        ("counter.pause", {"counter": "1"}),
        ("ticket.cancel", {"ticket": "A001"}),
        ("counter.sign_in", {"counter": "1", "staff": "bob", "move": True}),
    ],
)
async def test_a_later_change_ends_it(hall: Branch, action: str, more: dict[str, Any]) -> None:
    await _ready(hall)
    await hall.act("counter.call_next", counter="1")
    await hall.act(action, **more)
    await _refused(hall, "undo_too_late")


async def test_a_no_show_who_is_called_elsewhere_stays_there(hall: Branch) -> None:
    await _ready(hall)
    await hall.act("counter.sign_in", counter="2", staff="bob")
    await hall.act("counter.call_next", counter="1")
    await hall.act("counter.no_show", counter="1")
    await hall.act("counter.call", counter="2", ticket="A001")
    await _refused(hall, "undo_too_late")
    assert hall.state("counter.2").attributes["number"] == "A001"


async def test_a_visitor_who_is_at_another_counter_meanwhile(hall: Branch) -> None:
    await hall.act("counter.sign_in", counter="1", staff="amy")
    await hall.act("counter.sign_in", counter="2", staff="bob")
    for _ in range(2):
        await hall.act("queue.issue", queue="personal", visitor="v1")
    await hall.act("counter.call_next", counter="1")
    await hall.act("counter.finish", counter="1")
    await hall.act("counter.call_next", counter="2")
    await _refused(hall, "undo_too_late")


async def test_others_served_meanwhile_stay_counted(hall: Branch) -> None:
    await _ready(hall)
    await hall.act("counter.sign_in", counter="2", staff="bob")
    await hall.act("counter.call_next", counter="1")
    await hall.act("counter.call_next", counter="2")
    await hall.act("counter.start", counter="2")
    await hall.act("counter.finish", counter="1")
    await hall.act("counter.finish", counter="2")
    await hall.act("queue.issue", queue="personal")
    await hall.act("counter.undo", counter="1")
    about = hall.state("queue.personal").attributes
    assert (about["served_today"], about["issued_today"]) == (1, 4)


async def test_a_pause_that_began_with_it_ends_with_it(hall: Branch) -> None:
    await _ready(hall)
    await hall.act("counter.call_next", counter="1")
    await hall.act("counter.pause", counter="1", reason="lunch")
    await hall.act("counter.finish", counter="1")
    assert hall.state("counter.1").value == "paused"
    await hall.act("counter.undo", counter="1")
    assert hall.state("counter.1").value == "calling"
    assert hall.state("counter.1").attributes["pausing"] is True
    assert [e.type for e in hall.heard if e.type in ("counter_paused", "counter_resumed")] == [
        "counter_paused", "counter_resumed"]  # fmt: skip


async def test_after_a_restart_there_is_nothing_to_undo(tmp_path: Path, clock: HandClock) -> None:
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await _ready(hall)
        await hall.act("counter.call_next", counter="1")
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await _refused(hall, "nothing_to_undo")
        assert hall.state("counter.1").value == "calling"


STEPS = st.lists(
    st.sampled_from([
        ("counter.call_next", {"counter": "1", "current": "finish"}),
        ("counter.call_next", {"counter": "1", "current": "hold"}),
        ("counter.call_next", {"counter": "2", "current": "no_show"}),
        ("counter.start", {"counter": "1"}), ("counter.start", {"counter": "2"}), ("counter.recall", {"counter": "1"}),
        ("counter.finish", {"counter": "1"}), ("counter.finish", {"counter": "2"}), ("counter.no_show", {"counter": "1"}),
        ("counter.put_back", {"counter": "1"}), ("queue.issue", {"queue": "corporate"}),
        ("counter.pause", {"counter": "1"}), ("counter.resume", {"counter": "1"}),
        ("ticket.requeue", {"ticket": "A001"}), ("ticket.transfer", {"ticket": "A002", "queue": "corporate"}),
        ("ticket.hold", {"ticket": "A001"}), ("ticket.release", {"ticket": "A001"}),
        ("counter.call", {"counter": "1", "ticket": "A003", "current": "put_back"}),
        ("counter.undo", {"counter": "1"}), ("counter.undo", {"counter": "2"}),
    ]),
    min_size=1, max_size=20,
)  # fmt: skip


@given(steps=STEPS)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
async def test_undo_gives_back_exactly_what_was(tmp_path_factory: pytest.TempPathFactory, steps: list[Any]) -> None:
    """Whatever was done before: undone at once, the hall is what it was; and the journal replays to the same."""
    folder = tmp_path_factory.mktemp("undo")
    async with branch(YAML, folder, clock=HandClock()) as hall:
        await _ready(hall)
        await hall.act("counter.sign_in", counter="2", staff="bob")
        journal = _journal(hall)
        for action, data in steps:
            before = _all(journal.durable)
            try:
                await hall.act(action, **data)
            except Refused:
                assert _all(journal.durable) == before
                continue
            if action == "counter.undo" or not data.get("counter"):
                continue
            with contextlib.suppress(Refused):  # of a pause
                undone = await hall.act("counter.undo", counter=data["counter"])
                if undone["undid"] == action:  # else this step changed nothing, and the one before it was taken back
                    assert _all(journal.durable) == before
                    await hall.act(action, **data)  # and it can be done again
        assert _all(journal.decided) == _all(journal.durable)
        again = replayed(await hall.engine.store.rows(JOURNAL), hall.engine.site.classes)
        assert _all(again) == _all(journal.durable)


def _journal(hall: Branch) -> Any:
    action = hall.engine.actions.get("queue.issue")
    return action.run.__self__._hall.journal  # type: ignore[union-attr]


def _all(floor: Any) -> Any:
    return (dict(floor.tickets), dict(floor.counters), dict(floor.queues), dict(floor.sequences),
            [t["number"] for t in floor.everyone("personal")], [t["number"] for t in floor.everyone("corporate")])  # fmt: skip
