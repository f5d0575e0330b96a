"""Guesses slowed down: who was wrong several times waits, longer each time, before the next try is looked at."""

from collections import OrderedDict
from typing import Final

from .clock import Clock
from .errors import Refused

FREE: Final = 5  # wrong tries before one must wait
LONGEST: Final = 60.0  # seconds
FORGET: Final = 900.0  # seconds after the last wrong try
_MAX_KEYS: Final = 1024


class Attempts:
    """Wrong tries by key (a user and where they come from)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()  # how many, and when last

    def ask(self, key: str) -> None:
        """Raise Refused("too_many_tries") if this one must still wait."""
        count, last = self._wrong.get(key, (0, 0.0))
        passed = self._clock.monotonic() - last
        if passed > FORGET:
            self._wrong.pop(key, None)
        elif count >= FREE and passed < (wait := min(LONGEST, 2.0 ** (count - FREE))):
            raise Refused("too_many_tries", {
                "en": "Too many wrong tries. Wait {seconds} s.",
                "zh-CN": "尝试次数过多，请等待 {seconds} 秒。"}, seconds=max(1, round(wait - passed)))  # fmt: skip

    def wrong(self, key: str) -> None:
        """Count a wrong try."""
        count, _ = self._wrong.pop(key, (0, 0.0))
        self._wrong[key] = (count + 1, self._clock.monotonic())
        while len(self._wrong) > _MAX_KEYS:
            self._wrong.popitem(last=False)

    def right(self, key: str) -> None:
        """A right one clears what was counted."""
        self._wrong.pop(key, None)
