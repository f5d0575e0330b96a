"""Last values are kept by name, and forgotten a while after their entity has left the YAML."""

from pathlib import Path
from typing import Any

import pytest
from usher.core.clock import HandClock
from usher.core.errors import Refused
from usher.core.kept import FORGET, KEPT, LastValues, sweep
from usher.core.store import Store
from usher.core.tables import Batch
from usher.core.testing import Disk


async def opened(folder: Path, disk: Disk | None = None) -> Store:
    store = Store(folder / "hall.db", [KEPT], *([disk.connect] if disk else []))
    await store.open()
    return store


@pytest.mark.parametrize("value", [None, True, 7, 2.5, "007", "", "行", {"a": [1, None]}, "x" * 10_000])
async def test_a_value_comes_back_as_it_was(tmp_path: Path, value: Any) -> None:
    clock = HandClock()
    store = await opened(tmp_path)
    await LastValues(store, clock, "here", "first").put("input_text.a", value)
    await store.close()
    store = await opened(tmp_path)
    last = await LastValues(store, clock, "here", "second").get("input_text.a")
    assert last is not None
    assert (last.value, type(last.value), last.at, last.this_run) == (value, type(value), clock.now(), False)
    await store.close()


async def test_a_domain_is_loaded_by_its_own_name(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    kept = LastValues(store, HandClock(), "here", "boot")
    for entity_id in ("timer.a", "timer.b", "timer_x.a", "timers.a", "tim.a"):
        await kept.put(entity_id, 1)
    assert set(await kept.load("timer")) == {"timer.a", "timer.b"}
    assert (await kept.load("timer"))["timer.a"].this_run
    assert await kept.get("timer.c") is None
    await store.close()


async def test_what_is_on_its_way_is_loaded_too(tmp_path: Path) -> None:
    """A reload reads while the last actions are still being written."""
    store = await opened(tmp_path)
    kept, batch = LastValues(store, HandClock(), "here", "boot"), Batch()
    kept.write(batch, "timer.a", "late")
    store.submit(batch, lambda _: None)
    assert (await kept.load("timer"))["timer.a"].value == "late"
    await store.close()


async def test_what_is_not_stored_is_refused(tmp_path: Path) -> None:
    disk = Disk()
    store = await opened(tmp_path, disk)
    disk.break_down()
    kept = LastValues(store, HandClock(), "here", "boot")
    with pytest.raises(Refused) as refused:
        await kept.put("timer.a", 1)
    assert refused.value.code == "not_stored"
    await store.close()


async def test_a_damaged_value_is_given_up_with_a_word(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store, batch = await opened(tmp_path), Batch()
    batch.put(KEPT, "timer.a", "here", "{no json", "boot", 1.0, None)
    await store.save(batch)
    assert await LastValues(store, HandClock(), "here", "boot").load("timer") == {}
    assert "timer.a cannot be read" in caplog.text
    await store.close()


async def test_who_leaves_the_yaml_is_forgotten_after_a_while(tmp_path: Path) -> None:
    """The time runs from the first start without it, however long the hall ran before."""
    store = await opened(tmp_path)
    kept = LastValues(store, HandClock(), "here", "boot")
    await kept.put("timer.here", 1)
    await kept.put("timer.gone", 2)

    async def start(now: float, *there: str) -> dict[str, Any]:
        await store.save(sweep(await store.rows(KEPT), there, now))
        return {entity_id: last.value for entity_id, last in (await kept.load("timer")).items()}

    both = {"timer.here": 1, "timer.gone": 2}
    late = 400 * 86400.0
    assert await start(late, "timer.here") == both
    assert await start(late + FORGET, "timer.here") == both
    assert await start(late + FORGET, "timer.here", "timer.gone") == both  # it is back: its time begins anew
    assert await start(late + 2 * FORGET, "timer.here") == both
    assert await start(late + 3 * FORGET + 1, "timer.here") == {"timer.here": 1}
    await store.close()


async def test_nothing_is_written_when_nothing_is_gone(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    await LastValues(store, HandClock(), "here", "boot").put("timer.here", 1)
    batch = sweep(await store.rows(KEPT), {"timer.here"}, 1e10)
    assert (batch.puts, batch.drops) == ([], [])
    await store.close()
