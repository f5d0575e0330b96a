"""The YAML under `input_datetime:`: dates and times by name."""

from datetime import date, datetime, time

from pydantic import Field, RootModel, model_validator
from pydantic_core import PydanticCustomError

from ...core.schema import Name, time_of_day
from ...core.things import Thing


class InputDatetime(Thing):
    """One date, time of day, or both."""

    has_date: bool = Field(False, description="It has a date.")
    has_time: bool = Field(False, description="It has a time of day.")
    initial: str | int | None = Field(
        None,
        description='What it is at each start: "2026-11-22 17:30:00", "2026-11-22" or "17:30"; default: as it was.',
    )

    @model_validator(mode="after")
    def _whole(self) -> "InputDatetime":
        if not self.has_date and not self.has_time:
            raise PydanticCustomError("nothing", "it has neither date nor time. Write has_date: true, has_time: true, "
                                      "or both.", {})  # fmt: skip
        if self.initial is not None:
            try:
                self.moment()
            except ValueError as error:
                wanted = ("2026-11-22 17:30:00" if self.has_time else "2026-11-22") if self.has_date else "17:30:00"
                raise PydanticCustomError("bad_initial", 'initial {initial} does not fit. Write it as "{wanted}".',
                                          {"initial": repr(self.initial), "wanted": wanted, "key": "initial"}) from error  # fmt: skip
        return self

    def moment(self) -> datetime | None:
        """`initial`: of a time alone the day does not count, of a date alone the time."""
        if self.initial is None:
            return None
        if not self.has_date:
            return datetime.combine(date.min, time_of_day(self.initial))
        text = str(self.initial)
        return datetime.fromisoformat(text) if self.has_time else datetime.combine(date.fromisoformat(text), time())


class Config(RootModel[dict[Name, InputDatetime]]):
    """Dates and times by name."""

    root: dict[Name, InputDatetime] = Field(description="Dates and times: each is the entity input_datetime.<name>.")
