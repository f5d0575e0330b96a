"""The kiosk, tapped: one tap one ticket, in the visitor's language, with or without paper."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect
from usher.integrations.kiosk.qr import drawn

from .screens import YAML, Screens, screens

pytestmark = pytest.mark.asyncio(loop_scope="session")
LANDSCAPE, PORTRAIT, TABLET = (1920, 1080), (1080, 1920), (1280, 800)


async def kiosk(hall: Screens, **more: object) -> Page:
    page = await hall.open("kiosk/lobby", size=LANDSCAPE, **more)
    await expect(page.get_by_test_id("menu")).to_be_visible()
    return page


async def test_a_double_tap_is_one_ticket(hall: Screens) -> None:
    page = await kiosk(hall)
    await page.locator("[data-queue=personal]").dblclick()
    await expect(page.get_by_test_id("number")).to_have_text("A001")
    await expect(page.get_by_text("请在大厅就座。")).to_be_visible()
    issued = hall.hall.events("ticket_issued")
    assert [e.data["ticket"]["number"] for e in issued] == ["A001"]
    assert issued[0].data["ticket"]["origin"] == "kiosk.lobby"
    assert issued[0].data["ticket"]["language"] == "zh-CN"


async def test_the_code_leads_to_the_phone_page(hall: Screens) -> None:
    page = await kiosk(hall)
    await page.locator("[data-queue=personal]").click()
    qr = page.get_by_test_id("qr").locator("svg path").last
    await expect(qr).to_be_visible()
    ticket = hall.hall.events("ticket_issued")[0].data["ticket"]
    link = "https://hall.example/t/" + hall.hall.engine.accounts.links.short("t", ticket["id"])
    # What is painted is what the hall drew of the right address.
    assert (await qr.get_attribute("d")) in drawn(link)


async def test_it_returns_to_its_first_page_by_itself(hall: Screens) -> None:
    page = await kiosk(hall, clock=True)
    await page.get_by_test_id("lang-en").click()
    await page.locator("[data-queue=personal]").click()
    await expect(page.get_by_test_id("printing")).to_have_text("Please take your ticket")
    await page.clock.fast_forward(7_000)
    await expect(page.get_by_test_id("menu")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")  # the next visitor's


async def test_a_menu_within_the_menu(hall: Screens) -> None:
    page = await kiosk(hall)
    await page.locator("[data-id='1']").click()
    await expect(page.get_by_test_id("service")).to_have_count(2)
    await page.get_by_test_id("back").click()
    await page.locator("[data-id='1']").click()
    await page.locator("[data-id='1.1']").click()
    await expect(page.get_by_test_id("number")).to_have_text("B001")
    assert hall.hall.events("ticket_issued")[0].data["ticket"]["service"] == "account"


async def test_without_paper_the_number_is_to_be_photographed(hall: Screens) -> None:
    page = await kiosk(hall)
    hall.hall.engine.states.set("printer.lobby", "paper_out")
    await page.locator("[data-queue=personal]").click()
    await expect(page.get_by_test_id("number")).to_have_text("A001")
    await expect(page.get_by_test_id("photo")).to_be_visible()
    await expect(page.get_by_test_id("qr").locator("svg")).to_be_visible()
    await expect(page.get_by_test_id("printing")).to_have_count(0)


async def test_paper_that_ends_while_the_number_is_shown(hall: Screens) -> None:
    page = await kiosk(hall)
    printed = asyncio.Event()
    hall.hall.engine.bus.listen(lambda event: printed.set(), "print_done")
    await page.locator("[data-queue=personal]").click()
    await expect(page.get_by_test_id("printing")).to_be_visible()
    await asyncio.wait_for(printed.wait(), 20)  # what the printer itself says of its state is said by then
    hall.hall.engine.states.set("printer.lobby", "fault")
    await expect(page.get_by_test_id("photo")).to_be_visible()


async def test_a_refusal_is_read_in_the_language_chosen(browser: Browser, tmp_path: object) -> None:
    yaml = YAML.replace("printer: printer.lobby", "printer: printer.lobby\n    paper: required")
    async with screens(browser, tmp_path, yaml) as hall:
        page = await kiosk(hall)
        hall.hall.engine.states.set("printer.lobby", "offline")
        await page.locator("[data-queue=personal]").click()
        await expect(page.get_by_test_id("refusal")).to_contain_text("打印机暂时无法出票")
        await page.get_by_test_id("done").click()
        await page.get_by_test_id("lang-en").click()
        await page.locator("[data-queue=personal]").click()
        await expect(page.get_by_test_id("refusal")).to_contain_text("The printer cannot print tickets now")
        assert hall.hall.events("ticket_issued") == []


async def test_a_paused_service_keeps_its_place_and_says_why(hall: Screens) -> None:
    page = await kiosk(hall)
    reason = {"en": "Back at 14:00", "zh-CN": "14:00 恢复"}
    await hall.hall.act("queue.pause", queue="personal", reason=reason)
    button = page.locator("[data-id='0']")
    await expect(button).to_contain_text("14:00 恢复")
    await expect(button).to_have_attribute("aria-disabled", "true")
    await button.click(force=True)
    await page.get_by_test_id("lang-en").click()
    await expect(button).to_contain_text("Back at 14:00")
    assert hall.hall.events("ticket_issued") == []
    await hall.hall.act("queue.pause", queue="corporate", reason=reason)
    await expect(page.get_by_test_id("closed")).to_contain_text("Back at 14:00")
    await hall.hall.act("queue.resume", queue="personal")
    await expect(page.get_by_test_id("menu")).to_be_visible()


async def test_idle_it_asks_then_forgets(hall: Screens) -> None:
    page = await kiosk(hall, clock=True)
    await page.get_by_test_id("lang-en").click()
    await page.get_by_test_id("big").click()
    await page.locator("[data-id='1']").click()
    await page.clock.fast_forward(46_000)
    await expect(page.get_by_test_id("idle")).to_contain_text("Are you still there?")
    await page.get_by_test_id("stay").click()
    await expect(page.get_by_test_id("idle")).to_have_count(0)
    await page.clock.fast_forward(46_000)
    await expect(page.get_by_test_id("idle")).to_be_visible()
    await page.clock.fast_forward(21_000)
    await expect(page.get_by_test_id("idle")).to_have_count(0)
    await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    await expect(page.get_by_test_id("big")).to_have_attribute("aria-pressed", "false")
    await expect(page.locator("[data-id='1']")).to_be_visible()


async def test_a_call_that_lost_its_answer_is_the_same_ticket(hall: Screens) -> None:
    page = await kiosk(hall)
    issue = asyncio.Event()
    hall.hall.engine.bus.listen(lambda event: issue.set(), "ticket_issued")
    await page.evaluate("""() => {
        const send = WebSocket.prototype.send;
        WebSocket.prototype.send = function (text) {
            send.call(this, text);
            if (text.includes("kiosk.issue") && !window.cut) { window.cut = true; this.close(); }
        };
    }""")
    await page.locator("[data-queue=personal]").click()
    await asyncio.wait_for(issue.wait(), 20)
    await expect(page.get_by_test_id("number")).to_have_text("A001")
    assert len(hall.hall.events("ticket_issued")) == 1


@pytest.mark.parametrize("size", [LANDSCAPE, PORTRAIT, TABLET])
async def test_fingers_and_low_reach(hall: Screens, size: tuple[int, int]) -> None:
    """Targets of 20 mm and more; with low reach all of them in the lower two fifths."""
    page = await hall.open("kiosk/lobby", size=size)
    mm = 96 / 25.4

    async def boxes() -> list[dict[str, float]]:
        return await page.evaluate("""() => [...document.querySelector("u-kiosk").shadowRoot.querySelectorAll("button")]
            .map((b) => b.getBoundingClientRect()).map((r) => ({w: r.width, h: r.height, y: r.top, bottom: r.bottom}))""")

    await expect(page.get_by_test_id("menu")).to_be_visible()
    for low in (False, True):
        if low:
            await page.get_by_test_id("low").click()
            await expect(page.get_by_test_id("low")).to_have_attribute("aria-pressed", "true")
        found = await boxes()
        assert len(found) >= 6
        assert all(b["w"] >= 20 * mm - 0.5 and b["h"] >= 20 * mm - 0.5 for b in found), found
        assert all(b["bottom"] <= size[1] + 0.5 for b in found), found
    assert all(b["y"] >= size[1] * 0.6 - 1 for b in found), found


async def test_sizes_follow_the_panel(browser: Browser, tmp_path: object) -> None:
    yaml = YAML.replace("printer: printer.lobby", "diagonal_in: 10.1")
    async with screens(browser, tmp_path, yaml) as hall:
        page = await hall.open("kiosk/lobby", size=TABLET, screen={"width": 1280, "height": 800})
        high = await page.get_by_test_id("big").evaluate("(b) => b.getBoundingClientRect().height")
        ppi = (1280**2 + 800**2) ** 0.5 / 10.1
        assert high >= 20 * ppi / 25.4 - 1  # 118 px on this small panel, where 76 would do on a large one


async def test_how_long_one_will_wait(browser: Browser, tmp_path: Path) -> None:
    yaml = YAML.replace("prefix: A,", 'prefix: A, service_time: "00:10",')
    async with screens(browser, tmp_path, yaml) as hall:
        for counter in "12":
            await hall.hall.act("counter.sign_in", counter=counter, staff=f"s{counter}")
        for counter in "12":
            await hall.hall.act("queue.issue", queue="personal")
            await hall.hall.act("counter.call_next", counter=counter)
        await hall.hall.act("queue.issue", queue="personal")
        page = await kiosk(hall)
        await page.locator("[data-queue=personal]").click()
        await expect(page.get_by_text("约 5–17 分钟")).to_be_visible()
