"""Calendars: weeks, breaks, dated exceptions, holidays, midnight, summer time."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from usher.core.hall.admission.calendars import ALWAYS, Timetable
from usher.core.hall.admission.country import Holidays, complaint
from usher.core.hall.config import Calendar

CHINA, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
OFFICE = {"mon-fri": ["13:30-17:00", "08:30-12:00"], "sat": "09:00-12:00"}


def timetable(zone: ZoneInfo = CHINA, country: Holidays | None = None, **more: object) -> Timetable:
    return Timetable(Calendar.model_validate({"open": OFFICE, **more}), zone, country)


def at(text: str, zone: ZoneInfo = CHINA) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    ("moment", "why", "opens"),
    [
        ("2026-11-23 08:29:59", "early", "2026-11-23 08:30"),  # a Monday
        ("2026-11-23 08:30", None, "2026-11-23 13:30"),
        ("2026-11-23 12:00", "between", "2026-11-23 13:30"),
        ("2026-11-23 17:00", "late", "2026-11-24 08:30"),
        ("2026-11-27 17:30", "late", "2026-11-28 09:00"),  # Friday evening
        ("2026-11-29 10:00", "closed", "2026-11-30 08:30"),  # Sunday
    ],
)
def test_a_week_with_breaks(moment: str, why: str | None, opens: str) -> None:
    hours = timetable()
    assert (None if hours.at(at(moment)) else hours.why_closed(at(moment))[0]) == why
    assert hours.next(at(moment)) == at(opens)


def test_only_the_last_hours_of_a_day_close_it() -> None:
    hours = timetable()
    morning, afternoon = hours.at(at("2026-11-23 09:00")), hours.at(at("2026-11-23 16:00"))
    assert morning is not None
    assert (morning.ends, morning.last) == (at("2026-11-23 12:00"), False)
    assert afternoon is not None
    assert (afternoon.ends, afternoon.last) == (at("2026-11-23 17:00"), True)


def test_dated_exceptions_go_before_the_week() -> None:
    hours = timetable(exceptions={
        "2026-11-23": {"name": "Staff day"}, "2026-11-29": "10:00-12:00", "2026-12-24..2026-12-26": "closed",
        "12-31": ["08:30-12:00"], "2026-12-31": "off",
    })  # fmt: skip
    assert hours.why_closed(at("2026-11-23 09:00")) == ("holiday", "Staff day")
    assert hours.at(at("2026-11-29 11:00")) is not None
    assert [hours.day(date(2026, 12, day)).hours == () for day in (23, 24, 25, 26, 28)] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert hours.open_spans(date(2026, 12, 31)) == []  # this year's goes before every year's
    assert hours.open_spans(date(2027, 12, 31)) == [(at("2027-12-31 08:30"), at("2027-12-31 12:00"))]


def test_chinas_holidays_and_the_weekends_that_make_up_for_them() -> None:
    country = Holidays("CN")
    hours = timetable(country=country, country_holidays="CN")
    why, name = hours.why_closed(at("2026-10-01 09:00"))
    assert why == "holiday"
    assert name == {"en": "National Day", "zh-CN": "国庆节"}
    assert hours.next(at("2026-09-30 18:00")) == at("2026-10-08 08:30")
    # Sunday 20 September and Saturday 10 October 2026 are worked, with Monday's hours.
    assert hours.open_spans(date(2026, 9, 20))[-1][1] == at("2026-09-20 17:00")
    assert hours.open_spans(date(2026, 10, 10))[-1][1] == at("2026-10-10 17:00")
    assert hours.open_spans(date(2026, 10, 11)) == []
    # What the YAML says of a day goes before; so do hours of holidays and of make-up days.
    told = timetable(country=country, country_holidays="CN", holidays="10:00-11:00", make_up_workdays="09:00-10:00",
                     exceptions={"2026-10-01": "08:00-09:00"})  # fmt: skip
    assert told.open_spans(date(2026, 10, 1))[0][0] == at("2026-10-01 08:00")
    assert told.open_spans(date(2026, 10, 2))[0][0] == at("2026-10-02 10:00")
    assert told.open_spans(date(2026, 9, 20))[0][1] == at("2026-09-20 10:00")


def test_a_year_whose_make_up_days_are_not_published_is_known_as_such() -> None:
    assert not Holidays("CN").unpublished(2026)
    assert not Holidays("DE-BY").unpublished(2026)  # there, none ever are
    china = Holidays("CN")
    assert any(china.unpublished(year) for year in range(2027, 2040))  # the one after the newest notice


@pytest.mark.parametrize(
    ("code", "text"),
    [("CN", None), ("DE-BY", None), ("XQ", "no country 'XQ'"), ("DE-BZ", "no part 'BZ'"), ("CX-1", "Write CX.")],
)
def test_countries_that_are_not_known_are_told(code: str, text: str | None) -> None:
    told = complaint(code)
    assert told is None if text is None else text in (told or "")


def test_hours_past_midnight_belong_to_the_day_they_begin_on() -> None:
    hours = Timetable(Calendar.model_validate({"open": {"fri": "20:00-04:00"}}), CHINA)
    inside = hours.at(at("2026-11-28 03:59"))  # Saturday
    assert inside is not None
    assert (inside.begins, inside.ends) == (at("2026-11-27 20:00"), at("2026-11-28 04:00"))
    assert hours.at(at("2026-11-28 04:00")) is None
    assert hours.at(at("2026-11-28 20:00")) is None


def test_hours_that_touch_are_one_stretch_and_may_never_end() -> None:
    night = Timetable(Calendar.model_validate({"open": {"mon": "20:00-24:00", "tue": "00:00-02:00"}}), CHINA)
    inside = night.at(at("2026-11-23 21:00"))
    assert inside is not None
    assert inside.ends == at("2026-11-24 02:00")
    always = Timetable(ALWAYS, CHINA)
    forever = always.at(at("2026-11-23 21:00"))
    assert forever is not None
    assert forever.ends == float("inf")
    assert always.next(at("2026-11-23 21:00")) is None


def test_the_days_on_which_summer_time_changes() -> None:
    hours = Timetable(Calendar.model_validate({"open": {"daily": ["01:00-03:30", "08:00-12:00"]}}), BERLIN)
    lengths = {day: [(ends - begins) / 3600 for begins, ends in hours.open_spans(day)]
               for day in (date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 25))}  # fmt: skip
    assert list(lengths.values()) == [[2.5, 4], [1.5, 4], [3.5, 4]]
    lost = Timetable(Calendar.model_validate({"open": {"daily": "02:00-03:00"}}), BERLIN)
    assert lost.open_spans(date(2026, 3, 29)) == []  # an hour that the day does not have
    assert lost.next(at("2026-03-28 12:00", BERLIN)) == at("2026-03-30 02:00", BERLIN)


def test_a_leap_day() -> None:
    hours = timetable(exceptions={"02-29": "10:00-11:00"})
    assert hours.open_spans(date(2028, 2, 29)) == [(at("2028-02-29 10:00"), at("2028-02-29 11:00"))]
    assert hours.open_spans(date(2027, 3, 1))[0][0] == at("2027-03-01 08:30")


def test_named_windows() -> None:
    hours = timetable(windows={"morning": "08:30-12:00", "afternoon": "12:00-17:00", "night": "22:00-02:00"})
    named = {
        moment: hours.window(at(f"2026-11-23 {moment}")) for moment in ("08:00", "08:30", "12:00", "23:00", "01:00")
    }
    assert {moment: window and window[0] for moment, window in named.items()} == {
        "08:00": None, "08:30": "morning", "12:00": "afternoon", "23:00": "night", "01:00": "night"}  # fmt: skip
    assert named["01:00"] == ("night", at("2026-11-23 02:00"))


@given(minutes=st.integers(0, 60 * 24 * 30), step=st.integers(0, 60 * 24 * 10))
def test_it_opens_next_when_it_says_and_not_before(minutes: int, step: int) -> None:
    hours = timetable(BERLIN, exceptions={"2026-03-27": "closed", "2026-03-29": "01:00-03:30"})
    now = at("2026-03-16 00:00", BERLIN) + minutes * 60
    opens = hours.next(now)
    assert opens is not None
    assert opens > now
    assert hours.at(opens) is not None
    between = now + step % max(1, int(opens - now))
    found, inside = hours.at(between), hours.at(now)
    assert found is None or (inside is not None and found == inside)


@given(moments=st.lists(st.integers(0, 60 * 24 * 14), min_size=1, max_size=20))
def test_asked_in_any_order_it_answers_the_same(moments: list[int]) -> None:
    """Also when the clock is set back: what is remembered of the last answer never speaks for another moment."""
    windows = {"windows": {"morning": "08:30-12:00", "night": "22:00-02:00"}}
    kept, begin = timetable(**windows), at("2026-11-20 00:00")
    for minute in moments:
        now, fresh = begin + minute * 60, timetable(**windows)
        assert (kept.at(now), kept.window(now)) == (fresh.at(now), fresh.window(now))


@pytest.mark.parametrize(
    ("yaml", "text"),
    [
        ({"open": {"mon-fry": "09:00-12:00"}}, "not a day of the week"),
        ({"open": {"mon-fri": "09:00-12:00", "wed": "09:00-12:00"}}, "wed stands here twice"),
        ({"open": {"mon": "09:00-25:00"}}, "not a span of the day"),
        ({"open": {"mon": ["09:00-12:00", "11:00-13:00"]}}, "run into each other"),
        ({"open": {}}, "at least 1"),
        ({"open": OFFICE, "exceptions": {"2026-02-30": "closed"}}, "not a date"),
        ({"open": OFFICE, "exceptions": {"2026-12-26..2026-12-24": "closed"}}, "not a date"),
        ({"open": OFFICE, "windows": {"a": "08:00-12:00", "b": "11:00-13:00"}}, "run into each other"),
        ({"open": OFFICE, "country_holidays": "China"}, "not a country"),
    ],
)
def test_what_makes_no_sense_is_told(yaml: dict[str, object], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        Calendar.model_validate(yaml)
