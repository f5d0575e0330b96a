"""The entities `staff.<id>`: where each member of staff sits, what they do, how many they served today."""

from typing import Final

from ...events import Context
from ...states import States
from ..floor import CounterRow
from ..hall import Hall

AWAY: Final = "away"
VALUES: Final = frozenset({AWAY, "idle", "calling", "serving", "paused"})


class StaffStates:
    """Follows the counters."""

    def __init__(self, hall: Hall, states: States) -> None:
        self._hall, self._states = hall, states
        self._at: dict[str, str] = {}  # counter -> who sits there
        self._shown: set[str] = set()

    def take(self) -> None:
        """The staff are those of the configuration now."""
        now = set(self._hall.staff.staff)
        for who in self._shown - now:
            self._states.remove(f"staff.{who}")
        self._shown = now
        self._at = {counter: who for counter, who in self._at.items() if who in now and counter in self._hall.counters}
        for who in sorted(now - set(self._at.values())):
            self._set(who, None, None, AWAY, None)

    def follow(self, counter: str, row: CounterRow | None, state: str, context: Context | None) -> None:
        """This counter is so now."""
        who = row["staff"] if row is not None and row["staff"] in self._hall.staff.staff else None
        before = self._at.pop(counter, None)
        if before is not None and before != who and before not in self._at.values():
            self._set(before, None, None, AWAY, context)
        if who is not None:
            self._at[counter] = who
            self._set(who, counter, row, state, context)

    def _set(
        self, who: str, counter: str | None, row: CounterRow | None, value: str, context: Context | None
    ) -> None:  # fmt: skip
        config, day = self._hall.staff.staff[who], self._hall.journal.durable.staff.get(who)
        self._states.set(f"staff.{who}", value, {
            "name": config.name, "number": config.number, "counter": counter, "since": row["since"] if row else None,
            "served_today": day["served"] if day is not None and day["day"] == self._hall.journal.today else 0,
            "skills": config.skills, "pools": config.pools,
        }, context)  # fmt: skip

    def leave(self) -> None:
        """The hall closes."""
        for who in self._shown:
            self._states.remove(f"staff.{who}")
