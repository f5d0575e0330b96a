"""A limit of time around something awaited; what needs no time at all costs no timer."""

import asyncio
import types
from collections.abc import Awaitable, Coroutine, Generator
from typing import Any, TypeVar

T = TypeVar("T")


async def within(work: Awaitable[T], seconds: float) -> T:
    """Await `work`; raises TimeoutError when it really has to wait, and longer than that.

    Its first step is taken before a timer is set: nearly all that the hall decides in memory ends with that step.
    """
    if not asyncio.iscoroutine(work):
        async with asyncio.timeout(seconds):
            return await work
    try:
        awaited: Any = work.send(None)
    except StopIteration as end:
        done: T = end.value
        return done
    async with asyncio.timeout(seconds):
        return await rest(work, awaited)


@types.coroutine
def rest(work: Coroutine[Any, Any, T], awaited: Any) -> Generator[Any, Any, T]:
    """The other steps of a coroutine whose first one has ended in `awaited`."""
    while True:
        try:
            sent = yield awaited
        except BaseException as error:
            try:
                awaited = work.throw(error)
            except StopIteration as end:
                thrown: T = end.value
                return thrown
        else:
            try:
                awaited = work.send(sent)
            except StopIteration as end:
                done: T = end.value
                return done
