"""The hall's views: `counter/<id>` for the panel at a counter, `phone/<ticket>` for the visitor's own page."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Final, cast

from ..clock import Cancel
from ..events import Event
from ..integration import Kit
from ..views import View
from .events import ALL_EVENTS, PublicTicket
from .hall import Hall
from .lease import SWEEP, Leases
from .panel import Panels

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
        self._phones: OrderedDict[str, View] = OrderedDict()
        self._later: dict[View, None] = {}
        self._going, self._kit = False, kit
        self.take()
        kit.family("phone", self._phone)
        kit.listen(self._hear, *ALL_EVENTS)
        leases.changed = self._touch
        kit.every(REFRESH, self._all_later)
        kit.every(SWEEP, leases.sweep)

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
        """Whom it is about sees it at once, others in the same line soon, a few pages at a time: hundreds may be open."""
        data, floor = event.data, self._hall.journal.durable
        before, ticket = cast("dict[str, Any]", data.get("from") or {}), data.get("ticket")
        about = cast("PublicTicket", ticket) if isinstance(ticket, dict) else None
        for counter in {data.get("counter"), before.get("counter"), about and about["counter"]}:
            self._touch(counter)
        if about is None:
            self._all_later()
            return
        if (phone := self._phones.get(about["id"])) is not None:
            phone.touch()
        queues = {about["queue"], before.get("queue")}
        serves = self._hall.staff.serves
        self._touch_later(
            view for name, view in self._panels.items() if any(s.queue in queues for s in serves(floor, name)))  # fmt: skip
        self._touch_later(
            view for name, view in self._phones.items() if (t := floor.tickets.get(name)) is None or t["queue"] in queues)  # fmt: skip

    def _touch(self, counter: Any) -> None:
        if counter in self._panels:
            self._panels[counter].touch()

    def _all_later(self) -> None:
        self._touch_later((*self._panels.values(), *self._phones.values()))

    def _touch_later(self, views: Iterable[View]) -> None:
        """What they show has changed; those that somebody looks at are made anew, `AT_A_TIME` of them in one go."""
        self._later.update(dict.fromkeys(view for view in views if view.stale()))
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
