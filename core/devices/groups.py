"""A group of speakers that can be heard in the same room: one announcement at a time, in its order, none too late.

The engine is the clock: a clip's length is known, and the next begins when it is over, whatever plays it.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

from ..errors import ActionError, ConnectionLost, Failed
from ..integration import Kit
from .announcements import BURST, Announcement, Line
from .clips import Clip, Clips
from .items import ask
from .spoken import Spoken
from .voices import Voices
from .waves import Sound, chime, join

PLAY_LIMIT: Final = 5.0  # seconds a speaker may take to begin
SOON, BEGIN = 1.5, 5.0  # seconds after which a clip must not begin any more: as long as it is, within these
PAUSE: Final = 0.5  # seconds between two announcements
RATE: Final = 22050  # samples a second where no voice says another
LONGEST: Final = 120.0  # seconds of one announcement

_NONE: Final[dict[str, list[str]]] = {}

Tell = Callable[[str, Announcement, dict[str, Any]], None]


class Player(Protocol):
    """What a speaker platform's `open` yields."""

    async def play(self, clip: Clip) -> None:
        """Begin to play, and return once that is under way. Raises ConnectionLost."""
        ...

    async def stop(self) -> None:
        """Be silent."""
        ...


class Mouth(Protocol):
    """One speaker as its group sees it."""

    id: str
    gap: float
    voices: dict[str, list[str]]
    player: "tuple[Player, Kit] | None"

    def speaking(self, announcement: Announcement | None, waiting: int) -> None:
        """Show in the entity what is said now."""
        ...


class Group:
    """The line of one group, and who speaks."""

    def __init__(self, name: str, kit: Kit, voices: Voices, clips: Clips, spoken: Spoken, tell: Tell) -> None:
        self.name, self.line, self.speakers = name, Line(), dict[str, Mouth]()
        self._kit, self._voices, self._clips, self._spoken, self._tell = kit, voices, clips, spoken, tell
        self._wake, self._stop = asyncio.Event(), asyncio.Event()
        self._now: Announcement | None = None
        self._burst = False

    def wake(self) -> None:
        """Something changed: one more waits, a speaker came."""
        self._wake.set()

    def add(self, new: Announcement) -> int | None:
        """Let it wait; answers how many are said before it, or None if there is no room."""
        added = self.line.add(new)
        if added is None:
            return None
        place, gone = added
        if gone is not None:
            self._drop(gone, "overtaken" if new.call and gone.about(new.call.ticket) else "crowded_out")
        self._wake.set()
        self._show()
        return place + (self._now is not None)

    def forget(self, speaker: str) -> None:
        """A speaker is taken out of the hall: what only it was to say is not said."""
        self.speakers.pop(speaker, None)
        self._gone(self.line.without(speaker), "removed")
        self._wake.set()

    def withdraw(self, ticket: str) -> None:
        """A call was taken back: what was not yet said of it is not said."""
        self._gone(self.line.withdraw(ticket), "withdrawn")

    def clear(self) -> int:
        """Say nothing of what waits; answers how many that were."""
        return self._gone(self.line.clear(), "cleared")

    def stop(self) -> int:
        """Be silent at once, and say nothing of what waits."""
        count = self.clear() + (self._now is not None)
        self._stop.set()
        return count

    async def run(self) -> None:
        """Speak, for ever."""
        while True:
            self._wake.clear()
            self._gone(self.line.too_late(self._kit.clock.now()), "too_late")
            first = self.line.first()
            if first is None:
                await self._wake.wait()
            elif not self._online(first):
                await self._wait(self._wake, first.expires - self._kit.clock.now())
            else:
                self.line.take()
                try:
                    await self._say(first)
                except Exception:  # one that cannot be said must not silence the hall for the rest of the day
                    self._kit.log.exception("An announcement failed; the next one is said.")
                    self._drop(first, "failed")

    async def _say(self, announcement: Announcement) -> None:
        clock = self._kit.clock
        begun = clock.monotonic()
        self._now = announcement
        self._stop.clear()
        first, self._burst = not self._burst, self._burst or len(self.line) >= BURST
        if self._burst:
            announcement = replace(announcement, repeat=1, chime=announcement.chime and first)
        self._burst = self._burst and len(self.line) > 0
        try:
            sound, missing = await self._render(announcement)
            if sound is None:
                self._drop(announcement, "no_voice")
            elif clock.now() >= announcement.expires:
                self._drop(announcement, "too_late")
            else:
                await self._play(announcement, sound, missing)
        finally:
            self.line.others_spoke(clock.monotonic() - begun)
            self._now = None
            self._show()

    async def _play(self, announcement: Announcement, sound: Sound, missing: Sequence[str]) -> None:
        clock = self._kit.clock
        now = clock.now()
        expires = now + max(SOON, min(BEGIN, sound.seconds))
        clip = Clip(announcement.id, self._clips.keep(sound), sound, announcement.volume, now, expires)
        heard = await self._each(announcement, lambda player: player.play(clip))
        if not heard:
            if self._online(announcement):
                self._drop(announcement, "refused")
            else:
                self.line.put_back(announcement)  # until a speaker is there again, or it is too late
            return
        if announcement.call is not None:
            self._spoken.mark(self.name, announcement.call.key)
        self._show()
        self._tell("announcement_started", announcement,
                   {"seconds": round(sound.seconds, 2), "waited": round(now - announcement.asked, 3),
                    "heard_by": heard, "missing": list(missing)})  # fmt: skip
        self._look_ahead()
        if await self._wait(self._stop, sound.seconds + PAUSE):
            await self._each(announcement, lambda player: player.stop())
            self._drop(announcement, "stopped")
        else:
            self._tell("announcement_finished", announcement, {})

    async def _each(self, announcement: Announcement, what: Callable[[Player], Any]) -> list[str]:
        """Have all its speakers do something at once; answers which of them did."""

        async def one(speaker: Mouth | None) -> str | None:
            if speaker is None or speaker.player is None:
                return None
            player, own = speaker.player
            try:
                await ask(own, what(player), PLAY_LIMIT, f"speaker.{speaker.id}")
            except ConnectionLost as error:
                self._kit.log.warning("speaker.%s: %s", speaker.id, error)
                speaker.player = None  # until the supervisor has it entered again
            except ActionError as error:
                self._kit.log.warning("speaker.%s: %s", speaker.id, error)
            else:
                return speaker.id
            return None

        names = announcement.speakers
        if len(names) == 1:
            return [name for name in [await one(self.speakers.get(names[0]))] if name]
        done = await asyncio.gather(*(one(self.speakers.get(name)) for name in names))
        return [name for name in done if name]

    async def _render(self, announcement: Announcement) -> tuple[Sound | None, list[str]]:
        """The whole announcement as one sound, and the languages no voice could speak: the chime alone says look up."""
        phrases, missing = await self._phrases(announcement)
        if not phrases and not announcement.chime:
            return None, missing
        gap = self._mouth(announcement).gap
        rate = max((p.rate for p in phrases), default=RATE)
        plan = (*phrases,) * announcement.repeat
        if announcement.chime:
            plan = (await asyncio.to_thread(chime, rate), *plan)
        if all(p.rate == rate for p in phrases):
            whole = join(plan, gap)
        else:
            whole = await asyncio.to_thread(join, plan, gap)
        limit = 2 * round(LONGEST * rate)
        return (Sound(rate, whole.samples[:limit]) if len(whole.samples) > limit else whole), missing

    async def _phrases(self, announcement: Announcement) -> tuple[list[Sound], list[str]]:
        known = self._known(announcement)
        if None not in known:
            return [sound for sound in known if sound is not None], []
        wanted = self._mouth(announcement).voices
        patience = announcement.expires - self._kit.clock.now()

        async def one(language: str, text: str) -> Sound | str:
            try:
                return await self._voices.phrase(text, language, wanted.get(language, ()), patience)
            except ActionError as error:
                self._kit.log.warning("%s", error)
                return language

        said = await asyncio.gather(*(one(language, text) for language, text in announcement.texts))
        return [s for s in said if isinstance(s, Sound)], [s for s in said if isinstance(s, str)]

    def _known(self, announcement: Announcement) -> list[Sound | None]:
        """Its phrases, as far as they can be had without waiting."""
        wanted = next((self.speakers[name].voices for name in announcement.speakers if name in self.speakers), _NONE)
        return [self._voices.known(text, language, wanted.get(language, ())) for language, text in announcement.texts]

    def _look_ahead(self) -> None:
        """While one is heard, have the next one's phrases spoken: then it begins at once."""
        ahead = self.line.first()
        if ahead is not None and None in self._known(ahead):
            self._kit.task(self._phrases(ahead), f"speaker.{self.name} ahead")

    async def _wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Whether it happened within so many seconds."""
        over = False

        def end() -> None:
            nonlocal over
            over = True
            event.set()

        cancel = self._kit.clock.after(max(0.0, seconds), end)
        try:
            await event.wait()
        finally:
            cancel()
        return not over

    def _online(self, announcement: Announcement) -> bool:
        found = [self.speakers[name] for name in announcement.speakers if name in self.speakers]
        return any(speaker.player is not None for speaker in found)

    def _mouth(self, announcement: Announcement) -> Mouth:
        """The speaker whose voices and pauses are taken. Raises Failed if all were taken out of the hall meanwhile."""
        for name in announcement.speakers:
            if name in self.speakers:
                return self.speakers[name]
        raise Failed({"en": "Its speaker is gone.", "zh-CN": "对应的喇叭已移除。"}, "no_speaker")

    def _gone(self, gone: Sequence[Announcement], reason: str) -> int:
        for one in gone:
            self._drop(one, reason)
        if gone:
            self._show()
        return len(gone)

    def _drop(self, announcement: Announcement, reason: str) -> None:
        self._tell("announcement_dropped", announcement, {"reason": reason})

    def _show(self) -> None:
        for name, speaker in self.speakers.items():
            now = self._now if self._now and name in self._now.speakers else None
            speaker.speaking(now, len(self.line))
