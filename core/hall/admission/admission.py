"""May a ticket be issued? Asked in the order of HALL; each refusal has a code, words, and the next time where there is one.

The same questions, asked for an ordinary visitor, tell whether a queue is open: its entity, the kiosk's buttons.
"""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from ...clock import local
from ...errors import Refused
from ..config import Queue
from ..config.admission import DAY_QUOTA
from ..floor import Floor, QueueRow
from ..numbering import coming, number
from ..refusals import (
    already_waiting,
    class_not_admitted,
    closing,
    full,
    hall_closed,
    not_served_today,
    numbers_used_up,
    outside_hours,
    paused,
    quota_reached,
)
from ..text import moment
from .calendars import Hours, Timetable

if TYPE_CHECKING:
    from ..hall import Hall
    from ..journal import Decision
    from .issuing import Asked, Wanted

_TRIES: Final = 40  # stretches of hours looked through for one in which numbers are given


class Admission:
    """Asked before each ticket; questions ask it of the durable floor."""

    def __init__(self, hall: "Hall") -> None:
        self._hall, self._calendars = hall, hall.calendars

    def ask(self, d: "Decision", wanted: "Wanted", asked: "Asked" = "all") -> None:
        """Raises Refused if this ticket may not be issued now."""
        refusal = self._refusal(d.floor, d.now, d.day, wanted.queue, wanted, asked)
        if refusal is not None:
            raise refusal

    def has_number(self, d: "Decision", queue: str) -> None:
        """Raises Refused if the numbers of this queue's segment are used up."""
        refusal = self._no_number(d.floor, d.now, d.day, queue, self._hall.queues[queue])
        if refusal is not None:
            raise refusal

    def refusal(self, queue: str, now: float) -> Refused | None:
        """Why an ordinary visitor gets no number of this queue now."""
        journal = self._hall.journal
        return self._refusal(journal.durable, now, journal.today, queue, None, "all")

    def door(self, floor: Floor, queue: str) -> Refused | None:
        """What keeps even those out who are in the hall already: the hall is closed by staff, the queue paused."""
        shut, row = floor.hall.get("closed"), floor.queues.get(queue)
        if shut:
            return hall_closed(shut["reason"])
        return paused(row["reason"]) if row is not None and row["paused"] else None

    def closes(self, queue: str, now: float) -> float | None:
        """When the last number of these hours is given."""
        rules, timetable = self._hall.queues[queue], self._calendars.of_queue(queue)
        hours = timetable.at(now)
        end = _last_number(rules, hours) if hours else None
        return None if end in (None, float("inf")) else end

    def opens(self, queue: str, now: float) -> float | None:
        """When numbers are given next, after `now`."""
        rules, timetable, at = self._hall.queues[queue], self._calendars.of_queue(queue), now
        for _ in range(_TRIES):
            begins = timetable.next(at)
            if begins is None:
                return None
            hours = timetable.at(begins)
            if hours is not None and begins < _last_number(rules, hours):
                return begins
            at = begins
        return None

    def _refusal(
        self, floor: Floor, now: float, day: str, name: str, wanted: "Wanted | None", asked: "Asked"
    ) -> Refused | None:
        queue = self._hall.queue(name)
        shut = self.door(floor, name)
        party = 1 if wanted is None else wanted.party
        if (shut is None or shut.code == "paused") and asked == "all":
            shut = self._outside(floor, day, name, queue, now, party) or shut
        if shut is not None:
            return shut
        if wanted is not None and (personal := self._personal(floor, name, queue, wanted, asked)) is not None:
            return personal
        if asked != "all":
            return None
        return (
            self._quota(floor, now, day, name, party)
            or self._full(floor, name, queue)
            or self._no_number(floor, now, day, name, queue)
            or self._line_too_long(floor, now, name, wanted)
        )

    def _outside(self, floor: Floor, day: str, name: str, queue: Queue, now: float, party: int) -> Refused | None:
        """The calendar: holiday, hours, and the last minutes of the day."""
        timetable = self._calendars.of_queue(name)
        hours = timetable.at(now)
        if hours is not None and now < _last_number(queue, hours):
            return None
        at = self._again(floor, day, name, self.opens(name, now), party)
        if hours is not None:
            return closing(at, self._said(at, now))
        why, called = timetable.why_closed(now)
        return outside_hours(why, called, getattr(timetable.calendar.messages, why), at, self._said(at, now))

    def _personal(self, floor: Floor, name: str, queue: Queue, wanted: "Wanted", asked: "Asked") -> Refused | None:
        """What depends on who comes."""
        if asked == "all" and queue.admits and (wanted.class_ or "normal") not in queue.admits:
            return class_not_admitted()
        blocked = self._hall.visitors.blocked(floor, wanted.visitor, wanted.phone)
        if blocked is not None:
            return blocked
        if asked == "all" and queue.one_per_visitor is not None:
            where = name if queue.one_per_visitor == "queue" else None
            ticket = floor.held_by(wanted.visitor, wanted.phone, where)
            if ticket is not None:  # a phone number alone proves nobody: its ticket's number is not told
                return already_waiting(ticket["number"] if ticket["visitor"] == wanted.visitor is not None else None)
        return None

    def _quota(self, floor: Floor, now: float, day: str, name: str, party: int) -> Refused | None:
        """Quotas: the window's, the day's, the hall's; in people."""
        spent = self._spent(floor, now, day, name, party)
        if spent is None:
            return None
        code, left, until = spent
        at = self._again(floor, day, name, until, party)
        return quota_reached(code, left, at, self._said(at, now))

    def _spent(self, floor: Floor, at: float, day: str, name: str, party: int) -> tuple[str, int, float] | None:
        """(code, people left, until when) of the quota that a party so large would go beyond at this moment of the day."""
        queue, whole = self._hall.queues[name], self._hall.config.hall
        if not queue.quota and not whole.quota:
            return None
        window, rows = self._calendars.of_queue(name).window(at), self._rows(floor, day)
        for quota, counted in ((queue.quota, [r for q, r in rows if q == name]), (whole.quota, [r for _, r in rows])):
            if window is not None and window[0] in quota:
                given = sum(row.get("windows", {}).get(window[0], 0) for row in counted)
                if given + party > quota[window[0]]:
                    return "window_quota", quota[window[0]] - given, window[1]
            if DAY_QUOTA in quota:
                given = sum(row.get("people", row["issued"]) for row in counted)
                if given + party > quota[DAY_QUOTA]:
                    return "daily_quota", quota[DAY_QUOTA] - given, self._begins(day, 1)
        return None

    def _again(self, floor: Floor, day: str, name: str, at: float | None, party: int) -> float | None:
        """From then on: the first moment that is in the hours, and whose quota is not used up already."""
        for _ in range(_TRIES):
            at = None if at is None else self._after(name, self._calendars.of_queue(name), at)
            if at is None or at >= self._begins(day, 1):
                return at
            spent = self._spent(floor, at, day, name, party)
            if spent is None:
                return at
            at = spent[2]
        return None

    def _full(self, floor: Floor, name: str, queue: Queue) -> Refused | None:
        whole = self._hall.config.hall
        if queue.max_waiting is not None and floor.waiting(name) >= queue.max_waiting:
            return full("queue_full", queue.max_waiting)
        if whole.max_waiting is not None and sum(map(floor.waiting, self._hall.queues)) >= whole.max_waiting:
            return full("hall_full", whole.max_waiting)
        return None

    def _no_number(self, floor: Floor, now: float, day: str, name: str, queue: Queue) -> Refused | None:
        """The queue's segment of numbers has an end."""
        if queue.end is None or next(coming(floor, name, queue, day), None) is not None:
            return None
        days = {"day": 1, "week": 7 - date.fromisoformat(day).weekday(), "never": 0}[queue.reset]
        at = self._after(name, self._calendars.of_queue(name), self._begins(day, days)) if days else None
        return numbers_used_up(number(queue, queue.end), at, self._said(at, now))

    def _line_too_long(self, floor: Floor, now: float, name: str, wanted: "Wanted | None") -> Refused | None:
        """Who comes now would not be served before the day's hours end, by the estimated wait."""
        queue, estimates = self._hall.queues[name], self._hall.estimates
        if not queue.stop_before_closing.served or estimates is None:
            return None
        hours = self._calendars.of_queue(name).at(now)
        if hours is None or not hours.last:
            return None
        if wanted is None:
            told = estimates.shown(name)
        else:
            told = estimates.of(floor, estimates.asker(name, wanted.class_, wanted.urgency), now)
        if told is None or now + told["wait"] <= hours.ends:
            return None
        at = self.opens(name, now)
        return not_served_today(at, self._said(at, now))

    def _rows(self, floor: Floor, day: str) -> list[tuple[str, QueueRow]]:
        """The counts of today."""
        return [(name, row) for name, row in floor.queues.items() if row["day"] == day]

    def _after(self, name: str, timetable: Timetable, at: float) -> float | None:
        """When numbers are given from then on."""
        hours = timetable.at(at)
        if hours is not None and at < _last_number(self._hall.queues[name], hours):
            return at
        return self.opens(name, at)

    def _begins(self, day: str, later: int) -> float:
        """When the business day so many days after this one begins."""
        begins = datetime.combine(date.fromisoformat(day) + timedelta(days=later),
                                  self._hall.site.business_day, self._hall.clock.zone)  # fmt: skip
        return begins.timestamp()

    def _said(self, at: float | None, now: float) -> dict[str, str] | None:
        clock = self._hall.clock
        return None if at is None else moment(local(clock, at), local(clock, now))


def _last_number(queue: Queue, hours: Hours) -> float:
    """Until when numbers are given in these hours."""
    return hours.ends - queue.stop_before_closing.before if hours.last else hours.ends
