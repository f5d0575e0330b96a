"""The door for this machine: a socket in the data folder that only the engine's own user may open.

`usher call` and other commands use it, so that a hall without HTTP can be acted on too. One JSON object a line goes in,
one comes out: `{"action", "data", "request_id", "language"}` -> `{"answer"}` or `{"error": {"code", "message"}}`.
"""

import asyncio
import json
import os
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final, cast

import orjson

from .access import Caller
from .actions import Actions, Call
from .errors import ActionError, BadData, Refused, StoreError, UsherError

NAME: Final = "control"
LIMIT: Final = 1 << 20  # bytes of one line
LOCAL: Final = Caller("local", "this machine", "owner")


@asynccontextmanager
async def door(data: Path, actions: Actions) -> AsyncGenerator[None, None]:
    """Serve the socket while the block runs."""
    with suppress(FileNotFoundError):
        (data / NAME).unlink()
    folder = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    mask = os.umask(0o177)
    try:
        # By the folder's number: a socket's path may have 107 bytes only.
        server = await asyncio.start_unix_server(
            lambda reader, writer: _serve(actions, reader, writer), f"/proc/self/fd/{folder}/{NAME}", limit=LIMIT)  # fmt: skip
    finally:
        os.umask(mask)
    try:
        yield
    finally:
        server.close()
        with suppress(FileNotFoundError):
            (data / NAME).unlink()
        os.close(folder)


async def _serve(actions: Actions, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while line := await reader.readline():
            writer.write(orjson.dumps(await _answer(actions, line)) + b"\n")
            await writer.drain()
    except (ValueError, ConnectionError):  # a line longer than the limit, or the other side is gone
        pass
    finally:
        writer.close()


async def _answer(actions: Actions, line: bytes) -> dict[str, Any]:
    language = "en"
    try:
        asked: Any = orjson.loads(line)
        if not isinstance(asked, dict) or not isinstance(asked.get("action"), str):  # pyright: ignore[reportUnknownMemberType]
            raise BadData({"en": 'Write one JSON object a line: {"action": "...", "data": {}}.',
                           "zh-CN": '每行应为一个 JSON 对象：{"action": "...", "data": {}}。'})  # fmt: skip
        request = cast("dict[str, Any]", asked)
        language = str(request.get("language") or "en")
        call = Call(LOCAL, request_id=request.get("request_id"))
        return {"answer": await actions.call(request["action"], request.get("data") or {}, call)}
    except orjson.JSONDecodeError as error:
        return {"error": {"code": "bad_data", "message": f"This is not JSON: {error}."}}
    except ActionError as error:
        later = {"next": error.next} if isinstance(error, Refused) and error.next is not None else {}
        return {"error": {"code": error.code, "message": error.say(language), **later}}


def ask(
    data: Path,
    action: str,
    values: dict[str, Any],
    request_id: str | None = None,
    limit: float = 30,
    language: str = "en",
) -> dict[str, Any]:
    """Call an action of the hall that runs on this folder, from another process; raises StoreError when none runs."""
    folder = -1
    try:
        folder = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(limit)
            client.connect(f"/proc/self/fd/{folder}/{NAME}")
            client.sendall(
                json.dumps({"action": action, "data": values, "request_id": request_id, "language": language}).encode()
                + b"\n"
            )
            with client.makefile("rb") as lines:
                if not (line := lines.readline()):
                    raise ConnectionResetError("it hung up")
                answer: dict[str, Any] = json.loads(line)
                return answer
    except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError) as error:
        raise StoreError(f"No hall is running on {data.parent}. Start it: usher run {data.parent}") from error
    except TimeoutError as error:
        raise UsherError(f"The hall on {data.parent} did not answer within {limit:g} s. Look at its log.") from error
    except (OSError, ValueError) as error:
        raise UsherError(f"The hall on {data.parent} cannot be asked: {error}.") from error
    finally:
        if folder >= 0:
            os.close(folder)
