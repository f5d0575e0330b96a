"""Numbers: which run a queue draws from, in which period, and how a number looks."""

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from .config import Queue

if TYPE_CHECKING:
    from .journal import Decision


def sequence_of(name: str, queue: Queue) -> str:
    """The run a queue draws from: `queue:personal`, `hall`, or `shared:cash`."""
    if queue.sequence == "queue":
        return f"queue:{name}"
    return "hall" if queue.sequence == "hall" else f"shared:{queue.sequence}"


def business_day(moment: datetime, begins: time) -> str:
    """The day this moment belongs to: 2026-11-22. `moment` is the hall's local time.

    Compared as the wall clock shows it, so that a change to or from summer time moves nothing.
    """
    day = moment.date() if moment.time() >= begins else moment.date() - timedelta(days=1)
    return day.isoformat()


def period(queue: Queue, day: str) -> str:
    """What the numbers run through: the business day, its week (from Monday), or for ever."""
    if queue.reset == "day":
        return day
    if queue.reset == "week":
        year, week, _ = datetime.fromisoformat(day).isocalendar()
        return f"{year}-W{week:02d}"
    return "ever"


def number(queue: Queue, n: int) -> str:
    """How the n-th number looks; when the digits overflow it simply grows."""
    return f"{queue.prefix}{n:0{queue.digits}d}" if queue.digits else f"{queue.prefix}{n}"


def draw(d: "Decision", name: str, queue: Queue) -> str:
    """The next number of this queue; it is given away."""
    run, span = sequence_of(name, queue), period(queue, d.day)
    row = d.floor.sequences.get(run)
    n = row["last"] + 1 if row and row["period"] == span else queue.start
    # A ticket of an earlier period may still be live; its number is not given a second time.
    while d.floor.number_is_live(number(queue, n)):
        n += 1
    d.put("sequence", run, {"period": span, "last": n})
    return number(queue, n)


def clashes(queues: Mapping[str, Queue]) -> Iterator[tuple[str, str]]:
    """(queue, what is wrong) where two runs could give numbers that look alike, or sharers disagree."""
    first: dict[str, str] = {}
    prefixes: dict[str, str] = {}
    for name, queue in queues.items():
        run = sequence_of(name, queue)
        if queue.prefix[-1:].isdigit():
            yield (
                name,
                f"the prefix {queue.prefix!r} ends in a digit: {queue.prefix}1 could be read two ways. Use letters.",
            )
        other = first.setdefault(run, name)
        if (queues[other].start, queue.reset) != (queue.start, queues[other].reset):
            yield name, (f"it shares its run of numbers with {other}, so start and reset must be the same in both. "
                         "Write them alike.")  # fmt: skip
        holder = prefixes.setdefault(queue.prefix.upper(), name)
        if sequence_of(holder, queues[holder]) != run:
            shown = repr(queue.prefix) if queue.prefix else "no prefix"
            yield name, f"{shown} is also used by {holder}: their numbers would look alike. Give each its own prefix."
