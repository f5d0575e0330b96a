"""A calendar in the YAML: when the hall, or a queue, gives numbers."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Any, Final, cast

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from ...schema import Name, Strict, WordsField

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY: Final = 24 * 60  # minutes
_SPAN: Final = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*-\s*([01]?\d|2[0-4]):([0-5]\d)\Z")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_EVERY_YEAR: Final = re.compile(r"\d{2}-\d{2}\Z")
_COUNTRY: Final = re.compile(r"[A-Z]{2}(-[A-Za-z0-9]{1,8})?\Z")


def _span(value: Any) -> str:
    match = _SPAN.match(str(value).strip())
    if match:
        begins, ends = _minutes(match[1], match[2]), _minutes(match[3], match[4])
        if begins < DAY and ends <= DAY and begins != ends:
            return f"{begins // 60:02d}:{begins % 60:02d}-{ends // 60:02d}:{ends % 60:02d}"
    raise PydanticCustomError("bad_span", '{value} is not a span of the day. Write "08:30-12:00".',
                              {"value": repr(str(value))})  # fmt: skip


def _minutes(hours: str, minutes: str) -> int:
    return int(hours) * 60 + int(minutes)


Span = Annotated[str, BeforeValidator(_span)]
"""A part of a day, "08:30-12:00"; one that ends before it begins goes past midnight."""


def span_minutes(span: str) -> tuple[int, int]:
    """Its begin and end in minutes from midnight; the end is later, also past midnight."""
    begins, ends = (_minutes(*part.split(":")) for part in span.split("-"))
    return begins, ends if ends > begins else ends + DAY


def _hours(value: Any) -> Any:
    if value is False or value in ("closed", "off"):  # YAML reads a bare off as false
        return []
    return [value] if isinstance(value, str) else value


def _apart(spans: list[str]) -> list[str]:
    """The spans of one day in order; none may run into another."""
    ordered = sorted(spans, key=span_minutes)
    for one, other in pairwise(ordered):
        if span_minutes(one)[1] > span_minutes(other)[0]:
            raise PydanticCustomError("spans_overlap", "{one} and {other} run into each other. Make one span of them.",
                                      {"one": one, "other": other})  # fmt: skip
    return ordered


Hours = Annotated[list[Span], Field(max_length=12), BeforeValidator(_hours), AfterValidator(_apart)]
"""The hours of one day: spans, or `closed`."""


class DayHours(Strict):
    """One dated day, or several: its hours instead of the week's, and what it is called."""

    open: Hours = Field(default=[], description='The hours of that day, "08:30-12:00"; closed if left out.')
    name: WordsField | None = Field(default=None, description="What the day is called, as visitors read it.")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return cast("Any", value) if isinstance(value, Mapping) else {"open": value}


class Messages(Strict):
    """What is said while no numbers are given, instead of usher's own words; when it goes on is added."""

    early: WordsField | None = Field(default=None, description="Before the first hours of the day.")
    between: WordsField | None = Field(default=None, description="In a break, between two spans of the day.")
    late: WordsField | None = Field(default=None, description="After the last hours of the day.")
    closed: WordsField | None = Field(default=None, description="On a day without hours.")
    holiday: WordsField | None = Field(default=None, description="On a holiday.")


def weekdays(key: str) -> list[int]:
    """`mon`, mon-fri, sat-mon, daily or `mon,wed,fri` as numbers, Monday 0; raises ValueError."""
    key = key.lower()
    if key == "daily":
        return list(range(7))
    days: list[int] = []
    for part in key.replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last if dash else first)
        days += [(begin + n) % 7 for n in range((end - begin) % 7 + 1)]
    return days


def _week(value: Any) -> Any:
    """Every key is days of the week, and each day stands in one of them. They stay as written: faults have their place."""
    if not isinstance(value, Mapping):
        return value
    given = {str(key): hours for key, hours in cast("Mapping[Any, Any]", value).items()}
    once: set[int] = set()
    for key in given:
        try:
            days = weekdays(key)
        except ValueError:
            raise PydanticCustomError("bad_weekday", "{value} is not a day of the week. Write mon-fri, sat or daily.",
                                      {"value": repr(key), "key": key}) from None  # fmt: skip
        for day in days:
            if day in once:
                raise PydanticCustomError("weekday_twice", "{day} stands here twice. Keep one.",
                                          {"day": WEEKDAYS[day], "key": key})  # fmt: skip
            once.add(day)
    return given


def dates(key: str) -> Iterator[date | tuple[int, int]]:
    """The days an exception is for: a date, each date from..to, or (month, day) of every year; raises ValueError."""
    first, dots, last = (part.strip() for part in key.partition(".."))
    if not dots and _EVERY_YEAR.match(first):
        date.fromisoformat(f"2024-{first}")  # a leap year
        yield int(first[:2]), int(first[3:])
        return
    if not _DATE.match(first) or (dots and not _DATE.match(last)):
        raise ValueError(key)
    day, end = date.fromisoformat(first), date.fromisoformat(last if dots else first)
    if not day <= end <= day + timedelta(days=366):
        raise ValueError(key)
    while day <= end:
        yield day
        day += timedelta(days=1)


def _dated(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    for key in cast("Mapping[Any, Any]", value):
        try:
            list(dates(str(key)))
        except ValueError:
            raise PydanticCustomError(
                "bad_date", "{value} is not a date. Write 2026-12-24, 2026-12-24..2026-12-31 or 12-24 (every year).",
                {"value": repr(str(key)), "key": key}) from None  # fmt: skip
    return {str(key): day for key, day in cast("Mapping[Any, Any]", value).items()}


def _country(value: Any) -> Any:
    if value is None or (isinstance(value, str) and _COUNTRY.match(value)):
        return value
    raise PydanticCustomError("bad_country", "{value} is not a country. Write CN, or DE-BY for a part of one.",
                              {"value": repr(str(value))})  # fmt: skip


class Calendar(Strict):
    """When numbers are given: hours of the week, holidays, dated exceptions, named windows."""

    name: WordsField | None = Field(default=None, description="What people call it.")
    open: Annotated[dict[str, Hours], BeforeValidator(_week)] = Field(
        min_length=1,
        description='The hours of the week: {mon-fri: ["08:30-12:00", "13:30-17:00"], sat: "09:00-12:00"}.',
    )
    windows: dict[Name, Span] = Field(
        default={}, max_length=12, description='Parts of the day that quotas are for: {morning: "08:30-12:00"}.'
    )
    country_holidays: Annotated[str | None, BeforeValidator(_country)] = Field(
        default=None, description="A country whose holidays are closed: CN, or DE-BY for a part of one."
    )
    holidays: Hours = Field(default=[], description="The hours on the country's holidays; closed if left out.")
    make_up_workdays: Hours | None = Field(
        default=None, description="The hours on weekend days worked for a holiday; default: Monday's."
    )
    exceptions: Annotated[dict[str, DayHours], BeforeValidator(_dated)] = Field(
        default={}, description="Hours of single days, before all else: 2026-12-24, from..to, or 12-24 (every year)."
    )
    messages: Messages = Field(default=Messages(), description="What visitors read while no numbers are given.")

    @model_validator(mode="after")
    def _ordered(self) -> "Calendar":
        _apart(list(self.windows.values()))
        return self
