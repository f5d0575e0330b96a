"""The child at work: takes frames, writes batches, answers questions, purges between them, and comes back after a fault.

Frames are 4 bytes length (big endian) and JSON. In: {"do": "open", url, site} first, then "write" {session, batch, rows},
"ask" {id, what, data}, "purge" {id, ...}, "end". Out: {"is": "up" | "down" | "aside" | "refused" | "written" | "lost" |
"answer" | "purged"}. It ends when its input does, after a last try to write what it was given.
"""

import logging
import os
import queue
import signal
import sqlite3
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson
from sqlalchemy import exc
from sqlalchemy.engine import URL, Connection, Engine

from . import logbook, purging, reading
from .layout import Refused, bring_up, open_engine, read_url
from .writing import Writer

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0  # seconds between tries to reach the database
NICE: Final = 10  # the hall goes first where there is too little of the processor
_CORRUPT: Final = ("malformed", "not a database", "file is encrypted")
_OUR_FAULT: Final = (exc.DataError, exc.IntegrityError, exc.ProgrammingError, exc.StatementError, TypeError, ValueError)
_QUESTIONS: Final[Mapping[str, Callable[[Connection, Mapping[str, Any]], Any]]] = {
    "known": lambda connection, _: reading.known(connection),
    "history": reading.history,
    "logbook": logbook.logbook,
    "last": lambda connection, _: {"last": logbook.last_row(connection)},
}
Frame = dict[str, Any]


class Child:
    """One database. Every method runs in the main thread; another one only reads the pipe."""

    def __init__(self, say: Callable[[Frame], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say, self._clock = say, clock
        self._url: URL | None = None
        self._site = ""
        self._engine: Engine | None = None
        self._writer: Writer | None = None
        self._waiting: deque[Frame] = deque()
        self._purge: tuple[Frame, purging.Pieces] | None = None
        self._pause, self._again, self._told = FIRST_PAUSE, 0.0, ""

    # -- the work

    @property
    def patience(self) -> float | None:
        """Seconds until there is something to do without a frame; None for never."""
        if self._writer is None:
            return max(0.0, self._again - self._clock()) if self._url is not None else None
        return 0.0 if self._waiting or self._purge is not None else None

    def take(self, frame: Frame) -> None:
        """One frame; raises Refused."""
        match frame["do"]:
            case "open":
                self._url, self._site = read_url(frame["url"]), frame["site"]
                self._open()
            case "write":
                self._waiting.append(frame)
                self._write()
            case "ask":
                self._answer(frame)
            case "purge":
                self._begin_purge(frame)
            case _:
                pass

    def idle(self) -> None:
        """Nothing came: try again what failed, or purge a piece. Raises Refused."""
        if self._writer is None:
            if self._clock() >= self._again:
                self._open()
            self._write()
        elif self._waiting:
            self._write()
        elif self._purge is not None:
            self._step()

    def end(self) -> None:
        """A last try to write what waits."""
        if self._writer is None and self._waiting:
            self._open()
        self._write()
        self._close()

    # -- the database, there and gone

    def _open(self) -> None:
        assert self._url is not None
        self._close()
        try:
            self._engine = open_engine(self._url)
            bring_up(self._engine, self._site)
            self._writer = Writer(self._engine, self._site)
        except Refused:
            self._close()
            raise
        except Exception as error:
            self._down(error)
            return
        self._pause, self._told = FIRST_PAUSE, ""
        self._say({"is": "up", "backend": self._engine.dialect.name, "driver": self._engine.driver})

    def _close(self) -> None:
        engine, self._engine, self._writer = self._engine, None, None
        if engine is not None:
            try:
                engine.dispose()
            except Exception as error:
                self._say({"is": "log", "text": f"The database could not be closed: {self._words(error)}"})

    def _down(self, error: Exception) -> None:
        """It does not work now: say why, once, and try again later."""
        self._close()
        why = self._words(error)
        if _corrupt(error) and self._set_aside(why):
            self._again = self._clock()
        else:
            self._again = self._clock() + self._pause
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
            if why != self._told:
                self._told = why
                self._say({"is": "down", "why": why})
        if self._purge is not None:
            frame, self._purge = self._purge[0], None
            self._say({"is": "purged", "id": frame["id"], "error": why})

    def _set_aside(self, why: str) -> bool:
        """A damaged file is kept under another name, and a new one begun."""
        assert self._url is not None
        if not self._url.database or self._url.get_backend_name() != "sqlite":
            return False
        path, stamp = Path(self._url.database), time.strftime("%Y%m%d-%H%M%S")
        aside = path.with_name(f"{path.name}.corrupt.{stamp}")
        try:
            for tail in ("", "-wal", "-shm"):
                here = path.with_name(path.name + tail)
                if here.exists():
                    here.rename(aside.with_name(aside.name + tail))
        except OSError:
            return False
        self._say({"is": "aside", "why": why, "file": aside.name})
        return True

    def _words(self, error: Exception) -> str:
        """What went wrong in one line, without the password."""
        inner = getattr(error, "orig", None) or error
        text = " ".join(str(inner).split())[:300].rstrip(".") or type(inner).__name__
        secret = self._url.password if self._url is not None else None
        return text.replace(str(secret), "***") if secret else text

    # -- writing

    def _write(self) -> None:
        while self._waiting and self._writer is not None:
            frame = self._waiting[0]
            try:
                self._writer.write(frame["session"], frame["batch"], frame["rows"])
            except _OUR_FAULT as error:
                if isinstance(error, exc.StatementError) and isinstance(error, exc.DBAPIError) and not isinstance(
                    error, (exc.DataError, exc.IntegrityError, exc.ProgrammingError)):  # fmt: skip
                    self._down(error)  # the database's, not the rows'
                    return
                self._waiting.popleft()
                self._renew()
                self._say(
                    {"is": "lost", "batch": frame["batch"], "rows": len(frame["rows"]), "why": self._words(error)}
                )
            except Exception as error:
                self._down(error)
                return
            else:
                self._waiting.popleft()
                self._say({"is": "written", "batch": frame["batch"], "last": self._writer.last})

    def _renew(self) -> None:
        """After rows that could not be written: what the writer knows is read again."""
        try:
            assert self._engine is not None
            self._writer = Writer(self._engine, self._site)
        except Exception as error:
            self._down(error)

    # -- questions and purging

    def _answer(self, frame: Frame) -> None:
        said: Frame = {"is": "answer", "id": frame["id"]}
        if self._engine is None or self._writer is None:
            self._say(said | {"error": self._told or "the database is not open yet"})
            return
        try:
            with self._engine.connect() as connection:
                answer = _QUESTIONS[frame["what"]](connection, frame["data"])
        except Exception as error:
            self._say(said | {"error": self._words(error)})
            if isinstance(error, exc.DBAPIError) and (error.connection_invalidated or _corrupt(error)):
                self._down(error)
        else:
            self._say(said | {"answer": answer})

    def _begin_purge(self, frame: Frame) -> None:
        if self._engine is None or self._purge is not None:
            why = "the database is not open" if self._engine is None else "another purge is under way"
            self._say({"is": "purged", "id": frame["id"], "error": why})
            return
        only = frame.get("only")
        pieces = (
            purging.purge_entities(self._engine, frame["now"], only) if only is not None
            else purging.purge(self._engine, frame["now"], frame["default"], frame["ages"], frame["repack"])
        )  # fmt: skip
        self._purge = (frame, pieces)

    def _step(self) -> None:
        assert self._purge is not None
        frame, pieces = self._purge
        try:
            next(pieces)
        except StopIteration as done:
            self._purge = None
            self._say({"is": "purged", "id": frame["id"], "counts": done.value})
        except Exception as error:
            self._down(error)


def _corrupt(error: Exception) -> bool:
    inner = getattr(error, "orig", error)
    return isinstance(inner, sqlite3.DatabaseError) and any(word in str(inner) for word in _CORRUPT)


def read_frame(pipe: BinaryIO) -> Frame | None:
    """The next frame; None at the end."""
    head = pipe.read(4)
    if len(head) < 4:
        return None
    body = pipe.read(struct.unpack(">I", head)[0])
    frame: Frame = orjson.loads(body)
    return frame


def _listen(pipe: BinaryIO, inbox: "queue.Queue[Frame | None]") -> None:
    try:
        while (frame := read_frame(pipe)) is not None:
            inbox.put(frame)
    except (OSError, ValueError):
        pass  # the parent is gone in the midst of a frame
    inbox.put(None)


def serve(given: BinaryIO, out: BinaryIO) -> int:
    """Until the input ends or the database is refused."""

    def say(frame: Frame) -> None:
        body = orjson.dumps(frame)
        try:
            out.write(struct.pack(">I", len(body)) + body)
            out.flush()
        except OSError:  # nobody listens any more: what was given is still written
            pass

    inbox: queue.Queue[Frame | None] = queue.Queue(64)
    threading.Thread(target=_listen, args=(given, inbox), daemon=True).start()
    child = Child(say)
    try:
        while True:
            try:
                frame = inbox.get(timeout=child.patience)
            except queue.Empty:
                child.idle()
                continue
            if frame is None or frame["do"] == "end":
                child.end()
                return 0
            child.take(frame)
    except Refused as error:
        say({"is": "refused", "why": str(error), "code": error.code})
        return 3


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):  # Ctrl-C and a service's stop are the parent's; it closes our input
        signal.signal(number, signal.SIG_IGN)
    os.nice(NICE)
    logging.getLogger("sqlalchemy").setLevel(logging.CRITICAL)  # a lost connection is told in a sentence
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not stand between the frames
    code = serve(sys.stdin.buffer, out)
    out.flush()
    os._exit(code)  # the thread that reads may still wait for the parent
