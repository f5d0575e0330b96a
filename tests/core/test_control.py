"""The door for this machine: any action, no network, for the engine's own user only."""

import asyncio
import json
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from usher.core.__main__ import main
from usher.core.control import NAME, ask
from usher.core.errors import StoreError, UsherError
from usher.core.testing import branch

YAML = 'usher: {name: T, site: t}\nqueue: {a: {name: A, prefix: A}}\ncounter: {"1": {name: One, serves: [a]}}\n'


async def _cli(*arguments: str) -> int:
    return await asyncio.to_thread(main, list(arguments))


async def test_usher_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with branch(YAML, tmp_path) as hall:
        at = ("--config", str(tmp_path))
        assert await _cli("call", "queue.issue", "queue=a", "party=2", *at) == 0
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert (told["ticket"]["number"], told["ticket"]["party"]) == ("A001", 2)
        assert hall.state("queue.a").value == 1
        assert await _cli("call", "queue.issue", "queue=b", *at) == 1
        assert json.loads(capsys.readouterr().err)["code"] == "unknown_queue"
        assert await _cli("call", "queue.issue", "queue", *at) == 1
        assert "KEY=VALUE" in capsys.readouterr().err
        mode = stat.S_IMODE((tmp_path / ".usher" / NAME).stat().st_mode)
        assert mode & 0o077 == 0


async def test_rubbish_does_not_close_the_door(tmp_path: Path) -> None:
    async with branch(YAML, tmp_path):
        folder = tmp_path / ".usher"
        reader, writer = await asyncio.open_unix_connection(str(folder / NAME))
        for line in (
            b"{broken",
            b"[]",
            b'{"action": 5}',
            b'{"action": "queue.issue", "data": []}',
            b'{"action": "none.none"}',
        ):
            writer.write(line + b"\n")
            assert "error" in json.loads(await reader.readline())
        writer.write(b"x" * (2 << 20) + b"\n")
        with suppress(ConnectionResetError):
            assert await reader.read() == b""  # too long a line: hung up
        writer.close()
        answer = await asyncio.to_thread(ask, folder, "queue.issue", {"queue": "a"})
        assert answer["answer"]["ticket"]["number"] == "A001"


async def test_accounts_with_and_without_a_running_hall(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ("--config", str(tmp_path))
    assert await _cli("token", "add", "keypad", *at) == 1
    assert "--scope" in capsys.readouterr().err
    assert await _cli("token", "add", "keypad", "--scope", "action:counter.*", *at) == 0
    offline = capsys.readouterr().out.strip()
    async with branch(YAML, tmp_path) as hall:
        caller = hall.engine.accounts.authenticate(offline)
        assert caller is not None
        assert caller.role == "device"
        assert await _cli("token", "add", "boss", "--role", "owner", *at) == 0
        boss = hall.engine.accounts.authenticate(capsys.readouterr().out.strip())
        assert boss is not None
        assert boss.role == "owner"


def test_no_hall_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No hall is running"):
        ask(tmp_path / ".usher", "queue.issue", {})


def test_a_folder_that_is_none_is_not_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "add", "boss", "--role", "owner", "--config", str(tmp_path / "hal")]) == 1
    assert "No hall is running" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


async def test_a_token_that_is_refused_leaves_no_user(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ("--config", str(tmp_path))
    assert await _cli("token", "add", "keypad", "--scope", "counter.*", *at) == 1
    assert "counter.*" in capsys.readouterr().err
    assert await _cli("token", "add", "keypad", "--scope", "action:counter.*", *at) == 0


async def test_a_hall_that_hangs_up_or_is_mute_is_told(tmp_path: Path) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    for serve, told in ((hang_up, "cannot be asked"), (mute, "did not answer within")):
        server = await asyncio.start_unix_server(serve, str(tmp_path / NAME))
        with pytest.raises(UsherError, match=told):
            await asyncio.to_thread(ask, tmp_path, "queue.issue", {}, None, 0.2)
        server.close()


async def test_nobody_else_looks_into_the_data(tmp_path: Path) -> None:
    """Names and phones are in there."""
    async with branch(YAML, tmp_path):
        folder = tmp_path / ".usher"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {f.name for f in folder.iterdir() if stat.S_IMODE(f.stat().st_mode) & 0o077} == set()


def test_a_folder_that_cannot_be_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "configuration.yaml").write_text(YAML, "utf-8")
    (tmp_path / "file").write_text("", "utf-8")
    assert main(["run", str(tmp_path), "--data", str(tmp_path / "file" / "data")]) == 1
    assert "cannot be" in capsys.readouterr().err
