"""The code of an appointment: six digits, of which the first tells the time of day. Pure.

4 is from nine to noon, 5 from noon to three: whoever stands at the entrance sees at a glance who is early. The other
five digits tell nothing and cannot be guessed.
"""

from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Final

DIGITS: Final = 6
_OTHERS: Final = 10 ** (DIGITS - 1)
_TRIES: Final = 200  # until a band counts as full


def band(moment: datetime) -> int:
    """The three hours that a time lies in: 1 from midnight, 2 from three o'clock, ... 8 from nine in the evening."""
    return 1 + moment.hour // 3


def code(moment: datetime, seed: Callable[[int], int], taken: Callable[[str], bool]) -> str:
    """A code for an appointment at this time (the hall's own) that nobody else has.

    `seed(n)` gives the n-th large number, the same for the same appointment. While one band is full (100,000 are
    booked in the same three hours) the code is longer.
    """
    for n in count():
        digits = _OTHERS * 100 ** (n // _TRIES)
        drawn = f"{band(moment)}{seed(n) % digits:0{len(str(digits)) - 1}d}"
        if not taken(drawn):
            return drawn
    raise AssertionError  # pragma: no cover - count has no end
