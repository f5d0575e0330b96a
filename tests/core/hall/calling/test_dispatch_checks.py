"""What `usher check` says of mixes, overflow, and queues that others may starve."""

from pathlib import Path

import pytest
from usher.core.check import check

GOOD = """
usher: {name: Test, classes: {vip: 50}}
queue:
  a: {name: A, prefix: A}
  b: {name: B, prefix: B}
counter:
  "1": {name: One, serves: [a, b]}
  "2": {name: Two, serves: [{queue: a, priority: 5}, b]}
"""
ALONE = GOOD.replace('  "1": {name: One, serves: [a, b]}\n', "")  # only counter 2 is there, which prefers a


def _told(folder: Path, yaml: str) -> list[str]:
    (folder / "configuration.yaml").write_text(yaml, "utf-8")
    return [f"{p.place.line if p.place else 0} {p.severity} {p.text}" for p in check(folder, always=())]


def test_a_counter_that_prefers_nobody_keeps_a_queue_from_starving(tmp_path: Path) -> None:
    assert _told(tmp_path, GOOD) == []


def test_a_queue_that_all_its_counters_put_last_may_starve(tmp_path: Path) -> None:
    assert _told(tmp_path, ALONE) == [
        "5 warning queue.b: each of its counters prefers another queue, so it may wait for ever. Add boost_after here, or "
        "mix to a counter."
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("prefix: B}", 'prefix: B, boost_after: "00:30"}'),
        ("serves: [{queue: a, priority: 5}, b]", "serves: [{queue: a, priority: 5}, b], mix: {a: 2}"),
        ("priority: 5}", "priority: 5, fallback: true}"),
    ],
)
def test_boost_mix_and_help_keep_it_from_starving(tmp_path: Path, old: str, new: str) -> None:
    assert _told(tmp_path, ALONE.replace(old, new)) == []


@pytest.mark.parametrize(
    ("new", "told"),
    [
        ("mix: {vpi: 2}", "7 error counter.2.mix: there is no class or queue 'vpi'. Did you mean 'vip'?"),
        ("mix: {c: 2}", "7 error counter.2.mix: there is no class or queue 'c'."),
        ("mix: {a: 0}", "7 error counter.2.mix.a: "),
        ("mix: {rest: 2, b: 1, vip: 3}", None),
    ],
)
def test_a_mix_is_of_classes_queues_and_the_rest(tmp_path: Path, new: str, told: str | None) -> None:
    found = _told(tmp_path, ALONE.replace("b]}", f"b], {new}}}"))
    assert [line[: len(told or "")] for line in found if " error " in line] == ([told] if told else [])


def test_a_mix_of_what_is_two_things_or_served_elsewhere(tmp_path: Path) -> None:
    both = GOOD.replace("vip: 50", "a: 50").replace("b]}\n", "b], mix: {a: 2}}\n", 1)
    assert _told(tmp_path, both) == ["7 error counter.1.mix: 'a' is a class and a queue. Give one of them another id."]
    elsewhere = GOOD.replace("serves: [a, b]}", "serves: [a], mix: {b: 2}}")
    assert _told(tmp_path, elsewhere)[1] == "7 error counter.1.mix: this counter does not serve queue.b."


@pytest.mark.parametrize(
    ("serves", "told"),
    [
        ("{queue: b, overflow: {}}", "7 error counter.2.serves.1.overflow: overflow says when: waiting_over, wait_over or both."),
        ("{queue: b, fallback: true, overflow: {waiting_over: 2}}",
         "7 error counter.2.serves.1: overflow and fallback stand here together. Keep one"),
        ("{queue: b, overflow: {waiting_over: 2}}",
         "5 warning queue.b: it is served as overflow only, so the last ones in it are never called."),
        ("{queue: b, overflow: {waiting_over: 0}}", None),
        ("{queue: b, fallback: true}", None),
    ],
)  # fmt: skip
def test_help_says_when(tmp_path: Path, serves: str, told: str | None) -> None:
    found = _told(tmp_path, ALONE.replace("5}, b]", f"5}}, {serves}]"))
    assert [line[: len(told or "")] for line in found] == ([told] if told else [])


def test_a_counter_has_queues_of_its_own(tmp_path: Path) -> None:
    found = _told(tmp_path, GOOD.replace("serves: [a, b]", "serves: [{queue: a, fallback: true}]"))
    assert found == [
        "5 warning queue.b: each of its counters prefers another queue, so it may wait for ever. Add boost_after here, or "
        "mix to a counter.",
        "7 error counter.1.serves: every queue is overflow or fallback. Take it off the queues that are the counter's own.",
    ]
