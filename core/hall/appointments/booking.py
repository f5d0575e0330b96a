"""Booking, changing and cancelling an appointment: the rules, each decided in one turn, so no slot is ever oversold."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from ...clock import local
from ...errors import Refused, Unknown
from ...ids import new_id
from ..config import AppointmentType
from ..events import (
    APPOINTMENT_BOOKED,
    APPOINTMENT_CANCELLED,
    APPOINTMENT_CHANGED,
    APPOINTMENT_HELD,
    Appointment,
)
from ..floor import Floor
from ..hall import Hall
from ..journal import Decision
from .availability import Availability, full, no_slot
from .codes import band, code
from .slots import Slot

MAX_APPOINTMENTS: Final = 200_000  # kept at once
MAX_HELD: Final = 50  # by one outside caller: a public page cannot keep a whole day for nobody
HOLD: Final = 300.0  # seconds a slot is held for who still types their name
_STATES: Final = {
    "held": ("is held and not booked yet", "仅暂留，尚未预约"),
    "booked": ("is booked", "已预约"),
    "arrived": ("has checked in already", "已签到"),
    "cancelled": ("was cancelled", "已取消"),
    "missed": ("was missed", "已过期未到"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The appointment somebody wants."""

    type: str
    starts: list[float]  # one of these; mostly there is but one
    by: str
    staff: str | None = None
    party: int = 1
    class_: str | None = None
    visitor: str | None = None
    case: str | None = None
    language: str | None = None
    origin: str | None = None
    note: str | None = None
    hold: bool = False
    inside: bool = True  # asked for by the hall's own people, who may book what is not public


class Booking:
    """The rules of the appointment book. `seed(id, n)` gives numbers that only this hall can know."""

    def __init__(self, hall: Hall, room: Availability, seed: Callable[[str, int], int]) -> None:
        self._hall, self._room, self._seed = hall, room, seed

    def find(self, floor: Floor, named: str) -> Appointment:
        """An appointment by id or code; raises Unknown("unknown_appointment")."""
        found = floor.book.rows.get(named) or floor.book.by_code(named.replace(" ", ""))
        if found is None:
            raise unknown()
        return found

    def book(self, d: Decision, asked: Asked, person: dict[str, str | None]) -> Appointment:
        """Book it, or hold its slot. Raises Refused, with the next free time where there is one."""
        type_ = self._room.type(asked.type)
        asked = replace(asked, visitor=asked.visitor or d.floor.register.who(person["card"], person["phone"]))
        self._may_ask(d, type_, asked, person)
        slot = self._slot(d, asked.type, type_, asked.starts)
        staff, free = self._with(d.floor, asked, type_, slot)
        if free < asked.party:
            raise full(self._room, self._room.next_free(d.floor, asked.type, d.now, d.now, asked.party, asked.staff))
        id_ = new_id()
        row = cast("Appointment", {
            "id": id_, "site": self._hall.site.id, "type": asked.type, "queue": type_.queue, "service": type_.service,
            "staff": staff, "at": slot.start, "until": slot.end, "day": self._room.day(slot.start),
            "class": asked.class_ or "normal", "party": asked.party, "state": "held" if asked.hold else "booked",
            "visitor": asked.visitor, "case": asked.case, "language": asked.language, "origin": asked.origin,
            "by": asked.by, "ticket": None, "changes": 0, "reminded": passed(type_, slot.start, d.now),
            "times": {"booked": d.now}, **({"note": asked.note} if asked.note else {}),
        })  # fmt: skip
        d.put("person", id_, {**person, "code": self._code(d, row)})
        return self.tell(d, APPOINTMENT_HELD if asked.hold else APPOINTMENT_BOOKED, None, row)

    def _with(self, floor: Floor, asked: Asked, type_: AppointmentType, slot: Slot) -> tuple[str | None, int]:
        """Who has room: whoever is asked for, else the visitor's own staff while they have any, else who has most."""
        row = floor.visitors.get(asked.visitor or "")
        own = row["staff"] if row is not None and row["staff"] in type_.staff else None
        if asked.staff is None and own is not None:
            found = self._room.with_most(floor, asked.type, slot, own)
            if found[1] >= asked.party:
                return found
        return self._room.with_most(floor, asked.type, slot, asked.staff)

    def confirm(self, d: Decision, row: Appointment, person: dict[str, str | None], case: str | None) -> Appointment:
        """A held slot is booked, now that it is known for whom."""
        if row["state"] != "held":
            raise wrong_state(row)
        type_ = self._room.type(row["type"])
        given = {key: value for key, value in person.items() if value}
        known = {**d.floor.people.get(row["id"], {}), **given}
        _complete(type_, known, case or row["case"])
        visitor = row["visitor"] or d.floor.register.who(known.get("card"), known.get("phone"))
        self._not_blocked(d, visitor, known.get("phone"))
        self._limit(d, row["type"], type_, known, visitor, case or row["case"], row["id"])
        d.put("person", row["id"], known)
        new = cast("Appointment", {**row, "state": "booked", "case": case or row["case"], "visitor": visitor,
                                   "times": {**row["times"], "booked": d.now}})  # fmt: skip
        return self.tell(d, APPOINTMENT_BOOKED, None, new)

    def change(self, d: Decision, row: Appointment, *, to_type: str | None, starts: list[float] | None,
               staff: str | None, party: int | None, inside: bool) -> Appointment:  # fmt: skip
        """Another time, type, member of staff or number of people; what is not said stays."""
        if row["state"] != "booked":
            raise wrong_state(row)
        name = to_type or row["type"]
        type_ = self._room.type(name)
        if not inside:
            self._still_free(d, row)
            if not type_.public:
                raise _not_public()
        slot = self._slot(d, name, type_, starts or [row["at"]])
        self._known_staff(name, type_, staff)
        keeps = name == row["type"] and staff is None and row["staff"] in type_.staff
        who, free = self._room.with_most(d.floor, name, slot, row["staff"] if keeps else staff, row)
        wanted = party or row["party"]
        if free < wanted:
            raise full(self._room, self._room.next_free(d.floor, name, d.now, d.now, wanted, staff))
        new = cast("Appointment", {
            **row, "type": name, "queue": type_.queue, "service": type_.service, "staff": who, "at": slot.start,
            "until": slot.end, "day": self._room.day(slot.start), "party": wanted, "changes": row["changes"] + 1,
            "reminded": passed(type_, slot.start, d.now),
            "times": {key: at for key, at in {**row["times"], "changed": d.now}.items() if key != "due"},
        })  # fmt: skip
        person = d.floor.people.get(row["id"], {})
        if not str(person.get("code", "")).startswith(self._band(slot.start)):
            d.put("person", row["id"], {**person, "code": self._code(d, new)})
        return self.tell(d, APPOINTMENT_CHANGED, row, new)

    def cancel(self, d: Decision, row: Appointment, *, inside: bool, reason: str | None = None) -> Appointment:
        """Its place is free again."""
        if row["state"] not in ("held", "booked"):
            raise wrong_state(row)
        if not inside and row["state"] == "booked":
            self._still_free(d, row)
        return self.end(d, APPOINTMENT_CANCELLED, row, "cancelled", reason=reason)

    def end(self, d: Decision, event: str, row: Appointment, state: str, **more: Any) -> Appointment:
        """It is over: cancelled or missed."""
        new = cast("Appointment", {**row, "state": state, "times": {**row["times"], state: d.now}})
        if state == "missed" and row["visitor"] is not None:
            self._hall.visitors.miss(d, row["visitor"], row["id"], "appointment")
        return self.tell(d, event, row, new, **more)

    def tell(self, d: Decision, event: str, old: Appointment | None, new: Appointment, **more: Any) -> Appointment:
        """Put the appointment as it is now and say what happened to it."""
        d.put("appointment", new["id"], new)
        before = None if old is None else {key: old[key] for key in ("state", "type", "at", "staff", "party")}
        d.event(event, {"appointment": new, "from": before, **more})
        return new

    def _may_ask(self, d: Decision, type_: AppointmentType, asked: Asked, person: dict[str, str | None]) -> None:
        if not type_.public and not asked.inside:
            raise _not_public()
        if asked.class_ not in (None, "normal") and asked.class_ not in self._hall.site.classes:
            raise Unknown("unknown_class", {
                "en": "There is no class {name} in this hall.", "zh-CN": "没有 {name} 这类客户。"}, name=asked.class_)  # fmt: skip
        self._known_staff(asked.type, type_, asked.staff)
        self._not_blocked(d, asked.visitor, person["phone"])
        if not asked.hold:
            _complete(type_, person, asked.case)
        self._limit(d, asked.type, type_, person, asked.visitor, asked.case, None)
        holds = sum(d.floor.book.rows[one]["by"] == asked.by for one in d.floor.book.held) if asked.hold else 0
        if len(d.floor.book.rows) >= MAX_APPOINTMENTS or (holds >= MAX_HELD and not asked.inside):
            raise Refused("busy", {"en": "Too much at once. Try again.", "zh-CN": "系统繁忙，请稍后再试。"})

    def _not_blocked(self, d: Decision, visitor: str | None, phone: str | None) -> None:
        blocked = self._hall.visitors.blocked(d.floor, visitor, phone)
        if blocked is not None:
            raise blocked

    def _known_staff(self, name: str, type_: AppointmentType, staff: str | None) -> None:
        if staff is not None and staff not in type_.staff:
            raise Unknown("unknown_staff", {
                "en": "{staff} cannot be booked for {type}.", "zh-CN": "{type} 不能预约 {staff}。"}, staff=staff, type=name)  # fmt: skip

    def _limit(self, d: Decision, name: str, type_: AppointmentType, person: dict[str, Any], visitor: str | None,
               case: str | None, but: str | None) -> None:  # fmt: skip
        """One phone, visitor or case has at most so many of a type booked."""
        mine = {
            row["id"] for key, value in (("phone", person.get("phone")), ("visitor", visitor), ("case", case))
            if value for row in d.floor.book.of(key, value)
            if row["type"] == name and row["state"] in ("held", "booked") and row["id"] != but
        }  # fmt: skip
        if len(mine) >= type_.per_person:
            raise Refused("already_booked", {
                "en": "You have {n} such appointments already. Change or cancel one.",
                "zh-CN": "您已有 {n} 个同类预约，请更改或取消其中一个。"}, n=len(mine))  # fmt: skip

    def _slot(self, d: Decision, name: str, type_: AppointmentType, starts: list[float]) -> Slot:
        slot = self._room.find(name, starts)
        if slot is None:
            raise no_slot(self._room, name, self._room.next_free(d.floor, name, min(starts), d.now))
        if slot.start < d.now + type_.notice:
            raise Refused("too_short_notice", {
                "en": "It is too late to book that time.", "zh-CN": "该时段已不能预约。"},
                next=self._room.next_free(d.floor, name, d.now, d.now))  # fmt: skip
        if slot.start > d.now + type_.ahead:
            opens = slot.start - type_.ahead
            raise Refused("not_bookable_yet", {
                "en": "That time can be booked from {when}.", "zh-CN": "该时段 {when} 起可以预约。"},
                next=opens, when=self._room.said(opens))  # fmt: skip
        return slot

    def _still_free(self, d: Decision, row: Appointment) -> None:
        """Whoever is outside changes nothing in the last minutes, as the type says."""
        type_ = self._hall.config.appointment.get(row["type"])
        if type_ is not None and d.now > row["at"] - type_.fixed:
            raise Refused("too_late_to_change", {
                "en": "It is too late to change or cancel this. Please call the hall.",
                "zh-CN": "已超过更改或取消的期限，请联系大厅。"})  # fmt: skip

    def _code(self, d: Decision, row: Appointment) -> str:
        moment = local(self._hall.clock, row["at"])
        return code(moment, lambda n: self._seed(row["id"], n), d.floor.book.has_code)

    def _band(self, at: float) -> str:
        return str(band(local(self._hall.clock, at)))


def passed(type_: AppointmentType, at: float, now: float) -> list[float]:
    """The reminders whose time is over when it is booked only now."""
    return [before for before in type_.reminders if at - before <= now]


def unknown() -> Unknown:
    return Unknown("unknown_appointment", {
        "en": "There is no such appointment.", "zh-CN": "没有这个预约。"})  # fmt: skip


def _complete(type_: AppointmentType, person: dict[str, Any], case: str | None) -> None:
    missing = [one for one in type_.asks if not (case if one == "case" else person.get(one))]
    if missing:
        chinese = {"name": "姓名", "phone": "电话", "case": "受理编号"}
        raise Refused("details_missing", {
            "en": "Please give: {en}.", "zh-CN": "请填写：{zh}。"},
            en=", ".join({"case": "the case number"}.get(one, f"a {one}") for one in missing),
            zh="、".join(chinese[one] for one in missing))  # fmt: skip


def wrong_state(row: Appointment) -> Refused:
    en, zh = _STATES[row["state"]]
    return Refused("wrong_state", {"en": f"The appointment {en}.", "zh-CN": f"该预约{zh}。"})


def _not_public() -> Refused:
    return Refused("not_public", {
        "en": "This appointment is made by staff only.", "zh-CN": "该预约仅由工作人员办理。"})  # fmt: skip
