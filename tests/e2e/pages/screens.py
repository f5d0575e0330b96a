"""A running hall and a real Chromium looking at it; the wire between them can be cut."""

import asyncio
import math
import struct
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page
from usher.core.access import Caller
from usher.core.testing import Branch, branch
from usher.core.views import View
from usher.integrations.http.app import PORT

STAFF = Caller("u-li", "Li", "staff")
YAML = """
usher: {name: {en: Riverside branch, zh-CN: 江畔支行}, time_zone: Asia/Shanghai, languages: [zh-CN, en]}
http: {host: 127.0.0.1, port: 0}
queue:
  personal: {name: {en: Personal banking, zh-CN: 个人业务}, prefix: A, requeue: {after: 3, times: 1}}
  corporate:
    name: {en: Companies, zh-CN: 对公业务}
    prefix: B
    services: {cheque: {name: {en: Cheques, zh-CN: 支票}}, account: {name: {en: Accounts, zh-CN: 开户}}}
counter:
  "1": {name: {en: Window 1, zh-CN: 1号窗口}, serves: [personal, corporate]}
  "2": {name: {en: Window 2, zh-CN: 2号窗口}, serves: [personal, corporate]}
kiosk:
  lobby:
    name: {en: Lobby kiosk, zh-CN: 大厅取号机}
    printer: printer.lobby
    base_url: https://hall.example
    hint: {en: Take a seat in the hall., zh-CN: 请在大厅就座。}
    menu:
      - {queue: personal, icon: mdi:account, notes: {en: Bring your ID card., zh-CN: 请携带身份证。}}
      - name: {en: Companies, zh-CN: 对公业务}
        icon: mdi:domain
        menu: [{queue: corporate, service: cheque}, {queue: corporate, service: account}]
printer: [{platform: escpos, id: lobby, preview: true}]
display: [{platform: web, id: hall, size: {diagonal_in: 55, view_distance_m: 5}}]
"""


class Wire:
    """A TCP line to the hall that can be cut and mended, as a switch or a cable does it."""

    def __init__(self, port: int) -> None:
        self._port, self._server = port, None
        self._open: set[asyncio.StreamWriter] = set()
        self._cut = False
        self._flows = asyncio.Event()
        self._flows.set()
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        self._cut = True
        for writer in list(self._open):
            writer.transport.abort()

    def pull(self) -> None:
        """As a cable pulled out: nothing is closed, nothing comes through."""
        self._flows.clear()

    def mend(self) -> None:
        self._cut = False
        self._flows.set()

    async def stop(self) -> None:
        self._server.close()
        self.cut()
        self._flows.set()
        await asyncio.sleep(0)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, back}
        try:
            await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
        finally:
            self._open -= {writer, back}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()


class Screens:
    """Opens the hall's pages; remembers what a page complained of."""

    def __init__(self, hall: Branch, browser: Browser, wire: Wire, token: str) -> None:
        self.hall, self.wire, self.token, self._browser = hall, wire, token, browser
        self.base = f"http://127.0.0.1:{wire.port}"
        self.complaints: list[str] = []
        self.forgiven: tuple[str, ...] = ()  # what a test means to provoke
        self._contexts: list[BrowserContext] = []

    def address(self, view: str) -> str:
        """The address of a screen's page, with its key where it is public."""
        if view == "index":
            return f"{self.base}/"
        found = self.hall.engine.views.get(view)
        assert found is not None, view
        key = f"?key={self.hall.engine.accounts.links.sign(found.name, found.scopes)}" if found.public else ""
        return f"{self.base}{found.path}{key}"

    async def context(
        self, *, signed_in: bool = False, size: tuple[int, int] = (1280, 800), **more: Any
    ) -> BrowserContext:
        context = await self._browser.new_context(viewport={"width": size[0], "height": size[1]}, **more)
        context.set_default_timeout(30_000)
        self._contexts.append(context)
        if signed_in:
            await context.add_init_script(f"localStorage.setItem('usher.token', '{self.token}')")
        return context

    async def open(self, view: str, *, query: str = "", clock: bool = False, **context: Any) -> Page:
        """A page of its own browser profile. `clock`: its timers can be wound forward."""
        context.setdefault("signed_in", view == "index" or view.startswith("counter/"))
        page = await (await self.context(**context)).new_page()
        self.watch(page)
        if clock:
            await page.clock.install()
        address = view if "://" in view else self.address(view)
        await page.goto(address + (("&" if "?" in address else "?") + query if query else ""))
        return page

    def watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda m: self.complaints.append(f"{page.url}: {m.text}") if m.type == "error" else None)

    def show(self, name: str, document: Mapping[str, Any], page: str = "hall") -> View:
        """A screen whose document the test writes: change the mapping and `touch` the view."""
        view = View(name, lambda: document, path=f"/{name}", page=page)
        self.hall.engine.views.add(view)
        return view

    async def close(self) -> None:
        for context in self._contexts:
            await context.close()
        wrong = [c for c in self.complaints if not any(f in c for f in self.forgiven)]
        assert not wrong, wrong


@asynccontextmanager
async def screens(browser: Browser, folder: Path, yaml: str = YAML) -> AsyncGenerator[Screens, None]:
    """The hall of this YAML, and its screens."""
    async with branch(yaml, folder) as hall:
        port = hall.engine.offers.get(PORT, "http")
        assert port is not None
        await hall.engine.accounts.add_user("li", "owner", title="Li")
        token = await hall.engine.accounts.add_token("li", "test")
        wire = Wire(port)
        await wire.start()
        shown = Screens(hall, browser, wire, token)
        try:
            yield shown
        finally:
            await shown.close()
            await wire.stop()


async def until(page: Page, condition: str) -> None:
    """Wait for a JavaScript expression to hold. Playwright's own wait makes code of text, which our pages do not allow."""
    wait = f"async () => {{ while (!({condition})) await new Promise((next) => setTimeout(next, 20)); }}"
    await asyncio.wait_for(page.evaluate(wait), 30)


def tone(seconds: float, hertz: float = 440.0, rate: int = 8000) -> bytes:
    """A WAV file of one tone."""
    samples = [int(12000 * math.sin(2 * math.pi * hertz * n / rate)) for n in range(int(seconds * rate))]
    data = struct.pack(f"<{len(samples)}h", *samples)
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16,
                       b"data", len(data))  # fmt: skip
    return head + data
