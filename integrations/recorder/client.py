"""Starts the archive, which is a process of its own, and talks to it over its pipes. Every wait has a limit.

SQLAlchemy, the driver and a slow disk live over there: none of their memory, of their hold on the interpreter and of
their faults is the hall's. Batches go out one behind the other and are kept here until the archive says that they are
durable, so that a process that dies loses none; it is started again.
"""

import asyncio
import itertools
import struct
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from ...core.children import end
from ...core.errors import ConnectionLost, MissingExtra, Refused, SetupFailed
from ...core.integration import Kit

START_LIMIT: Final = 30.0
ASK_LIMIT: Final = 20.0
END_LIMIT: Final = 5.0
BEGIN_LIMIT: Final = 5.0  # seconds for the process to be there when the hall ends already
STUCK: Final = 180.0  # seconds without a word about a batch, and the process is taken for dead
WINDOW: Final = 8  # batches on their way
MAX_ASKED: Final = 64
LARGEST: Final = 256 << 20  # bytes of one frame
PAUSES: Final = (1.0, 60.0)  # seconds before it is started again: the first, the longest
_RUN: Final = "import sys; sys.path.insert(0, sys.argv[1]); from archive.child import main; main()"

Told = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Sent:
    """A batch on its way."""

    number: int
    rows: int
    frame: bytes
    at: float


class Archive:
    """The database, as far as the hall knows it. `told` hears what the process says of itself."""

    def __init__(self, url: str, kit: Kit, told: Told) -> None:
        self._url, self._kit, self._told = url, kit, told
        self._process: Process | None = None
        self._numbers, self._batches = itertools.count(1), itertools.count(1)
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._sent: deque[Sent] = deque()
        self._begun = asyncio.Event()  # the process is there and has been given what waited
        self._up = asyncio.Event()  # it has said how the database is
        self._silent_since: float | None = None  # None: it has said that it tries again
        self.on_room: Callable[[], None] = lambda: None  # a batch was written: there is room for another

    @property
    def room(self) -> bool:
        """Whether another batch may be sent."""
        return self._process is not None and len(self._sent) < WINDOW

    @property
    def unwritten(self) -> int:
        """Rows on their way."""
        return sum(one.rows for one in self._sent)

    # -- the process

    async def begun(self) -> None:
        """Until the process is there and was given what waited; a hall that ends at once must not end before that."""
        with suppress(TimeoutError):
            async with asyncio.timeout(BEGIN_LIMIT):
                await self._begun.wait()

    async def keep(self) -> None:
        """Keep the process up; raises SetupFailed or MissingExtra for what waiting does not mend."""
        pause, longest = PAUSES
        while True:
            begun = self._kit.clock.monotonic()
            try:
                async with self._started() as process:
                    await self._listen(process)
            except ConnectionLost as error:
                if self._kit.clock.monotonic() - begun > longest:
                    pause = PAUSES[0]
                self._kit.log.warning("%s It is started again in %.0f s.", error, pause)
                self._told({"is": "down", "why": str(error), "logged": True})
            await self._kit.clock.sleep(pause)
            pause = min(pause * 2, longest)

    @asynccontextmanager
    async def _started(self) -> AsyncGenerator[Process, None]:
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-I", "-c", _RUN, str(Path(__file__).parent), stdin=PIPE, stdout=PIPE, stderr=PIPE
            )
        except OSError as error:
            raise ConnectionLost(f"The recorder's process cannot be started: {error.strerror}.") from error
        complaints = asyncio.get_running_loop().create_task(self._complaints(process), name="recorder:complaints")
        try:
            self._process = process
            self._put({"do": "open", "url": self._url, "site": self._kit.site.id})
            for one in self._sent:  # those of the one before that it did not write, or did not get to say so
                self._write(one.frame)
            self._begun.set()
            self.on_room()
            yield process
        finally:
            self._process = None
            self._begun.clear()
            self._up.clear()
            self._fail_asked("the recorder's process ended")
            await end(process, END_LIMIT)
            complaints.cancel()
            await asyncio.wait([complaints], timeout=1)

    async def _listen(self, process: Process) -> None:
        assert process.stdout is not None
        while True:
            try:
                (size,) = struct.unpack(">I", await process.stdout.readexactly(4))
                if size > LARGEST:
                    raise ConnectionLost("The recorder's process said something that is no answer.")
                frame = orjson.loads(await process.stdout.readexactly(size))
            except (asyncio.IncompleteReadError, orjson.JSONDecodeError, ConnectionError) as error:
                raise ConnectionLost("The recorder's process ended.") from error
            self._hear(frame)

    async def _complaints(self, process: Process) -> None:
        """What the process prints on its error output goes into the log."""
        assert process.stderr is not None
        while line := await process.stderr.read(2000):
            self._kit.log.warning("recorder: %s", line.decode(errors="replace").strip()[-1500:])

    def look(self) -> None:
        """Called now and then: end a process that says nothing any more."""
        if self._process is None or not self._sent or self._silent_since is None:
            return
        if self._kit.clock.monotonic() - max(self._silent_since, self._sent[0].at) > STUCK:
            self._kit.log.warning("The recorder's process has been silent for %.0f s and is ended.", STUCK)
            with suppress(ProcessLookupError):
                self._process.kill()

    # -- what it says

    def _hear(self, frame: Mapping[str, Any]) -> None:
        self._silent_since = None if frame["is"] == "down" else self._kit.clock.monotonic()
        match frame["is"]:
            case "written" | "lost":
                while self._sent and self._sent[0].number <= frame["batch"]:
                    self._sent.popleft()
                self.on_room()
            case "answer" | "purged":
                future = self._asked.pop(frame["id"], None)
                if future is not None and not future.done():
                    if "error" in frame:
                        future.set_exception(_unreachable(frame["error"]))
                    else:
                        future.set_result(frame.get("answer", frame.get("counts")))
            case "up" | "down":
                self._up.set()
            case "refused" if frame["code"] == "postgres":
                raise MissingExtra("recorder with PostgreSQL", "postgres")
            case "refused":
                raise SetupFailed(frame["why"])
            case _:
                pass
        self._told(frame)

    def _fail_asked(self, why: str) -> None:
        asked, self._asked = self._asked, {}
        for future in asked.values():
            if not future.done():
                future.set_exception(_unreachable(why))
                future.exception()  # seen, if nobody waits any more

    # -- what it is told

    def send(self, rows: int, body: bytes) -> None:
        """Write these rows: kept here until they are durable."""
        number = next(self._batches)
        head = b'{"do":"write","session":"%b","batch":%d,"rows":' % (self._kit.site.boot_id.encode(), number)
        one = Sent(number, rows, head + body + b"}", self._kit.clock.monotonic())
        self._sent.append(one)
        self._write(one.frame)

    async def ask(self, what: str, data: Mapping[str, Any]) -> Any:
        """A question about the past; raises Refused("history_unreachable")."""
        return await self._wait({"do": "ask", "what": what, "data": data})

    def purge(self, told: Mapping[str, Any]) -> "asyncio.Future[Any]":
        """Begin to forget; the answer comes at the end and may take minutes."""
        return self._ask({"do": "purge", **told})

    async def _wait(self, frame: dict[str, Any]) -> Any:
        try:
            async with asyncio.timeout(ASK_LIMIT):
                await self._up.wait()
                return await self._ask(frame)
        except TimeoutError as error:
            raise _unreachable("it did not answer in time") from error

    def _ask(self, frame: dict[str, Any]) -> "asyncio.Future[Any]":
        if self._process is None or len(self._asked) >= MAX_ASKED:
            raise _unreachable("it is not there" if self._process is None else "too much is asked of it")
        number = next(self._numbers)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda _: self._asked.pop(number, None))
        self._asked[number] = future
        self._put({"id": number, **frame})
        return future

    def _put(self, frame: Mapping[str, Any]) -> None:
        self._write(orjson.dumps(frame))

    def _write(self, body: bytes) -> None:
        """To the pipe; bounded by WINDOW and MAX_ASKED. A process that is gone is noticed by who listens."""
        pipe = self._process.stdin if self._process is not None else None
        if pipe is not None and not pipe.is_closing():
            with suppress(ConnectionError, RuntimeError):
                pipe.write(struct.pack(">I", len(body)) + body)


def _unreachable(why: str) -> Refused:
    return Refused("history_unreachable", {
        "en": f"The history cannot be read now: {why}.", "zh-CN": f"暂时无法读取历史记录：{why}。"})  # fmt: skip
