"""Reads the logbook: what happened, in words, each entry with its cause by the true chain of contexts.

The cause is never guessed from what was near in time: a context names its parent, and the table `contexts` says what
each one began with. So a cause is right after any delay or restart, and two people who act in the same second are two.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from .reading import IN_ONE, Select
from .tables import CHANGED, contexts, entities, events, states
from .words import ENTRY, TOLD, describe, facts, text_of

PAGE: Final = 1000  # entries of one answer
LONGEST: Final = 32  # links of a chain
STATE: Final = "state_changed"
BEGINS: Final = ("automation_triggered", "script_started")  # what a run's context begins with: the cause of all in it


def logbook(connection: Connection, asked: Mapping[str, Any]) -> dict[str, Any]:
    """One page: {"entries": [...], "more": cursor, "last": the number of the last row seen}.

    `asked`: start, end, entity_ids, context_id, readable and hearable (lists, or null for all), names, chinese,
    after (a cursor) or since (a row's number: what came later, in the order it came).
    """
    found = _rows(connection, asked)
    page = found[:PAGE]
    links = _links(connection, page)
    teller = _Teller(asked, links)
    entries = [entry for row in page if (entry := teller.entry(row)) is not None]
    last = max((row.id for row in page), default=asked.get("since") or 0)
    more = [page[-1].at, page[-1].id] if len(found) > PAGE else None
    return {"entries": entries, "more": more, "last": last}


def last_row(connection: Connection) -> int:
    """The number of the latest row."""
    return max(connection.execute(sa.select(sa.func.max(t.c.id))).scalar() or 0 for t in (states, events))


def _rows(connection: Connection, asked: Mapping[str, Any]) -> Sequence[Row[Any]]:
    s, e = states.c, events.c
    null = sa.null()
    changes = sa.select(
        s.id, s.updated.label("at"), sa.literal(STATE).label("type"), entities.c.entity_id.label("entity_id"),
        sa.cast(null, sa.String).label("other_id"), s.value.label("data"), s.available, s.context_id, s.parent_id, s.user_id,
    ).join(entities, entities.c.id == s.entity).where(s.kind == CHANGED)  # fmt: skip
    told = sa.select(
        e.id, e.at, e.type, e.entity_id, e.other_id, e.data, sa.true().label("available"), e.context_id,
        e.parent_id, e.user_id,
    ).where(e.type.in_(TOLD))  # fmt: skip
    if asked.get("hearable") is not None:
        told = told.where(e.type.in_(asked["hearable"]))
    for names in (asked.get("entity_ids"), asked.get("readable")):
        if names is not None:
            changes = changes.where(entities.c.entity_id.in_(names))
    if (names := asked.get("entity_ids")) is not None:
        told = told.where(sa.or_(e.entity_id.in_(names), e.other_id.in_(names)))
    if (names := asked.get("readable")) is not None:
        told = told.where(sa.or_(e.entity_id.is_(None), e.entity_id.in_(names)))
        told = told.where(sa.or_(e.other_id.is_(None), e.other_id.in_(names)))
    if (context := asked.get("context_id")) is not None:
        changes = changes.where(sa.or_(s.context_id == context, s.parent_id == context))
        told = told.where(sa.or_(e.context_id == context, e.parent_id == context))
    changes = changes.where(s.updated >= asked["start"], s.updated < asked["end"])
    told = told.where(e.at >= asked["start"], e.at < asked["end"])
    changes, told = _page(changes, s.updated, s.id, asked), _page(told, e.at, e.id, asked)
    both = sa.union_all(changes, told).subquery()  # each part comes by its index, a page of it at most
    order = (both.c.id,) if asked.get("since") is not None else (both.c.at, both.c.id)
    return connection.execute(sa.select(both).order_by(*order).limit(PAGE + 1)).all()


def _page(part: Select, at: Any, number: Any, asked: Mapping[str, Any]) -> Select:
    if (since := asked.get("since")) is not None:
        cut = part.where(number > since).order_by(number)
    elif (after := asked.get("after")) is not None:
        cut = part.where(at >= after[0], sa.or_(at > after[0], number > after[1])).order_by(at, number)
    else:
        cut = part.order_by(at, number)
    return sa.select(cut.limit(PAGE + 1).subquery())


def _links(connection: Connection, rows: Sequence[Row[Any]]) -> dict[str, Row[Any]]:
    """What each context in the chains of these rows began with."""
    found: dict[str, Row[Any]] = {}
    wanted = {one for row in rows for one in (row.context_id, row.parent_id) if one}
    for _ in range(LONGEST):
        if not wanted:
            break
        asked_for, nearest = list(wanted), list[Row[Any]]()
        for begin in range(0, len(asked_for), IN_ONE):
            some = asked_for[begin : begin + IN_ONE]
            nearest += connection.execute(sa.select(contexts).where(contexts.c.id.in_(some))).all()
        found.update((row.id, row) for row in nearest)
        wanted = {row.parent_id for row in nearest if row.parent_id and row.parent_id not in found}
    return found


class _Teller:
    """Turns rows into entries for one asker."""

    def __init__(self, asked: Mapping[str, Any], links: Mapping[str, Row[Any]]) -> None:
        self._names: Mapping[str, str] = asked["names"]
        self._chinese = bool(asked.get("chinese"))
        self._links = links
        readable, hearable = asked.get("readable"), asked.get("hearable")
        self._readable = None if readable is None else frozenset(readable)
        self._hearable = None if hearable is None else frozenset(hearable)

    def entry(self, row: Row[Any]) -> dict[str, Any] | None:
        if row.type == STATE:
            entry: dict[str, Any] = {
                "when": row.at, "state": text_of(orjson.loads(row.data), bool(row.available)),
                "entity_id": row.entity_id, "name": self._name(row.entity_id),
            }  # fmt: skip
        else:
            data = orjson.loads(row.data)
            told = describe(row.type, data if row.type == ENTRY else facts(row.type, data), self._name, self._chinese)
            if not told.get("name"):
                return None
            entry = {"when": row.at, **told}
        entry["context_id"] = row.context_id
        self._because(entry, row)
        return entry

    def _name(self, entity_id: str) -> str:
        return self._names.get(entity_id, entity_id)

    def _because(self, entry: dict[str, Any], row: Row[Any]) -> None:
        """The nearest cause in Home Assistant's fields, and the whole chain behind it, nearest first."""
        if row.user_id:
            entry["context_user_id"] = row.user_id
        chain = self._chain(row)
        if not chain:
            return
        nearest = chain[0]
        entry["chain"] = [self._link(link) for link in chain]
        if not self._seen(nearest):
            return
        told = self._told(nearest)
        if nearest.entity_id:
            entry["context_entity_id"] = nearest.entity_id
            entry["context_entity_id_name"] = self._name(nearest.entity_id)
        if nearest.type == STATE:
            entry["context_state"] = told["state"]
            return
        entry["context_event_type"], entry["context_domain"] = nearest.type, told["domain"]
        for key in ("name", "message", "source"):
            if told.get(key):
                entry[f"context_{key}"] = told[key]

    def _chain(self, row: Row[Any]) -> list[Row[Any]]:
        """From the nearest cause to the first. What a row's own context began with is its cause, if it is another thing
        that comes before it: the run of an automation, or for a state the event it belongs to."""
        own = self._links.get(row.context_id)
        chain: list[Row[Any]] = []
        if (
            own is not None
            and own.row_id != row.id
            and (own.type in BEGINS or (row.type == STATE and own.type != STATE))
        ):
            chain.append(own)
        parent = row.parent_id
        while parent and len(chain) < LONGEST:
            link = self._links.get(parent)
            if link is None:
                break
            chain.append(link)
            parent = link.parent_id
        return chain

    def _seen(self, link: Row[Any]) -> bool:
        """Whether the asker may know of it."""
        if self._readable is not None and link.entity_id and link.entity_id not in self._readable:
            return False
        return link.type == STATE or self._hearable is None or link.type in self._hearable

    def _told(self, link: Row[Any]) -> dict[str, Any]:
        data = orjson.loads(link.data)
        if link.type == STATE:
            return {"state": data.get("value"), "name": self._name(link.entity_id or ""), "domain": None}
        return {**describe(link.type, data, self._name, self._chinese), "source": data.get("source")}

    def _link(self, link: Row[Any]) -> dict[str, Any]:
        shape: dict[str, Any] = {"context_id": link.id, "when": link.at}
        if not self._seen(link):
            return shape
        told = self._told(link)
        shape |= {"event_type": link.type, "user_id": link.user_id, "entity_id": link.entity_id}
        return shape | {key: told[key] for key in ("name", "message", "state", "source") if told.get(key)}
