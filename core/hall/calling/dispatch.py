"""Who is called next. Pure: the same lines, moment and rules give the same choice, and its reasons.

Lines are kept in order, so only the heads of their lanes are compared. Passed over, keeping their place: who is reserved for
another counter, and whose visitor is at a counter with another ticket. A counter with nobody left in its lines takes who
would only wait before another's door.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import Final, TypeAlias

from ...frozen import frozen
from ..config import Serves
from ..events import PublicTicket
from ..lines import Lane, Lines, Reserved, ordered, since, standing
from .mixing import charged, group, turns
from .reasons import Reason, from_elsewhere, helping, told

# Urgency downwards; rank; since when, of the boosted; turn in the mix; priority and weight downwards; place; id. Least is next.
Key: TypeAlias = tuple[float, int, float, int, int, int, float, float, str]
Head: TypeAlias = tuple[Key, PublicTicket]
STAGED, RESERVED, OPEN = range(3)
RULES: Final = ("urgency", "reserved", "boost", "mix", "priority", "class", "place", "place", "place")
"""What the parts of a key are called; of the reserved, who waits in the inner area is `staged`."""
OUT_OF_REACH: Final = ("busy", "elsewhere", "not_served", "helping", "enough")
"""What `rule_between` says of who would not be called there, however long the line."""


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
    """What holds for all counters. `holds` says whether a lane's reservation keeps others away; `busy` are visitors.

    `engaged` says whether a counter can call nobody just now; without it nobody is taken out of another's inner area.
    """

    weights: Mapping[str, int]
    boosts: Mapping[str, float]
    holds: Callable[[Lane], bool]
    busy: Collection[str]
    engaged: Callable[[str], bool] | None = None


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
    """The best of the heads of this counter's lines: of its own queues, or if nobody is there, of those it helps out.

    If nobody is there either, who of these queues would only wait before another counter's door.
    """
    for own in (True, False):
        heads = _heads(_in_reach(desk, lines, now, rules, own), desk, now, rules)
        if heads:
            return _choice(heads, desk, lines, now, rules, own)
    for own in (True, False):
        heads = _heads(_elsewhere(desk, lines, now, rules, own), desk, now, rules)
        if heads:
            found = _choice(heads, desk, lines, now, rules, True)
            return replace(found, reasons=[from_elsewhere(found.ticket), *found.reasons])
    return None


def rule_between(ticket: PublicTicket, desk: Desk, lines: Lines, now: float, rules: Rules) -> str:
    """What decides between this ticket and the one this counter would call: one of RULES, `staged`, or what hinders it.

    `chosen`: it would be called. `not_served`, `elsewhere` (reserved or staged for others), `busy`, `helping` (the counter's
    own queues come first), `enough` (it helps that queue out only when more wait).
    """
    if ticket["visitor"] in rules.busy:
        return "busy"
    alone, staged = Lane.alone(ticket), ticket["state"] == "staged"
    rank = STAGED if staged else _rank(alone, desk, rules)
    if staged and ticket["counter"] != desk.name:
        choice = next_ticket(desk, lines, now, rules)
        return "chosen" if choice is not None and choice.ticket["id"] == ticket["id"] else "elsewhere"
    if rank is None:
        return "elsewhere"
    serves = next((one for one in desk.serves if one.queue == ticket["queue"]), None)
    if serves is None and not staged:
        return "not_served"
    found = _in_reach(desk, lines, now, rules, True)
    if serves is not None and not serves.own and rank == OPEN:
        if not _helps(serves, lines, now):
            return "enough"
        if _heads(found, desk, now, rules):
            return "helping"
        found = _in_reach(desk, lines, now, rules, False)
    heads = _heads([*found, (alone, rank, serves.priority if serves else 0)], desk, now, rules)
    best, first = min(heads)
    return (
        "chosen" if first["id"] == ticket["id"] else _rule(best, next(k for k, t in heads if t["id"] == ticket["id"]))
    )


def credit_after(ticket: PublicTicket, desk: Desk, lines: Lines, now: float, rules: Rules) -> dict[str, int]:
    """The counter's mix after this ticket was called, whoever chose it."""
    return _credit(ticket, _heads(_in_reach(desk, lines, now, rules, True), desk, now, rules) if desk.mix else [], desk)


def _in_reach(desk: Desk, lines: Lines, now: float, rules: Rules, own: bool) -> list[tuple[Lane, int, int]]:
    """The lanes this counter may call from, with rank and priority: what is kept for it and its own queues, or those it helps."""
    found: list[tuple[Lane, int, int]] = []
    if own and (staged := lines.staged(desk.name)):
        priorities = {one.queue: one.priority for one in desk.serves}
        found += [(lane, STAGED, priorities.get(lane.queue, 0)) for lane in staged]
    for one in desk.serves:
        mine = one.own
        if not own and (mine or not _helps(one, lines, now)):
            continue
        priority = one.priority
        for lane in lines.of(one.queue):
            rank = OPEN if lane.reserved is None else _rank(lane, desk, rules)
            if rank is not None and (mine or rank == RESERVED or not own):
                found.append((lane, rank, priority))
    return found


def _elsewhere(desk: Desk, lines: Lines, now: float, rules: Rules, own: bool) -> Iterable[tuple[Lane, int, int]]:
    """Who sits before another counter's door, and not as the next of one that is idle. Whom staff sent there stays there."""
    if rules.engaged is None:
        return
    served = {one.queue: one.priority for one in desk.serves if one.own is own and (own or _helps(one, lines, now))}
    for name in lines.inner_areas():
        lanes = lines.staged(name)
        if name == desk.name or not any(lane.queue in served for lane in lanes):
            continue
        there = ordered(lanes, rules.weights)
        if not rules.engaged(name):
            next(there, None)
        for ticket in there:
            if ticket["queue"] in served and not ticket.get("staged_by_hand"):
                alone = Lane.alone(ticket)
                if (rank := _rank(alone, desk, rules)) is not None:
                    yield alone, rank, served[ticket["queue"]]


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


def _heads(found: Iterable[tuple[Lane, int, int]], desk: Desk, now: float, rules: Rules) -> list[Head]:
    """The best of each lane, with its key: who is boosted and has waited longest, else who stands first."""
    heads: list[Head] = []
    groups: list[str] = []
    boosts, weights, busy, mix = rules.boosts, rules.weights, rules.busy, desk.mix
    for lane, rank, priority in found:
        first, longest = lane.by_place[0], lane.by_wait[0]
        if busy and (first[4]["visitor"] in busy or longest[5]["visitor"] in busy):
            others = lane.heads(busy)
            if others is None:
                continue
            first, longest = others
        boost, after = inf, boosts.get(lane.queue)
        if after is not None and now - longest[1] >= after:
            urgency, boost, effective, at, id_, ticket = longest
        else:
            urgency, effective, at, id_, ticket = first
        if mix:
            priority = weight = 0
            groups.append(group(mix, lane.class_, lane.queue))
        else:
            weight = weights.get(lane.class_, 0)
        heads.append(((urgency, rank, boost, 0, -priority, -weight, effective, at, id_), ticket))
    return _in_turn(heads, groups, desk) if mix else heads


def _in_turn(heads: list[Head], groups: list[str], desk: Desk) -> list[Head]:
    """The heads with the turns of their groups in their keys."""
    turn = turns(desk.mix, desk.credit, set(groups))
    return [((*key[:3], turn[one], *key[4:]), ticket) for (key, ticket), one in zip(heads, groups, strict=True)]


def _choice(heads: list[Head], desk: Desk, lines: Lines, now: float, rules: Rules, own: bool) -> Choice:
    key, ticket = min(heads)
    passed: dict[str, list[str]] = {}
    others = [*_nearest(heads, ticket), *_overtaken(key, ticket, lines, now, rules)]
    for other, one in sorted(others):
        passed.setdefault(_rule(key, other), []).append(one["number"])
    reasons = told(ticket, passed, 0.0 if key[2] == inf else now - key[2], desk.mix)
    if not own:
        serves = next(one for one in desk.serves if one.queue == ticket["queue"])
        reasons = [helping(ticket, serves, lines.waiting(ticket["queue"])), *reasons]
    return Choice(ticket, next(iter(passed), "alone"), reasons, passed, _credit(ticket, heads, desk))


def _nearest(heads: list[Head], ticket: PublicTicket) -> Iterable[Head]:
    """The others: of another queue its best, of the ticket's own each lane's."""
    best: dict[str, Head] = {}
    for head in heads:
        _, one = head
        if one is ticket:
            continue
        name = one["queue"]
        if name == ticket["queue"]:
            yield head
        elif name not in best or head[0] < best[name][0]:
            best[name] = head
    yield from best.values()


def _overtaken(key: Key, ticket: PublicTicket, lines: Lines, now: float, rules: Rules) -> Iterable[Head]:
    """Who stood before a boosted one in its own lane."""
    if key[2] == inf:
        return
    lane = lines.lane(ticket)
    others = lane.heads(rules.busy)
    if others is not None and (first := others[0])[3] != ticket["id"]:
        began = since(first[4])
        boost = began if now - began >= rules.boosts[lane.queue] else inf
        yield (first[0], key[1], boost, *key[3:6], *first[1:4]), first[4]


def _credit(ticket: PublicTicket, heads: list[Head], desk: Desk) -> dict[str, int]:
    if not desk.mix:
        return {}
    present = {group(desk.mix, standing(one), one["queue"]) for _, one in heads}
    return charged(desk.mix, desk.credit, present, group(desk.mix, standing(ticket), ticket["queue"]))


def _rule(key: Key, other: Key) -> str:
    """What decides between two keys: the first difference."""
    at = 0
    while at < len(RULES) - 1 and key[at] == other[at]:
        at += 1
    return "staged" if at == 1 and STAGED in (key[1], other[1]) else RULES[at]
