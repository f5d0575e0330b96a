"""All WebSockets of the hall: what they share, how many there may be, and their end."""

import asyncio
from contextlib import suppress
from typing import Final

from aiohttp import web

from ..door import Door, reply
from .connection import GOING_AWAY, Connection
from .fanout import Fanout
from .feeds import Feeds

LOOK_AGAIN: Final = 30.0  # seconds between two looks whether links and sessions are too old by now
FOLLOW: Final = 1.0  # seconds between two looks for views that were offered anew
END: Final = 2.0  # seconds sockets have to say goodbye


class Sockets:
    """Serves /api/websocket."""

    def __init__(self, door: Door) -> None:
        self._door, self._kit = door, door.kit
        self._fanout = Fanout(self._kit.bus, self._kit.states, door.shapes)
        self._feeds = Feeds(self._kit.views, self._kit.site.boot_id)
        self._open: set[Connection] = set()
        self._empty = asyncio.Event()
        self._kit.every(FOLLOW, self._feeds.follow)
        self._kit.every(LOOK_AGAIN, self._look_again)
        self._kit.on_close(door.access.watch(self._look_again))

    def __len__(self) -> int:
        return len(self._open)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One socket's whole life, or why it may not have one."""
        if len(self._open) >= self._door.config.limits.sockets:
            return reply(b'{"code":"busy","message":"There are too many connections. Try again later."}', 503)
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return reply(b'{"code":"bad_data","message":"This address speaks WebSocket."}', 400)
        connection = Connection(self._door, self._fanout, self._feeds, request)
        self._open.add(connection)
        try:
            return await connection.serve()
        except (ConnectionError, web.HTTPException) as error:
            if isinstance(error, web.HTTPException):  # a handshake that is none
                return reply(b'{"code":"bad_data","message":"This is not a WebSocket handshake."}', 400)
            raise
        finally:
            self._open.discard(connection)
            if not self._open:
                self._empty.set()

    def _look_again(self) -> None:
        for connection in list(self._open):
            connection.look_again()

    async def close(self) -> None:
        """Say goodbye to all, and wait a moment for them to hear it."""
        everyone = list(self._open)
        for connection in everyone:
            connection.end(GOING_AWAY, "the hall is stopping")
        if self._open:
            self._empty.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(END):
                    await self._empty.wait()
        for connection in everyone:
            if connection.stuck:
                connection.cut()
        self._feeds.close()
        self._fanout.close()
