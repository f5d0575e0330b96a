"""The holidays of a country, from the package `holidays`, loaded when a calendar asks for them.

Source of the days: the package's own tables of laws and yearly notices. The make-up workdays of a year are known once its
government has published them, so a dated exception in the YAML goes before.
"""

import importlib
import importlib.util
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from ...errors import MissingExtra
from ...schema import did_you_mean

_LANGUAGES: Final[Mapping[str, str]] = {"en": "en_US", "zh-CN": "zh_CN"}  # ours -> the package's


def installed() -> bool:
    """Whether the package is there."""
    return importlib.util.find_spec("holidays") is not None


def complaint(code: str) -> str | None:
    """What is wrong with a country as it is written: CN, or DE-BY."""
    country, _, part = code.partition("-")
    known: Mapping[str, list[str]] = _package().list_supported_countries()
    if country not in known:
        return f"there is no country {country!r} with known holidays.{did_you_mean(country, known)}"
    if part and part not in known[country]:
        parts = known[country]
        hint = did_you_mean(part, parts) or (f" There are: {', '.join(parts)}." if parts else f" Write {country}.")
        return f"{country} has no part {part!r}.{hint}"
    return None


class Holidays:
    """The holidays of one country; a year is worked out when it is first asked for, some 20 ms."""

    def __init__(self, code: str) -> None:
        country, _, part = code.partition("-")
        make = _package().country_holidays
        plain = make(country, subdiv=part or None)
        spoken = set(plain.supported_languages) or {plain.default_language}
        own = str(plain.default_language or "en").replace("_", "-")
        self.code, self._plain = code, plain
        self._named = {ours: make(country, subdiv=part or None, language=theirs)
                       for ours, theirs in _LANGUAGES.items() if theirs in spoken} or {own: plain}  # fmt: skip

    def load(self, *years: int) -> None:
        """Work these years out now."""
        for year in years:
            for days in (self._plain, *self._named.values()):
                days.get(date(year, 1, 1))

    def name(self, day: date) -> dict[str, str] | None:
        """What holiday this is, in each language the package speaks."""
        if day not in self._plain:
            return None
        return {language: str(days[day]) for language, days in self._named.items()}

    def worked(self, day: date) -> bool:
        """Whether this weekend day is worked, to make up for a holiday."""
        return day.weekday() in self._plain.weekend and self._plain.is_working_day(day)

    def unpublished(self, year: int) -> bool:
        """Whether this country makes up for holidays, but for this year no such day is known yet."""
        worked: set[date] = self._plain.weekend_workdays
        self.load(year - 1, year)
        years = {day.year for day in worked}
        return year - 1 in years and year not in years


def _package() -> Any:
    try:
        return importlib.import_module("holidays")
    except ImportError as error:
        raise MissingExtra("country_holidays", "holidays") from error
