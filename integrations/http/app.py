"""The server: routes to rooms, one port, and an orderly end."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import orjson
from aiohttp import web

from ...core.errors import ActionError, ConnectionLost
from ...core.events import Event
from ...core.integration import Kit
from ...core.offers import ADDRESS, STARTED, Kind
from .config import Config
from .door import Door, Handler, NoSuchPath, complaint, language_of, reply
from .given import Given
from .history import Past
from .log import RecentLog
from .openapi import document
from .own import Own
from .pages import Pages
from .rest import Rest, permitted
from .shapes import Shapes
from .sign_in import Bucket
from .webhooks import Webhooks
from .websocket.sockets import Sockets

PORT: Final = Kind[int]("port")  # where it really listens, also with `port: 0`
KEEP_ALIVE: Final = 75.0  # seconds an idle connection is kept
SHUT_DOWN: Final = 3.0  # seconds a request under way may take at the end


@asynccontextmanager
async def serve(config: Config, kit: Kit) -> AsyncGenerator[None, None]:
    """Listen until the block ends."""
    shapes = Shapes(kit.site.languages[0] if kit.site.languages else None)
    door = Door(kit, config, kit.access, shapes, Bucket(kit.clock, config.limits.sign_ins),
                began=kit.clock.now())  # fmt: skip
    _follow_start(door)
    log, given = RecentLog(), Given(kit.states, shapes)
    sockets = Sockets(door)
    runner = web.AppRunner(_application(door, sockets, given, log), access_log=None, keepalive_timeout=KEEP_ALIVE,
                           handle_signals=False, shutdown_timeout=SHUT_DOWN)  # fmt: skip
    log.begin()
    try:
        await runner.setup()
        await _listen(runner, config, kit)
        yield
    finally:
        await sockets.close()
        await runner.cleanup()
        given.clear()
        log.end()


def _follow_start(door: Door) -> None:
    """RUNNING once the engine says so; where this integration is entered again later, it has said so already."""

    def started(event: Event) -> None:
        door.running = True

    door.running = door.kit.offers.get(STARTED, "hall") is not None
    door.kit.listen(started, "homeassistant_started")


async def _listen(runner: web.AppRunner, config: Config, kit: Kit) -> None:
    try:
        await web.TCPSite(runner, config.host, config.port, backlog=512).start()
    except OSError as error:
        raise ConnectionLost(
            f"Cannot listen on {config.host}:{config.port}: {error.strerror or error}. "
            "Free the port, or write another one under http: port:") from error  # fmt: skip
    port: int = runner.addresses[0][1]
    kit.offer(PORT, "http", port)
    kit.offer(ADDRESS, "http", _address(config, port))
    kit.log.info("Listening on http://%s:%s", config.host, port)


def _application(door: Door, sockets: Sockets, given: Given, log: RecentLog) -> web.Application:
    app = web.Application(client_max_size=door.config.limits.body)
    rest, own, pages = Rest(door, given, log), Own(door), Pages(door)
    described = ("GET", "/api/openapi.json", _openapi(door))
    for method, path, handler in (*rest.routes(), *Past(door).routes(), *own.routes(), *pages.routes(), described):
        app.router.add_route(method, path, door.guarded(handler))
    for _, path, handler in pages.routes():
        app.router.add_route("HEAD", path, door.guarded(handler))
    app.router.add_route("*", "/api/webhook/{webhook_id}", door.guarded(Webhooks(door).serve))
    app.router.add_get("/api/websocket", sockets.serve)
    app.router.add_route("*", "/{rest:.*}", door.guarded(_elsewhere(pages)))
    if door.config.cors:
        app.on_response_prepare.append(_cors(frozenset(door.config.cors)))
    return app


def _openapi(door: Door) -> Handler:
    async def describe(request: web.Request) -> web.Response:
        caller = door.caller(request)
        actions = permitted(door.kit.actions.all(), caller)
        return reply(orjson.dumps(await asyncio.to_thread(document, actions, caller.language, door.kit.site.version)))

    return describe


def _elsewhere(pages: Pages) -> Handler:
    """Every other address: a screen's page, or what is wrong, as JSON for programs and a page for people."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.method in ("GET", "HEAD") and (page := await pages.screen(request)) is not None:
            return page
        allowed = await _methods(request)
        if allowed:
            words = {"en": f"{request.method} is not possible here.", "zh-CN": f"此处不支持 {request.method}。"}
            wrong = reply(orjson.dumps(complaint(ActionError(words, "method_not_allowed"), language_of(request))), 405)
            wrong.headers["Allow"] = ", ".join(sorted(allowed))
            return wrong if request.method != "OPTIONS" else web.Response(status=204, headers=wrong.headers)
        if request.method == "GET" and "text/html" in request.headers.get("Accept", "") and _is_screen(request.path):
            return await pages.absent(request)
        raise NoSuchPath(request.path)

    return answer


def _is_screen(path: str) -> bool:
    return not path.startswith(("/api", "/static", "/local"))


async def _methods(request: web.Request) -> set[str]:
    """The methods another route of this very path would take."""
    found: set[str] = set()
    for resource in request.app.router.resources():
        found |= (await resource.resolve(request))[1]
    return found - {"*"}


def _cors(origins: frozenset[str]) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    async def allow(request: web.Request, response: web.StreamResponse) -> None:
        origin = request.headers.get("Origin", "")
        if origin in origins:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Idempotency-Key"
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, DELETE"
            response.headers["Access-Control-Max-Age"] = "600"
            response.headers.add("Vary", "Origin")

    return allow


def _address(config: Config, port: int) -> str:
    """Where phones and screens reach the hall: as written, or this machine's address in its network."""
    if config.base_url:
        return config.base_url
    host = config.host
    if host in ("0.0.0.0", "::", ""):  # noqa: S104  # asks which it is, does not bind
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                probe.connect(("192.0.2.1", 9))  # sends nothing; the kernel only picks the way out
                host = str(probe.getsockname()[0])
        except OSError:
            host = "127.0.0.1"
    return f"http://{host}:{port}"
