"""The YAML under `schedule:`: schedules by name, each with the blocks of its days and the dates that are different."""

from collections.abc import Mapping
from datetime import date, time
from itertools import pairwise
from typing import Annotated, Any, Final, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, RootModel, model_validator
from pydantic_core import PydanticCustomError

from ...core.schema import Name, Strict, TimeOfDay, time_of_day
from ...core.things import Thing

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MIDNIGHT: Final = time.max  # the end of the day


def _end(value: Any) -> time:
    """A time of day, or 24:00 (which YAML reads as 1440 or 86400 when it has no quotes)."""
    if value in ("24:00", "24:00:00", 1440, 86400):
        return MIDNIGHT
    if isinstance(value, time):
        return value
    at: time = time_of_day(value)
    return at


class Block(Strict):
    """On from one time of day to another."""

    from_: TimeOfDay = Field(alias="from", description='When it goes on: "09:00".')
    to: Annotated[time, BeforeValidator(_end)] = Field(
        description='When it goes off: "17:30"; the end of the day is "24:00".'
    )
    data: dict[str, bool | int | float | str] = Field(
        {}, description="Attributes of the entity while this block is on."
    )

    @model_validator(mode="after")
    def _forwards(self) -> "Block":
        if self.from_ >= self.to:
            raise PydanticCustomError("backwards", "from {start} is not before to {end}. A block ends on its own day: "
                                      "write two, the first to \"24:00\".",
                                      {"start": f"{self.from_:%H:%M}", "end": shown(self.to)[:5]})  # fmt: skip
        return self

    def plain(self) -> dict[str, Any]:
        """As schedule.get_schedule answers it."""
        return {"from": shown(self.from_), "to": shown(self.to), **({"data": self.data} if self.data else {})}


def shown(at: time) -> str:
    return "24:00:00" if at == MIDNIGHT else f"{at:%H:%M:%S}"


def _one_after_another(given: list[Block]) -> list[Block]:
    blocks = sorted(given, key=lambda block: block.from_)
    for before, block in pairwise(blocks):
        if before.to > block.from_:
            raise PydanticCustomError("overlap", "the blocks from {one} and from {other} overlap. Make them one.",
                                      {"one": f"{before.from_:%H:%M}", "other": f"{block.from_:%H:%M}",
                                       "key": max(i for i, one in enumerate(given) if one in (before, block))})  # fmt: skip
    return blocks


def _list(value: Any) -> Any:
    return [] if value is None else [value] if isinstance(value, Mapping) else value


Blocks = Annotated[list[Block], Field(max_length=100), BeforeValidator(_list), AfterValidator(_one_after_another)]


def _date(value: Any) -> Any:
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise PydanticCustomError("bad_date", '{value} is not a date. Write "2026-10-01".',
                                  {"value": repr(str(value))}) from error  # fmt: skip


Day: TypeAlias = date
Date = Annotated[date, BeforeValidator(_date)]


class OtherDay(Strict):
    """Dates on which other blocks count than those of the day of the week; without blocks it is off all day."""

    date: Date = Field(description='The date: "2026-10-01".')
    until: Date | None = Field(None, description="The last date, if there are several.")
    blocks: Blocks = Field([], description="The blocks of each of these dates; default: none.")

    @model_validator(mode="after")
    def _forwards(self) -> "OtherDay":
        if self.until is not None and self.until < self.date:
            raise PydanticCustomError("backwards", "until {until} is before date {date}. Exchange them.",
                                      {"until": str(self.until), "date": str(self.date), "key": "until"})  # fmt: skip
        return self

    def holds(self, day: Day) -> bool:
        return self.date <= day <= (self.until or self.date)


class ScheduleConfig(Thing):
    """One schedule."""

    monday: Blocks = Field([], description="The blocks of each Monday.")
    tuesday: Blocks = Field([], description="The blocks of each Tuesday.")
    wednesday: Blocks = Field([], description="The blocks of each Wednesday.")
    thursday: Blocks = Field([], description="The blocks of each Thursday.")
    friday: Blocks = Field([], description="The blocks of each Friday.")
    saturday: Blocks = Field([], description="The blocks of each Saturday.")
    sunday: Blocks = Field([], description="The blocks of each Sunday.")
    except_: Annotated[list[OtherDay], Field(max_length=1000), BeforeValidator(_list)] = Field(
        [], alias="except", description="Dates that are different; of two for one date the first counts."
    )

    def blocks(self, day: date) -> list[Block]:
        """What counts on this date."""
        other = next((one for one in self.except_ if one.holds(day)), None)
        return self.week[day.weekday()] if other is None else other.blocks

    @property
    def week(self) -> list[list[Block]]:
        """The blocks from Monday to Sunday."""
        return [self.monday, self.tuesday, self.wednesday, self.thursday, self.friday, self.saturday, self.sunday]


class Config(RootModel[dict[Name, ScheduleConfig]]):
    """Schedules by name."""

    root: dict[Name, ScheduleConfig] = Field(description="The schedules: each is the entity schedule.<name>.")
