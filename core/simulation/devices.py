"""Simulated devices: they take as long as real ones and keep what they printed, showed and said.

They stand in for every platform of the configuration; integrations that reach outside are not entered, and what they
promise to do (`mqtt.publish`) is noted instead of done.
"""

import logging
import struct
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict

from ..actions import Answer, Call
from ..clock import Cancel
from ..config import Configuration, Loaded
from ..devices.boards import Board
from ..devices.clips import Clip
from ..devices.printing.protocol import PrinterStatus, PrintJob
from ..devices.waves import Sound, write_wav
from ..integration import Integration, Kit, Platform
from ..offers import TRIGGERS, Fire, TriggerKind

RATE: Final = 50  # samples a second: a simulated voice is as long as a real one, and hardly a kilobyte
MARK: Final = struct.pack("<3h", 31234, -31233, 31232)  # what follows in a sound are the words it says
LOUD: Final = struct.pack("<h", 1000)
EDGE: Final = bytes(2)  # silence at both ends, as every clean sound has it
LETTERS: Final = {"zh": 4.2, "yue": 4.2, "ja": 6.0, "ko": 5.0}  # a second; of other languages 14
SHORTEST: Final = 0.6
POLL: Final = 3600.0  # seconds: a simulated printer has no news


class Said(NamedTuple):
    at: float
    speaker: str
    seconds: float
    texts: tuple[tuple[str, str], ...]  # (language, text) as heard, repeats included


class Shown(NamedTuple):
    at: float
    display: str
    board: Board


class Printed(NamedTuple):
    at: float
    printer: str
    job: PrintJob


class Asked(NamedTuple):
    at: float
    action: str
    data: Mapping[str, Any]


@dataclass
class Recording:
    """All that came out of the hall, in order of time."""

    said: list[Said] = field(default_factory=list[Said])
    shown: list[Shown] = field(default_factory=list[Shown])
    printed: list[Printed] = field(default_factory=list[Printed])
    asked: list[Asked] = field(default_factory=list[Asked])
    sees: Callable[[str], None] = lambda ticket: None  # a sign shows a call of this ticket
    not_entered: list[str] = field(default_factory=list[str])
    real: dict[str, Platform[Any]] = field(default_factory=dict[str, Platform[Any]])  # what was replaced, kind.platform


def speaking_time(text: str, language: str) -> float:
    """About how long a voice takes, in seconds."""
    a_second = LETTERS.get(language.partition("-")[0], 14.0)
    letters = len(text) if a_second > 10 else len("".join(text.split()))
    return max(SHORTEST, letters / a_second)


class Voice:
    """Speaks sounds that are as long as the text takes, and carry its words."""

    keep = False

    def __init__(self, languages: frozenset[str], lexicon: "Lexicon") -> None:
        self.languages, self._lexicon = languages, lexicon
        self._sounds: dict[tuple[str, str], Sound] = {}

    async def speak(self, text: str, language: str) -> bytes:
        return write_wav(self.at_once(text, language))

    def at_once(self, text: str, language: str) -> Sound:
        sound = self._sounds.get((language, text))
        if sound is None:
            sound = self._sounds[language, text] = self._speak(text, language)
        return sound

    def _speak(self, text: str, language: str) -> Sound:
        words = self._lexicon.number(text, language)
        count = max(6, round(speaking_time(text, language) * RATE))
        head = MARK + struct.pack("<2h", 1000 + words // 1000, 1000 + words % 1000)
        return Sound(RATE, EDGE + head + LOUD * (count - 5) + EDGE)


class Lexicon:
    """The phrases spoken so far, by number."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._phrases: list[tuple[str, str]] = []

    def number(self, text: str, language: str) -> int:
        n = self._numbers.setdefault((language, text), len(self._phrases))
        if n == len(self._phrases):
            self._phrases.append((language, text))
        return n

    def heard(self, samples: bytes) -> tuple[tuple[str, str], ...]:
        """What is said in a sound."""
        found: list[tuple[str, str]] = []
        at = samples.find(MARK)
        while at >= 0:
            high, low = struct.unpack_from("<2h", samples, at + len(MARK))
            found.append(self._phrases[(high - 1000) * 1000 + low - 1000])
            at = samples.find(MARK, at + len(MARK))
        return tuple(found)


@dataclass
class Player:
    """A speaker."""

    id: str
    kit: Kit
    recording: Recording
    lexicon: Lexicon

    async def play(self, clip: Clip) -> None:
        heard = self.lexicon.heard(clip.sound.samples)
        self.recording.said.append(Said(self.kit.clock.now(), self.id, round(clip.seconds, 2), heard))

    async def stop(self) -> None:
        pass


class Sign:
    """A display."""

    def __init__(self, name: str, kit: Kit, recording: Recording) -> None:
        self._id, self._kit, self._recording = name, kit, recording
        self._seen: dict[str, tuple[int, float]] = {}

    async def show(self, board: Board) -> None:
        self._recording.shown.append(Shown(self._kit.clock.now(), self._id, board))
        for call in board.calls:
            what = (call.calls, call.at)
            if call.state == "called" and self._seen.get(call.ticket_id) != what:
                self._seen[call.ticket_id] = what
                self._recording.sees(call.ticket_id)


@dataclass
class Paper:
    """A printer: never out of paper, one ticket after another."""

    id: str
    kit: Kit
    recording: Recording
    takes: float

    async def status(self) -> PrinterStatus:
        return PrinterStatus()

    async def print(self, job: PrintJob) -> PrinterStatus:
        await self.kit.clock.sleep(self.takes * job.copies)
        self.recording.printed.append(Printed(self.kit.clock.now(), self.id, job))
        return PrinterStatus()


Open = Callable[[Any, Kit], AbstractAsyncContextManager[Any]]


def platforms(recording: Recording, printing: float) -> dict[str, Open]:
    """How each kind of device is opened here."""
    lexicon = Lexicon()

    def open_one(make: Callable[[Any, Kit], Any]) -> Open:
        @asynccontextmanager
        async def opened(item: Any, kit: Kit) -> AsyncGenerator[Any, None]:
            yield make(item, kit)

        return opened

    return {
        "printer": open_one(lambda item, kit: Paper(f"printer.{item.id}", kit, recording, printing)),
        "display": open_one(lambda item, kit: Sign(f"display.{item.id}", kit, recording)),
        "speaker": open_one(lambda item, kit: Player(f"speaker.{item.id}", kit, recording, lexicon)),
        "voice": open_one(lambda item, kit: Voice(item.speaks() or frozenset(kit.site.languages), lexicon)),
    }


class Anything(BaseModel):
    """The data of an action that is not done."""

    model_config = ConfigDict(extra="allow")


def stand_in(configuration: Configuration, recording: Recording, printing: float) -> None:
    """Put simulated devices in, and take out what would reach outside."""
    openers = platforms(recording, printing)
    recording.real = configuration.platforms()
    for at, wing in enumerate(configuration.wings):
        if items := getattr(wing.config, "printer", None):
            seldom = [item.model_copy(update={"poll": POLL}) for item in items]
            configuration.wings[at] = replace(wing, config=wing.config.model_copy(update={"printer": seldom}))
    for at, one in enumerate(configuration.integrations):
        pure = one.manifest is not None and one.manifest.pure
        served = {kind: Platform(platform.config, openers[kind])
                  for kind, platform in one.integration.platforms.items() if kind in openers}  # fmt: skip
        setup = one.integration.setup if pure else _promises(one, recording)
        if one.integration.setup is not None and not pure and one.place is not None:  # else nobody named it
            recording.not_entered.append(one.name)
        configuration.integrations[at] = replace(
            one, integration=replace(one.integration, platforms=served, setup=setup, tables=one.integration.tables),
            error=one.error if pure else None)  # fmt: skip


def _silent(model: BaseModel, fire: Fire) -> Cancel:
    """What comes from outside does not come in a simulated day."""
    return lambda: None


def _promises(one: Loaded, recording: Recording) -> Any:
    """A set-up that registers what an integration would do, and notes that it was asked."""
    if one.integration.setup is None:
        return None
    known: dict[str, type[BaseModel] | None] = dict.fromkeys(one.manifest.actions if one.manifest else ())
    known |= _declared(one.integration, one.config)

    @asynccontextmanager
    async def setup(config: Any, kit: Kit) -> AsyncGenerator[None, None]:
        def noting(name: str) -> Callable[[BaseModel, Call], Any]:
            async def note(data: BaseModel, call: Call) -> Answer:
                recording.asked.append(Asked(kit.clock.now(), name, data.model_dump(mode="json", exclude_unset=True)))
                return {}

            return note

        for name, model in known.items():
            if kit.actions.get(name) is None:
                kit.action(name, model or Anything, noting(name))
        for word, said in one.integration.triggers.items():
            if kit.offers.get(TRIGGERS, word) is None:
                kit.offer(TRIGGERS, word, TriggerKind(said, _silent))
        yield

    return setup


def _declared(integration: Integration[Any], config: Any) -> Mapping[str, type[BaseModel] | None]:
    try:
        return integration.actions(config) if integration.actions is not None else {}
    except Exception:  # a stranger's declaration: it is not entered anyway
        logging.getLogger(__name__).debug("What it promises cannot be read.", exc_info=True)
        return {}
