"""One WebSocket: signs in, reads commands, runs calls beside each other, and keeps its subscriptions."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, Final, Protocol, TypeAlias, cast

import orjson
from aiohttp import WSMsgType, web
from pydantic import ValidationError

from ....core.access import Caller
from ....core.errors import ActionError, BadData, Refused, TemplateError
from ....core.schema import explain
from ..door import Door
from ..shapes import HA_VERSION, Shared
from ..sign_in import preferred_language, speaking
from . import faults
from .commands import COMMANDS, Command
from .fanout import Fanout
from .feeds import Feeds, Look
from .line import Line

SIGN_IN: Final = 10.0  # seconds a socket may take to sign in
MAX_CALLS: Final = 64  # calls of one socket under way; the next one is read when one of them ends
MAX_SUBSCRIPTIONS: Final = 512
GOODBYE: Final = 5.0  # seconds a client has to take the last of what was sent
NORMAL: Final = 1000
TOO_SLOW: Final = 1013  # close codes, RFC 6455 and its registry
GOING_AWAY: Final = 1001
SIGNED_OUT: Final = 3000

Message: TypeAlias = dict[str, Any]


class Subscription(Protocol):
    """What goes on until it is stopped."""

    def stop(self) -> None: ...


class Connection:
    """What commands see of a socket: who asks, how to answer, and where to keep a subscription."""

    def __init__(self, door: Door, fanout: Fanout, feeds: Feeds, request: web.Request) -> None:
        self.door, self.kit, self.fanout, self.feeds = door, door.kit, fanout, feeds
        self.origin = door.origin(request)
        self.began = door.began
        self.language = preferred_language(request.headers.get("Accept-Language", ""))
        self.subscriptions: dict[int, Subscription] = {}
        self._token: str = ""
        self._caller: Caller | None = None
        self._last_id = 0
        self._dropped = False  # events were left out: views are sent whole once the client has caught up
        self._calls: set[asyncio.Task[None]] = set()
        self._socket = web.WebSocketResponse(compress=False, heartbeat=30, timeout=2,
                                             max_msg_size=door.config.limits.body)  # fmt: skip
        self._request = request
        self._line: Line | None = None

    # --- who ----------------------------------------------------------------------------------------------------------
    @property
    def caller(self) -> Caller:
        """Who signed in; no command runs before."""
        assert self._caller is not None
        return self._caller

    @property
    def permission(self) -> tuple[str, frozenset[str]]:
        return self.caller.permission

    def look_again(self) -> None:
        """Ask anew who this is: a token taken back or a link too old ends the socket, another role counts at once."""
        if self._caller is None:
            return
        caller = self.door.access.authenticate(self._token)
        if caller is None:
            self.end(SIGNED_OUT, "the token is no longer valid")
        else:
            self._caller = speaking(caller, self.language)

    # --- answers ------------------------------------------------------------------------------------------------------
    def send(self, message: Mapping[str, Any]) -> None:
        self._put(self.door.shapes.encode(message))

    def result(self, number: int, result: Any = None) -> None:
        self.raw_result(number, self.door.shapes.encode(result))

    def raw_result(self, number: int, result: bytes) -> None:
        """A result whose JSON is encoded already."""
        self._put(b'{"id":%d,"type":"result","success":true,"result":%b}' % (number, result))

    def error(self, number: object, error: Mapping[str, Any]) -> None:
        self.send({"id": number, "type": "result", "success": False, "error": error})

    def send_event(self, number: int, event: Shared) -> None:
        if not self._dropped:
            self._put(event.event(number), droppable=True)

    def event(self, number: int, event: Any) -> None:
        """An event for this socket alone."""
        self.send_event(number, Shared(self.door.shapes.encode(event)))

    def _put(self, message: bytes, *, droppable: bool = False) -> None:
        if self._line is not None:
            self._line.send(message, droppable=droppable)

    def coalesce(self, yes: bool) -> None:
        if self._line is not None:
            self._line.coalesce = yes

    def subscribed(self, number: int, subscription: "Subscription") -> None:
        self.subscriptions[number] = subscription

    def unsubscribe(self, number: int) -> bool:
        """End a subscription; False if there is none of that number."""
        found = self.subscriptions.pop(number, None)
        if found is not None:
            found.stop()
        return found is not None

    # --- the life of the socket ---------------------------------------------------------------------------------------
    async def serve(self) -> web.WebSocketResponse:
        """From the first byte to the last."""
        socket = self._socket
        await socket.prepare(self._request)
        transport = self._request.transport
        if transport is None:
            return socket
        self._line = Line(transport, self.door.config.limits.frames, self._too_slow, self._resync)
        try:
            if await self._sign_in():
                await self._read()
        finally:
            for number in list(self.subscriptions):
                self.unsubscribe(number)
            self._line.finish()
            await self._close(NORMAL)
        return socket

    async def _sign_in(self) -> bool:
        hello = {"ha_version": HA_VERSION, "usher_version": self.kit.site.version}
        self.send({"type": "auth_required", **hello})
        try:
            async with asyncio.timeout(SIGN_IN):
                message = await self._socket.receive()
        except TimeoutError:
            self.send({"type": "auth_invalid", "message": f"No auth message came within {SIGN_IN:g} s."})
            return False
        if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            return False
        token, complaint = faults.read_auth(message.data)
        caller = self.door.access.authenticate(token) if token is not None else None
        if token is None or caller is None:
            self.send({"type": "auth_invalid", "message": complaint or "Invalid access token or password"})
            return False
        self._token, self._caller = token, speaking(caller, self.language)
        self.language = self._caller.language
        self.send({"type": "auth_ok", **hello})
        return True

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT:
                self.error(None, faults.NOT_TEXT)
                continue
            try:
                body: object = orjson.loads(message.data)
            except orjson.JSONDecodeError as error:
                self.error(None, faults.not_json(error))
                continue
            for one in cast("list[object]", body) if isinstance(body, list) else [body]:
                self._handle(one)
                await self._pace()
                if self._line is None or not self._line.open:
                    return  # ended from this side: what the client still said is not heard

    async def _pace(self) -> None:
        """Read no further while this client's own answers or calls pile up."""
        line = self._line
        while len(self._calls) >= MAX_CALLS:
            await asyncio.wait(self._calls, return_when=asyncio.FIRST_COMPLETED)
        if line is not None and line.heavy:
            await line.lighter()

    def _handle(self, message: object) -> None:
        """One command, by Home Assistant's rules of ids and types."""
        number, kind = faults.read_command(message)
        if number is None or kind is None:
            self.error(cast("Message", message).get("id") if isinstance(message, dict) else None, faults.MALFORMED)
            return
        if number <= self._last_id:
            self.error(number, faults.ID_REUSED)
            return
        self._last_id = number
        command = COMMANDS.get(kind)
        if command is None:
            self.error(number, faults.unknown_command(kind))
            return
        try:
            work = self._begin(command, number, cast("Message", message))
        except Exception as error:
            self._complain(number, kind, error)
            return
        if work is not None:
            self._run(number, kind, work)

    def _run(self, number: int, kind: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            task = self.kit.task(self._finish(number, kind, work), kind)
        except RuntimeError:  # this integration has as many tasks as it may
            work.close()
            self._complain(number, kind, Refused("busy", {"en": "Too much at once. Try again.",
                                                          "zh-CN": "系统繁忙，请稍后再试。"}))  # fmt: skip
            return
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    def _begin(self, command: Command, number: int, message: Message) -> Coroutine[Any, Any, None] | None:
        if command.subscribes and len(self.subscriptions) >= MAX_SUBSCRIPTIONS:
            raise Refused("too_many_subscriptions", {"en": "Too many subscriptions on one connection.",
                                                     "zh-CN": "一个连接上的订阅过多。"})  # fmt: skip
        del message["id"], message["type"]
        try:
            model = command.model.model_validate(message)
        except ValidationError as error:
            raise BadData(*explain(error, command.name)) from error
        return command.run(self, number, model)

    async def _finish(self, number: int, kind: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:
            self._complain(number, kind, error)

    def _complain(self, number: int, kind: str, error: Exception) -> None:
        """Tell what went wrong; a fault that was not foreseen is logged, and the socket lives on."""
        if not isinstance(error, (ActionError, TemplateError)):
            self.kit.log.error("The WebSocket command %s failed.", kind, exc_info=error)
        say = faults.own_error if kind.startswith("usher/") else faults.ha_error
        self.error(number, say(error, self.language))

    # --- slow clients and the end -------------------------------------------------------------------------------------
    def _too_slow(self) -> None:
        """Too much waits. Screens get their whole view later; who listens to events must come again and read anew."""
        line = self._line
        if line is None:
            return
        if self.subscriptions and all(isinstance(one, Look) for one in self.subscriptions.values()):
            line.drop_events()
            self._dropped = True
            if not line.overfull:
                return
        self.end(TOO_SLOW, "too slow: connect and read again")

    def _resync(self) -> None:
        if not self._dropped:
            return
        self._dropped = False
        for one in self.subscriptions.values():
            if isinstance(one, Look):
                one.resync()

    def end(self, code: int, reason: str) -> None:
        """Close from this side: nothing more is sent, and the client is told why if it still listens."""
        for number in list(self.subscriptions):
            self.unsubscribe(number)
        if self._line is not None:
            self._line.finish()
        if not self._socket.closed:
            self.kit.task(self._close(code, reason), "close")

    async def _close(self, code: int, reason: str = "") -> None:
        """Close in order; a client that takes nothing any more is cut."""
        try:
            async with asyncio.timeout(GOODBYE):
                await self._socket.close(code=code, message=reason.encode())
        except TimeoutError:
            self.cut()
        except (ConnectionError, RuntimeError):
            pass  # it went away meanwhile

    @property
    def stuck(self) -> bool:
        """Whether the client has not taken all that was sent."""
        transport = self._request.transport
        return transport is not None and transport.get_write_buffer_size() > 0

    def cut(self) -> None:
        """Without another word."""
        if self._request.transport is not None:
            self._request.transport.abort()
