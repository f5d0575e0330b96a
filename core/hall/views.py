"""The hall's views: `counter/<id>` for the panel at a counter, `phone/<ticket>` for the visitor's own page."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Final, cast

from ..clock import Cancel
from ..events import Event
from ..integration import Kit
from ..views import View
from .counters.lease import SWEEP, Leases
from .counters.panel import Panels
from .events import ALL_EVENTS, PublicTicket
from .hall import Hall

AT_A_TIME: Final = 4  # pages of others made anew in one go: a few milliseconds
PAUSE: Final = 0.02  # seconds until the next few
REFRESH: Final = 15.0  # seconds: what grows with time alone, as who is boosted
MAX_PHONES: Final = 5000  # phone pages kept at once; the one longest unseen goes first


class HallViews:
    """Rebuilt when a hall event touches what they show."""

    def __init__(self, hall: Hall, panels: Panels, leases: Leases, kit: Kit) -> None:
        self._hall, self._documents, self._clock, self._views = hall, panels, kit.clock, kit.views
        self._panels: dict[str, View] = {}
        self._taken: dict[str, Cancel] = {}
        kit.on_close(lambda: [gone() for gone in self._taken.values()])
        self._serving: dict[str, list[View]] = {}  # the panels of who serves a queue; found when it is asked for
        self._phones: OrderedDict[str, View] = OrderedDict()
        self._lines: dict[str, dict[str, View]] = {}  # phone pages by the queue of their ticket
        self._stands: dict[str, str] = {}  # the same the other way
        self._later: dict[View, None] = {}
        self._going, self._kit = False, kit
        self.take()
        kit.family("phone", self._phone)
        kit.listen(self._hear, *ALL_EVENTS)
        leases.changed = self._touch
        kit.every(REFRESH, self._every_one)
        kit.every(SWEEP, leases.sweep)

    def take(self) -> None:
        """There is a panel for each counter of the configuration."""
        for name in self._panels.keys() - self._hall.counters.keys():
            del self._panels[name]
            self._taken.pop(name)()
        for name in self._hall.counters.keys() - self._panels.keys():
            view = self._panels[name] = self._panel(name)
            self._taken[name] = self._views.add(view)
        self._look_anew()
        for view in (*self._panels.values(), *self._phones.values()):
            view.touch()

    def _hear(self, event: Event) -> None:
        """Whom it is about sees it at once, others in the same line soon, a few pages at a time: hundreds may be open."""
        data = event.data
        before, ticket = cast("dict[str, Any]", data.get("from") or {}), data.get("ticket")
        about = cast("PublicTicket", ticket) if isinstance(ticket, dict) else None
        for counter in {data.get("counter"), before.get("counter"), about and about["counter"]}:
            self._touch(counter)
        if about is None:
            self._all_later()
            return
        if (phone := self._phones.get(about["id"])) is not None:
            self._stand(about["id"], phone)
            phone.touch()
        for queue in {about["queue"], before.get("queue")}:
            self._touch_later(self._of_queue(queue))
            if queue in self._lines:
                self._touch_later(self._lines[queue].values())

    def _touch(self, counter: Any) -> None:
        if counter in self._panels:
            self._panels[counter].touch()

    def _all_later(self) -> None:
        """A counter, a queue, the hall is another now: so may be who serves what."""
        self._look_anew()
        self._every_one()

    def _every_one(self) -> None:
        self._touch_later((*self._panels.values(), *self._phones.values()))

    def _look_anew(self) -> None:
        """Who serves which queue and who stands in which is found out again."""
        self._serving.clear()
        for ticket_id, view in self._phones.items():
            self._stand(ticket_id, view)

    def _of_queue(self, queue: str | None) -> list[View]:
        """The panels of the counters that serve this queue now."""
        if queue is None:
            return []
        if queue not in self._serving:
            floor, serves = self._hall.journal.durable, self._hall.staff.serves
            self._serving[queue] = [
                view for name, view in self._panels.items() if any(s.queue == queue for s in serves(floor, name))
            ]
        return self._serving[queue]

    def _stand(self, ticket_id: str, view: View | None) -> None:
        """The page of this ticket belongs to the queue the ticket is in; of a ticket let go, to the one it was in."""
        ticket, was = self._hall.journal.durable.tickets.get(ticket_id), self._stands.get(ticket_id)
        queue = None if view is None else ticket["queue"] if ticket is not None else was
        if queue == was:
            return
        if was is not None:
            del self._stands[ticket_id]
            del self._lines[was][ticket_id]
            if not self._lines[was]:
                del self._lines[was]
        if queue is not None and view is not None:
            self._stands[ticket_id] = queue
            self._lines.setdefault(queue, {})[ticket_id] = view

    def _touch_later(self, views: Iterable[View]) -> None:
        """What they show has changed; those that somebody looks at are made anew, `AT_A_TIME` of them in one go."""
        for view in views:
            if view.stale():
                self._later[view] = None
        if self._later and not self._going:
            self._going = True
            self._kit.after(PAUSE, self._some)

    def _some(self) -> None:
        for view in list(self._later)[:AT_A_TIME]:
            del self._later[view]
            view.touch()
        self._going = bool(self._later)
        if self._going:
            self._kit.after(PAUSE, self._some)

    def _panel(self, name: str) -> View:
        return View(
            f"counter/{name}", lambda: {"site": self._site(), **self._documents.document(name)}, title=self._hall.counters[name].name,
            path=f"/counter/{name}", page="counter", public=False,
        )  # fmt: skip

    def _phone(self, ticket_id: str) -> View | None:
        if ticket_id not in self._hall.journal.durable.tickets:
            return None
        view = self._phones.get(ticket_id)
        if view is None:
            view = self._phones[ticket_id] = View(
                f"phone/{ticket_id}", lambda: self._phone_document(ticket_id), page="phone")  # fmt: skip
            self._stand(ticket_id, view)
            if len(self._phones) > MAX_PHONES:
                self._stand(self._phones.popitem(last=False)[0], None)
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
                "id": ticket_id, "number": ticket["number"], "state": state, "calls": ticket["calls"], "leg": ticket["leg"],
                "queue_name": queue.name if queue else ticket["queue"], "issued": ticket["times"].get("issued"),
                "counter_name": counter.name if counter else None, "language": ticket["language"],
            },
            "ahead": floor.ahead(ticket) if state == "waiting" else None,
            "estimated_wait": self._wait(ticket),
            "actions": ["requeue"] if state == "no_show" else ["cancel"] if state in ("waiting", "pending", "staged") else [],
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
