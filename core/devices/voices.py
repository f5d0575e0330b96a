"""Voices: who turns text into sound. A speaker asks for a phrase in a language and names the voices it would like.

YAML key `voice:`, entities `voice.<id>` (ready|offline). A voice that is down or fails is passed over for another that
has the language; a phrase spoken before needs no voice at all; the same phrase asked twice at once is spoken once.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol

from ..entities import Entity
from ..errors import ActionError, ConnectionLost, Failed
from ..integration import Kit
from .items import ask, keep
from .models import VoiceItem, has
from .phrases import Phrases, phrase_key
from .waves import Sound, read_wav, trim

SPEAK_LIMIT: Final = 10.0  # seconds a voice may take for one phrase
RETURN_LIMIT: Final = 5.0  # seconds to wait for a voice that is just being started again


class Voice(Protocol):
    """What a platform's `open` yields. One with `keep = False` is so quick that nothing it spoke is kept.

    One that needs no time at all has `at_once(text, language) -> Sound` beside: clean, without silence at its ends.
    """

    @property
    def languages(self) -> frozenset[str]:
        """BCP 47 tags: zh-CN, yue, en."""
        ...

    async def speak(self, text: str, language: str) -> bytes:
        """A WAV, 16 bit, mono. Raises ConnectionLost, or Failed for this text only."""
        ...


class Voices:
    """All voices of the hall, and what they said before."""

    def __init__(self, kit: Kit, phrases: Phrases) -> None:
        self._items: dict[str, VoiceItem] = {}
        self._prints: dict[str, str] = {}  # fingerprints of these
        self._parts: dict[str, Kit] = {}
        self._kit, self._phrases = kit, phrases
        self._live: dict[str, tuple[Voice, Kit]] = {}
        self._making: dict[str, asyncio.Future[Sound | Failed | ConnectionLost]] = {}
        self._came = asyncio.Event()
        self.spoken = 0  # phrases a voice really spoke

    async def take(self, items: Sequence[VoiceItem]) -> None:
        """These are the voices now; one whose YAML is the same goes on untouched."""
        wanted = {item.id: item for item in items}
        if wanted:
            await self._phrases.open()
        for name, item in list(self._items.items()):
            if wanted.get(name) != item:
                del self._items[name], self._prints[name]
                await self._parts.pop(name).close()
        for name, item in wanted.items():
            if name not in self._items:
                part = self._parts[name] = self._kit.part(f"voice.{name}")
                self._items[name], self._prints[name] = item, item.fingerprint
                self._begin(item, part)

    def _begin(self, item: VoiceItem, part: Kit) -> None:
        entity = Entity(f"voice.{item.id}", item.title)
        part.entity(entity)
        entity.show("offline")

        @asynccontextmanager
        async def around(voice: Voice, own: Kit) -> AsyncGenerator[None, None]:
            self._live[item.id] = (voice, own)
            self._came.set()
            try:
                yield
            finally:
                del self._live[item.id]

        keep("voice", item, part, lambda voice: entity.show("ready", {"languages": sorted(voice.languages)}),
             lambda: entity.show("offline"), around)  # fmt: skip

    def candidates(self, language: str, wanted: Sequence[str] = ()) -> list[str]:
        """The voices that have a language, the wanted ones first."""
        order = [*(w for w in wanted if w in self._items), *(i for i in self._items if i not in wanted)]
        return [one for one in order if self._has(one, language)]

    def known(self, text: str, language: str, wanted: Sequence[str] = ()) -> Sound | None:
        """The phrase, if it can be had without waiting."""
        for name in self.candidates(language, wanted):
            live = self._live.get(name)
            at_once: Callable[[str, str], Sound] | None = None if live is None else getattr(live[0], "at_once", None)
            if at_once is not None:
                self.spoken += 1
                return at_once(text, language)
            return self._phrases.held(self._key(name, text, language))
        return None

    def _key(self, name: str, text: str, language: str) -> str:
        return phrase_key(self._prints[name], language, text)

    def _has(self, voice: str, language: str) -> bool:
        live = self._live.get(voice)
        known = live[0].languages if live else self._items[voice].speaks()
        return known is None or has(known, language)

    async def phrase(self, text: str, language: str, wanted: Sequence[str] = (), patience: float = 20.0) -> Sound:
        """The text as sound; raises Failed if within `patience` seconds no voice could."""
        clock, reasons = self._kit.clock, list[str]()
        until = clock.monotonic() + min(patience, RETURN_LIMIT)
        while True:
            self._came.clear()
            candidates = self.candidates(language, wanted)
            for name in candidates:
                try:
                    sound = await self._by(name, text, language)
                except (Failed, ConnectionLost) as error:
                    self._kit.log.warning("voice.%s: %s", name, error)
                    reasons.append(str(error))
                else:
                    if sound is not None:
                        return sound
            left = until - clock.monotonic()
            down = any(name not in self._live for name in candidates)
            if not down or left <= 0 or len(reasons) > 2 * len(candidates):
                raise _nobody(language, reasons)
            await self._wait(left)

    async def _wait(self, seconds: float) -> None:
        cancel = self._kit.clock.after(seconds, self._came.set)
        try:
            await self._came.wait()
        finally:
            cancel()

    async def _by(self, name: str, text: str, language: str) -> Sound | None:
        """The phrase in this voice; None if the voice is down and never said it."""
        key = self._key(name, text, language)
        making = self._making.get(key)
        if making is None:
            known = await self._phrases.get(key)
            if known is not None:
                return known
            making = self._making.get(key) or self._make(name, key, text, language)
            if making is None:
                return None
        outcome = await asyncio.shield(making)
        if isinstance(outcome, Sound):
            return outcome
        raise outcome

    def _make(self, name: str, key: str, text: str, language: str) -> "asyncio.Future[Any] | None":
        live = self._live.get(name)
        if live is None:
            return None
        made: asyncio.Future[Sound | Failed | ConnectionLost] = asyncio.get_running_loop().create_future()
        self._making[key] = made

        async def run() -> None:
            outcome: Sound | Failed | ConnectionLost = ConnectionLost(f"voice.{name} is gone.")
            try:
                outcome = await self._speak(name, *live, text, language)
            finally:
                self._making.pop(key, None)
                if not made.done():
                    made.set_result(outcome)
            if isinstance(outcome, Sound) and getattr(live[0], "keep", True):
                await self._phrases.put(key, outcome)

        self._kit.task(run(), f"voice.{name}")
        return made

    async def _speak(
        self, name: str, voice: Voice, own: Kit, text: str, language: str
    ) -> Sound | Failed | ConnectionLost:
        """Never raises: several may wait for the outcome."""
        try:
            body = await ask(own, voice.speak(text, language), SPEAK_LIMIT, f"voice.{name}")
            self.spoken += 1
            return await asyncio.to_thread(_clean, body)
        except ConnectionLost as error:
            return error
        except (ActionError, ValueError) as error:
            return Failed(str(error), "no_voice")


def _clean(body: bytes) -> Sound:
    sound = trim(read_wav(body))
    if not sound.samples:
        raise ValueError("What it spoke was silence.")
    return sound


def _nobody(language: str, reasons: list[str]) -> Failed:
    why = f" {reasons[-1]}" if reasons else ""
    return Failed({"en": f"No voice here could speak {language}.{why}",
                   "zh-CN": f"没有可用的语音能说 {language}。{why}"}, "no_voice")  # fmt: skip


@asynccontextmanager
async def setup_voices(items: Sequence[VoiceItem], kit: Kit) -> AsyncGenerator[Voices, None]:
    """Keep every voice up; what was spoken before lies in .usher/speech."""
    voices = Voices(kit, Phrases(kit.site.data / "speech"))
    await voices.take(items)
    yield voices
