"""The journal read from its file, the hall running or not: one ticket of any day, and all that happened around it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import orjson

from ...errors import UsherError
from ...frozen import frozen
from ..events import LIVE

DAYS: Final = 62  # looked back through for a number, if no day is given
_ISSUED: Final = "('ticket_issued', 'ticket_split')"


@frozen
class Told:
    """One row of the journal: when, what, and the event's data."""

    at: float
    type: str
    data: dict[str, Any]


@frozen
class Around:
    """A ticket's id, the business day it was issued in, and what the journal tells from that day's start to its end."""

    ticket: str
    day: str
    told: list[Told]


def around(file: Path, named: str, day: str | None) -> Around:
    """Find a ticket by number (of a day; the last day it was given if left out) or id. Raises UsherError."""
    with closing(_opened(file)) as journal:
        ticket, found = _find(journal, named, day)
        own = "SELECT seq, data FROM journal WHERE ticket = ? ORDER BY seq DESC LIMIT 1"
        last, data = journal.execute(own, (ticket,)).fetchone()
        if orjson.loads(data)["ticket"]["state"] in LIVE:  # what happens around it goes on
            last = max(last, _first_of(journal, found, after=True))
        first = _first_of(journal, found)
        rows = journal.execute(
            "SELECT at, type, data FROM journal WHERE seq BETWEEN ? AND ? ORDER BY seq", (first, last)
        )
        return Around(ticket, found, [Told(at, kind, orjson.loads(data)) for at, kind, data in rows])


def _opened(file: Path) -> sqlite3.Connection:
    if not file.exists():
        raise UsherError(f"{file} is not there: this hall has not run yet. Is --config right?")
    try:
        journal = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)
        journal.execute("SELECT seq FROM journal LIMIT 1").fetchone()
    except sqlite3.Error as error:
        raise UsherError(f"{file} cannot be read: {error}. Is it the hall's file?") from error
    return journal


def _find(journal: sqlite3.Connection, named: str, day: str | None) -> tuple[str, str]:
    """(ticket id, business day)."""
    row = journal.execute("SELECT ticket, data FROM journal WHERE ticket = ? ORDER BY seq LIMIT 1", (named,)).fetchone()
    if row is not None:
        return row[0], orjson.loads(row[1])["ticket"]["day"]
    spelt = [f'"number":"{number}"' for number in (named, named.upper())]
    for one in _days(journal) if day is None else [day]:
        rows = journal.execute(
            f"SELECT data FROM journal WHERE seq >= ? AND seq < ? AND type IN {_ISSUED} "  # noqa: S608 - no text from outside
            "AND (instr(data, ?) OR instr(data, ?)) ORDER BY seq DESC",
            (_first_of(journal, one), _first_of(journal, one, after=True), *spelt),
        )
        for (data,) in rows:
            ticket = orjson.loads(data)["ticket"]
            if ticket["number"].upper() == named.upper():
                return ticket["id"], ticket["day"]
    if day is None:
        raise UsherError(f"no ticket {named} in the last {DAYS} days of this hall. Say which day: --day 2026-08-03.")
    known = next(iter(_days(journal)), None)
    raise UsherError(f"no ticket {named} on {day}." + (f" The last day of this hall is {known}." if known else ""))


def _days(journal: sqlite3.Connection) -> Iterator[str]:
    """The last business days in the journal, the latest first."""
    row = journal.execute("SELECT seq, day FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    for _ in range(DAYS):
        if row is None:
            return
        yield row[1]
        row = journal.execute(
            "SELECT seq, day FROM journal WHERE seq < ? ORDER BY seq DESC LIMIT 1", (_first_of(journal, row[1]),)
        ).fetchone()


def _first_of(journal: sqlite3.Connection, day: str, after: bool = False) -> int:
    """The first row of a business day (or after it), found by halving: nothing of the years before is read."""
    low, high = journal.execute("SELECT (SELECT min(seq) FROM journal), (SELECT max(seq) FROM journal) + 1").fetchone()
    while (low or 0) < (high or 0):
        middle = (low + high) // 2
        (there,) = journal.execute("SELECT day FROM journal WHERE seq >= ? ORDER BY seq LIMIT 1", (middle,)).fetchone()
        if there < day or (after and there == day):
            low = middle + 1
        else:
            high = middle
    return low or 0
