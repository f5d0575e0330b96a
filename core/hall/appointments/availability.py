"""What is free: the slots of a type on a day by its calendar and capacity, less what is booked."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Any, Final

from ...clock import local
from ...errors import BadData, Refused, Unknown
from ..config import AppointmentType, HallConfig
from ..events import Appointment
from ..floor import Floor
from ..hall import Hall
from ..numbering import business_day
from .book import TAKES, Book, whose
from .slots import Slot, slots

YEARS: Final = range(1971, 9999)  # in which a time may lie: clocks and zones can reckon with these
LOOK_AHEAD: Final = 62  # days looked through for the next free slot


class Availability:
    """The slots of every type. The hours of a day are worked out once, and anew when the configuration changes."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._of: Any = None
        self._slots = lru_cache(maxsize=2048)(self._cut)

    def type(self, name: str) -> AppointmentType:
        """What is booked; raises Unknown("unknown_appointment_type")."""
        found = self._hall.config.appointment.get(name)
        if found is None:
            raise Unknown("unknown_appointment_type", {
                "en": "There is no appointment type {name}.", "zh-CN": "没有 {name} 这种预约。"}, name=name)  # fmt: skip
        return found

    def queue_of(self, row: Appointment) -> str:
        """Where whoever arrives gets a number, by the YAML as it is now."""
        type_ = self._hall.config.appointment.get(row["type"])
        return type_.queue if type_ is not None else row["queue"]

    def slots(self, name: str, day: date) -> Sequence[Slot]:
        """All slots that begin on this day of the calendar, free or not."""
        if self._of is not self._hall.config:
            self._of = self._hall.config
            self._slots.cache_clear()
        return self._slots(name, day)

    def _cut(self, name: str, day: date) -> Sequence[Slot]:
        type_ = self.type(name)
        hours, capacity = self._hall.calendars.of(calendar_of(self._hall.config, type_)), type_.capacity

        def places(start: float) -> int:
            if isinstance(capacity, int):
                return capacity
            window = hours.window(start)
            return capacity.get(window[0], 0) if window is not None else 0

        return slots(hours.open_spans(day), type_.slot, places, type_.walk_ins)

    def find(self, name: str, starts: Sequence[float]) -> Slot | None:
        """The slot that begins at one of these times."""
        for start in starts:
            for slot in self.slots(name, local(self._hall.clock, start).date()):
                if slot.start == start:
                    return slot
        return None

    def free(self, floor: Floor, name: str, slot: Slot, staff: str | None, but: Appointment | None = None) -> int:
        """How many more people may book it, with this member of staff where there are any. `but`: an appointment that
        would be moved here and does not count itself."""
        places = whose(name, staff)
        day = self.day(slot.start)
        taken = floor.book.taken(places, day, slot.start, slot.end)
        if but is not None and but["state"] in TAKES and whose(but["type"], but["staff"]) == places:
            taken -= but["party"] * (but["at"] < slot.end and but["until"] > slot.start)
        return max(0, slot.places - taken)

    def with_most(self, floor: Floor, name: str, slot: Slot, staff: str | None,
                  but: Appointment | None = None) -> tuple[str | None, int]:  # fmt: skip
        """Who is free for how many: the one asked for, else who has most room; the first of the YAML if several have."""
        who = self.type(name).staff
        if not who:
            return None, self.free(floor, name, slot, None, but)
        asked = [staff] if staff is not None else who
        return max(((one, self.free(floor, name, slot, one, but)) for one in asked), key=lambda pair: pair[1])

    def day(self, stamp: float) -> str:
        """The business day of a time."""
        return _business_day(stamp, self._hall.clock.zone, self._hall.site.business_day)

    def next_free(self, floor: Floor, name: str, after: float, now: float, party: int = 1,
                  staff: str | None = None) -> float | None:  # fmt: skip
        """When the next slot begins that has room and can be booked now."""
        type_ = self.type(name)
        begin, until = max(after, now + type_.notice), min(now + type_.ahead, after + LOOK_AHEAD * 86400)
        day, last = local(self._hall.clock, begin).date(), local(self._hall.clock, until).date()
        while day <= last:
            for slot in () if self._sold_out(floor, name, day, staff) else self.slots(name, day):
                if begin <= slot.start <= until and self.with_most(floor, name, slot, staff)[1] >= party:
                    return slot.start
            day += timedelta(days=1)
        return None

    def _sold_out(self, floor: Floor, name: str, day: date, staff: str | None) -> bool:
        """Whether the day's very slots are booked to the last place: mostly so, and quicker than a look at overlaps."""
        slots = self.slots(name, day)
        if not slots or self.day(slots[0].start) != self.day(slots[-1].start):
            return not slots
        places, of = sum(slot.places for slot in slots), self.day(slots[0].start)
        who: Sequence[str | None] = (staff,) if staff is not None else self.type(name).staff or (None,)
        for one in who:
            booked = floor.book.people(whose(name, one), of)
            if sum(booked.get((slot.start, slot.end), 0) for slot in slots) < places:
                return False
        return True

    def said(self, stamp: float) -> str:
        """A time as people read it: 2026-11-23 09:15."""
        return local(self._hall.clock, stamp).strftime("%Y-%m-%d %H:%M")


def calendar_of(config: HallConfig, type_: AppointmentType) -> str | None:
    """By which calendar a type is booked: its own, its queue's, or the hall's."""
    queue = config.queue.get(type_.queue)
    return type_.calendar or (queue.calendar if queue is not None else None) or config.hall.calendar


@lru_cache(maxsize=16384)
def _business_day(stamp: float, zone: tzinfo, begins: time) -> str:
    """Asked of every slot again and again."""
    return business_day(datetime.fromtimestamp(stamp, zone), begins)


@lru_cache(maxsize=16384)
def on_the_wall(stamp: float, zone: tzinfo) -> tuple[str, str]:
    """A time as (2026-11-23, 09:15)."""
    moment = datetime.fromtimestamp(stamp, zone)
    return moment.date().isoformat(), moment.strftime("%H:%M")


def conflicts(room: Availability, book: Book, names: Mapping[str, Any], since: str) -> list[Appointment]:
    """Who is booked at a time that is no slot any more, or has fewer places than are booked: the YAML was changed."""
    found: list[Appointment] = []
    counted: dict[tuple[str, float], int] = {}
    for day in book.days():
        for row in book.of_day(day) if day >= since else ():
            if row["state"] != "booked":
                continue
            slot = room.find(row["type"], [row["at"]]) if row["type"] in names else None
            places = (whose(row["type"], row["staff"]), row["at"])
            counted[places] = counted.get(places, 0) + row["party"]
            if slot is None or slot.end != row["until"] or counted[places] > slot.open:
                found.append(row)
    return found


def stamps(at: float | str | datetime, zone: Any) -> list[float]:
    """A time as it was said, as Unix seconds: `2026-11-23T09:15` is the hall's time. Raises BadData.

    The hour that comes twice when summer time ends is told by its offset; without one both are meant.
    """
    try:
        if isinstance(at, (int, float)):
            moment = datetime.fromtimestamp(at, UTC)
        else:
            moment = at if isinstance(at, datetime) else datetime.fromisoformat(at.strip())
        if moment.year not in YEARS:
            raise ValueError(at)
    except (ValueError, OverflowError, OSError) as error:
        raise BadData({"en": f"at: {at!r} is not a time. Write 2026-11-23T09:15.",
                       "zh-CN": f"at：{at!r} 不是时间，请写 2026-11-23T09:15。"}, {"at": "not a time"}) from error  # fmt: skip
    if moment.tzinfo is not None:
        return [moment.timestamp()]
    first = moment.replace(tzinfo=zone, fold=0).timestamp()
    second = moment.replace(tzinfo=zone, fold=1).timestamp()
    return [first] if second == first else [first, second]


def no_slot(room: Availability, name: str, next_: float | None) -> Refused:
    """There is no such slot."""
    return _with_next(room, "no_slot", {
        "en": "There is no appointment {type} at that time.", "zh-CN": "该时间没有可预约的 {type}。"}, next_, type=name)  # fmt: skip


def full(room: Availability, next_: float | None) -> Refused:
    """The slot has no room for so many."""
    return _with_next(room, "slot_full", {
        "en": "That time is fully booked.", "zh-CN": "该时段已约满。"}, next_)  # fmt: skip


def _with_next(room: Availability, code: str, words: dict[str, str], next_: float | None, **values: Any) -> Refused:
    if next_ is None:
        return Refused(code, words, next=None, **values)
    words = {"en": words["en"] + " The next free one is {when}.", "zh-CN": words["zh-CN"] + "最近可约时间为 {when}。"}
    return Refused(code, words, next=next_, when=room.said(next_), **values)
