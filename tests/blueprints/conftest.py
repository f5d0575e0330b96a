"""A small bank with everything real but time and the devices, whose stand-ins keep what was said, shown and printed.

The loop is that of `usher simulate`: time leaps when nothing is left to do, so a day is as short as its work.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from usher.core.access import SYSTEM
from usher.core.config import Configuration
from usher.core.engine import running
from usher.core.simulation.devices import Recording, stand_in
from usher.core.simulation.loop import VirtualClock
from usher.core.simulation.memory import MemoryStore
from usher.core.testing import Branch

HALL = """
usher: {name: Bank, site: bank, languages: [en, zh-CN], time_zone: Asia/Shanghai, classes: {vip: 50}}
queue:
  main: {name: {en: Personal, zh-CN: 个人业务}, prefix: A, digits: 3}
  cash: {name: {en: Cash, zh-CN: 现金}, prefix: B, digits: 3}
counter:
  "1": {name: {en: Window 1, zh-CN: 1号窗口}, serves: [main]}
  "2": {name: {en: Window 2, zh-CN: 2号窗口}, serves: [main, cash]}
  "3": {name: {en: Window 3, zh-CN: 3号窗口}, serves: [cash]}
display:
  - {platform: web, id: hall}
  - {platform: web, id: staff}
speaker:
  - {platform: web, id: hall, display: display.hall, chime: false}
  - {platform: web, id: office, display: display.staff, chime: false}
voice: {platform: espeak, id: espeak}
printer: {platform: escpos, id: lobby, preview: true}
"""
MONDAY = 1_763_956_800.0  # 2025-11-24 12:00 in Shanghai


class House(Branch):
    """The branch, and what came out of it."""

    recording: Recording
    clock: VirtualClock

    async def turn(self, seconds: float = 0) -> None:
        """Let time pass, and everything come to rest: a moment passes only when nothing is left to do."""
        await self.clock.sleep(seconds)
        await self.clock.sleep(0.001)

    async def do(self, action: str, /, **data: Any) -> dict[str, Any]:
        """Call an action and let what follows from it happen."""
        answer = await self.act(action, **data)
        await self.turn()
        return answer

    async def sign_in(self, *counters: str) -> None:
        for counter in counters:
            await self.do("counter.sign_in", counter=counter, staff=f"staff {counter}")

    async def issue(self, queue: str = "main", count: int = 1, **data: Any) -> list[str]:
        """Give numbers; answers them."""
        answers = [await self.do("queue.issue", queue=queue, **data) for _ in range(count)]
        return [answer["ticket"]["number"] for answer in answers]

    def said(self, language: str = "en") -> list[str]:
        """What was said in this language, each announcement a text."""
        return ["".join(t for one, t in said.texts if one == language) for said in self.recording.said]

    def shown(self, display: str = "hall") -> list[Any]:
        """The messages that stood on a display, each once."""
        texts = [one.board.message.text for one in self.recording.shown
                 if one.display == f"display.{display}" and one.board.message is not None]  # fmt: skip
        return [text for n, text in enumerate(texts) if n == 0 or text != texts[n - 1]]

    async def notes(self) -> list[str]:
        """The messages of the notices there are, oldest first."""
        answer = await self.act("persistent_notification.list")
        return [one["message"] for one in answer["notifications"]]

    def told(self) -> list[dict[str, Any]]:
        """The data of the events `told`, which the tests' own actions fire."""
        return [dict(event.data) for event in self.events("told")]


Open = Callable[..., Any]


@pytest.fixture
def house(tmp_path: Path) -> Open:
    """`async with house(AUTOMATIONS) as h`: the bank with these automations, on a Monday at noon."""

    @asynccontextmanager
    async def opened(yaml: str, *, start: float = MONDAY, hall: str = HALL) -> AsyncIterator[House]:
        (tmp_path / "configuration.yaml").write_text(hall + yaml, "utf-8")
        recording, clock, heard = Recording(), VirtualClock(), list[Any]()

        def change(configuration: Configuration) -> None:
            clock.zone, clock.start = configuration.usher.zone, start
            real = {one.name: one for one in configuration.integrations if one.name == "persistent_notification"}
            stand_in(configuration, recording, 0.0)
            configuration.integrations[:] = [real.get(one.name, one) for one in configuration.integrations]

        async with running(
            tmp_path, clock=clock, data=tmp_path / ".usher", always=("persistent_notification",), change=change,
            made=lambda engine: engine.bus.listen(heard.append) and None, store=MemoryStore,
        ) as engine:  # fmt: skip
            made = House(engine, SYSTEM)
            made.recording, made.clock, made.heard = recording, clock, heard
            await made.turn()
            yield made

    return opened
