"""Forgets what is too old, in pieces of a few milliseconds between which writing and reading go on."""

from collections.abc import Generator, Mapping
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from .tables import GONE, contexts, entities, events, states

PIECE: Final = 2000  # rows of one transaction
PAGES: Final = 500  # of SQLite's freed pages given back at a time
DAY: Final = 86400.0
Pieces: TypeAlias = Generator[None, None, dict[str, int]]


def purge(engine: Engine, now: float, default: float, ages: Mapping[str, float], repack: bool) -> Pieces:
    """A piece at each step; at the end {"states", "events", "contexts"}: how many were forgotten.

    `ages` are days an entity's states are kept, where it is not `default`. The latest state of each entity that is still
    there stays, so that a period that begins later knows it. An event is kept as long as what it is about, if that is
    kept longer than the default.
    """
    counts = {"states": 0, "events": 0, "contexts": 0}
    for number, name in _entities(engine):
        cutoff = now - ages.get(name, default) * DAY
        latest = _latest(engine, number)
        old = sa.select(states.c.id).where(states.c.entity == number, states.c.updated < cutoff, states.c.id != latest)
        counts["states"] += yield from _drop(engine, states, old)
    longer = {name: days for name, days in ages.items() if days > default}
    of_longer = sa.or_(events.c.entity_id.in_(list(longer)), events.c.other_id.in_(list(longer)))
    others = sa.and_(events.c.at < now - default * DAY, sa.func.coalesce(sa.not_(of_longer), sa.true()))
    counts["events"] += yield from _drop(engine, events, sa.select(events.c.id).where(others))
    oldest = now - max((default, *longer.values())) * DAY
    counts["events"] += yield from _drop(engine, events, sa.select(events.c.id).where(events.c.at < oldest))
    began = sa.select(contexts.c.id).where(contexts.c.at < now - max((default, *ages.values())) * DAY)
    counts["contexts"] += yield from _drop(engine, contexts, began)
    yield from give_back(engine, repack)
    return counts


def purge_entities(engine: Engine, now: float, days: Mapping[str, float]) -> Pieces:
    """Forget these entities' states older than so many days; with 0, all of them and what happened to them."""
    counts = {"states": 0, "events": 0, "contexts": 0}
    for number, name in _entities(engine):
        if name not in days:
            continue
        old = sa.select(states.c.id).where(states.c.entity == number)
        told = sa.select(events.c.id).where(events.c.entity_id == name)
        if days[name] > 0:
            cutoff = now - days[name] * DAY
            old, told = old.where(states.c.updated < cutoff), told.where(events.c.at < cutoff)
        counts["states"] += yield from _drop(engine, states, old)
        counts["events"] += yield from _drop(engine, events, told)
    yield from give_back(engine, False)
    return counts


def give_back(engine: Engine, repack: bool) -> Generator[None, None, None]:
    """Return the room to the disk. SQLite gives freed pages back a few at a time, which never copies the whole file as
    VACUUM does; PostgreSQL's own cleaner works beside, and `repack` asks it to begin at once."""
    if engine.dialect.name == "sqlite":
        while True:
            with engine.connect() as connection:
                before = connection.exec_driver_sql("PRAGMA freelist_count").scalar() or 0
                if before:
                    raw: Any = connection.connection.driver_connection  # it steps once a page, with rows of no columns
                    raw.execute(f"PRAGMA incremental_vacuum({PAGES})").fetchall()
                left = connection.exec_driver_sql("PRAGMA freelist_count").scalar() or 0
                connection.commit()
            yield
            if left == 0 or left >= before:
                return
    elif repack:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in (states, events, contexts):
                connection.exec_driver_sql(f"VACUUM (ANALYZE) {table.name}")
                yield


def _entities(engine: Engine) -> list[tuple[int, str]]:
    with engine.connect() as connection:
        return [(number, name) for number, name in connection.execute(sa.select(entities.c.id, entities.c.entity_id))]


def _latest(engine: Engine, number: int) -> int:
    """The row that stays; -1 for an entity that is no more."""
    newest = sa.select(states.c.id, states.c.kind).where(states.c.entity == number)
    with engine.connect() as connection:
        row = connection.execute(newest.order_by(states.c.updated.desc(), states.c.id.desc()).limit(1)).first()
    return -1 if row is None or row.kind == GONE else int(row.id)


def _drop(engine: Engine, table: sa.Table, found: Any) -> Generator[None, None, int]:
    dropped = 0
    while True:
        with engine.begin() as connection:
            ids = connection.execute(found.limit(PIECE)).scalars().all()
            for begin in range(0, len(ids), 500):
                connection.execute(table.delete().where(table.c.id.in_(ids[begin : begin + 500])))
        dropped += len(ids)
        yield
        if len(ids) < PIECE:
            return dropped
