"""What the model of an appointment alone cannot see: no hours, services and windows that are not there, no places."""

from typing import Any

from ...errors import Problem
from ...integration import Checked
from ...schema import did_you_mean
from ...source import place_of
from ..config import HallConfig
from .availability import calendar_of


def check_appointments(checked: Checked, config: HallConfig) -> None:
    """Complain of types that nobody could book as they are meant."""
    for name, type_ in config.appointment.items():
        queue = config.queue.get(type_.queue)
        if queue is None:
            continue  # which is told
        if type_.service is not None and type_.service not in queue.services:
            mend = did_you_mean(type_.service, queue.services) or f" Write it under services: of queue.{type_.queue}."
            _complain(checked, (name, "service"), f"queue.{type_.queue} has no service {type_.service!r}.{mend}")
        for at, staff in enumerate(type_.staff):
            if staff in type_.staff[:at]:
                _complain(checked, (name, "staff", at), f"{staff} stands here twice. Remove one.")
            elif config.staff and staff not in config.staff and "staff" not in checked.lost:
                mend = did_you_mean(staff, config.staff) or " Add them under staff:."
                _complain(checked, (name, "staff", at), f"there is no {staff!r} in staff.{mend}")
        calendar = calendar_of(config, type_)
        if calendar is None:
            if "calendar" not in checked.lost:
                _complain(checked, (name,), "it has no calendar, so there are no slots. Add calendar:, here or to "
                          f"queue.{type_.queue}.", key=True)  # fmt: skip
        elif calendar in config.calendar:
            _check_capacity(checked, name, type_.capacity, list(config.calendar[calendar].windows), calendar)


def _check_capacity(checked: Checked, name: str, capacity: Any, windows: list[str], calendar: str) -> None:
    if isinstance(capacity, int):
        return
    for window in capacity:
        if window not in windows:
            mend = did_you_mean(window, windows) or f" Write it under windows: of calendar.{calendar}."
            _complain(
                checked, (name, "capacity", window), f"calendar.{calendar} has no window {window!r}.{mend}", key=True
            )


def _complain(checked: Checked, loc: tuple[str | int, ...], text: str, key: bool = False) -> None:
    place = place_of(checked.tree, ("appointment", *loc), key=key)
    checked.problems.append(Problem(place, f"{'.'.join(map(str, ('appointment', *loc)))}: {text}"))
