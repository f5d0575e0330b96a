"""Awaiting something and being told if it really has to wait."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, cast

from ..limits import rest

T = TypeVar("T")


async def telling(work: Coroutine[Any, Any, T], suspended: Callable[[], None]) -> T:
    """Await `work`, and call `suspended` if it really has to wait."""
    try:
        awaited: Any = work.send(None)
    except StopIteration as end:
        return cast("T", end.value)
    suspended()
    return await rest(work, awaited)
