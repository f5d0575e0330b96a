"""A hall's rooms without a hall: the real bus, states, actions, store and supervisor, for the devices' tests."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from usher.core.actions import Actions, Call
from usher.core.bus import Bus
from usher.core.clock import Clock, HandClock, SystemClock
from usher.core.events import Context, Event
from usher.core.integration import PLATFORMS, Kit, Platform, Rooms, Site
from usher.core.offers import Offers
from usher.core.states import States
from usher.core.store import Store
from usher.core.supervisor import Supervisor
from usher.core.views import Views


class House:
    """The rooms, and short words to drive them."""

    def __init__(self, folder: Path, clock: Clock, tables: tuple[Any, ...], languages: tuple[str, ...]) -> None:
        self.clock: Any = clock
        self.bus = Bus(clock)
        self.states = States(self.bus, clock)
        self.actions, self.offers, self.views = Actions(), Offers(), Views()
        self.store = Store(folder / ".usher" / "hall.db", tables)
        self.site = Site("hall", "Hall", languages, folder, folder / ".usher", "boot", "0")
        self.supervisor = Supervisor(clock, lambda name, place: Kit(name, self.rooms, place))
        self.rooms = Rooms(self.site, clock, self.bus, self.states, self.actions, self.offers, self.views, self.store,
                           None, self.supervisor.keep)  # fmt: skip
        self.heard: list[Event] = []
        self.bus.listen(self.heard.append)

    def kit(self, name: str = "devices") -> Kit:
        return Kit(name, self.rooms)

    def platform(self, name: str, model: type, open_one: Callable[..., Any]) -> None:
        """Lend a platform, as the engine does of a loaded integration: `voice.espeak`."""
        self.offers.add(PLATFORMS, name, Platform(model, open_one))

    async def act(self, name: str, **data: Any) -> Any:
        return await self.actions.call(name, data, Call())

    def of(self, *types: str) -> list[Event]:
        return [event for event in self.heard if event.type in types]

    def value(self, entity_id: str) -> Any:
        state = self.states.get(entity_id)
        return state.value if state else None

    def counter(self, name: str, ticket: dict[str, Any] | None = None, value: str = "idle", **more: Any) -> None:
        """What the hall says of a counter."""
        attributes = {"name": {"en": f"Window {name}", "zh-CN": f"{name}号窗口"}, "ticket": ticket, **more}
        self.states.set(f"counter.{name}", value, attributes, Context())

    def ticket(self, number: str, counter: str | None = "1", state: str = "called", calls: int = 1,
               at: float | None = None) -> dict[str, Any]:  # fmt: skip
        called = self.clock.now() if at is None else at
        return {"id": f"id-{number}", "number": number, "queue": "main", "state": state, "calls": calls,
                "counter": counter, "times": {"called": called}}  # fmt: skip


@pytest.fixture
def house(tmp_path: Path) -> Callable[..., Any]:
    """`async with house(tables=..., hand=True) as h:`; opened twice on the same folder it is a restart."""

    @asynccontextmanager
    async def opened(*, tables: tuple[Any, ...] = (), hand: bool = True, languages: tuple[str, ...] = ("zh-CN", "en"),
                     start: float = 1_763_769_600.0) -> AsyncIterator[House]:  # fmt: skip
        made = House(tmp_path, HandClock(start) if hand else SystemClock(), tables, languages)
        await made.store.open()
        try:
            yield made
        finally:
            await made.supervisor.close()
            await made.store.close()

    return opened
