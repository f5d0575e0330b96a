"""Blueprints about appointments."""

from .conftest import HALL
from .leaping import leaping

BOOKABLE = (
    HALL
    + """
calendar: {office: {open: {daily: "09:00-18:00"}}}
appointment:
  passport: {name: {en: Passport, zh-CN: 护照}, notes: {en: Bring it., zh-CN: 请携带护照。}, queue: main, calendar: office,
             slot: "00:30", reminders: ["01:00"]}
  visa: {name: Visa, queue: main, calendar: office, slot: "00:30", reminders: ["01:00"]}
"""
)
AUTOMATION = """
automation:
  - use_blueprint:
      path: usher/appointment_reminder.yaml
      input:
        types: [appointment.passport]
        actions: {event: told, event_data: {to: "tel:{{ booking.person.phone }}", text: "{{ message }}"}}
"""


@leaping
async def test_appointment_reminder(house):
    async with house(AUTOMATION, hall=BOOKABLE) as h:
        made = await h.do("appointment.book", type="passport", at="2025-11-24 14:00", phone="+86138", language="zh-CN")
        english = await h.do("appointment.book", type="passport", at="2025-11-24 14:30", phone="+86139", language="en")
        await h.do("appointment.book", type="visa", at="2025-11-24 14:00", phone="+86137")
        await h.turn(3590)
        assert h.told() == []
        await h.turn(60)
        assert h.told() == [
            {"to": "tel:+86138", "text": f"您预约的护照：2025-11-24 14:00，预约码 {made['code']}。请携带护照。"}
        ]
        await h.turn(1800)
        assert h.told()[1:] == [
            {
                "to": "tel:+86139",
                "text": f"Your appointment, Passport: 2025-11-24 14:30, code {english['code']}. Bring it.",
            }
        ]
