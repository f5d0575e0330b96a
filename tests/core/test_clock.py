"""The clock: what is due fires in order, a cancelled thing never."""

import asyncio

from usher.core.clock import HandClock, SystemClock, every, local


async def test_due_in_order(clock: HandClock) -> None:
    fired: list[str] = []
    clock.after(5, lambda: fired.append("five"))
    clock.after(1, lambda: fired.append("one"))
    clock.after(3, lambda: fired.append("three"))()
    stop = every(clock, 2, lambda: fired.append("two"))
    await clock.turn(4.5)
    stop()
    await clock.turn(10)
    assert fired == ["one", "two", "two", "five"]


async def test_sleeping(clock: HandClock) -> None:
    start = clock.now()
    task = asyncio.ensure_future(clock.sleep(10))
    await clock.turn(9)
    assert not task.done()
    await clock.turn(1)
    assert task.done()
    assert clock.now() == start + 10


def test_the_halls_own_time() -> None:
    clock = HandClock(zone="Asia/Shanghai")
    assert local(clock, 0).isoformat() == "1970-01-01T08:00:00+08:00"
    assert SystemClock("Asia/Shanghai").monotonic() <= SystemClock().monotonic()
