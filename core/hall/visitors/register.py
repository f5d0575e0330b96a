"""Who is who: visitors by what they carry. A part of the floor, made of the rows of people."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..config.visitors import plain
from ..holders import digits
from .rows import PERSON, PersonRow


@dataclass
class Register:
    """Visitors' ids by card, document and phone. A phone may be a family's."""

    people: dict[str, PersonRow] = field(default_factory=dict[str, "PersonRow"])
    _carried: dict[str, str] = field(default_factory=dict[str, str])  # cards and documents
    _phones: dict[str, dict[str, None]] = field(default_factory=dict[str, "dict[str, None]"])

    def know(self, key: str, new: Any) -> None:
        """What is known of a visitor is this now; the key is PERSON and their id."""
        visitor = key.removeprefix(PERSON)
        old = self.people.pop(visitor, None)
        for number in _numbers(old):
            self._carried.pop(number, None)
        if old is not None and (phone := digits(old.get("phone") or "")):
            held = self._phones.get(phone, {})
            held.pop(visitor, None)
            if not held:
                self._phones.pop(phone, None)
        if new is None:
            return
        self.people[visitor] = new
        for number in _numbers(new):
            self._carried[number] = visitor
        if phone := digits(new.get("phone") or ""):
            self._phones.setdefault(phone, {})[visitor] = None

    def by_number(self, number: str | None) -> str | None:
        """Whose card or document this is."""
        return self._carried.get(plain(number)) if number else None

    def by_phone(self, phone: str | None) -> list[str]:
        """Whose phone this is, the first known first."""
        return list(self._phones.get(digits(phone), ())) if phone else []

    def who(self, card: str | None, phone: str | None) -> str | None:
        """Who it must be: a card is one person's, a phone only if nobody else has it."""
        found = self.by_number(card)
        if found is None and len(alike := self.by_phone(phone)) == 1:
            found = alike[0]
        return found

    def named(self, name: str) -> Iterator[str]:
        """Whose name has this in it."""
        wanted = name.casefold()
        return (visitor for visitor, person in self.people.items() if wanted in (person.get("name") or "").casefold())


def _numbers(person: PersonRow | None) -> list[str]:
    if person is None:
        return []
    listed = [*person.get("cards", []), person.get("document") or ""]
    return [number for one in listed if (number := plain(one))]
