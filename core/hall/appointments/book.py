"""The appointment book: all appointments by id, code and day, and how many people each slot has taken.

Part of the floor. Who made an appointment (name, phone, card) and its code are rows of kind "person" under the same id,
so that no event and no journal row holds them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..events import Appointment

TAKES: Final = ("held", "booked", "arrived")  # the states that take a place


@dataclass
class Book:
    """Kept true by `put` and `know`; nothing here is decided."""

    rows: dict[str, Appointment] = field(default_factory=dict[str, Appointment])
    held: dict[str, None] = field(default_factory=dict[str, None])  # those not confirmed yet
    _found: dict[tuple[str, str], dict[str, None]] = field(  # (code, phone, card, visitor or case; which) -> ids
        default_factory=dict[tuple[str, str], "dict[str, None]"]
    )
    _days: dict[str, dict[str, None]] = field(default_factory=dict[str, "dict[str, None]"])
    _taken: dict[tuple[str, str], dict[tuple[float, float], int]] = field(  # (whose, day) -> slot -> people
        default_factory=dict[tuple[str, str], "dict[tuple[float, float], int]"]
    )

    def put(self, key: str, row: Appointment | None) -> Appointment | None:
        """Make this true, None for no more; answers what was true before."""
        old = self.rows.get(key)
        for one, index in ((old, self._unindex), (row, self._index)):
            if one is not None:
                index("visitor", one["visitor"], key)
                index("case", one["case"], key)
        if row is not None and row["state"] == "held":
            self.held[key] = None
        else:
            self.held.pop(key, None)
        if old is not None:
            self._count(old, -old["party"])
            if row is None or row["day"] != old["day"]:
                del self._days[old["day"]][key]
                if not self._days[old["day"]]:
                    del self._days[old["day"]]
        if row is None:
            self.rows.pop(key, None)
            return old
        self.rows[key] = row
        self._days.setdefault(row["day"], {})[key] = None
        self._count(row, row["party"])
        return old

    def know(self, key: str, old: Any, new: Any) -> None:
        """A row of kind "person" has changed; those of appointments have a code."""
        for person, index in ((old, self._unindex), (new, self._index)):
            if person and person.get("code"):
                for what in ("code", "phone", "card"):
                    index(what, person.get(what), key)

    def of(self, what: str, value: str) -> list[Appointment]:
        """The appointments of a code, phone, card, visitor or case, as they were made."""
        return [self.rows[key] for key in self._found.get((what, value), ()) if key in self.rows]

    def by_code(self, code: str) -> Appointment | None:
        return next(iter(self.of("code", code)), None)

    def has_code(self, code: str) -> bool:
        return ("code", code) in self._found

    def days(self) -> list[str]:
        """The days that anything is booked on, in order."""
        return sorted(self._days)

    def of_day(self, day: str) -> Iterator[Appointment]:
        """The appointments of a business day, as they were booked."""
        return (self.rows[key] for key in self._days.get(day, ()))

    def taken(self, whose: str, day: str, start: float, end: float) -> int:
        """How many people have booked a time that overlaps this one. `whose`: a type's or a member of staff's places."""
        found = self._taken.get((whose, day))
        if found is None:
            return 0
        return sum(people for (a, b), people in found.items() if a < end and b > start)

    def people(self, whose: str, day: str) -> Mapping[tuple[float, float], int]:
        """How many people are booked on a business day, by (begin, end) as they were booked."""
        return self._taken.get((whose, day), {})

    def _index(self, what: str, value: str | None, key: str) -> None:
        if value:
            self._found.setdefault((what, value), {})[key] = None

    def _unindex(self, what: str, value: str | None, key: str) -> None:
        if value and (found := self._found.get((what, value))) is not None:
            found.pop(key, None)
            if not found:
                del self._found[what, value]

    def _count(self, row: Appointment, people: int) -> None:
        if row["state"] not in TAKES:
            return
        of, slot = (whose(row["type"], row["staff"]), row["day"]), (row["at"], row["until"])
        counts = self._taken.setdefault(of, {})
        counts[slot] = counts.get(slot, 0) + people
        if not counts[slot]:
            del counts[slot]
        if not counts:
            del self._taken[of]


def whose(type_: str, staff: str | None) -> str:
    """Whose places an appointment takes: those of a member of staff, over all types, or those of its type."""
    return f"staff:{staff}" if staff is not None else f"type:{type_}"
