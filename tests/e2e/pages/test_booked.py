"""Who has an appointment, at the kiosk: the code tapped, the QR code scanned, what is refused; and the booking's own page."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from .screens import YAML, Screens, screens
from .test_access import faults

pytestmark = pytest.mark.asyncio(loop_scope="session")
BOOKABLE = (
    YAML.replace("    menu:\n", "    check_in: [code, phone]\n    menu:\n", 1)
    + """
calendar: {always: {open: {daily: "00:00-24:00"}}}
appointment:
  passport:
    name: {en: Passport, zh-CN: 护照}
    notes: {en: Bring your old passport., zh-CN: 请携带旧护照。}
    queue: personal
    calendar: always
    slot: "00:15"
    capacity: 2
    early: "24:00"
"""
)


@pytest_asyncio.fixture(loop_scope="session")
async def hall(browser: Browser, tmp_path: Path) -> AsyncGenerator[Screens, None]:
    async with screens(browser, tmp_path, BOOKABLE) as shown:
        yield shown


async def book(hall: Screens, **data: Any) -> dict[str, Any]:
    free = await hall.hall.act("appointment.slots", type="passport", days=2)
    return await hall.hall.act("appointment.book", type="passport", at=free["slots"][0]["at"], **data)


async def kiosk(hall: Screens) -> Page:
    page = await hall.open("kiosk/lobby", size=(1920, 1080))
    await expect(page.get_by_test_id("menu")).to_be_visible()
    return page


async def test_a_code_is_tapped(hall: Screens) -> None:
    made = await book(hall, name="李雷")
    page = await kiosk(hall)
    await page.get_by_test_id("booked-open").click()
    await expect(page.get_by_test_id("booked")).to_be_visible()
    for key in made["code"]:
        await page.get_by_test_id(f"key-{key}").click()
    await page.get_by_test_id("key-9").click()
    await page.get_by_test_id("key-erase").click()
    await expect(page.get_by_test_id("typed")).to_have_text(f"{made['code'][:3]}\u2009{made['code'][3:]}")
    await page.get_by_test_id("key-ok").click()
    await expect(page.get_by_test_id("number")).to_have_text("A001")
    ticket = hall.hall.events("ticket_issued")[0].data["ticket"]
    assert (ticket["appointment"], ticket["origin"]) == (made["appointment"]["id"], "kiosk.lobby")
    await page.get_by_test_id("done").click()
    await expect(page.get_by_test_id("menu")).to_be_visible()


async def test_the_qr_code_is_scanned(hall: Screens) -> None:
    """A scanner types the address of the booking's page and Enter, on whichever page the kiosk is."""
    made = await book(hall)
    page = await kiosk(hall)
    await page.keyboard.type("https://hall.example" + made["link"])
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("number")).to_have_text("A001")


async def test_what_is_wrong_is_said_and_the_next_try_is_clean(hall: Screens) -> None:
    page = await kiosk(hall)
    await page.get_by_test_id("booked-open").click()
    for key in "400000":
        await page.get_by_test_id(f"key-{key}").click()
    await page.get_by_test_id("key-ok").click()
    await expect(page.get_by_test_id("refusal")).to_contain_text("没有这个预约。")
    await page.get_by_test_id("done").click()
    await page.get_by_test_id("booked-open").click()
    await expect(page.get_by_test_id("key-ok")).to_be_disabled()
    await page.get_by_test_id("back").click()
    await expect(page.get_by_test_id("menu")).to_be_visible()
    assert hall.hall.events("ticket_issued") == []


async def test_a_kiosk_without_it_has_no_button(browser: Browser, tmp_path: Path) -> None:
    async with screens(browser, tmp_path) as hall:
        page = await kiosk(hall)
        await expect(page.get_by_test_id("booked-open")).to_have_count(0)
        await page.keyboard.type("123456")
        await expect(page.get_by_test_id("menu")).to_be_visible()


async def test_booked_from_a_phone(hall: Screens) -> None:
    """Three steps on the public page, then moved and cancelled on the booking's own."""
    page = await hall.open("book", size=(390, 844))
    await page.locator("[data-type=passport]").click()
    slot = page.get_by_test_id("slot").nth(3)
    chosen = await slot.get_attribute("data-at")
    await slot.click()
    await expect(page.get_by_test_id("contact")).to_be_visible()
    assert hall.hall.events("appointment_booked") == []  # only held
    await page.get_by_test_id("name").fill("李雷")
    await page.get_by_test_id("phone").fill("138 0000 0000")
    await page.get_by_test_id("confirm").click()
    await expect(page.get_by_test_id("booking")).to_have_attribute("data-state", "booked")
    row = hall.hall.events("appointment_booked")[0].data["appointment"]
    assert (str(int(row["at"])), row["origin"], row["language"]) == (str(int(float(chosen))), "web", "zh-CN")
    got = await hall.hall.act("appointment.get", appointment=row["id"])
    assert got["person"] == {"name": "李雷", "phone": "13800000000"}
    await expect(page.get_by_test_id("code")).to_have_text(f"{got['code'][:3]}\u2009{got['code'][3:]}")
    await expect(page.get_by_test_id("qr")).to_be_visible()
    await page.get_by_test_id("change").click()
    await page.get_by_test_id("slot").nth(6).click()
    await expect(page.get_by_test_id("code")).to_be_visible()
    assert len(hall.hall.events("appointment_changed")) == 1
    await page.get_by_test_id("cancel").click()
    await page.get_by_test_id("cancel-yes").click()
    await expect(page.get_by_test_id("booking")).to_have_attribute("data-state", "cancelled")


async def test_once_arrived_it_leads_to_the_ticket(hall: Screens) -> None:
    made = await book(hall)
    page = await hall.open(hall.base + made["link"], size=(390, 844))
    await expect(page.get_by_test_id("code")).to_be_visible()
    await hall.hall.act("appointment.check_in", appointment=made["code"])
    await page.get_by_test_id("ticket").click()
    await expect(page.get_by_test_id("phone")).to_have_attribute("data-state", "waiting")


async def test_a_slot_taken_meanwhile_is_said(hall: Screens) -> None:
    page = await hall.open("book", size=(390, 844))
    await page.locator("[data-type=passport]").click()
    slot = page.get_by_test_id("slot").nth(3)
    at = float(await slot.get_attribute("data-at"))
    await hall.hall.act("appointment.book", type="passport", at=at, party=2)
    await slot.click()
    await expect(page.get_by_test_id("refusal")).to_contain_text("该时段已约满")


CARDS = (
    BOOKABLE.replace("check_in: [code, phone]", "check_in: [code, card]\n    cards: true")
    + """
card: {gold: {number: "6222*", queue: personal}}
"""
)


async def test_a_reader_types_a_card_and_enter(browser: Browser, tmp_path: Path) -> None:
    """A card that tells the queue is a number at once; of another one the service is chosen, and it goes with it."""
    async with screens(browser, tmp_path, CARDS) as hall:
        page = await kiosk(hall)
        await expect(page.get_by_test_id("cards")).to_be_visible()
        await page.keyboard.type("6222020200112233445")
        assert "6222" not in await page.content()
        await expect(page.get_by_test_id("menu")).to_be_visible()
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("number")).to_have_text("A001")
        await page.keyboard.type("6222020200112233445")  # read twice: still one number
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("number")).to_have_text("A001")
        await page.get_by_test_id("done").click()
        await page.keyboard.type("1234567")
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("card-read")).to_be_visible()
        await page.locator("[data-queue=personal]").first.click()
        await expect(page.get_by_test_id("number")).to_have_text("A002")
        await page.get_by_test_id("done").click()
        await expect(page.get_by_test_id("card-read")).to_have_count(0)
        made = await book(hall)
        await page.keyboard.type(made["code"])
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("number")).to_have_text("A003")
        arrived = hall.hall.events("appointment_arrived")[0].data["appointment"]
        assert arrived["id"] == made["appointment"]["id"]
        assert len(hall.hall.events("ticket_issued")) == 3


async def test_who_is_booked_stands_on_the_counters_panel_and_is_checked_in_there(hall: Screens) -> None:
    await book(hall, name="李雷", party=2)
    await hall.hall.act("counter.sign_in", counter="1", staff="li")
    page = await hall.open("counter/1")
    await expect(page.get_by_test_id("counter")).to_have_attribute("data-state", "idle")
    await page.get_by_test_id("tab-booked").click()
    row = page.get_by_test_id("booking")
    await expect(row).to_contain_text("护照")
    await expect(row).to_contain_text("李*")
    await expect(row).not_to_contain_text("雷")
    assert await faults(page) == []
    await row.get_by_test_id("check-in").click()
    await expect(row).to_have_count(0)
    await expect(page.get_by_test_id("tab-waiting")).to_contain_text("1")
    assert hall.hall.events("appointment_arrived")


async def test_the_code_of_a_voucher_is_typed_at_the_counter(hall: Screens) -> None:
    made = await book(hall, name="李雷")
    await book(hall)
    await hall.hall.act("counter.sign_in", counter="1", staff="li")
    page = await hall.open("counter/1")
    await page.get_by_test_id("tab-booked").click()
    await page.get_by_test_id("call-number").fill(made["code"])
    await page.get_by_test_id("call-number").press("Enter")
    await expect(page.get_by_test_id("notice")).to_have_text("已签到：A001")
    await expect(page.get_by_test_id("booking")).to_have_count(1)
    issued = hall.hall.events("ticket_issued")[0].data["ticket"]
    assert (issued["appointment"], issued["origin"]) == (made["appointment"]["id"], "counter.1")
    await page.get_by_test_id("call-number").fill("499999")
    await page.get_by_test_id("call-number").press("Enter")
    await expect(page.get_by_test_id("notice")).to_have_text("没有这个预约。")
