"""The archive over a real SQLite file and a real PostgreSQL server: the same answers from both."""

import gc
import sqlite3
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from usher.integrations.recorder.archive import layout, purging
from usher.integrations.recorder.archive.layout import MIGRATIONS, Refused, bring_up, migrate, open_engine, read_url
from usher.integrations.recorder.archive.tables import LAYOUT, metadata

from .conftest import NOW, PASSWORD, Desk, Postgres, event, state

DAY = 86400.0


def test_the_child_knows_nothing_of_usher() -> None:
    """It is started as a process of its own, that has this folder and no other of usher's."""
    alone = "import sys; sys.path.insert(0, sys.argv[1]); import archive.child; print([m for m in sys.modules if 'usher' in m])"
    folder = Path(layout.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-I", "-c", alone, str(folder)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


# --- writing and reading ----------------------------------------------------------------------------------------------


def test_what_was_written_is_read_with_its_types(desk: Desk) -> None:
    attributes = {"name": {"en": "A", "zh-CN": "甲"}, "list": [1, 2.5, None, True], "nul": "a\0b"}
    for n, value in enumerate((None, True, 3, 2.5, "三 'quotes' \u0000 %s :x")):
        desk.write(state("sensor.a", value, NOW + n, attributes=attributes))
    desk.write(state("sensor.a", None, NOW + 9, available=False))
    found = desk.history("sensor.a")
    assert [(row[1], row[2]) for row in found] == [
        (None, True), (True, True), (3, True), (2.5, True), ("三 'quotes' \u0000 %s :x", True), (None, False)]  # fmt: skip
    assert found[0][3] == attributes
    assert found[4][4:6] == [NOW + 4, NOW + 4]


def test_a_period_begins_with_what_was_true(desk: Desk) -> None:
    desk.write(*(state("a.a", n, NOW + n) for n in range(10)), state("a.b", "x", NOW), state("a.c", "y", NOW + 20))
    assert [(r[0], r[1]) for r in desk.history("a.b", "a.a", "a.none", "a.c", start=NOW + 7.5, end=NOW + 9)] == [
        ("a.b", "x"), ("a.a", 7), ("a.a", 8)]  # fmt: skip
    assert [r[1] for r in desk.history("a.a", start=NOW + 7.5, initial=False)] == [8, 9]


def test_an_entity_that_was_taken_away_is_not_there(desk: Desk) -> None:
    desk.write(state("a.a", 1, NOW), state("a.a", None, NOW + 1, kind=3), state("a.a", 2, NOW + 5, kind=2))
    assert [r[1] for r in desk.history("a.a", start=NOW + 2)] == [2]
    assert [r[1] for r in desk.history("a.a")] == [1, 2]


def test_attributes_only_and_without_attributes(desk: Desk) -> None:
    desk.write(state("a.a", 1, NOW), state("a.a", 1, NOW + 1, kind=1, changed=NOW), state("a.a", 2, NOW + 2))
    assert [r[5] for r in desk.history("a.a", significant=True)] == [NOW, NOW + 2]
    assert [r[3] for r in desk.history("a.a", attributes=False)] == [{}, {}, {}]


def test_pages_leave_nothing_out(desk: Desk) -> None:
    """Many states, many of them of one moment, over several entities."""
    names = [f"a.e{n}" for n in range(7)]
    for name in names:
        desk.write(*(state(name, n, NOW + n // 3) for n in range(900)))
    found = desk.history(*names)
    assert [(r[0], r[1]) for r in found] == [(name, n) for name in names for n in range(900)]


def test_a_batch_that_is_sent_twice_is_written_once(desk: Desk, url: str) -> None:
    desk.write(state("a.a", 1, NOW), batch=7)
    desk.write(state("a.a", 1, NOW), batch=7)
    assert [one["batch"] for one in desk.heard("written")] == [7, 7]
    other = Desk(url)  # after a crash between the writing and the word of it
    other.write(state("a.a", 1, NOW), batch=7)
    other.write(state("a.a", 2, NOW + 1), batch=8)
    other.write(state("a.a", 3, NOW + 2), session="S2", batch=1)  # a new start counts anew
    assert [r[1] for r in other.history("a.a")] == [1, 2, 3]
    other.child.end()


def test_rows_are_numbered_on_after_a_start(desk: Desk, url: str) -> None:
    desk.write(state("a.a", 1, NOW), event("ticket_issued", NOW, {}))
    desk.child.end()
    again = Desk(url)
    again.write(state("a.a", 2, NOW + 1), session="S2")
    assert again.heard("written")[-1]["last"] == 3
    again.child.end()


def test_too_much_of_one_thing_is_cut_to_its_name(desk: Desk) -> None:
    desk.write(state("a.a", 1, NOW, kind=2, attributes={"name": "A", "blob": "x" * 20_000}))
    desk.write(event("ticket_issued", NOW, {"ticket": {"number": "A1", "queue": "q", "blob": "x" * 40_000}}))
    assert desk.history("a.a")[0][3] == {"name": "A"}
    assert [one["name"] for one in desk.logbook()] == ["A1"]  # of such an event only what a sentence needs is kept
    assert desk.count("events") == 1


def test_rows_that_no_database_takes_are_counted_and_the_rest_goes_on(desk: Desk) -> None:
    desk.write(state("a.a", 1, "no time"))  # type: ignore[arg-type]
    desk.write(state("a.b", 2, NOW))
    if "postgresql" in desk.url:
        assert [one["rows"] for one in desk.heard("lost")] == [1]
        assert "no time" in desk.heard("lost")[0]["why"]
    assert [r[1] for r in desk.history("a.b")] == [2]


# --- layouts ----------------------------------------------------------------------------------------------------------


def test_the_newest_migration_is_the_one_named() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)
    assert script.get_heads() == [LAYOUT]
    assert sorted(one.revision for one in script.walk_revisions()) == [f"{n + 1:04}" for n in range(int(LAYOUT))]


def test_the_migrations_make_what_the_tables_say(desk: Desk, url: str) -> None:
    engine = open_engine(read_url(url))
    with engine.connect() as connection:
        difference = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)
    assert difference == []
    engine.dispose()


def test_an_older_layout_is_brought_up_with_what_is_in_it(url: str) -> None:
    engine = open_engine(read_url(url))
    with engine.begin() as connection:
        migrate(connection, "0001")
        connection.exec_driver_sql("INSERT INTO entities VALUES (1, 'a.a')")
        connection.exec_driver_sql(
            "INSERT INTO states VALUES (41, 1, 2, '5', '1', '{}', 100.0, 100.0, 'C', NULL, NULL)"
        )  # fmt: skip
    engine.dispose()
    desk = Desk(url)
    desk.write(state("a.a", 6, NOW))
    assert [r[1] for r in desk.history("a.a")] == [5, 6]
    assert desk.heard("written")[-1]["last"] == 42
    desk.child.end()


def test_a_migration_that_fails_leaves_the_old_layout(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = open_engine(read_url(url))
    with engine.begin() as connection:
        migrate(connection, "0001")
        connection.exec_driver_sql("CREATE TABLE marks (x INTEGER)")  # what 0002 makes is in its way
    with pytest.raises(sa.exc.DBAPIError), engine.begin() as connection:
        migrate(connection)
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "0001"
        connection.exec_driver_sql("DROP TABLE marks")
    bring_up(engine, "main")
    engine.dispose()


def test_a_newer_layout_is_refused(desk: Desk, url: str) -> None:
    assert desk.child._engine is not None
    with desk.child._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0999'")
    with pytest.raises(Refused, match=r"written by a newer usher \(layout 0999, this one knows 0002\). Update usher"):
        Desk(url)


def test_another_halls_history_is_refused(desk: Desk, url: str) -> None:
    with pytest.raises(Refused, match="history of the site 'main', not of 'other'"):
        Desk(url, "other")


@pytest.mark.parametrize("bad", ["mysql://u:hidden@h/d", "nonsense hidden", "postgresql://u:hidden@h:port/d"])
def test_an_address_that_is_none_is_not_shown(bad: str) -> None:
    with pytest.raises(Refused) as refused:
        read_url(bad)
    assert "hidden" not in str(refused.value)
    assert "Write" in str(refused.value)


def test_a_missing_driver_is_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "DRIVER", "pg8000")
    with pytest.raises(Refused) as refused:
        open_engine(read_url("postgresql+psycopg2://u:p@h/d"))
    assert refused.value.code == "postgres"


# --- faults -----------------------------------------------------------------------------------------------------------


def test_a_damaged_file_is_set_aside_and_a_new_one_begun(file: Path) -> None:
    file.write_bytes(b"this is no database at all. " * 400)
    desk = Desk(f"sqlite:///{file}")
    desk.later()
    aside = desk.heard("aside")[0]
    assert "not a database" in aside["why"]
    assert (file.parent / aside["file"]).read_bytes().startswith(b"this is no database")
    desk.write(state("a.a", 1, NOW))
    assert [r[1] for r in desk.history("a.a")] == [1]


def test_a_file_damaged_while_it_is_used(file: Path) -> None:
    desk = Desk(f"sqlite:///{file}")
    for n in range(200):
        desk.write(*(state(f"a.e{m}", n, NOW + n, attributes={"x": "y" * 300}) for m in range(10)))
    desk.child.end()
    size = file.stat().st_size
    with file.open("r+b") as damaged:
        for at in range(4096, size, 4096):
            damaged.seek(at)
            damaged.write(b"\xff" * 2000)
    desk = Desk(f"sqlite:///{file}")
    desk.write(state("a.new", 1, NOW + 500), session="S2")
    for _ in range(3):
        desk.later()
    assert len(desk.heard("aside")) == 1
    assert [one["batch"] for one in desk.heard("written")] == [1]  # nothing that was given is lost
    assert [r[1] for r in desk.history("a.new")] == [1]


def test_a_locked_file_is_waited_for(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(f"sqlite:///{file}")
    assert desk.child._engine is not None
    with desk.child._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=10")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    desk.write(state("a.a", 1, NOW))
    assert "locked" in desk.heard("down")[0]["why"]
    assert desk.heard("written") == []
    other.execute("ROLLBACK")
    other.close()
    desk.later()
    assert len(desk.heard("written")) == 1
    assert [r[1] for r in desk.history("a.a")] == [1]
    desk.child.end()


def test_the_pauses_grow_and_one_fault_is_told_once(file: Path) -> None:
    file.parent.joinpath("f").write_text("a file where a folder is asked for")
    desk = Desk(f"sqlite:///{file.parent / 'f' / 'history.db'}")
    pauses: list[float] = []
    for _ in range(10):
        patience = desk.child.patience
        assert patience is not None
        pauses.append(patience)
        desk.later(patience)
    assert pauses == [0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert len(desk.heard("down")) == 1
    desk.child.take({"do": "ask", "id": 9, "what": "known", "data": {}})
    assert desk.said[-1]["error"]


def _forgotten() -> None:
    """The driver leaves sockets of failed connections to the collector, which tells: not in another test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def test_a_server_that_goes_and_comes_back(postgres: Postgres, caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(postgres.url())
    desk.write(state("a.a", 1, NOW))
    postgres.stop()
    try:
        desk.write(state("a.a", 2, NOW + 1))
        desk.write(state("a.a", 3, NOW + 2))
        desk.later()
        _forgotten()
        assert desk.heard("down")
        assert len(desk.heard("written")) == 1
    finally:
        postgres.start()
    desk.later()
    assert len(desk.heard("written")) == 3
    assert [r[1] for r in desk.history("a.a")] == [1, 2, 3]
    assert not any(PASSWORD in str(one) for one in desk.said)
    assert not caplog.records  # the hall tells it, and only the hall


def test_a_wrong_password_is_not_shown(postgres: Postgres) -> None:
    wrong = postgres.server.set(password="wr0ng-secret").render_as_string(hide_password=False)
    desk = Desk(wrong)
    _forgotten()
    assert "password authentication failed" in desk.heard("down")[0]["why"]
    assert "wr0ng-secret" not in str(desk.said)


# --- forgetting -------------------------------------------------------------------------------------------------------


def test_what_is_too_old_is_forgotten_entity_by_entity(desk: Desk) -> None:
    for days in (100, 40, 20, 12, 5, 1):
        for name in ("queue.a", "counter.1", "sensor.x"):
            desk.write(state(name, days, NOW - days * DAY, f"{name}{days}"))
    counts, _ = desk.purge(ages={"queue.a": 90, "counter.1": 30})
    assert [(r[0], r[1]) for r in desk.history("queue.a", "counter.1", "sensor.x", initial=False)] == [
        ("queue.a", 40), ("queue.a", 20), ("queue.a", 12), ("queue.a", 5), ("queue.a", 1),
        ("counter.1", 20), ("counter.1", 12), ("counter.1", 5), ("counter.1", 1),
        ("sensor.x", 5), ("sensor.x", 1)]  # fmt: skip
    assert counts["states"] == 18 - 11


def test_the_latest_state_stays_but_not_of_what_is_gone(desk: Desk) -> None:
    desk.write(state("a.a", 1, NOW - 50 * DAY), state("a.a", 2, NOW - 40 * DAY))
    desk.write(state("a.b", 1, NOW - 50 * DAY), state("a.b", None, NOW - 40 * DAY, kind=3))
    desk.purge()
    assert [(r[0], r[1]) for r in desk.history("a.a", "a.b", start=NOW)] == [("a.a", 2)]
    assert desk.count("states") == 1


def test_an_event_is_kept_as_long_as_what_it_is_about(desk: Desk) -> None:
    ticket = {"number": "A1", "queue": "a", "counter": "1"}
    desk.write(state("queue.a", 1, NOW), state("queue.b", 1, NOW))
    for days in (100, 20, 2):
        desk.write(event("ticket_called", NOW - days * DAY, {"ticket": ticket}, f"c{days}"))
        desk.write(event("ticket_called", NOW - days * DAY, {"ticket": ticket | {"queue": "b"}}, f"d{days}"))
        desk.write(event("other", NOW - days * DAY, {}, f"e{days}"))
    counts, _ = desk.purge(ages={"queue.a": 90})
    assert counts["events"] == 5
    assert counts["contexts"] == 3
    assert desk.count("events") == 4


def test_many_rows_go_in_small_pieces_between_which_writing_goes_on(desk: Desk) -> None:
    count = 21_000 if "sqlite" in desk.url else 9_000
    for begin in range(0, count, 3000):
        desk.write(*(state("a.a", n, NOW - 30 * DAY + n, attributes={"n": n}) for n in range(begin, begin + 3000)))
    desk.child.take({"do": "purge", "id": 1, "now": NOW, "default": 10, "ages": {}, "repack": False})
    written, pieces, largest, before = 0, 0, 0, count
    while desk.child.patience == 0:
        desk.child.idle()
        pieces += 1
        left = desk.count("states") - written
        largest, before = max(largest, before - left), left
        desk.write(state("a.b", pieces, NOW + pieces))
        written += 1
        assert len(desk.heard("written")) == count // 3000 + written
    assert largest <= purging.PIECE
    assert pieces >= count // purging.PIECE
    assert desk.heard("purged")[0]["counts"]["states"] == count - 1
    assert desk.count("states") == 1 + written


def test_the_room_goes_back_to_the_disk(file: Path) -> None:
    desk = Desk(f"sqlite:///{file}")
    for begin in range(0, 8000, 2000):
        rows = [state("a.a", n, NOW - 30 * DAY + n, attributes={"x": "y" * 900}) for n in range(begin, begin + 2000)]
        desk.write(*rows)
    desk.child.end()
    full = file.stat().st_size
    desk = Desk(f"sqlite:///{file}")
    desk.purge()
    desk.child.end()
    assert full > 8_000_000
    assert file.stat().st_size < full / 10


def test_repack_on_request(desk: Desk) -> None:
    desk.write(*(state("a.a", n, NOW - 30 * DAY + n) for n in range(100)))
    counts, _ = desk.purge(repack=True)
    assert counts["states"] == 99


def test_some_entities_are_forgotten(desk: Desk) -> None:
    desk.write(state("a.a", 1, NOW - 5), state("a.b", 1, NOW - 5), state("a.c", 1, NOW - 5 * DAY), state("a.c", 2, NOW))
    desk.write(event("automation_triggered", NOW, {"entity_id": "a.a", "name": "x"}))
    counts, _ = desk.purge(only={"a.a": 0, "a.c": 2})
    assert counts == {"states": 2, "events": 1, "contexts": 0}
    assert [(r[0], r[1]) for r in desk.history("a.a", "a.b", "a.c")] == [("a.b", 1), ("a.c", 2)]


def test_one_purge_at_a_time(desk: Desk) -> None:
    for number in (1, 2):
        frame = {"do": "purge", "id": number, "now": NOW, "default": 10, "ages": {}, "repack": False}
        desk.child.take(frame)
    assert desk.heard("purged")[0] == {"is": "purged", "id": 2, "error": "another purge is under way"}


def test_a_reader_sees_whole_batches_while_another_writes(file: Path) -> None:
    """A report that reads the file beside: the write-ahead log keeps them apart."""
    desk, odd, stop = Desk(f"sqlite:///{file}"), [], threading.Event()

    def read() -> None:
        reader = sqlite3.connect(file)
        while not stop.is_set():
            count = reader.execute("SELECT count(*) FROM states").fetchone()[0]
            odd.extend([count] if count % 10 else [])
        reader.close()

    thread = threading.Thread(target=read)
    thread.start()
    try:
        for n in range(100):
            desk.write(*(state("a.a", m, NOW + n) for m in range(10)))
    finally:
        stop.set()
        thread.join()
    assert odd == []
    assert desk.count("states") == 1000
