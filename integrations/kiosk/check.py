"""What the kiosk's model alone cannot see: pages too full or too deep, buttons that lead nowhere or twice to one place."""

from typing import Any, cast

from ...core.errors import Problem
from ...core.integration import Checked
from ...core.schema import did_you_mean
from ...core.source import place_of
from .config import Config, Entry

MAX_BUTTONS = 8
MAX_LEVELS = 3


def check(checked: Checked) -> None:
    """Complain of every menu that a visitor could not use."""
    for name, kiosk in cast("Config", checked.config).root.items():
        look = _Look(checked, name)
        look.page(kiosk.menu, ("menu",), 1)
        if kiosk.paper == "required" and kiosk.printer is None:
            look.complain(("paper",), "paper: required needs a printer. Add printer: or leave paper: out.")
        hall: list[str] = checked.root["usher"].languages
        for index, language in enumerate(kiosk.languages or ()):
            if language in (kiosk.languages or ())[:index]:
                look.complain(("languages", index), f"{language!r} stands here twice. Remove one.")
            if language not in hall and "usher" not in checked.lost:
                look.complain(("languages", index), f"{language!r} is not a language of the hall. Write one of "
                              f"{', '.join(hall)}, or add it to  usher: languages:.")  # fmt: skip


class _Look:
    def __init__(self, checked: Checked, kiosk: str) -> None:
        self._checked, self._kiosk = checked, kiosk

    def complain(self, loc: tuple[Any, ...], text: str) -> None:
        place = place_of(self._checked.tree, (self._kiosk, *loc))
        path = ".".join(map(str, ("kiosk", self._kiosk, *loc)))
        self._checked.problems.append(Problem(place, f"{path}: {text}"))

    def page(self, entries: list[Entry], loc: tuple[Any, ...], level: int) -> None:
        if not entries:
            self.complain(loc, "a menu needs at least one button. Add one, or remove the menu.")
        if len(entries) > MAX_BUTTONS:
            self.complain(loc, f"{len(entries)} buttons do not fit on one page. Put at most {MAX_BUTTONS} here "
                          "and the others into a further menu.")  # fmt: skip
        seen: set[tuple[str | None, str | None]] = set()
        for index, entry in enumerate(entries):
            at = (*loc, index)
            self._entry(entry, at, level)
            leads = (entry.queue, entry.service)
            if entry.queue is not None and entry.menu is None and leads in seen:
                self.complain(at, "this button stands on the page twice. Remove one.")
            seen.add(leads)

    def _entry(self, entry: Entry, at: tuple[Any, ...], level: int) -> None:
        if entry.menu is None and entry.queue is None:
            self.complain(at, "this button leads nowhere. Write queue: or menu:.")
        elif entry.menu is not None and entry.queue is not None:
            self.complain(at, "a button leads to a queue or to a menu, not to both. Remove queue: or menu:.")
        elif entry.menu is not None:
            self._submenu(entry, entry.menu, at, level)
        elif entry.service is not None:
            self._service(entry, at)

    def _submenu(self, entry: Entry, menu: list[Entry], at: tuple[Any, ...], level: int) -> None:
        if entry.name is None:
            self.complain(at, "a menu needs a name to stand on its button. Add name:.")
        if entry.service is not None:
            self.complain((*at, "service"), "a menu has no service. Put it at a button with a queue.")
        if level == MAX_LEVELS:
            self.complain((*at, "menu"), f"menus are at most {MAX_LEVELS} levels deep. Move these buttons up.")
        self.page(menu, (*at, "menu"), level + 1)

    def _service(self, entry: Entry, at: tuple[Any, ...]) -> None:
        queue = self._checked.root.get("queue", {}).get(entry.queue)
        if queue is not None and entry.service not in queue.services:
            known = list(queue.services)
            mend = did_you_mean(str(entry.service), known) or f" Write it under services: of queue.{entry.queue}."
            text = f"queue.{entry.queue} has no service {entry.service!r}.{mend}"
            self.complain((*at, "service"), text)
