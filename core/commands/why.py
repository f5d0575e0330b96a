"""`usher why`: why somebody was called before somebody else, today or months ago, from the journal; the hall may run or not."""

import json
import re
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Final

from ..errors import UsherError
from ..translations import terminal_language
from ..words import say
from . import places

if TYPE_CHECKING:
    from ..hall.calling.why import Before, Story

NAME: Final = "why"
HELP: Final = "why a ticket was called when it was, and others before it, from the journal"
MOST: Final = 20  # calls listed, unless --all
_HEAD: Final = {"en": "{number} of {day}", "zh-CN": "{number}（{day}）"}
_BEFORE: Final = {
    "en": "Called before it, though they came later:", "zh-CN": "以下各位后到，却先被呼叫："}  # fmt: skip
_ALL_BEFORE: Final = {"en": "Called while it waited:", "zh-CN": "它等候期间呼叫过："}
_NONE_BEFORE: Final = {
    "en": "Nobody who came later was called before it.", "zh-CN": "没有后到者先于它被呼叫。"}  # fmt: skip
_CALL: Final = {"en": "{number} to counter {counter}: {why}", "zh-CN": "{number} 至 {counter} 号窗口：{why}"}
_MORE: Final = {"en": "... and {n} more (--all)", "zh-CN": "……另有 {n} 位（--all）"}
_NOT_BEFORE: Final = {
    "en": "No counter chose between {number} and {other}: they did not wait at the same time for the same one.",
    "zh-CN": "没有窗口在 {number} 与 {other} 之间作过选择：两者未同时等候同一窗口。"}  # fmt: skip


def add(parser: ArgumentParser) -> None:
    parser.add_argument("ticket", help="its number, as A012, or its id")
    parser.add_argument("other", nargs="?", help="another: which of the two was called first, and why")
    parser.add_argument("--day", help="the business day, as 2026-08-03; the last on which it was given if left out")
    parser.add_argument("--all", action="store_true", help="everybody called while it waited")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print")
    parser.add_argument("--language", help="en or zh-CN; default: the terminal's")
    places.running(parser)


def run(options: Namespace) -> int:
    from ..engine import FILE
    from ..hall.calling.looking_back import around
    from ..hall.calling.why import story_of

    if options.day is not None and not re.fullmatch(r"\d{4}-\d\d-\d\d", options.day):
        raise UsherError(f"--day: {options.day!r} is not a day. Write 2026-11-20.")
    file = places.data(options) / FILE
    story = story_of(around(file, options.ticket, options.day))
    if options.other is not None and not _named(story, options.other):  # asked the other way round
        story = story_of(around(file, options.other, story.day))
        options.other = options.ticket
    if options.format == "json":
        print(json.dumps(asdict(story), ensure_ascii=False, indent=2))
    else:
        print("\n".join(_lines(story, options, options.language or terminal_language())))
    return 0


def _lines(story: "Story", options: Namespace, language: str) -> Iterator[str]:
    yield say(_HEAD, language, number=story.number, day=story.day)
    for step in story.steps:
        yield f"  {_time(step.at, story.day)}  {say(step.words, language)}"
        yield from (f"{'':12}{say(reason, language)}" for reason in step.reasons)
    yield ""
    if options.other is not None:
        asked = _named(story, options.other)
        if not asked:
            yield say(_NOT_BEFORE, language, other=options.other, number=story.number)
        yield from _calls(asked, story.day, language)
        return
    listed = story.before if options.all else [one for one in story.before if one.later]
    yield say(_NONE_BEFORE if not listed else _ALL_BEFORE if options.all else _BEFORE, language)
    yield from _calls(listed if options.all else listed[:MOST], story.day, language)
    if not options.all and len(listed) > MOST:
        yield "  " + say(_MORE, language, n=len(listed) - MOST)


def _named(story: "Story", number: str) -> "list[Before]":
    return [one for one in story.before if one.number.upper() == number.upper()]


def _calls(calls: "list[Before]", day: str, language: str) -> Iterator[str]:
    for one in calls:
        words = say(_CALL, language, number=one.number, counter=one.counter, why=say(one.words, language))
        yield f"  {_time(one.at, day)}  {words}"


def _time(at: float, day: str) -> str:
    """The time of day by this machine's clock; with the date where it is another day."""
    moment = datetime.fromtimestamp(at).astimezone()
    return moment.strftime("%H:%M:%S" if moment.date().isoformat() == day else "%Y-%m-%d %H:%M:%S")
