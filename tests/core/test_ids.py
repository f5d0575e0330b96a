"""Ids: parsed, refused with the mend, unique and rising."""

import threading

import pytest
from usher.core.ids import EntityId, Ulids, is_name


def test_an_entity_id_is_domain_and_name() -> None:
    made = EntityId.parse("queue.main_2")
    assert (made.domain, made.name, str(made)) == ("queue", "main_2", "queue.main_2")


@pytest.mark.parametrize("text", ["", "queue", "queue.", ".main", "Queue.main", "queue.ma in", "queue.a.b", "queue.大厅",
                                  "queue.main\n"])  # fmt: skip
def test_what_is_no_entity_id_is_told_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match=r"Write domain\.name in a-z, 0-9 and _, as in queue\.main"):
        EntityId.parse(text)


def test_names() -> None:
    assert all(is_name(n) for n in ("a", "1", "window_1", "_"))
    assert not any(is_name(n) for n in ("", "A", "a-b", "a b", "ä", "a\n"))


def test_ids_rise_in_the_order_they_were_made() -> None:
    make = Ulids()
    ids = [make() for _ in range(50_000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert {len(i) for i in ids} == {26}


def test_ids_of_two_makers_and_threads_are_never_the_same() -> None:
    made: list[str] = []
    shared = Ulids()

    def run(make: Ulids) -> None:
        made.extend([make() for _ in range(5_000)])

    threads = [threading.Thread(target=run, args=(maker,)) for maker in (shared, shared, Ulids(), Ulids())]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(made) == len(set(made)) == 20_000


def test_a_clock_set_back_does_not_break_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_700_000_000_000_000_000
    monkeypatch.setattr("usher.core.ids.time.time_ns", lambda: now)
    make = Ulids()
    before = make()
    now -= 3_600_000_000_000
    after = make()
    assert before < after
