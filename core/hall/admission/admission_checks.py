"""What is wrong with calendars, quotas and classes, as far as the models alone cannot see it."""

from ...errors import MissingExtra, Problem
from ...integration import Checked
from ...schema import did_you_mean
from ...source import place_of
from ..config import Calendar, HallConfig
from ..config.admission import DAY_QUOTA
from .country import complaint


def check_admission(checked: Checked, config: HallConfig) -> None:
    """Complain about each."""
    for name, calendar in config.calendar.items():
        _check_calendar(checked, name, calendar)
    _check_quota(checked, config, ("hall", "quota"), config.hall.quota, config.hall.calendar)
    for name, queue in config.queue.items():
        named = queue.calendar or config.hall.calendar
        _check_quota(checked, config, ("queue", name, "quota"), queue.quota, named)
        if queue.stop_before_closing.before + queue.stop_before_closing.served and named is None:
            _complain(checked, ("queue", name, "stop_before_closing"),
                     f"queue.{name}.stop_before_closing: the queue has no calendar, so it never closes. Write calendar: "
                     "here or under hall:.", "warning")  # fmt: skip
        _check_classes(checked, name, queue.admits)


def _check_calendar(checked: Checked, name: str, calendar: Calendar) -> None:
    if DAY_QUOTA in calendar.windows:
        _complain(checked, ("calendar", name, "windows", DAY_QUOTA),
                 f"calendar.{name}.windows: {DAY_QUOTA!r} means the whole day in a quota. Give the window another name.")  # fmt: skip
    if calendar.country_holidays is not None:
        try:
            wrong = complaint(calendar.country_holidays)
        except MissingExtra as error:
            wrong = str(error)
        if wrong is not None:
            _complain(checked, ("calendar", name, "country_holidays"), f"calendar.{name}.country_holidays: {wrong}")


def _check_quota(
    checked: Checked, config: HallConfig, loc: tuple[str, ...], quota: dict[str, int], calendar: str | None
) -> None:
    """A quota is for the day, or for a window of the calendar that holds here."""
    if calendar is not None and calendar not in config.calendar:
        return  # which is told
    windows = config.calendar[calendar].windows if calendar is not None else {}
    for name in quota:
        if name != DAY_QUOTA and name not in windows:
            hint = did_you_mean(name, [DAY_QUOTA, *windows]) or " Write day, or a window of its calendar."
            where = (
                f"calendar.{calendar} has no window {name!r}."
                if calendar
                else f"without a calendar there is no {name!r}."
            )
            _complain(checked, (*loc, name), f"{'.'.join(loc)}: {where}{hint}")


def _check_classes(checked: Checked, name: str, admits: list[str]) -> None:
    usher = checked.root.get("usher")
    if usher is None:
        return
    for at, class_ in enumerate(admits):
        if class_ not in usher.weights:
            hint = did_you_mean(class_, usher.weights) or f" There are: {', '.join(usher.weights)}."
            _complain(
                checked, ("queue", name, "admits", at), f"queue.{name}.admits: there is no class {class_!r}.{hint}"
            )


def _complain(checked: Checked, loc: tuple[str | int, ...], text: str, severity: str = "error") -> None:
    checked.problems.append(Problem(place_of(checked.tree, loc, key=True), text, severity))
