"""The hall's views: `counter/<id>` for the panel at a counter, `phone/<ticket>` for the visitor's own page."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Final

from ..clock import Cancel
from ..events import Event
from ..integration import Kit
from ..views import View
from .counters import Counters
from .events import ALL_EVENTS, PublicTicket
from .figures import counter_state
from .hall import Hall

MAX_LINE: Final = 50  # tickets listed on a panel
MAX_PHONES: Final = 5000  # phone pages kept at once; the one longest unseen goes first


class HallViews:
    """Rebuilt when a hall event touches what they show."""

    def __init__(self, hall: Hall, counters: Counters, kit: Kit) -> None:
        self._hall, self._counters, self._clock, self._views = hall, counters, kit.clock, kit.views
        self._panels: dict[str, View] = {}
        self._taken: dict[str, Cancel] = {}
        kit.on_close(lambda: [gone() for gone in self._taken.values()])
        self._phones: OrderedDict[str, View] = OrderedDict()
        self.take()
        kit.family("phone", self._phone)
        kit.listen(self._hear, *ALL_EVENTS)

    def take(self) -> None:
        """There is a panel for each counter of the configuration."""
        for name in self._panels.keys() - self._hall.counters.keys():
            del self._panels[name]
            self._taken.pop(name)()
        for name in self._hall.counters.keys() - self._panels.keys():
            view = self._panels[name] = self._panel(name)
            self._taken[name] = self._views.add(view)
        for view in (*self._panels.values(), *self._phones.values()):
            view.touch()

    def _hear(self, event: Event) -> None:
        for view in self._panels.values():
            view.touch()
        for view in self._phones.values():
            view.touch()

    def _panel(self, name: str) -> View:
        return View(
            f"counter/{name}", lambda: self._panel_document(name), title=self._hall.counters[name].name,
            path=f"/counter/{name}", page="counter", public=False,
        )  # fmt: skip

    def _panel_document(self, name: str) -> dict[str, Any]:
        floor, config = self._hall.journal.durable, self._hall.counters[name]
        row = floor.counters.get(name)
        ticket = floor.tickets.get(row["ticket"]) if row and row["ticket"] else None
        choice = self._counters.choose(floor, name)
        served = [s.queue for s in config.serves]
        aside = [t for t in floor.tickets.values() if t["queue"] in served and t["state"] in ("held", "no_show")]
        return {
            "site": self._site(),
            "counter": {
                "id": name, "name": config.name, "state": counter_state(row, ticket["state"] if ticket else None),
                "since": row["since"] if row else None, "staff": row["staff_name"] if row else None,
                "serves": [{"queue": s.queue, "name": self._hall.queues[s.queue].name, "priority": s.priority,
                            "waiting": floor.waiting(s.queue)} for s in config.serves],
                "served_today": row["served"] if row and row["day"] == self._hall.journal.today else 0,
                "pause_reason": row["reason"] if row else None, "pausing": bool(row and row["pausing"]),
            },
            "ticket": ticket,
            "called": {"calls": ticket["calls"], "at": ticket["times"].get("called"),
                       "reasons": row.get("reasons", []) if row else []} if ticket else None,
            "next": None if choice is None else {
                "number": choice.ticket["number"], "queue": choice.ticket["queue"], "reasons": choice.reasons,
                "since": choice.ticket["times"].get("waiting")},
            "waiting": _brief(self._in_line(served)),
            "held": _brief(t for t in aside if t["state"] == "held"),
            "missed": _brief(t for t in aside if t["state"] == "no_show"),
            "queues": [{"queue": q, "name": c.name, "waiting": floor.waiting(q),
                        "paused": bool((r := floor.queues.get(q)) and r["paused"])}
                       for q, c in self._hall.queues.items()],
        }  # fmt: skip

    def _in_line(self, queues: list[str]) -> list[PublicTicket]:
        floor = self._hall.journal.durable
        found: list[PublicTicket] = []
        for queue in queues:
            found += [t for _, t in zip(range(MAX_LINE), floor.everyone(queue), strict=False)]
        return found[:MAX_LINE]

    def _phone(self, ticket_id: str) -> View | None:
        if ticket_id not in self._hall.journal.durable.tickets:
            return None
        view = self._phones.get(ticket_id)
        if view is None:
            view = self._phones[ticket_id] = View(
                f"phone/{ticket_id}", lambda: self._phone_document(ticket_id), page="phone")  # fmt: skip
            if len(self._phones) > MAX_PHONES:
                self._phones.popitem(last=False)
        self._phones.move_to_end(ticket_id)
        return view

    def _phone_document(self, ticket_id: str) -> dict[str, Any]:
        floor = self._hall.journal.durable
        ticket = floor.tickets.get(ticket_id)
        if ticket is None:  # let go at the end of its day
            return {"site": self._site(), "ticket": None, "ahead": None, "estimated_wait": None, "actions": [],
                    "at": self._clock.now()}  # fmt: skip
        queue, counter = self._hall.queues.get(ticket["queue"]), self._hall.counters.get(ticket["counter"] or "")
        state = ticket["state"]
        return {
            "site": self._site(),
            "ticket": {
                "id": ticket_id, "number": ticket["number"], "state": state, "calls": ticket["calls"],
                "queue_name": queue.name if queue else ticket["queue"], "issued": ticket["times"].get("issued"),
                "counter_name": counter.name if counter else None, "language": ticket["language"],
            },
            "ahead": floor.ahead(ticket) if state == "waiting" else None,
            "estimated_wait": self._wait(ticket),
            "actions": ["requeue"] if state == "no_show" else ["cancel"] if state in ("waiting", "pending") else [],
            "at": self._clock.now() // 60 * 60,  # to the minute: the same for all who look
        }  # fmt: skip

    def _wait(self, ticket: PublicTicket) -> list[int] | None:
        """Between how many seconds it still waits, in 8 of 10 cases."""
        if self._hall.estimates is None or ticket["state"] not in ("waiting", "staged"):
            return None
        now = self._hall.estimates.of(self._hall.journal.durable, ticket, self._clock.now())
        return now and [now["low"], now["high"]]

    def _site(self) -> dict[str, Any]:
        site = self._hall.site
        return {"name": site.name, "languages": list(site.languages), "time_zone": str(self._clock.zone)}


def _brief(tickets: Iterable[PublicTicket]) -> list[dict[str, Any]]:
    return [
        {"id": t["id"], "number": t["number"], "queue": t["queue"], "class": t["class"], "state": t["state"],
         "since": t["times"].get("waiting")}
        for _, t in zip(range(MAX_LINE), tickets, strict=False)
    ]  # fmt: skip
