"""A store that lasts as long as the simulation: the last row of each key, in memory, durable at once.

Of a journal only the last row is kept, and the hall gives none: a simulated day is never read back.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from ..store import Connect, Done, Store, connect
from ..tables import Batch, Row, Rows, Table, lay_out, select


class MemoryStore(Store):
    """Takes every batch, in order; nothing fails and nothing is full."""

    lasting = False

    def __init__(self, path: Path, tables: Sequence[Table], connect: Connect = connect) -> None:
        super().__init__(path, tables, connect)
        self._held: dict[Table, dict[Row, Row]] = {table: {} for table in tables}

    @property
    def healthy(self) -> bool:
        return True

    @property
    def full(self) -> bool:
        return False

    async def open(self) -> Rows:
        self.loaded = {table.name: [] for table in self.tables if table.live}
        return self.loaded

    async def close(self) -> None:
        pass

    def submit(self, batch: Batch, done: Done) -> None:
        held = self._held
        for table, row in batch.puts:
            if table.live == "last":
                held[table].clear()
            held[table][tuple(row[i] for i in table.key_at)] = row
        for table, key in batch.drops:
            held[table].pop(key, None)
        done(None)

    async def extend(self, tables: Sequence[Table]) -> None:
        for table in tables:
            self._held.setdefault(table, {})
        self.tables = (*self.tables, *(table for table in tables if table not in self.tables))

    async def save(self, batch: Batch) -> None:
        self.submit(batch, lambda error: None)

    async def rows(
        self, table: Table, where: str = "", values: Sequence[Any] = (), unread: Sequence[str] = ()
    ) -> list[Row]:
        if not self._held[table]:
            return []
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
            lay_out(connection, [table])
            marks = ", ".join("?" * len(table.names))
            connection.executemany(f"INSERT INTO {table.name} VALUES ({marks})", self._held[table].values())  # noqa: S608 - names are usher's own
            return select(connection, table, where, values, unread)
