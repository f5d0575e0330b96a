"""Triggers on time at work: `time` and `time_pattern`. A wall clock that is set meanwhile is looked at each hour."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final, cast

from ..clock import Cancel, Clock, local
from ..events import Context, Event
from ..offers import Fire
from ..states import State, States
from .trigger_models import DAYS, TimeOf, TimePatternTrigger, TimeTrigger
from .watching import StateWatch, seen

_HOUR: Final = 3600.0


class Alarm:
    """Calls `ring(due)` at each moment that `following(after)` tells; a clock set forward makes it due at once."""

    def __init__(self, clock: Clock, following: Callable[[float], float | None], ring: Callable[[float], None]) -> None:
        self._clock, self._following, self._ring = clock, following, ring
        self._cancel: Cancel | None = None
        self._due: float | None = None

    def set(self, after: float | None = None) -> None:
        """Wait for the next moment after this one (default: now)."""
        self.stop()
        self._due = self._following(self._clock.now() if after is None else after)
        self._sleep()

    def _sleep(self) -> None:
        if self._due is not None:  # looked at again each hour at the latest: a wall clock may be set while we wait
            self._cancel = self._clock.after(min(_HOUR, max(0.0, self._due - self._clock.now())), self._look)

    def _look(self) -> None:
        self._cancel = None
        if self._due is None or self._clock.now() < self._due:
            self._sleep()
            return
        due = self._due
        self.set(max(due, self._clock.now()))
        self._ring(due)

    def stop(self) -> None:
        if self._cancel is not None:
            self._cancel()
            self._cancel = None


class TimeWatcher:
    """One `time` trigger at work."""

    def __init__(self, model: TimeTrigger, fire: Fire, clock: Clock, states: States, changes: StateWatch) -> None:
        self._model, self._fire, self._clock, self._states = model, fire, clock, states
        self._fixed = [at for at in model.at if isinstance(at, time)]
        self._of = [at for at in model.at if isinstance(at, TimeOf)]
        self._said = {one.entity_id: seen(states, one.entity_id) for one in self._of}
        self._forget = changes.watch(self._said, self._heard) if self._of else None
        self._alarm = Alarm(clock, self._following, self._ring)
        self._alarm.set()

    def _heard(self, event: Event) -> None:
        """An entity says another time; the very present moment still counts, as in Home Assistant."""
        self._said[event.data["entity_id"]] = event.data["new_state"]
        self._alarm.set(self._clock.now() - 0.001)

    def _following(self, after: float) -> float | None:
        moments = [self._daily(at, 0.0, after) for at in self._fixed]
        moments += [moment for one in self._of if (moment := self._moment(one, after)) is not None]
        return min(moments, default=None)

    def _moment(self, one: TimeOf, after: float) -> float | None:
        """When the time that an entity says comes next."""
        said = said_by(self._said[one.entity_id], self._clock)
        if isinstance(said, time):
            return self._daily(said, one.seconds, after)
        moment = None if said is None else said.timestamp() + one.seconds
        return moment if moment is not None and moment > after else None

    def _daily(self, at: time, offset: float, after: float) -> float:
        today = local(self._clock, after - offset).date()
        days = (today + timedelta(days=n) for n in range(3))
        moments = (datetime.combine(day, at, self._clock.zone).timestamp() + offset for day in days)
        return next(moment for moment in moments if moment > after)

    def _ring(self, due: float) -> None:
        now = local(self._clock, due)
        if self._model.weekday is not None and DAYS[now.weekday()] not in self._model.weekday:
            return
        before = due - 0.001
        if any(self._daily(at, 0.0, before) == due for at in self._fixed):
            self._fire({"now": now, "entity_id": None, "description": "time"}, Context())
        for one in self._of:
            if self._moment(one, before) == due:
                told = {"now": now, "entity_id": one.entity_id, "description": f"time set in {one.entity_id}"}
                self._fire(told, Context())

    def stop(self) -> None:
        self._alarm.stop()
        if self._forget is not None:
            self._forget()


def said_by(state: State | None, clock: Clock) -> datetime | time | None:
    """The moment, or the time of each day, that an input_datetime or a sensor says; None when it says none."""
    if state is None or not state.available or state.value is None:
        return None
    attributes, text = state.attributes, str(state.value)
    if "has_date" in attributes:
        return _of_parts(attributes, clock)
    for read in (time.fromisoformat, datetime.fromisoformat):
        try:
            found: datetime | time = read(text)
        except ValueError:
            continue
        zoned = isinstance(found, datetime) and found.tzinfo is None
        return cast("datetime", found).replace(tzinfo=clock.zone) if zoned else found
    return None


def _of_parts(said: Mapping[str, Any], clock: Clock) -> datetime | time | None:
    try:
        of_day = time(int(said["hour"]), int(said["minute"]), int(said["second"])) if said.get("has_time") else time()
        if not said["has_date"]:
            return of_day if said.get("has_time") else None
        return datetime.combine(date(int(said["year"]), int(said["month"]), int(said["day"])), of_day, clock.zone)
    except (KeyError, TypeError, ValueError):
        return None


class PatternWatcher:
    """One `time_pattern` trigger at work."""

    def __init__(self, model: TimePatternTrigger, fire: Fire, clock: Clock) -> None:
        self._fire, self._clock = fire, clock
        self._hours, self._minutes, self._seconds = model.fits()
        self._alarm = Alarm(clock, self._following, self._ring)
        self._alarm.set()
        self.stop = self._alarm.stop

    def _following(self, after: float) -> float | None:
        """The next whole second that fits, in local time."""
        moment = float(int(after) + 1)
        for _ in range(200):  # at most a step for each hour, minute and second
            at = local(self._clock, moment)
            if at.hour not in self._hours:
                moment += _HOUR - at.minute * 60 - at.second
            elif at.minute not in self._minutes:
                moment += 60 - at.second
            elif at.second not in self._seconds:
                moment += 1
            else:
                return moment
        return None  # pragma: no cover

    def _ring(self, due: float) -> None:
        self._fire({"now": local(self._clock, due), "description": "time pattern"}, Context())
