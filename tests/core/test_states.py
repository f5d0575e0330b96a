"""States: what changed, from what to what, and nothing told when nothing changed."""

import pytest
from usher.core.bus import Bus
from usher.core.clock import HandClock
from usher.core.events import Event
from usher.core.states import STATE_CHANGED, States


@pytest.fixture
def heard(bus: Bus) -> list[Event]:
    events: list[Event] = []
    bus.listen(events.append, STATE_CHANGED)
    return events


async def test_old_and_new(states: States, heard: list[Event], clock: HandClock) -> None:
    states.set("queue.main", 1, {"next": "A001"})
    await clock.turn(5)
    states.set("queue.main", 1, {"next": "A002"})
    states.set("queue.main", 2, {"next": "A002"})
    states.set("queue.main", 2, {"next": "A002"})
    assert [(e.data["old_state"] and e.data["old_state"].value, e.data["new_state"].value) for e in heard] == [
        (None, 1), (1, 1), (1, 2)]  # fmt: skip
    first, second, third = (e.data["new_state"] for e in heard)
    assert second.changed_at == first.changed_at  # the value is the same
    assert second.updated_at == third.changed_at == first.changed_at + 5


def test_one_is_not_true_and_gone_is_not_there(states: States, heard: list[Event]) -> None:
    states.set("sensor.a", 1)
    states.set("sensor.a", True)
    states.set("sensor.a", True, available=False)
    states.remove("sensor.a")
    states.remove("sensor.a")
    assert len(heard) == 4
    assert heard[-1].data["new_state"] is None
    assert "sensor.a" not in states


@pytest.mark.parametrize("bad", ["queue", "queue.", ".main", "Queue.main", "queue.a b", "queue.a.b"])
def test_a_bad_id_is_told(states: States, bad: str) -> None:
    with pytest.raises(ValueError, match="entity id"):
        states.set(bad, 1)


def test_watching_some(states: States) -> None:
    seen: list[str] = []
    leave = states.watch({"queue.a"}, lambda e: seen.append(e.data["entity_id"]))
    states.set("queue.a", 1)
    states.set("queue.b", 1)
    leave()
    states.set("queue.a", 2)
    assert seen == ["queue.a"]


def test_a_domain_by_id(states: States) -> None:
    for entity_id in ("queue.b", "counter.1", "queue.a"):
        states.set(entity_id, 0)
    assert [s.entity_id for s in states.domain("queue")] == ["queue.a", "queue.b"]
    assert [s.domain for s in states] == ["queue", "counter", "queue"]
