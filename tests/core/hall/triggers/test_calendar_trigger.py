"""The trigger `calendar`: the hall opens and closes, or will in a while."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError
from usher.core.clock import HandClock
from usher.core.hall.triggers.calendar_trigger import CalendarTrigger
from usher.core.testing import branch

ZONE = ZoneInfo("Asia/Shanghai")
YAML = """
usher: {name: Test, site: test}
calendar: {office: {open: {mon-fri: ["08:30-12:00", "13:30-17:00"]}}}
automation:
  - {triggers: [{trigger: calendar, calendar: office}], actions: [{event: opened, event_data: {at: "{{ trigger.at }}"}}]}
  - triggers: [{trigger: calendar, entity_id: calendar.office, event: end, offset: "-00:15"}]
    actions: [{event: closing}]
"""


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()


async def test_it_fires_at_the_moment_and_once(tmp_path: Path) -> None:
    clock = HandClock(at("2026-11-23 08:29:30"), "Asia/Shanghai")
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await clock.turn(29)
        assert hall.events("opened") == []
        await clock.turn(1)
        (event,) = hall.events("opened")
        assert event.data["at"] == "2026-11-23T08:30:00+08:00"
        clock.set_back(120)  # it is 08:28 once more
        await clock.turn(150)
        assert len(hall.events("opened")) == 1
        clock.set_back(clock.now() - at("2026-11-23 11:44:50"))
        await clock.turn(30)
        assert len(hall.events("closing")) == 1
        clock.set_back(clock.now() - at("2026-11-23 13:35"))  # put forward past an opening, by less than an hour
        await clock.turn(20)
        assert len(hall.events("opened")) == 2
        clock.set_back(clock.now() - at("2027-11-22 10:00"))  # a year ahead, and back again
        await clock.turn(20)
        clock.set_back(clock.now() - at("2026-11-24 08:29:50"))
        await clock.turn(40)
        assert len(hall.events("opened")) == 3


async def test_other_hours_hold_after_a_reload(tmp_path: Path) -> None:
    clock = HandClock(at("2026-11-23 08:20"), "Asia/Shanghai")
    async with branch(YAML, tmp_path, clock=clock) as hall:
        await hall.reload(YAML.replace("08:30", "08:21"))
        await clock.turn(70)
        assert len(hall.events("opened")) == 1


@pytest.mark.parametrize(
    ("data", "text"),
    [({"calendar": "a", "offset": "soon"}, "not an offset"), ({}, "one of calendar and entity_id"),
     ({"calendar": "a", "entity_id": "calendar.a"}, "one of calendar and entity_id"),
     ({"calendar": "a", "offset": {"days": 8}}, "a week at most")],
)  # fmt: skip
def test_what_makes_no_sense_is_told(data: dict[str, object], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        CalendarTrigger.model_validate(data)


@pytest.mark.parametrize(
    ("written", "seconds"), [("-00:15", -900), ("00:15", 900), ({"minutes": 5}, 300), ("-0:15:0", -900)]
)
def test_an_offset_as_home_assistant_writes_it(written: object, seconds: float) -> None:
    assert CalendarTrigger.model_validate({"calendar": "a", "offset": written}).offset == seconds
