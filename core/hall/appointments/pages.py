"""The views of appointments: `booking/<id>` for whoever booked, behind a signed link; `book` for whoever would."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from ...clock import Clock
from ...events import Event
from ...integration import Kit
from ...offers import ADDRESS, FILTERS
from ...views import View
from ..events import APPOINTMENT_EVENTS
from ..hall import Hall
from .actions import Appointments

MAX_PAGES: Final = 5000  # kept at once; the one longest unseen goes first
SCOPES: Final = ("action:appointment.types", "action:appointment.slots", "action:appointment.book",
                 "entity:appointment.*")  # fmt: skip


class BookingViews:
    """Rebuilt when an appointment changes."""

    def __init__(self, hall: Hall, appointments: Appointments, kit: Kit) -> None:
        self._hall, self._appointments, self._kit = hall, appointments, kit
        self._clock: Clock = kit.clock
        self._pages: OrderedDict[str, View] = OrderedDict()
        self._public: View | None = None
        kit.family("booking", self._page)
        kit.listen(self._hear, *APPOINTMENT_EVENTS, "ticket_called")
        kit.on_close(self._close)
        self._taken: Any = None
        self.take()

    def take(self) -> None:
        """There is a page for booking while there is something to book."""
        public = any(one.public for one in self._hall.config.appointment.values())
        if public and self._public is None:
            self._public = View("book", self._book, title={"en": "Book an appointment", "zh-CN": "预约"}, path="/book",
                                page="booking", scopes=SCOPES)  # fmt: skip
            self._taken = self._kit.views.add(self._public)
        elif not public:
            self._close()
        for view in (*self._pages.values(), *([self._public] if self._public else [])):
            view.touch()

    def _close(self) -> None:
        if self._taken is not None:
            self._taken()
        self._taken = self._public = None

    def _hear(self, event: Event) -> None:
        booked: Mapping[str, Any] | None = event.data.get("appointment")
        ticket: Mapping[str, Any] = event.data.get("ticket") or {}
        view = self._pages.get(str(ticket.get("appointment") if booked is None else booked["id"]))
        if view is not None:
            view.touch()

    def _page(self, id_: str) -> View | None:
        if id_ not in self._hall.journal.durable.book.rows:
            return None
        view = self._pages.get(id_)
        if view is None:
            view = self._pages[id_] = View(f"booking/{id_}", lambda: self._document(id_), page="booking")
            if len(self._pages) > MAX_PAGES:
                self._pages.popitem(last=False)
        self._pages.move_to_end(id_)
        return view

    def _book(self) -> dict[str, Any]:
        types = self._hall.config.appointment
        return {"site": self._site(), "appointment": None,
                "types": [self._appointments.about(name) for name, one in types.items() if one.public]}  # fmt: skip

    def _document(self, id_: str) -> dict[str, Any]:
        floor = self._hall.journal.durable
        row = floor.book.rows.get(id_)
        if row is None:  # let go some days after its day
            return {"site": self._site(), "appointment": None, "types": []}
        type_ = self._hall.config.appointment.get(row["type"])
        ticket = floor.tickets.get(row["ticket"] or "")
        open_ = row["state"] == "booked" and type_ is not None and self._clock.now() <= row["at"] - type_.fixed
        told = self._appointments.told(row)
        return {
            "site": self._site(),
            "types": [self._appointments.about(row["type"])] if type_ is not None else [],
            "appointment": {
                "id": id_, "state": row["state"], "type": row["type"], "at": row["at"], "until": row["until"],
                "time": told["time"], "party": row["party"], "staff_name": self._appointments.staff_name(row["staff"]),
                "name": type_.name if type_ is not None else row["type"], "notes": type_.notes if type_ else None,
                "code": told["code"] if row["state"] in ("held", "booked") else None,
                "check_in_from": row["at"] - type_.early if type_ is not None else None,
                "language": row["language"], "number": told["number"],
                "ticket": self._appointments.ticket_page(row) if ticket is not None else None,
            },
            "qr": self._qr(told["link"]) if row["state"] == "booked" else None,
            "actions": ["change", "cancel"] if open_ else ["confirm", "cancel"] if row["state"] == "held" else [],
        }  # fmt: skip

    def _qr(self, path: str) -> str | None:
        """What a kiosk's scanner reads, where somebody lends the drawing of it and the hall's address is known."""
        address, draw = self._kit.offers.get(ADDRESS, "http"), self._kit.offers.get(FILTERS, "qr")
        return str(draw(f"{address}{path}")) if address and draw is not None else None

    def _site(self) -> dict[str, Any]:
        site = self._hall.site
        return {"name": site.name, "languages": list(site.languages), "time_zone": str(self._clock.zone)}
