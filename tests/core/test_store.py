"""The store: all or nothing, in order, read back, and refused to a second engine."""

import asyncio
from pathlib import Path

import pytest
from usher.core import store as room
from usher.core.errors import Refused, StoreError
from usher.core.lock import Lock
from usher.core.store import Store
from usher.core.tables import Batch, Table
from usher.core.testing import Disk

THINGS = Table("thing", ("id TEXT NOT NULL", "part INTEGER NOT NULL", "data TEXT"), ("id", "part"))
LOG = Table("log", ("seq INTEGER NOT NULL", "data TEXT"), ("seq",), live="last")


@pytest.fixture
def disk() -> Disk:
    return Disk()


async def _store(path: Path, disk: Disk) -> Store:
    store = Store(path / "hall.db", [THINGS, LOG], disk.connect)
    await store.open()
    return store


async def test_put_drop_and_read_back(tmp_path: Path, disk: Disk) -> None:
    store = await _store(tmp_path, disk)
    batch = Batch()
    for n in range(5):
        batch.put(THINGS, "a", n, f'{{"n": "张 {n}"}}')
        batch.put(LOG, n, None)
    batch.put(THINGS, "a", 1, "again")
    batch.drop(THINGS, "a", 2)
    batch.drop(THINGS, "a", 99)
    await store.save(batch)
    second = Batch()
    second.drop(THINGS, "a", 3)
    await store.save(second)
    assert await store.rows(THINGS, "part > ?", (0,)) == [("a", 1, "again"), ("a", 4, '{"n": "张 4"}')]
    await store.close()
    store = await _store(tmp_path, disk)
    assert [row[1] for row in store.loaded["thing"]] == [0, 1, 4]
    assert store.loaded["log"] == [(4, None)]
    await store.close()


async def test_many_at_once_are_told_in_order(tmp_path: Path, disk: Disk) -> None:
    store = await _store(tmp_path, disk)
    told: list[int] = []
    for n in range(2000):
        batch = Batch()
        batch.put(LOG, n, str(n))
        store.submit(batch, lambda error, n=n: told.append(n))  # type: ignore[misc]
    await store.save(Batch())
    assert told == list(range(2000))
    assert [row[0] for row in await store.rows(LOG)] == told
    await store.close()


async def test_a_failed_commit_fails_what_came_after_it(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "PROBE_EVERY", 0.02)
    store = await _store(tmp_path, disk)
    rebuilt: list[object] = []
    store.on_rebuild(lambda rows: rebuilt.append(rows["log"]))
    first = Batch()
    first.put(LOG, 1, None)
    await store.save(first)
    disk.break_down()
    late: list[StoreError | None] = []
    for n in range(2, 6):
        batch = Batch()
        batch.put(LOG, n, None)
        store.submit(batch, late.append)
    with pytest.raises(Refused, match="not happen"):
        await store.save(Batch([(LOG, (9, None))]))
    assert all(isinstance(error, StoreError) for error in late)
    assert len(late) == 4
    assert not store.healthy
    with pytest.raises(Refused):
        await store.save(Batch())
    disk.mend()
    async with asyncio.timeout(10):
        while not store.healthy:  # noqa: ASYNC110 - nobody is told
            await asyncio.sleep(0.01)
    assert rebuilt == [[(1, None)]]
    await store.save(first)
    await store.close()


async def test_a_commit_that_only_seemed_to_fail_stands(tmp_path: Path, disk: Disk) -> None:
    store = await _store(tmp_path, disk)
    batch = Batch()
    batch.put(LOG, 1, None)
    disk.fail_at(1, after=True)
    await store.save(batch)
    assert disk.failed == 1
    assert await store.rows(LOG) == [(1, None)]
    await store.close()


async def test_what_cannot_be_written_fails_and_the_next_is_written(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of a sign, a number beyond all bounds: whoever gave it hears so, and nobody else suffers."""
    monkeypatch.setattr(room, "PROBE_EVERY", 0.02)
    store = await _store(tmp_path, disk)
    for bad in ("\ud800", 1 << 70):
        batch = Batch()
        batch.put(LOG, 1, bad)
        with pytest.raises(Refused):
            await store.save(batch)
        async with asyncio.timeout(20):
            while not store.healthy:  # noqa: ASYNC110 - the store tells nobody
                await asyncio.sleep(0.01)
        batch = Batch()
        batch.put(LOG, 2, "good")
        await store.save(batch)
    assert await store.rows(LOG) == [(2, "good")]
    assert await store.rows(LOG, "data = ?", ("\ud800",)) == []
    await store.close()


async def test_new_columns_are_added_and_newer_files_refused(tmp_path: Path, disk: Disk) -> None:
    store = await _store(tmp_path, disk)
    await store.close()
    wider = Table("log", ("seq INTEGER NOT NULL", "data TEXT", "who TEXT"), ("seq",))
    newer = Store(tmp_path / "hall.db", [wider], disk.connect)
    await newer.open()
    batch = Batch()
    batch.put(wider, 1, None, "amy")
    await newer.save(batch)
    assert await newer.rows(wider) == [(1, None, "amy")]
    await newer.close()
    connection = room.connect(tmp_path / "hall.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="newer usher"):
        await _store(tmp_path, disk)


async def test_a_damaged_file_is_told(tmp_path: Path, disk: Disk) -> None:
    (tmp_path / "hall.db").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match="cannot be opened"):
        await _store(tmp_path, disk)


def test_the_lock(tmp_path: Path) -> None:
    first, second = Lock(tmp_path), Lock(tmp_path)
    first.take()
    with pytest.raises(StoreError, match="already runs"):
        second.take()
    first.give_back()
    second.take()
    second.give_back()
