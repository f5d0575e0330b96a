"""The screens' pages: a view's path serves its page of www/; `/static/` serves www/, `/local/` the installer's www/.

A page needs no token: it holds nothing. It asks for its view with the key of its link.
"""

import asyncio
import base64
import hashlib
import re
from html import escape
from pathlib import Path
from typing import Final

from aiohttp import web

from .door import Door, Handler, NoSuchPath, language_of

WWW: Final = Path(__file__).resolve().parents[2] / "www"
_SCRIPT: Final = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
_SAFE: Final = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}  # a key stands in the address
_HASHED: Final = re.compile(r"[.-][0-9a-f]{8,}\.\w+$")


class Pages:
    """Serves HTML and files."""

    def __init__(self, door: Door, www: Path = WWW) -> None:
        self._door, self._www = door, www
        self._local = door.kit.site.folder / "www"
        self._kept: dict[Path, tuple[float, bytes, str]] = {}  # page -> (mtime, HTML, CSP)

    def routes(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/", self.index),
            ("GET", "/t/{token}", self.phone),
            ("GET", "/a/{token}", self.booking),
            ("GET", "/static/{file:.+}", self.static),
            ("GET", "/local/{file:.+}", self.local),
            ("GET", "/favicon.ico", self.icon),
        ]

    async def index(self, request: web.Request) -> web.StreamResponse:
        return await self._page("index")

    async def phone(self, request: web.Request) -> web.StreamResponse:
        """A ticket's page; the token in the path is its key, so a forged or old one is told at once."""
        if self._door.access.links.read(request.match_info["token"]) is None:
            return _missing(language_of(request), {
                "en": "This ticket's page has ended.", "zh-CN": "此票号的页面已失效。"})  # fmt: skip
        return await self._page("phone")

    async def booking(self, request: web.Request) -> web.StreamResponse:
        """An appointment's page, by the same kind of key."""
        if self._door.access.links.read(request.match_info["token"]) is None:
            return _missing(language_of(request), {
                "en": "This booking's page has ended.", "zh-CN": "此预约页面已失效。"})  # fmt: skip
        return await self._page("booking")

    async def screen(self, request: web.Request) -> web.StreamResponse | None:
        """The page of the view whose path this is, or None."""
        for view in self._door.kit.views.all():
            if view.path == request.path and view.page:
                return await self._page(view.page)
        return None

    async def absent(self, request: web.Request) -> web.StreamResponse:
        """For a browser: a sentence that tries again, since a screen's integration may be coming back just now."""
        return _missing(language_of(request), {"en": "There is no screen here yet. This page tries again by itself.",
                                               "zh-CN": "这里还没有屏幕页面，本页会自动重试。"})  # fmt: skip

    async def static(self, request: web.Request) -> web.StreamResponse:
        return await _file(self._www, request)

    async def local(self, request: web.Request) -> web.StreamResponse:
        return await _file(self._local, request)

    async def icon(self, request: web.Request) -> web.StreamResponse:
        return web.Response(status=204, headers={"Cache-Control": "max-age=86400"})

    async def _page(self, name: str) -> web.StreamResponse:
        path = self._www / f"{name}.html"
        try:
            changed = (await asyncio.to_thread(path.stat)).st_mtime
            kept = self._kept.get(path)
            if kept is None or kept[0] != changed:
                html = await asyncio.to_thread(path.read_bytes)
                kept = self._kept[path] = (changed, html, _policy(html))
        except OSError as error:
            raise NoSuchPath(f"/static/{name}.html") from error
        headers = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store",
                   "Content-Security-Policy": kept[2], **_SAFE}  # fmt: skip
        return web.Response(body=kept[1], headers=headers)


def _policy(html: bytes) -> str:
    """Everything from here only; a script that stands in the page itself (an import map) is named by its hash."""
    hashes = [base64.b64encode(hashlib.sha256(body).digest()).decode() for body in _SCRIPT.findall(html)]
    scripts = " ".join(["script-src 'self'", *(f"'sha256-{one}'" for one in hashes)])
    return (f"default-src 'self'; {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
            "media-src 'self' blob:; frame-ancestors 'self'; base-uri 'none'; form-action 'self'")  # fmt: skip


async def _file(folder: Path, request: web.Request) -> web.StreamResponse:
    """One file of a folder, never one outside; the browser asks again with its ETag unless the name carries a hash."""
    name = request.match_info["file"]
    path = await asyncio.to_thread(_inside, folder, name)
    if path is None:
        raise NoSuchPath(request.path)
    hashed = "v" in request.query or _HASHED.search(name) is not None
    headers = {"Cache-Control": "public, max-age=31536000, immutable" if hashed else "no-cache", **_SAFE}
    return web.FileResponse(path, headers=headers)


def _inside(folder: Path, name: str) -> Path | None:
    if "\0" in name or any(part.startswith(".") for part in name.split("/")):
        return None
    try:
        path = (folder / name).resolve()
        return path if path.is_relative_to(folder.resolve()) and path.is_file() else None
    except (OSError, ValueError):
        return None


def _missing(language: str | None, words: dict[str, str]) -> web.Response:
    chinese = (language or "").startswith("zh")
    text = escape(words["zh-CN" if chinese else "en"])
    html = (f'<!doctype html><html lang="{"zh-CN" if chinese else "en"}"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="10">'
            f"<title>usher</title><p>{text}</p></html>")  # fmt: skip
    headers = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", **_SAFE}
    return web.Response(body=html.encode(), status=404, headers=headers)
