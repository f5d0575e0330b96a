"""What `usher check` says of queues and counters beyond their own models."""

from pathlib import Path

import pytest
from usher.core.check import check

GOOD = """
usher: {name: Test}
queue:
  a: {name: A, prefix: A}
  b: {name: B, prefix: B}
counter:
  "1": {name: One, serves: [a, b]}
"""


def _told(folder: Path, yaml: str) -> list[str]:
    (folder / "configuration.yaml").write_text(yaml, "utf-8")
    return [f"{p.place.line if p.place else 0} {p.text}" for p in check(folder, always=())]


def test_a_good_hall(tmp_path: Path) -> None:
    assert _told(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("prefix: B", "prefix: A", "5 queue.b: 'A' is also used by a: their numbers would look alike."),
        ("prefix: B", "prefix: a", "5 queue.b: 'a' is also used by a: their numbers would look alike."),
        ("prefix: B", "prefix: B1", "5 queue.b: the prefix 'B1' ends in a digit: B11 could be read two ways."),
        ("[a, b]", "[a]", "5 queue.b: no counter serves it, so nobody in it is ever called."),
        ("[a, b]", "[a, b, a]", "7 counter.1.serves: a stands here twice."),
        (
            "prefix: B",
            "prefix: B, then: [{queue: a, service: gone}]",
            "5 queue.b.then.0: queue.a has no service 'gone'.",
        ),
        ("prefix: B", "prefix: B, then: [a, {queue: a, staff: amy}]", "5 queue.b.then.1: there is no staff 'amy'."),
        ("prefix: B", "prefix: B, then: [{queue: a, pool: east}]", "5 queue.b.then.0: there is no pool 'east'."),
        ("prefix: B", "prefix: 'B '", "5 queue.b: the prefix 'B ' holds a space, or a sign that nobody sees."),
        (
            "prefix: B",
            'prefix: "B\\u200b"',
            "5 queue.b: the prefix 'B\\u200b' holds a space, or a sign that nobody sees.",
        ),
        ("prefix: B", "prefix: B, then: [back]", "5 queue.b.then.0: back is where staff sent somebody from"),
        ("prefix: B", "prefix: B, requeue: -1", "5 queue.b.requeue: -1 does not fit. Write 0 or more."),
        ("[a, b]", "[a, b, back]", "7 counter.1.serves.2: there is no queue called 'back' here."),
    ],
)
def test_what_would_go_wrong_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    found = _told(tmp_path, GOOD.replace(old, new))
    assert len(found) == 1
    assert found[0].startswith(told)


def test_no_queue_is_called_back(tmp_path: Path) -> None:
    found = _told(tmp_path, GOOD.replace("  b:", "  back:").replace("[a, b]", "[a, back]"))
    assert [text[:14] for text in found] == ["5 queue.back: "]


def test_a_leg_is_kept_for_one_only(tmp_path: Path) -> None:
    yaml = (
        GOOD.replace("prefix: B", 'prefix: B, then: [{queue: a, counter: "1", staff: amy}]')
        + "staff: {amy: {name: Amy}}"
    )
    found = _told(tmp_path, yaml)
    assert [text[:61] for text in found] == ["5 queue.b.then.0: it is kept for a counter, for staff or for a"[:61]]
