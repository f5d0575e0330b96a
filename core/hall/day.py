"""The end of a business day: who still waits expires or is carried over, counters close, what was done is let go from
memory; the journal keeps it all.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import cast

from ..actions import Call
from ..errors import ActionError
from ..integration import Kit
from .counters.leaving import close, let_go
from .ended import forget
from .events import COUNTER_CLOSING, DAY_BEGAN, LIVE, TICKET_UPDATED, PublicTicket
from .figures import Figures
from .floor import CounterRow
from .hall import Hall
from .journal import Answer, Decision
from .numbering import over
from .tickets import AT_COUNTER

log = logging.getLogger(__name__)
CHUNK = 200  # tickets in one decision: the loop is never held long
LOOK_EVERY = 20.0  # seconds; the wall clock may be set, so it is looked at rather than waited for


class Days:
    """Watches for a new business day, also one that began while usher was not running."""

    def __init__(self, hall: Hall, figures: Figures, kit: Kit) -> None:
        self._hall, self._figures, self._kit = hall, figures, kit
        self._day: str | None = None
        self._turning = False
        kit.every(LOOK_EVERY, self.look)
        self.look()

    def look(self) -> None:
        """Turn the day if it is another one; close the counters that served on into the new day, once they are done."""
        today = self._hall.journal.today
        if self._turning:
            return
        if self._day != today:
            self._turning = True
            self._kit.task(self._turn(today), "day")
        elif any(_done(row) for row in self._hall.journal.decided.counters.values()):
            self._turning = True
            self._kit.task(self._guarded(self._close), "day")

    async def _turn(self, today: str) -> None:
        async def turn() -> None:
            while await self._some(today):
                pass
            await self._close()
            await forget(self._kit.store, today)
            if self._day is not None:
                self._hall.journal.new_day()
            self._day = today
            self._figures.all()

        await self._guarded(turn)

    async def _guarded(self, work: "Callable[[], Awaitable[None]]") -> None:
        try:
            await work()
        except ActionError as error:
            log.warning("The day could not be ended yet: %s", error)
        finally:
            self._turning = False

    # Tickets.

    async def _some(self, today: str) -> bool:
        """One chunk of the work; answers whether there may be more."""
        floor = self._hall.journal.decided
        old = [t for t in floor.tickets.values() if self._is_due(t, today)][:CHUNK]
        if not old:
            return False
        await self._decide(lambda d: self._end(d, old))
        return True

    def _is_due(self, ticket: PublicTicket, today: str) -> bool:
        return ticket["state"] not in AT_COUNTER and over(ticket.get("carried", ticket["day"]), today)

    def _end(self, d: Decision, old: Sequence[PublicTicket]) -> None:
        carried = [ticket for ticket in old if self._carries(ticket, d.day)]
        for ticket in old:
            if ticket in carried:
                self._carry(d, ticket)
            else:
                let_go(self._hall, d, ticket)
        d.event(DAY_BEGAN, {"day": d.day, "let_go": len(old) - len(carried), "carried": len(carried)})

    def _carries(self, ticket: PublicTicket, today: str) -> bool:
        """Whether its queue keeps it for another day."""
        queue = self._hall.queues.get(ticket["queue"])
        if queue is None or ticket["state"] not in LIVE:
            return False
        days = (date.fromisoformat(today) - date.fromisoformat(ticket["day"])).days
        return 0 <= days <= queue.at_day_end.carry

    def _carry(self, d: Decision, ticket: PublicTicket) -> None:
        """It keeps number and place, and so goes before all who come today; its wait counts from now."""
        times = dict(ticket["times"])
        if ticket["state"] in ("waiting", "staged"):
            times["waiting"] = d.now
        new = cast("PublicTicket", {**ticket, "times": times, "carried": d.day})
        self._hall.tell(d, TICKET_UPDATED, ticket, new, changed=["carried"])

    # Counters.

    async def _close(self) -> None:
        """Close the counters at which nothing happened today; one that serves closes when it is done."""
        rows = self._hall.journal.decided.counters
        if any(_done(row) or self._is_over(name, row, self._hall.journal.today) for name, row in rows.items()):
            await self._decide(self._close_all)

    def _close_all(self, d: Decision) -> None:
        for name, row in list(d.floor.counters.items()):
            if not self._is_over(name, row, d.day) and not _done(row):
                continue
            if row["ticket"] is None:
                close(self._hall, d, name, "day_end")
            else:
                d.put("counter", name, {**self._hall.counter_row(d, name), "closing": row["staff"]})
                d.event(COUNTER_CLOSING, {"counter": name, "staff": row["staff"], "reason": "day_end"})

    def _is_over(self, name: str, row: CounterRow, today: str) -> bool:
        """Whether somebody still sits there from a day that is over."""
        config = self._hall.counters.get(name)
        return (
            row["staff"] is not None and config is not None and config.at_day_end == "close" and over(row["day"], today)
        )

    async def _decide(self, rule: "Callable[[Decision], None]") -> None:
        def decided(d: Decision) -> Answer:
            rule(d)
            return {}

        await self._hall.journal.decide(Call(self._kit.caller), "end of day", None, decided)


def _done(row: CounterRow) -> bool:
    """Whether this counter was to close when done, and is: the same staff, and nobody there."""
    return row["staff"] is not None and row.get("closing") == row["staff"] and row["ticket"] is None
