"""The visitor's own page: where one stands, and what one may do."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from .screens import YAML, Screens, screens

pytestmark = pytest.mark.asyncio(loop_scope="session")
PHONE = (390, 844)


async def issue(hall: Screens, count: int = 1) -> dict[str, Any]:
    for _ in range(count):
        answer = await hall.hall.act("queue.issue", queue="personal")
    return answer


async def phone(hall: Screens, answer: dict[str, Any], **more: Any) -> Page:
    page = await hall.open(hall.base + answer["link"], size=PHONE, is_mobile=True, has_touch=True, **more)
    await expect(page.get_by_test_id("number")).to_have_text(answer["ticket"]["number"])
    return page


async def test_it_follows_the_ticket(hall: Screens) -> None:
    page = await phone(hall, await issue(hall, 2))
    sentence = page.get_by_test_id("sentence")
    await expect(sentence).to_have_text("前面还有 1 人")
    await hall.hall.act("counter.sign_in", counter="1", staff="li")
    await hall.hall.act("counter.call_next", counter="1")
    await expect(sentence).to_have_text("您是下一位")
    await hall.hall.act("counter.call_next", counter="1", current="finish")
    await expect(sentence).to_have_text("请到 1号窗口")
    await page.get_by_test_id("lang-en").tap()
    await expect(sentence).to_have_text("Please go to Window 1")
    await hall.hall.act("counter.start", counter="1")
    await expect(sentence).to_have_text("Being served")
    await hall.hall.act("counter.finish", counter="1")
    await expect(sentence).to_have_text("All done. Thank you")
    await expect(page.get_by_test_id("cancel")).to_have_count(0)


async def test_i_am_here(hall: Screens) -> None:
    answer = await issue(hall)
    page = await phone(hall, answer)
    await hall.hall.act("counter.sign_in", counter="1", staff="li")
    await hall.hall.act("counter.call_next", counter="1")
    await hall.hall.act("counter.no_show", counter="1")
    await page.get_by_test_id("requeue").tap()
    await expect(page.get_by_test_id("sentence")).to_have_text("您是下一位")
    event = hall.hall.events("ticket_requeued")[0]
    assert event.data["ticket"]["id"] == answer["ticket"]["id"]


async def test_giving_up_is_asked_once_more(hall: Screens) -> None:
    page = await phone(hall, await issue(hall))
    await page.get_by_test_id("cancel").tap()
    assert hall.hall.events("ticket_cancelled") == []
    await page.get_by_test_id("cancel-no").tap()
    await page.get_by_test_id("cancel").tap()
    await page.get_by_test_id("cancel-yes").tap()
    await expect(page.get_by_test_id("sentence")).to_have_text("此号已取消")
    assert len(hall.hall.events("ticket_cancelled")) == 1


async def test_a_call_rings_where_it_was_asked_for(hall: Screens) -> None:
    page = await phone(hall, await issue(hall))
    await page.evaluate("() => { window.shaken = []; navigator.vibrate = (p) => shaken.push(p); }")
    await page.get_by_test_id("alert").tap()
    await hall.hall.act("counter.sign_in", counter="1", staff="li")
    await hall.hall.act("counter.call_next", counter="1")
    await expect(page.get_by_test_id("phone")).to_have_attribute("data-state", "called")
    assert await page.evaluate("shaken.length") == 2  # the touch, and the call


async def test_a_forged_link_opens_nothing(hall: Screens) -> None:
    hall.forgiven = ("404",)
    answer = await issue(hall)
    page = await hall.open(hall.base + answer["link"][:-3] + "xxx", size=PHONE)
    await expect(page.locator("body")).not_to_contain_text(answer["ticket"]["number"])


async def test_fingers(hall: Screens) -> None:
    page = await phone(hall, await issue(hall))
    boxes = await page.evaluate("""() => [...document.querySelector("u-phone").shadowRoot.querySelectorAll("button")]
        .map((b) => b.getBoundingClientRect()).map((r) => [r.width, r.height])""")
    assert len(boxes) >= 3
    assert all(width >= 44 and height >= 44 for width, height in boxes), boxes


async def test_how_long_it_will_be(browser: Browser, tmp_path: Path) -> None:
    yaml = YAML.replace("prefix: A,", 'prefix: A, service_time: "00:10",')
    async with screens(browser, tmp_path, yaml) as hall:
        for counter in "12":
            await hall.hall.act("counter.sign_in", counter=counter, staff=f"s{counter}")
        await issue(hall, 2)
        for counter in "12":
            await hall.hall.act("counter.call_next", counter=counter)
        page = await phone(hall, await issue(hall, 6))
        await expect(page.get_by_test_id("sentence")).to_have_text("前面还有 5 人 · 约 15–51 分钟")
        await expect(page.get_by_text("请在附近等候")).to_be_visible()
        for _ in range(3):
            await hall.hall.act("counter.call_next", counter="1", current="finish")
        await expect(page.get_by_text("即将轮到您，请回到等候区")).to_be_visible()
        await page.get_by_test_id("lang-en").tap()
        await expect(page.get_by_text("It is nearly your turn")).to_be_visible()
