"""The hall's words for templates and voices: `spoken`, `masked`, `minutes`. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

_DIGITS: Final[Mapping[str, str]] = {
    "zh": "零一二三四五六七八九",
    "yue": "零一二三四五六七八九",
}
_ENGLISH: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def spoken(number: object, language: str = "en") -> str:
    """A ticket number as it is read out, digit by digit: A032 -> "A, zero, three, two"; A零三二."""
    base = language.partition("-")[0]
    text = str(number)
    if base in _DIGITS:
        digits = _DIGITS[base]
        return "".join(digits[int(c)] if c.isdigit() and c.isascii() else c for c in text)
    if base == "en":
        return ", ".join(_ENGLISH[int(c)] if c.isdigit() and c.isascii() else c for c in text if not c.isspace())
    return ", ".join(c for c in text if not c.isspace())


def masked(name: object) -> str:
    """A name for a public screen: 张小三 -> 张*三, 张三 -> 张*, John Smith -> J. S."""
    text = str(name).strip()
    if not text:
        return ""
    if any("\u3400" <= c <= "\u9fff" for c in text):
        return text[0] + "*" * max(1, len(text) - 2) + (text[-1] if len(text) > 2 else "")
    return " ".join(f"{part[0].upper()}." for part in text.replace("-", " ").split())


def minutes(seconds: object) -> int:
    """Seconds as whole minutes, half a minute up; nothing known counts as 0."""
    return 0 if seconds is None else int((float(str(seconds)) + 30) // 60)


_EN_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EN_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ZH_DAYS: Final = "一二三四五六日"


def moment(at: datetime, now: datetime) -> dict[str, str]:
    """A time to come, as it is said today: 13:30 today, tomorrow 08:30, Mon 23 Nov 08:30; both in the hall's zone."""
    clock, days = f"{at:%H:%M}", (at.date() - now.date()).days
    if days == 0:
        return {"en": f"{clock} today", "zh-CN": f"今天 {clock}"}
    if days == 1:
        return {"en": f"tomorrow {clock}", "zh-CN": f"明天 {clock}"}
    year = "" if at.year == now.year else str(at.year)
    weekday = at.weekday()
    return {
        "en": f"{_EN_DAYS[weekday]} {at.day} {_EN_MONTHS[at.month - 1]} {year}".rstrip() + f" {clock}",
        "zh-CN": f"{year and year + '年'}{at.month}月{at.day}日（周{_ZH_DAYS[weekday]}）{clock}",
    }
