"""A lane does blocking work in order, with limits, and a call that hangs harms nobody else."""

import asyncio
import threading

import pytest
from usher.integrations.escpos.lane import Lane


async def test_answers_and_raises():
    lane = Lane("test")
    assert await lane.do(lambda: 1 + 1, 5) == 2
    with pytest.raises(ZeroDivisionError):
        await lane.do(lambda: 1 // 0, 5)
    await lane.close()
    assert not lane._thread.is_alive()


async def test_a_call_that_hangs_is_left_and_later_ones_are_refused():
    lane, gate, closed = Lane("test"), threading.Event(), threading.Event()
    with pytest.raises(TimeoutError):
        await lane.do(gate.wait, 0.05)
    with pytest.raises(TimeoutError):
        await lane.do(lambda: 1, 5)
    await lane.close(closed.set, limit=0.05)
    assert not closed.is_set()
    gate.set()
    async with asyncio.timeout(5):
        while lane._thread.is_alive():  # noqa: ASYNC110 - a thread has no event
            await asyncio.sleep(0.01)
    assert closed.is_set()  # what was to be closed is closed all the same
