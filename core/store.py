"""What must outlive a restart: one SQLite file, one writer thread, group commit, and the lock on the data folder.

Rows are put and dropped in batches; a batch is all or nothing, batches are durable (fsync) in the order they came, and
`done` is called on the event loop, in that order, one turn for a whole group. When a commit fails, everything that is
not durable fails with it; the file is opened again, and changes are refused until a probe write succeeds.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import StoreError

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns as SQL, and which of them are the key. Values are text, numbers or null."""

    name: str
    columns: tuple[str, ...]  # "id TEXT NOT NULL"
    key: tuple[str, ...]


@dataclass(slots=True)
class Batch:
    """What one decision writes: all or nothing."""

    puts: list[tuple[Table, Row]] = field(default_factory=list[tuple[Table, Row]])
    drops: list[tuple[Table, Row]] = field(default_factory=list[tuple[Table, Row]])

    def put(self, table: Table, *values: Any) -> None:
        """Write a row, replacing the one with its key."""
        self.puts.append((table, values))

    def drop(self, table: Table, *key: Any) -> None:
        self.drops.append((table, key))


class Store:
    """(contract; being built)"""

    def __init__(self, path: Path, tables: Sequence[Table]) -> None: ...

    async def open(self) -> None: ...
    async def close(self) -> None: ...

    def submit(self, batch: Batch, done: Callable[[StoreError | None], None]) -> None:
        """Hand a batch to the writer; `done(None)` once durable, `done(error)` if it was not stored."""

    async def save(self, batch: Batch) -> None:
        """Submit and wait until durable; raises Refused("not_stored")."""
        await asyncio.sleep(0)

    async def rows(self, table: Table, where: str = "", values: Sequence[Any] = ()) -> list[Row]:
        """The durable rows of a table."""
        return []
