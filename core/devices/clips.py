"""Clips: announcements as WAV bytes for those who fetch them by address, under names that cannot be guessed."""

import hmac
import secrets
from collections import OrderedDict
from typing import Final

from ..frozen import frozen
from ..offers import Blob
from .waves import Sound, write_wav

SPEECH: Final = "speech"  # /api/usher/blob/speech/<name>
HELD: Final = 8 << 20


@frozen
class Clip:
    """One announcement as it is to be played. `name` is the blob's; stamps are wall time; `volume` 0 to 1.

    Who could not begin by `expires` must not begin at all: the next announcement may be playing by then.
    """

    id: str
    name: str
    sound: Sound
    volume: float
    at: float
    expires: float

    @property
    def seconds(self) -> float:
        return self.sound.seconds


class Clips:
    """The clips of late, bounded in bytes. The same sound has the same name until usher is restarted."""

    def __init__(self, held: int = HELD) -> None:
        self._secret = secrets.token_bytes(32)
        self._sounds: OrderedDict[str, Sound] = OrderedDict()
        self._limit, self._held = held, 0

    def keep(self, sound: Sound) -> str:
        """Keep a sound for fetching; answers its name."""
        name = hmac.digest(self._secret, sound.samples, "sha256").hex()[:40]
        if name in self._sounds:
            self._sounds.move_to_end(name)
            return name
        self._sounds[name] = sound
        self._held += len(sound.samples)
        while self._held > self._limit and len(self._sounds) > 1:
            _, old = self._sounds.popitem(last=False)
            self._held -= len(old.samples)
        return name

    async def blob(self, name: str) -> Blob | None:
        """The WAV file of this name, lent as BLOBS `speech`."""
        sound = self._sounds.get(name)
        return Blob(write_wav(sound), "audio/wav") if sound else None
