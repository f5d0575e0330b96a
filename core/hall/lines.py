"""The lines people stand in, kept in order as they come and go, so that only the heads are ever looked at.

A queue has a lane for each class of customer and each reservation; in a lane all are alike but for urgency and place. Each
is kept in two orders: by place, and by how long they have waited.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import merge
from math import inf
from typing import Final, TypeAlias

from .events import PublicTicket

Entry: TypeAlias = tuple[float, float, float, str, PublicTicket]  # urgency downwards, place, id; ids never repeat
Waited: TypeAlias = tuple[float, float, float, float, str, PublicTicket]  # urgency downwards, since, place, id
Reserved: TypeAlias = tuple[str, str]  # for a counter, a member of staff or a pool: its name
_Lanes: TypeAlias = dict[tuple[str, ...], "Lane"]
_NONE: Final[_Lanes] = {}


def reserved_for(ticket: PublicTicket) -> Reserved | None:
    """For whom this ticket is kept: the nearest counts."""
    if ticket["reserved"] is not None:
        return ("counter", ticket["reserved"])
    if (staff := ticket.get("reserved_staff")) is not None:
        return ("staff", staff)
    if (pool := ticket.get("reserved_pool")) is not None:
        return ("pool", pool)
    return None


def standing(ticket: PublicTicket) -> str:
    """The class whose weight counts in line: a supervisor may have moved the ticket among another's."""
    return ticket.get("stands_as") or ticket["class"]


def since(ticket: PublicTicket) -> float:
    """From when on this ticket's wait counts."""
    return ticket["times"].get("waiting", ticket["place"][0])


@dataclass(slots=True)
class Lane:
    """Those of one queue, one class and one reservation."""

    queue: str
    class_: str
    reserved: Reserved | None
    only: bool
    by_place: list[Entry] = field(default_factory=list["Entry"])
    by_wait: list[Waited] = field(default_factory=list["Waited"])

    @classmethod
    def alone(cls, ticket: PublicTicket) -> "Lane":
        """A lane with this ticket in it: to see where it would stand among the others' heads."""
        lane = _lane(ticket)
        lane.enter(ticket)
        return lane

    def enter(self, ticket: PublicTicket) -> None:
        urgency, (effective, turn) = -ticket["urgency"], ticket["place"]
        insort(self.by_place, (urgency, effective, turn, ticket["id"], ticket))
        insort(self.by_wait, (urgency, since(ticket), effective, turn, ticket["id"], ticket))

    def leave(self, ticket: PublicTicket) -> None:
        urgency, (effective, turn) = -ticket["urgency"], ticket["place"]
        del self.by_place[bisect_left(self.by_place, (urgency, effective, turn, ticket["id"]))]
        del self.by_wait[bisect_left(self.by_wait, (urgency, since(ticket), effective, turn, ticket["id"]))]

    def heads(self, busy: Collection[str]) -> tuple[Entry, Waited] | None:
        """Who stands first, and who of the most urgent has waited longest; without visitors who are at a counter now."""
        first = next((one for one in self.by_place if one[4]["visitor"] not in busy), None)
        longest = next((one for one in self.by_wait if one[5]["visitor"] not in busy), None)
        return None if first is None or longest is None else (first, longest)


@dataclass
class Lines:
    """All lanes: of those who wait, by queue, and of those in the inner area, by the counter they are staged for."""

    _waiting: dict[str, _Lanes] = field(default_factory=dict[str, "_Lanes"])
    _staged: dict[str, _Lanes] = field(default_factory=dict[str, "_Lanes"])
    _since: dict[str, list[tuple[float, str]]] = field(default_factory=dict[str, "list[tuple[float, str]]"])

    def enter(self, ticket: PublicTicket) -> None:
        """Take in who waits or is staged; nobody else stands in a line."""
        area, of = self._area(ticket)
        if area is None:
            return
        lanes, key = area.setdefault(of, {}), _key(ticket)
        if key not in lanes:
            lanes[key] = _lane(ticket)
        lanes[key].enter(ticket)
        if ticket["state"] == "waiting":
            insort(self._since.setdefault(ticket["queue"], []), (since(ticket), ticket["id"]))

    def leave(self, ticket: PublicTicket) -> None:
        area, of = self._area(ticket)
        if area is None:
            return
        lanes, key = area[of], _key(ticket)
        lanes[key].leave(ticket)
        if not lanes[key].by_place:
            del lanes[key]
            if not lanes:
                del area[of]
        if ticket["state"] == "waiting":
            waits = self._since[ticket["queue"]]
            del waits[bisect_left(waits, (since(ticket), ticket["id"]))]
            if not waits:
                del self._since[ticket["queue"]]

    def _area(self, ticket: PublicTicket) -> tuple[dict[str, _Lanes] | None, str]:
        if ticket["state"] == "waiting":
            return self._waiting, ticket["queue"]
        if ticket["state"] == "staged" and ticket["counter"] is not None:
            return self._staged, ticket["counter"]
        return None, ""

    # What is asked.

    def waiting(self, queue: str) -> int:
        """How many wait in this queue; a party counts as one."""
        return len(self._since.get(queue, ()))

    def oldest(self, queue: str) -> float | None:
        """Since when the longest waiting waits."""
        waits = self._since.get(queue)
        return waits[0][0] if waits else None

    def of(self, queue: str) -> Collection[Lane]:
        """The lanes of this queue that have anybody in them."""
        return self._waiting.get(queue, _NONE).values()

    def lane(self, ticket: PublicTicket) -> Lane:
        """The lane this ticket stands in."""
        area, of = self._area(ticket)
        assert area is not None
        return area[of][_key(ticket)]

    def staged(self, counter: str) -> Collection[Lane]:
        """The lanes of the inner area before this counter."""
        return self._staged.get(counter, _NONE).values()

    def inner_areas(self) -> Collection[str]:
        """The counters with somebody in their inner area."""
        return self._staged.keys()

    def count_staged(self, counter: str) -> int:
        """How many are in the inner area before this counter."""
        return sum(len(lane.by_place) for lane in self.staged(counter))

    def everyone(self, queue: str, weights: Mapping[str, int]) -> Iterator[PublicTicket]:
        """All who wait in this queue, in order, reserved or not: by urgency, weight of the class, place."""
        return ordered(self.of(queue), weights)

    def ahead(self, ticket: PublicTicket, weights: Mapping[str, int]) -> int:
        """How many wait in the same queue with a place before this one's."""
        urgency, own = -ticket["urgency"], weights.get(standing(ticket), 0)
        place = (urgency, *ticket["place"], ticket["id"])
        count = 0
        for lane in self.of(ticket["queue"]):
            weight = weights.get(lane.class_, 0)
            if weight == own:
                count += bisect_left(lane.by_place, place)
            else:
                count += bisect_right(lane.by_place, (urgency, inf if weight > own else -inf))
        return count


def ordered(lanes: Collection[Lane], weights: Mapping[str, int]) -> Iterator[PublicTicket]:
    """Those in these lanes by urgency, weight of the class, place."""

    def keyed(lane: Lane) -> Iterator[tuple[float, int, float, float, str, PublicTicket]]:
        weight = -weights.get(lane.class_, 0)
        for urgency, effective, turn, id_, ticket in lane.by_place:
            yield urgency, weight, effective, turn, id_, ticket

    for entry in merge(*map(keyed, lanes)):
        yield entry[-1]


def _key(ticket: PublicTicket) -> tuple[str, ...]:
    return (ticket["queue"], standing(ticket), *(reserved_for(ticket) or ()), "only" if ticket["only"] else "")


def _lane(ticket: PublicTicket) -> Lane:
    return Lane(ticket["queue"], standing(ticket), reserved_for(ticket), ticket["only"])
