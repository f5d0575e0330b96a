"""Who serves: the staff of the YAML, which queues a counter serves while somebody sits there, to which pools it belongs."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from ...errors import Refused
from ..config import Counter, Queue, Serves, Staff
from ..floor import CounterRow, Floor

Given: TypeAlias = "tuple[tuple[str, int], ...]"
_NONE: Final = frozenset[str]()
REMEMBERED: Final = 4096


class Staffing:
    """The staff of one configuration."""

    def __init__(
        self, staff: Mapping[str, Staff], queues: Mapping[str, Queue], counters: Mapping[str, Counter]
    ) -> None:
        self.staff, self._queues, self._counters = staff, queues, counters
        # Whether who sits at a counter has a say in what it serves.
        self.decides = any(q.skills for q in queues.values()) or any(one.serves for one in staff.values())
        self._named: dict[str, str] = {}
        self._serves: dict[tuple[str, str, Given], Sequence[Serves]] = {}  # by counter and who sits there
        for id_, one in staff.items():
            for name in (id_, one.number, one.user):
                if name is not None:
                    self._named.setdefault(name.casefold(), id_)

    def find(self, *names: str | None) -> str | None:
        """The id of who goes by one of these: an id, a badge's number, a user account."""
        return next((self._named[n.casefold()] for n in names if n is not None and n.casefold() in self._named), None)

    def known(self, named: str) -> str:
        """The id of a member of staff; raises Refused("unknown_staff") with who may be meant."""
        found = self.find(named)
        if found is None:
            close = difflib.get_close_matches(named.casefold(), sorted(self._named), n=1)
            raise Refused("unknown_staff", {
                "en": "There is no {name} in staff." + (" Did you mean {close}?" if close else ""),
                "zh-CN": "员工名单中没有 {name}。" + ("您是指 {close} 吗？" if close else "")},
                name=named, close="".join(close))  # fmt: skip
        return found

    def serves(self, floor: Floor, counter: str) -> Sequence[Serves]:
        """The queues this counter serves now: its own and those of who sits there, without those they cannot do."""
        row = floor.counters.get(counter)
        set_ = given(row)
        if row is None or (row["staff"] is None and not set_):
            return self._counters[counter].serves
        key = (counter, row["staff"] or "", set_)
        if key not in self._serves:
            if len(self._serves) >= REMEMBERED:
                self._serves.clear()
            mine = [Serves(queue=queue, priority=priority) for queue, priority in set_] or self._counters[
                counter
            ].serves
            self._serves[key] = self._served(mine, self.staff.get(row["staff"] or ""))
        return self._serves[key]

    def _served(self, mine: Sequence[Serves], who: Staff | None) -> Sequence[Serves]:
        own, skills = {s.queue for s in mine}, frozenset(who.skills if who else ())
        every = [*mine, *(s for s in (who.serves if who else ()) if s.queue not in own)]
        return [s for s in every if s.queue in self._queues and skills.issuperset(self._queues[s.queue].skills)]

    def pools(self, floor: Floor, counter: str) -> frozenset[str]:
        """The pools this counter belongs to now: its own, and those of who sits there."""
        row, config = floor.counters.get(counter), self._counters.get(counter)
        who = None if row is None or row["staff"] is None else self.staff.get(row["staff"])
        if who is None or not who.pools:
            return frozenset(config.pools) if config and config.pools else _NONE
        return frozenset((*(config.pools if config else ()), *who.pools))

    def all_pools(self) -> dict[str, list[str]]:
        """Every pool, and who or which counter belongs to it."""
        found: dict[str, list[str]] = {}
        for name, counter in self._counters.items():
            for pool in counter.pools:
                found.setdefault(pool, []).append(f"counter.{name}")
        for name, one in self.staff.items():
            for pool in one.pools:
                found.setdefault(pool, []).append(f"staff.{name}")
        return found


def given(row: CounterRow | None) -> Given:
    """The queues a manager gave this counter instead of the YAML's: (queue, priority)."""
    if row is None or "serves" not in row:
        return ()
    return tuple((one["queue"], one["priority"]) for one in row["serves"])
