"""The lobby manager's page: the hall as it is now, and a ticket found, moved, changed, sent on, split."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from .screens import YAML as HALL
from .screens import Screens, screens
from .test_access import LOOKS, faults

pytestmark = pytest.mark.asyncio(loop_scope="session")
YAML = HALL.replace("languages: [zh-CN, en]}", "languages: [zh-CN, en], classes: {vip: 10}}")


async def heard(bank: Screens, kind: str) -> Any:
    """What the last event of this kind carries, as soon as there is one."""
    async with asyncio.timeout(20):
        while not bank.hall.events(kind):  # noqa: ASYNC110 - the browser does it
            await asyncio.sleep(0.02)
    return bank.hall.events(kind)[-1].data


@pytest_asyncio.fixture(loop_scope="session")
async def bank(browser: Browser, tmp_path: Path) -> AsyncGenerator[Screens, None]:
    async with screens(browser, tmp_path, YAML) as shown:
        yield shown


async def lobby(hall: Screens, waiting: int = 3, **more: object) -> Page:
    for _ in range(waiting):
        await hall.hall.act("queue.issue", queue="personal")
    page = await hall.open("lobby", signed_in=True, **more)
    await expect(page.get_by_test_id("lobby")).to_be_visible()
    return page


async def test_queues_and_counters_as_they_are_now(bank: Screens) -> None:
    page = await lobby(bank)
    personal, one = page.locator("[data-test=queue][data-queue=personal]"), page.locator("[data-counter='1']")
    await expect(personal.get_by_test_id("waiting")).to_have_text("3")
    await expect(one).to_have_attribute("data-state", "closed")
    await bank.hall.act("counter.sign_in", counter="1", staff="li")
    await bank.hall.act("counter.call_next", counter="1")
    await expect(one).to_have_attribute("data-state", "calling")
    await expect(one.get_by_test_id("at")).to_have_text("A001")
    await expect(personal.get_by_test_id("waiting")).to_have_text("2")
    await personal.get_by_test_id("show").click()
    await expect(page.get_by_test_id("ticket")).to_have_count(3)
    await personal.get_by_test_id("pause").click()
    await expect(personal.get_by_test_id("told")).to_contain_text("暂停")
    await personal.get_by_test_id("resume").click()
    await expect(personal.get_by_test_id("told")).to_have_count(0)
    await page.locator("[data-queue=corporate]").get_by_test_id("issue").click()
    await expect(page.get_by_test_id("panel")).to_contain_text("B001")


async def test_a_ticket_is_found_moved_and_the_reason_written_down(bank: Screens) -> None:
    page = await lobby(bank)
    await page.get_by_test_id("find").fill("a003")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("ahead")).to_contain_text("2")
    await page.get_by_test_id("do-move").click()  # no reason given: nothing happens
    assert bank.hall.events("ticket_moved") == []
    await page.get_by_test_id("reason").fill("坐轮椅")
    await page.get_by_test_id("do-move").click()
    await expect(page.get_by_test_id("ahead")).to_contain_text("0")
    moved = await heard(bank, "ticket_moved")
    assert moved["ticket"]["number"] == "A003"
    assert moved["reason"] == "坐轮椅"
    await bank.hall.act("counter.sign_in", counter="1", staff="li")
    await bank.hall.act("counter.call_next", counter="1")
    await expect(page.get_by_test_id("state")).to_have_text("已呼叫")
    await page.get_by_test_id("why").click()
    await expect(page.get_by_test_id("reasons").locator("li").first).to_contain_text("A003")


async def test_urgency_class_and_note_are_changed_then_it_is_sent_on(bank: Screens) -> None:
    page = await lobby(bank)
    await page.get_by_test_id("find").fill("A002")
    await page.keyboard.press("Enter")
    await page.get_by_test_id("urgency").fill("20")
    await page.get_by_test_id("class").select_option("vip")
    await page.get_by_test_id("note").fill("带材料")
    await page.get_by_test_id("do-update").click()
    await expect(page.get_by_test_id("notice")).to_contain_text("已完成")
    await expect(page.get_by_test_id("ahead")).to_contain_text("0")
    ticket = (await heard(bank, "ticket_updated"))["ticket"]
    assert (ticket["urgency"], ticket["class"], ticket["note"]) == (20, "vip", "带材料")
    await page.get_by_test_id("to").select_option("corporate")
    await page.get_by_test_id("do-transfer").click()
    await expect(page.get_by_test_id("panel")).to_contain_text("对公业务")
    assert (await heard(bank, "ticket_transferred"))["ticket"]["queue"] == "corporate"


async def test_a_family_is_split_held_and_back_and_one_gives_up(bank: Screens) -> None:
    await bank.hall.act("queue.issue", queue="personal", party=3)
    page = await lobby(bank, 0)
    await page.locator("[data-queue=personal]").get_by_test_id("show").click()
    await page.get_by_test_id("ticket").first.click()
    await page.get_by_test_id("split").click()
    await expect(page.get_by_test_id("ticket")).to_have_count(3)
    await page.get_by_test_id("hold").click()
    await expect(page.get_by_test_id("state")).to_have_text("挂起")
    await page.get_by_test_id("back").click()
    await expect(page.get_by_test_id("state")).to_have_text("等候")
    await page.get_by_test_id("cancel").click()
    await expect(page.get_by_test_id("state")).to_have_text("已取消")
    await expect(page.get_by_test_id("do-update")).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("panel")).to_have_count(0)


async def test_what_only_managers_may_do_is_refused_to_staff_in_words(bank: Screens) -> None:
    await bank.hall.engine.accounts.add_user("wang", "staff", title="Wang")
    bank.token = await bank.hall.engine.accounts.add_token("wang", "test")
    page = await lobby(bank)
    await page.get_by_test_id("find").fill("A003")
    await page.keyboard.press("Enter")
    await page.get_by_test_id("reason").fill("x")
    await page.get_by_test_id("do-move").click()
    await expect(page.get_by_test_id("notice")).to_contain_text("无权")
    assert bank.hall.events("ticket_moved") == []
    await page.get_by_test_id("find").fill("Z999")
    await page.get_by_test_id("find").press("Enter")
    await expect(page.get_by_test_id("notice")).to_contain_text("Z999")


async def test_without_the_hall_nothing_is_pressed(bank: Screens) -> None:
    bank.forgiven = ("ERR_", "WebSocket")
    page = await lobby(bank)
    bank.wire.cut()
    await expect(page.get_by_test_id("issue").first).to_be_disabled()
    await expect(page.get_by_test_id("notice")).to_contain_text("连接中断")
    bank.wire.mend()
    await expect(page.get_by_test_id("issue").first).to_be_enabled()


@pytest.mark.parametrize(("mode", "lang"), LOOKS)
async def test_no_fault_at_a_desk_and_in_a_hand(bank: Screens, mode: str, lang: str) -> None:
    await bank.hall.act("counter.sign_in", counter="1", staff="li")
    page = await lobby(bank, query=f"mode={mode}&lang={lang}", size=(360, 740), reduced_motion="reduce")
    await bank.hall.act("counter.call_next", counter="1")
    await page.locator("[data-queue=personal]").get_by_test_id("show").click()
    await expect(page.get_by_test_id("ticket").first).to_be_visible()
    assert await faults(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_test_id("ticket").first.click()
    await expect(page.get_by_test_id("panel")).to_be_visible()
    assert await faults(page) == []
