"""Whose panel a counter is: of two browsers at one counter one acts, the other is asked whether it takes over.

A lease is kept while its page says so again and again, in memory only: after a restart whoever comes first has it.
Keypads, automations and other programs act on the counter all the same; it keeps two people from pressing for one another.
"""

from collections.abc import Callable
from typing import Any, Final

from pydantic import Field

from ...actions import Answer, Call
from ...frozen import frozen
from ...integration import Kit
from ..hall import Hall
from .counters import CounterOnly

LASTS: Final = 45.0  # seconds without a word; pages say so every 15
SWEEP: Final = 15.0


class HoldPanel(CounterOnly):
    """Data of counter.lease."""

    panel: str = Field(min_length=8, max_length=64, description="The page's own id, new each time it is loaded.")
    was: str | None = Field(default=None, max_length=64, description="Its id before it was loaded anew.")
    take: bool = Field(default=False, description="Take it over from another page.")


@frozen
class Lease:
    """The page that acts at a counter, whose it is, since when (wall time)."""

    panel: str
    name: str
    since: float


class Leases:
    """The leases of all counters. `changed(counter)` is told of each change."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._held: dict[str, Lease] = {}
        self._said: dict[str, float] = {}  # monotonic
        self.changed: Callable[[str], None] = lambda counter: None

    def register(self, kit: Kit) -> None:
        kit.action("counter.lease", HoldPanel, self.hold, description={
            "en": "A panel says that it is the one in use.", "zh-CN": "面板声明正在使用本窗口。"})  # fmt: skip

    def of(self, counter: str) -> Lease | None:
        """Whose panel it is now."""
        lease = self._held.get(counter)
        return lease if lease is not None and self._fresh(counter) else None

    async def hold(self, data: HoldPanel, call: Call) -> Answer:
        counter, now = data.counter, self._hall.clock.monotonic()
        self._hall.counter(counter)
        lease = self.of(counter)
        if data.take or lease is None or lease.panel in (data.panel, data.was):
            self._said[counter] = now
            if lease is None or lease.panel != data.panel:
                lease = self._held[counter] = Lease(data.panel, call.caller.name, self._hall.clock.now())
                self.changed(counter)
        return {"counter": counter, "mine": lease.panel == data.panel, "lease": told(lease)}

    def sweep(self) -> None:
        """Let go of those whose page is gone."""
        for counter in [name for name in self._held if not self._fresh(name) or name not in self._hall.counters]:
            del self._held[counter], self._said[counter]
            self.changed(counter)

    def _fresh(self, counter: str) -> bool:
        return self._hall.clock.monotonic() - self._said[counter] <= LASTS


def told(lease: Lease | None) -> dict[str, Any] | None:
    """A lease as a page reads it."""
    return None if lease is None else {"panel": lease.panel, "name": lease.name, "since": lease.since}
