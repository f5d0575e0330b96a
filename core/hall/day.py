"""The end of a business day: who still waits expires, what was done is let go from memory; the journal keeps it all."""

import logging

from ..actions import Call
from ..errors import ActionError
from ..integration import Kit
from ..tables import Batch
from .events import DAY_BEGAN, LIVE, TICKET_EXPIRED, PublicTicket
from .figures import Figures
from .hall import Hall
from .journal import REQUEST, Answer, Decision
from .tickets import AT_COUNTER, changed

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
        """Turn the day if it is another one."""
        if self._hall.journal.today != self._day and not self._turning:
            self._turning = True
            self._kit.task(self._turn(self._hall.journal.today), "day")

    async def _turn(self, today: str) -> None:
        try:
            while await self._some(today):
                pass
            batch = Batch()
            for key in self._hall.journal.forget_requests(today):
                batch.drop(REQUEST, *key)
            if batch.drops:
                await self._kit.store.save(batch)
            self._day = today
            self._figures.all()
        except ActionError as error:
            log.warning("The new day could not begin yet: %s", error)
        finally:
            self._turning = False

    async def _some(self, today: str) -> bool:
        """One chunk of the work; answers whether there may be more."""
        floor = self._hall.journal.decided
        old = [t for t in floor.tickets.values() if t["day"] < today and t["state"] not in AT_COUNTER][:CHUNK]
        if not old:
            return False

        def rule(d: Decision) -> Answer:
            for ticket in old:
                self._let_go(d, ticket)
            d.event(DAY_BEGAN, {"day": today, "let_go": len(old)})
            return {}

        await self._hall.journal.decide(Call(self._kit.caller), "end of day", None, rule)
        return True

    def _let_go(self, d: Decision, ticket: PublicTicket) -> None:
        if ticket["state"] in LIVE:
            self._hall.tell(d, TICKET_EXPIRED, ticket, changed(ticket, d.now, "expired"))
        d.put("ticket", ticket["id"], None)
        if ticket["id"] in d.floor.people:
            d.put("person", ticket["id"], None)
