"""Passwords: hashed with argon2 in one thread of their own, because each takes 64 MiB and a tenth of a second."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from .errors import Refused

T = TypeVar("T")
MAX_WAITING: Final = 16  # hashes asked for at once; one more is refused `busy`


class Passwords:
    """`cost` are argon2's own parameters; without them its defaults (RFC 9106, low memory)."""

    def __init__(self, **cost: int) -> None:
        self._cost = cost
        self._hasher: Any = None  # argon2.PasswordHasher
        self._waiting = 0
        self._thread = ThreadPoolExecutor(1, "usher-passwords")

    async def hash(self, password: str) -> str:
        """What is stored of a password."""
        return await self._run(lambda: str(self._argon2().hash(password)))

    async def fits(self, stored: str | None, password: str) -> bool:
        """Whether a password is the stored one; without one it takes as long and answers no."""
        return await self._run(lambda: self._verify(stored, password))

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= MAX_WAITING:
            raise Refused("busy", {"en": "Too much at once. Try again.", "zh-CN": "系统繁忙，请稍后再试。"})
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._waiting -= 1

    def _argon2(self) -> Any:
        if self._hasher is None:
            from argon2 import PasswordHasher  # not at import: `usher check` needs none

            cost: Any = self._cost
            self._hasher = PasswordHasher(**cost)
        return self._hasher

    def _verify(self, stored: str | None, password: str) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError

        hasher = self._argon2()
        if stored is None:
            hasher.hash(password)
            return False
        try:
            return bool(hasher.verify(stored, password))
        except (VerificationError, InvalidHashError):
            return False
