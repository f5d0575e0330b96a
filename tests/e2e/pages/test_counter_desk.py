"""The counter's panel beyond calling: undo, two browsers at one counter, services done, time over, transfer, hold."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from .screens import YAML as HALL
from .screens import Screens, screens

pytestmark = pytest.mark.asyncio(loop_scope="session")
YAML = (
    HALL.replace('serves: [personal, corporate]}\n  "2"', 'serves: [personal, corporate], service_alert: 1}\n  "2"')
    + """
staff: {li: {name: {en: Li Wei, zh-CN: 李伟}, number: "1024"}, wang: {name: {en: Wang Fang, zh-CN: 王芳}, pools: [seniors]}}
service_code: {deposit: {name: {en: Deposit, zh-CN: 存款}}, card: {name: {en: New card, zh-CN: 开卡}}}
pause_reason: {tea: {name: {en: Tea, zh-CN: 喝茶}}}
"""
)


@pytest_asyncio.fixture(loop_scope="session")
async def bank(browser: Browser, tmp_path: Path) -> AsyncGenerator[Screens, None]:
    async with screens(browser, tmp_path, YAML) as shown:
        yield shown


async def panel(bank: Screens, waiting: int = 2, **more: object) -> Page:
    for _ in range(waiting):
        await bank.hall.act("queue.issue", queue="personal")
    await bank.hall.act("counter.sign_in", counter="1", staff="1024")
    page = await bank.open("counter/1", **more)
    await expect(page.get_by_test_id("counter")).to_have_attribute("data-state", "idle")
    return page


async def test_finish_and_next_are_taken_back_with_one_key(bank: Screens) -> None:
    page = await panel(bank)
    await expect(page.get_by_test_id("undo")).to_be_disabled()
    await page.keyboard.press("NumpadAdd")
    await expect(page.get_by_test_id("number")).to_have_text("A001")
    await page.wait_for_timeout(700)
    await page.keyboard.press("NumpadAdd")
    await expect(page.get_by_test_id("number")).to_have_text("A002")
    await expect(page.get_by_test_id("undo-what")).to_have_text("呼叫 A001")
    await page.keyboard.press("Backspace")
    await expect(page.get_by_test_id("number")).to_have_text("A001")
    await expect(page.get_by_test_id("totals")).to_contain_text("今日已办 0")
    assert [e.data["ticket"]["number"] for e in bank.hall.events("ticket_undone")] == ["A002", "A001"]


async def test_the_undo_counts_down_and_goes(bank: Screens) -> None:
    page = await panel(bank)
    await page.keyboard.press("NumpadAdd")
    await expect(page.get_by_test_id("undo")).to_be_enabled()
    first = int(await page.get_by_test_id("undo-left").inner_text())
    assert 1 <= first <= 8
    await expect(page.get_by_test_id("undo")).to_be_disabled()  # of itself, when its time is over
    await expect(page.get_by_test_id("undo-left")).to_have_count(0)
    await page.keyboard.press("KeyU")
    await expect(page.get_by_test_id("notice")).to_have_text("没有可撤销的操作。")
    assert bank.hall.events("ticket_undone") == []


async def test_of_two_browsers_at_one_counter_one_acts(bank: Screens) -> None:
    first = await panel(bank)
    await expect(first.get_by_test_id("next")).to_be_enabled()
    second = await bank.open("counter/1")
    await expect(second.get_by_test_id("elsewhere")).to_contain_text("li，自")
    await second.keyboard.press("NumpadAdd")
    await expect(second.get_by_test_id("next")).to_be_disabled()
    await second.get_by_test_id("take-over").click()
    await expect(second.get_by_test_id("next")).to_be_enabled()
    await expect(first.get_by_test_id("elsewhere")).to_be_visible()
    await second.wait_for_timeout(700)  # the same key again is meant
    await second.keyboard.press("NumpadAdd")
    await expect(second.get_by_test_id("number")).to_have_text("A001")
    assert len(bank.hall.events("ticket_called")) == 1
    await second.reload()  # the same browser: not asked again
    await expect(second.get_by_test_id("number")).to_have_text("A001")
    await expect(second.get_by_test_id("next")).to_be_enabled()
    await expect(second.get_by_test_id("elsewhere")).to_have_count(0)
    await expect(first.get_by_test_id("elsewhere")).to_be_visible()


async def test_what_was_done_is_counted(bank: Screens) -> None:
    page = await panel(bank)
    await page.keyboard.press("NumpadAdd")
    await expect(page.get_by_test_id("number")).to_have_text("A001")
    for _ in range(2):
        await page.keyboard.press("KeyC")
        await expect(page.get_by_test_id("panel")).to_contain_text("存款")
        await page.keyboard.press("Digit1")
        await page.wait_for_timeout(700)
    await expect(page.locator("[data-code=deposit]")).to_contain_text("× 2")
    await page.get_by_test_id("less").click()
    await expect(page.locator("[data-code=deposit]")).to_contain_text("× 1")
    await page.keyboard.press("NumpadEnter")
    await expect(page.get_by_test_id("none")).to_be_visible()
    done = bank.hall.events("ticket_finished")[0].data["ticket"]["services_done"]
    assert done == [{"code": "deposit", "quantity": 1}]


async def test_a_service_over_its_time_says_so(bank: Screens) -> None:
    page = await panel(bank)
    await page.keyboard.press("NumpadAdd")
    await page.keyboard.press("KeyS")
    timer = page.get_by_test_id("timer")
    await expect(timer).to_have_attribute("data-over", "true")
    await expect(timer).to_contain_text("已超过计划的 00:01")


async def test_hold_in_its_three_meanings(bank: Screens) -> None:
    page = await panel(bank, 3)
    for n, whom in enumerate(("anyone", "counter", "step"), start=1):
        await page.keyboard.press("NumpadAdd")
        await expect(page.get_by_test_id("number")).to_be_visible()
        await page.keyboard.press("NumpadDecimal")
        await expect(page.get_by_test_id("option")).to_have_count(3)
        await page.keyboard.press(f"Digit{n}")
        await expect(page.get_by_test_id("none")).to_be_visible()
        assert bank.hall.events("ticket_held")[-1].data["for"] == whom
        await page.wait_for_timeout(700)
    await page.get_by_test_id("tab-held").click()
    await expect(page.get_by_test_id("line")).to_have_count(3)
    await expect(page.locator("[data-number=A003]")).to_contain_text("等待步骤")


async def test_a_transfer_in_front_and_one_kept_for_staff(bank: Screens) -> None:
    page = await panel(bank, 2)
    await page.keyboard.press("NumpadAdd")
    await expect(page.get_by_test_id("number")).to_have_text("A001")
    await page.keyboard.press("NumpadDivide")
    await page.get_by_test_id("place-front").click()
    await expect(page.get_by_test_id("place-front")).to_have_attribute("aria-checked", "true")
    await page.get_by_test_id("option").filter(has_text="对公业务").click()
    await expect(page.get_by_test_id("none")).to_be_visible()
    first = bank.hall.events("ticket_transferred")[-1].data["ticket"]
    assert (first["number"], first["queue"]) == ("A001", "corporate")
    await page.wait_for_timeout(700)
    await page.get_by_test_id("line").filter(has_text="A002").get_by_test_id("call").click()
    await expect(page.get_by_test_id("number")).to_have_text("A002")
    await page.keyboard.press("NumpadDivide")
    await page.get_by_test_id("option").filter(has_text="王芳").click()
    await expect(page.get_by_test_id("none")).to_be_visible()
    assert bank.hall.events("ticket_transferred")[-1].data["ticket"]["reserved_staff"] == "wang"


async def test_a_choice_is_never_done_to_the_next_visitor(bank: Screens) -> None:
    """The panel for A001 is open; another program calls A002: a digit must not transfer them instead."""
    page = await panel(bank)
    await page.keyboard.press("NumpadAdd")
    await expect(page.get_by_test_id("number")).to_have_text("A001")
    await page.keyboard.press("NumpadDivide")
    await expect(page.get_by_test_id("panel")).to_be_visible()
    await bank.hall.act("counter.call_next", counter="1", current="finish")
    await expect(page.get_by_test_id("number")).to_have_text("A002")
    await expect(page.get_by_test_id("panel")).to_have_count(0)
    assert bank.hall.events("ticket_transferred") == []


async def test_the_halls_own_reasons_for_a_pause(bank: Screens) -> None:
    page = await panel(bank)
    await page.keyboard.press("KeyP")
    await expect(page.get_by_test_id("option")).to_have_count(1)
    await page.keyboard.press("Digit1")
    await expect(page.get_by_test_id("counter")).to_have_attribute("data-state", "paused")
    assert bank.hall.events("counter_paused")[-1].data["reason"] == {"en": "Tea", "zh-CN": "喝茶"}


async def test_who_sits_elsewhere_is_asked_whether_to_move(bank: Screens) -> None:
    await bank.hall.act("counter.sign_in", counter="2", staff="li")
    page = await bank.open("counter/1")
    await expect(page.get_by_test_id("counter")).to_have_attribute("data-state", "closed")
    await page.get_by_test_id("sign_in").click()
    await expect(page.get_by_test_id("panel")).to_contain_text("2 号窗口")
    await page.keyboard.press("Digit1")
    await expect(page.get_by_test_id("counter")).to_have_attribute("data-state", "idle")
    assert bank.hall.state("counter.2").value == "closed"


async def test_a_line_is_called_by_two_clicks(bank: Screens) -> None:
    page = await panel(bank, 3)
    await page.get_by_test_id("line").filter(has_text="A003").locator("td").first.dblclick()
    await expect(page.get_by_test_id("number")).to_have_text("A003")
