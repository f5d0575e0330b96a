"""Phrases spoken before: kept in memory (the last used) and on disk (over restarts), both bounded in bytes.

A phrase is found by a key that holds the voice, its settings, the language and the text. Disk is touched in a thread
only; a file that is damaged or cannot be written is no more than a phrase to be spoken anew.
"""

import asyncio
import hashlib
import logging
from collections import OrderedDict
from pathlib import Path
from typing import Final

from .waves import Sound, read_wav, write_wav

log = logging.getLogger(__name__)
MEMORY: Final = 8 << 20
DISK: Final = 128 << 20


def phrase_key(*parts: str) -> str:
    """A name for what these parts say, fit for a file."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:40]


class Phrases:
    """What was spoken. `folder` None keeps memory only."""

    def __init__(self, folder: Path | None, memory: int = MEMORY, disk: int = DISK) -> None:
        self._folder, self._memory, self._disk = folder, memory, disk
        self._sounds: OrderedDict[str, Sound] = OrderedDict()
        self._files: OrderedDict[str, int] = OrderedDict()  # key -> bytes, least used first
        self._held = self._stored = 0
        self._told = self._opened = False

    async def open(self) -> None:
        """See what lies on the disk."""
        if self._folder is not None and not self._opened:
            self._opened = True
            self._files = await asyncio.to_thread(_listed, self._folder)
            self._stored = sum(self._files.values())

    def held(self, key: str) -> Sound | None:
        """The phrase if it is in memory."""
        sound = self._sounds.get(key)
        if sound is not None:
            self._sounds.move_to_end(key)
        return sound

    async def get(self, key: str) -> Sound | None:
        """The phrase, or None."""
        sound = self.held(key)
        if sound is not None:
            return sound
        if self._folder is None or key not in self._files:
            return None
        sound = await asyncio.to_thread(_load, self._folder / f"{key}.wav")
        if sound is None:
            self._stored -= self._files.pop(key, 0)
            return None
        if key in self._files:
            self._files.move_to_end(key)
        self._hold(key, sound)
        return sound

    async def put(self, key: str, sound: Sound) -> None:
        """Keep a phrase; the least used give way."""
        self._hold(key, sound)
        size = len(sound.samples)
        if self._folder is None or key in self._files or size > self._disk // 4:
            return
        gone: list[str] = []
        self._files[key] = size
        self._stored += size
        while self._stored > self._disk:
            old, bytes_ = self._files.popitem(last=False)
            self._stored -= bytes_
            gone.append(old)
        try:
            await asyncio.to_thread(_save, self._folder, key, sound, gone)
        except OSError as error:
            self._stored -= self._files.pop(key, 0)
            if not self._told:
                self._told = True
                log.warning("Spoken phrases cannot be kept in %s: %s. They are spoken anew each time.",
                            self._folder, error)  # fmt: skip

    def _hold(self, key: str, sound: Sound) -> None:
        if key in self._sounds or len(sound.samples) > self._memory // 4:
            return
        self._sounds[key] = sound
        self._held += len(sound.samples)
        while self._held > self._memory:
            _, old = self._sounds.popitem(last=False)
            self._held -= len(old.samples)


def _listed(folder: Path) -> "OrderedDict[str, int]":
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob("*.part"):  # of a crash
            left.unlink()
        found = sorted((f.stat().st_mtime, f.stem, f.stat().st_size) for f in folder.glob("*.wav"))
    except OSError as error:
        log.warning("The phrases in %s cannot be read: %s.", folder, error)
        found = []
    return OrderedDict((stem, size) for _, stem, size in found)


def _load(path: Path) -> Sound | None:
    try:
        sound = read_wav(path.read_bytes())
        path.touch()  # the order of use outlives a restart
    except (OSError, ValueError):
        path.unlink(missing_ok=True)
        return None
    return sound


def _save(folder: Path, key: str, sound: Sound, gone: list[str]) -> None:
    part = folder / f"{key}.part"
    try:
        part.write_bytes(write_wav(sound))
        part.replace(folder / f"{key}.wav")
    except OSError:
        part.unlink(missing_ok=True)
        raise
    for old in gone:
        (folder / f"{old}.wav").unlink(missing_ok=True)
