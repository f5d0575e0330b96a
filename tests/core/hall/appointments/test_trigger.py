"""`trigger: appointment`: its events, filtered; and what it tells the automation."""

from pathlib import Path

from usher.core.clock import HandClock
from usher.core.testing import branch

from .conftest import MONDAY, YAML, pass_time

AUTOMATIONS = """
automation:
  - triggers: {trigger: appointment, event: [booked, cancelled], type: passport}
    actions: {event: told, event_data: {what: "{{ trigger.event.event_type }}", at: "{{ trigger.appointment.at }}"}}
  - triggers: {trigger: appointment, event: reminder, before: "01:00"}
    actions:
      - action: appointment.get
        data: {appointment: "{{ trigger.appointment.id }}"}
        response_variable: one
      - {event: told, event_data: {phone: "{{ one.person.phone }}", code: "{{ one.code }}", time: "{{ one.time }}"}}
  - triggers: {trigger: appointment, event: arrived, staff: wang}
    actions: {event: told, event_data: {number: "{{ trigger.number }}"}}
"""


async def test_an_automation_hears_of_appointments(tmp_path: Path) -> None:
    clock = HandClock(MONDAY, "Asia/Shanghai")
    async with branch(YAML + AUTOMATIONS, tmp_path, clock=clock) as hall:
        made = await hall.act("appointment.book", type="passport", at="2025-11-24 10:00", phone="138")
        doctor = await hall.act("appointment.book", type="doctor", at="2025-11-24 09:00", staff="wang")
        await hall.act("appointment.book", type="passport", at="2025-11-24 10:00", hold=True)
        await pass_time(hall, clock, 1800)  # the held one lapses and was never an appointment
        await hall.act("appointment.check_in", appointment=doctor["code"])
        await pass_time(hall, clock, 1860)
        told = [dict(event.data) for event in hall.events("told")]
        assert told == [
            {"what": "appointment_booked", "at": MONDAY + 7200},
            {"number": "C001"},
            {"phone": 138, "code": int(made["code"]), "time": "2025-11-24 10:00"},
        ]
