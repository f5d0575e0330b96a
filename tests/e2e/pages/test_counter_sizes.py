"""The caller's sizes and keys: a strip on top of other programs, nothing but keys, keys as the YAML has them."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from .screens import YAML as HALL
from .screens import Screens, screens, until
from .test_access import LOOKS, faults

pytestmark = pytest.mark.asyncio(loop_scope="session")
YAML = (
    HALL.replace('  "2": {name', '  "2": {keys: {hold: F8}, name')
    + "panel: {keys: {next: [F2, Alt+KeyN], recall: Period, undo: KeyR, put_back: []}, single_keys: false}\n"
)


@pytest_asyncio.fixture(loop_scope="session")
async def keyed(browser: Browser, tmp_path: Path) -> AsyncGenerator[Screens, None]:
    async with screens(browser, tmp_path, YAML) as shown:
        yield shown


async def panel(hall: Screens, waiting: int = 2, counter: str = "1", **more: object) -> Page:
    for _ in range(waiting):
        await hall.hall.act("queue.issue", queue="personal")
    await hall.hall.act("counter.sign_in", counter=counter, staff="li")
    page = await hall.open(f"counter/{counter}", **more)
    await until(page, "document.querySelector('u-counter').doc?.counter.state === 'idle'")
    return page


async def strip(page: Page) -> Page:
    """The small window, opened with its key."""
    async with page.expect_popup() as opened:
        await page.keyboard.press("KeyM")
    return await opened.value


async def test_keys_as_the_yaml_has_them_on_the_sheet_and_under_the_fingers(keyed: Screens) -> None:
    page = await panel(keyed)
    await page.keyboard.press("?")
    sheet = page.get_by_test_id("sheet")
    await expect(sheet.locator("[data-function=next] kbd")).to_have_text(["F2", "Alt+N"])
    await expect(sheet.locator("[data-function=recall] kbd")).to_have_text(["."])
    await expect(sheet.locator("[data-function=undo] kbd")).to_have_text(["R"])
    await expect(sheet.locator("[data-function=put_back] dt")).to_have_text("无按键")
    assert await sheet.get_by_test_id("key").count() == len(
        await page.evaluate("Object.keys(document.querySelector('u-counter').keys())")
    )
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("next").locator("kbd")).to_have_text("F2")
    await page.keyboard.press("NumpadAdd")  # was given away with nothing in its place
    await page.keyboard.press("F2")
    await expect(page.get_by_test_id("number")).to_have_text("A001")
    await page.wait_for_timeout(700)
    await page.keyboard.press("Alt+KeyN")
    await expect(page.get_by_test_id("number")).to_have_text("A002")
    # Single keys are off until somebody at this counter wants them: no letter, no sign, no digit above the letters.
    for key in ("KeyR", "Period", "Digit7"):
        await page.keyboard.press(key)
    await expect(page.get_by_test_id("call-number")).to_have_value("")
    await page.keyboard.press("?")
    await page.get_by_role("checkbox").check()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Period")
    await expect(page.get_by_test_id("calls")).to_have_text("已呼叫 2 次")
    assert [e.data["ticket"]["number"] for e in keyed.hall.events("ticket_called")] == ["A001", "A002", "A002"]


async def test_a_counters_own_key(keyed: Screens) -> None:
    page = await panel(keyed, counter="2")
    await page.keyboard.press("F2")
    await expect(page.get_by_test_id("number")).to_have_text("A001")
    await page.keyboard.press("F8")
    await expect(page.get_by_test_id("panel")).to_contain_text("任何窗口可办")
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await page.get_by_role("checkbox").check()
    await page.keyboard.press("Escape")
    await page.keyboard.press("KeyE")  # what else may be done
    await expect(page.get_by_role("dialog")).to_contain_text("A001")


async def test_keys_follow_a_reload_of_the_yaml(keyed: Screens) -> None:
    page = await panel(keyed)
    path = keyed.hall.engine.site.folder / "configuration.yaml"
    path.write_text(path.read_text("utf-8").replace("next: [F2, Alt+KeyN]", "next: F9"), "utf-8")
    await keyed.hall.act("usher.reload")
    await expect(page.get_by_test_id("next").locator("kbd")).to_have_text("F9")
    await page.keyboard.press("F9")
    await expect(page.get_by_test_id("number")).to_have_text("A001")


async def test_a_strip_on_top_of_other_programs(hall: Screens) -> None:
    page = await panel(hall, 3)
    mini = await strip(page)
    assert await page.evaluate("documentPictureInPicture.window !== null")
    await expect(mini.get_by_test_id("mini-waiting")).to_have_text("等候 3")
    await mini.keyboard.press("NumpadAdd")
    await expect(mini.get_by_test_id("mini-number")).to_have_text("A001")
    await expect(page.get_by_test_id("number")).to_have_text("A001")
    await expect(mini.get_by_test_id("mini-said")).to_contain_text("A002")
    await mini.keyboard.press("NumpadDecimal")
    await expect(mini.get_by_test_id("panel")).to_contain_text("任何窗口可办")
    await mini.keyboard.press("Digit1")
    await expect(mini.get_by_test_id("mini-number")).to_have_text("—")
    await mini.get_by_test_id("undo").click()
    await expect(mini.get_by_test_id("mini-number")).to_have_text("A001")
    await mini.keyboard.type("3")
    await mini.keyboard.press("Enter")
    await expect(mini.get_by_test_id("mini-number")).to_have_text("A003")
    await page.keyboard.press("KeyM")
    await until(page, "documentPictureInPicture.window === null && !document.querySelector('u-counter').mini")


async def test_where_no_window_stays_on_top_a_plain_one_opens(hall: Screens) -> None:
    page = await panel(hall)
    await page.evaluate("delete window.documentPictureInPicture")
    mini = await strip(page)
    await mini.get_by_test_id("next").click()
    await expect(mini.get_by_test_id("mini-number")).to_have_text("A001")
    await expect(mini.get_by_test_id("elsewhere")).to_have_count(0)  # one page, two windows: one lease
    await page.close()
    await mini.wait_for_event("close") if not mini.is_closed() else None


async def test_a_blocked_small_window_is_told(hall: Screens) -> None:
    page = await panel(hall)
    await page.evaluate("() => { delete window.documentPictureInPicture; window.open = () => null; }")
    await page.keyboard.press("KeyM")
    await expect(page.get_by_test_id("notice")).to_contain_text("浏览器拦截了小窗口")


async def test_hidden_with_keys_only(hall: Screens) -> None:
    page = await panel(hall)
    await page.keyboard.press("KeyZ")
    veil = page.get_by_test_id("hidden")
    await expect(veil).to_be_visible()
    await expect(page.get_by_test_id("next")).to_have_count(0)
    await page.keyboard.press("NumpadAdd")
    await expect(veil).to_have_attribute("data-state", "calling")
    await expect(page).to_have_title("A001 · 1 · 1号窗口")
    await page.keyboard.press("NumpadSubtract")  # a refusal is seen all the same
    await expect(page.get_by_test_id("mini-said")).to_contain_text("按住此键")
    await page.keyboard.press("NumpadDivide")
    await page.get_by_test_id("option").filter(has_text="对公业务").click()
    await expect(veil).to_have_attribute("data-state", "idle")
    await page.keyboard.type("2")
    await page.keyboard.press("Enter")
    await expect(veil).to_have_attribute("data-state", "calling")
    await page.keyboard.press("KeyZ")
    await expect(page.get_by_test_id("number")).to_have_text("A002")


@pytest.mark.parametrize("size", ["mini", "hidden"])
async def test_a_size_from_the_address(hall: Screens, size: str) -> None:
    page = await panel(hall, query=f"size={size}", size=(480, 140))
    await page.keyboard.press("NumpadAdd")
    await expect(page.get_by_test_id(size).first).to_have_attribute("data-state", "calling")


@pytest.mark.parametrize(("mode", "lang"), LOOKS)
async def test_no_fault_in_the_small_sizes(hall: Screens, mode: str, lang: str) -> None:
    page = await panel(hall, query=f"size=mini&mode={mode}&lang={lang}", size=(480, 140), reduced_motion="reduce")
    await page.keyboard.press("NumpadAdd")
    await expect(page.get_by_test_id("mini")).to_have_attribute("data-state", "calling")
    assert await faults(page) == []
    await page.keyboard.press("NumpadDecimal")
    await expect(page.get_by_test_id("panel")).to_be_visible()
    assert await faults(page) == []
    await page.keyboard.press("Escape")
    await page.keyboard.press("KeyZ")
    await expect(page.get_by_test_id("hidden")).to_be_visible()
    assert await faults(page) == []


async def test_a_cable_pulled_out_is_noticed_though_nothing_was_closed(hall: Screens) -> None:
    page = await panel(hall)
    await expect(page.get_by_test_id("next")).to_be_enabled()
    hall.wire.pull()
    await expect(page.get_by_test_id("next")).to_be_disabled()
    await expect(page.get_by_test_id("link")).to_have_text("连接中断，操作暂停")
    assert (
        await page.evaluate("document.querySelector('u-counter').socket.state") == "live"
    )  # before the line is given up
    await page.keyboard.press("NumpadAdd")
    await expect(page.get_by_test_id("notice")).to_contain_text("连接中断")
    hall.wire.mend()
    await expect(page.get_by_test_id("next")).to_be_enabled()
    assert hall.hall.events("ticket_called") == []


async def test_two_clicks_on_a_button_call_once(hall: Screens) -> None:
    page = await panel(hall, 3)
    await page.get_by_test_id("next").dblclick()
    await expect(page.get_by_test_id("number")).to_have_text("A001")
    line = page.get_by_test_id("line").filter(has_text="A003")
    await line.get_by_test_id("call").dblclick()
    await expect(page.get_by_test_id("number")).to_have_text("A003")
    assert [e.data["ticket"]["number"] for e in hall.hall.events("ticket_called")] == ["A001", "A003"]


async def test_a_no_show_held_down_with_the_mouse_and_never_of_the_next_visitor(hall: Screens) -> None:
    page = await panel(hall, 3)
    await page.keyboard.press("NumpadAdd")
    await expect(page.get_by_test_id("number")).to_have_text("A001")
    await page.get_by_test_id("no_show").hover()
    await page.mouse.down()
    await expect(page.get_by_test_id("none")).to_be_visible()
    await page.mouse.up()
    assert len(hall.hall.events("ticket_no_show")) == 1
    await page.wait_for_timeout(700)
    await page.keyboard.press("NumpadAdd")
    await expect(page.get_by_test_id("number")).to_have_text("A002")
    await page.keyboard.down("NumpadSubtract")
    await hall.hall.act("counter.call_next", counter="1", current="finish")  # somebody else's doing, in that second
    await expect(page.get_by_test_id("number")).to_have_text("A003")
    await page.wait_for_timeout(1200)
    await page.keyboard.up("NumpadSubtract")
    assert len(hall.hall.events("ticket_no_show")) == 1


async def test_why_this_one_is_next_stands_beside_it(hall: Screens) -> None:
    page = await panel(hall, 1)
    why = await page.get_by_test_id("next-why").inner_text()
    told = json.loads(hall.hall.engine.views.get("counter/1").read().body)["next"]["reasons"][0]  # type: ignore[union-attr]
    assert told["zh-CN"] in why
