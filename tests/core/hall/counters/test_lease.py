"""Whose panel a counter is: one page acts, the other is asked; a page that is gone lets go."""

import json
from typing import Any

import pytest
from usher.core.access import Caller
from usher.core.actions import Call
from usher.core.clock import HandClock
from usher.core.errors import BadData, NotPermitted, Unknown
from usher.core.testing import Branch


async def _hold(hall: Branch, panel: str, **more: Any) -> bool:
    return bool((await hall.act("counter.lease", counter="1", panel=panel, **more))["mine"])


async def _shown(hall: Branch) -> str | None:
    view = hall.engine.views.get("counter/1")
    assert view is not None
    lease = json.loads(view.read().body)["lease"]
    return lease and lease["panel"]


async def test_the_second_page_is_told_whose_it_is_and_may_take_it_over(hall: Branch) -> None:
    assert await _hold(hall, "page-one")
    answer = await hall.act("counter.lease", counter="1", panel="page-two")
    assert (answer["mine"], answer["lease"]["panel"], answer["lease"]["name"]) == (False, "page-one", "usher")
    assert await _hold(hall, "page-two", take=True)
    assert not await _hold(hall, "page-one")
    assert await _shown(hall) == "page-two"


async def test_the_same_tab_loaded_anew_keeps_it(hall: Branch) -> None:
    assert await _hold(hall, "page-one")
    assert await _hold(hall, "page-two", was="page-one")
    assert not await _hold(hall, "page-one", was="page-zero")  # a copy of the tab, left behind


async def test_a_page_that_is_gone_lets_go(hall: Branch, clock: HandClock) -> None:
    assert await _hold(hall, "page-one")
    for _ in range(6):
        await clock.turn(15)
        assert await _hold(hall, "page-one")
    await clock.turn(61)
    assert await _shown(hall) is None
    assert await _hold(hall, "page-two")


async def test_each_counter_has_its_own_and_nothing_is_written(hall: Branch) -> None:
    heard = len(hall.heard)
    assert await _hold(hall, "page-one")
    assert (await hall.act("counter.lease", counter="2", panel="page-one"))["mine"]
    assert len(hall.heard) == heard


async def test_others_act_on_the_counter_all_the_same(hall: Branch) -> None:
    assert await _hold(hall, "page-one")
    await hall.act("counter.sign_in", counter="1", staff="amy")
    await hall.act("queue.issue", queue="personal")
    await hall.act("counter.call_next", counter="1")
    assert hall.state("counter.1").value == "calling"


async def test_bad_input(hall: Branch) -> None:
    with pytest.raises(Unknown):
        await hall.act("counter.lease", counter="99", panel="page-one")
    with pytest.raises(BadData):
        await _hold(hall, "short")
    screen = Call(Caller("s", "sign", "screen", frozenset({"view:counter/1"})))
    with pytest.raises(NotPermitted):
        await hall.engine.actions.call("counter.lease", {"counter": "1", "panel": "page-one"}, screen)
