"""Between two plays whoever asks is told by the people before them; what plays cost stays within what is earned."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from usher.core.clock import HandClock
from usher.core.hall.estimates import outlook
from usher.core.hall.estimates.forecasting import STEPS
from usher.core.testing import Branch, branch

COUNTERS = 12
YAML = f"""
usher: {{name: Test, site: test, classes: {{vip: 50}}}}
queue: {{a: {{name: A, service_time: "00:05", digits: 4}}, b: {{name: B, service_time: "00:05", digits: 4, prefix: B}}}}
counter: {{{", ".join(f'"{n}": {{name: C{n}, serves: [a]}}' for n in range(1, COUNTERS + 1))}, b: {{name: B, serves: [b]}}}}
"""


@pytest.fixture
async def house(tmp_path: Path, clock: HandClock) -> AsyncIterator[Branch]:
    """Twelve counters of one queue, each with somebody since just now."""
    async with branch(YAML, tmp_path, clock=clock) as hall:
        for n in range(1, COUNTERS + 1):
            await hall.act("counter.sign_in", counter=str(n), staff=f"s{n}")
            await hall.act("queue.issue", queue="a")
            await hall.act("counter.call_next", counter=str(n))
        yield hall


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What each play has cost."""
    found, real = list[int](), outlook.forecast

    def forecast(*given: Any) -> Any:
        told = real(*given)
        found.append(told.work)
        return told

    monkeypatch.setattr(outlook, "forecast", forecast)
    return found


async def drawn(hall: Branch, **data: Any) -> Any:
    return (await hall.act("queue.issue", queue="a", **data))["ticket"]["estimate"]


async def test_a_crowd_at_once_is_told_right_for_little_work(house: Branch, worked: list[int]) -> None:
    people = 250
    for n in range(people):
        told = await drawn(house)
        assert told["ahead"] == n
        assert told["wait"] == pytest.approx((n + 1) * 300 / COUNTERS, rel=0.05), n
    assert len(worked) < people / 3
    assert sum(worked) <= outlook.MOST + people * (outlook.EARNS + 1) + STEPS
    assert max(worked) <= STEPS + COUNTERS


async def test_others_than_the_last_forecast_knew(house: Branch, worked: list[int]) -> None:
    for _ in range(150):
        await drawn(house)
    vip = await drawn(house, **{"class": "vip"})
    assert (vip["ahead"], vip["wait"]) == (0, 25)
    worked.clear()
    for n in range(1, 7):
        await house.act("counter.pause", counter=str(n))  # with somebody there: no more calls after that one
    half = await drawn(house)
    assert half["wait"] == pytest.approx(152 * 300 / 6, rel=0.15)
    assert len(worked) <= 1


async def test_whoever_is_kept_for_one_counter_is_told_without_a_play(house: Branch, worked: list[int]) -> None:
    for _ in range(100):
        await drawn(house)
    kept: list[Any] = []
    for _ in range(3):
        ticket = (await house.act("queue.issue", queue="a"))["ticket"]["id"]
        kept.append((await house.act("ticket.transfer", ticket=ticket, counter="1"))["ticket"])
    assert [one["reserved"] for one in kept] == ["1"] * 3
    waits = [one["estimate"]["wait"] for one in kept]
    assert waits == sorted(waits)
    assert waits[-1] <= 3 * 300 + 300


async def test_time_earns_a_play(house: Branch, clock: HandClock, worked: list[int]) -> None:
    for _ in range(120):
        await drawn(house)
    worked.clear()
    await clock.turn(300)
    assert worked  # what the states show is forecast anew


async def test_a_queue_nobody_serves_is_told_nothing_until_somebody_does(house: Branch) -> None:
    ticket = (await house.act("queue.issue", queue="b"))["ticket"]
    assert "estimate" not in ticket
    await house.act("counter.sign_in", counter="b", staff="sb")
    assert (await house.act("queue.estimate", queue="b"))["wait"] == 300
