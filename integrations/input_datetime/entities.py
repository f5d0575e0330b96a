"""A date, a time of day or both, in the hall's own time, and what may be done with it.

Its state is spelled 2026-11-22 17:30:00, 2026-11-22 or 17:30:00.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Annotated, Any, Final, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ...core.clock import local
from ...core.errors import Refused
from ...core.integration import Kit
from ...core.kept import Last
from ...core.schema import Target, TimeOfDay
from ...core.things import Change, KeptEntity, These, Verb, resume
from .config import InputDatetime

Day: TypeAlias = date
Both: TypeAlias = datetime


class SetDatetime(These):
    """input_datetime.set_datetime: a date, a time or both; or a datetime; or a timestamp."""

    entity_id: Annotated[list[str], Target("input_datetime", many=True)] = Field(
        min_length=1, description="The dates and times."
    )
    date: Day | None = Field(None, description='The date: "2026-11-22".')
    time: TimeOfDay | None = Field(None, description='The time of day: "17:30:00".')
    datetime: Both | None = Field(None, description='Both: "2026-11-22 17:30:00".')
    timestamp: float | None = Field(None, ge=0, le=32_503_680_000, description="Both, as Unix seconds.")

    @model_validator(mode="after")
    def _one_way(self) -> "SetDatetime":
        ways = [self.date is not None or self.time is not None, self.datetime is not None, self.timestamp is not None]
        if sum(ways) != 1:
            raise PydanticCustomError("one_way", "write date and time, or datetime, or timestamp: one of them.", {})
        return self


class Moment(KeptEntity[str]):
    """One; held as the hall's own time, 2026-11-22T17:30:00."""

    def __init__(self, kit: Kit, entity_id: str, thing: InputDatetime) -> None:
        super().__init__(kit, entity_id, thing, has_date=thing.has_date, has_time=thing.has_time)
        self._thing = thing

    def first(self, last: Last | None) -> str:
        initial = self._thing.moment()
        today = datetime.combine(local(self.kit.clock).date(), time())
        if initial is not None and not self._thing.has_date:
            initial = datetime.combine(today, initial.time())
        return resume(None if initial is None else self._hold(initial), last, self._hold(today), _is_moment)

    def look(self, held: str) -> tuple[str, Mapping[str, Any]]:
        now, thing = datetime.fromisoformat(held), self._thing
        shown: dict[str, Any] = {}
        if thing.has_date:
            shown |= {"year": now.year, "month": now.month, "day": now.day}
        if thing.has_time:
            shown |= {"hour": now.hour, "minute": now.minute, "second": now.second}
        if not thing.has_date:
            shown["timestamp"] = now.hour * 3600 + now.minute * 60 + now.second
            return f"{now:%H:%M:%S}", shown
        if not thing.has_time:
            now = datetime.combine(now.date(), time())
        shown["timestamp"] = now.replace(tzinfo=self.kit.clock.zone).timestamp()
        return (f"{now.date()} {now:%H:%M:%S}" if thing.has_time else f"{now.date()}"), shown

    def set(self, data: SetDatetime) -> Change[str]:
        day, at = data.date, data.time
        if data.timestamp is not None:
            both = local(self.kit.clock, data.timestamp)
            day, at = both.date(), both.time()
        elif data.datetime is not None:
            both = data.datetime if data.datetime.tzinfo is None else data.datetime.astimezone(self.kit.clock.zone)
            day, at = both.date(), both.time()
        day, at = day if self._thing.has_date else None, at if self._thing.has_time else None
        if day is None and at is None:
            has, other = ("date", "time") if self._thing.has_date else ("time", "date")
            raise Refused("nothing_to_set", {"en": f"{self.entity_id} has a {has} and no {other}.",
                                             "zh-CN": f"{self.entity_id} 不含所设的部分。"})  # fmt: skip
        held = datetime.fromisoformat(self.decided)
        return Change(self, self._hold(datetime.combine(day or held.date(), held.time() if at is None else at)))

    def _hold(self, moment: datetime) -> str:
        if moment.tzinfo is not None:
            moment = moment.astimezone(self.kit.clock.zone)
        return moment.replace(tzinfo=None, microsecond=0).isoformat()


def _is_moment(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is None
    except (TypeError, ValueError):
        return False


VERBS: Final[Mapping[str, Verb[Moment, SetDatetime]]] = {
    "set_datetime": Verb(SetDatetime, lambda one, data: one.set(data), {"en": "Set dates and times.",
                                                                        "zh-CN": "设定日期时间。"}),
}  # fmt: skip
