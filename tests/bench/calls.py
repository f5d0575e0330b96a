"""From counter.call_next to what people see: 200 screens on sockets, and one page painted in Chromium."""

import asyncio
import shutil
import time
from typing import Any

from ..e2e.hall_process import HallProcess, act
from .figures import Figure, percentile
from .tickets import _run, example
from .wire import Socket

SCREENS, CALLS = 200, 30
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
# Resolves with the wall time, in ms, of the frame in which the number is on the page.
PAINTED = """number => new Promise(done => {
  const look = () => {
    const text = [...document.querySelectorAll('*')].flatMap(e => e.shadowRoot ? [e.shadowRoot.textContent] : []).join(' ');
    if (text.includes(number)) requestAnimationFrame(() => done(performance.timeOrigin + performance.now()));
    else requestAnimationFrame(look);
  };
  look();
})"""


async def _ready(hall: HallProcess, session: Any, tickets: int) -> None:
    assert (await act(session, "counter.sign_in", counter="1", staff="bench"))[0] == 200
    for _ in range(tickets):
        assert (await act(session, "queue.issue", queue="personal"))[0] == 200


async def screens(hall: HallProcess) -> tuple[float, float]:
    """(p50, p95) in ms from the request to the frame at each of the screens."""
    async with hall.session() as session:
        await _ready(hall, session, CALLS)
        sockets = [await Socket.open(hall.port, hall.token) for _ in range(SCREENS)]
        for socket in sockets:
            socket.send({"id": 1, "type": "usher/subscribe_view", "view": "display/hall"})
            await socket.receive()
            await socket.receive()
        took: list[float] = []
        for _ in range(CALLS):
            begun = time.perf_counter()
            asked = asyncio.ensure_future(act(session, "counter.call_next", counter="1", current="finish"))

            async def first(socket: Socket, begun: float = begun) -> None:
                await socket.receive()
                took.append((time.perf_counter() - begun) * 1000)

            async with asyncio.timeout(10):
                await asyncio.gather(*map(first, sockets))
            status, answer = await asked
            assert status == 200, answer
            await asyncio.sleep(0.15)
            for socket in sockets:  # what else the call brought (the voice) is not counted
                while True:
                    try:
                        await asyncio.wait_for(socket.receive(), 0.001)
                    except TimeoutError:
                        break
        for socket in sockets:
            socket.close()
        return percentile(took, 0.5), percentile(took, 0.95)


async def painted(hall: HallProcess) -> list[float]:
    """Milliseconds from the request to the painted number, one page."""
    from playwright.async_api import async_playwright

    async with hall.session() as session, async_playwright() as playwright:
        await _ready(hall, session, 12)
        async with session.get("/api/usher/screens") as answer:
            link = next(s["link"] for s in await answer.json() if s["view"] == "display/hall")
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1920, "height": 1080})
        await page.goto(link)
        await page.wait_for_timeout(1500)
        async with session.get("/api/states/counter.1") as answer:
            await answer.read()
        took: list[float] = []
        for _ in range(10):
            async with session.post("/api/services/ticket/list?return_response",
                                    json={"queue": "personal", "state": "waiting", "limit": 1}) as answer:  # fmt: skip
                number = (await answer.json())["service_response"]["tickets"][0]["number"]
            waiting = asyncio.ensure_future(page.evaluate(PAINTED, number))
            await asyncio.sleep(0.2)
            begun = time.time() * 1000
            status, told = await act(session, "counter.call_next", counter="1", current="finish")
            assert status == 200, told
            async with asyncio.timeout(10):
                took.append(await waiting - begun)
        await browser.close()
        return took


async def _measured(runs: int) -> list[Figure]:
    seen: list[tuple[float, float]] = []
    paints: list[float] = []
    for _ in range(runs):
        async with example() as hall:
            seen.append(await screens(hall))
        async with example() as hall:
            paints += await painted(hall)
    return [
        Figure("call_next to the frame at 200 screens, p95", [s[1] for s in seen], "ms", 30),
        Figure("call_next to the frame at 200 screens, p50", [s[0] for s in seen], "ms"),
        Figure("call_next to painted in Chromium", paints, "ms", 100),
    ]


def run(runs: int) -> list[Figure]:
    return list(_run(_measured(runs)))
