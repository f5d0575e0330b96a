"""Appointments on the bus: asking what is free, booking, changing, cancelling, checking in; and who may see what."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from functools import cached_property
from typing import Annotated, Any, Final, Literal, TypeAlias, cast

from pydantic import BeforeValidator, Field

from ...access import Caller
from ...actions import Answer as AnyAnswer
from ...actions import Call
from ...attempts import Attempts
from ...clock import local
from ...errors import BadData, NotPermitted, Unknown
from ...integration import Kit
from ...schema import Name, Nothing, Personal, Strict, Target
from ..events import Appointment
from ..hall import Hall
from ..journal import Answer, Decision
from .arriving import Arriving, Shown
from .availability import Availability, conflicts, on_the_wall, stamps
from .booking import Asked, Booking

PEOPLE: Final = ("system", "owner", "manager", "staff")  # see everybody's appointments
MAX_DAYS: Final = 62  # asked for at once
MAX_LISTED: Final = 1000

Starts: TypeAlias = list[float]  # Appointments has a method of that name
TypeName = Annotated[str, Target("appointment")]
AppointmentName = Annotated[str, Target("appointment", later=True), Field(max_length=64)]
StaffName = Annotated[Name, Field(max_length=64)]


def _digits(value: Any) -> Any:
    """A phone number as it is kept: +86 138-0000 0000 -> +8613800000000."""
    return "".join(c for c in value if c not in " -().") if isinstance(value, str) else value


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _time(value: Any) -> Any:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)


Phone = Annotated[str | None, Personal(), BeforeValidator(_digits), BeforeValidator(_text)]
Card = Annotated[str | None, Personal(), BeforeValidator(_text)]
When = Annotated[float | str, BeforeValidator(_time)]


class Slots(Strict):
    """Data of appointment.slots."""

    type: TypeName = Field(description="What is to be booked.")
    day: date | None = Field(default=None, description="From this day on: 2026-11-23; today if left out.")
    days: int = Field(default=1, ge=1, le=MAX_DAYS, description="So many days.")
    staff: StaffName | None = Field(default=None, description="Only with this member of staff.")
    party: int = Field(default=1, ge=1, le=99, description="Free for so many people.")
    all: bool = Field(default=False, description="The full ones too.")


class Who(Strict):
    """Whom an appointment is for."""

    name: Annotated[str | None, Personal()] = Field(
        default=None, max_length=128, description="The visitor's name; never in an event or a log."
    )
    phone: Phone = Field(default=None, max_length=32, description="The visitor's phone; never in an event or a log.")
    card: Card = Field(
        default=None, max_length=64, description="A card the visitor will show; never in an event or a log."
    )
    case: str | None = Field(default=None, max_length=64, description="The case or item number it is about.")

    def person(self) -> dict[str, str | None]:
        """What is kept apart."""
        return {"name": self.name, "phone": self.phone, "card": self.card}


class Book(Who):
    """Data of appointment.book."""

    type: TypeName = Field(description="What is booked.")
    at: When = Field(description="The slot's beginning, in the hall's time: \"2026-11-23T09:15\".")
    staff: StaffName | None = Field(default=None, description="With this member of staff; anyone if left out.")
    party: int = Field(default=1, ge=1, le=99, description="How many people.")
    class_: str | None = Field(default=None, alias="class", max_length=64, description="The kind of customer.")
    visitor: str | None = Field(default=None, max_length=64, description="A person known to the hall.")
    language: str | None = Field(default=None, max_length=16, description="The visitor's language.")
    origin: str | None = Field(default=None, max_length=64, description="Where it was booked: web, wechat, phone.")
    note: str | None = Field(default=None, max_length=500, description="A remark for staff.")
    hold: bool = Field(default=False, description="True: only keep the slot for 5 minutes, until appointment.confirm.")


class One(Strict):
    """Data that names an appointment."""

    appointment: AppointmentName = Field(description="The appointment, by id or code.")


class Confirm(Who, One):
    """Data of appointment.confirm."""


class Change(One):
    """Data of appointment.change."""

    at: When | None = Field(default=None, description='Another slot: "2026-11-23T09:15".')
    type: TypeName | None = Field(default=None, description="Another type.")
    staff: StaffName | None = Field(default=None, description="With another member of staff.")
    party: int | None = Field(default=None, ge=1, le=99, description="Another number of people.")


class Cancel(One):
    """Data of appointment.cancel."""

    reason: str | None = Field(default=None, max_length=200, description="Why; told with the event.")


class CheckIn(Strict):
    """Data of appointment.check_in: one of the first five."""

    appointment: AppointmentName | None = Field(default=None, description="The appointment, by id or code.")
    phone: Phone = Field(default=None, max_length=32, description="The phone it was booked with.")
    card: Card = Field(default=None, max_length=64, description="The card it was booked with, or a visitor's.")
    visitor: str | None = Field(default=None, max_length=64, description="The visitor it was booked for.")
    case: str | None = Field(default=None, max_length=64, description="The case it was booked for.")
    origin: str | None = Field(default=None, max_length=64, description="Where the visitor checks in: kiosk.lobby.")
    language: str | None = Field(default=None, max_length=16, description="The visitor's language.")


class ListAppointments(Strict):
    """Data of appointment.list."""

    day: date | None = Field(default=None, description="From this day on; today if left out.")
    days: int = Field(default=1, ge=1, le=400, description="So many days.")
    type: TypeName | None = Field(default=None, description="Only of this type.")
    queue: Annotated[list[str], Target("queue", many=True)] | None = Field(
        default=None, description="Only for these queues."
    )
    staff: StaffName | None = Field(default=None, description="Only with this member of staff.")
    state: list[Literal["held", "booked", "arrived", "cancelled", "missed"]] | None = Field(
        default=None, description="Only in these states."
    )
    case: str | None = Field(default=None, max_length=64, description="Only of this case.")
    search: Annotated[str | None, Personal()] = Field(
        default=None, min_length=1, max_length=64, description="Only where name, phone, case or code hold this."
    )
    conflicts: bool = Field(
        default=False, description="Only those whose time is no slot any more, or has too few places."
    )
    limit: int = Field(default=200, ge=1, le=MAX_LISTED, description="At most so many.")


class Appointments:
    """The room `hall.appointments`."""

    def __init__(self, hall: Hall, seed: Callable[[str, int], int], link: Callable[[str], str],
                 ticket_link: Callable[[str], str]) -> None:  # fmt: skip
        self._hall, self._link, self._ticket_link = hall, link, ticket_link
        self.room = Availability(hall)
        self.booking = Booking(hall, self.room, seed)
        self.arriving = Arriving(hall, self.room, self.booking)

    def register(self, kit: Kit) -> None:
        kit.action("appointment.types", Nothing, self.types, question=True, response="only", description={
            "en": "What can be booked.", "zh-CN": "可预约的类型。"})  # fmt: skip
        kit.action("appointment.slots", Slots, self.slots, question=True, response="only", description={
            "en": "The free slots.", "zh-CN": "查询可预约时段。"})  # fmt: skip
        kit.action("appointment.book", Book, self.book, description={"en": "Book a slot.", "zh-CN": "预约。"})
        kit.action("appointment.confirm", Confirm, self.confirm, description={
            "en": "Book a slot that is held.", "zh-CN": "确认暂留的时段。"})  # fmt: skip
        kit.action("appointment.change", Change, self.change, description={
            "en": "Another time, type, staff or number of people.", "zh-CN": "更改预约。"})  # fmt: skip
        kit.action("appointment.cancel", Cancel, self.cancel, description={"en": "Cancel it.", "zh-CN": "取消预约。"})
        kit.action("appointment.check_in", CheckIn, self.check_in, description={
            "en": "The visitor is here: today's ticket.", "zh-CN": "预约签到，取当日号码。"})  # fmt: skip
        kit.action("appointment.mark_missed", One, self.mark_missed, description={
            "en": "Nobody came.", "zh-CN": "标记为未到。"})  # fmt: skip
        kit.action("appointment.get", One, self.get, question=True, response="only", description={
            "en": "One appointment.", "zh-CN": "查询预约。"})  # fmt: skip
        kit.action("appointment.list", ListAppointments, self.list, question=True, response="only", description={
            "en": "The appointments of days, with who made them.", "zh-CN": "查询预约列表。"})  # fmt: skip

    @cached_property
    def _attempts(self) -> Attempts:
        return Attempts(self._hall.clock)

    # What changes something.

    async def book(self, data: Book, call: Call) -> Answer:
        inside = call.caller.role in PEOPLE
        if not inside and (data.class_ is not None or (call.caller.role == "screen" and data.visitor is not None)):
            raise NotPermitted({"en": "The class and the visitor are said by the hall's own people.",
                                "zh-CN": "客户类别和访客只能由工作人员指定。"})  # fmt: skip
        asked = Asked(
            type=data.type, starts=self._starts(data.at), by=call.caller.id, staff=data.staff, party=data.party,
            class_=data.class_, visitor=data.visitor, case=data.case, language=data.language or call.language,
            origin=data.origin, note=data.note, hold=data.hold, inside=inside,
        )  # fmt: skip
        return await self._decide(call, "appointment.book", data, lambda d: self.booking.book(d, asked, data.person()))

    async def confirm(self, data: Confirm, call: Call) -> Answer:
        return await self._decide(call, "appointment.confirm", data, lambda d: self.booking.confirm(
            d, self._mine(d.floor, data.appointment, call.caller), data.person(), data.case))  # fmt: skip

    async def change(self, data: Change, call: Call) -> Answer:
        starts, inside = None if data.at is None else self._starts(data.at), call.caller.role in PEOPLE
        return await self._decide(call, "appointment.change", data, lambda d: self.booking.change(
            d, self._mine(d.floor, data.appointment, call.caller), to_type=data.type, starts=starts, staff=data.staff,
            party=data.party, inside=inside))  # fmt: skip

    async def cancel(self, data: Cancel, call: Call) -> Answer:
        return await self._decide(call, "appointment.cancel", data, lambda d: self.booking.cancel(
            d, self._mine(d.floor, data.appointment, call.caller), inside=call.caller.role in PEOPLE,
            reason=data.reason))  # fmt: skip

    async def mark_missed(self, data: One, call: Call) -> Answer:
        return await self._decide(call, "appointment.mark_missed", data, lambda d: self.arriving.miss(
            d, self._mine(d.floor, data.appointment, call.caller)))  # fmt: skip

    async def check_in(self, data: CheckIn, call: Call) -> Answer:
        shown = self._shown(data)

        def rule(d: Decision) -> Answer:
            row = self.arriving.find(d.floor, shown, d.day, d.now)
            if call.caller.role != "device":  # another maker's kiosk, whose scopes name this action
                self._may_touch(row, call.caller)
            new, ticket = self.arriving.check_in(d, row, data.origin, data.language)
            return {"appointment": new, "ticket": ticket, "ahead": d.floor.ahead(ticket),
                    "link": f"/t/{self._ticket_link(ticket['id'])}"}  # fmt: skip

        return await self._guarded(call, lambda: self._hall.journal.decide(call, "appointment.check_in", data, rule))

    # Questions show only what is durable.

    async def types(self, data: Nothing, call: Call) -> AnyAnswer:
        inside = call.caller.role in PEOPLE
        return {
            "types": [self.about(name) for name, one in self._hall.config.appointment.items() if inside or one.public]
        }

    async def slots(self, data: Slots, call: Call) -> AnyAnswer:
        type_ = self.room.type(data.type)
        if not type_.public and call.caller.role not in PEOPLE:
            raise Unknown("unknown_appointment_type", {
                "en": "There is no appointment type {name}.", "zh-CN": "没有 {name} 这种预约。"}, name=data.type)  # fmt: skip
        now, floor = self._hall.clock.now(), self._hall.journal.durable
        begin = data.day or local(self._hall.clock).date()
        listed: list[dict[str, Any]] = []
        for n in range(data.days):
            for slot in self.room.slots(data.type, begin + timedelta(days=n)):
                if not now + type_.notice <= slot.start <= now + type_.ahead:
                    continue
                free = self.room.with_most(floor, data.type, slot, data.staff)[1]
                if free >= data.party or data.all:
                    listed.append(self._slot(data.type, slot.start, slot.end, free, floor))
        return {"type": data.type, "slots": listed, "next": None if listed else self.room.next_free(
            floor, data.type, now, now, data.party, data.staff)}  # fmt: skip

    async def get(self, data: One, call: Call) -> AnyAnswer:
        async def read() -> Answer:
            return self.told(self._mine(self._hall.journal.durable, data.appointment, call.caller))

        return await self._guarded(call, read)

    async def list(self, data: ListAppointments, call: Call) -> AnyAnswer:
        floor, hall = self._hall.journal.durable, self._hall
        begin = data.day or date.fromisoformat(hall.journal.today)
        days = {(begin + timedelta(days=n)).isoformat() for n in range(data.days)}
        rows: Iterable[Appointment] = (
            row for day in floor.book.days() if day in days for row in floor.book.of_day(day)
        )
        if data.conflicts:
            rows = conflicts(self.room, floor.book, hall.config.appointment, min(days))
        sees = call.caller.role in PEOPLE
        found = sorted((row for row in rows if row["day"] in days and self._fits(row, data)
                        and (sees or row["by"] == call.caller.id)), key=lambda row: (row["at"], row["id"]))  # fmt: skip
        return {"appointments": [self.told(row) for row in found[: data.limit]], "total": len(found)}

    # What is told of them.

    def about(self, name: str) -> dict[str, Any]:
        """A type as it is shown."""
        type_ = self._hall.config.appointment[name]
        return {"type": name, "name": type_.name, "notes": type_.notes, "queue": type_.queue, "service": type_.service,
                "slot": type_.slot, "staff": [{"id": one, "name": self.staff_name(one)} for one in type_.staff],
                "asks": type_.asks, "ahead": type_.ahead, "early": type_.early, "late": type_.late}  # fmt: skip

    def told(self, row: Appointment) -> Answer:
        """An appointment with its code, its page and whom it is for: for who may see it."""
        person: Mapping[str, Any] = self._hall.journal.durable.people.get(row["id"], {})
        ticket = self._hall.journal.durable.tickets.get(row["ticket"] or "")
        return {
            "appointment": row, "code": person.get("code"), "time": self.room.said(row["at"]),
            "link": f"/a/{self._link(row['id'])}", "number": ticket["number"] if ticket else None,
            "person": {"name": person.get("name"), "phone": person.get("phone")},
            "type": self.about(row["type"]) if row["type"] in self._hall.config.appointment else None,
        }  # fmt: skip

    def ticket_page(self, row: Appointment) -> str:
        """Where whoever has arrived follows the line."""
        return f"/t/{self._ticket_link(str(row['ticket']))}"

    def staff_name(self, staff: str | None) -> Any:
        """What a member of staff is called."""
        found = self._hall.config.staff.get(staff or "")
        return found.name if found is not None else staff

    # Inside.

    def _slot(self, name: str, start: float, end: float, free: int, floor: Any) -> dict[str, Any]:
        day, time = on_the_wall(start, self._hall.clock.zone)
        slot: dict[str, Any] = {"at": start, "until": end, "day": day, "time": time, "free": free}
        staff = self._hall.config.appointment[name].staff
        if staff:
            found = self.room.find(name, [start])
            slot["staff"] = {one: self.room.free(floor, name, found, one) for one in staff if found is not None}
        return slot

    def _starts(self, at: float | str) -> Starts:
        return stamps(at, self._hall.clock.zone)

    def _shown(self, data: CheckIn) -> Shown:
        given = {key: value for key in ("appointment", "phone", "card", "visitor", "case")
                 if (value := getattr(data, key)) is not None}  # fmt: skip
        if len(given) != 1:
            raise BadData({"en": "appointment.check_in: say one of appointment, phone, card, visitor and case.",
                           "zh-CN": "appointment.check_in：请在 appointment、phone、card、visitor、case 中选一项。"})  # fmt: skip
        return Shown(**given)

    def _mine(self, floor: Any, named: str, caller: Caller) -> Appointment:
        row = self.booking.find(floor, named)
        self._may_touch(row, caller)
        return row

    def _may_touch(self, row: Appointment, caller: Caller) -> None:
        """Whoever is outside reaches their own only, and is not told that there are others."""
        made = (
            row["by"] == caller.id and caller.role != "screen"
        )  # of a public page's link everybody is the same caller
        if caller.role in PEOPLE or made or f"entity:appointment.{row['id']}" in caller.scopes:
            return
        raise Unknown("unknown_appointment", {"en": "There is no such appointment.", "zh-CN": "没有这个预约。"})

    async def _decide(self, call: Call, action: str, data: Any, rule: "Callable[[Decision], Appointment]") -> Answer:
        def told(d: Decision) -> Answer:
            row = rule(d)
            person = d.floor.people.get(row["id"], {})
            return {"appointment": row, "code": person.get("code"), "time": self.room.said(row["at"]),
                    "link": f"/a/{self._link(row['id'])}"}  # fmt: skip

        return await self._guarded(call, lambda: self._hall.journal.decide(call, action, data, told))

    async def _guarded(self, call: Call, ask: Callable[[], Any]) -> Answer:
        """Codes are not to be guessed: who is outside and wrong several times waits."""
        if call.caller.role in PEOPLE:
            return cast("Answer", await ask())
        self._attempts.ask(call.caller.id)
        try:
            return cast("Answer", await ask())
        except Unknown as error:
            if error.code == "unknown_appointment":
                self._attempts.wrong(call.caller.id)
            raise

    def _fits(self, row: Appointment, data: ListAppointments) -> bool:
        plain = (
            data.type in (None, row["type"]) and data.staff in (None, row["staff"]) and data.case in (None, row["case"])
        )
        if data.queue is not None and self.room.queue_of(row) not in data.queue:
            return False
        if not plain or (data.state is not None and row["state"] not in data.state):
            return False
        if data.search is None:
            return True
        person: Mapping[str, Any] = self._hall.journal.durable.people.get(row["id"], {})
        wanted = data.search.casefold()
        return any(wanted in str(text).casefold() for text in (
            person.get("name"), person.get("phone"), person.get("code"), row["case"]) if text)  # fmt: skip
