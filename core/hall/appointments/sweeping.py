"""What time does to appointments: reminders, their hour comes, who is early may be called, nobody came, long over.

The book is looked through every 15 s, also for what fell due while usher was not running; each thing is told once.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any, Final, TypeAlias, cast

from ...actions import Call
from ...errors import ActionError
from ...integration import Kit
from ..events import (
    APPOINTMENT_CANCELLED,
    APPOINTMENT_DUE,
    APPOINTMENT_MISSED,
    APPOINTMENT_REMINDER,
    DAY_BEGAN,
    Appointment,
)
from ..hall import Hall
from ..journal import Answer, Decision
from ..journeys.moves import ready
from .booking import HOLD, Booking

log = logging.getLogger(__name__)
LOOK_EVERY: Final = 15.0  # seconds
CHUNK: Final = 200  # changes in one decision: the loop is never held long
KEEP: Final = 7  # days that an appointment is kept after its day, with the name and phone; the journal keeps the rest

Change: TypeAlias = Callable[[Decision], None]


class Sweeping:
    """Looks through the book."""

    def __init__(self, hall: Hall, booking: Booking, kit: Kit) -> None:
        self._hall, self._booking, self._kit = hall, booking, kit
        self._under_way = False
        kit.every(LOOK_EVERY, self.look)
        self.look()

    def look(self) -> None:
        """Do what is due, unless that is being done."""
        if not self._under_way and self._hall.journal.decided.book.rows:
            self._under_way = True
            self._kit.task(self._sweep(), "appointments")

    async def _sweep(self) -> None:
        try:
            while await self._some():
                pass
        except ActionError as error:
            log.warning("The appointments could not be looked through yet: %s", error)
        finally:
            self._under_way = False

    async def _some(self) -> bool:
        """One chunk of the work; answers whether there may be more."""
        now, today = self._hall.clock.now(), self._hall.journal.today
        due = self._due(now, today)
        some = [change for change, _ in zip(due, range(CHUNK), strict=False)]
        if not some:
            return False

        def rule(d: Decision) -> Answer:
            for change in some:
                change(d)
            return {}

        await self._hall.journal.decide(Call(self._kit.caller), "appointments", None, rule)
        return True

    def _due(self, now: float, today: str) -> Iterator[Change]:
        book = self._hall.journal.decided.book
        last = (date.fromisoformat(today) + timedelta(days=1 + int(self._longest() // 86400))).isoformat()
        gone = (date.fromisoformat(today) - timedelta(days=KEEP)).isoformat()
        for id_ in list(book.held):
            change = self._held(book.rows[id_], now)
            if change is not None:
                yield change
        for day in book.days():
            if day > last:
                break
            for row in list(book.of_day(day)):
                change = self._let_go(row) if day < gone else self._change(row, now, today)
                if change is not None:
                    yield change

    def _longest(self) -> float:
        return max((r for type_ in self._hall.config.appointment.values() for r in type_.reminders), default=0.0)

    def _change(self, row: Appointment, now: float, today: str) -> Change | None:
        if row["state"] == "arrived":
            return self._ready(row, now)
        return self._booked(row, now, today) if row["state"] == "booked" else None

    def _held(self, row: Appointment, now: float) -> Change | None:
        if now < row["times"]["booked"] + HOLD:
            return None
        return lambda d: self._end(d, APPOINTMENT_CANCELLED, row, "cancelled", reason="not confirmed")

    def _booked(self, row: Appointment, now: float, today: str) -> Change | None:
        type_ = self._hall.config.appointment.get(row["type"])
        missed_after = None if type_ is None else type_.missed_after
        if row["day"] < today or (missed_after is not None and now > row["at"] + missed_after):
            return lambda d: self._end(d, APPOINTMENT_MISSED, row, "missed")
        if now >= row["at"]:
            if "due" in row["times"]:
                return None
            return lambda d: self._tell(d, APPOINTMENT_DUE, row, times={**row["times"], "due": d.now})
        over = [r for r in (type_.reminders if type_ else ()) if r not in row["reminded"] and row["at"] - r <= now]
        if not over:
            return None
        # Of several that fell due while usher was down only the nearest is told.
        return lambda d: self._tell(
            d, APPOINTMENT_REMINDER, row, {"before": min(over)}, reminded=[*row["reminded"], *over]
        )

    def _ready(self, row: Appointment, now: float) -> Change | None:
        """Who came early and was not to be called yet may be called now."""
        type_, ticket = self._hall.config.appointment.get(row["type"]), self._ticket(row)
        if ticket is None or ticket["state"] != "pending" or ticket["leg"] != 1:
            return None
        before = type_.ready_before if type_ is not None else None
        if before is not None and now < row["at"] - before:
            return None

        def change(d: Decision) -> None:
            ticket = d.floor.tickets.get(row["ticket"] or "")
            if ticket is not None and ticket["state"] == "pending" and ticket["leg"] == 1:
                ready(self._hall, d, ticket)

        return change if "early" in row["times"] else None

    def _ticket(self, row: Appointment) -> Any:
        return self._hall.journal.decided.tickets.get(row["ticket"] or "")

    def _end(self, d: Decision, event: str, row: Appointment, state: str, **more: Any) -> None:
        if d.floor.book.rows.get(row["id"]) is row:  # nobody was quicker
            self._booking.end(d, event, row, state, **more)

    def _tell(
        self, d: Decision, event: str, row: Appointment, said: dict[str, Any] | None = None, **fields: Any
    ) -> None:
        if d.floor.book.rows.get(row["id"]) is row:
            self._booking.tell(d, event, row, cast("Appointment", {**row, **fields}), **(said or {}))

    def _let_go(self, row: Appointment) -> Change:
        def change(d: Decision) -> None:
            d.put("appointment", row["id"], None)
            d.put("person", row["id"], None)
            if not d.events:
                d.event(DAY_BEGAN, {"day": d.day, "let_go": 0})

        return change
