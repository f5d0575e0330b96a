"""The view `lobby`: every queue and every counter as they are now, for whoever runs the hall from a desk or walks in it."""

from typing import Any, Final

from ...events import Event
from ...integration import Kit
from ...views import View
from ..events import ALL_EVENTS
from ..figures import counter_state
from ..floor import Floor
from ..hall import Hall
from .due import alert, began_at

AT_MOST_EVERY: Final = 0.5  # seconds: a busy hall changes more often than an eye follows
REFRESH: Final = 15.0  # seconds: what time alone changes, as a queue that closes


class Lobby:
    """Makes it, and makes it anew when the hall has changed."""

    def __init__(self, hall: Hall, kit: Kit) -> None:
        self._hall, self._kit, self._later = hall, kit, False
        title = {"en": "Lobby", "zh-CN": "大堂"}
        self._view = View("lobby", self.document, title=title, path="/lobby", page="lobby", public=False)
        kit.view(self._view)
        kit.listen(self._hear, *ALL_EVENTS)
        kit.every(REFRESH, self._touch)

    def document(self) -> dict[str, Any]:
        """All that the page shows without asking."""
        hall, floor = self._hall, self._hall.journal.durable
        return {
            "site": {"name": hall.site.name, "languages": list(hall.site.languages), "time_zone": str(hall.clock.zone)},
            "queues": [self._queue(floor, name) for name in hall.queues],
            "counters": [self._counter(floor, name) for name in hall.counters],
            "classes": list(hall.site.classes),
        }

    def _queue(self, floor: Floor, name: str) -> dict[str, Any]:
        hall = self._hall
        row, aside = floor.queues.get(name), [t["state"] for t in floor.aside(name)]
        refusal = hall.admission.refusal(name, hall.clock.now())
        told = hall.estimates.shown(name) if hall.estimates is not None else None
        return {
            "id": name, "name": hall.queues[name].name, "waiting": floor.waiting(name), "oldest": floor.oldest(name),
            "held": aside.count("held"), "missed": aside.count("no_show"), "pending": aside.count("pending"),
            "paused": bool(row and row["paused"]), "reason": row["reason"] if row and row["paused"] else None,
            "closed": refusal and refusal.words, "wait": told and [told["low"], told["high"]],
        }  # fmt: skip

    def _counter(self, floor: Floor, name: str) -> dict[str, Any]:
        hall, row = self._hall, floor.counters.get(name)
        ticket = floor.tickets.get(row["ticket"]) if row and row["ticket"] else None
        staff = hall.staff.staff.get(row["staff"] or "") if row else None
        return {
            "id": name, "name": hall.counters[name].name,
            "state": counter_state(row, ticket["state"] if ticket else None),
            "staff": staff.name if staff else row["staff_name"] if row else None,
            "ticket": ticket["id"] if ticket else None, "number": ticket["number"] if ticket else None,
            "since": began_at(row, ticket) if row and ticket else row["since"] if row else None,
            "limit": alert(hall, name, ticket) if ticket else None,
            "reason": row["reason"] if row and row["paused"] else None,
            "served": row["served"] if row and row["day"] == hall.journal.today else 0,
            "serves": [s.queue for s in hall.staff.serves(floor, name)],
        }  # fmt: skip

    def _hear(self, _: Event) -> None:
        if self._view.stale() and not self._later:
            self._later = True
            self._kit.after(AT_MOST_EVERY, self._now)

    def _now(self) -> None:
        self._later = False
        self._touch()

    def _touch(self) -> None:
        self._view.touch()
