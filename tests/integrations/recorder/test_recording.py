"""What the recorder hears and holds: cheap, bounded, and the right things let go first."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from usher.core.bus import Bus
from usher.core.clock import HandClock
from usher.core.events import Context, Event
from usher.core.states import States
from usher.integrations.recorder.config import Config
from usher.integrations.recorder.filters import Filter
from usher.integrations.recorder.recording import BATCH, Recording

Made = Callable[..., tuple[Recording, States, Bus]]


@pytest.fixture
def made() -> Made:
    def make(limit: int = 100, **config: Any) -> tuple[Recording, States, Bus]:
        clock = HandClock()
        bus = Bus(clock)
        recording = Recording(Filter(Config.model_validate(config)), lambda enough: None, limit)
        bus.listen(recording.hear)
        return recording, States(bus, clock), bus

    return make


def rows(recording: Recording) -> list[list[Any]]:
    found: list[list[Any]] = []
    while (taken := recording.take()) is not None:
        found += orjson.loads(taken[1])
    return found


def test_what_a_state_row_says(made: Made) -> None:
    recording, states, _ = made()
    states.set("light.a", "off")
    states.set("light.a", "on")
    states.set("light.a", "on", {"level": 3})
    states.set("queue.a", 1)
    states.set("queue.a", 2)
    states.set("queue.a", 2, available=False)
    states.remove("light.a")
    assert [(row[4], row[3], row[5]) for row in rows(recording)] == [
        ("light.a", 2, "off"), ("light.a", 0, "on"), ("light.a", 1, "on"), ("queue.a", 2, 1), ("queue.a", 4, 2),
        ("queue.a", 0, 2), ("light.a", 3, None)]  # fmt: skip


def test_what_a_context_began_with(made: Made) -> None:
    """The state comes first, the event tells better, the automation's run best; each is said once."""
    recording, states, bus = made(exclude={"domains": ["automation"]})
    context = Context(user_id="u1")
    states.set("queue.a", 1, context=context)
    bus.fire("ticket_issued", {"ticket": {"number": "A001"}}, context)
    bus.fire("ticket_called", {"ticket": {"number": "A001"}}, context)
    run = context.child()
    states.set("automation.a", "on", context=run)
    bus.fire("automation_triggered", {"entity_id": "automation.a", "name": "A"}, run)
    assert [(row[3], row[1], row[2]) for row in rows(recording)] == [
        (2, True, True), ("ticket_issued", True, True), ("ticket_called", True, False),
        (2, False, True), ("automation_triggered", False, True)]  # fmt: skip


def test_a_note_is_not_recorded(made: Made) -> None:
    recording, _, bus = made()
    ticket = {"number": "A001", "note": "Mrs Wang, wheelchair"}
    bus.fire("ticket_issued", {"ticket": ticket})
    assert b"Wang" not in (recording.take() or (0, b""))[1]
    assert "note" in ticket


def test_states_in_between_are_let_go_first(made: Made) -> None:
    recording, states, bus = made(limit=20)
    for n in range(15):
        states.set("queue.a", n)
    states.set("counter.1", "idle")
    for n in range(10):
        bus.fire("ticket_issued", {"n": n})
    kept = rows(recording)
    assert [row[5]["n"] for row in kept if row[0] == 1] == list(range(10))
    assert [row[5] for row in kept if row[0] == 0 and row[4] == "queue.a"][-1] == 14  # the latest stays
    assert [row[5] for row in kept if row[0] == 0 and row[4] == "counter.1"] == ["idle"]
    assert recording.dropped == 6
    assert next(row[5] for row in kept if row[0] == 0 and row[4] == "queue.a") == 6  # oldest first
    assert len(kept) + recording.dropped == 26


def test_events_only_when_nothing_else_is_left(made: Made) -> None:
    recording, states, bus = made(limit=10)
    states.set("queue.a", 1)
    for n in range(25):
        bus.fire("ticket_issued", {"n": n})
    assert len(recording) <= 10
    assert [row[5]["n"] for row in rows(recording)] == list(range(25 - (26 - recording.dropped), 25))


def test_what_is_no_json_does_not_take_the_others_along(made: Made) -> None:
    recording, _, bus = made()
    bus.fire("good", {"n": 1})
    bus.fire("huge", {"n": 1 << 80})
    bus.fire("odd", {"n": {1, 2}, "b": b"x", "o": object()})
    assert [row[3] for row in rows(recording)] == ["good", "odd"]


def test_off_hears_nothing(made: Made) -> None:
    recording, states, _ = made()
    recording.on = False
    states.set("queue.a", 1)
    assert len(recording) == 0


def test_woken_for_the_first_and_for_a_batch() -> None:
    woken: list[bool] = []
    recording = Recording(Filter(Config.model_validate({})), woken.append)
    for n in range(BATCH + 5):
        recording.hear(Event("x", {"n": n}, Context(), 0.0))
    assert woken == [False, True]


def test_the_memory_of_contexts_has_a_bound(made: Made) -> None:
    recording, _, bus = made(limit=10)
    for _ in range(20_000):
        bus.fire("x")
    assert len(recording._ranks) <= 8192
