"""`usher:`, the hall itself: its name, time, languages and classes of customer."""

import os
import re
from collections.abc import Mapping
from datetime import time, tzinfo
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from .schema import Name, Strict, TimeOfDay, WordsField, did_you_mean

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")


def _language(value: str) -> str:
    if not _LANGUAGE.match(value):
        raise PydanticCustomError("bad_name", "{value} is not a language. Write it as en, zh-CN or yue.",
                                  {"value": repr(value)})  # fmt: skip
    return value


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        from zoneinfo import available_timezones

        near = did_you_mean(value, available_timezones())
        raise PydanticCustomError("bad_name", "{value} is not a time zone. Write it as Asia/Shanghai.{near}",
                                  {"value": repr(value), "near": near}) from error  # fmt: skip
    return value


Language = Annotated[str, AfterValidator(_language)]


class UsherConfig(Strict):
    """What stands under `usher:`."""

    name: WordsField = Field({"en": "Hall", "zh-CN": "大厅"}, description="The hall's name, as visitors know it.")
    site: Name = Field("hall", description="The hall's id in every row and message; give each hall of a chain its own.")
    time_zone: Annotated[str, AfterValidator(_time_zone)] | None = Field(
        None, description="The hall's time zone, as in Asia/Shanghai; without it this machine's."
    )
    languages: list[Language] = Field(["en"], min_length=1, description="The hall's languages in speaking order.")
    business_day: TimeOfDay = Field(time(0), description="When a new day begins: numbers start anew then.")
    classes: dict[Name, int] = Field({"normal": 0}, description="Classes of customer and their weights.")
    packages: dict[str, Any] = Field({}, description="Parts of the configuration, each in one file of its own.")

    @property
    def zone(self) -> tzinfo:
        """The hall's time zone."""
        return ZoneInfo(self.time_zone) if self.time_zone else machine_zone()

    @property
    def weights(self) -> Mapping[str, int]:
        """Class of customer -> weight; `normal` is always one of them."""
        return MappingProxyType({"normal": 0, **self.classes})


def machine_zone() -> ZoneInfo:
    """This machine's time zone by name (TZ, then /etc/localtime), else UTC."""
    name = os.environ.get("TZ", "").lstrip(":")
    if not name:
        target = str(Path("/etc/localtime").resolve())
        name = target.partition("zoneinfo/")[2]
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")
