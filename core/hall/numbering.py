"""Numbers: which run a queue draws from, in which period, and how a number looks."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from .config import Queue

if TYPE_CHECKING:
    from .floor import Floor, SequenceRow
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


def over(then: str, today: str) -> bool:
    """Whether business day `then` is over. One day ahead it is not: the clock was wrong by a day and is right again.

    Further ahead it was never a day of this hall.
    """
    return then != today and (date.fromisoformat(then) - date.fromisoformat(today)).days != 1


def given(floor: "Floor", name: str, queue: Queue, day: str) -> int:
    """The last number given in this period in the run this queue draws from; one before the start if none is yet."""
    row, span = floor.sequences.get(sequence_of(name, queue)), period(queue, day)
    if row is not None and row["period"] == span:
        return row["last"]
    earlier = row.get("earlier") if row is not None else None
    return earlier["last"] if earlier is not None and earlier["period"] == span else queue.start - 1


def give(d: "Decision", name: str, queue: Queue, last: int) -> None:
    """The run this queue draws from has come to this number. The latest other period is kept: the clock may be set back."""
    run, span = sequence_of(name, queue), period(queue, d.day)
    row = d.floor.sequences.get(run)
    new: SequenceRow = {"period": span, "last": last}
    others = [one for one in (row, row and row.get("earlier")) if one is not None and one["period"] != span]
    if others:
        latest = max(others, key=lambda one: one["period"])
        new["earlier"] = {"period": latest["period"], "last": latest["last"]}
    d.put("sequence", run, new)


def coming(floor: "Floor", name: str, queue: Queue, day: str, beyond: bool = False) -> Iterator[int]:
    """The numbers that come next, as far as the queue's segment goes, or `beyond` it."""
    n = given(floor, name, queue, day)
    while beyond or queue.end is None or n < queue.end:
        n += 1
        # A ticket of an earlier period may still be live; its number is not given a second time.
        if not floor.number_is_live(number(queue, n)):
            yield n


def draw(d: "Decision", name: str, queue: Queue) -> str:
    """The next number of this queue; it is given away. Who may go beyond its segment has been asked before."""
    n = next(coming(d.floor, name, queue, d.day, beyond=True))
    give(d, name, queue, n)
    return number(queue, n)


def clashes(queues: Mapping[str, Queue]) -> Iterator[tuple[str, str]]:
    """(queue, what is wrong) where two runs could give numbers that look alike, or sharers disagree."""
    first: dict[str, str] = {}
    prefixes: dict[str, list[str]] = {}
    for name, queue in queues.items():
        run = sequence_of(name, queue)
        if not queue.prefix.isprintable() or any(sign.isspace() for sign in queue.prefix):
            yield name, f"the prefix {queue.prefix!r} holds a space, or a sign that nobody sees. Use letters."
        if queue.prefix[-1:].isdigit():
            yield (
                name,
                f"the prefix {queue.prefix!r} ends in a digit: {queue.prefix}1 could be read two ways. Use letters.",
            )
        if queue.end is not None and queue.end < queue.start:
            yield name, f"end {queue.end} is before start {queue.start}: it has no numbers. Write end larger."
        other = queues[first.setdefault(run, name)]
        if (other.start, other.reset) != (queue.start, queue.reset):
            yield name, (f"it shares its run of numbers with {first[run]}, so start and reset must be the same in both. "
                         "Write them alike.")  # fmt: skip
        elif other.end != queue.end:
            yield name, (f"it shares its run of numbers with {first[run]}, so end must be the same in both. "
                         "Write it alike.")  # fmt: skip
        holders = prefixes.setdefault(queue.prefix.upper(), [])
        alike = next((h for h in holders if sequence_of(h, queues[h]) != run and not _apart(queues[h], queue)), None)
        holders.append(name)
        if alike is not None:
            shown = repr(queue.prefix) if queue.prefix else "no prefix"
            yield name, f"{shown} is also used by {alike}: their numbers would look alike. Give each its own prefix."


def alone(queues: Mapping[str, Queue], name: str) -> bool:
    """Whether no other run has this queue's prefix: then numbers beyond its segment look like nobody else's."""
    prefix, run = queues[name].prefix.upper(), sequence_of(name, queues[name])
    return all(
        other.prefix.upper() != prefix or sequence_of(one, other) == run
        for one, other in queues.items() if one != name
    )  # fmt: skip


def _apart(one: Queue, other: Queue) -> bool:
    """Whether two segments of numbers never meet."""
    return (one.end is not None and one.end < other.start) or (other.end is not None and other.end < one.start)
