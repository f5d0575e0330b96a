"""After a restart the called stay called; who was called just before is told again, so that no call goes unheard.

Whoever speaks knows what was spoken already (the data says `replayed`), and a call older than `FRESH` is let be.
"""

from typing import Any, Final

from ..events import Event
from ..integration import Kit
from .events import LIVE, TICKET_CALLED
from .hall import Hall

FRESH: Final = 20.0  # seconds


class Resume:
    """Publishes the fresh calls once more when the hall is up."""

    def __init__(self, hall: Hall, kit: Kit) -> None:
        self._hall, self._kit = hall, kit
        self._fresh = [
            t for t in hall.journal.durable.tickets.values()
            if t["state"] == "called" and kit.clock.now() - t["times"].get("called", 0) < FRESH
        ]  # fmt: skip
        self._tell_orphans()
        if self._fresh:
            kit.listen(self._tell, "homeassistant_started")

    def _tell_orphans(self) -> None:
        """Whoever waits in a queue that is no longer in the YAML is not lost, and not called either: say so."""
        live = [t for t in self._hall.journal.durable.tickets.values() if t["state"] in LIVE]
        for queue in sorted({t["queue"] for t in live} - set(self._hall.queues)):
            numbers = [t["number"] for t in live if t["queue"] == queue]
            self._kit.log.warning(
                "queue.%s is no longer in the configuration, but %d still wait there (%s). Put it back, or move them: "
                "ticket.transfer.", queue, len(numbers), ", ".join(numbers[:5]))  # fmt: skip

    def _tell(self, event: Event) -> None:
        calls, self._fresh = sorted(self._fresh, key=lambda t: t["times"].get("called", 0)), []
        for ticket in calls:
            data: dict[str, Any] = {
                "ticket": ticket,
                "from": None,
                "calls": ticket["calls"],
                "reasons": [],
                "replayed": True,
            }
            self._kit.bus.fire(TICKET_CALLED, data, event.context.child())
