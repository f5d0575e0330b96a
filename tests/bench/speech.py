"""From counter.call_next to the first byte of speech at a browser: spoken before, and never spoken before.

The real road: commit, event, automation, espeak's child, the view over a WebSocket, the sound over HTTP. Beside it the
raw floor of the same run: one blob fetched over HTTP that is there already. Milliseconds.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

import aiohttp
from usher.core.testing import branch
from usher.integrations.http.app import PORT

from .figures import Figure

YAML = """
usher: {name: Bench, languages: [zh-CN, en]}
http: {host: 127.0.0.1, port: 0}
queue: {main: {name: Main, prefix: A, digits: 4}}
counter: {"1": {name: {en: Window 1, zh-CN: 1号窗口}, serves: [{queue: main}]}}
display: [{platform: web, id: hall}]
voice: [{platform: espeak, id: espeak}]
speaker: [{platform: web, id: hall, display: display.hall}]
automation:
  - alias: Calls are spoken
    use_blueprint: {path: usher/announce_call.yaml, input: {speaker: speaker.hall}}
"""
GOAL = {"never spoken before": 300.0, "spoken before": 50.0}


class Ear:
    """A browser's ears: the view's socket, and the sounds it names."""

    def __init__(self, session: aiohttp.ClientSession, base: str, token: str) -> None:
        self._session, self._base, self._token = session, base, token
        self._known: set[str] = set()

    async def open(self) -> None:
        self._socket = await self._session.ws_connect(f"{self._base}/api/websocket")
        await self._socket.receive_json()
        await self._socket.send_json({"type": "auth", "access_token": self._token})
        assert (await self._socket.receive_json())["type"] == "auth_ok"
        await self._socket.send_json({"id": 1, "type": "usher/subscribe_view", "view": "display/hall"})

    async def first_byte(self) -> tuple[float, str]:
        """When the first byte of the next announcement is here, and where it was."""
        while True:
            message = await self._socket.receive_json(timeout=30)
            doc = message.get("event", {}).get("doc") or {}
            for say in doc.get("say", ()):
                if say["id"] not in self._known:
                    self._known.add(say["id"])
                    return await self.fetch(say["url"]), say["url"]

    async def fetch(self, url: str) -> float:
        async with self._session.get(self._base + url) as answer:
            assert answer.status == 200, answer.status
            await answer.content.readexactly(1)
            at = time.perf_counter()
            await answer.read()
            return at


async def measure(calls: int) -> dict[str, list[float]]:
    figures: dict[str, list[float]] = {name: [] for name in (*GOAL, "floor: a blob over HTTP")}
    with tempfile.TemporaryDirectory() as folder:
        async with branch(YAML, Path(folder), always=("http",)) as hall:
            engine = hall.engine
            port = next(iter(engine.offers.all(PORT).values()))
            token = engine.accounts.links.sign("bench", ["view:display/hall"])
            await hall.act("counter.sign_in", counter="1")
            async with aiohttp.ClientSession() as session:
                ear = Ear(session, f"http://127.0.0.1:{port}", token)
                await ear.open()
                for _ in range(calls):
                    await hall.act("queue.issue", queue="main")
                    for name, action in (("never spoken before", "call_next"), ("spoken before", "recall")):
                        data = (
                            {"current": "finish"}
                            if action == "call_next" and hall.state("counter.1").value != "idle"
                            else {}
                        )
                        begun = time.perf_counter()
                        await hall.act(f"counter.{action}", counter="1", **data)
                        at, url = await ear.first_byte()
                        figures[name].append((at - begun) * 1000)
                        begun = time.perf_counter()
                        figures["floor: a blob over HTTP"].append((await ear.fetch(url) - begun) * 1000)
                        await hall.act("speaker.stop", speaker="hall")
    return figures


def run(runs: int) -> list[Figure]:
    told = asyncio.run(measure(10 * runs))
    floor = statistics.median(told["floor: a blob over HTTP"])
    return [
        Figure(
            f"call_next to the first byte of speech, {name}", told[name], "ms", goal, False, floor, "a blob over HTTP"
        )
        for name, goal in GOAL.items()
    ]
