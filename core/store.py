"""What must outlive a restart: one SQLite file, one writer thread, group commit, and the lock on the data folder.

Rows are put and dropped in batches; a batch is all or nothing, batches are durable (fsync) in the order they came, and
`done` is called on the event loop, in that order, one turn for a whole group. When a commit fails, everything that is
not durable fails with it; the file is opened again, and changes are refused until a probe write succeeds.
"""

import asyncio
import fcntl
import logging
import os
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import orjson

from .errors import Refused, StoreError

log = logging.getLogger(__name__)
Row: TypeAlias = tuple[Any, ...]
Rows: TypeAlias = "Mapping[str, list[Row]]"
Connect: TypeAlias = "Callable[[Path], sqlite3.Connection]"
Done: TypeAlias = "Callable[[StoreError | None], None]"
GROUP: Final = 512  # batches in one commit
MAX_UNDURABLE: Final = 4096  # batches on their way; one more is refused `busy`
PROBE_EVERY: Final = 1.0  # seconds between tries to write again
LAYOUT: Final = 1  # of the file; a higher one was written by a newer usher


@dataclass(frozen=True)
class Table:
    """A table: its columns as SQL, and which of them are the key. Values are text, numbers or null.

    `live` rows are read back as a whole when memory must be rebuilt; of a `last` table only the one with the highest key.
    """

    name: str
    columns: tuple[str, ...]  # "id TEXT NOT NULL"
    key: tuple[str, ...]
    live: bool | Literal["last"] = True
    indexes: tuple[tuple[str, ...], ...] = ()
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


@dataclass(slots=True)
class Batch:
    """What one decision writes: all or nothing. A later write of a key replaces an earlier one."""

    puts: list[tuple[Table, Row]] = field(default_factory=list[tuple[Table, Row]])
    drops: list[tuple[Table, Row]] = field(default_factory=list[tuple[Table, Row]])

    def put(self, table: Table, *values: Any) -> None:
        """Write a row, replacing the one with its key."""
        self.puts.append((table, values))

    def drop(self, table: Table, *key: Any) -> None:
        """Remove the row with this key, if there is one."""
        self.drops.append((table, key))


def connect(path: Path, factory: type[sqlite3.Connection] = sqlite3.Connection) -> sqlite3.Connection:
    """Open the file as usher wants it: write-ahead log, every commit synced to the disk."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5, factory=factory)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


class Lock:
    """The lock on a data folder: a second engine is refused with a sentence."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._file: int | None = None

    def take(self) -> None:
        """Raises StoreError when another engine holds it. The kernel gives it back however the process ends."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # names and phones are in there
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(file, 32).decode(errors="replace").strip() or "unknown"
            os.close(file)
            raise StoreError(
                f"Another usher (process {owner}) already runs on {self._path.parent}. "
                "Stop that one first, or give this one a folder of its own."
            ) from None
        os.ftruncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)
        self._file = file

    def give_back(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


class Store:
    """The one writer. `rebuild` is told the live rows after a failure was overcome, before changes are taken again."""

    def __init__(self, path: Path, tables: Sequence[Table], connect: Connect = connect) -> None:
        self.path, self.tables = path, tuple(tables)
        self._connect = connect
        self._jobs: queue.SimpleQueue[tuple[int, Batch] | None] = queue.SimpleQueue()
        self._pending: deque[Done] = deque()
        self._epoch = 0
        self._healthy = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._rebuild: list[Callable[[Rows], None]] = []
        self._closing = threading.Event()
        self.loaded: Rows = {}  # the live rows as they were when the file was opened

    @property
    def healthy(self) -> bool:
        """Whether changes are taken now."""
        return self._healthy

    def on_rebuild(self, rebuild: Callable[[Rows], None]) -> None:
        """Memory built from rows is built anew by this after a failed commit: table name -> its live rows."""
        self._rebuild.append(rebuild)

    async def open(self) -> Rows:
        """Make or open the file and read its live rows; raises StoreError with the mend."""
        self._loop = asyncio.get_running_loop()
        try:
            connection, rows = await asyncio.to_thread(self._prepare)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"{self.path} cannot be opened: {error}. Is the disk full, or the file damaged?"
            ) from error
        self._healthy, self.loaded = True, rows
        self._thread = threading.Thread(target=_Writer(self, connection).run, name="usher-store", daemon=True)
        self._thread.start()
        return rows

    async def close(self) -> None:
        """Write what is on its way, then close; waits 10 s at most."""
        self._closing.set()
        self._jobs.put(None)
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, 10)
        self._healthy = False

    def submit(self, batch: Batch, done: Done) -> None:
        """Hand a batch to the writer; `done(None)` once durable, `done(error)` if it was not stored."""
        assert self._loop is not None
        if not self._healthy:
            self._loop.call_soon(done, StoreError("The store does not take changes now."))
            return
        self._pending.append(done)
        self._jobs.put((self._epoch, batch))

    @property
    def full(self) -> bool:
        """Whether as much is on its way as may be."""
        return len(self._pending) >= MAX_UNDURABLE

    async def save(self, batch: Batch) -> None:
        """Submit and wait until durable; raises Refused("not_stored")."""
        assert self._loop is not None
        future: asyncio.Future[None] = self._loop.create_future()

        def done(error: StoreError | None) -> None:
            if future.done():
                return
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(not_stored())

        self.submit(batch, done)
        await future

    async def rows(self, table: Table, where: str = "", values: Sequence[Any] = ()) -> list[Row]:
        """The durable rows of a table, read beside the writer; `where` is SQL with ? for `values`."""
        return await asyncio.to_thread(self._read, table, where, values)

    def _read(self, table: Table, where: str, values: Sequence[Any]) -> list[Row]:
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=5)) as connection:
            return _select(connection, table, where, values)

    def _prepare(self) -> tuple[sqlite3.Connection, Rows]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = self._connect(self.path)
        try:
            lay_out(connection, self.tables)
            return connection, self.live(connection)
        except BaseException:
            connection.close()
            raise

    def live(self, connection: sqlite3.Connection) -> Rows:
        """The rows memory is built from. Called in the writer's thread."""
        rows: dict[str, list[Row]] = {}
        for table in self.tables:
            if table.live == "last":
                key = table.key[0]
                rows[table.name] = _select(connection, table, f"{key} = (SELECT max({key}) FROM {table.name})")
            elif table.live:
                rows[table.name] = _select(connection, table)
        return rows

    # What the writer's thread says, on the loop:

    def committed(self, count: int) -> None:
        for _ in range(count):
            self._done(None)

    def failed(self, epoch: int, why: str) -> None:
        """Everything not durable fails: later decisions stood on what was lost."""
        self._epoch, self._healthy = epoch, False
        log.error("Not stored: %s. No changes are taken until the disk takes them again.", why)
        error = StoreError(why)
        while self._pending:
            self._done(error)

    def recovered(self, rows: Rows) -> None:
        for rebuild in self._rebuild:
            rebuild(rows)
        self._healthy = True
        log.warning("The disk takes changes again; memory was read back from the file.")

    def _done(self, error: StoreError | None) -> None:
        try:
            self._pending.popleft()(error)
        except Exception:
            log.exception("What waited for a commit failed; the commit stands.")


class _Writer:
    """The thread side: groups batches into commits, and brings the file back after a failure."""

    def __init__(self, store: Store, connection: sqlite3.Connection) -> None:
        self._store, self._connection = store, connection
        self._epoch = 0
        self._mark = connection.execute("SELECT n FROM usher_mark").fetchone()[0]
        self._insert = inbox(connection, store.tables)

    def run(self) -> None:
        try:
            while group := self._next():
                self._write(group)
        finally:
            self._connection.close()

    def _next(self) -> list[Batch]:
        """The next group of this epoch, at least one batch; nothing when the store closes."""
        jobs = self._store._jobs  # pyright: ignore[reportPrivateUsage]
        group: list[Batch] = []
        while not group:
            job = jobs.get()
            while job is not None:
                if job[0] == self._epoch:
                    group.append(job[1])
                if len(group) >= GROUP or jobs.empty():
                    break
                job = jobs.get()
            if job is None:
                if group:
                    jobs.put(None)
                return group
        return group

    def _write(self, group: list[Batch]) -> None:
        self._mark += 1
        try:
            self._commit(group)
        except sqlite3.Error as error:
            self._recover(group, f"{type(error).__name__}: {error}")
        else:
            self._say(self._store.committed, len(group))

    def _commit(self, group: list[Batch]) -> None:
        """The whole group as one statement, which is its own transaction.

        Each statement gives the interpreter lock away and must win it back from a busy loop: one is better than nine.
        """
        self._connection.execute(self._insert, (self._mark, *_columns(group, self._store.tables)))

    def _recover(self, group: list[Batch], why: str) -> None:
        """A failed commit may have been written: the mark in the file tells."""
        written = self._reopen()
        if written == self._mark:
            self._say(self._store.committed, len(group))
            return
        self._epoch += 1
        self._say(self._store.failed, self._epoch, why)
        while not self._store._closing.is_set():  # pyright: ignore[reportPrivateUsage]
            if self._probe():
                return
            self._store._closing.wait(PROBE_EVERY)  # pyright: ignore[reportPrivateUsage]

    def _reopen(self) -> int | None:
        """Close and open the file; its mark, or None when it cannot be read."""
        try:
            self._connection.close()
            self._connection = self._store._connect(self._store.path)  # pyright: ignore[reportPrivateUsage]
            self._insert = inbox(self._connection, self._store.tables)
            return int(self._connection.execute("SELECT n FROM usher_mark").fetchone()[0])
        except (sqlite3.Error, OSError):
            return None

    def _probe(self) -> bool:
        """Try a real write of some pages; when it is durable, read everything back and go on."""
        try:
            mark = self._reopen()
            if mark is None:
                return False
            execute = self._connection.execute
            execute("BEGIN IMMEDIATE")
            execute("INSERT OR REPLACE INTO usher_probe VALUES (1, zeroblob(65536))")
            execute("COMMIT")
            execute("DELETE FROM usher_probe")
            self._mark = mark
            self._say(self._store.recovered, self._store.live(self._connection))
        except sqlite3.Error as error:
            log.debug("Still not writable: %s", error)
            return False
        return True

    def _say(self, what: Callable[..., None], *values: Any) -> None:
        loop = self._store._loop  # pyright: ignore[reportPrivateUsage]
        assert loop is not None
        if not loop.is_closed():
            loop.call_soon_threadsafe(what, *values)


def _columns(group: list[Batch], tables: Sequence[Table]) -> list[str | None]:
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


def _select(connection: sqlite3.Connection, table: Table, where: str = "", values: Sequence[Any] = ()) -> list[Row]:
    clause = f" WHERE {where}" if where else ""
    listed = ", ".join(table.names)
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


def not_stored() -> Refused:
    """The refusal a caller gets when the disk did not take the change."""
    return Refused("not_stored", {
        "en": "This could not be saved, so it did not happen. Please try again in a moment.",
        "zh-CN": "未能保存，操作未生效。请稍后再试。"})  # fmt: skip


def busy() -> Refused:
    """The refusal when too much is on its way."""
    return Refused("busy", {"en": "Too much at once. Please try again.", "zh-CN": "系统繁忙，请稍后再试。"})
