"""The way in: a code or a password, and the screens with the links that open them."""

import pytest
from playwright.async_api import expect

from .screens import Screens

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_by_password_to_the_screens(hall: Screens) -> None:
    await hall.hall.engine.accounts.add_user("wang", "owner", "correct horse", title="Wang")
    page = await hall.open("index", signed_in=False)
    await page.get_by_test_id("user").fill("wang")
    await page.get_by_test_id("password").fill("wrong horse")
    hall.forgiven = ("401", "403", "409")
    await page.get_by_test_id("with-password").click()
    await expect(page.get_by_test_id("fault")).not_to_be_empty()
    await page.get_by_test_id("password").fill("correct horse")
    await page.get_by_test_id("with-password").click()
    listed = page.get_by_test_id("screen")
    await expect(listed).to_have_count(5)  # two counters, a kiosk, a display, the lobby
    views = await listed.evaluate_all("(all) => all.map((s) => s.dataset.view)")
    assert views == ["kiosk/lobby", "counter/1", "counter/2", "lobby", "display/hall"]
    async with page.expect_popup() as opened:
        await page.locator("[data-view='kiosk/lobby'] a").click()
    kiosk = await opened.value
    hall.watch(kiosk)
    await expect(kiosk.get_by_test_id("menu")).to_be_visible()
    await page.reload()
    await expect(listed).to_have_count(5)
    await page.get_by_test_id("sign-out").click()
    await expect(page.get_by_test_id("code")).to_be_visible()


async def test_a_copied_link_opens_the_screen_elsewhere(hall: Screens) -> None:
    page = await hall.open("index")
    link = await page.locator("[data-view='display/hall'] input").input_value()
    path = link.split("/display/")[1]
    elsewhere = await hall.open(f"{hall.base}/display/{path}", signed_in=False)
    await expect(elsewhere.get_by_test_id("hall")).to_be_visible()


async def test_a_token_that_ended_asks_again(hall: Screens) -> None:
    hall.forgiven = ("401",)
    context = await hall.context()
    await context.add_init_script("if (!sessionStorage.done) localStorage.setItem('usher.token', 'usher_gone');"
                                  "sessionStorage.done = 1")  # fmt: skip
    page = await context.new_page()
    hall.watch(page)
    await page.goto(hall.base)
    await expect(page.get_by_test_id("code")).to_be_visible()
