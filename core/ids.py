"""Ids: `queue.main` parsed, and globally unique row ids that sort by time (ULID, github.com/ulid/spec)."""

import itertools
import os
import re
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]  # 10 bits at a time
_NAME = re.compile(r"[a-z0-9_]+\Z")
_ENTITY = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+\Z")


@dataclass(frozen=True, slots=True)
class EntityId:
    """A thing in the hall: its domain (`queue`) and its name there (`main`)."""

    domain: str
    name: str

    def __str__(self) -> str:
        return f"{self.domain}.{self.name}"

    @classmethod
    def parse(cls, text: str) -> "EntityId":
        """Read `domain.name`; raises ValueError with the mend in it."""
        domain, dot, name = text.partition(".")
        if not dot or not is_name(domain) or not is_name(name):
            raise ValueError(f"{text!r} is not an entity id. Write domain.name in a-z, 0-9 and _, as in queue.main.")
        return cls(domain, name)


def is_entity_id(text: str) -> bool:
    """Whether `text` is one: the quick question where no mend is asked for."""
    return _ENTITY.match(text) is not None


def is_name(text: str) -> bool:
    """Whether `text` may be the name of a queue, counter, device or domain."""
    return _NAME.match(text) is not None


class Ulids:
    """Makes ids of 26 characters: milliseconds (48 bits), this process (40 bits), a running count (40 bits).

    The count makes them rise within one process, so that ids sort in the order they were made.
    """

    def __init__(self) -> None:
        self._begin(int.from_bytes(os.urandom(5)), _milliseconds)

    def _begin(self, process: int, milliseconds: Callable[[], int]) -> None:
        self._milliseconds = milliseconds
        self._process = "".join(_PAIRS[process >> shift & 1023] for shift in (30, 20, 10, 0))
        self._count = itertools.count()
        self._stamp, self._stamp_text = -1, ""
        self._high, self._high_text = -1, ""

    def __call__(self) -> str:
        stamp = self._milliseconds()
        if stamp > self._stamp:  # never backwards: a clock set back must not break the order
            self._stamp, high = stamp, stamp >> 20
            if high != self._high:  # a quarter of an hour is over
                self._high = high
                self._high_text = "".join(_PAIRS[high >> shift & 1023] for shift in (20, 10, 0))
            self._stamp_text = f"{self._high_text}{_PAIRS[stamp >> 10 & 1023]}{_PAIRS[stamp & 1023]}"
        n = next(self._count)
        pairs = _PAIRS
        return (
            f"{self._stamp_text}{self._process}"
            f"{pairs[n >> 30 & 1023]}{pairs[n >> 20 & 1023]}{pairs[n >> 10 & 1023]}{pairs[n & 1023]}"
        )

    @contextmanager
    def pretending(self, process: int, now: Callable[[], float]) -> Generator[None]:
        """Make the same ids each time, by another clock (wall time in seconds), while the block runs: a simulation."""
        real = dict(self.__dict__)
        self._begin(process, lambda: int(now() * 1000))
        try:
            yield
        finally:
            self.__dict__.update(real)


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000


new_id = Ulids()
