"""Starts the espeak-ng child and talks to it over its pipes. Every wait has a limit; a child that dies is ConnectionLost."""

import asyncio
import importlib.util
import itertools
import json
import struct
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from ...core.children import end
from ...core.devices.waves import Sound, write_wav
from ...core.errors import ConnectionLost, Failed, MissingExtra
from ...core.integration import Kit
from .config import EspeakVoice
from .languages import voice_for

START_LIMIT: Final = 15.0
SPEAK_LIMIT: Final = 8.0
END_LIMIT: Final = 2.0
LARGEST: Final = 16 << 20  # bytes of one answer
WAITING: Final = 100  # texts asked for and not yet answered
LIBRARIES: Final = ("libespeak-ng.so", "libespeak-ng.dylib", "espeak-ng.dll")


def installed() -> tuple[Path, Path]:
    """The library and its data, found without importing them: their code is GPL and stays in the child."""
    found = importlib.util.find_spec("espeakng_loader")
    for folder in map(Path, (found.submodule_search_locations if found else None) or ()):
        for name in LIBRARIES:
            if (folder / name).exists():
                return folder / name, folder / "espeak-ng-data"
    raise MissingExtra("espeak", "voice")


class Espeak:
    """One child. Texts are spoken one after the other, in the order they are asked for."""

    def __init__(self, item: EspeakVoice, process: Process, rate: int, version: str) -> None:
        self._item, self._process = item, process
        self.rate, self.version, self.languages = rate, version, item.speaks()
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[tuple[dict[str, Any], bytes]]] = {}

    @property
    def pid(self) -> int:
        return self._process.pid

    async def speak(self, text: str, language: str) -> bytes:
        """A WAV. Raises ConnectionLost, or Failed when it cannot speak this."""
        voice = self._item.variants.get(language) or voice_for(language)
        if voice is None:
            raise Failed({"en": f"espeak-ng does not speak {language}.", "zh-CN": f"espeak-ng 不支持 {language}。"})
        if len(self._asked) >= WAITING:
            raise Failed({"en": "espeak-ng has too much to say already.", "zh-CN": "espeak-ng 任务过多。"}, "busy")
        number = next(self._numbers)
        future = self._asked[number] = asyncio.get_running_loop().create_future()
        item = self._item
        asked = {
            "id": number,
            "voice": voice,
            "text": text,
            "rate": item.rate,
            "pitch": item.pitch,
            "volume": item.volume,
        }
        try:
            async with asyncio.timeout(SPEAK_LIMIT):
                await self._write(json.dumps(asked).encode())
                head, samples = await future
        except TimeoutError as error:
            raise ConnectionLost(f"espeak-ng did not answer within {SPEAK_LIMIT:g} s.") from error
        finally:
            self._asked.pop(number, None)
        if "error" in head:
            raise Failed(str(head["error"]))
        return write_wav(Sound(int(head["rate"]), samples))

    async def _write(self, body: bytes) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        try:
            pipe.write(struct.pack(">I", len(body)) + body)
            await pipe.drain()
        except (ConnectionError, RuntimeError) as error:
            raise ConnectionLost("espeak-ng is gone.") from error

    async def listen(self) -> None:
        """Take the answers; raises ConnectionLost when the child ends."""
        pipe = self._process.stdout
        assert pipe is not None
        try:
            while True:
                head, samples = await read_frame(pipe)
                future = self._asked.get(int(head.get("id", 0)))
                if future is not None and not future.done():
                    future.set_result((head, samples))
        except (asyncio.IncompleteReadError, ValueError) as error:
            lost = ConnectionLost(f"The espeak-ng process ended ({self._process.returncode}).")
            for future in self._asked.values():
                if not future.done():
                    future.set_exception(lost)
            raise lost from error


async def read_frame(pipe: asyncio.StreamReader) -> tuple[dict[str, Any], bytes]:
    """One answer; raises ValueError for what is none, IncompleteReadError at the end."""
    head_size, samples_size = struct.unpack(">II", await pipe.readexactly(8))
    if head_size > 65536 or samples_size > LARGEST:
        raise ValueError("This is no answer of ours.")
    head = json.loads(await pipe.readexactly(head_size))
    return head, await pipe.readexactly(samples_size)


async def complaints(process: Process, kit: Kit) -> None:
    """What the child prints on its error output goes into the log."""
    assert process.stderr is not None
    while line := await process.stderr.read(2000):
        kit.log.warning("espeak-ng: %s", line.decode(errors="replace").strip())


@asynccontextmanager
async def open_child(item: EspeakVoice, kit: Kit) -> AsyncGenerator[Espeak, None]:
    """A child, warm: its first frame says that it has spoken a word."""
    library, data = installed()
    child = Path(__file__).with_name("child.py")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-S", str(child), str(library), str(data), stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    try:
        assert process.stdout is not None
        kit.task(complaints(process, kit), "complaints")
        try:
            async with asyncio.timeout(START_LIMIT):
                head, _ = await read_frame(process.stdout)
        except (TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            raise ConnectionLost("The espeak-ng process did not begin.") from error
        espeak = Espeak(item, process, int(head["rate"]), str(head["version"]))
        kit.task(espeak.listen(), "answers")
        yield espeak
    finally:
        await end(process, END_LIMIT)
