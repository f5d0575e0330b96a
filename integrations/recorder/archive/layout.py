"""Opens the database and brings it to the present layout; says in a sentence what cannot be mended by waiting.

alembic is imported only when there is something to migrate: it costs 11 MiB and a fifth of a second.
"""

import logging
import os
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url

from .tables import LAYOUT, marks

DRIVER: Final = "pg8000"
CONNECT_LIMIT: Final = 10  # seconds to reach a server
STATEMENT_LIMIT: Final = 60  # seconds of one statement, after which it is taken for dead
MIGRATIONS: Final = Path(__file__).with_name("migrations")
INCREMENTAL: Final = 2  # of SQLite's auto_vacuum: freed pages are given back in pieces, when asked


class Refused(Exception):
    """This database is not for us; waiting mends nothing. `code` names a pip extra that is missing, or is "refused"."""

    def __init__(self, text: str, code: str = "refused") -> None:
        self.code = code
        super().__init__(text)


def read_url(text: str) -> URL:
    """The address with its driver; raises Refused, without the address: it may hold a password."""
    try:
        url = make_url(text)
    except Exception as error:
        raise Refused("db_url is no database address. Write postgresql://user:password@host/name.") from error
    backend = url.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise Refused(
            f"db_url: {backend!r} is not known. Write sqlite:///path or postgresql://user:password@host/name."
        )
    if backend == "postgresql" and url.drivername == "postgresql":
        url = url.set(drivername=f"postgresql+{DRIVER}")
    return url


def open_engine(url: URL) -> Engine:
    """An engine of one connection; raises Refused where the driver is missing."""
    # Why a connection failed is told once, by who used it. The pool would tell it again, with the rows that were to be
    # written, and a log record that keeps the error keeps its socket.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    try:
        if url.get_backend_name() == "postgresql":
            limits = {"timeout": STATEMENT_LIMIT} if DRIVER in url.drivername else {"connect_timeout": CONNECT_LIMIT}
            return sa.create_engine(url, connect_args=limits, pool_size=1, max_overflow=0)
        if url.database and url.database != ":memory:":
            path = Path(url.database)
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # for nobody else
        engine = sa.create_engine(url, poolclass=sa.StaticPool, connect_args={"timeout": 5, "isolation_level": None})
    except ModuleNotFoundError as error:
        raise Refused("The driver of this database is not installed.", "postgres") from error
    event.listen(engine, "connect", _as_usher_wants_it)
    event.listen(engine, "begin", _begin)
    return engine


def _as_usher_wants_it(connection: Any, record: Any) -> None:
    execute = connection.execute
    if execute("PRAGMA page_count").fetchone()[0] == 0:
        execute(f"PRAGMA auto_vacuum={INCREMENTAL}")  # only before the first table
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "temp_store=MEMORY", "journal_size_limit=16777216"):
        execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")  # the driver's own would not hold a migration together


def bring_up(engine: Engine, site: str) -> None:
    """Make or migrate the tables; raises Refused for a newer database or another hall's, else the driver's errors."""
    with engine.begin() as connection:
        now = _layout(connection)
        if now is not None and now > LAYOUT:
            raise Refused(
                f"The history was written by a newer usher (layout {now}, this one knows {LAYOUT}). Update usher, or "
                "name another database in db_url. Nothing is recorded until then; the hall is not touched.")  # fmt: skip
        if now != LAYOUT:
            migrate(connection)
        whose = connection.execute(sa.select(marks.c.site)).scalars().first()
        if whose is None:
            connection.execute(marks.insert().values(site=site, session="", batch=0))
        elif whose != site:
            raise Refused(f"This is the history of the site {whose!r}, not of {site!r}. Each hall has a database of its "
                          "own: name another one in db_url.")  # fmt: skip


def _layout(connection: Connection) -> str | None:
    inspector = sa.inspect(connection)
    if not inspector.has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def migrate(connection: Connection, to: str = LAYOUT) -> None:
    """Run what is missing, in the transaction of this connection: all of it or nothing."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, to)
