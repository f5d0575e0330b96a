"""The trigger `calendar`, lent to the language: a calendar opens or closes, or will in a while."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from ...clock import Cancel, local
from ...events import Context
from ...integration import Kit
from ...offers import TRIGGERS, Fire, TriggerKind
from ...schema import Strict, Target, seconds

if TYPE_CHECKING:
    from ..hall import Hall

LOOK_EVERY: Final = 15.0  # seconds; the wall clock may be set
LATE: Final = 3600.0  # seconds; what a clock put forward has passed by longer ago is over
MOST: Final = 7 * 86400.0  # seconds an offset may be


def _offset(value: Any) -> float:
    text = str(value).strip() if isinstance(value, str) else value
    try:
        span = -seconds(text[1:]) if isinstance(text, str) and text.startswith("-") else seconds(text)
        if abs(span) > MOST:
            raise ValueError
    except (ValueError, TypeError) as error:
        raise PydanticCustomError("bad_offset", '{value} is not an offset. Write "-00:15" or {example}, a week at most.',
                                  {"value": repr(str(value)), "example": "{minutes: 15}"}) from error  # fmt: skip
    return span


class CalendarTrigger(Strict):
    """`trigger: calendar`: fires when a calendar of the hall opens or closes; before or after that by an offset."""

    calendar: Annotated[list[str], Target("calendar", many=True)] | None = Field(
        default=None, description="The calendar, or several."
    )
    entity_id: Annotated[list[str], Target("calendar", many=True)] | None = Field(
        default=None, description="The same, as calendar.office."
    )
    event: Literal["start", "end"] = Field(default="start", description="start: it opens; end: it closes.")
    offset: Annotated[float, BeforeValidator(_offset)] = Field(
        default=0.0, description='So long after it; "-00:15" is before it.'
    )

    @model_validator(mode="after")
    def _one_name(self) -> "CalendarTrigger":
        if (self.calendar is None) == (self.entity_id is None):
            raise ValueError("one of calendar and entity_id is wanted. Write which calendar")
        return self

    def names(self) -> list[str]:
        """The calendars meant."""
        return self.calendar or self.entity_id or []


def lend(kit: Kit, hall: "Hall") -> None:
    """Offer the trigger."""

    def attach(model: CalendarTrigger, fire: Fire) -> Cancel:
        return _Moments(model, fire, hall).stop

    kit.offer(TRIGGERS, "calendar", TriggerKind(CalendarTrigger, attach))


class _Moments:
    """One trigger: for each calendar the clock is set for the next moment, and looked at in between."""

    def __init__(self, model: CalendarTrigger, fire: Fire, hall: "Hall") -> None:
        self._model, self._fire, self._hall = model, fire, hall
        self._since = dict.fromkeys(model.names(), hall.clock.now())
        self._cancel: Cancel = lambda: None
        self._set()

    def _set(self) -> None:
        now = self._hall.clock.now()
        due = [at - now for at in map(self._next, self._since) if at is not None]
        self._cancel = self._hall.clock.after(max(0.0, min([LOOK_EVERY, *due])), self._look)

    def _next(self, name: str) -> float | None:
        """When it fires next after it last did, or was last looked at."""
        timetable = self._hall.calendars.of(name)
        after = self._since[name] - self._model.offset
        if self._model.event == "start":
            begins = timetable.next(after)
            return None if begins is None else begins + self._model.offset
        hours = timetable.at(after)
        if hours is None:
            begins = timetable.next(after)
            hours = None if begins is None else timetable.at(begins)
        return None if hours is None or hours.ends == float("inf") else hours.ends + self._model.offset

    def _look(self) -> None:
        now = self._hall.clock.now()
        for name, since in self._since.items():
            if since > now + LATE:  # the clock was far ahead, and is right now
                self._since[name] = now
            while (due := self._next(name)) is not None and due <= now:
                self._since[name] = due
                if now - due < LATE:
                    self._tell(name, due - self._model.offset)
            # A clock set back a little does not make it fire a second time.
            self._since[name] = max(self._since[name], now)
        self._set()

    def _tell(self, name: str, at: float) -> None:
        model, moment = self._model, local(self._hall.clock, at)
        self._fire({
            "entity_id": f"calendar.{name}", "calendar": name, "event": model.event, "at": moment.isoformat(),
            "offset": timedelta(seconds=model.offset), "description": f"calendar.{name} {model.event}",
        }, Context())  # fmt: skip

    def stop(self) -> None:
        self._cancel()
