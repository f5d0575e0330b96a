"""The tables of the history, as SQLAlchemy Core. The migrations make them; a test compares the two.

A row's id is given by the one writer and rises over states and events together: the order is that of what happened,
also where the wall clock was set back. Stamps are wall time in Unix seconds; `value`, `attributes` and `data` are JSON.
"""

from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, SmallInteger, String, Table, Text

LAYOUT: Final = "0002"  # the newest migration
CHANGED, TOLD, FIRST, GONE, COUNTED = 0, 1, 2, 3, 4
"""What a state row says: another value; the same with other attributes; there for the first time; taken away; another
number (which a logbook leaves out)."""

metadata = MetaData()


def _because() -> tuple[Column[Any], ...]:
    return (
        Column("context_id", String(64), nullable=False),
        Column("parent_id", String(64)),
        Column("user_id", String(255)),
    )


entities = Table(
    "entities",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("entity_id", String(255), nullable=False, unique=True),
)
states = Table(
    "states",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("entity", Integer, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("value", Text, nullable=False),
    Column("available", Boolean, nullable=False),
    Column("attributes", Text, nullable=False),
    Column("changed", Float(53), nullable=False),
    Column("updated", Float(53), nullable=False),
    *_because(),
    Index("states_of", "entity", "updated"),
    Index("states_at", "updated"),
    Index("states_context", "context_id"),
)
events = Table(
    "events",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("type", String(64), nullable=False),
    Column("at", Float(53), nullable=False),
    Column("data", Text, nullable=False),
    Column("entity_id", String(255)),  # what it is about: the automation, the window
    Column("other_id", String(255)),  # and the queue
    *_because(),
    Index("events_at", "at"),
    Index("events_of", "entity_id", "at"),
    Index("events_of_other", "other_id", "at"),
    Index("events_context", "context_id"),
)
contexts = Table(  # what each chain link began with: the automation that ran, the ticket that was issued
    "contexts",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("parent_id", String(64)),
    Column("user_id", String(255)),
    Column("at", Float(53), nullable=False),
    Column("type", String(64), nullable=False),
    Column("entity_id", String(255)),
    Column("data", Text, nullable=False),  # what a sentence about it needs
    Column("row_id", BigInteger),
    Index("contexts_at", "at"),
)
marks = Table(  # whose history this is, and which batch was written last: one sent twice is written once
    "marks",
    metadata,
    Column("site", String(255), primary_key=True),
    Column("session", String(64), nullable=False),
    Column("batch", BigInteger, nullable=False),
)
