"""A counter closes: at sign-out, when its staff go elsewhere, at the end of the day, when it leaves the YAML."""

from .events import COUNTER_SIGNED_OUT
from .hall import Hall
from .journal import Decision
from .staging import unstage


def close(hall: Hall, d: Decision, counter: str, reason: str | None = None) -> None:
    """Nobody is signed in there any more. Its ticket, if any, must have left it before."""
    row = hall.counter_row(d, counter)
    unstage(hall, d, counter)
    closed = {"staff": None, "staff_name": None, "paused": False, "pausing": False, "reason": None}
    d.put("counter", counter, {**row, **closed, "since": d.now})
    d.event(COUNTER_SIGNED_OUT, {"counter": counter, "staff": row["staff"], "reason": reason})
