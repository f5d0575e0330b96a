"""usher's own paths under /api/usher/: views, screens, blobs, signing in, health."""

from typing import Any, Final

import orjson
from aiohttp import web

from ...core.access import Caller, may_view
from ...core.errors import NotPermitted
from ...core.offers import BLOBS
from ...core.views import View
from .door import ADMINS, Door, Handler, NoSuchPath, json_object, reply
from .hall import user_of
from .sign_in import sign_in

_FOR_EVER: Final = "public, max-age=31536000, immutable"


class Own:
    """The paths Home Assistant does not have."""

    def __init__(self, door: Door) -> None:
        self._door, self._kit = door, door.kit

    def routes(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/api/usher/health", self.health),
            ("POST", "/api/usher/sign_in", self.sign_in),
            ("GET", "/api/usher/screens", self.screens),
            ("GET", "/api/usher/views/{name:.+}", self.view),
            ("GET", "/api/usher/blob/{kind}/{name}", self.blob),
        ]

    async def health(self, request: web.Request) -> web.Response:
        """For watchdogs: no token needed, nothing told but that it lives."""
        site = self._kit.site
        status = "running" if self._door.running else "starting"
        body = {"status": status, "boot": site.boot_id, "version": site.version}
        return reply(orjson.dumps(body), 200 if self._door.running else 503)

    async def sign_in(self, request: web.Request) -> web.Response:
        address = self._door.address(request)
        self._door.bucket.take(address)
        token, caller = await sign_in(self._door.access, await json_object(request), address)
        answer = reply(orjson.dumps({"token": token, "user": user_of(caller)}))
        answer.headers["Cache-Control"] = "no-store"
        return answer

    async def screens(self, request: web.Request) -> web.Response:
        caller = self._door.caller(request)
        return reply(self._door.shapes.encode(screens(self._door, caller, self._door.origin(request))))

    async def view(self, request: web.Request) -> web.Response:
        view = permitted_view(self._door, self._door.caller(request), request.match_info["name"])
        frame = view.read()
        answer = reply(b'{"boot":%b,"seq":%d,"view":%b,"doc":%b}' % (
            orjson.dumps(self._kit.site.boot_id), frame.seq, orjson.dumps(view.name), frame.body))  # fmt: skip
        answer.headers["Cache-Control"] = "no-store"
        return answer

    async def blob(self, request: web.Request) -> web.Response:
        """Bytes that never change under a name nobody can guess: an <audio> element cannot send a token."""
        lend = self._kit.offers.get(BLOBS, request.match_info["kind"])
        found = await lend(request.match_info["name"]) if lend is not None else None
        if found is None:
            raise NoSuchPath(request.path)
        headers = {"Content-Type": found.content_type, "Cache-Control": _FOR_EVER, "X-Content-Type-Options": "nosniff"}
        return web.Response(body=found.body, headers=headers)


def permitted_view(door: Door, caller: Caller, name: str) -> View:
    """A view this caller may read; raises NotPermitted, or NoSuchPath.

    Who may not read it is not told whether it exists.
    """
    if not may_view(caller.permission, name):
        raise NotPermitted({"en": f"{caller.name} may not read the view {name[:200]}.",
                            "zh-CN": f"{caller.name} 无权查看 {name[:200]}。"})  # fmt: skip
    view = door.kit.views.get(name)
    if view is None:
        raise NoSuchPath(name)
    return view


def screens(door: Door, caller: Caller, origin: str) -> list[dict[str, Any]]:
    """The screens this caller may open; owners and managers get the signed links that others open without signing in."""
    signs = caller.role in ADMINS and not caller.scopes
    listed: list[dict[str, Any]] = []
    for view in door.kit.views.all():
        if view.path is None or not may_view(caller.permission, view.name):
            continue
        link = f"{origin}{view.path}"
        if signs and view.public:
            link += f"?key={door.access.links.sign(view.name, view.scopes)}"
        listed.append({"view": view.name, "title": view.title, "path": view.path, "link": link, "page": view.page})
    return listed
