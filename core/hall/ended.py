"""Tickets that have ended: the last of them stay in memory, all of the day in the file, and the journal keeps them for ever."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import orjson

from ..store import Store
from ..tables import Batch, Row, Table
from .events import ENDED, PublicTicket
from .journal import LIVE_TABLES, REQUEST

TICKET: Final = LIVE_TABLES["ticket"]
PERSON: Final = LIVE_TABLES["person"]
CHUNK: Final = 500  # rows let go in one batch
_DAY: Final = "coalesce(json_extract(data, '$.carried'), day)"
_AT: Final = {name: at for at, name in enumerate(TICKET.names)}


async def listed(
    store: Store, states: Sequence[str], queue: str | None, counter: str | None, case: str | None, limit: int
) -> tuple[list[PublicTicket], int]:
    """The tickets of the period in some of the ended states, the first issued first: `limit` of them, and how many."""
    wanted = [state for state in states if state in ENDED]
    where, values = f"state IN ({', '.join('?' * len(wanted))})", list[Any](wanted)
    for what, value in (("queue", queue), ("json_extract(data, '$.counter')", counter),
                        ("json_extract(data, '$.case')", case)):  # fmt: skip
        if value is not None:
            where, values = f"{where} AND {what} = ?", [*values, value]
    keys = await store.rows(TICKET, where, values, unread=[name for name in TICKET.names if name != "id"])
    first = [row[0] for row in keys[:limit]]
    rows = await store.rows(TICKET, f"id IN ({', '.join('?' * len(first))})", first)
    return [orjson.loads(row[_AT["data"]]) for row in rows], len(keys)


async def forget(store: Store, today: str) -> None:
    """What a day that is over has left in the file goes: ended tickets, whose they were, request ids.

    A day ahead is left alone: the clock may have been a day ahead.
    """
    ended = ", ".join(f"'{state}'" for state in ENDED)
    while rows := await _over(store, TICKET, _DAY, today, f"AND state IN ({ended})"):
        batch = Batch()
        for row in rows:
            batch.drop(TICKET, row[0])
            batch.drop(PERSON, row[0])
        await store.save(batch)
    while rows := await _over(store, REQUEST, "day", today):
        batch = Batch()
        for row in rows:
            batch.drop(REQUEST, row[0])
        await store.save(batch)


async def _over(store: Store, table: Table, day: str, today: str, also: str = "") -> list[Row]:
    """Some of the rows of days that are over, their keys only."""
    ahead = (date.fromisoformat(today) + timedelta(days=1)).isoformat()
    where = f"rowid IN (SELECT rowid FROM {table.name} WHERE {day} NOT IN (?, ?) {also} LIMIT {CHUNK})"  # noqa: S608 - usher's own names
    return await store.rows(table, where, (today, ahead), unread=[name for name in table.names if name != "id"])
