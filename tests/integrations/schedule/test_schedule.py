"""Schedules: the blocks of the week, dates that are different, and days of 23 and 25 hours."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from usher.core.actions import Actions
from usher.core.bus import Bus
from usher.core.check import check
from usher.core.clock import HandClock
from usher.core.errors import Unknown
from usher.core.events import Event
from usher.core.integration import Kit, Rooms, Site
from usher.core.offers import Offers
from usher.core.states import State, States
from usher.core.testing import branch
from usher.core.views import Views
from usher.integrations.schedule.config import Config
from usher.integrations.schedule.entities import open_schedules

YAML = """
schedule:
  opening:
    name: Opening
    monday: [{from: "13:00", to: "17:30"}, {from: "09:00", to: "12:00", data: {desks: 3, quiet: true}}]
    tuesday: {from: "09:00", to: "12:00"}
    saturday: [{from: "22:00", to: "24:00"}]
    sunday: [{from: "00:00", to: "01:00"}]
    except:
      - {date: "2025-12-01"}
      - {date: "2025-12-08", until: 2025-12-09, blocks: [{from: "10:00", to: "11:00"}]}
"""


class Alone:
    """Schedules without a hall around them: days pass quickly here."""

    def __init__(self, folder: Path, clock: HandClock) -> None:
        self.bus = Bus(clock)
        self.states = States(self.bus, clock)
        self.heard: list[Event] = []
        self.bus.listen(self.heard.append)
        site = Site("here", "Here", ("en",), folder, folder, "boot", "0")
        nothing: Any = None
        rooms = Rooms(site, clock, self.bus, self.states, Actions(), Offers(), Views(), nothing, nothing, nothing)
        self.kit = Kit("schedule", rooms)

    def state(self, entity_id: str) -> State:
        state = self.states.get(entity_id)
        assert state is not None
        return state


@asynccontextmanager
async def alone(text: str, folder: Path, clock: HandClock) -> AsyncGenerator[Alone, None]:
    made = Alone(folder, clock)
    async with open_schedules(Config.model_validate(yaml.safe_load(text)["schedule"]), made.kit):
        yield made
    await made.kit.close()


def at(text: str, zone: str) -> HandClock:
    return HandClock(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp(), zone)


def shown(hall: Alone) -> tuple[Any, Any]:
    state = hall.state("schedule.opening")
    following = state.attributes["next_event"]
    return state.value, following and following[:16]


async def test_a_week(tmp_path: Path) -> None:
    clock = at("2025-11-23T20:00", "Asia/Shanghai")  # a Sunday
    async with alone(YAML, tmp_path, clock) as hall:
        assert shown(hall) == ("off", "2025-11-24T09:00")
        assert hall.state("schedule.opening").attributes["next_event"] == "2025-11-24T09:00:00+08:00"
        await clock.turn(13 * 3600 - 1)
        assert shown(hall) == ("off", "2025-11-24T09:00")
        await clock.turn(1)
        assert shown(hall) == ("on", "2025-11-24T12:00")
        assert hall.state("schedule.opening").attributes["desks"] == 3
        await clock.turn(3 * 3600)
        assert shown(hall) == ("off", "2025-11-24T13:00")
        assert "desks" not in hall.state("schedule.opening").attributes
        await clock.turn(3600)
        assert shown(hall) == ("on", "2025-11-24T17:30")
        await clock.turn(86400)
        assert shown(hall) == ("off", "2025-11-29T22:00")


async def test_over_midnight_it_stays_on(tmp_path: Path) -> None:
    clock = at("2025-11-29T21:59:59", "Asia/Shanghai")
    async with alone(YAML, tmp_path, clock) as hall:
        await clock.turn(2 * 3600 + 1)
        assert shown(hall) == ("on", "2025-11-30T01:00")
        changes = [e for e in hall.heard if e.data["entity_id"] == "schedule.opening"]
        assert [e.data["new_state"].value for e in changes] == ["off", "on", "on"]
        await clock.turn(3600)
        assert shown(hall)[0] == "off"


async def test_dates_that_are_different(tmp_path: Path) -> None:
    clock = at("2025-11-30T23:00", "Asia/Shanghai")
    async with alone(YAML, tmp_path, clock) as hall:
        assert shown(hall) == ("off", "2025-12-02T09:00")  # Monday 1 December is closed
        await clock.turn(8 * 86400)
        assert shown(hall) == ("off", "2025-12-09T10:00")  # Tuesday 9 December opens at ten
        await clock.turn(12 * 3600)
        assert shown(hall) == ("off", "2025-12-13T22:00")


@pytest.mark.parametrize(
    ("begin", "hours", "expected"),
    [
        # Berlin, 30 March 2025: 02:00 becomes 03:00; the night's block of 00:00-06:00 is five hours long.
        ("2025-03-29T23:00", [0.5, 0.5, 4.99, 0.02], ["off", "on", "on", "off"]),
        # 26 October 2025: 03:00 becomes 02:00; it is seven hours long.
        ("2025-10-25T23:00", [0.5, 0.5, 6.99, 0.02], ["off", "on", "on", "off"]),
    ],
)
async def test_days_of_23_and_25_hours(tmp_path: Path, begin: str, hours: list[float], expected: list[str]) -> None:
    text = 'schedule: {opening: {sunday: [{from: "00:00", to: "06:00"}]}}'
    clock = at(begin, "Europe/Berlin")
    async with alone(text, tmp_path, clock) as hall:
        seen = []
        for span in hours:
            await clock.turn(span * 3600)
            seen.append(shown(hall)[0])
        assert seen == expected


async def test_a_wall_clock_that_is_set_is_followed_within_the_hour(tmp_path: Path) -> None:
    clock = at("2025-11-24T08:00", "Asia/Shanghai")
    async with alone(YAML, tmp_path, clock) as hall:
        clock.set_back(-3 * 3600)
        await clock.turn(3600)
        assert shown(hall)[0] == "off"  # 12:00
        clock.set_back(3600)
        await clock.turn(3600)
        assert shown(hall)[0] == "off"
        clock.set_back(3 * 3600)
        await clock.turn(3600)
        assert shown(hall) == ("on", "2025-11-24T12:00")


async def test_one_that_is_never_on(tmp_path: Path) -> None:
    async with branch("schedule: {never: {name: Never}}", tmp_path, clock=HandClock()) as hall:
        assert hall.state("schedule.never").value == "off"
        assert hall.state("schedule.never").attributes["next_event"] is None


async def test_get_schedule(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path, clock=HandClock()) as hall:
        answer = await hall.act("schedule.get_schedule", target={"entity_id": "schedule.opening"})
        week = answer["schedule.opening"]
        assert list(week) == ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
        assert week["monday"] == [{"from": "09:00:00", "to": "12:00:00", "data": {"desks": 3, "quiet": True}},
                                  {"from": "13:00:00", "to": "17:30:00"}]  # fmt: skip
        assert week["saturday"] == [{"from": "22:00:00", "to": "24:00:00"}]
        with pytest.raises(Unknown):
            await hall.act("schedule.get_schedule", entity_id="schedule.nobody")


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ('{monday: [{from: "09:00", to: "08:00"}]}', "from 09:00 is not before to 08:00."),
        (
            '{monday: [{from: "09:00", to: "12:00"}, {from: "11:00", to: "13:00"}]}',
            "the blocks from 09:00 and from 11:00 overlap.",
        ),
        ('{monday: [{from: "24:00", to: "24:00"}]}', "not a time of day"),
        ('{monday: [{to: "12:00"}]}', "the key 'from' is missing"),
        ("{funday: []}", "there is no key 'funday' here. Did you mean 'sunday'?"),
        ('{except: [{date: "2025-02-29"}]}', "'2025-02-29' is not a date."),
        ('{except: [{date: "2025-03-02", until: "2025-03-01"}]}', "until 2025-03-01 is before date 2025-03-02."),
        ('{monday: [{from: "09:00", to: "10:00", data: {a: [1]}}]}', "does not fit"),
    ],
)
def test_faults_in_the_yaml(tmp_path: Path, item: str, says: str) -> None:
    (tmp_path / "configuration.yaml").write_text(f"schedule:\n  a: {item}\n", "utf-8")
    problems = [problem.text for problem in check(tmp_path, always=())]
    assert any(says in text for text in problems), problems
