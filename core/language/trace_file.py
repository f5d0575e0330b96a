"""Traces on the disk: `.usher/traces.db`, written by a thread of its own, off the path of every call.

What is written is there after a crash of usher (the kernel has it); a power cut may cost the last seconds. A file that
cannot be used is set aside and begun anew: traces are never worth a hall.
"""

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

log = logging.getLogger("usher.trace")
LAYOUT: Final = 1
MAX_JOBS: Final = 64  # batches on their way to the disk; more are given up, and the log says so
MAX_AGE_LOOK: Final = 3600.0  # seconds between looks at what is too old
MAX_CHAIN: Final = 64  # as long as a chain of causes may be told
INTERRUPTED: Final = "interrupted"
_MAKE: Final = """
CREATE TABLE IF NOT EXISTS trace (
  run_id TEXT PRIMARY KEY, owner TEXT NOT NULL, dull INTEGER NOT NULL, started REAL NOT NULL,
  running INTEGER NOT NULL, short TEXT NOT NULL, full TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS trace_owner ON trace (owner, dull, started);
CREATE INDEX IF NOT EXISTS trace_running ON trace (running) WHERE running = 1;
"""


@dataclass(frozen=True, slots=True)
class Written:
    """A trace as it is written. `short` and `full` are JSON as trace.list and trace.get answer it."""

    run_id: str
    owner: str  # automation.<key>
    dull: bool
    started: float
    running: bool
    short: Mapping[str, Any]
    full: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """How many runs of one owner are kept, how many that came to nothing, and for how many seconds."""

    runs: int
    dull: int
    seconds: float


class TraceFile:
    """The file and its thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._jobs: queue.Queue[tuple[list[Written], Mapping[str, Kept]] | threading.Event | None] = queue.Queue(
            MAX_JOBS
        )
        self._thread = threading.Thread(target=self._run, name="usher-traces", daemon=True)
        self._told = False

    def begin(self) -> None:
        """Open the file, in its thread."""
        self._thread.start()

    def write(self, traces: list[Written], kept: Mapping[str, Kept]) -> bool:
        """Hand traces to the thread; False when it does not keep up, and they are given up."""
        try:
            self._jobs.put_nowait((traces, kept))
        except queue.Full:
            return False
        return True

    def flush(self, seconds: float = 5.0) -> None:
        """Wait until what was handed over is written. Blocks: to be called beside the loop."""
        done = threading.Event()
        try:
            self._jobs.put(done, timeout=seconds)
        except queue.Full:
            return
        done.wait(seconds)

    def close(self) -> None:
        """Write what is on its way and close; waits 5 s at most."""
        try:
            self._jobs.put(None, timeout=1)
        except queue.Full:
            return
        self._thread.join(5)

    # -- reading, in any thread

    def listed(self, owner: str | None = None) -> list[dict[str, Any]]:
        """The short form of the traces of an owner, or of all, oldest first."""
        rows = self._read("SELECT short FROM trace ORDER BY started, run_id", ()) if owner is None else self._read(
            "SELECT short FROM trace WHERE owner = ? ORDER BY started, run_id", (owner,))  # fmt: skip
        return [orjson.loads(row[0]) for row in rows]

    def get(self, run_id: str) -> dict[str, Any] | None:
        """Everything about one run."""
        rows = self._read("SELECT full FROM trace WHERE run_id = ?", (run_id,))
        return orjson.loads(rows[0][0]) if rows else None

    def _read(self, sql: str, values: tuple[Any, ...]) -> list[Any]:
        if not self.path.exists():
            return []
        try:
            with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=5)) as connection:
                return connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            log.warning("The traces in %s cannot be read: %s", self.path, error)
            return []

    # -- the thread

    def _run(self) -> None:
        connection = self._open()
        looked = 0.0
        while (job := self._jobs.get()) is not None:
            if isinstance(job, threading.Event):
                job.set()
                continue
            if connection is None:
                connection = self._open()
                if connection is None:
                    continue
            try:
                self._write(connection, *job)
                if time.monotonic() - looked > MAX_AGE_LOOK:
                    looked = time.monotonic()
                    _forget_old(connection, job[1])
                self._told = False
            except (sqlite3.Error, OSError) as error:
                self._tell("The traces cannot be written: %s. The hall runs on without them.", error)
                connection.close()
                connection = None
        if connection is not None:
            connection.close()

    def _open(self) -> sqlite3.Connection | None:
        for attempt in range(2):
            try:
                return self._connect()
            except sqlite3.DatabaseError as error:
                if attempt or not _is_damaged(error):
                    self._tell("The traces cannot be kept in %s: %s", self.path, error)
                    return None
                aside = self.path.with_suffix(f".damaged-{int(time.time())}")
                self._tell(
                    "The traces in %s are damaged (%s); the file is set aside as %s.", self.path, error, aside.name
                )
                try:
                    for ending in ("", "-wal", "-shm"):
                        part = Path(f"{self.path}{ending}")
                        if part.exists():
                            part.rename(f"{aside}{ending}")
                except OSError:
                    return None
            except OSError as error:
                self._tell("The traces cannot be kept in %s: %s", self.path, error)
                return None
        return None

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch(0o600)
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=5)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=OFF")  # see above: a crash of usher loses nothing by it
            if connection.execute("PRAGMA user_version").fetchone()[0] > LAYOUT:
                raise sqlite3.NotSupportedError("it was written by a newer usher")
            connection.executescript(_MAKE)
            connection.execute(f"PRAGMA user_version = {LAYOUT}")
            _interrupt(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    @staticmethod
    def _write(connection: sqlite3.Connection, traces: list[Written], kept: Mapping[str, Kept]) -> None:
        connection.execute("BEGIN")
        try:
            rows = [row for row in map(_row, traces) if row is not None]
            connection.executemany("INSERT OR REPLACE INTO trace VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            for owner, limit in kept.items():
                for dull, count in ((0, limit.runs), (1, limit.dull)):
                    connection.execute(
                        "DELETE FROM trace WHERE owner = ? AND dull = ? AND running = 0 AND run_id NOT IN (SELECT run_id "
                        "FROM trace WHERE owner = ? AND dull = ? ORDER BY started DESC, run_id DESC LIMIT ?)",
                        (owner, dull, owner, dull, count),
                    )
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _tell(self, form: str, *values: Any) -> None:
        if not self._told:
            self._told = True
            log.error(form, *values)


def _row(trace: Written) -> tuple[Any, ...] | None:
    """A trace as it is stored; one that JSON cannot hold is given up, for the sake of the others."""
    try:
        short, full = orjson.dumps(trace.short).decode(), orjson.dumps(trace.full).decode()
    except TypeError as error:
        log.error("The trace of a run of %s cannot be kept: %s", trace.owner, error)
        return None
    return trace.run_id, trace.owner, trace.dull, trace.started, trace.running, short, full


def chain_of(trace: Mapping[str, Any], find: Callable[[str], Mapping[str, Any] | None]) -> list[dict[str, Any]]:
    """What a run was begun by, what that came from, and so on back to the tap, the key or the clock.

    `find` looks a run up by its id, which is the id of the context that all it does carries.
    """
    chain: list[dict[str, Any]] = []
    seen: set[str] = set()
    now: Mapping[str, Any] | None = trace
    while now is not None and now.get("because") and len(chain) < MAX_CHAIN:
        because: Mapping[str, Any] = now["because"]
        chain.append(dict(because))
        now = None
        for earlier in (because.get("context_id"), because.get("parent_id")):
            now = find(earlier) if earlier and earlier not in seen else None
            if now is not None:
                seen.add(str(earlier))
                chain.append({"run_id": earlier, "entity_id": now["entity_id"], "trigger": now["trigger"]})
                break
    return chain


def _is_damaged(error: sqlite3.DatabaseError) -> bool:
    return any(word in str(error) for word in ("malformed", "not a database", "corrupt"))


def _interrupt(connection: sqlite3.Connection) -> None:
    """What ran when usher went down runs no more; a run that waited writes its own trace again when it goes on."""
    for run_id, short, full in connection.execute("SELECT run_id, short, full FROM trace WHERE running = 1").fetchall():
        ended = {"state": "stopped", "script_execution": INTERRUPTED, "error": "usher went down while it ran."}
        connection.execute("UPDATE trace SET running = 0, short = ?, full = ? WHERE run_id = ?", (
            orjson.dumps({**orjson.loads(short), **ended}).decode(), orjson.dumps({**orjson.loads(full), **ended}).decode(),
            run_id))  # fmt: skip


def _forget_old(connection: sqlite3.Connection, kept: Mapping[str, Kept]) -> None:
    seconds = max((limit.seconds for limit in kept.values()), default=0.0)
    if seconds:
        connection.execute("DELETE FROM trace WHERE running = 0 AND started < ?", (time.time() - seconds,))
