"""An entity's last value, kept by name over restarts and crashes: rows of the store.

A value is JSON. What is kept of an entity that stands in the YAML no more is forgotten FORGET seconds after the first
start without it.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import orjson

from .clock import Clock
from .store import Store
from .tables import Batch, Row, Table

log = logging.getLogger(__name__)
FORGET: Final = 30 * 86400.0
KEPT: Final = Table(
    "kept",
    (
        "entity TEXT NOT NULL",
        "site TEXT NOT NULL",
        "value TEXT NOT NULL",  # JSON
        "boot TEXT NOT NULL",  # the run of the engine that wrote it
        "at REAL NOT NULL",  # wall time
        "gone_at REAL",  # of the first start at which it stood in the YAML no more
    ),
    ("entity",),
)


@dataclass(frozen=True, slots=True)
class Last:
    """What was last kept of an entity: the value, when (wall time), and whether by this very run of the engine."""

    value: Any
    at: float
    this_run: bool


class LastValues:
    """What a Kit hands out as `kit.kept`."""

    def __init__(self, store: Store, clock: Clock, site: str, boot: str) -> None:
        self._store, self._clock, self._site, self._boot = store, clock, site, boot

    async def load(self, domain: str) -> dict[str, Last]:
        """The last values of a domain's entities, by entity id."""
        if not self._store.idle:  # a reload: what is on its way is kept too
            await self._store.save(Batch())
        rows = await self._store.rows(KEPT, "entity >= ? AND entity < ?", (f"{domain}.", f"{domain}/"))
        return {row[0]: last for row in rows if (last := self._last(row)) is not None}

    async def get(self, entity_id: str) -> Last | None:
        """The last value of one entity."""
        rows = await self._store.rows(KEPT, "entity = ?", (entity_id,))
        return self._last(rows[0]) if rows else None

    async def put(self, entity_id: str, value: Any) -> None:
        """Keep a value; durable when this returns. Raises Refused("not_stored")."""
        batch = Batch()
        self.write(batch, entity_id, value)
        await self._store.save(batch)

    def write(self, batch: Batch, entity_id: str, value: Any) -> None:
        """Keep a value with the rest of a batch."""
        text = orjson.dumps(value).decode()
        batch.put(KEPT, entity_id, self._site, text, self._boot, self._clock.now(), None)

    def _last(self, row: Row) -> Last | None:
        try:
            return Last(orjson.loads(row[2]), float(row[4]), row[3] == self._boot)
        except (ValueError, TypeError) as error:
            log.error("What was kept of %s cannot be read and is given up: %s", row[0], error)
            return None


def sweep(rows: Collection[Row], there: Collection[str], now: float) -> Batch:
    """What to write at a start, given all rows and the entities of the YAML: who is gone is marked, then forgotten."""
    batch = Batch()
    for row in rows:
        entity_id, gone_at = row[0], row[5]
        if entity_id in there:
            if gone_at is not None:
                batch.put(KEPT, *row[:5], None)
        elif gone_at is None:
            batch.put(KEPT, *row[:5], now)
        elif now - gone_at > FORGET:
            batch.drop(KEPT, entity_id)
    return batch
