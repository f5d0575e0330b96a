"""The YAML under `appointment:`: what can be booked."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from ...schema import Duration, Name, Strict, Target, WordsField

DAY = 86400.0


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) or value is None else [value]  # pyright: ignore[reportUnknownVariableType]


class AppointmentType(Strict):
    """One thing that can be booked: when, for how many, and which queue the visitor stands in on arrival."""

    name: WordsField = Field(description="What people call it.")
    queue: Annotated[str, Target("queue")] = Field(description="Where whoever arrives gets a number.")
    service: Name | None = Field(default=None, description="Which of the queue's services.")
    notes: WordsField | None = Field(default=None, description="What to bring; shown with the booking.")
    calendar: Annotated[str, Target("calendar")] | None = Field(
        default=None, description="When it can be booked; left out: the queue's calendar."
    )
    slot: Duration = Field(default=900.0, ge=60, le=DAY, description='How long one slot is: "00:15".')
    capacity: Annotated[int, Field(ge=0, le=1000)] | dict[Name, Annotated[int, Field(ge=0, le=1000)]] = Field(
        default=1, description="How many people a slot takes, each member of staff if there are any; or by the "
        "calendar's windows: {morning: 6, afternoon: 3}.",
    )  # fmt: skip
    walk_ins: float = Field(default=0.0, ge=0, le=100, description="This share of the places, in percent, cannot be "
                            "booked: it is held back for people who just come.")  # fmt: skip
    staff: Annotated[list[str], BeforeValidator(_listed), Field(max_length=100)] = Field(
        default=[], description="Who can be booked by name; each has the capacity, over all types together."
    )
    ahead: Duration = Field(
        default=30 * DAY, ge=60, le=731 * DAY, description="How long before a slot it can be booked."
    )
    notice: Duration = Field(default=0.0, description="At least so long before the slot it must be booked.")
    fixed: Duration = Field(default=0.0, description="Changed or cancelled at the latest so long before the slot.")
    early: Duration = Field(default=1800.0, description="So long before the slot one may check in.")
    late: Duration = Field(default=900.0, description="Whoever checks in later than this after the slot is late.")
    when_late: Literal["walk_in", "refuse"] = Field(
        default="walk_in", description="The late stand at the end as walk-ins, or are refused."
    )
    head_start: Duration = Field(
        default=0.0, description="In line as if the slot were so much earlier: before walk-ins who came after that."
    )
    ready_before: Duration | None = Field(
        default=None, description="Who checks in earlier is not called until so long before the slot."
    )
    missed_after: Duration | None = Field(
        default=None, description="Missed so long after the slot; left out: at the end of the day."
    )
    class_: Annotated[str, Target("class")] | None = Field(
        default=None, alias="class", description="The class of who arrives in time; left out: appointment, if the hall has it."
    )  # fmt: skip
    per_person: int = Field(default=3, ge=1, le=100, description="So many at once for one phone, visitor or case.")
    asks: Annotated[list[Literal["name", "phone", "case"]], BeforeValidator(_listed)] = Field(
        default=[], description="What must be said when booking."
    )
    reminders: Annotated[list[Duration], BeforeValidator(_listed), Field(max_length=8)] = Field(
        default=[], description='So long before the slot appointment_reminder is told: ["24:00", "01:00"].'
    )
    public: bool = Field(default=True, description="False: booked by staff only.")

    @model_validator(mode="after")
    def _fits(self) -> "AppointmentType":
        if self.notice >= self.ahead:
            raise PydanticCustomError("notice_ahead", "notice is not shorter than ahead, so nothing can be booked. "
                                      "Write a shorter one.", {"key": "notice"})  # fmt: skip
        if self.missed_after is not None and self.missed_after < self.late:
            raise PydanticCustomError("missed_late", "missed_after is shorter than late: who may still check in would be "
                                      "missed. Write a longer one.", {"key": "missed_after"})  # fmt: skip
        if self.ready_before is not None and self.ready_before > self.early:
            raise PydanticCustomError("ready_early", "ready_before is longer than early, so nobody ever waits for it. "
                                      "Write a shorter one.", {"key": "ready_before"})  # fmt: skip
        return self
