"""Every page for every reader: no fault of accessibility, light and dark, in Chinese and English; few modules, no outside."""

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from .screens import Screens

pytestmark = pytest.mark.asyncio(loop_scope="session")
LOOKS = [(mode, lang) for mode in ("light", "dark") for lang in ("zh-CN", "en")]


async def faults(page: Page) -> list[str]:
    """What axe finds; animations are ended first, since colours half-way are nobody's."""
    found: Any = (await Axe().run(page)).response
    return [
        f"{v['id']}: {node['html'][:160]} {node['failureSummary']}" for v in found["violations"] for node in v["nodes"]
    ]


async def looked_at(page: Page, wait: str) -> None:
    await expect(page.get_by_test_id(wait).first).to_be_visible()
    assert await faults(page) == []


@pytest.mark.parametrize(("mode", "lang"), LOOKS)
async def test_no_fault(hall: Screens, mode: str, lang: str) -> None:
    thorough = (mode, lang) in (("light", "zh-CN"), ("dark", "en"))  # small panels have no colours of their own
    how: dict[str, Any] = {"query": f"mode={mode}&lang={lang}", "reduced_motion": "reduce"}
    answer = await hall.hall.act("queue.issue", queue="personal")
    for _ in range(2):
        await hall.hall.act("queue.issue", queue="corporate")

    index = await hall.open("index", **how)
    await looked_at(index, "screen")
    index = await hall.open("index", signed_in=False, **how)
    await looked_at(index, "code")

    counter = await hall.open("counter/1", **how)
    await looked_at(counter, "sign_in")
    await hall.hall.act("counter.sign_in", counter="1", staff="li")
    await expect(counter.get_by_test_id("counter")).to_have_attribute("data-state", "idle")
    await counter.keyboard.press("NumpadAdd")
    await looked_at(counter, "number")
    if thorough:
        await counter.keyboard.press("NumpadDivide")
        await looked_at(counter, "panel")
        await counter.keyboard.press("Escape")
        await counter.keyboard.press("?")
        await looked_at(counter, "sheet")

    screen = await hall.open("display/hall", **how, size=(1920, 1080))
    await looked_at(screen, "call")

    phone = await hall.open(hall.base + answer["link"], **how, size=(390, 844))
    await looked_at(phone, "phone")  # called: amber
    if thorough:
        await hall.hall.act("counter.put_back", counter="1")
        await expect(phone.get_by_test_id("phone")).to_have_attribute("data-state", "waiting")
        await phone.get_by_test_id("cancel").click()
        await looked_at(phone, "sure")

    await hall.hall.act("queue.pause", queue="corporate", reason="later")
    kiosk = await hall.open("kiosk/lobby", **how, size=(1080, 1920))
    await looked_at(kiosk, "menu")
    await kiosk.locator("[data-queue=personal]").click()
    await looked_at(kiosk, "ticket")


@pytest.mark.parametrize("view", ["kiosk/lobby", "counter/1", "display/hall", "lobby", "index"])
async def test_few_modules_and_nothing_from_outside(hall: Screens, view: str) -> None:
    page_of = await hall.context(signed_in=True)
    page = await page_of.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(hall.address(view))
    await expect(page.locator("main, .frame").first).to_be_visible()
    await page.wait_for_load_state("networkidle")
    scripts = {url for url in asked if url.endswith(".js")}
    assert 5 <= len(scripts) <= 12, scripts
    assert all(url.startswith(hall.base) for url in asked), asked
    preloaded = await page.locator("link[rel=modulepreload]").evaluate_all("(all) => all.map((l) => l.href)")
    assert scripts == {*preloaded, await page.locator("script[src]").evaluate("(s) => s.src")}


async def test_modules_are_in_line(hall: Screens) -> None:
    """The retry's waits, the words' fall-backs and the view a link opens, asked of the modules themselves."""
    page = await hall.open("index", signed_in=False)
    first, later, spread = await page.evaluate("""async () => {
        const {retryDelay} = await import("/static/u/socket.js");
        return [retryDelay(0, 0.5), retryDelay(20, 0.5), [retryDelay(20, 0), retryDelay(20, 1)]];
    }""")
    assert (first, later, spread) == (250, 10_000, [5_000, 15_000])
    picked = await page.evaluate("""async () => {
        const {pick, t, refusal} = await import("/static/u/i18n.js");
        const words = {"zh-CN": "窗口", en: "Window"};
        return [pick(words, "zh-CN"), pick(words, "zh-HK"), pick(words, "de"), pick({de: "Schalter"}, "en"),
            t("yue", "kiosk.back"), t("de", "kiosk.back"),
            refusal("en", {code: "queue_full", message: "人太多"}), refusal("zh-CN", {code: "queue_full", message: "人太多"})];
    }""")
    assert picked == ["窗口", "窗口", "Window", "Schalter", "返回", "Back",
                      "Too many people are waiting. Please come back later.", "人太多"]  # fmt: skip
    links = hall.hall.engine.accounts.links
    signed = links.sign("display/大厅", ("action:x", "view:display/hall"))
    views = await page.evaluate("""async (links) => {
        const {viewOf} = await import("/static/u/screen.js");
        return links.map(viewOf);
    }""", [signed, links.short("t", "01ABC"), "rubbish"])  # fmt: skip
    assert views == ["display/hall", "phone/01ABC", None]
