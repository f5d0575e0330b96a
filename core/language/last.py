"""When each automation and script last ran, kept over a restart and a reload, as in Home Assistant.

Written some seconds later and all at once, so that an event waits for no disk; a crash forgets no more than that.
"""

from typing import Final

from ..errors import StoreError
from ..integration import Kit
from ..tables import Batch

WRITE_AFTER: Final = 5.0  # seconds


class LastRuns:
    """Stamps by entity id: wall time, Unix seconds."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._at: dict[str, float] = {}
        self._unwritten: set[str] = set()
        self._writing = False

    async def load(self) -> None:
        """Read what was kept."""
        for domain in ("automation", "script"):
            for entity_id, last in (await self._kit.kept.load(domain)).items():
                if isinstance(last.value, (int, float)):
                    self._at.setdefault(entity_id, float(last.value))
        self._kit.on_close(self._write)

    def of(self, entity_id: str) -> float | None:
        """When it last ran."""
        return self._at.get(entity_id)

    def note(self, entity_id: str, at: float) -> None:
        """It runs."""
        self._at[entity_id] = at
        self._unwritten.add(entity_id)
        if not self._writing and self._kit.store.lasting:
            self._writing = True
            self._kit.after(WRITE_AFTER, self._write)

    def _write(self) -> None:
        self._writing = False
        unwritten, self._unwritten = self._unwritten, set()
        if not unwritten or not self._kit.store.lasting:
            return

        def done(error: StoreError | None) -> None:
            if error is not None:
                self._unwritten |= unwritten  # with the next that runs

        batch = Batch()
        for entity_id in unwritten:
            self._kit.kept.write(batch, entity_id, self._at[entity_id])
        self._kit.store.submit(batch, done)
