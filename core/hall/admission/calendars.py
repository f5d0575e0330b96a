"""When it is open: the hours of a calendar as moments of time. Pure.

Hours are what the wall clock shows; they become Unix seconds by the zone's rules, so a day with a change of summer time
is simply shorter or longer. A span belongs to the date on which it begins, also where it goes past midnight.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias

from ...words import Words
from ..config.calendars import DAY, WEEKDAYS, Calendar, DayHours, dates, span_minutes, weekdays

HORIZON: Final = 400  # days that are looked ahead for the next hours
_KEPT: Final = 1000  # days kept in memory
_CHAIN: Final = 8  # days of hours without a gap that are taken for "always open"

Why: TypeAlias = Literal["holiday", "early", "between", "late", "closed"]


class Country(Protocol):
    """The holidays of a country."""

    def name(self, day: date) -> Words | None:
        """What holiday this is."""
        ...

    def worked(self, day: date) -> bool:
        """Whether this weekend day is worked, to make up for a holiday."""
        ...


class Hours(NamedTuple):
    """One stretch of open hours, in Unix seconds."""

    begins: float
    ends: float
    last: bool  # the last of its day: the hall closes afterwards


@dataclass(frozen=True, slots=True)
class Day:
    """One date: its hours in order, and what kind of day it is."""

    hours: tuple[Hours, ...]
    holiday: Words | None = None  # its name, of a holiday or a dated exception
    is_holiday: bool = False


class Timetable:
    """The hours of one calendar in one time zone."""

    def __init__(self, calendar: Calendar, zone: tzinfo, country: Country | None = None) -> None:
        self.calendar, self._zone, self._country = calendar, zone, country
        self._week: dict[int, list[str]] = {}
        for key, spans in calendar.open.items():
            self._week.update(dict.fromkeys(weekdays(key), spans))
        self._exceptions: dict[date | tuple[int, int], DayHours] = {}
        for key, day in calendar.exceptions.items():
            self._exceptions.update(dict.fromkeys(dates(key), day))
        self._days: dict[date, Day] = {}
        self._windows = {name: span_minutes(span) for name, span in calendar.windows.items()}
        self._known: tuple[float, float, Hours | None] = (0.0, 0.0, None)
        self._known_window: tuple[float, float, tuple[str, float] | None] = (0.0, 0.0, None)

    def day(self, day: date) -> Day:
        """That date: a dated exception goes before one of every year, that before holidays, those before the week."""
        found = self._days.get(day)
        if found is None:
            if len(self._days) >= _KEPT:
                self._days.clear()
            found = self._days[day] = self._made(day)
        return found

    def at(self, now: float) -> Hours | None:
        """The hours that it is now, from their begin to their end however many spans they are; None while closed.

        The end of hours that go on and on is infinite.
        """
        since, until, hours = self._known
        if not since <= now < until:
            hours = self._at(now)
            until = hours.ends if hours else min(self.next(now, days=1) or now + 3600, now + 3600)
            self._known = (now, until, hours)
        return hours

    def next(self, now: float, days: int = HORIZON) -> float | None:
        """When it next opens after `now`; None if not within so many days."""
        inside = self.at(now) if days > 1 else self._at(now)
        after = now if inside is None else inside.ends
        if after == float("inf"):
            return None
        day = self.date_of(after)
        for n in range(-1, days + 1):
            for hours in self.day(day + timedelta(days=n)).hours:
                if hours.begins > after or (hours.begins == after > now):
                    return hours.begins
        return None

    def why_closed(self, now: float) -> tuple[Why, Words | None]:
        """Why it is closed at this moment, and the day's name if it has one."""
        day = self.day(self.date_of(now))
        if not day.hours:
            return ("holiday" if day.is_holiday else "closed"), day.holiday
        if now < day.hours[0].begins:
            return "early", day.holiday
        return ("late" if now >= day.hours[-1].ends else "between"), day.holiday

    def window(self, now: float) -> tuple[str, float] | None:
        """The named window that it is now, and when it ends."""
        if not self.calendar.windows:
            return None
        since, until, found = self._known_window
        if not since <= now < until:
            day = self.date_of(now)
            spans = [(self.stamp(near, begins), self.stamp(near, ends), name)
                     for near in (day - timedelta(days=1), day) for name, (begins, ends) in self._windows.items()]  # fmt: skip
            found = next(((name, ends) for begins, ends, name in spans if begins <= now < ends), None)
            changes = [at for begins, ends, _ in spans for at in (begins, ends) if at > now]
            self._known_window = (now, min([*changes, self.midnight(now)]), found)
        return found

    def open_spans(self, day: date) -> list[tuple[float, float]]:
        """The hours that begin on a date: (begin, end) in order."""
        return [(hours.begins, hours.ends) for hours in self.day(day).hours]

    def date_of(self, now: float) -> date:
        """The date on the wall at this moment."""
        return datetime.fromtimestamp(now, self._zone).date()

    def midnight(self, now: float) -> float:
        """When the date on the wall changes next."""
        return self.stamp(self.date_of(now) + timedelta(days=1), 0)

    def stamp(self, day: date, minutes: int) -> float:
        """So many minutes after midnight, by the wall clock, in Unix seconds."""
        extra, minute = divmod(minutes, DAY)
        at = time(minute // 60, minute % 60)
        return datetime.combine(day + timedelta(days=extra), at, self._zone).timestamp()

    def _made(self, day: date) -> Day:
        exception = self._exceptions.get(day) or self._exceptions.get((day.month, day.day))
        if exception is not None:
            return Day(self._hours(day, exception.open), exception.name, not exception.open)
        name = self._country.name(day) if self._country else None
        if name is not None:
            return Day(self._hours(day, self.calendar.holidays), name, True)
        if self._country is not None and self._country.worked(day):
            spans = self.calendar.make_up_workdays
            return Day(self._hours(day, self._week.get(WEEKDAYS.index("mon"), []) if spans is None else spans))
        return Day(self._hours(day, self._week.get(day.weekday(), [])))

    def _hours(self, day: date, spans: list[str]) -> tuple[Hours, ...]:
        found: list[Hours] = []
        for index, span in enumerate(spans):
            begins, ends = span_minutes(span)
            hours = Hours(self.stamp(day, begins), self.stamp(day, ends), index == len(spans) - 1)
            if hours.begins < hours.ends:  # else it is the hour that the change to summer time leaves out
                found.append(hours)
        return tuple(found)

    def _at(self, now: float) -> Hours | None:
        day = self.date_of(now)
        inside = [
            h for d in (day - timedelta(days=1), day, day + timedelta(days=1)) for h in self.day(d).hours
            if h.begins <= now < h.ends
        ]  # fmt: skip
        if not inside:
            return None
        hours = max(inside, key=lambda h: h.ends)
        for _ in range(_CHAIN * 12):
            after = self._going_on(hours)
            if after is None:
                return hours
            hours = Hours(hours.begins, after.ends, after.last)
        return Hours(hours.begins, float("inf"), False)

    def _going_on(self, hours: Hours) -> Hours | None:
        """The span that takes over where these hours end."""
        day = self.date_of(hours.ends)
        for near in (day - timedelta(days=1), day):
            for other in self.day(near).hours:
                if other.begins <= hours.ends < other.ends:
                    return other
        return None


ALWAYS: Final = Calendar.model_validate({"open": {"daily": "00:00-24:00"}})
"""Of a queue without a calendar."""
