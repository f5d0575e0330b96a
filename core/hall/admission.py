"""May a ticket be issued? Asked in the order of HALL; each refusal has a code, words, and the next time where there is one."""

from typing import TYPE_CHECKING, Any, cast

from ..errors import Refused
from .hall import Hall
from .journal import Decision

if TYPE_CHECKING:
    from .issuing import Asked, Wanted


class Admission:
    """Asked before each ticket."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall

    def ask(self, d: Decision, wanted: "Wanted", asked: "Asked" = "all") -> None:
        """Raises Refused if this ticket may not be issued now."""
        row = d.floor.queues.get(wanted.queue)
        if row is not None and row["paused"]:
            raise paused(row["reason"])


def paused(reason: Any) -> Refused:
    """The refusal of a paused queue, with the reason staff gave."""
    words = {"en": "This service is paused for now.", "zh-CN": "该业务暂停办理。"}
    if isinstance(reason, str) and reason:
        words = {language: f"{text} {reason}" for language, text in words.items()}
    elif isinstance(reason, dict):
        given = cast("dict[str, str]", reason)
        words = {language: f"{words.get(language, words['en'])} {text}" for language, text in given.items()}
        words.setdefault("en", "This service is paused for now.")
    return Refused("paused", words)
