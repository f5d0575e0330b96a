"""What a kiosk's screen may know, `kiosk/<name>`: its menu with names, counts and why something cannot be chosen."""

from collections.abc import Mapping
from typing import Any, cast

from ...core.integration import Kit
from ...core.states import State, States
from ...core.views import View
from ...core.words import Words
from .config import Entry, Kiosk


class Menu:
    """One kiosk's view, made of the states of its queues and its printer."""

    def __init__(self, name: str, kiosk: Kiosk, kit: Kit) -> None:
        self._name, self._kiosk, self._states, self._site = name, kiosk, kit.states, kit.site
        self._zone = str(kit.clock.zone)
        printer = {f"printer.{kiosk.printer}"} if kiosk.printer else set[str]()
        self._queues = tuple(dict.fromkeys(f"queue.{entry.queue}" for entry in kiosk.leaves()))
        self.reads = frozenset({*self._queues, *printer})

    def view(self) -> View:
        check_in = ("action:kiosk.check_in",) if self._kiosk.check_in else ()
        scopes = ("action:kiosk.issue", *check_in, f"entity:kiosk.{self._name}")
        return View(f"kiosk/{self._name}", self._build, title=self._kiosk.name or self._name,
                    path=f"/kiosk/{self._name}", page="kiosk", scopes=scopes)  # fmt: skip

    @property
    def open(self) -> bool:
        """Whether any of its buttons gives a number now."""
        return any(not _paused(self._states.get(queue)) for queue in self._queues)

    def _build(self) -> dict[str, Any]:
        kiosk, site = self._kiosk, self._site
        return {
            "site": {"name": site.name, "languages": list(site.languages), "time_zone": self._zone},
            "title": kiosk.name or self._name,
            "languages": kiosk.languages or list(site.languages),
            "open": self.open,
            "check_in": list(kiosk.check_in),
            "cards": kiosk.cards,
            "printer": printer_state(kiosk, self._states),
            "menu": [self._node(entry, str(index)) for index, entry in enumerate(kiosk.menu)],
            "limits": {"idle_s": kiosk.idle, "return_s": kiosk.stay},
            "size": {"diagonal_in": kiosk.diagonal_in},
        }

    def _node(self, entry: Entry, path: str) -> dict[str, Any]:
        state = self._states.get(f"queue.{entry.queue}") if entry.queue else None
        about: Mapping[str, Any] = state.attributes if state else {}
        below = [self._node(each, f"{path}.{index}") for index, each in enumerate(entry.menu or ())]
        return {
            "id": path,
            "name": entry.name or _name(entry, about),
            "icon": entry.icon,
            "notes": entry.notes,
            "queue": entry.queue,
            "service": entry.service,
            "waiting": 0 if below else about.get("waiting", 0),  # of a menu its buttons tell: queues may stand twice
            "estimated_wait": _wait(about),
            "paused": _paused(state) if entry.queue else all(each["paused"] for each in below),
            # The hall's own words say why and until when; of a pause those that staff gave are enough.
            "reason": about.get("pause_reason") if about.get("paused") else about.get("closed_text"),
            "why": about.get("why_closed"),
            "opens_at": about.get("opens_at"),
            "menu": below or None,
        }


def printer_state(kiosk: Kiosk, states: States) -> str:
    """How the printer is that would print for it now: ready|busy|paper_low|paper_out|fault|offline, or none.

    That is its own, or of the fallbacks the first that can (`prints_on`).
    """
    if kiosk.printer is None:
        return "none"
    state = states.get(f"printer.{kiosk.printer}")
    if state is not None and state.attributes.get("prints_on"):
        state = states.get(f"printer.{state.attributes['prints_on']}") or state
    return str(state.value) if state is not None and state.available and state.value is not None else "offline"


def _paused(state: State | None) -> bool:
    """A queue that is not there (yet) gives no numbers either."""
    return state is None or not state.available or not state.attributes.get("open", True)


def _wait(about: Mapping[str, Any]) -> list[int] | None:
    """Between how many seconds one who takes a number now will wait; None where nobody waits or nobody knows."""
    if not about.get("estimated_wait"):
        return None
    return [int(about["estimated_wait_low"]), int(about["estimated_wait_high"])]


def _name(entry: Entry, about: Mapping[str, Any]) -> Words:
    services = cast("Mapping[str, Words]", about.get("services") or {})
    return services.get(entry.service or "") or about.get("name") or entry.service or entry.queue or ""
