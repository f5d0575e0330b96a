"""Which calls were spoken: remembered durably, so that after a restart nothing is said twice.

Only calls of the last minutes matter, for an older one is never spoken; the rest is forgotten.
"""

from typing import Final

from ..errors import StoreError
from ..integration import Kit
from ..tables import Batch, Table

SPOKEN: Final = Table(
    "spoken",
    ("site TEXT NOT NULL", "speaker TEXT NOT NULL", "call TEXT NOT NULL", "at REAL NOT NULL"),
    ("site", "speaker", "call"),
    live=False,
)
KEEP: Final = 3600.0  # seconds


class Spoken:
    """The calls a speaker has spoken."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._at: dict[tuple[str, str], float] = {}  # (speaker, call) -> when, oldest first

    async def open(self) -> None:
        """Read what was spoken before the restart."""
        rows = await self._kit.store.rows(SPOKEN, "site = ?", [self._kit.site.id])
        for _, speaker, call, at in sorted(rows, key=lambda row: row[3]):
            self._at[speaker, call] = at

    def has(self, speaker: str, call: str) -> bool:
        return (speaker, call) in self._at

    def mark(self, speaker: str, call: str) -> None:
        """It is being spoken now. Nobody waits for the disk: a visitor does not mind hearing it twice after a crash."""
        now = self._kit.clock.now()
        batch = Batch()
        self._at[speaker, call] = now
        batch.put(SPOKEN, self._kit.site.id, speaker, call, now)
        while self._at and self._at[key := next(iter(self._at))] <= now - KEEP:
            del self._at[key]
            batch.drop(SPOKEN, self._kit.site.id, *key)
        self._kit.store.submit(batch, self._stored)

    def _stored(self, error: StoreError | None) -> None:
        if error is not None:
            self._kit.log.warning("That a call was spoken could not be stored: %s", error)
