"""The archive driven in this process, over a SQLite file or a real PostgreSQL server."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from usher.integrations.recorder.archive.child import Child

NOW = 1_763_769_600.0
PASSWORD = "s3cret/pass"
MEND = "The tests of the recorder need PostgreSQL. Run: script/setup dev"


class Postgres:
    """A server of our own in a folder of its own, as a user that is not root; `url` names a new database each time."""

    def __init__(self) -> None:
        self.bin = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
        if self.bin is None and (found := shutil.which("postgres")):
            self.bin = Path(found).resolve().parent
        assert self.bin is not None, MEND
        self.folder = Path(tempfile.mkdtemp(prefix="pg"))
        self._as: list[str] = []
        if os.getuid() == 0:
            shutil.chown(self.folder, "nobody", None)
            self._as = ["setpriv", "--reuid", "nobody", "--clear-groups", "--"]
        (self.folder / "password").write_text(PASSWORD)
        (self.folder / "password").chmod(0o644)
        self._run("initdb", "-D", self.folder / "data", "-U", "usher", "--auth=scram-sha-256", "-N", "-E", "UTF8",
                  f"--pwfile={self.folder / 'password'}", "--locale=C")  # fmt: skip
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._count = 0
        self.start()

    def _run(self, name: str, *arguments: object) -> None:
        command = [*self._as, str(self.bin / name), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd="/")
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        options = f"-c listen_addresses=127.0.0.1 -p {self.port} -c unix_socket_directories={self.folder} -c fsync=off"
        self._run("pg_ctl", "-D", self.folder / "data", "-o", options, "-l", self.folder / "log", "-w", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self.folder / "data", "-m", "fast", "-w", "stop")

    @property
    def server(self) -> sa.URL:
        return sa.URL.create("postgresql", "usher", PASSWORD, "127.0.0.1", self.port, "postgres")

    def url(self) -> str:
        self._count += 1
        name = f"history{self._count}"
        engine = sa.create_engine(self.server.set(drivername="postgresql+pg8000"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine.dispose()
        return self.server.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    yield server
    with suppress(AssertionError):
        server.stop()
    shutil.rmtree(server.folder, ignore_errors=True)


def state(entity: str, value: Any, at: float, context: str = "C", *, kind: int = 0, **more: Any) -> list[Any]:
    """A state row as the hall sends it."""
    return [0, more.get("keep", 1), more.get("origin", 0), kind, entity, value, more.get("available", True),
            more.get("attributes", {"name": entity}), more.get("changed", at), at, context, more.get("parent"),
            more.get("user")]  # fmt: skip


def event(kind: str, at: float, data: Any, context: str = "C", **more: Any) -> list[Any]:
    """An event row."""
    return [
        1,
        more.get("keep", 1),
        more.get("origin", 1),
        kind,
        at,
        data,
        context,
        more.get("parent"),
        more.get("user"),
    ]


class Desk:
    """An archive and what it said."""

    def __init__(self, url: str, site: str = "main", *, opened: bool = True) -> None:
        self.url, self.site = url, site
        self.said: list[dict[str, Any]] = []
        self.now = 0.0
        self.child = Child(self.said.append, lambda: self.now)
        self._batch = self._number = 0
        if opened:
            self.child.take({"do": "open", "url": url, "site": site})

    def write(self, *rows: list[Any], session: str = "S", batch: int | None = None) -> None:
        self._batch += 1
        number = self._batch if batch is None else batch
        self.child.take({"do": "write", "session": session, "batch": number, "rows": list(rows)})

    def ask(self, what: str, **data: Any) -> Any:
        self._number += 1
        self.child.take({"do": "ask", "id": self._number, "what": what, "data": data})
        answer = next(one for one in reversed(self.said) if one.get("id") == self._number)
        assert "error" not in answer, answer
        return answer["answer"]

    def history(self, *names: str, start: float = 0, end: float = 1e12, **more: Any) -> list[list[Any]]:
        asked = {"start": start, "end": end, "entity_ids": list(names), "initial": True, "significant": False,
                 "attributes": True, "after": None} | more  # fmt: skip
        rows: list[list[Any]] = []
        while True:
            page = self.ask("history", **asked)
            rows += page["rows"]
            if page["more"] is None:
                return rows
            asked["after"] = page["more"]

    def logbook(self, **more: Any) -> list[dict[str, Any]]:
        asked: dict[str, Any] = {"start": 0, "end": 1e12, "names": {}, "after": None} | more
        entries: list[dict[str, Any]] = []
        while True:
            page = self.ask("logbook", **asked)
            entries += page["entries"]
            if page["more"] is None:
                return entries
            asked["after"] = page["more"]

    def purge(self, **told: Any) -> tuple[dict[str, int], int]:
        """What was forgotten, and in how many pieces."""
        self._number += 1
        frame = {"now": NOW, "default": 10, "ages": {}, "repack": False} | told
        self.child.take({"do": "purge", "id": self._number, **frame})
        pieces = 0
        while self.child.patience == 0:
            self.child.idle()
            pieces += 1
        return self.heard("purged")[-1]["counts"], pieces

    def heard(self, what: str) -> list[dict[str, Any]]:
        return [one for one in self.said if one["is"] == what]

    def later(self, seconds: float = 120.0) -> None:
        """Time passes, and what failed is tried again."""
        self.now += seconds
        self.child.idle()

    def count(self, table: str) -> int:
        assert self.child._engine is not None
        with self.child._engine.connect() as connection:
            return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() or 0)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'history.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.url()


@pytest.fixture
def desk(url: str) -> Iterator[Desk]:
    one = Desk(url)
    yield one
    one.child.end()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


def wait_for(path: Path, limit: float = 10) -> None:
    end = time.monotonic() + limit
    while not path.exists():
        assert time.monotonic() < end, f"{path} did not come"
        time.sleep(0.01)
