"""Tables and batches of rows, and the SQL they become: how a group of batches is written by one statement."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

import orjson

from .errors import StoreError

Row: TypeAlias = tuple[Any, ...]
Rows: TypeAlias = "Mapping[str, list[Row]]"
LAYOUT: Final = 1  # of the file; a higher one was written by a newer usher


@dataclass(frozen=True)
class Table:
    """A table: its columns as SQL, and which of them are the key. Values are text, numbers or null.

    `live` rows are read back when memory must be rebuilt: all, or those of which the SQL in `recent` is true, without the
    columns in `unread`, which are then null; of a `last` table only the one with the highest key.
    """

    name: str
    columns: tuple[str, ...]  # "id TEXT NOT NULL"
    key: tuple[str, ...]
    live: bool | Literal["last"] = True
    indexes: tuple[tuple[str, ...], ...] = ()
    recent: str = ""
    unread: tuple[str, ...] = ()
    names: tuple[str, ...] = field(init=False)
    key_at: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        names = tuple(column.split()[0] for column in self.columns)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "key_at", tuple(names.index(name) for name in self.key))

    @property
    def writing(self) -> str:
        """The SQL that writes a group's rows of this table, from two JSON lists: rows to put, keys to drop."""
        listed, keys = ", ".join(self.names), ", ".join(self.key)
        return (  # names and columns are usher's own
            f"INSERT OR REPLACE INTO {self.name} ({listed}) "
            f"SELECT {_picked(len(self.names))} FROM json_each(NEW.{self.name}_puts);\n"
            f"DELETE FROM {self.name} WHERE ({keys}) IN "
            f"(SELECT {_picked(len(self.key))} FROM json_each(NEW.{self.name}_drops));\n"
        )


def _picked(count: int) -> str:
    return ", ".join(f"json_extract(value, '$[{i}]')" for i in range(count))


def _rows() -> list[tuple[Table, Row]]:  # list[...] called itself takes ten times as long
    return []


@dataclass(slots=True)
class Batch:
    """What one decision writes: all or nothing. A later write of a key replaces an earlier one."""

    puts: list[tuple[Table, Row]] = field(default_factory=_rows)
    drops: list[tuple[Table, Row]] = field(default_factory=_rows)

    def put(self, table: Table, *values: Any) -> None:
        """Write a row, replacing the one with its key."""
        self.puts.append((table, values))

    def drop(self, table: Table, *key: Any) -> None:
        """Remove the row with this key, if there is one."""
        self.drops.append((table, key))


def columns_of(group: list[Batch], tables: Sequence[Table]) -> list[str | None]:
    """For each table its rows to put and its keys to drop, as JSON: of each key only the last write counts."""
    last: dict[Table, dict[Row, Row | None]] = {table: {} for table in tables}
    for batch in group:
        for table, row in batch.puts:
            key_at = table.key_at
            key = (row[key_at[0]],) if len(key_at) == 1 else tuple(row[i] for i in key_at)
            last[table][key] = row
        for table, key in batch.drops:
            last[table][key] = None
    columns: list[str | None] = []
    for by_key in last.values():
        puts = [row for row in by_key.values() if row is not None]
        drops = [key for key, row in by_key.items() if row is None]
        columns += [orjson.dumps(some).decode() if some else None for some in (puts, drops)]
    return columns


def inbox(connection: sqlite3.Connection, tables: Sequence[Table]) -> str:
    """Make this connection's inbox, a view whose trigger writes all tables; answers the statement that fills it."""
    columns = ["mark", *(f"{table.name}_{what}" for table in tables for what in ("puts", "drops"))]
    connection.execute("DROP VIEW IF EXISTS temp.usher_inbox")
    connection.execute(f"CREATE TEMP VIEW usher_inbox AS SELECT {', '.join(f'NULL AS {name}' for name in columns)}")
    connection.execute(
        "CREATE TEMP TRIGGER usher_inbox_in INSTEAD OF INSERT ON usher_inbox BEGIN\n"
        + "".join(table.writing for table in tables)
        + "UPDATE usher_mark SET n = NEW.mark; END"
    )
    return f"INSERT INTO usher_inbox VALUES ({', '.join('?' * len(columns))})"


def select(
    connection: sqlite3.Connection,
    table: Table,
    where: str = "",
    values: Sequence[Any] = (),
    unread: Sequence[str] = (),
) -> list[Row]:
    """The rows of which `where` is true, in the order of their keys; columns that are not to be read are null."""
    clause = f" WHERE {where}" if where else ""
    listed = ", ".join("NULL" if name in unread else name for name in table.names)
    order = ", ".join(table.key)
    return connection.execute(f"SELECT {listed} FROM {table.name}{clause} ORDER BY {order}", values).fetchall()


def lay_out(connection: sqlite3.Connection, tables: Sequence[Table]) -> None:
    """Make what is missing: tables, columns that are new, indexes. Raises StoreError for a newer file."""
    layout = connection.execute("PRAGMA user_version").fetchone()[0]
    if layout > LAYOUT:
        raise StoreError(
            f"The data was written by a newer usher (layout {layout}, this one knows {LAYOUT}). Update usher."
        )
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"PRAGMA user_version = {LAYOUT}")
    connection.execute("CREATE TABLE IF NOT EXISTS usher_mark (n INTEGER NOT NULL)")
    connection.execute("INSERT INTO usher_mark SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM usher_mark)")
    connection.execute("CREATE TABLE IF NOT EXISTS usher_probe (id INTEGER PRIMARY KEY, filler BLOB)")
    for table in tables:
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {table.name} ({', '.join(table.columns)}, PRIMARY KEY ({', '.join(table.key)}))"
        )
        known = {row[1] for row in connection.execute(f"PRAGMA table_info({table.name})")}
        for column in table.columns:
            if column.split()[0] not in known:
                connection.execute(f"ALTER TABLE {table.name} ADD COLUMN {column}")
        for columns in table.indexes:
            name = f"{table.name}_{'_'.join(columns)}"
            connection.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {table.name} ({', '.join(columns)})")
    connection.execute("COMMIT")


def live_rows(connection: sqlite3.Connection, tables: Sequence[Table]) -> Rows:
    """The rows memory is built from."""
    rows: dict[str, list[Row]] = {}
    for table in tables:
        if table.live == "last":
            key = table.key[0]
            rows[table.name] = select(connection, table, f"{key} = (SELECT max({key}) FROM {table.name})")
        elif table.live:
            rows[table.name] = select(connection, table, table.recent, (), table.unread)
    return rows
