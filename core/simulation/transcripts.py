"""What was said, shown, printed and done by itself, line by line with the time."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from ..devices.boards import Board
from ..words import Words, say
from .day import Day
from .paper import lines
from .report import stamp


def said(day: Day, language: str) -> Iterator[str]:
    for one in day.recording.said:
        texts = "  ".join(f"[{tongue}] {text}" for tongue, text in one.texts)
        yield f"{stamp(day, one.at)}  {one.speaker}  {one.seconds:.1f} s  {texts}".rstrip()


def shown(day: Day, language: str) -> Iterator[str]:
    for one in day.recording.shown:
        yield f"{stamp(day, one.at)}  {one.display}  {_board(one.board, language)}".rstrip()


def _board(board: Board, language: str) -> str:
    calls = "  ".join(f"{call.number}→{say(call.counter_name, language)}" for call in board.calls)
    recent = " ".join(call.number for call in board.recent)
    paused = "  ".join(f"⏸{say(one.counter_name, language)}" for one in board.paused)
    message = f"“{say(board.message.text, language)}”" if board.message else ""
    return " | ".join(part for part in (calls, recent, paused, message) if part)


def printed(day: Day, language: str) -> Iterator[str]:
    for one in day.recording.printed:
        yield f"{stamp(day, one.at)}  {one.printer}  {one.job.number or one.job.id}"
        for line in lines(one.job.sheet):
            yield f"    {line}".rstrip()


def automations(day: Day, language: str) -> Iterator[str]:
    for one in day.notes.fired:
        yield f"{stamp(day, one.at)}  {one.entity_id}  {one.source}".rstrip()
    for asked in day.recording.asked:
        yield f"{stamp(day, asked.at)}  {asked.action}  {dict(asked.data)}"


TRANSCRIPTS: Final[Mapping[str, Callable[[Day, str], Iterator[str]]]] = {
    "said": said, "shown": shown, "printed": printed, "automations": automations}  # fmt: skip
TITLES: Final[Mapping[str, Words]] = {
    "said": {"en": "Said", "zh-CN": "播报"},
    "shown": {"en": "Shown", "zh-CN": "显示"},
    "printed": {"en": "Printed", "zh-CN": "打印"},
    "automations": {"en": "Automations, one by one", "zh-CN": "自动化运行明细"},
}
