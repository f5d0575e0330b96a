"""The counter's panel by keyboard alone; what is pressed there is seen in the hall."""

import pytest
from playwright.async_api import Page, expect

from .screens import Screens

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def panel(hall: Screens, waiting: int = 0, *, sign_in: bool = True, **more: object) -> Page:
    for _ in range(waiting):
        await hall.hall.act("queue.issue", queue="personal")
    if sign_in:
        await hall.hall.act("counter.sign_in", counter="1", staff="li")
    page = await hall.open("counter/1", **more)
    await expect(page.get_by_test_id("counter")).to_have_attribute("data-state", "idle" if sign_in else "closed")
    return page


async def test_a_morning_without_a_mouse(hall: Screens) -> None:
    page = await panel(hall, 3, sign_in=False)
    screen = await hall.open("display/hall", size=(1920, 1080))
    now = screen.get_by_test_id("call").first
    # Signing in: walk to the button.
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await page.get_by_test_id("sign_in").evaluate("(b) => b.matches(':focus-visible')"):
            break
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("counter")).to_have_attribute("data-state", "idle")
    await page.keyboard.press("NumpadAdd")
    await expect(page.get_by_test_id("number")).to_have_text("A001")
    await expect(now).to_have_attribute("data-number", "A001")
    await expect(now).to_contain_text("1号窗口")
    await page.keyboard.press("NumpadMultiply")
    await expect(page.get_by_test_id("calls")).to_have_text("已呼叫 2 次")
    await page.keyboard.press("KeyS")
    await expect(page.get_by_test_id("counter")).to_have_attribute("data-state", "serving")
    await expect(now).to_have_attribute("data-state", "serving")
    await page.wait_for_timeout(700)  # the same key again is meant
    await page.keyboard.press("NumpadAdd")
    await expect(page.get_by_test_id("number")).to_have_text("A002")
    await page.keyboard.press("NumpadDecimal")
    await expect(page.get_by_test_id("panel")).to_contain_text("任何窗口可办")
    await page.keyboard.press("Digit1")
    await expect(page.get_by_test_id("none")).to_be_visible()
    await expect(page.get_by_test_id("tab-held")).to_contain_text("1")
    await page.wait_for_timeout(700)
    await page.keyboard.press("NumpadAdd")
    await expect(page.get_by_test_id("number")).to_have_text("A003")
    await page.keyboard.press("NumpadDivide")
    await expect(page.get_by_test_id("panel")).to_contain_text("对公业务")
    await page.keyboard.press("Digit1")
    await expect(page.get_by_test_id("panel")).to_have_count(0)
    await expect(page.get_by_test_id("none")).to_be_visible()
    await page.keyboard.press("KeyP")
    await page.keyboard.press("Digit2")
    await expect(page.get_by_test_id("counter")).to_have_attribute("data-state", "paused")
    await expect(screen.get_by_test_id("message")).to_contain_text("1号窗口 暂停服务：稍后回来")
    kinds = [e.type for e in hall.hall.heard if e.type.startswith(("ticket_", "counter_"))]
    assert kinds == [
        "ticket_issued", "ticket_issued", "ticket_issued", "counter_signed_in", "ticket_called", "ticket_called",
        "ticket_started", "ticket_finished", "ticket_called", "ticket_held", "ticket_called", "ticket_transferred",
        "counter_paused",
    ]  # fmt: skip


async def test_a_key_held_down_or_hit_twice_calls_once(hall: Screens) -> None:
    page = await panel(hall, 3)
    for _ in range(3):
        await page.keyboard.down("NumpadAdd")  # the second and third are what a held key repeats
    await page.keyboard.up("NumpadAdd")
    await page.keyboard.press("NumpadAdd")  # within 600 ms
    await expect(page.get_by_test_id("number")).to_have_text("A001")
    assert len(hall.hall.events("ticket_called")) == 1


async def test_a_chinese_input_method_does_not_press_keys(hall: Screens) -> None:
    page = await panel(hall, 1)
    for how in ("{code: 'KeyN', key: 'Process', keyCode: 229}", "{code: 'NumpadAdd', key: '+', isComposing: true}"):
        await page.evaluate(f"() => dispatchEvent(new KeyboardEvent('keydown', {{bubbles: true, ...{how}}}))")
    await page.evaluate("() => dispatchEvent(new KeyboardEvent('keydown', {code: 'NumpadAdd', key: '＋'}))")
    await expect(page.get_by_test_id("number")).to_have_text("A001")
    assert len(hall.hall.events("ticket_called")) == 1


async def test_calling_a_number_out_of_turn(hall: Screens) -> None:
    page = await panel(hall, 3)
    await hall.hall.act("queue.issue", queue="corporate")
    await expect(page.get_by_test_id("line")).to_have_count(4)
    await page.keyboard.type("2")
    await expect(page.get_by_test_id("call-number")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("number")).to_have_text("A002")
    # 1 is A001 and B001: it asks which, a digit answers.
    await page.keyboard.type("1")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("option")).to_have_count(2)
    await page.keyboard.press("Digit2")
    await expect(page.get_by_test_id("number")).to_have_text("B001")
    await page.keyboard.type("99")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("notice")).not_to_be_empty()
    await expect(page.get_by_test_id("number")).to_have_text("B001")


async def test_a_no_show_before_the_first_recall_is_a_key_held_down(hall: Screens) -> None:
    page = await panel(hall, 2)
    await page.keyboard.press("NumpadAdd")
    await expect(page.get_by_test_id("number")).to_have_text("A001")
    for _ in range(2):
        await page.keyboard.press("NumpadSubtract")
        await expect(page.get_by_test_id("notice")).to_contain_text("按住此键")
        await page.wait_for_timeout(700)
    assert hall.hall.events("ticket_no_show") == []
    await page.keyboard.down("NumpadSubtract")
    await expect(page.get_by_test_id("none")).to_be_visible()
    await page.keyboard.up("NumpadSubtract")
    await expect(page.get_by_test_id("tab-missed")).to_contain_text("1")
    await page.get_by_test_id("tab-missed").click()
    await page.get_by_test_id("line").get_by_test_id("back").click()
    await expect(page.get_by_test_id("tab-missed")).to_contain_text("0")


async def test_a_refusal_is_shown_in_the_panels_language(hall: Screens) -> None:
    page = await panel(hall)
    await page.keyboard.press("NumpadAdd")
    notice = page.get_by_test_id("notice")
    await expect(notice).not_to_be_empty()
    assert any("\u4e00" <= c <= "\u9fff" for c in await notice.inner_text())
    await page.get_by_test_id("lang-en").click()
    await page.wait_for_timeout(700)
    await page.keyboard.press("NumpadAdd")
    await expect(notice).to_contain_text("waiting")


async def test_the_sheet_and_letters_switched_off(hall: Screens) -> None:
    page = await panel(hall, 2)
    await page.keyboard.press("?")
    await expect(page.get_by_test_id("sheet")).to_be_visible()
    await page.get_by_role("checkbox").uncheck()
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("sheet")).to_have_count(0)
    await page.keyboard.press("KeyN")
    await page.keyboard.press("NumpadAdd")
    await expect(page.get_by_test_id("number")).to_have_text("A001")
    assert len(hall.hall.events("ticket_called")) == 1


async def test_without_the_hall_nothing_is_pressed_blindly(hall: Screens) -> None:
    hall.forgiven = ("ERR_", "WebSocket")
    page = await panel(hall, 2)
    hall.wire.cut()
    await expect(page.get_by_test_id("next")).to_be_disabled()
    await page.keyboard.press("NumpadAdd")
    await expect(page.get_by_test_id("link")).to_have_text("连接中断，操作暂停")
    await expect(page.get_by_test_id("notice")).to_contain_text("连接中断")
    hall.wire.mend()
    await expect(page.get_by_test_id("link")).to_have_text("已连接")
    assert hall.hall.events("ticket_called") == []
    await page.wait_for_timeout(700)
    await page.keyboard.press("NumpadAdd")
    await expect(page.get_by_test_id("number")).to_have_text("A001")


async def test_who_may_not_see_it_is_told_so(hall: Screens) -> None:
    page = await hall.open("counter/1", signed_in=False)
    await expect(page.get_by_test_id("slate-refused")).to_be_visible()
    await page.get_by_role("link").click()
    await expect(page.get_by_test_id("code")).to_be_visible()
