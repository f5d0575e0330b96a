"""What is kept of a visitor: a row that may be in the journal, and beside it, never there, who that is."""

from collections.abc import Mapping
from typing import Any, Final, TypedDict

MAX_MISSED: Final = 50  # the latest are kept
PERSON: Final = "visitor:"  # the key of a visitor's row of personal data begins so


class Block(TypedDict):
    """A visitor gets no numbers."""

    since: float
    until: float | None  # None: until somebody says otherwise
    by: str  # the id of who said so


class VisitorRow(TypedDict):
    """A person known to the hall, without anything that says who it is."""

    cls: str | None
    queue: str | None  # where they stand when no queue was chosen
    staff: str | None  # who serves them
    pool: str | None  # or which staff or counters
    language: str | None
    added: float
    seen: float  # when a number was last given them, or they were added or changed
    visits: int
    missed: list[list[Any]]  # [when, ticket or appointment, no_show or appointment], the latest last
    blocked: Block | None


class PersonRow(TypedDict, total=False):
    """Who a visitor is: rows of their own, in no event, no journal, no log."""

    name: str | None
    phone: str | None
    document: str | None
    cards: list[str]
    note: str | None
    why_blocked: str | None


def no_visitor(now: float) -> VisitorRow:
    """Somebody new."""
    return {"cls": None, "queue": None, "staff": None, "pool": None, "language": None, "added": now, "seen": now,
            "visits": 0, "missed": [], "blocked": None}  # fmt: skip


def is_blocked(row: VisitorRow | None, now: float) -> bool:
    """Whether they get no numbers now."""
    block = row["blocked"] if row is not None else None
    return block is not None and (block["until"] is None or now < block["until"])


def missed(row: VisitorRow, now: float, within: float) -> int:
    """How often they did not come, of late."""
    return sum(1 for when, *_ in row["missed"] if when > now - within)


def public(visitor: str, row: VisitorRow, now: float, within: float) -> dict[str, Any]:
    """What events, templates and answers may say."""
    return {
        "id": visitor, "class": row["cls"], "queue": row["queue"], "staff": row["staff"], "pool": row["pool"],
        "language": row["language"], "added": row["added"], "seen": row["seen"], "visits": row["visits"],
        "missed": missed(row, now, within), "blocked": row["blocked"] if is_blocked(row, now) else None,
    }  # fmt: skip


def restored(row: Mapping[str, Any]) -> VisitorRow:
    """A row of an older file, with what is new since."""
    return {**no_visitor(float(row.get("added", 0.0))), **row}  # type: ignore[typeddict-item]
