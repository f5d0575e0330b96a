"""Reads the past: an entity's states over a period, in pages."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from .tables import GONE, TOLD, entities, events, states

PAGE: Final = 2000  # rows of one answer
IN_ONE: Final = 500  # names of one statement

Select: TypeAlias = Any  # a statement: its type would name every column


def known(connection: Connection) -> dict[str, Any]:
    """What is in the history: entities and the types of events."""
    names = connection.execute(sa.select(entities.c.entity_id).order_by(entities.c.entity_id)).scalars().all()
    types = connection.execute(sa.select(events.c.type).distinct()).scalars().all()
    return {"entities": list(names), "types": sorted(types)}


def history(connection: Connection, asked: Mapping[str, Any]) -> dict[str, Any]:
    """One page: {"rows": [[entity_id, value, available, attributes, changed, updated, kind], ...], "more": cursor}.

    `asked`: start, end, entity_ids, initial (the state each one had at the start), significant (values only, not
    attributes), attributes, after (the cursor). Rows come entity by entity in the order they were asked for.
    """
    order: list[str] = asked["entity_ids"]
    at, after = asked.get("after") or (0, None)
    rows: list[list[Any]] = []
    numbers = _numbers(connection, order[at:])
    while at < len(order):
        name = order[at]
        number = numbers.get(name)
        if number is not None:
            if after is None and asked["initial"]:
                rows += [_shaped(name, row) for row in _initial(connection, number, asked)]
            room = PAGE - len(rows)
            found = connection.execute(_period(number, asked, after).limit(room + 1)).all()
            rows += [_shaped(name, row) for row in found[:room] if row.kind != GONE]
            if len(found) > room:
                last = found[room - 1]
                return {"rows": rows, "more": [at, [last.updated, last.id]]}
        at, after = at + 1, None
        if len(rows) >= PAGE and at < len(order):
            return {"rows": rows, "more": [at, None]}
    return {"rows": rows, "more": None}


def _numbers(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for begin in range(0, len(names), IN_ONE):
        some = names[begin : begin + IN_ONE]
        statement = sa.select(entities.c.entity_id, entities.c.id).where(entities.c.entity_id.in_(some))
        found.update((name, number) for name, number in connection.execute(statement))
    return found


def _columns(asked: Mapping[str, Any]) -> Select:
    s = states.c
    attributes = s.attributes if asked["attributes"] else sa.literal("{}").label("attributes")
    return sa.select(s.id, s.value, s.available, attributes, s.changed, s.updated, s.kind)


def _period(number: int, asked: Mapping[str, Any], after: Sequence[Any] | None) -> Select:
    s = states.c
    statement = _columns(asked).where(s.entity == number, s.updated >= asked["start"], s.updated < asked["end"])
    if asked["significant"]:
        statement = statement.where(s.kind != TOLD)
    if after is not None:
        statement = statement.where(sa.or_(s.updated > after[0], sa.and_(s.updated == after[0], s.id > after[1])))
    return statement.order_by(s.updated, s.id)


def _initial(connection: Connection, number: int, asked: Mapping[str, Any]) -> list[Row[Any]]:
    """The state it had when the period began, unless it was not there."""
    s = states.c
    statement = _columns(asked).where(s.entity == number, s.updated < asked["start"])
    row = connection.execute(statement.order_by(s.updated.desc(), s.id.desc()).limit(1)).first()
    return [] if row is None or row.kind == GONE else [row]


def _shaped(name: str, row: Row[Any]) -> list[Any]:
    return [name, orjson.loads(row.value), bool(row.available), orjson.loads(row.attributes), row.changed, row.updated,
            row.kind]  # fmt: skip
