"""Why no ticket is issued: a code, words in the hall's languages, and when it will be possible again. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final

from ..errors import Refused
from ..words import Words, say
from .admission.calendars import Why

Said = Mapping[str, str] | None
_HOURS: Final[Mapping[Why, Mapping[str, str]]] = {
    "early": {"en": "No numbers are given yet.", "zh-CN": "尚未开始取号。"},
    "between": {"en": "We are on a break.", "zh-CN": "中间休息，暂停取号。"},
    "late": {"en": "No more numbers are given today.", "zh-CN": "今日取号已结束。"},
    "closed": {"en": "We are closed today.", "zh-CN": "今日不办理。"},
    "holiday": {"en": "We are closed for a holiday.", "zh-CN": "节假日不办理。"},
}


def hall_closed(reason: Words | None) -> Refused:
    """Staff have closed the whole hall."""
    return Refused("hall_closed", joined({"en": "The hall is closed for now.", "zh-CN": "大厅暂停服务。"}, reason))


def paused(reason: Words | None) -> Refused:
    """A paused queue, with the reason staff gave."""
    return Refused("paused", joined({"en": "This service is paused for now.", "zh-CN": "该业务暂停办理。"}, reason))


def outside_hours(why: Why, day: Words | None, message: Words | None, at: float | None, said: Said) -> Refused:
    """Outside the calendar's hours; on a holiday, with its name."""
    code = "holiday" if why == "holiday" else "outside_hours"
    words = message or joined(_HOURS[why], _in_brackets(day) if why == "holiday" else None)
    return Refused(code, joined(words, _next(said)), next=at)


def closing(at: float | None, said: Said) -> Refused:
    """Still open, but no more numbers are given before the end of the day."""
    words = {"en": "We close soon and give no more numbers today.", "zh-CN": "即将下班，今日不再取号。"}
    return Refused("closing_soon", joined(words, _next(said)), next=at)


def not_served_today(at: float | None, said: Said) -> Refused:
    """Who comes now could not be served before closing."""
    words = {
        "en": "Those who wait already fill the time until we close.",
        "zh-CN": "现有排队人数已排满至下班，不再取号。",
    }
    return Refused("closing_soon", joined(words, _next(said)), next=at)


def class_not_admitted() -> Refused:
    """The queue is for other classes of customer."""
    return Refused("class_not_admitted", {
        "en": "This service is only for certain customers. Please choose another, or ask staff.",
        "zh-CN": "该业务仅限特定客户办理，请选择其他业务或咨询工作人员。"})  # fmt: skip


def already_waiting(number: str | None) -> Refused:
    """One live ticket a visitor; its number is told only to the visitor."""
    have = {"en": f"You already have number {number}.", "zh-CN": f"您已取号：{number}。"} if number else \
        {"en": "There is already a ticket for you.", "zh-CN": "您已取号，不能重复取号。"}  # fmt: skip
    return Refused("already_waiting", have)


def quota_reached(code: str, left: int, at: float | None, said: Said) -> Refused:
    """`window_quota` or `daily_quota`: not so many people more. `left` is less than the party, and may be none."""
    if left > 0:
        words = {"en": f"There are numbers for {left} more people only.", "zh-CN": f"剩余名额仅够 {left} 人。"}
    elif code == "window_quota":
        words = {"en": "The numbers of this part of the day are all given out.", "zh-CN": "本时段号源已取完。"}
    else:
        words = {"en": "Today's numbers are all given out.", "zh-CN": "今日号源已取完。"}
    return Refused(code, joined(words, _next(said)), next=at)


def full(code: str, most: int) -> Refused:
    """`queue_full` or `hall_full`: so many wait already."""
    words = {"en": f"{most} people are waiting already; no more numbers for now. Please come back later.",
             "zh-CN": f"等候人数已达上限（{most} 人），暂停取号，请稍后再来。"}  # fmt: skip
    return Refused(code, words)


def numbers_used_up(last: str, at: float | None, said: Said) -> Refused:
    """The last number of the queue's segment is given."""
    words = {"en": f"{last} was the last number.", "zh-CN": f"号码已用完（末号 {last}）。"}
    return Refused("numbers_used_up", joined(words, _next(said)), next=at)


def joined(*parts: Words | None) -> dict[str, str]:
    """Sentences one after another, in every language that one of them speaks."""
    given = [part for part in parts if part]
    languages = {language for part in given if not isinstance(part, str) for language in part} | {"en"}
    return {language: _sentences(say(part, language) for part in given) for language in sorted(languages)}


def _sentences(parts: Iterable[str]) -> str:
    """With a space between them, which Chinese has none of."""
    text = ""
    for part in parts:
        text += part if not text or text.endswith(("。", "！", "？")) else f" {part}"
    return text


def _next(said: Said) -> Words | None:
    if said is None:
        return None
    return {"en": f"Numbers are given again {_from(said['en'])}.", "zh-CN": f"下次取号：{said['zh-CN']}。"}


def _from(moment: str) -> str:
    return f"from {moment}"


def _in_brackets(day: Words | None) -> Words | None:
    if day is None:
        return None
    return f"({day})" if isinstance(day, str) else {language: f"({name})" for language, name in day.items()}
