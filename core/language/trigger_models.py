"""The triggers that belong to no other room, as they stand in the YAML."""

from collections.abc import Mapping
from datetime import time
from typing import Annotated, Any, Final, Literal, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from ..ids import EntityId
from ..schema import Duration, Strict, seconds, time_of_day
from .numbers import is_number
from .reading import EntityIds
from .templates import is_template

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: Final[tuple[Weekday, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCKS: Final = ("input_datetime", "sensor")  # entities that may say a time


def one_or_more(value: Any) -> Any:
    """A list as it is, a single thing as a list of one."""
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _texts(value: Any) -> Any:
    return [str(v) if isinstance(v, (int, float)) and not isinstance(v, bool) else v for v in one_or_more(value)]


Texts = Annotated[list[str], BeforeValidator(_texts)]


def _span(value: Any) -> Any:
    """A duration in seconds, or as it stands when a template is in it."""
    parts = cast("Mapping[Any, Any]", value).values() if isinstance(value, Mapping) else (value,)
    if any(map(is_template, parts)):
        return cast("Any", value)
    try:
        span = seconds(value)
        if not 0 <= span < 1e9:
            raise ValueError
    except (ValueError, TypeError) as error:
        shown = repr(str(value)) if isinstance(value, str) else str(cast("Any", value))
        raise PydanticCustomError(
            "bad_duration", '{value} is not a duration. Write "00:30", 1800, {minutes: 30} or a template.',
            {"value": shown[:80]},
        ) from error  # fmt: skip
    return span


Span = Annotated[Any, BeforeValidator(_span)]
"""Seconds, or what a template in it will say."""


class EventTrigger(Strict):
    """An event of the hall, whose data holds what is asked for."""

    event_type: Texts = Field(description="The event, or several.")
    event_data: dict[str, Any] = Field({}, description="What its data must hold; parts of it are enough.")
    context: dict[Literal["id", "parent_id", "user_id"], Texts] = Field(
        {}, description="Who or what is behind it: {user_id: ...}, one or several."
    )


class StateTrigger(Strict):
    """An entity changes its state, or an attribute of it."""

    entity_id: EntityIds = Field(description="The entity, or several.")
    from_: Any = Field(None, alias="from", description="The state before, or several.")
    to: Any = Field(None, description="The state after, or several. Empty: any, but not attributes alone.")
    not_from: Any = Field(None, description="Not when this was the state before.")
    not_to: Any = Field(None, description="Not when this is the state after.")
    attribute: str | None = Field(None, description="Look at this attribute instead of the state.")
    for_: Span = Field(None, alias="for", description="Only when it stays so for this long; a template may say it.")

    @model_validator(mode="after")
    def _one_way(self) -> "StateTrigger":
        for name, other in (("from", "not_from"), ("to", "not_to")):
            field = "from_" if name == "from" else name
            if {field, other} <= self.model_fields_set:
                raise PydanticCustomError("both", "{one} and {other} exclude each other. Keep one of them.",
                                          {"one": name, "other": other, "key": other})  # fmt: skip
        return self


def _limit(value: float | str) -> float | str:
    if isinstance(value, str) and not is_number(value) and not is_template(value):
        try:
            EntityId.parse(value)
        except ValueError as error:
            raise PydanticCustomError("bad_limit", "{value} is neither a number nor an entity. Write 20, or input_number.limit.",
                                      {"value": repr(str(value))}) from error  # fmt: skip
    return value


Limit = Annotated[float | str, AfterValidator(_limit)]
"""A number, or the entity that holds it."""


class NumericStateTrigger(Strict):
    """A number comes above or below a limit."""

    entity_id: EntityIds = Field(description="The entity, or several.")
    above: Limit | None = Field(None, description="The limit, or the entity that holds it.")
    below: Limit | None = Field(None, description="The limit, or the entity that holds it.")
    attribute: str | None = Field(None, description="Look at this attribute instead of the state.")
    value_template: str | None = Field(None, description="A template that makes the number; `state` is the entity.")
    for_: Span = Field(None, alias="for", description="Only when it stays so for this long; a template may say it.")

    @model_validator(mode="after")
    def _limits(self) -> "NumericStateTrigger":
        check_limits(self.above, self.below)
        return self


def check_limits(above: float | str | None, below: float | str | None) -> None:
    """Raise ValueError unless a number can be between these."""
    if above is None and below is None:
        raise ValueError("above or below is missing. Write at least one of them")
    if (
        above is not None
        and below is not None
        and is_number(above)
        and is_number(below)
        and float(above) >= float(below)
    ):
        raise PydanticCustomError(
            "no_range",
            "no number is above {above} and below {below} at the same time. Write two of them, or turn them round.",
            {"above": f"{float(above):g}", "below": f"{float(below):g}", "key": "above"},
        )


class TemplateTrigger(Strict):
    """A template becomes true."""

    value_template: str = Field(description="The template.")
    for_: Span = Field(None, alias="for", description="Only when it stays true for this long; a template may say it.")


class TimeOf(Strict):
    """The time that an entity says, and how long before or after it."""

    entity_id: str = Field(description="input_datetime.opening, or a sensor whose state is a time.")
    offset: Duration | str = Field(0.0, description='How long after it; "-00:10:00" is before it.')

    @model_validator(mode="after")
    def _fits(self) -> "TimeOf":
        clock_entity(self.entity_id)
        _ = self.seconds
        return self

    @property
    def seconds(self) -> float:
        """The offset."""
        if not isinstance(self.offset, str):
            return self.offset
        text = self.offset.strip()
        try:
            return -seconds(text[1:]) if text.startswith("-") else seconds(text.removeprefix("+"))
        except ValueError as error:
            raise PydanticCustomError("bad_offset", '{value} is not a duration. Write "-00:10:00" or {minutes: 5}.',
                                      {"value": repr(text), "key": "offset"}) from error  # fmt: skip


def clock_entity(text: str) -> str:
    """An entity that may say a time; raises ValueError."""
    domain = EntityId.parse(text).domain
    if domain not in _CLOCKS:
        raise ValueError(f"{text!r} says no time. Write an input_datetime, or a sensor whose state is a time")
    return text


def _at(value: Any) -> Any:
    made: list[Any] = []
    for index, one in enumerate(one_or_more(value)):
        try:
            made.append(_one_at(one))
        except PydanticCustomError as error:
            if not isinstance(value, list):
                raise
            context = {**(error.context or {}), "key": index}
            raise PydanticCustomError(cast("Any", error.type), cast("Any", error.message_template), context) from error
    return made


def _one_at(value: Any) -> Any:
    if isinstance(value, (Mapping, time)):
        return cast("Any", value)
    if isinstance(value, str) and "." in value and ":" not in value:
        return {"entity_id": value}
    return time_of_day(value)


class TimeTrigger(Strict):
    """A time of day, in the hall's time zone, or the time that an entity says."""

    at: Annotated[list[time | TimeOf], BeforeValidator(_at)] = Field(
        description="The time (17:30), an input_datetime or sensor, {entity_id, offset}, or several of these."
    )
    weekday: Annotated[list[Weekday], BeforeValidator(one_or_more)] | None = Field(
        None, description="Only on these days."
    )


def _pattern(value: Any) -> Any:
    text = str(value).strip()
    if text == "*" or text.isdigit() or (text.startswith("/") and text[1:].isdigit() and int(text[1:]) > 0):
        return text
    raise PydanticCustomError("bad_pattern", '{value} is no pattern of time. Write 5, "*", or "/5" for every fifth.',
                              {"value": repr(str(value))})  # fmt: skip


Pattern = Annotated[str, BeforeValidator(_pattern)]


class TimePatternTrigger(Strict):
    """Again and again: when hours, minutes and seconds fit."""

    hours: Pattern | None = Field(None, description='The hour: 8, "*" or "/2".')
    minutes: Pattern | None = Field(None, description='The minute: 30, "*" or "/5".')
    seconds: Pattern | None = Field(None, description='The second: 0, "*" or "/10".')

    @model_validator(mode="after")
    def _fits(self) -> "TimePatternTrigger":
        if self.hours is None and self.minutes is None and self.seconds is None:
            raise ValueError("hours, minutes or seconds is missing. Write at least one of them")
        for name, pattern, limit in (("hours", self.hours, 24), ("minutes", self.minutes, 60),
                                     ("seconds", self.seconds, 60)):  # fmt: skip
            if pattern is not None and pattern != "*" and int(pattern.removeprefix("/")) >= limit:
                raise PydanticCustomError("too_large", "{pattern} is too large; {last} is the last one. Write {last} or less.",
                                          {"pattern": pattern, "last": limit - 1, "key": name})  # fmt: skip
        return self

    def fits(self) -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
        """The hours, minutes and seconds; what is smaller than the smallest one given is 0, the larger any."""
        minutes = "0" if self.minutes is None and self.hours is not None else self.minutes
        inner = "0" if self.seconds is None and minutes is not None else self.seconds
        return _fitting(self.hours, 24), _fitting(minutes, 60), _fitting(inner, 60)


def _fitting(pattern: str | None, limit: int) -> frozenset[int]:
    if pattern is None or pattern == "*":
        return frozenset(range(limit))
    return frozenset(range(0, limit, int(pattern[1:]))) if pattern.startswith("/") else frozenset({int(pattern)})


class HallTrigger(Strict):
    """The hall opens its engine or closes it."""

    event: Literal["start", "shutdown"] = Field(description="start: everything is up; shutdown: it is about to end.")


class NotificationTrigger(Strict):
    """A persistent notification is made, changed or dismissed."""

    update_type: Annotated[list[Literal["added", "removed", "updated", "current"]], BeforeValidator(one_or_more)] = (
        Field(["added", "removed", "updated", "current"], description="What became of it.")
    )
    notification_id: str | None = Field(None, description="Only this one.")


class TagTrigger(Strict):
    """A tag (a card, a code) is read."""

    tag_id: Texts = Field(description="The tag, or several.")
    device_id: Texts | None = Field(None, description="Only when one of these readers read it.")


MODELS: Final[Mapping[str, type[BaseModel]]] = {
    "event": EventTrigger,
    "state": StateTrigger,
    "numeric_state": NumericStateTrigger,
    "template": TemplateTrigger,
    "time": TimeTrigger,
    "time_pattern": TimePatternTrigger,
    "homeassistant": HallTrigger,
    "usher": HallTrigger,
    "persistent_notification": NotificationTrigger,
    "tag": TagTrigger,
}
