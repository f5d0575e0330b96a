"""Checking in: the appointment found by what the visitor shows, today's ticket issued, its place in line the slot's."""

from dataclasses import dataclass
from typing import Any, Final, cast

from ...errors import BadData, Refused
from ..admission.issuing import Wanted, issue
from ..config import AppointmentType
from ..events import APPOINTMENT_ARRIVED, APPOINTMENT_MISSED, Appointment, PublicTicket
from ..floor import Floor
from ..hall import Hall
from ..journal import Decision
from .availability import Availability
from .booking import Booking, unknown, wrong_state

SHOWN: Final = ("appointment", "phone", "card", "visitor", "case")
CLASS: Final = "appointment"  # of who arrives in time, where the hall's classes have it


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the visitor shows: one of these."""

    appointment: str | None = None  # its id or code
    phone: str | None = None
    card: str | None = None
    visitor: str | None = None
    case: str | None = None


class Arriving:
    """The rules of checking in."""

    def __init__(self, hall: Hall, room: Availability, booking: Booking) -> None:
        self._hall, self._room, self._booking = hall, room, booking

    def find(self, floor: Floor, shown: Shown, today: str, now: float) -> Appointment:
        """The appointment meant. Of several the first of today that is still to come, else the nearest."""
        if shown.appointment is not None:
            return self._booking.find(floor, shown.appointment)
        what = next((one for one in SHOWN if getattr(shown, one) is not None), None)
        if what is None:
            raise BadData({"en": "Say which appointment: by id or code, phone, card, visitor or case.",
                           "zh-CN": "请指定预约：编号或预约码、电话、卡号、访客或受理编号。"})  # fmt: skip
        found = floor.book.of(what, str(getattr(shown, what)))
        if not found and what in ("card", "phone"):  # another card or phone of somebody the hall knows
            visitor = floor.register.who(shown.card, shown.phone)
            found = floor.book.of("visitor", visitor) if visitor else []
        if not found:
            raise unknown()
        return min(found, key=lambda row: (row["day"] != today, row["state"] != "booked", abs(row["at"] - now)))

    def check_in(
        self, d: Decision, row: Appointment, origin: str | None, language: str | None
    ) -> tuple[Appointment, PublicTicket]:
        """Today's ticket. Raises Refused if it is not the day or hour for it."""
        if row["state"] == "arrived":
            raise self._arrived(d.floor, row)
        if row["state"] != "booked":
            raise wrong_state(row)
        type_ = self._room.type(row["type"])
        late = self._late(d, row, type_)
        ready = late or type_.ready_before is None or d.now >= row["at"] - type_.ready_before
        more: dict[str, Any] = {"appointment": row["id"], "slot": row["at"]}
        if not ready:
            more["promised"] = True  # the place in line is the slot's, also when it becomes ready
        if row["case"]:
            more["case"] = row["case"]
        if row["staff"]:
            more["reserved_staff"] = row["staff"]
        person = d.floor.people.get(row["id"], {})
        ticket = issue(self._hall, d, Wanted(
            queue=type_.queue, service=type_.service, class_=row["class"] if late else self._class(row, type_),
            party=row["party"], ready=ready, language=language or row["language"], visitor=row["visitor"],
            name=person.get("name"), phone=person.get("phone"), origin=origin or row["origin"],
            place=None if late else [row["at"] - type_.head_start, float(d.seq)], more=more,
        ), "all" if late else "door")  # fmt: skip
        times = {**row["times"], "arrived": d.now, **({} if ready else {"early": d.now})}
        # The YAML may lead elsewhere than when it was booked: a queue was renamed, a service told apart no more.
        new = cast("Appointment", {**row, "state": "arrived", "queue": type_.queue, "service": type_.service,
                                   "ticket": ticket["id"], "times": times})  # fmt: skip
        self._booking.tell(d, APPOINTMENT_ARRIVED, row, new, number=ticket["number"], late=late)
        return new, ticket

    def miss(self, d: Decision, row: Appointment) -> Appointment:
        """Nobody came."""
        if row["state"] != "booked":
            raise wrong_state(row)
        if d.now < row["at"]:
            raise Refused("too_early", {
                "en": "It is not over yet: it begins at {when}.", "zh-CN": "预约时间未到（{when}）。"},
                next=row["at"], when=self._room.said(row["at"]))  # fmt: skip
        return self._booking.end(d, APPOINTMENT_MISSED, row, "missed")

    def _late(self, d: Decision, row: Appointment, type_: AppointmentType) -> bool:
        opens = row["at"] - type_.early
        if d.now < opens:
            code, words = ("not_today", {"en": "Your appointment is on {slot}. Check in from {when}.",
                                         "zh-CN": "您的预约时间是 {slot}，请于 {when} 后签到。"}) \
                if row["day"] != d.day else \
                ("too_early", {"en": "You are early: please check in from {when}.",
                               "zh-CN": "尚未到签到时间，请于 {when} 后签到。"})  # fmt: skip
            raise Refused(code, words, next=opens, slot=self._room.said(row["at"]), when=self._room.said(opens))
        if d.now <= row["at"] + type_.late:
            return False
        if type_.when_late == "refuse" or row["day"] < d.day:
            raise Refused("too_late", {
                "en": "Your appointment was at {slot}. Please take a number or ask staff.",
                "zh-CN": "您的预约时间（{slot}）已过，请重新取号或咨询工作人员。"}, slot=self._room.said(row["at"]))  # fmt: skip
        return True

    def _class(self, row: Appointment, type_: AppointmentType) -> str:
        """The heaviest that applies."""
        classes = self._hall.site.classes
        booked = type_.class_ or CLASS
        if booked in classes and classes[booked] > classes.get(row["class"], 0):
            return booked
        return row["class"]

    def _arrived(self, floor: Floor, row: Appointment) -> Refused:
        ticket = floor.tickets.get(row["ticket"] or "")
        return Refused("already_arrived", {
            "en": "You have checked in already: your number is {number}.",
            "zh-CN": "您已签到，号码是 {number}。"}, number=ticket["number"] if ticket else "?")  # fmt: skip
