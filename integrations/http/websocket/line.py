"""What waits to go out on one socket: in order, with a bound, and one write for all that one turn of the loop brings.

Frames are written to the transport as RFC 6455 has them (text, whole, unmasked). While the transport still holds much
that the client has not taken, messages wait here; when too many wait, the owner is told and decides.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

HIGH: Final = 256 * 1024  # bytes the transport may hold before messages wait here
LOW: Final = 32 * 1024
LOOK: Final = 0.02  # seconds between looks at a transport that is full
STUCK: Final = 20.0  # seconds without taking a byte, and the client is given up
MAX_BYTES: Final = 16 * 1024 * 1024  # of all messages that wait here


def frame(message: bytes) -> bytes:
    """A text frame's header."""
    size = len(message)
    if size < 126:
        return bytes((0x81, size))
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2)
    return b"\x81\x7f" + size.to_bytes(8)


class Line:
    """One socket's outgoing messages.

    `coalesce`: the client takes several messages as one JSON array. `overflow` is called when too much waits; it may
    drop events or end the line. `drained` is called when a full line is empty again.
    """

    def __init__(self, transport: asyncio.Transport, limit: int, overflow: Callable[[], None],
                 drained: Callable[[], None]) -> None:  # fmt: skip
        self.coalesce, self.open = False, True
        self._transport, self._limit, self._overflow, self._drained = transport, limit, overflow, drained
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[bytes, bool]] = deque()  # message, whether it is an event that may be dropped
        self._bytes = 0
        self._scheduled: asyncio.Handle | None = None
        self._full, self._size, self._moved_at = False, 0, 0.0
        self._lighter: asyncio.Future[None] | None = None

    def send(self, message: bytes, *, droppable: bool = False) -> None:
        """Put a message behind the others; it goes out at the end of this turn of the loop."""
        if not self.open:
            return
        self._waiting.append((message, droppable))
        self._bytes += len(message)
        if self._full:
            self._check()
        elif self._scheduled is None:
            self._scheduled = self._loop.call_soon(self.flush)

    def drop_events(self) -> None:
        """Forget the events that wait; answers stay."""
        self._waiting = deque(one for one in self._waiting if not one[1])
        self._bytes = sum(len(message) for message, _ in self._waiting)

    @property
    def heavy(self) -> bool:
        """Whether the client should be asked for nothing more until some of this is gone."""
        return self._full or self._bytes > HIGH

    async def lighter(self) -> None:
        """Wait until it is no longer heavy, or the line has ended. One waits at a time: the socket's reader."""
        if self.open:
            self._lighter = self._loop.create_future()
            await self._lighter

    def _lightened(self) -> None:
        if self._lighter is not None and not self._lighter.done():
            self._lighter.set_result(None)

    @property
    def overfull(self) -> bool:
        return len(self._waiting) > self._limit or self._bytes > MAX_BYTES

    def _check(self) -> None:
        if self.overfull:
            self._overflow()

    def flush(self) -> None:
        """Write all that waits, unless the client is behind."""
        self._scheduled = None
        if not self.open or self._transport.is_closing():
            self.end()
            return
        held = self._transport.get_write_buffer_size()
        if held > (LOW if self._full else HIGH):
            self._wait(held)
            return
        waiting, was_full = self._waiting, self._full
        self._waiting, self._bytes, self._full = deque(), 0, False
        if waiting:
            self._write([message for message, _ in waiting])
        self._lightened()
        if was_full:
            self._drained()

    def _write(self, messages: list[bytes]) -> None:
        if len(messages) == 1:
            self._transport.writelines((frame(messages[0]), messages[0]))
        elif self.coalesce:
            whole = b"[%b]" % b",".join(messages)
            self._transport.writelines((frame(whole), whole))
        else:
            self._transport.write(b"".join([part for message in messages for part in (frame(message), message)]))

    def _wait(self, held: int) -> None:
        """Look again soon; give up a client that takes nothing at all."""
        now = self._loop.time()
        if not self._full or held != self._size:
            self._size, self._moved_at = held, now
        self._full = True
        if now - self._moved_at > STUCK:
            self._transport.abort()
            self.end()
            return
        self._scheduled = self._loop.call_later(LOOK, self.flush)
        self._check()

    def finish(self) -> None:
        """Nothing more goes out, but what a client that keeps up is owed."""
        if self.open and not self._full:
            self.flush()
        self.end()

    def end(self) -> None:
        """Nothing more goes out."""
        self.open = False
        self._waiting.clear()
        self._bytes = 0
        self._lightened()
        if self._scheduled is not None:
            self._scheduled.cancel()
            self._scheduled = None
