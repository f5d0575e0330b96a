"""The example's branch, lived through: the tap, the paper, the call seen and heard, the phone, a power cut, no paper.

The bank branch of config_examples as a real process, a printer made of software on its TCP port, and real Chromium as
kiosk, counter, hall screen and two visitors' phones. One story: each part goes on where the last one ended.
"""

import array
import asyncio
import io
import math
import re
import shutil
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image
from playwright.async_api import Browser, Page, Response, async_playwright, expect
from usher.core.devices.printing.sheets import REPRINT, Piece, Text
from usher.core.devices.waves import Sound, chime, loudness, read_wav
from usher.integrations.escpos.drawing import Artist
from usher.integrations.escpos.finding import shows
from usher.integrations.escpos.simulator import NetworkPrinter, Slip, network_printer
from usher.integrations.escpos.typesetting import Typesetter

from .hall_process import HallProcess
from .pages.conftest import FLAGS, LOUD, chromium
from .qr_reading import read_qr

EXAMPLE = Path(__file__).parents[2] / "config_examples" / "bank_branch"
KIOSK, TV, DESK, PHONE = (1080, 1920), (1920, 1080), (1280, 800), (390, 844)
LIMIT = 30  # seconds: a bound for a hang
FORGIVEN = (
    "ERR_CONNECTION_REFUSED",
    "ERR_CONNECTION_RESET",
    "ERR_EMPTY_RESPONSE",
    "WebSocket",
)  # while the power is off
GUARD = 650  # ms in which the same key does nothing again


async def until(true: Callable[[], Any]) -> Any:
    async with asyncio.timeout(LIMIT):
        while not (found := true()):  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.02)
    return found


class Ear:
    """All events of the hall, heard over its WebSocket; connects again when the hall is back."""

    def __init__(self, hall: HallProcess, token: str) -> None:
        self._hall, self._token = hall, token
        self.events: list[dict[str, Any]] = []

    async def listen(self) -> None:
        while True:
            with suppress(aiohttp.ClientError, ConnectionError):
                await self._connect()
            await asyncio.sleep(0.02)

    async def _connect(self) -> None:
        async with self._hall.session(self._token) as session, session.ws_connect("/api/websocket") as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": self._token})
            await socket.send_json({"id": 1, "type": "subscribe_events"})
            async for message in socket:
                told = message.json()
                if told["type"] == "event":
                    self.events.append(told["event"])

    def heard(self, kind: str, **like: Any) -> list[dict[str, Any]]:
        """The data of events of this kind that have these values."""
        of_kind = [e["data"] for e in self.events if e["event_type"] == kind]
        return [data for data in of_kind if like.items() <= data.items()]

    async def wait(self, kind: str, **like: Any) -> dict[str, Any]:
        return (await until(lambda: self.heard(kind, **like)))[-1]


class Street:
    """Chromium, as many screens as the branch has; what the hall screen said is written down outside the page."""

    def __init__(self, browser: Browser, hall: HallProcess) -> None:
        self._browser, self._hall = browser, hall
        self.said: list[str] = []  # ids of announcements the page began to play
        self.sounds: dict[str, bytes] = {}  # what it fetched for that, by address
        self.complaints: list[str] = []

    async def open(self, address: str, size: tuple[int, int], **more: Any) -> Page:
        """A page of its own machine."""
        context = await self._browser.new_context(viewport={"width": size[0], "height": size[1]}, **more)
        context.set_default_timeout(LIMIT * 1000)
        await context.expose_binding("usherSaid", lambda _, say: self.said.append(say))
        await context.add_init_script('addEventListener("u-say", (event) => usherSaid(event.detail.id))')
        context.on("page", self._watch)
        page = await context.new_page()
        await page.goto(address)
        return page

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda m: self.complaints.append(f"{page.url}: {m.text}") if m.type == "error" else None)
        page.on("response", self._fetched)

    async def _fetched(self, response: Response) -> None:
        if "/blob/speech/" in response.url:
            self.sounds[response.url.removeprefix(self._hall.url)] = await response.body()


def branch_in(folder: Path, printer: NetworkPrinter) -> HallProcess:
    """The example, copied; only the printer's wire and the address in the QR code are another."""
    config = folder / "bank_branch"
    shutil.copytree(EXAMPLE, config, ignore=shutil.ignore_patterns(".usher"))
    hall = HallProcess(config, folder / "data")
    wire = f"connection: {{type: network, host: {printer.host}, port: {printer.port}}}"
    for file, old, new in (
        ("devices/printers.yaml", "  preview: true\n", f"  preview: true\n  {wire}\n  poll: 0.2\n  retry: 0.2\n"),
        ("configuration.yaml", "  port: 8780 ", f"  base_url: {hall.url}\n  port: 8780 "),
    ):
        text = (config / file).read_text("utf-8")
        assert text.count(old) == 1, file
        (config / file).write_text(text.replace(old, new), "utf-8")
    return hall


@asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[tuple[HallProcess, NetworkPrinter, Street], None]:
    async with network_printer() as printer, async_playwright() as playwright:
        expect.set_options(timeout=LIMIT * 1000)
        playwright.selectors.set_test_id_attribute("data-test")
        browser = await playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, LOUD])
        hall = branch_in(folder, printer)
        try:
            await hall.start()
            yield hall, printer, Street(browser, hall)
        finally:
            await browser.close()
            assert hall.stop() == 0


def on_paper(paper: Slip | Image.Image, *pieces: Piece) -> bool:
    """Whether these letters stand there, dot for dot."""
    bands = Artist(576, Typesetter(), Path()).draw(pieces)
    return shows(paper.image if isinstance(paper, Slip) else paper, bands[0].image)


def strength(sound: Sound, hertz: float, start: float, end: float) -> float:
    """How much of a stretch of sound is this one tone, 0 to 1 (Goertzel)."""
    samples = array.array("h", sound.samples)[round(start * sound.rate) : round(end * sound.rate)]
    turn, a, b = 2 * math.cos(2 * math.pi * hertz / sound.rate), 0.0, 0.0
    for sample in samples:
        a, b = sample + turn * a - b, a
    return 2 * (a * a + b * b - turn * a * b) / (len(samples) * sum(s * s for s in samples))


def is_a_call(wav: bytes) -> None:
    """A chime, then speech in two languages, twice."""
    sound = read_wav(wav)
    lead = chime(sound.rate).seconds
    assert sound.seconds > lead + 4
    assert strength(sound, 659.26, 0.05, 0.4) > 0.5  # the chime's first bar
    speech = Sound(sound.rate, sound.samples[2 * round(lead * sound.rate) :])
    assert loudness(speech) > 500
    assert strength(speech, 659.26, 0.5, 2.5) < 0.1
    half = len(speech.samples) // 4 * 2
    assert min(loudness(Sound(sound.rate, part)) for part in (speech.samples[:half], speech.samples[half:])) > 500


async def qr_on(page: Page) -> str:
    picture = await page.get_by_test_id("qr").screenshot()
    return read_qr(Image.open(io.BytesIO(picture)))


async def take_ticket(kiosk: Page, queue: str) -> tuple[str, str]:
    """Tap; the number and the link of the QR code that the screen shows."""
    await kiosk.locator(f"[data-queue={queue}]").first.click()
    number = await kiosk.get_by_test_id("number").inner_text()
    return number, await qr_on(kiosk)


async def press(panel: Page, key: str) -> None:
    """A key at the counter, once the panel would take it."""
    await expect(panel.get_by_test_id("link")).to_have_text(re.compile("已连接"))
    await panel.wait_for_timeout(GUARD)
    await panel.keyboard.press(key)


class Story:
    def __init__(self, hall: HallProcess, printer: NetworkPrinter, street: Street) -> None:
        self.hall, self.printer, self.street = hall, printer, street

    async def sign_in(self) -> None:
        """The first owner comes with the code of the terminal and opens the screens."""
        (code,) = re.findall(r"with this code: (\S+)", self.hall.log.read_text("utf-8"))
        index = await self.street.open(self.hall.url, DESK)
        await index.get_by_test_id("code").fill(code)
        await index.keyboard.press("Enter")
        screens = index.get_by_test_id("screen")
        await expect(screens).to_have_count(9)
        self.token = await index.evaluate("localStorage.getItem('usher.token')")
        links: Mapping[str, str] = await screens.evaluate_all(
            "(all) => Object.fromEntries(all.map((s) => [s.dataset.view, s.querySelector('a').href]))")  # fmt: skip
        async with index.expect_popup() as popup:
            await index.locator("[data-view='counter/1'] a").click()
        self.panel = await popup.value
        self.kiosk = await self.street.open(links["kiosk/lobby"], KIOSK)
        self.screen = await self.street.open(links["display/hall"], TV)
        await expect(self.screen.get_by_test_id("none")).to_be_visible()

    async def two_visitors_take_a_ticket(self) -> None:
        """One reads Chinese, one English: on the screen, on paper, on the phone."""
        number, link = await take_ticket(self.kiosk, "personal")
        assert number == "A001"
        await expect(self.kiosk.get_by_text("您是下一位")).to_be_visible()
        await until(lambda: len(self.printer.machine.slips) == 1)
        await self.kiosk.get_by_test_id("done").click()
        await self.kiosk.get_by_test_id("lang-en").click()
        assert (await take_ticket(self.kiosk, "personal"))[0] == "A002"
        await expect(self.kiosk.get_by_text("1 before you")).to_be_visible()
        await until(lambda: len(self.printer.machine.slips) == 2)
        chinese, english = self.printer.machine.slips
        assert chinese.cut
        assert chinese.qr == [link]
        assert link.startswith(f"{self.hall.url}/t/")
        previews = sorted((self.hall.data / "previews/lobby").glob("*.png"))
        assert len(previews) == 2
        for slip, preview, number, words in (
            (chinese, previews[0], "A001", "个人业务"),
            (english, previews[1], "A002", "Personal banking"),
        ):
            picture = Image.open(preview)
            for paper in (slip, picture):
                assert on_paper(paper, Text(number, size=6, bold=True))
                assert on_paper(paper, Text(words, size=1.5))
            assert [read_qr(picture)] == slip.qr
        assert not on_paper(english, Text("个人业务", size=1.5))
        self.phone = await self.street.open(chinese.qr[0], PHONE, is_mobile=True, has_touch=True)
        self.english = await self.street.open(english.qr[0], PHONE, is_mobile=True, has_touch=True, locale="en-GB")
        await expect(self.phone.get_by_test_id("sentence")).to_have_text("您是下一位")
        await expect(self.english.get_by_test_id("sentence")).to_have_text("1 before you")

    async def the_first_is_called(self, ear: Ear) -> None:
        """One key: seen on the hall's screen and on the phone, and heard."""
        await self.panel.bring_to_front()
        await self.panel.get_by_test_id("sign_in").click()
        await press(self.panel, "NumpadAdd")
        await expect(self.panel.get_by_test_id("number")).to_have_text("A001")
        await self.shows_first("A001", "1号窗口")
        await expect(self.phone.get_by_test_id("sentence")).to_have_text("请到 1号窗口")
        await expect(self.english.get_by_test_id("sentence")).to_have_text("You are next")
        first = await ear.wait("announcement_started", calls=1)
        await until(lambda: first["id"] in self.street.said)
        await until(lambda: self.street.sounds)  # its body is read a moment after it began to play
        (wav,) = self.street.sounds.values()
        is_a_call(wav)

    async def shows_first(self, number: str, place: str, state: str = "called") -> None:
        top = self.screen.get_by_test_id("call").first
        await expect(top).to_have_attribute("data-number", number)
        await expect(top).to_have_attribute("data-state", state)
        await expect(top).to_contain_text(place)

    async def the_power_fails_within_the_call(self) -> None:
        """kill -9 while it speaks: every page finds back by itself, and what was said is not said again."""
        self.hall.kill()
        await expect(self.panel.get_by_test_id("link")).to_have_text("连接中断，操作暂停")
        await expect(self.screen.get_by_test_id("banner")).to_contain_text("正在重新连接")
        await self.hall.start()
        await expect(self.panel.get_by_test_id("link")).to_have_text("已连接")
        await expect(self.panel.get_by_test_id("number")).to_have_text("A001")
        await expect(self.panel.get_by_test_id("counter")).to_have_attribute("data-state", "calling")
        await expect(self.screen.get_by_test_id("banner")).to_have_count(0)
        await self.shows_first("A001", "1号窗口")
        await expect(self.phone.get_by_test_id("sentence")).to_have_text("请到 1号窗口")
        await expect(self.english.get_by_test_id("sentence")).to_have_text("You are next")
        await expect(self.kiosk.get_by_test_id("menu")).to_be_visible()

    async def who_missed_the_call_comes_back(self, ear: Ear) -> None:
        """A no-show, "I am here", called again by number and heard again; then a recall, to be heard once that is over."""
        spoken = list(self.street.said)
        await press(self.panel, "Shift")  # nothing; the panel takes keys now
        await self.panel.keyboard.down("NumpadSubtract")  # before the first recall it must be meant: held
        await expect(self.panel.get_by_test_id("tab-missed")).to_contain_text("1")
        await self.panel.keyboard.up("NumpadSubtract")
        await expect(self.panel.get_by_test_id("tab-missed")).to_contain_text("1")
        await expect(self.phone.get_by_test_id("sentence")).to_have_text("您已过号")
        await self.phone.get_by_test_id("requeue").tap()
        await expect(self.phone.get_by_test_id("sentence")).to_have_text("前面还有 1 人")
        await self.panel.keyboard.type("1")
        await self.panel.keyboard.press("Enter")
        await self.shows_first("A001", "1号窗口")
        await until(lambda: len(self.street.said) > len(spoken))
        calls = partial(ear.heard, "announcement_started", number="A001", calls=1)
        await until(lambda: self.street.said[-1] in {call["id"] for call in calls()})
        assert self.street.said[:-1] == spoken  # and nothing else after the restart
        await press(self.panel, "NumpadMultiply")
        await expect(self.panel.get_by_test_id("calls")).to_have_text("已呼叫 2 次")

    async def the_paper_ends(self, ear: Ear) -> None:
        """Within one ticket, and before the next: the kiosk says what to do, the tickets stay valid, a reprint is marked."""
        machine = self.printer.machine
        machine.paper = 200  # dots: it ends within the number
        await self.next_visitor()
        number, torn = await take_ticket(self.kiosk, "wealth")
        assert number == "V001"
        await expect(self.kiosk.get_by_test_id("photo")).to_be_visible()
        failed = await ear.wait("print_failed", ticket="V001")
        assert (failed["code"], failed["kept"], failed["reprint"]) == ("paper_out", True, True)
        assert len(machine.slips) == 2
        await self.next_visitor()
        await self.kiosk.locator("[data-id='1']").click()
        number, link = await take_ticket(self.kiosk, "corporate")
        assert number == "B001"
        await expect(self.kiosk.get_by_test_id("photo")).to_be_visible()
        for address in (torn, link):
            visitor = await self.street.open(address, PHONE, is_mobile=True, has_touch=True)
            await expect(visitor.get_by_test_id("phone")).to_have_attribute("data-state", "waiting")
        self.printer.load_paper()
        assert (await ear.wait("print_done", ticket="V001"))["reprint"] is True
        assert on_paper(machine.slips[-1], REPRINT[0])
        assert on_paper(machine.slips[-1], Text("V001", size=6, bold=True))
        # The rest of the torn one was in the printer's memory; B001 was photographed, and is not printed behind its back.
        assert [slip.qr for slip in machine.slips[2:]] in ([[torn]], [[torn], [torn]])

    async def next_visitor(self) -> None:
        """Whoever stood at the kiosk is done, or it has gone back by itself."""
        done, menu = self.kiosk.get_by_test_id("done"), self.kiosk.get_by_test_id("menu")
        await expect(done.or_(menu)).to_be_visible()
        if await done.is_visible():
            await done.click()
        await expect(menu).to_be_visible()

    async def the_second_is_served(self, ear: Ear) -> None:
        recall = await ear.wait("announcement_started", calls=2)
        await until(lambda: recall["id"] in self.street.said)
        await press(self.panel, "NumpadAdd")
        await expect(self.phone.get_by_test_id("sentence")).to_have_text("已办理完毕，谢谢")
        await expect(self.english.get_by_test_id("sentence")).to_have_text("Please go to Window 1")
        await press(self.panel, "KeyS")
        await expect(self.english.get_by_test_id("sentence")).to_have_text("Being served")
        await self.shows_first("A002", "Window 1", "serving")
        await press(self.panel, "NumpadEnter")
        await expect(self.english.get_by_test_id("sentence")).to_have_text("All done. Thank you")
        await expect(self.panel.get_by_test_id("none")).to_be_visible()

    def nothing_was_said_twice(self, ear: Ear) -> None:
        started = {event["id"]: event for event in ear.heard("announcement_started")}
        calls = [(d["ticket"]["number"], d["calls"]) for d in ear.heard("ticket_called") if not d.get("replayed")]
        assert calls == [("A001", 1), ("A001", 1), ("A001", 2), ("A002", 1)]
        said = [(started[name]["number"], started[name]["calls"]) for name in self.street.said]
        assert said == calls[:3]  # the last was served before its turn to be spoken came


@pytest.mark.browser
@pytest.mark.xdist_group("processes")
async def test_a_day_at_the_branch(tmp_path: Path) -> None:
    pytest.importorskip("espeakng_loader")
    async with opened(tmp_path) as (hall, printer, street):
        story = Story(hall, printer, street)
        await story.sign_in()
        ear = Ear(hall, story.token)
        listening = asyncio.create_task(ear.listen())
        try:
            await story.two_visitors_take_a_ticket()
            await story.the_first_is_called(ear)
            await story.the_power_fails_within_the_call()
            await story.who_missed_the_call_comes_back(ear)
            await story.the_paper_ends(ear)
            await story.the_second_is_served(ear)
            story.nothing_was_said_twice(ear)
        finally:
            listening.cancel()
        wrong = [line for line in street.complaints if not any(word in line for word in FORGIVEN)]
        assert not wrong, wrong
        assert "Traceback" not in hall.log.read_text("utf-8")
