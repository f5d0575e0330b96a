"""One thread for blocking work, in order, each call with a limit; used for drawing and for ports that block.

A call that does not come back leaves the lane stuck: later calls are refused at once instead of waiting behind it, and
the thread ends when the call does. It is a daemon thread: a driver that hangs cannot keep the engine from stopping.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

T = TypeVar("T")
_END: Final = object()


class Lane:
    """Close it to end its thread."""

    def __init__(self, name: str) -> None:
        self._work: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._under_way: asyncio.Future[Any] | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    async def do(self, work: Callable[[], T], limit: float) -> T:
        """Run `work` there and answer what it answers. Raises TimeoutError, also while an earlier call still hangs."""
        if self._under_way is not None and not self._under_way.done():
            raise TimeoutError
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._under_way = future
        self._work.put((work, future, asyncio.get_running_loop()))
        async with asyncio.timeout(limit):
            return await asyncio.shield(future)

    async def close(self, last: Callable[[], Any] | None = None, limit: float = 2.0) -> None:
        """End the thread after one more call, waiting at most `limit`; what takes longer is still done, unwaited."""
        if last is not None:
            self._under_way = asyncio.get_running_loop().create_future()
            self._work.put((last, self._under_way, asyncio.get_running_loop()))
        self._work.put(_END)
        pending = self._under_way
        if pending is not None and not pending.done():
            await asyncio.wait([pending], timeout=limit)
        if pending is None or pending.done():
            self._thread.join(limit)

    def _run(self) -> None:
        while (item := self._work.get()) is not _END:
            work, future, loop = item
            try:
                answer, error = work(), None
            except BaseException as raised:
                answer, error = None, raised
            try:
                loop.call_soon_threadsafe(_settle, future, answer, error)
            except RuntimeError:  # the loop is closed: nobody waits any more
                return


def _settle(future: "asyncio.Future[Any]", answer: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(answer)
    else:
        future.set_exception(error)
        future.exception()  # seen, also when whoever asked has given up
