"""A language wing by itself: real bus, states, actions and store, a clock turned by hand, and an action that listens."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field
from usher.core.actions import Actions, Call
from usher.core.bus import Bus
from usher.core.clock import HandClock
from usher.core.errors import Refused
from usher.core.events import Context
from usher.core.integration import Checked, Kit, Rooms, Site
from usher.core.language import LANGUAGE
from usher.core.language.automations import Automations
from usher.core.language.config import LanguageConfig, actions, entities
from usher.core.offers import STARTED, Offers
from usher.core.schema import Strict
from usher.core.source import Source
from usher.core.states import States
from usher.core.store import Store
from usher.core.tables import Batch
from usher.core.views import Views


class Say(Strict):
    text: str | dict[str, str] = ""
    number: float | None = None
    times: int = Field(1, ge=1, le=5)
    data: dict[str, Any] | None = None


class Wing:
    """The rooms around one set-up of the language."""

    def __init__(self, folder: Path, clock: HandClock, store: Store) -> None:
        self.clock, self.store = clock, store
        self.bus = Bus(clock)
        self.states = States(self.bus, clock)
        self.actions, self.offers = Actions(), Offers()
        site = Site("here", "Here", ("en",), folder, folder / ".usher", "boot", "0")
        rooms = Rooms(site, clock, self.bus, self.states, self.actions, self.offers, Views(), store, None,
                      lambda *a, **k: lambda: None)  # fmt: skip
        self.kit = Kit("language", rooms)
        self.kit.enduring = True
        self.said: list[Any] = []
        self.contexts: list[Context] = []
        self.gates: list[asyncio.Event] = []
        self.room: Automations | None = None
        self.kit.action("test.say", Say, self._say)
        self.kit.action("test.refuse", Say, self._refuse)
        self.kit.action("test.slow", Say, self._slow, timeout=None)
        self.kit.action("test.ask", Say, self._ask)

    async def _say(self, data: Say, call: Call) -> None:
        self.contexts.append(call.context)
        self.said.append(data.text if data.number is None else data.number)

    async def _refuse(self, data: Say, call: Call) -> None:
        raise Refused("nobody_waiting", {"en": "Nobody is waiting.", "zh-CN": "无人等候。"})

    async def _ask(self, data: Say, call: Call) -> dict[str, Any]:
        return {"number": "A012", "waiting": 7}

    async def _slow(self, data: Say, call: Call) -> None:
        gate = asyncio.Event()
        self.gates.append(gate)
        self.said.append(f"begin {data.text}")
        await gate.wait()
        self.said.append(f"end {data.text}")

    async def settle(self) -> None:
        """Let everything that is on its way come to rest, the store's thread too."""
        for _ in range(3):
            await self.clock.turn(0)
            if self.store.healthy:
                await self.store.save(Batch())
        await self.clock.turn(0)

    async def fire(self, event_type: str, /, **data: Any) -> None:
        self.bus.fire(event_type, data)
        await self.settle()

    async def turn(self, seconds: float) -> None:
        await self.clock.turn(seconds)
        await self.settle()

    async def act(self, name: str, **data: Any) -> Any:
        answer = await self.actions.call(name, data)
        await self.settle()
        return answer

    def traces(self, key: str | None = None) -> list[dict[str, Any]]:
        assert self.room is not None
        return [trace.short() for trace in self.room.traces.of(None if key is None else f"automation.{key}")]

    def trace(self, at: int = -1) -> dict[str, Any]:
        assert self.room is not None
        return self.room.traces.of()[at].full()


def parse(text: str, folder: Path) -> Any:
    """The value of `automation:` in this text, with its places in configuration.yaml."""
    path = folder / "configuration.yaml"
    path.write_text(text, "utf-8")
    source = Source(folder)
    tree = source.read(path)
    source.check()
    return tree


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


Open = Callable[..., Any]


@pytest.fixture
def wing(tmp_path: Path, clock: HandClock) -> Open:
    """`async with wing(YAML) as w`: the language set up with these automations; again: a restart on the same file."""

    @asynccontextmanager
    async def open_one(text: str, *, started: bool = True, states: dict[str, Any] | None = None) -> AsyncIterator[Wing]:
        tree = parse(text, tmp_path)
        store = Store(tmp_path / "hall.db", LANGUAGE.tables)
        await store.open()
        made = Wing(tmp_path, clock, store)
        for entity_id, value in (states or {}).items():
            made.states.set(entity_id, value)
        made.room = Automations(made.kit, tree.get("automation"), scripts=tree.get("script"))
        try:
            await made.room.begin()
            if started:
                made.offers.add(STARTED, "hall", "boot")
                made.bus.fire("usher_started")
            await made.settle()
            yield made
        finally:
            await made.kit.close()
            await store.close()

    return open_one


@pytest.fixture
def problems(tmp_path: Path) -> Callable[..., list[str]]:
    """What `usher check` says of this YAML, as `line:column text`."""

    def ask(text: str, known: set[str] | None = None, **more: Any) -> list[str]:
        tree = parse(text, tmp_path)
        config = LanguageConfig.model_validate(tree)
        checked = Checked(
            config, tree, {}, [], [], tmp_path, (known or set()) | entities(config),
            {"test.say": Say, "speaker.announce": None, **actions(config)}, **more,
        )  # fmt: skip
        assert LANGUAGE.check is not None
        LANGUAGE.check(checked)
        return [f"{p.place.line}:{p.place.column} {p.text}" if p.place else p.text for p in checked.problems]

    return ask
