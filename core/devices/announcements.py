"""Announcements in their order: urgent ones first, then first come first served, bounded. Pure; nothing waits here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from typing import Final

from ..events import Context
from ..frozen import frozen
from ..words import Words

MAX_WAITING: Final = 50
BURST: Final = 3  # so many waiting: each is said once, and only the first with a chime, until none waits


@frozen
class Call:
    """The call an announcement is about: its ticket, its number, which call of it, and when it was made (wall time).

    `text` tells announcements of the same call apart.
    """

    ticket: str
    number: str | None = None
    calls: int = 1
    at: float | None = None
    text: str = ""

    @property
    def key(self) -> str:
        """What is remembered once it was spoken: who came back to the line is called a first time once more."""
        return f"{self.ticket}:{self.calls}:{self.text}" + ("" if self.at is None else f":{self.at:.3f}")


@frozen
class Announcement:
    """One thing to say: `texts` in speaking order as (language, text).

    Not said any more at `expires` (wall time). While others are heard before it that moves on, up to `latest`.
    """

    id: str
    texts: tuple[tuple[str, str], ...]
    speakers: tuple[str, ...]
    asked: float
    expires: float
    latest: float
    repeat: int = 1
    chime: bool = True
    urgent: bool = False
    volume: float = 1.0
    call: Call | None = None
    context: Context = field(default_factory=Context)

    def about(self, ticket: str) -> bool:
        """Whether it calls this ticket (its id or number)."""
        return self.call is not None and ticket in (self.call.ticket, self.call.number)


class Line:
    """The announcements that wait for one group of speakers."""

    def __init__(self, limit: int = MAX_WAITING) -> None:
        self._waiting: list[Announcement] = []
        self._limit = limit

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, new: Announcement) -> tuple[int, Announcement | None] | None:
        """Let it wait; answers (how many are before it, whom it replaced), or None if there is no room.

        A recall replaces the former call of the same ticket where that still waits, and keeps its place. An urgent one
        goes before all that are not, and in a full line the last that is not urgent gives way to it.
        """
        for place, one in enumerate(self._waiting):
            if _again(new.call, one.call) and one.urgent is new.urgent:
                self._waiting[place] = new
                return place, one
        gone: Announcement | None = None
        if len(self._waiting) >= self._limit:
            if not new.urgent or self._waiting[-1].urgent:
                return None
            gone = self._waiting.pop()
        place = len(self._waiting)
        if new.urgent:
            place = next((i for i, one in enumerate(self._waiting) if not one.urgent), place)
        self._waiting.insert(place, new)
        return place, gone

    def take(self) -> Announcement | None:
        """The next one, out of the line."""
        return self._waiting.pop(0) if self._waiting else None

    def put_back(self, one: Announcement) -> None:
        """It could not be said: it is the next one still."""
        self._waiting.insert(0, one)

    def first(self) -> Announcement | None:
        """The next one, left in the line."""
        return self._waiting[0] if self._waiting else None

    def others_spoke(self, seconds: float) -> None:
        """So long they had to wait for others, which is nobody's fault: every call of a burst is to be heard."""
        if self._waiting:
            self._waiting = [replace(w, expires=min(w.expires + seconds, w.latest)) for w in self._waiting]

    def too_late(self, now: float) -> list[Announcement]:
        """Take out what has waited too long."""
        return self._take_out(lambda one: one.expires <= now)

    def withdraw(self, ticket: str) -> list[Announcement]:
        """Take out what calls this ticket."""
        return self._take_out(lambda one: one.about(ticket))

    def without(self, speaker: str) -> list[Announcement]:
        """Have a speaker say none of it; take out what nobody else is to say."""
        left = [replace(w, speakers=tuple(s for s in w.speakers if s != speaker)) for w in self._waiting]
        self._waiting = left
        return self._take_out(lambda one: not one.speakers)

    def clear(self) -> list[Announcement]:
        """Take out everything."""
        return self._take_out(lambda one: True)

    def _take_out(self, which: Callable[[Announcement], bool]) -> list[Announcement]:
        gone = [one for one in self._waiting if which(one)]
        self._waiting = [one for one in self._waiting if not which(one)]
        return gone


def _again(new: Call | None, old: Call | None) -> bool:
    """Whether `new` is a later call of the same ticket."""
    return new is not None and old is not None and new.ticket == old.ticket and new.calls > old.calls


def in_order(message: Words, order: Sequence[str], language: str | None = None) -> tuple[tuple[str, str], ...]:
    """(language, text) in speaking order. A plain text is said in `language`, or else in each of `order`.

    Of a text in several languages those in `order` are said; if none of them is there, its own, in its own order.
    """
    if not isinstance(message, Mapping):
        return tuple((one, message) for one in ([language] if language else order))
    wanted = [language] if language else order
    found = [(one, message[key]) for one in wanted if (key := _key(message, one)) is not None]
    return tuple((one, text) for one, text in (found or list(message.items())) if text.strip())


def _key(message: Mapping[str, str], language: str) -> str | None:
    if language in message:
        return language
    base = language.partition("-")[0]
    return next((key for key in message if key.partition("-")[0] == base), None)
