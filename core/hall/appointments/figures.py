"""The entities `appointment.<type>`: how many places are still free today, and how the day's appointments stand."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ...clock import local
from ...events import Context, Event
from ...integration import Kit
from ..events import APPOINTMENT_EVENTS, DAY_BEGAN
from ..hall import Hall
from .availability import Availability, conflicts
from .trigger import came_from


class BookFigures:
    """Writes them, after each change and as slots pass."""

    REFRESH = 60.0

    def __init__(self, hall: Hall, room: Availability, kit: Kit) -> None:
        self._hall, self._room, self._states = hall, room, kit.states
        self._shown: set[str] = set()
        self._conflicts: Counter[str] = Counter()
        kit.every(self.REFRESH, self._pass)
        kit.listen(self._hear, *APPOINTMENT_EVENTS, DAY_BEGAN)
        kit.on_close(self._leave)
        self.take()

    def take(self) -> None:
        """The types are those of the configuration now."""
        types = self._hall.config.appointment
        now = {f"appointment.{name}" for name in types}
        for entity_id in self._shown - now:
            self._states.remove(entity_id)
        self._shown = now
        self._count_conflicts()
        self._pass()

    def _pass(self) -> None:
        """Time has passed: slots are over."""
        for name in self._hall.config.appointment:
            self._show(name, None)

    def _count_conflicts(self) -> None:
        """They come with another configuration alone, and go as they are moved."""
        types, book = self._hall.config.appointment, self._hall.journal.durable.book
        found = conflicts(self._room, book, types, self._hall.journal.today) if types else []
        self._conflicts = Counter(row["type"] for row in found)

    def _hear(self, event: Event) -> None:
        row = event.data.get("appointment")
        names = self._hall.config.appointment
        if self._conflicts.total():
            self._count_conflicts()
        for name in [row["type"]] if row is not None else list(names):
            if name in names:
                self._show(name, event.context)
        before = came_from(event).get("type")
        if row is not None and before not in (None, row["type"]) and before in names:
            self._show(before, event.context)

    def _show(self, name: str, context: Context | None) -> None:
        hall, room = self._hall, self._room
        type_, floor, now = hall.config.appointment[name], hall.journal.durable, hall.clock.now()
        today = local(hall.clock).date()
        who: Sequence[str | None] = type_.staff or (None,)
        free = sum(
            sum(room.free(floor, name, slot, one) for one in who)
            for slot in room.slots(name, today) if slot.start >= now + type_.notice
        )  # fmt: skip
        states = Counter(row["state"] for row in floor.book.of_day(hall.journal.today) if row["type"] == name)
        attributes: dict[str, Any] = {
            "name": type_.name, "queue": type_.queue, "booked": states["booked"], "arrived": states["arrived"],
            "missed": states["missed"], "cancelled": states["cancelled"],
            "next_free": room.next_free(floor, name, now, now), "conflicts": self._conflicts[name],
        }  # fmt: skip
        self._states.set(f"appointment.{name}", free, attributes, context)

    def _leave(self) -> None:
        for entity_id in self._shown:
            self._states.remove(entity_id)
