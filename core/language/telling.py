"""Awaiting something and being told if it really has to wait."""

import types
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, TypeVar, cast

T = TypeVar("T")


@types.coroutine
def _step_through(work: Coroutine[Any, Any, T], told: Callable[[], None]) -> Generator[Any, Any, T]:
    try:
        awaited = work.send(None)
    except StopIteration as end:
        return cast("T", end.value)
    told()
    while True:
        try:
            sent = yield awaited
        except BaseException as error:
            try:
                awaited = work.throw(error)
            except StopIteration as end:
                return cast("T", end.value)
        else:
            try:
                awaited = work.send(sent)
            except StopIteration as end:
                return cast("T", end.value)


def telling(work: Coroutine[Any, Any, T], suspended: Callable[[], None]) -> Awaitable[T]:
    """Await `work`, and call `suspended` if it really has to wait."""
    return _step_through(work, suspended)
