"""The appointments of a running hall: their actions, views, entities, trigger, and what time does to them."""

from collections.abc import Callable

from ...errors import Refused
from ...integration import Kit
from ..config import HallConfig
from ..floor import Floor
from ..hall import Hall
from ..phones import appointment_link, seeds
from .actions import Appointments
from .figures import BookFigures
from .pages import BookingViews
from .sweeping import Sweeping
from .trigger import lend


class Opened:
    """The room `hall.appointments`, until the hall closes."""

    def __init__(self, hall: Hall, kit: Kit, link: Callable[[str], str]) -> None:
        self._hall = hall
        book = hall.journal.durable

        def of_type(id_: str) -> str | None:
            row = book.book.rows.get(id_)
            return None if row is None else row["type"]

        self.actions = Appointments(hall, seeds(kit), appointment_link(kit, of_type), link)
        self.actions.register(kit)
        lend(kit)
        self._views = BookingViews(hall, self.actions, kit)
        self._figures = BookFigures(hall, self.actions.room, kit)
        self.sweeping = Sweeping(hall, self.actions.booking, kit)
        self._tell_orphans(kit)

    def take(self) -> None:
        """The configuration is another one."""
        self._views.take()
        self._figures.take()

    def may_go(self, floor: Floor, config: HallConfig) -> None:
        """Raise Refused if a type of appointment goes that people have booked."""
        for name in self._hall.config.appointment.keys() - config.appointment.keys():
            count = _booked(floor, name)
            if count:
                raise Refused("appointment_in_use", {
                    "en": "appointment.{name} is not in the new configuration, but {count} are booked. Put it back, or move "
                          "them first: appointment.change with another type.",
                    "zh-CN": "新配置中没有 appointment.{name}，但仍有 {count} 个预约。请恢复该类型，"
                             "或先用 appointment.change 改为其他类型。"}, name=name, count=count)  # fmt: skip

    def _tell_orphans(self, kit: Kit) -> None:
        """Who is booked for what is no longer in the YAML is not lost, and cannot check in either: say so."""
        floor = self._hall.journal.durable
        there = {row["type"] for row in floor.book.rows.values() if row["state"] == "booked"}
        for name in sorted(there - set(self._hall.config.appointment)):
            kit.log.warning(
                "appointment.%s is no longer in the configuration, but %d are booked. Put it back, or move them: "
                "appointment.change with another type.", name, _booked(floor, name))  # fmt: skip


def _booked(floor: Floor, name: str) -> int:
    return sum(row["type"] == name and row["state"] in ("held", "booked") for row in floor.book.rows.values())


def open_appointments(hall: Hall, kit: Kit, link: Callable[[str], str]) -> None:
    """Open the appointment book. `link` answers the token of a ticket's page."""
    hall.appointments = Opened(hall, kit, link)
