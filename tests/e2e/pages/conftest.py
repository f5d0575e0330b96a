"""One Chromium for all pages' tests, one hall for each."""

import shutil
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, async_playwright, expect

from .screens import Screens, screens

FLAGS = [
    "--no-sandbox",  # we may be root
    "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",
]  # fmt: skip
LOUD = "--autoplay-policy=no-user-gesture-required"  # as a wall screen is started


def chromium() -> str:
    """The system's browser."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("There is no Chromium here. Run: apt-get install chromium")
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def playwright() -> AsyncGenerator[Playwright, None]:
    async with async_playwright() as started:
        expect.set_options(timeout=30_000)  # a bound for a hang, not a measure: the machine may be busy
        started.selectors.set_test_id_attribute("data-test")
        yield started


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(playwright: Playwright) -> AsyncGenerator[Browser, None]:
    launched = await playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, LOUD])
    yield launched
    await launched.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def mute_browser(playwright: Playwright) -> AsyncGenerator[Browser, None]:
    """One that lets no page make a sound before it was touched."""
    launched = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
    yield launched
    await launched.close()


@pytest_asyncio.fixture(loop_scope="session")
async def hall(browser: Browser, tmp_path: Path) -> AsyncGenerator[Screens, None]:
    async with screens(browser, tmp_path) as shown:
        yield shown
