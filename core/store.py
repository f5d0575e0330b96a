"""What must outlive a restart: one SQLite file, one writer thread, group commit.

Rows are put and dropped in batches; a batch is all or nothing, batches are durable (fsync) in the order they came, and
`done` is called on the event loop, in that order, one turn for a whole group. When a commit fails, everything that is
not durable fails with it; the file is opened again, and changes are refused until a probe write succeeds.
"""

import asyncio
import logging
import os
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, TypeAlias

from .errors import Refused, StoreError
from .tables import Batch, Row, Rows, Table, columns_of, inbox, lay_out, live_rows, select

log = logging.getLogger(__name__)
Connect: TypeAlias = "Callable[[Path], sqlite3.Connection]"
Done: TypeAlias = "Callable[[StoreError | None], None]"
GROUP: Final = 512  # batches in one commit
MAX_UNDURABLE: Final = 4096  # batches on their way; one more is refused `busy`
EXTEND_LIMIT: Final = 30.0
PROBE_EVERY: Final = 1.0  # seconds between tries to write again


def connect(path: Path, factory: type[sqlite3.Connection] = sqlite3.Connection) -> sqlite3.Connection:
    """Open the file as usher wants it: write-ahead log, every commit synced to the disk."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5, factory=factory)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


class Store:
    """The one writer. `rebuild` is told the live rows after a failure was overcome, before changes are taken again."""

    lasting = True  # False in a simulation: what is stored ends with it, so nothing needs to go to the disk

    def __init__(self, path: Path, tables: Sequence[Table], connect: Connect = connect) -> None:
        self.path, self.tables = path, tuple(tables)
        self._connect = connect
        self._jobs: queue.SimpleQueue[tuple[int, Batch | tuple[Table, ...]] | None] = queue.SimpleQueue()
        self._pending: deque[Done] = deque()
        self._epoch = 0
        self._healthy = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._rebuild: list[Callable[[Rows], None]] = []
        self._extended: asyncio.Future[None] | None = None
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
    def idle(self) -> bool:
        """Whether all that was handed over is durable, or has failed."""
        return not self._pending

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

    async def extend(self, tables: Sequence[Table]) -> None:
        """Take more tables while running (an integration that came by a reload); waits until they are laid out."""
        assert self._loop is not None
        new = tuple(table for table in tables if table not in self.tables)
        if not new:
            return
        self._extended = self._loop.create_future()
        self._jobs.put((self._epoch, new))
        await asyncio.wait_for(self._extended, EXTEND_LIMIT)

    def extended(self, error: str | None) -> None:
        """The writer's answer to `extend`."""
        if self._extended is not None and not self._extended.done():
            if error is None:
                self._extended.set_result(None)
            else:
                self._extended.set_exception(StoreError(error))

    async def rows(
        self, table: Table, where: str = "", values: Sequence[Any] = (), unread: Sequence[str] = ()
    ) -> list[Row]:
        """The durable rows of a table, read beside the writer; `where` is SQL with ? for `values`.

        Columns that are `unread` are null in the answer.
        """
        return await asyncio.to_thread(self._read, table, where, values, unread)

    def _read(self, table: Table, where: str, values: Sequence[Any], unread: Sequence[str]) -> list[Row]:
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=5)) as connection:
            try:
                return select(connection, table, where, values, unread)
            except UnicodeEncodeError:  # half of a sign: no file holds it, so no row has it
                return []

    def _prepare(self) -> tuple[sqlite3.Connection, Rows]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))  # for nobody else; its log gets the same rights
        connection = self._connect(self.path)
        try:
            lay_out(connection, self.tables)
            return connection, self.live(connection)
        except BaseException:
            connection.close()
            raise

    def live(self, connection: sqlite3.Connection) -> Rows:
        """The rows memory is built from. Called in the writer's thread."""
        return live_rows(connection, self.tables)

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
                if isinstance(job[1], tuple):
                    self._extend(job[1])
                elif job[0] == self._epoch:
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
        except Exception as error:  # also what is no JSON: the writer never dies of what it is given
            self._recover(group, f"{type(error).__name__}: {error}")
        else:
            self._say(self._store.committed, len(group))

    def _extend(self, tables: tuple[Table, ...]) -> None:
        try:
            lay_out(self._connection, tables)
            self._store.tables = (*self._store.tables, *tables)
            self._insert = inbox(self._connection, self._store.tables)
        except sqlite3.Error as error:
            self._say(self._store.extended, f"No room for new tables: {error}")
        else:
            self._say(self._store.extended, None)

    def _commit(self, group: list[Batch]) -> None:
        """The whole group as one statement, which is its own transaction.

        Each statement gives the interpreter lock away and must win it back from a busy loop: one is better than nine.
        """
        self._connection.execute(self._insert, (self._mark, *columns_of(group, self._store.tables)))

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


def not_stored() -> Refused:
    """The refusal a caller gets when the disk did not take the change."""
    return Refused("not_stored", {
        "en": "This could not be saved, so it did not happen. Please try again in a moment.",
        "zh-CN": "未能保存，操作未生效。请稍后再试。"})  # fmt: skip


def busy() -> Refused:
    """The refusal when too much is on its way."""
    return Refused("busy", {"en": "Too much at once. Please try again.", "zh-CN": "系统繁忙，请稍后再试。"})
