"""The supervisor: enter, fail, wait, enter again; and one that cannot work stays down without harm."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from usher.core.actions import Actions, Call
from usher.core.bus import Bus
from usher.core.clock import HandClock
from usher.core.entities import Entity
from usher.core.errors import ConnectionLost, MissingExtra, Place
from usher.core.integration import Kit, Rooms, Site
from usher.core.offers import Kind, Offers
from usher.core.schema import Strict
from usher.core.states import States
from usher.core.store import Store
from usher.core.supervisor import Supervisor
from usher.core.views import View, Views


class Nothing(Strict):
    pass


@pytest.fixture
def rooms(bus: Bus, states: States, clock: HandClock, tmp_path: Path) -> Rooms:
    site = Site("t", "Test", ("en",), tmp_path, tmp_path, "boot", "0")
    store = Store(tmp_path / "hall.db", [])
    return Rooms(site, clock, bus, states, Actions(), Offers(), Views(), store, None, lambda *a, **k: lambda: None)


@pytest.fixture
def supervisor(rooms: Rooms, clock: HandClock) -> Supervisor:
    return Supervisor(clock, lambda name, place: Kit(name, rooms, place))


def opener(log: list[str], fault: Callable[[], BaseException | None]) -> Callable[[Kit], Any]:
    @asynccontextmanager
    async def open_one(kit: Kit) -> AsyncGenerator[str, None]:
        error = fault()
        if error is not None:
            log.append("failed")
            raise error
        log.append("entered")
        yield "thing"
        log.append("left")

    return open_one


async def test_a_lost_connection_is_tried_again_ever_more_slowly(supervisor: Supervisor, clock: HandClock) -> None:
    log: list[str] = []
    supervisor.keep("printer", opener(log, lambda: ConnectionLost("no route.")))
    await clock.turn(0)
    assert supervisor.status() == {"printer": "waiting"}
    await clock.turn(600)
    assert 6 <= len(log) <= 12  # after 1, 2, 4, ... s with jitter
    await clock.turn(3600)
    assert len(log) <= 12 + 3600 / (300 * 0.75)
    await supervisor.close()


async def test_back_up_when_the_other_end_is_back(supervisor: Supervisor, clock: HandClock) -> None:
    log: list[str] = []
    faults = iter([ConnectionLost("gone."), None])
    told: list[str] = []
    supervisor.keep("printer", opener(log, lambda: next(faults)), ready=told.append, lost=lambda: told.append("lost"))
    await clock.turn(5)
    assert (log, told) == (["failed", "entered"], ["thing"])
    assert supervisor.status() == {"printer": "up"}
    await supervisor.close()
    assert (log[-1], told) == ("entered", ["thing", "lost"])


@pytest.mark.parametrize("error", [MissingExtra("face", "face"), ValueError("a bug")])
async def test_what_waiting_does_not_mend_stays_down(
    supervisor: Supervisor, clock: HandClock, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    log: list[str] = []
    supervisor.keep("face", opener(log, lambda: error), place=Place("configuration.yaml", 7, 3))
    await clock.turn(3600)
    assert log == ["failed"]
    assert supervisor.status() == {"face": "down"}
    assert "configuration.yaml:7:3" in caplog.text
    await supervisor.close()


async def test_a_fault_in_a_task_ends_the_block(supervisor: Supervisor, clock: HandClock) -> None:
    log: list[str] = []

    @asynccontextmanager
    async def open_one(kit: Kit) -> AsyncGenerator[None, None]:
        async def listen() -> None:
            await kit.clock.sleep(10)
            raise ConnectionLost("the line went dead.")

        kit.task(listen())
        log.append("entered")
        yield

    supervisor.keep("sign", open_one)
    await clock.turn(9)
    assert log == ["entered"]
    await clock.turn(4)
    assert log == ["entered", "entered"]
    await supervisor.close()


async def test_the_kit_gives_everything_back(supervisor: Supervisor, rooms: Rooms, clock: HandClock) -> None:
    kind: Kind[int] = Kind("number")

    async def act(data: Nothing, call: Call) -> None:
        return None

    @asynccontextmanager
    async def open_one(kit: Kit) -> AsyncGenerator[None, None]:
        kit.action("test.act", Nothing, act)
        kit.entity(Entity("sensor.a")).show(1)
        kit.offer(kind, "one", 1)
        kit.view(View("a/b", dict))
        kit.listen(lambda e: None, "a")
        kit.every(1, lambda: None)
        kit.task(kit.clock.sleep(1000), "idle")
        yield

    cancel = supervisor.keep("all", open_one)
    await clock.turn(1)
    assert rooms.states.get("sensor.a") is not None
    assert rooms.actions.get("test.act") is not None
    assert (rooms.offers.all(kind), rooms.bus.listened()) == ({"one": 1}, {"a": 1})
    cancel()
    await clock.turn(0)
    assert "sensor.a" not in rooms.states
    assert (rooms.actions.all(), rooms.offers.all(kind), rooms.bus.listened(), rooms.views.all()) == ([], {}, {}, [])
    assert supervisor.status() == {}
