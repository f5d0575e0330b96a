"""Who holds a live ticket: by the visitor's id, or by a phone number given with it."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from .events import LIVE, PublicTicket

_APART: Final = re.compile(r"\D+")


def digits(phone: str) -> str:
    """A phone number as it is compared: its digits, however they are grouped."""
    return _APART.sub("", phone)


@dataclass
class Holders:
    """The ids of live tickets by who they are of; a part of the floor."""

    _visitors: dict[str, dict[str, None]] = field(default_factory=dict[str, "dict[str, None]"])
    _phones: dict[str, dict[str, None]] = field(default_factory=dict[str, "dict[str, None]"])

    def change(self, old: PublicTicket | None, new: PublicTicket | None) -> None:
        """A ticket was this and is that."""
        before = old["visitor"] if old is not None and old["state"] in LIVE else None
        after = new["visitor"] if new is not None and new["state"] in LIVE else None
        if before == after:
            return
        if old is not None and before is not None:
            _remove(self._visitors, before, old["id"])
        if new is not None and after is not None:
            self._visitors.setdefault(after, {})[new["id"]] = None

    def know(self, ticket: str, old: Any, new: Any) -> None:
        """What is known of a ticket's holder was this and is that; a ticket that has ended keeps it until it is let go."""
        before, after = _phone(old), _phone(new)
        if before == after:
            return
        if before:
            _remove(self._phones, before, ticket)
        if after:
            self._phones.setdefault(after, {})[ticket] = None

    def of(self, visitor: str | None, phone: str | None) -> list[str]:
        """The ids of this visitor's tickets, the first issued first; those by phone may have ended."""
        found = dict(self._visitors.get(visitor, {})) if visitor else {}
        if phone:
            found.update(self._phones.get(digits(phone), {}))
        return list(found)


def _phone(person: Any) -> str:
    return digits(str(person.get("phone") or "")) if person else ""


def _remove(rows: dict[str, dict[str, None]], key: str, ticket: str) -> None:
    held = rows.get(key, {})
    held.pop(ticket, None)
    if not held:
        rows.pop(key, None)
