"""Places in line: at the end, in front, behind the n-th, kept from the time of issue, beside somebody.

A place is [effective time, turn]. It orders among equals only: whoever is more urgent, or of a heavier class, goes
before by that.
"""

from collections.abc import Iterable
from itertools import islice
from typing import TypeAlias

from ...errors import Refused
from ..config.legs import Where
from ..events import PublicTicket
from ..floor import Floor
from ..journal import Decision

Place: TypeAlias = list[float]


def place(d: Decision, ticket: PublicTicket, queue: str, where: Where) -> Place:
    """Where the ticket stands in this queue."""
    if where == "keep":
        return kept(d, ticket)
    return behind(d, ticket, queue, 0) if where == "front" else d.last_place


def kept(d: Decision, ticket: PublicTicket) -> Place:
    """By the time of issue, whatever places it was given since."""
    return [ticket["times"].get("issued", d.now), ticket["place"][1]]


def behind(d: Decision, ticket: PublicTicket, queue: str, n: int) -> Place:
    """Just behind the n-th waiting in this queue, or at the end if there are fewer; among its like."""
    line = list(islice((t for t in d.floor.everyone(queue) if t["id"] != ticket["id"]), n))
    alike = {t["id"]: t for t in _alike(d.floor, queue, ticket)}
    before = [t for t in line if t["id"] in alike]
    after = next((t for t in alike.values() if t not in before), None)
    if len(line) < n or after is None:
        return d.last_place
    return between(before[-1]["place"] if before else None, after["place"])


def just_behind(d: Decision, ticket: PublicTicket) -> Place:
    """Directly behind this ticket's own place, before all its like who stand behind it."""
    own = ticket["place"]
    alike = _alike(d.floor, ticket["queue"], ticket)
    return between(own, next((t["place"] for t in alike if t["place"] > own), None))


def between(before: Place | None, after: Place | None) -> Place:
    """A place between two neighbours, of which one may be missing. Raises Refused if no number fits between them."""
    if before is None:
        assert after is not None
        return [after[0], after[1] - 0.5]
    if after is None or after[0] != before[0]:
        return [before[0], before[1] + 0.5]
    turn = (before[1] + after[1]) / 2
    if not before[1] < turn < after[1]:  # thirty in a row between the same two
        raise Refused("no_place", {
            "en": "There is no place left between these two. Choose another.",
            "zh-CN": "这两位之间已无法再插入，请选择其他位置。"})  # fmt: skip
    return [before[0], turn]


def rank(floor: Floor, ticket: PublicTicket) -> tuple[int, int]:
    """What goes before any place in line: urgency, weight of the class."""
    return (ticket["urgency"], floor.weight(ticket))


def _alike(floor: Floor, queue: str, like: PublicTicket) -> Iterable[PublicTicket]:
    """Who else waits there with the same urgency and weight, in order."""
    same = rank(floor, like)
    return (t for t in floor.everyone(queue) if rank(floor, t) == same and t["id"] != like["id"])
