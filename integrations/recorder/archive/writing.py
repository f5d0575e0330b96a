"""Writes batches: one transaction each, and once only however often a batch is sent."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine

from .tables import contexts, entities, events, marks, states
from .words import about, facts, text_of

MAX_ATTRIBUTES: Final = 16 * 1024  # bytes of JSON, as Home Assistant's
MAX_DATA: Final = 32 * 1024
STATE, EVENT = 0, 1  # the first item of a row

Row: TypeAlias = "Sequence[Any]"
"""[STATE, keep, origin, kind, entity_id, value, available, attributes, changed, updated, context, parent, user] or
[EVENT, keep, origin, type, at, data, context, parent, user]. `keep`: to be recorded; `origin`: its context began so."""
Values: TypeAlias = "dict[str, Any]"


class Writer:
    """Knows the numbers already given out; made anew whenever the database is opened."""

    def __init__(self, engine: Engine, site: str) -> None:
        self._engine, self._site = engine, site
        self._postgres = engine.dialect.name == "postgresql"
        with engine.begin() as connection:
            self._known: dict[str, int] = {
                name: number for number, name in connection.execute(sa.select(entities.c.id, entities.c.entity_id))
            }
            highest = [connection.execute(sa.select(sa.func.max(t.c.id))).scalar() or 0 for t in (states, events)]
            session, batch = connection.execute(sa.select(marks.c.session, marks.c.batch)).one()
        self.last: int = max(highest)
        self._mark: tuple[str, int] = (session, batch)

    def write(self, session: str, batch: int, rows: Sequence[Row]) -> None:
        """All of it or nothing; raises the driver's error, after which this writer must be made anew."""
        if self._mark[0] == session and batch <= self._mark[1]:
            return
        shaped = _Shaped(self.last, dict(self._known))
        for row in rows:
            shaped.take(row)
        with self._engine.begin() as connection:
            self._insert(connection, entities, shaped.entities)
            self._insert(connection, states, shaped.states)
            self._insert(connection, events, shaped.events)
            self._upsert(connection, list(shaped.contexts.values()))
            connection.execute(marks.update().values(session=session, batch=batch))
        self.last, self._known, self._mark = shaped.last, shaped.known, (session, batch)

    def forget(self, names: Sequence[str]) -> None:
        """These entities have no number any more."""
        for name in names:
            self._known.pop(name, None)

    def _insert(self, connection: Connection, table: sa.Table, values: list[Values]) -> None:
        if not values:
            return
        statement: Any = table.insert()
        if self._postgres:  # asking for the ids back, SQLAlchemy sends hundreds of rows in one statement
            statement = statement.returning(table.c.id)
        connection.execute(statement, values)

    def _upsert(self, connection: Connection, values: list[Values]) -> None:
        if not values:
            return
        made: Any = postgresql.insert(contexts) if self._postgres else sqlite.insert(contexts)
        names = ("at", "type", "entity_id", "data", "row_id")
        statement = made.on_conflict_do_update(index_elements=["id"], set_={n: made.excluded[n] for n in names})
        if self._postgres:
            statement = statement.returning(contexts.c.id)
        connection.execute(statement, values)


class _Shaped:
    """Rows as they come, turned into the tables' own."""

    def __init__(self, last: int, known: dict[str, int]) -> None:
        self.last, self.known = last, known
        self.entities: list[Values] = []
        self.states: list[Values] = []
        self.events: list[Values] = []
        self.contexts: dict[str, Values] = {}

    def take(self, row: Row) -> None:
        if row[0] == STATE:
            self._state(row)
        else:
            self._event(row)

    def _next(self) -> int:
        self.last += 1
        return self.last

    def _state(self, row: Row) -> None:
        _, keep, origin, kind, entity_id, value, available, attributes, changed, updated, context, parent, user = row
        number = None
        if keep:
            number = self._next()
            self.states.append({
                "id": number, "entity": self._entity(entity_id), "kind": kind, "value": orjson.dumps(value).decode(),
                "available": available, "attributes": _bounded(attributes), "changed": changed, "updated": updated,
                "context_id": context, "parent_id": parent, "user_id": user,
            })  # fmt: skip
        if origin:
            told = {"value": text_of(value, available)}
            self._context(context, parent, user, updated, "state_changed", entity_id, told, number)

    def _event(self, row: Row) -> None:
        _, keep, origin, kind, at, data, context, parent, user = row
        entity_id, other_id = about(kind, data)
        number = None
        if keep:
            number = self._next()
            body = orjson.dumps(data)
            if len(body) > MAX_DATA:
                told = facts(kind, data)
                body = orjson.dumps({"ticket": told} if "ticket" in data else told)
            self.events.append({
                "id": number, "type": kind[:64], "at": at, "data": _text(body), "entity_id": entity_id,
                "other_id": other_id, "context_id": context, "parent_id": parent, "user_id": user,
            })  # fmt: skip
        if origin:
            self._context(context, parent, user, at, kind[:64], entity_id or other_id, facts(kind, data), number)

    def _context(self, context: str, parent: str | None, user: str | None, at: float, kind: str,
                 entity_id: str | None, told: Mapping[str, Any], number: int | None) -> None:  # fmt: skip
        self.contexts[context] = {
            "id": context, "parent_id": parent, "user_id": user, "at": at, "type": kind, "entity_id": entity_id,
            "data": _text(orjson.dumps(told)), "row_id": number,
        }  # fmt: skip

    def _entity(self, entity_id: str) -> int:
        number = self.known.get(entity_id)
        if number is None:
            number = self.known[entity_id] = max(self.known.values(), default=0) + 1
            self.entities.append({"id": number, "entity_id": entity_id})
        return number


def _bounded(attributes: Any) -> str:
    """The attributes as JSON; of too many only the name is kept."""
    body = orjson.dumps(attributes)
    if len(body) > MAX_ATTRIBUTES:
        name: Any = cast("Mapping[str, Any]", attributes).get("name") if isinstance(attributes, Mapping) else None
        body = orjson.dumps({"name": name} if len(orjson.dumps(name)) < MAX_ATTRIBUTES else {})
    return _text(body)


def _text(body: bytes) -> str:
    r"""PostgreSQL's text takes no NUL; in JSON it stands as \u0000, which its text takes and its JSON would not."""
    return body.decode()
