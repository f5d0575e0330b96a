"""Visits of several stays, appointments and listed staff in a simulated day."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from usher.core.engine import Engine
from usher.core.errors import UsherError
from usher.core.events import Event
from usher.core.simulation.day import Day
from usher.core.simulation.report import figures
from usher.core.simulation.rota import seated
from usher.core.simulation.scenario import referral

from .test_day import live

CLINIC = """
usher: {name: Clinic, time_zone: Asia/Shanghai, languages: [en], classes: {appointment: 10, normal: 0}}
queue:
  doctor: {name: Doctor, prefix: D}
  lab: {name: Laboratory, prefix: L}
  pharmacy: {name: Pharmacy, prefix: P}
counter:
  "1": {name: Room 1, serves: [doctor], stage: 2}
  "2": {name: Lab, serves: [lab]}
  "3": {name: Window, serves: [pharmacy]}
automation:
  - triggers: {trigger: ticket, event: issued, queue: doctor}
    actions:
      - action: ticket.update
        data: {ticket: "{{ trigger.ticket.id }}", then: [{queue: pharmacy, ready: false}]}
"""
BOOKING = """
calendar: {hours: {name: Hours, open: {mon-sun: ["09:00-12:00"]}}}
staff: {li: {name: Dr Li, pools: [doctor]}}
appointment: {visit: {name: Visit, queue: doctor, slot: "00:15", calendar: hours, staff: [li]}}
"""


def _heard(events: list[Event]) -> Any:
    def made(engine: Engine) -> None:
        engine.bus.listen(events.append)

    return made


def _ways(events: list[Event]) -> Counter[tuple[str, ...]]:
    """How often each way through the house was gone: the queues at whose counters somebody was finished or sent on."""
    ways: dict[str, list[str]] = {}
    for event in events:
        if event.type == "ticket_started":
            ways.setdefault(event.data["ticket"]["id"], []).append(event.data["ticket"]["queue"])
    return Counter(map(tuple, ways.values()))


def test_a_visit_of_several_stays(tmp_path: Path) -> None:
    """All are sent to the laboratory and come back to their doctor; then what was prescribed is made up."""
    events: list[Event] = []
    csv = "time,queue\n" + "".join(f"10:{n:02d},doctor\n" for n in range(0, 50, 10))
    day = live(tmp_path, CLINIC, csv, _heard(events), service=60, making=300, referrals={"doctor": ("lab", 1.0)})
    assert _ways(events) == {("doctor", "lab", "doctor", "pharmacy"): 5}
    made_up = [event for event in events if event.type == "ticket_ready"]
    assert len(made_up) == 5
    found = figures(day)
    assert found["tickets"]["finished"] == 5
    assert found["problems"] == []


def test_those_before_the_door_are_called_too(tmp_path: Path) -> None:
    csv = "time,queue\n" + "10:00,doctor\n" * 4
    events: list[Event] = []
    day = live(tmp_path, CLINIC, csv, _heard(events), service=60, making=10)
    assert [event.type for event in events].count("ticket_staged") >= 2
    assert figures(day)["tickets"]["finished"] == 4


def _booked(tmp_path: Path, **more: Any) -> tuple[Day, list[Event]]:
    events: list[Event] = []
    day = live(tmp_path, CLINIC + BOOKING, made=_heard(events), visitors=0, service=60, making=10, **more)
    return day, events


def test_who_has_booked_comes_about_that_time(tmp_path: Path) -> None:
    day, events = _booked(tmp_path, booked=1.0, missing=0.0)
    arrived = [event for event in events if event.type == "ticket_issued"]
    assert len(arrived) == day.arrivals == 12
    assert {event.data["ticket"]["class"] for event in arrived} >= {"appointment"}
    signed_in = {event.data["staff"] for event in events if event.type == "counter_signed_in"}
    assert "li" in signed_in
    assert figures(day)["problems"] == []


def test_nobody_need_have_booked(tmp_path: Path) -> None:
    day, events = _booked(tmp_path, booked=0.0)
    assert day.arrivals == 0
    assert not [event for event in events if event.type == "appointment_booked"]


def test_some_who_have_booked_do_not_come(tmp_path: Path) -> None:
    day, events = _booked(tmp_path, booked=1.0, missing=1.0)
    assert day.arrivals == 0
    assert len([event for event in events if event.type == "appointment_missed"]) == 12


def test_staff_sit_where_they_fit() -> None:
    class Of:
        def __init__(self, **fields: Any) -> None:
            self.__dict__.update(fields)

    queues = {"doctor": Of(skills=["medicine"]), "desk": Of(skills=[])}
    counters = {"1": Of(serves=[Of(queue="desk")], pools=[]), "2": Of(serves=[Of(queue="doctor")], pools=["south"]),
                "3": Of(serves=[Of(queue="doctor")], pools=["north"])}  # fmt: skip
    staff = {"ann": Of(skills=["medicine"], pools=["north"]), "ben": Of(skills=["medicine"], pools=["south", "doctor"]),
             "cat": Of(skills=[], pools=["doctor"])}  # fmt: skip
    assert seated(counters, staff, queues) == {"2": "ben", "3": "ann"}


@pytest.mark.parametrize("text", ["internal", "internal=lab", "internal=lab:2", "=lab:0.5", "internal=:0.5"])
def test_a_referral_that_cannot_be_read(text: str) -> None:
    with pytest.raises(UsherError, match="sends nobody anywhere"):
        referral(text)


def test_a_referral_is_read() -> None:
    assert referral("queue.internal=queue.lab:0.3") == ("internal", ("lab", 0.3))
