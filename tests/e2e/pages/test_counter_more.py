"""What a nurse, a reception, a pharmacist and a manager do at a counter beside calling: triage, note, inner area, split, move."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from .screens import Screens, screens

pytestmark = pytest.mark.asyncio(loop_scope="session")
YAML = """
usher: {name: {en: Clinic, zh-CN: 门诊}, time_zone: Asia/Shanghai, languages: [zh-CN, en], classes: {care: 30}}
http: {host: 127.0.0.1, port: 0}
queue:
  internal: {name: {en: Internal medicine, zh-CN: 内科}, prefix: A}
  pharmacy: {name: {en: Pharmacy, zh-CN: 取药}, prefix: P}
counter:
  "1": {name: {en: Room 1, zh-CN: 1号诊室}, serves: [internal, pharmacy]}
  "2": {name: {en: Room 2, zh-CN: 2号诊室}, serves: [internal]}
  "3": {name: {en: Window 3, zh-CN: 3号窗口}, serves: [pharmacy]}
display: [{platform: web, id: hall}]
"""


@pytest_asyncio.fixture(loop_scope="session")
async def clinic(browser: Browser, tmp_path: Path) -> AsyncGenerator[Screens, None]:
    async with screens(browser, tmp_path, YAML) as shown:
        yield shown


async def panel(clinic: Screens, waiting: int = 3, **more: Any) -> Page:
    for _ in range(waiting):
        await clinic.hall.act("queue.issue", queue="internal")
    for counter, staff in (("1", "li"), ("2", "wang")):
        await clinic.hall.act("counter.sign_in", counter=counter, staff=staff)
    page = await clinic.open("counter/1", **more)
    await expect(page.get_by_test_id("counter")).to_have_attribute("data-state", "idle")
    return page


async def choose(page: Page, *texts: str) -> None:
    for text in texts:
        await page.get_by_test_id("option").filter(has_text=text).first.click()


async def ticket(clinic: Screens, number: str) -> dict[str, Any]:
    found: dict[str, Any] = (await clinic.hall.act("ticket.get", ticket=number))["ticket"]
    return found


def line(page: Page, number: str) -> Any:
    return page.locator(f"[data-test=line][data-number={number}]")


async def test_triage_class_and_case_of_one_in_the_list(clinic: Screens) -> None:
    page = await panel(clinic)
    await line(page, "A002").get_by_test_id("more").click()
    await expect(page.get_by_test_id("facts")).to_contain_text("等候中")
    await choose(page, "紧急程度", "紧急程度 4")
    await expect(page.get_by_test_id("notice")).to_have_text("A002：已完成")
    await expect(page.get_by_test_id("line").first).to_have_attribute("data-number", "A002")
    await expect(line(page, "A002").get_by_test_id("urgent")).to_have_text("紧急程度 4")
    await line(page, "A003").get_by_test_id("more").click()
    await choose(page, "客户类别", "care")
    await expect(page.get_by_test_id("line").nth(1)).to_have_attribute("data-number", "A003")
    await line(page, "A003").get_by_test_id("more").click()
    await choose(page, "事项号")
    await page.get_by_test_id("said").fill("2026-0815")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("notice")).to_have_text("A003：已完成")
    assert (await ticket(clinic, "A003"))["case"] == "2026-0815"
    assert (await ticket(clinic, "A002"))["triage"] == 4
    await line(page, "A002").get_by_test_id("more").click()
    await choose(page, "紧急程度", "按队列默认")
    await expect(page.get_by_test_id("urgent")).to_have_count(0)


async def test_a_note_for_who_is_here_is_seen_by_whoever_calls_them_next(clinic: Screens) -> None:
    page = await panel(clinic, 1)
    await page.keyboard.press("NumpadAdd")
    await page.get_by_test_id("more-now").click()
    await choose(page, "备注")
    await expect(page.get_by_test_id("said")).to_be_focused()
    await page.keyboard.type("Comes with a wheelchair, n or s are no keys here")
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("note")).to_contain_text("wheelchair")
    assert len(clinic.hall.events("ticket_called")) == 1, "the letters typed were no keys"
    await page.get_by_test_id("put_back").click()
    await expect(line(page, "A001")).to_contain_text("wheelchair")


async def test_a_nurse_sends_somebody_to_a_door(clinic: Screens) -> None:
    page = await panel(clinic)
    await line(page, "A002").get_by_test_id("more").click()
    await choose(page, "二次候诊区")
    await expect(page.get_by_test_id("option")).to_have_text(["11号诊室本窗口", "22号诊室"])  # not window 3
    await page.keyboard.press("Digit1")
    await expect(page.get_by_test_id("tab-staged")).to_contain_text("1")
    await page.get_by_test_id("tab-staged").click()
    await expect(line(page, "A002")).to_be_visible()
    assert (await ticket(clinic, "A002"))["staged_by_hand"]
    await page.get_by_test_id("tab-waiting").click()
    await line(page, "A003").get_by_test_id("more").click()
    await choose(page, "二次候诊区", "2号诊室")
    await expect(line(page, "A003")).to_have_count(0)
    assert (await ticket(clinic, "A003"))["counter"] == "2"


async def test_a_pharmacist_finds_who_is_being_prepared_by_number(clinic: Screens) -> None:
    page = await panel(clinic, 0)
    for _ in range(2):
        await clinic.hall.act("queue.issue", queue="pharmacy", ready=False)
    await page.get_by_test_id("tab-pending").click()
    await expect(page.get_by_test_id("tab-pending")).to_contain_text("准备中 2")
    await expect(page.get_by_test_id("line")).to_have_count(2)
    await line(page, "P001").get_by_test_id("back").click()
    await expect(line(page, "P001")).to_have_count(0)
    await page.keyboard.type("2")
    await page.get_by_test_id("more-number").click()
    await expect(page.get_by_test_id("facts")).to_contain_text("准备中")
    await choose(page, "就绪并排最前")
    await page.get_by_test_id("tab-waiting").click()
    await expect(page.get_by_test_id("line").first).to_have_attribute("data-number", "P002")


async def test_a_number_of_another_queue_is_found_and_a_wrong_one_is_told(clinic: Screens) -> None:
    await clinic.hall.act("counter.sign_in", counter="3", staff="zhao")
    await clinic.hall.act("queue.issue", queue="internal")
    page = await clinic.open("counter/3")
    await page.get_by_test_id("call-number").fill("A001")
    await page.get_by_test_id("more-number").click()
    await choose(page, "紧急程度", "紧急程度 5")
    await expect(page.get_by_test_id("notice")).to_have_text("A001：已完成")
    assert (await ticket(clinic, "A001"))["urgency"] == 5
    await page.get_by_test_id("call-number").fill("A099")
    await page.get_by_test_id("more-number").click()
    await expect(page.get_by_test_id("notice")).to_contain_text("A099")
    await expect(page.get_by_test_id("panel")).to_have_count(0)


async def test_a_family_is_served_apart(clinic: Screens) -> None:
    page = await panel(clinic, 0)
    await clinic.hall.act("queue.issue", queue="internal", party=3)
    await line(page, "A001").get_by_test_id("more").click()
    await choose(page, "拆分同行", "1 + 2")
    await expect(page.get_by_test_id("notice")).to_have_text("A001, A002：已完成")
    await expect(line(page, "A002")).to_contain_text("2 人")
    await line(page, "A002").get_by_test_id("more").click()
    await choose(page, "拆分同行")
    await expect(page.get_by_test_id("option")).to_have_count(1)  # of two each goes alone
    await choose(page, "每人单独办理")
    await expect(page.get_by_test_id("line")).to_have_count(3)


async def test_a_manager_moves_somebody_and_says_why(clinic: Screens) -> None:
    page = await panel(clinic)
    await line(page, "A003").get_by_test_id("more").click()
    await choose(page, "调整位置", "最前")
    await page.get_by_test_id("save").click()  # no reason, no move
    await expect(page.get_by_test_id("said")).to_be_visible()
    await page.get_by_test_id("said").fill("faints")
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("line").first).to_have_attribute("data-number", "A003")
    assert clinic.hall.events("ticket_moved")[0].data["reason"] == "faints"


async def test_staff_are_not_offered_what_only_managers_may(clinic: Screens) -> None:
    await clinic.hall.engine.accounts.add_user("wang", "staff", title="Wang")
    clinic.token = await clinic.hall.engine.accounts.add_token("wang", "test")
    page = await panel(clinic)
    await line(page, "A003").get_by_test_id("more").click()
    await expect(page.get_by_test_id("option").filter(has_text="紧急程度")).to_have_count(1)
    await expect(page.get_by_test_id("option").filter(has_text="调整位置")).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("panel")).to_have_count(0)
