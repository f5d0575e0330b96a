"""The rating terminal: idle until somebody was served there, one tap, thanks; and the same question on the phone."""

import asyncio
from collections.abc import AsyncGenerator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from .screens import YAML, Screens, screens, until
from .test_access import looked_at

pytestmark = pytest.mark.asyncio(loop_scope="session")
RATINGS = """
feedback:
  counters: ["1"]
  diagonal_in: 10.1
  thanks_for: 1
  staff: {li: {name: {en: Li M., zh-CN: 李*}, number: "0231", stars: 4}}
  slides: [{title: {en: Open on Saturdays, zh-CN: 周六照常营业}}]
"""
TEN_INCHES = (1280, 800)


@pytest_asyncio.fixture(loop_scope="session")
async def rated(browser: Browser, tmp_path: Path) -> AsyncGenerator[Screens, None]:
    async with screens(browser, tmp_path, YAML + RATINGS) as shown:
        yield shown


async def serve(hall: Screens, **more: Any) -> dict[str, Any]:
    answer = await hall.hall.act("queue.issue", queue="personal", **more)
    if hall.hall.state("counter.1").value == "closed":
        await hall.hall.act("counter.sign_in", counter="1", staff="li")
    await hall.hall.act("counter.call_next", counter="1")
    await hall.hall.act("counter.start", counter="1")
    await hall.hall.act("counter.finish", counter="1")
    return answer


async def terminal(hall: Screens, **more: Any) -> Page:
    page = await hall.open("rate/1", size=TEN_INCHES, **more)
    await expect(page.get_by_test_id("rate")).to_be_visible()
    return page


async def until_given(hall: Screens, n: int = 1) -> None:
    async with asyncio.timeout(30):
        while len(hall.hall.events("feedback_given")) < n:  # noqa: ASYNC110 - what is heard is a list
            await asyncio.sleep(0.02)


async def test_one_tap_is_one_rating(rated: Screens) -> None:
    page = await terminal(rated)
    await expect(page.get_by_test_id("slide")).to_have_text("周六照常营业")
    await expect(page.get_by_test_id("rating")).to_have_count(0)
    await serve(rated)
    await expect(page.get_by_test_id("prompt")).to_have_text("请评价本次服务")
    await expect(page.get_by_test_id("card")).to_contain_text("李*")
    await expect(page.get_by_test_id("card")).to_contain_text("工号 0231")
    await expect(page.get_by_test_id("stars")).to_have_attribute("aria-label", "4 星（共 5 星）")
    await page.get_by_test_id("level-satisfied").dblclick()
    await expect(page.get_by_test_id("thanks")).to_have_text("感谢您的评价")
    await expect(page.get_by_test_id("slide")).to_be_visible()  # and idle again
    await until_given(rated)
    (given,) = rated.hall.events("feedback_given")
    assert (given.data["level"], given.data["counter"], given.data["staff"]) == ("satisfied", "1", "li")


async def test_a_bad_one_is_asked_for_its_reasons(rated: Screens) -> None:
    page = await terminal(rated)
    await serve(rated, language="en")
    await page.get_by_test_id("level-dissatisfied").click()
    await expect(page.get_by_test_id("reason-wait")).to_have_text("Waited too long")
    await page.wait_for_timeout(450)  # the second half of a double tap is not taken for an answer
    await page.get_by_test_id("reason-wait").click()
    await page.get_by_test_id("reason-skill").click()
    await page.get_by_test_id("reasons-done").click()
    await expect(page.get_by_test_id("thanks")).to_have_text("Thank you")
    await expect(page.get_by_test_id("slide")).to_have_text("周六照常营业")  # the next visitor's language is not known
    assert len(rated.hall.events("bad_rating")) == 1
    (reasons,) = rated.hall.events("feedback_reasons")
    assert reasons.data["reasons"] == ["wait", "skill"]


async def test_keys_of_an_evaluator(rated: Screens) -> None:
    page = await terminal(rated)
    await page.keyboard.press("2")  # nobody asked
    await serve(rated)
    await expect(page.get_by_test_id("prompt")).to_be_visible()
    await page.wait_for_timeout(700)
    await page.keyboard.press("1")
    await until_given(rated)
    assert rated.hall.events("feedback_given")[0].data["level"] == "very_satisfied"
    await expect(page.get_by_test_id("slide")).to_be_visible()
    assert rated.hall.state("sensor.satisfaction").attributes["idle"] == 1


async def test_what_is_tapped_while_the_hall_is_away_is_handed_in(rated: Screens) -> None:
    rated.forgiven = ("WebSocket", "Failed to load", "ERR_")
    page = await terminal(rated)
    await serve(rated)
    await expect(page.get_by_test_id("prompt")).to_be_visible()
    rated.wire.cut()
    await page.get_by_test_id("level-fair").click()
    await expect(page.get_by_test_id("thanks")).to_be_visible()  # of the lost hall the visitor hears nothing
    assert await page.evaluate("JSON.parse(localStorage['usher.rate.1']).length") == 1
    assert rated.hall.events("feedback_given") == []
    rated.wire.mend()
    await until_given(rated)
    assert rated.hall.events("feedback_given")[0].data["level"] == "fair"
    await until(page, "!localStorage['usher.rate.1']")
    assert len(rated.hall.events("feedback_given")) == 1


async def test_the_next_visitor_ends_the_question(rated: Screens) -> None:
    page = await terminal(rated)
    await serve(rated)
    await expect(page.get_by_test_id("prompt")).to_be_visible()
    await rated.hall.act("queue.issue", queue="personal")
    await rated.hall.act("counter.call_next", counter="1")
    await rated.hall.act("counter.start", counter="1")
    await expect(page.get_by_test_id("slide")).to_be_visible()


async def test_the_phone_asks_too(rated: Screens) -> None:
    answer = await rated.hall.act("queue.issue", queue="personal")
    page = await rated.open(rated.base + answer["link"], size=(390, 844), is_mobile=True, has_touch=True)
    await expect(page.get_by_test_id("number")).to_be_visible()
    await rated.hall.act("counter.sign_in", counter="1", staff="li")
    await rated.hall.act("counter.call_next", counter="1")
    await rated.hall.act("counter.finish", counter="1")
    await page.get_by_test_id("level-very_satisfied").tap()
    await expect(page.get_by_test_id("thanks")).to_be_visible()
    await until_given(rated)
    assert rated.hall.events("feedback_given")[0].data["origin"] == "phone"
    await page.reload()
    await expect(page.get_by_test_id("sentence")).to_be_visible()
    await expect(page.get_by_test_id("prompt")).to_have_count(0)


async def test_faces_are_as_large_as_fingers_need(rated: Screens) -> None:
    page = await terminal(rated, query="ppi=110")
    await serve(rated)
    await expect(page.get_by_test_id("prompt")).to_be_visible()
    boxes = [await page.get_by_test_id(f"level-{level}").bounding_box()
             for level in ("very_satisfied", "satisfied", "fair", "dissatisfied")]  # fmt: skip
    mm = 110 / 25.4
    for box, following in pairwise(boxes):
        assert box is not None
        assert following is not None
        assert min(box["width"], box["height"]) >= 25 * mm
        assert following["x"] - box["x"] - box["width"] >= 4 * mm - 1
    last = boxes[-1]
    assert last is not None
    assert last["x"] + last["width"] <= TEN_INCHES[0]


@pytest.mark.parametrize(("mode", "lang"), [("light", "zh-CN"), ("dark", "en")])
async def test_no_fault(rated: Screens, mode: str, lang: str) -> None:
    page = await terminal(rated, query=f"mode={mode}&lang={lang}", reduced_motion="reduce")
    await looked_at(page, "slide")
    await serve(rated)
    await looked_at(page, "prompt")
    await page.get_by_test_id("level-dissatisfied").click()
    await looked_at(page, "reason-wait")
