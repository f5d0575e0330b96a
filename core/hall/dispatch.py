"""Who is called next. Pure: the same lines, moment and rules give the same choice, and its reasons.

Lines are kept in order, so only the heads of their lanes are compared. Passed over, keeping their place: who is reserved for
another counter, and whose visitor is at a counter with another ticket.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from math import inf
from typing import Final, TypeAlias

from ..frozen import frozen
from .config import Serves
from .events import PublicTicket
from .lines import Busy, Entry, Lane, Lines, Reserved, standing
from .lines import since as since_of
from .mixing import charged, group, turns
from .reasons import Reason, helping, told

# Urgency downwards; rank; since, of the boosted; turn in the mix; priority and weight downwards; place; id. Least is next.
Key: TypeAlias = tuple[float, int, float, int, int, int, float, float, str]
Head: TypeAlias = "tuple[Key, PublicTicket]"
_Found: TypeAlias = "tuple[Lane, int, int]"  # with rank, and the counter's priority for its queue
STAGED, RESERVED, OPEN = range(3)
RULES: Final = ("urgency", "reserved", "boost", "mix", "priority", "class", "place", "place", "place")
"""What the parts of a key are called; of `reserved`, the ticket chosen may be `staged` as well."""


@frozen
class Desk:
    """A counter as the rules see it. `members` are the reservations that mean it; `credit` is its mix so far today."""

    name: str
    serves: Sequence[Serves]
    members: Collection[Reserved]
    mix: Mapping[str, int]
    credit: Mapping[str, int]


@frozen
class Rules:
    """What holds for all counters. `holds` says whether a lane's reservation keeps others away; `busy`: None is nobody."""

    weights: Mapping[str, int]
    boosts: Mapping[str, float]
    holds: Callable[[Lane], bool]
    busy: Busy | None


@frozen
class Choice:
    """The ticket to call. `rule` decided between it and the next best; `passed` are the other heads, by what put them back.

    `credit` is the counter's mix after this call.
    """

    ticket: PublicTicket
    rule: str
    reasons: list[Reason]
    passed: dict[str, list[str]]
    credit: dict[str, int]


def next_ticket(desk: Desk, lines: Lines, now: float, rules: Rules) -> Choice | None:
    """The best of the heads of this counter's lines: of its own queues, or if nobody is there, of those it helps out."""
    for own in (True, False):
        found = [*_in_reach(desk, lines, now, rules, own)]
        heads = _heads(found, desk, now, rules)
        if heads:
            return _choice(heads, found, desk, now, rules, None if own else lines)
    return None


def rule_between(ticket: PublicTicket, desk: Desk, lines: Lines, now: float, rules: Rules) -> str:
    """What decides between this ticket and the one this counter would call: one of RULES, `staged`, or what hinders it.

    `chosen`: it would be called. `not_served`, `elsewhere` (reserved or staged for others), `busy`, `helping` (the counter's
    own queues come first), `enough` (it helps that queue out only when more wait).
    """
    alone = Lane.alone(ticket)
    if rules.busy is not None and rules.busy(ticket):
        return "busy"
    choice = next_ticket(desk, lines, now, rules)
    if choice is not None and choice.ticket["id"] == ticket["id"]:
        return "chosen"
    serves = next((one for one in desk.serves if one.queue == ticket["queue"]), None)
    rank = STAGED if ticket["state"] == "staged" else _rank(alone, desk, rules)
    if rank is None or (rank == STAGED and ticket["counter"] != desk.name):
        return "elsewhere"
    if serves is None and rank != STAGED:
        return "not_served"
    own = [*_in_reach(desk, lines, now, rules, True)]
    if serves is not None and not serves.own and rank == OPEN:
        if not _helps(serves, lines, now):
            return "enough"
        if _heads(own, desk, now, rules):
            return "helping"
        own = [*_in_reach(desk, lines, now, rules, False)]
    heads = sorted(_heads([*own, (alone, rank, serves.priority if serves else 0)], desk, now, rules))
    return _rule(heads[0][0], next(key for key, one in heads if one["id"] == ticket["id"]))


def _in_reach(desk: Desk, lines: Lines, now: float, rules: Rules, own: bool) -> Iterable[_Found]:
    """The lanes this counter may call from: what is kept for it and its own queues, or those it helps out now."""
    if own:
        priorities = {one.queue: one.priority for one in desk.serves}
        for lane in lines.staged(desk.name):
            yield lane, STAGED, priorities.get(lane.queue, 0)
    for one in desk.serves:
        if not own and (one.own or not _helps(one, lines, now)):
            continue
        for lane in lines.of(one.queue):
            rank = _rank(lane, desk, rules)
            if rank is not None and (one.own is own or (own and rank == RESERVED)):
                yield lane, rank, one.priority


def _rank(lane: Lane, desk: Desk, rules: Rules) -> int | None:
    """How near to this counter a lane is; None if it is kept for another."""
    if lane.reserved is None:
        return OPEN
    return RESERVED if lane.reserved in desk.members else None if rules.holds(lane) else OPEN


def _helps(one: Serves, lines: Lines, now: float) -> bool:
    """Whether this queue may be helped out now."""
    if one.overflow is None:
        return one.fallback
    over, longer = one.overflow.waiting_over, one.overflow.wait_over
    if over is not None and lines.waiting(one.queue) > over:
        return True
    oldest = lines.oldest(one.queue)
    return longer is not None and oldest is not None and now - oldest > longer


def _heads(found: Iterable[_Found], desk: Desk, now: float, rules: Rules) -> list[Head]:
    """The best of each lane, with its key."""
    best = [(lane, rank, priority, one) for lane, rank, priority in found if (one := _best(lane, now, rules))]
    if desk.mix:
        turn = turns(desk.mix, desk.credit, {group(desk.mix, lane.class_, lane.queue) for lane, _, _, _ in best})
        return [
            ((urgency, rank, boost, turn[group(desk.mix, lane.class_, lane.queue)], 0, 0, effective, at, id_), ticket)
            for lane, rank, _, (boost, (urgency, effective, at, id_, ticket)) in best
        ]
    weights = rules.weights
    return [
        ((urgency, rank, boost, 0, -priority, -weights.get(lane.class_, 0), effective, at, id_), ticket)
        for lane, rank, priority, (boost, (urgency, effective, at, id_, ticket)) in best
    ]


def _best(lane: Lane, now: float, rules: Rules) -> tuple[float, Entry] | None:
    """The head of a lane: who is boosted and has waited longest, else who stands first; since when, of the boosted."""
    after = rules.boosts.get(lane.queue)
    if after is not None:
        waited = lane.longest(rules.busy)
        if waited is not None and now - waited[1] >= after:
            return waited[1], (waited[0], *waited[2:])
    first = lane.first(rules.busy)
    return None if first is None else (inf, first)


def _choice(
    heads: list[Head], found: list[_Found], desk: Desk, now: float, rules: Rules, helped: Lines | None
) -> Choice:
    key, ticket = min(heads)
    credit = _credit(ticket, heads, desk)
    passed: dict[str, list[str]] = {}
    for other, one in sorted([*heads, *_overtaken(key, ticket, found, now, rules)])[1:]:
        passed.setdefault(_rule(key, other), []).append(one["number"])
    reasons = told(ticket, passed, 0.0 if key[2] == inf else now - key[2], desk.mix)
    if helped is not None:
        serves = next(one for one in desk.serves if one.queue == ticket["queue"])
        reasons = [helping(ticket, serves, helped.waiting(ticket["queue"])), *reasons]
    return Choice(ticket, next(iter(passed), "alone"), reasons, passed, credit)


def credit_after(ticket: PublicTicket, desk: Desk, lines: Lines, now: float, rules: Rules) -> dict[str, int]:
    """The counter's mix after this ticket was called, whoever chose it."""
    return _credit(ticket, _heads(_in_reach(desk, lines, now, rules, True), desk, now, rules), desk)


def _credit(ticket: PublicTicket, heads: list[Head], desk: Desk) -> dict[str, int]:
    if not desk.mix:
        return {}
    present = {group(desk.mix, standing(one), one["queue"]) for _, one in heads}
    return charged(desk.mix, desk.credit, present, group(desk.mix, standing(ticket), ticket["queue"]))


def _overtaken(key: Key, ticket: PublicTicket, found: list[_Found], now: float, rules: Rules) -> Iterable[Head]:
    """Who stood before a boosted one in its own lane."""
    if key[2] == inf:
        return
    mine = Lane.alone(ticket)
    for lane, _, _ in found:
        if (lane.queue, lane.class_, lane.reserved, lane.only) == (mine.queue, mine.class_, mine.reserved, mine.only):
            first = lane.first(rules.busy)
            if first is not None and first[3] != ticket["id"]:
                since = since_of(first[4])
                boost = since if now - since >= rules.boosts[lane.queue] else inf
                yield (first[0], key[1], boost, *key[3:6], *first[1:4]), first[4]


def _rule(key: Key, other: Key) -> str:
    """What decides between two keys: the first difference."""
    at = next((i for i, (one, two) in enumerate(zip(key, other, strict=True)) if one != two), len(RULES) - 1)
    return "staged" if at == 1 and STAGED in (key[1], other[1]) else RULES[at]
