"""Views: rebuilt when touched, encoded once, and caught up by number."""

import asyncio
import json

from usher.core.views import RING, Frame, View, Views


class Counted:
    def __init__(self) -> None:
        self.value, self.built = 0, 0

    def build(self) -> dict[str, int]:
        self.built += 1
        return {"value": self.value}


async def test_told_once_a_turn_and_only_of_changes() -> None:
    source = Counted()
    view = View("a", source.build)
    heard: list[Frame] = []
    assert json.loads(view.read().body) == {"value": 0}
    leave = view.subscribe(heard.append)
    for value in (1, 2, 3):
        source.value = value
        view.touch()
    await asyncio.sleep(0)
    assert [json.loads(f.body) for f in heard] == [{"value": 3}]
    view.touch()
    await asyncio.sleep(0)
    assert len(heard) == 1  # nothing is different
    leave()
    view.touch()
    assert source.built == 3  # nobody looks: not built


async def test_who_comes_back_is_sent_what_was_missed() -> None:
    source = Counted()
    view = View("a", source.build)
    for value in range(RING + 10):
        source.value = value
        view.touch()
        view.read()
    last = view.read().seq
    assert view.since(last) == []
    missed = view.since(last - 3)
    assert missed is not None
    assert [f.seq for f in missed] == [last - 2, last - 1, last]
    assert view.since(1) is None  # too long ago
    assert view.since(last + 5) is None  # of another engine


def test_families_are_made_when_asked_for() -> None:
    views = Views()
    made = View("phone/1", dict)
    gone = views.family("phone", lambda rest: made if rest == "1" else None)
    assert views.get("phone/1") is made
    assert views.get("phone/2") is None
    gone()
    assert views.get("phone/1") is None
    assert views.all() == []
