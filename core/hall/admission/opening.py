"""The hall's calendars as they are now: a timetable each, and the states `calendar.<id>` (on while open)."""

import asyncio
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from ...clock import Cancel
from ...events import Event
from ...integration import Kit
from ..config import HallConfig
from ..events import ALL_EVENTS
from .calendars import ALWAYS, Timetable
from .country import Holidays

if TYPE_CHECKING:
    from ..figures import Figures
    from ..hall import Hall

LOOK_EVERY: Final = 15.0  # seconds; the wall clock may be set, so it is looked at rather than waited for


class Calendars:
    """Timetables by name. They are made anew when the configuration is another one; holidays stay."""

    def __init__(self, hall: "Hall") -> None:
        self._hall = hall
        self._of: HallConfig | None = None
        self._always = Timetable(ALWAYS, hall.clock.zone)
        self._made: dict[str, Timetable] = {}
        self._countries: dict[str, Holidays] = {}

    async def prepare(self, config: HallConfig) -> None:
        """Work out the holidays that these calendars will ask for, beside the loop."""
        wanted = {c.country_holidays for c in config.calendar.values() if c.country_holidays} - self._countries.keys()
        if wanted:
            year = Timetable(ALWAYS, self._hall.clock.zone).date_of(self._hall.clock.now()).year
            self._countries.update(await asyncio.to_thread(_loaded, wanted, year))

    def of(self, name: str | None) -> Timetable:
        """The calendar called so; without a name the hall's; without that it is always open."""
        config = self._hall.config
        if self._of is not config:
            self._of = config
            self._made = {key: self._timetable(key) for key in config.calendar}
        return self._made.get(name or config.hall.calendar or "", self._always)

    def of_queue(self, name: str) -> Timetable:
        """The calendar that this queue follows."""
        return self.of(self._hall.queues[name].calendar)

    def countries(self) -> dict[str, Holidays]:
        """The countries whose holidays are known, by code."""
        return self._countries

    def _timetable(self, name: str) -> Timetable:
        calendar = self._hall.config.calendar[name]
        code = calendar.country_holidays
        if code is not None and code not in self._countries:
            self._countries[code] = Holidays(code)
        return Timetable(calendar, self._hall.clock.zone, self._countries[code] if code else None)


def _loaded(codes: set[str], year: int) -> dict[str, Holidays]:
    countries = {code: Holidays(code) for code in sorted(codes)}
    for country in countries.values():
        country.load(year, year + 1)
    return countries


class OpeningStates:
    """What changes with the time alone: the calendars' states, and the queues that open and close by them."""

    def __init__(self, hall: "Hall", figures: "Figures", kit: Kit) -> None:
        self._hall, self._calendars, self._figures, self._kit = hall, hall.calendars, figures, kit
        self._shown: set[str] = set()
        self._queues: dict[str, Any] = {}
        self._warned: set[tuple[str, int]] = set()
        self._still: tuple[float, float] = (0.0, 0.0)  # from .. until: nothing changes with the time alone
        self._cancel: Cancel = lambda: None  # of the next change
        kit.every(LOOK_EVERY, self._tick)
        kit.listen(self._hear, *ALL_EVENTS)
        kit.on_close(self._leave)
        self.look()

    def _hear(self, event: Event) -> None:
        """Somebody's ticket may use up what is left of another queue's quota, or its next number."""
        self._still = (0.0, 0.0)

    def _tick(self) -> None:
        (since, until), now = self._still, self._hall.clock.now()
        if not since <= now < until:
            self.look()
        elif until - now < LOOK_EVERY:
            self._wait(until - now)

    def _wait(self, seconds: float) -> None:
        self._cancel()
        self._cancel = self._hall.clock.after(seconds, self._tick)

    def look(self) -> None:
        """Show what is so now, and look again at the very moment of the next change."""
        config, now = self._hall.config, self._hall.clock.now()
        ids = {f"calendar.{name}" for name in config.calendar}
        for gone in self._shown - ids:
            self._kit.states.remove(gone)
        self._shown = ids
        changes = [self._calendar(name, now) for name in config.calendar]
        changes += [self._hall.admission.closes(name, now) for name in self._hall.queues]
        until = min((at for at in changes if at is not None and at > now), default=now + 3600)
        self._wait(until - now)
        self._follow(now)
        self._warn(now)
        by_line = any(self._may_fill_up(name, now) for name in self._hall.queues)
        midnight = self._calendars.of(None).midnight(now)
        self._still = (now, now if by_line else min(until, midnight, now + 3600))

    def _may_fill_up(self, queue: str, now: float) -> bool:
        """Whether those in line may at any moment be as many as can be served before closing."""
        if not self._hall.queues[queue].stop_before_closing.served:
            return False
        hours = self._calendars.of_queue(queue).at(now)
        return hours is not None and hours.last

    def _calendar(self, name: str, now: float) -> float | None:
        timetable, calendar = self._calendars.of(name), self._hall.config.calendar[name]
        hours, window = timetable.at(now), timetable.window(now)
        opens = timetable.next(now)
        day = timetable.day(timetable.date_of(now))
        self._kit.states.set(f"calendar.{name}", "on" if hours else "off", {
            "name": calendar.name or name, "holiday": day.holiday,
            "why_closed": None if hours else timetable.why_closed(now)[0], "window": window and window[0],
            "since": hours.begins if hours else None, "closes_at": finite(hours.ends) if hours else None,
            "opens_at": opens,
        })  # fmt: skip
        changes = [at for at in (hours.ends if hours else opens, window[1] if window else None) if at]
        return min(changes, default=None)

    def _follow(self, now: float) -> None:
        """The queues that open or close at this moment, or whose words are others now."""
        before, self._queues = self._queues, {}
        for name in self._hall.queues:
            refusal = self._hall.admission.refusal(name, now)
            # Another queue may have drawn from the same run of numbers.
            self._queues[name] = (refusal and (refusal.code, refusal.words), self._figures.next_number(name))
        changed = {("queue", name) for name, seen in self._queues.items() if before.get(name) != seen}
        if changed:
            self._figures.show(changed, None)

    def _warn(self, now: float) -> None:
        """Two months ahead: a country's make-up workdays are not known yet."""
        today: date = self._calendars.of(None).date_of(now)
        year = today.year if today.month <= 10 else today.year + 1
        for code, country in self._calendars.countries().items():
            if (code, year) not in self._warned:
                self._warned.add((code, year))
                if country.unpublished(year):
                    self._kit.log.warning(
                        "country_holidays %s: no make-up workday of %d is known to the installed package. Update it "
                        "(pip install -U holidays), or write those days under exceptions: of the calendar.", code, year)  # fmt: skip

    def _leave(self) -> None:
        self._cancel()
        for entity_id in self._shown:
            self._kit.states.remove(entity_id)


def finite(stamp: float) -> float | None:
    """A moment; of hours that never end there is none."""
    return None if stamp == float("inf") else stamp
