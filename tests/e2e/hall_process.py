"""A real usher in a process of its own, and the ways to reach it."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cli(*arguments: str) -> str:
    """Run an `usher` command; answers what it printed, fails if it failed."""
    done = subprocess.run(
        [sys.executable, "-m", "usher.core", *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class HallProcess:
    """One hall; `start` it, `kill` it, `start` it again on the same data."""

    def __init__(self, config: Path, data: Path) -> None:
        self.config, self.data, self.port = config, data, free_port()
        self.token = ""
        self.log = data.parent / "usher.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def make_token(self, role: str = "owner") -> None:
        at = ("--config", str(self.config), "--data", str(self.data))
        self.token = cli("token", "add", "test", "--role", role, *at)

    async def start(self, limit: float = 20) -> float:
        """Start and wait for the first API answer; answers how many seconds that took."""
        begun = time.monotonic()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: ASYNC220 - the test has nothing else to do
                [sys.executable, "-m", "usher.core", "run", str(self.config), "--data", str(self.data),
                 "--port", str(self.port)], stdout=log, stderr=log, env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
        async with asyncio.timeout(limit), aiohttp.ClientSession() as session:
            while True:
                try:
                    async with session.get(f"{self.url}/api/usher/health") as answer:
                        if answer.status == 200:
                            return time.monotonic() - begun
                except aiohttp.ClientConnectionError:
                    assert self._process.poll() is None, self.log.read_text()
                await asyncio.sleep(0.01)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)

    def stop(self) -> int:
        """SIGTERM; answers the exit code."""
        if self._process is None or self._process.poll() is not None:
            return 0
        self._process.terminate()
        try:
            return self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise

    def session(self, token: str | None = None) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(self.url, headers={"Authorization": f"Bearer {token or self.token}"})


async def act(
    session: aiohttp.ClientSession, action: str, data: Mapping[str, Any] | None = None, **more: Any
) -> tuple[int, dict[str, Any]]:
    """Call an action over REST; (status, what it answered)."""
    domain, _, name = action.partition(".")
    async with session.post(f"/api/services/{domain}/{name}?return_response", json={**(data or {}), **more}) as answer:
        body = json.loads(await answer.read())
        if answer.status == 200:
            return 200, body.get("service_response", body)
        return answer.status, body
