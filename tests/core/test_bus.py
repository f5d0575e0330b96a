"""The bus: in order, never nested, nobody silenced by another's fault, no endless chains."""

import logging

import pytest
from usher.core.bus import Bus
from usher.core.events import MAX_DEPTH, Context, Event


def test_who_listens_hears_its_types_in_order(bus: Bus) -> None:
    heard: list[str] = []
    bus.listen(lambda e: heard.append(f"first {e.type}"), "a", "b")
    bus.listen(lambda e: heard.append(f"all {e.type}"))
    bus.listen(lambda e: heard.append(f"second {e.type}"), "a")
    for kind in ("a", "b", "c"):
        bus.fire(kind)
    assert heard == ["first a", "second a", "all a", "first b", "all b", "all c"]


def test_publishing_never_nests(bus: Bus) -> None:
    heard: list[str] = []

    def answer(event: Event) -> None:
        bus.fire("b")
        heard.append("answered")

    bus.listen(answer, "a")
    bus.listen(lambda e: heard.append("a"), "a")
    bus.listen(lambda e: heard.append("b"), "b")
    bus.fire("a")
    assert heard == ["answered", "a", "b"]


def test_a_fault_silences_nobody(bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[Event] = []
    bus.listen(lambda e: 1 / 0, "a")  # type: ignore[arg-type, return-value]
    bus.listen(heard.append, "a")
    bus.fire("a")
    assert len(heard) == 1
    assert "ZeroDivisionError" in caplog.text


def test_leaving_while_an_event_is_told(bus: Bus) -> None:
    heard: list[str] = []

    def first(event: Event) -> None:
        heard.append("first")
        leave()

    leave = bus.listen(first, "a")
    bus.listen(lambda e: heard.append("second"), "a")
    bus.fire("a")
    bus.fire("a")
    assert heard == ["first", "second", "second"]


def test_the_same_listener_twice_leaves_once(bus: Bus) -> None:
    heard: list[Event] = []
    leave = bus.listen(heard.append, "a")
    bus.listen(heard.append, "a")
    leave()
    bus.fire("a")
    assert len(heard) == 1
    assert bus.listened() == {"a": 1}


def test_a_circle_is_cut(bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[int] = []

    def again(event: Event) -> None:
        heard.append(event.context.depth)
        bus.fire("a", context=event.context.child())

    bus.listen(again, "a")
    bus.fire("a", context=Context())
    assert heard == list(range(MAX_DEPTH + 1))
    assert [r.levelno for r in caplog.records] == [logging.ERROR]


def test_who_asks_for_some_entities_hears_of_those(bus: Bus) -> None:
    """In the order in which all listened; who leaves hears no more, also of an entity known already."""
    heard: list[str] = []
    bus.listen(lambda e: heard.append(f"all {e.data['entity_id']}"), "changed")
    leave = bus.listen(lambda e: heard.append(f"a {e.data['entity_id']}"), "changed", about="a".__eq__)
    bus.listen(lambda e: heard.append(f"last {e.data['entity_id']}"), "changed")
    for entity_id in ("a", "b", "a"):
        bus.fire("changed", {"entity_id": entity_id})
    assert heard == ["all a", "a a", "last a", "all b", "last b", "all a", "a a", "last a"]
    heard.clear()
    leave()
    bus.listen(lambda e: heard.append("b only"), "changed", about="b".__eq__)
    bus.fire("changed", {"entity_id": "a"})
    bus.fire("changed", {"entity_id": "b"})
    assert heard == ["all a", "last a", "all b", "last b", "b only"]


def test_the_same_listener_for_two_entities_leaves_the_one_meant(bus: Bus) -> None:
    heard: list[str] = []

    def hear(event: Event) -> None:
        heard.append(event.data["entity_id"])

    first, second = "a".__eq__, "b".__eq__
    bus.listen(hear, "changed", about=first)
    leave = bus.listen(hear, "changed", about=second)
    leave()
    for entity_id in ("a", "b"):
        bus.fire("changed", {"entity_id": entity_id})
    assert heard == ["a"]
    assert bus.listened() == {"changed": 1}
