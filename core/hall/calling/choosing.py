"""Whom a counter calls next, as things stand: the hall as `dispatch` sees it."""

from ..events import PublicTicket
from ..floor import CounterRow, Floor
from ..hall import Hall
from ..lines import Lane, Reserved
from .dispatch import Choice, Desk, Rules, credit_after, next_ticket, rule_between
from .reasons import OUT_OF_TURN


def choose(hall: Hall, floor: Floor, counter: str, now: float, day: str) -> Choice | None:
    """Who would be called next at this counter."""
    return next_ticket(desk_of(hall, floor, counter, day), floor.lines, now, rules_of(hall, floor))


def out_of_turn(hall: Hall, floor: Floor, counter: str, ticket: PublicTicket, now: float, day: str) -> Choice:
    """The ticket that staff chose themselves; the counter's mix counts it as well."""
    credit = credit_after(ticket, desk_of(hall, floor, counter, day), floor.lines, now, rules_of(hall, floor))
    return Choice(ticket, "staff", [OUT_OF_TURN], {}, credit)


def between(hall: Hall, floor: Floor, counter: str, ticket: PublicTicket, now: float, day: str) -> str:
    """What decides between this ticket and whoever this counter would call; see `rule_between`."""
    return rule_between(ticket, desk_of(hall, floor, counter, day), floor.lines, now, rules_of(hall, floor))


def desk_of(hall: Hall, floor: Floor, counter: str, day: str) -> Desk:
    """The counter: what it serves now, whose reservations mean it, and how its mix stands today."""
    row = floor.counters.get(counter)
    credit = row.get("mix", {}) if row is not None and row["day"] == day else {}
    return Desk(
        counter, hall.staff.serves(floor, counter), _members(hall, floor, counter, row),
        hall.counter(counter).mix, credit,
    )  # fmt: skip


def rules_of(hall: Hall, floor: Floor) -> Rules:
    """What holds for every counter."""
    known: dict[tuple[Reserved | None, str, bool], bool] = {}

    def holds(lane: Lane) -> bool:
        key = (lane.reserved, lane.queue, lane.only)
        if key not in known:
            known[key] = _holds(hall, floor, lane)
        return known[key]

    return Rules(floor.classes, hall.boosts, holds, floor.at_counters, lambda name: not idle(floor, name))


def _members(hall: Hall, floor: Floor, counter: str, row: CounterRow | None) -> frozenset[Reserved]:
    staff = () if row is None else (row["staff"], row["staff_name"])
    return frozenset((
        ("counter", counter), *(("staff", one) for one in staff if one is not None),
        *(("pool", one) for one in hall.staff.pools(floor, counter)),
    ))  # fmt: skip


def _holds(hall: Hall, floor: Floor, lane: Lane) -> bool:
    """Whether a reservation keeps others away: while a counter it means is open and serves the queue.

    With `only` it stays while that counter is closed; not when a counter does not serve the queue at all any more, else
    nobody could ever call them.
    """
    assert lane.reserved is not None
    kind, name = lane.reserved
    if kind == "counter":
        if name not in hall.counters or not _serves(hall, floor, name, lane.queue):
            return False
        return lane.only or _open(floor, name)
    return lane.only or any(
        lane.reserved in _members(hall, floor, counter, row) and _serves(hall, floor, counter, lane.queue)
        for counter, row in floor.counters.items()
        if row["staff"] is not None and counter in hall.counters
    )


def _serves(hall: Hall, floor: Floor, counter: str, queue: str) -> bool:
    return any(one.queue == queue for one in hall.staff.serves(floor, counter))


def idle(floor: Floor, name: str) -> bool:
    """Whether the next could be called there at once."""
    row = floor.counters.get(name)
    return (
        row is not None
        and row["staff"] is not None
        and row["ticket"] is None
        and not row["paused"]
        and not row["pausing"]
    )


def _open(floor: Floor, counter: str) -> bool:
    row = floor.counters.get(counter)
    return row is not None and row["staff"] is not None
