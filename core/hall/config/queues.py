"""A queue in the YAML: its numbers, its services, who may stand in it."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from ...schema import Duration, Name, Strict, WordsField
from .admission import BeforeClosing, CalendarName, OnePerVisitor, Quota, StopBeforeClosing
from .legs import Plan


class Service(Strict):
    """What a visitor came for; several may feed one queue."""

    name: WordsField = Field(description="What people call it.")
    then: Plan | None = Field(default=None, description="The stays after this one; the queue's own if left out.")


class Requeue(Strict):
    """Where a no-show who comes back stands: behind the n-th waiting, at the end, or in front; so many times."""

    after: Annotated[int, Field(ge=0, le=100_000)] | Literal["end", "front"] = Field(
        default=3, description="Behind how many waiting; or end, or front."
    )
    times: int = Field(default=3, ge=0, le=100, description="How often one ticket may come back.")


class AtDayEnd(Strict):
    """What becomes of who still waits at the end of the business day: carried over for so many days, or expired."""

    carry: int = Field(default=0, ge=0, le=366, description="It stays in line for so many more days; 0: it expires.")


def _at_day_end(value: Any) -> Any:
    return {"carry": 7} if value == "carry" else {"carry": 0} if value == "expire" else value


def _requeue(value: Any) -> Any:
    return {"after": value} if isinstance(value, (int, str)) else value


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Queue(Strict):
    """One line of waiting people for one kind of business."""

    name: WordsField = Field(description="What people call it.")
    prefix: str = Field(default="", max_length=8, description="What stands before the number on the ticket.")
    digits: int = Field(
        default=3, ge=0, le=9, description="The number is padded with zeros to so many digits; 0 for none."
    )
    start: int = Field(default=1, ge=0, le=999_999_999, description="The first number of a period.")
    sequence: str = Field(
        default="queue",
        min_length=1,
        max_length=64,
        description="queue: a run of its own; hall: one run for all; else a shared name.",
    )
    reset: Literal["day", "week", "never"] = Field(default="day", description="When the numbers begin anew.")
    end: int | None = Field(
        default=None, ge=1, le=999_999_999, description="The last number of a period; then no more are given."
    )
    calendar: CalendarName | None = Field(default=None, description="When it gives numbers; default: the hall's.")
    quota: Quota = Field(
        default={}, description="People a day, and in windows of its calendar: {day: 400, morning: 250}."
    )
    max_waiting: int | None = Field(default=None, ge=1, le=100_000, description="So many wait: no more numbers.")
    admits: Annotated[list[Name], BeforeValidator(_listed)] = Field(
        default=[], max_length=50, description="The classes of customer it is for; everybody if left out."
    )
    one_per_visitor: OnePerVisitor = Field(
        default=None,
        description="One live ticket a visitor or phone: in this queue (true), or in the whole hall (hall).",
    )
    stop_before_closing: StopBeforeClosing = Field(
        default=BeforeClosing(),
        description='No more numbers "00:30" before the day ends, or when nobody more can be served.',
    )
    urgency: int = Field(default=0, ge=-100, le=100, description="Higher is called first, before all other rules.")
    boost_after: Duration | None = Field(
        default=None, gt=0, description="Who has waited so long is called before all but the urgent and the reserved."
    )
    services: dict[Name, Service] = Field(default={}, description="What a visitor may choose within this queue.")
    then: Plan = Field(
        default=[], description="The stays after this one, for who draws a number here: queues, or {queue, ready}."
    )
    requeue: Annotated[Requeue, BeforeValidator(_requeue)] = Field(
        default=Requeue(), description="Where a no-show who comes back stands: {after: 3, times: 1}, end, or front."
    )
    skills: list[Name] = Field(
        default=[], max_length=16, description="Only staff who can do all this are given its tickets."
    )
    service_alert: Duration | None = Field(
        default=None, gt=0, description="A longer service is told as service_overtime; instead of the counter's."
    )
    service_time: Duration | None = Field(
        default=None,
        gt=0,
        description="How long one visit takes, for the estimated wait until the hall has measured it.",
    )
    at_day_end: Annotated[AtDayEnd, BeforeValidator(_at_day_end)] = Field(
        default=AtDayEnd(),
        description="What becomes of who still waits: expire, carry (for a week), or {carry: so many days}.",
    )
    names: Literal["hidden", "masked"] = Field(
        default="hidden",
        description="masked: signs, and whoever writes a voice's text, have the visitor's name as J. S.",
    )
    replaces: Annotated[list[Name], BeforeValidator(_listed)] = Field(
        default=[],
        max_length=20,
        description="Queues taken out of the YAML whose tickets, numbers and counts are this one's now.",
    )
