"""The recorder in a running hall: what it answers, to whom, and that no fault of its database is the hall's."""

import asyncio
import logging
import resource
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from usher.core.access import Caller
from usher.core.actions import Call
from usher.core.check import check
from usher.core.clock import HandClock
from usher.core.errors import NotPermitted
from usher.core.testing import Branch, branch

from .conftest import PASSWORD, Desk, Postgres

pytestmark = pytest.mark.xdist_group("processes")
HALL = """
usher: {name: Hall, site: main, languages: [en, zh-CN], time_zone: Asia/Shanghai}
queue: {a: {name: {en: Personal, zh-CN: 个人业务}, prefix: A}}
counter: {"1": {name: {en: Window 1, zh-CN: 1号窗口}, serves: [a]}}
automation:
  - alias: Close when called
    triggers: {trigger: event, event_type: ticket_called}
    actions: [{delay: 0.05}, {action: queue.pause, data: {queue: a}}]
"""


@asynccontextmanager
async def hall(folder: Path, recorder: str = "{commit_interval: 0}", **more: Any) -> AsyncGenerator[Branch, None]:
    async with branch(f"{HALL}\nrecorder: {recorder}\n", folder, **more) as one:
        yield one


async def until(true: Callable[[], Any], limit: float = 20) -> None:
    async with asyncio.timeout(limit):
        while not true():  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.02)


def child() -> psutil.Process:
    """The archive's process."""
    mine = [one for one in psutil.Process().children() if "archive.child" in " ".join(one.cmdline())]
    assert len(mine) == 1
    return mine[0]


async def called(one: Branch) -> None:
    await one.act("queue.issue", queue="a")
    await one.act("counter.sign_in", counter="1", staff="bo")
    await one.act("counter.call_next", counter="1")
    await until(lambda: one.events("queue_paused"))


async def test_history_and_logbook(tmp_path: Path) -> None:
    async with hall(tmp_path) as one:
        await called(one)
        answer = await one.act("history.period", target={"entity_id": ["counter.1", "queue.a"]})
        values = {name: [s["value"] for s in states] for name, states in answer["states"].items()}
        assert values["counter.1"] == ["closed", "idle", "calling"]
        assert values["queue.a"] == [0, 1, 1, 0, 0]  # drawn, a counter opens, called, paused
        assert answer["truncated"] is False
        first = answer["states"]["queue.a"][0]
        assert first["attributes"]["name"] == {"en": "Personal", "zh-CN": "个人业务"}
        told = await one.act("logbook.get")
        sentences = [f"{e['name']} {e.get('message', e.get('state'))}" for e in told["entries"]]
        assert "A001 was called to Window 1" in sentences
        paused = next(e for e in told["entries"] if e.get("domain") == "queue")
        assert paused["message"] == "was paused"
        assert [(link["event_type"], link["name"]) for link in paused["chain"]] == [
            ("automation_triggered", "Close when called"), ("ticket_called", "A001")]  # fmt: skip
        cut = await one.act("history.period", entities=["queue.a"], limit=2)
        assert (len(cut["states"]["queue.a"]), cut["truncated"]) == (2, True)


async def test_in_the_callers_language_and_within_what_they_may_read(tmp_path: Path) -> None:
    async with hall(tmp_path) as one:
        await called(one)
        call = one.engine.actions.call
        chinese = Caller("u", "Li", "manager", language="zh-CN")
        told = await call("logbook.get", {}, Call(chinese))
        assert told is not None
        assert "A001 请到1号窗口" in [f"{e['name']} {e.get('message')}" for e in told["entries"]]
        narrow = Caller("k", "Kiosk", "device", frozenset({"entity:queue.a", "event:ticket_*"}))
        told = await call("logbook.get", {}, Call(narrow))
        assert told is not None
        assert {e.get("entity_id") for e in told["entries"]} == {"queue.a"}
        found = await call("history.period", {}, Call(narrow))
        assert found is not None
        assert set(found["states"]) == {"queue.a"}
        nobody = Caller("s", "Screen", "screen")
        assert await call("history.period", {}, Call(nobody)) == {"states": {}, "truncated": False}
        assert (await call("logbook.get", {}, Call(nobody)) or {})["entries"] == []
        with pytest.raises(NotPermitted):
            await call("recorder.purge", {}, Call(narrow))
        with pytest.raises(NotPermitted):
            await call("recorder.disable", {}, Call(Caller("b", "Bo", "staff")))


async def test_it_is_there_after_a_restart(tmp_path: Path) -> None:
    async with hall(tmp_path, "{commit_interval: 300}") as one:
        await one.act("queue.issue", queue="a")  # not due for minutes: the orderly end writes it
    async with hall(tmp_path) as one:
        values = [s["value"] for s in (await one.act("history.period", entities=["queue.a"]))["states"]["queue.a"]]
        assert values[-1] == 1
        names = [e["name"] for e in (await one.act("logbook.get"))["entries"]]
        assert names.count("A001") == 1
        assert names.count("usher") == 3  # started, stopped, started


async def test_off_and_on(tmp_path: Path) -> None:
    async with hall(tmp_path) as one:
        await one.act("recorder.disable")
        assert one.state("recorder.history").value == "off"
        await one.act("queue.issue", queue="a")
        await one.act("recorder.enable")
        values = [s["value"] for s in (await one.act("history.period", entities=["queue.a"]))["states"]["queue.a"]]
        assert values == [0, 1]  # what was true when it went on again
        assert not [e for e in (await one.act("logbook.get"))["entries"] if e["name"] == "A001"]


async def test_what_is_excluded(tmp_path: Path) -> None:
    excluded = (
        "{commit_interval: 0, exclude: {domains: [automation], entities: [queue.a], event_types: [ticket_issued]}}"
    )
    async with hall(tmp_path, excluded) as one:
        await called(one)
        found = (await one.act("history.period"))["states"]
        assert "counter.1" in found
        assert not {"queue.a", "automation.close_when_called"} & set(found)
        entries = (await one.act("logbook.get"))["entries"]
        assert "ticket_issued" not in str([e for e in entries if "message" in e and "issued" in e["message"]])
        paused = next(e for e in entries if e.get("domain") == "queue")
        assert paused["context_name"] == "Close when called"  # the chain knows it all the same


async def test_forgetting_by_hand(tmp_path: Path) -> None:
    async with hall(tmp_path) as one:
        await called(one)
        await one.act("recorder.purge_entities", entity_globs=["queue.*"])
        await until(lambda: one.events("recorder_purged"))
        found = (await one.act("history.period"))["states"]
        assert "queue.a" not in found
        assert "counter.1" in found
        await one.act("recorder.purge", keep_days=0)
        await until(lambda: len(one.events("recorder_purged")) == 2)
        assert {len(s) for s in (await one.act("history.period"))["states"].values()} <= {1, 2}


async def test_forgetting_at_night_and_after_a_start(tmp_path: Path) -> None:
    clock = HandClock(1_763_841_600.0, "Asia/Shanghai")  # 04:00 there

    async def turn(one: Branch, seconds: int) -> None:
        """Minute by minute, each time until the process has written all: it cannot keep up with a clock in a hand, and
        one that says nothing for three minutes is ended."""
        for minute in range(0, seconds, 60):
            async with asyncio.timeout(20):
                while (await one.act("recorder.info"))["waiting"]:
                    await clock.turn(0)  # what is due now is sent
                    await asyncio.sleep(0.02)
            await clock.turn(min(60, seconds - minute))

    async with hall(tmp_path, clock=clock) as one:
        await until(lambda: one.state("recorder.history").value == "recording")
        await turn(one, 595)
        assert not one.events("recorder_purged")
        await turn(one, 10)
        await until(lambda: len(one.events("recorder_purged")) == 1)
        await turn(one, 115)  # 04:12
        await until(lambda: len(one.events("recorder_purged")) == 2)


async def test_a_process_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    async with hall(tmp_path) as one:
        await until(lambda: one.state("recorder.history").value == "recording")
        first = child()
        for n in range(60):
            if n == 20:
                first.kill()
            await one.act("queue.issue", queue="a")
        await until(lambda: one.state("recorder.history").value != "recording")
        await until(lambda: one.state("recorder.history").value == "recording")
        assert child().pid != first.pid
        entries = (await one.act("logbook.get"))["entries"]
        assert [e["name"] for e in entries if e.get("domain") == "ticket"] == [f"A{n + 1:03}" for n in range(60)]


async def test_a_full_disk_is_not_the_halls(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The history's disk takes not one byte more; tickets are taken all the same, and nothing is lost when it does."""
    async with hall(tmp_path) as one:
        await until(lambda: one.state("recorder.history").value == "recording")
        process, size = child(), (tmp_path / ".usher/history.db").stat().st_size
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        for _ in range(300):
            await one.act("queue.issue", queue="a")
        await until(lambda: one.state("recorder.history").value == "waiting")
        assert "cannot be written" in caplog.text
        assert one.state("recorder.history").attributes["why"]
        for _ in range(50):
            await one.act("queue.issue", queue="a")
        assert one.state("queue.a").value == 350
        assert (await one.act("recorder.info"))["waiting"] > 0
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        await until(lambda: one.state("recorder.history").value == "recording", 60)
        entries = (await one.act("logbook.get"))["entries"]
        assert len([e for e in entries if e.get("domain") == "ticket"]) == 350
        assert "is written again" in caplog.text


async def test_a_damaged_file_is_not_the_halls(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / ".usher").mkdir()
    (tmp_path / ".usher/history.db").write_bytes(b"no database " * 1000)
    async with hall(tmp_path) as one:
        await called(one)
        assert "A001" in [e["name"] for e in (await one.act("logbook.get"))["entries"]]
    aside = list((tmp_path / ".usher").glob("history.db.corrupt.*"))
    assert len(aside) == 1
    assert f"was set aside as {aside[0].name}" in caplog.text


async def test_a_newer_history_is_refused_and_the_hall_runs_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / ".usher").mkdir()
    desk = Desk(f"sqlite:///{tmp_path / '.usher/history.db'}")
    assert desk.child._engine is not None
    with desk.child._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0999'")
    desk.child.end()
    async with hall(tmp_path) as one:
        await until(lambda: one.engine.status()["recorder"] == "down")
        assert await one.act("queue.issue", queue="a")
        assert "written by a newer usher (layout 0999" in caplog.text
        assert "configuration.yaml:" in caplog.text
        assert "recorder.history" not in one.engine.states


async def test_too_much_waits(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from usher.integrations.recorder import recorder

    monkeypatch.setattr(recorder, "LOOK", 0.05)
    unreachable = "{db_url: 'postgresql://usher:x@127.0.0.1:1/none', commit_interval: 0}"
    async with hall(tmp_path, unreachable) as one:
        await until(lambda: one.state("recorder.history").value == "waiting")
        for n in range(30_000):
            one.engine.states.set("sensor.x", n)
            if n % 1000 == 0:
                await asyncio.sleep(0)
        await until(lambda: one.state("recorder.history").attributes["lost"] > 0)
        info = await one.act("recorder.info")
        assert info["waiting"] <= info["most"] + 4000
        assert "rows of history were let go so far" in caplog.text
        assert await one.act("queue.issue", queue="a")


async def test_postgresql_behind_a_secret(tmp_path: Path, postgres: Postgres, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    (tmp_path / "secrets.yaml").write_text(f"db: '{postgres.url()}'\n", "utf-8")
    async with hall(tmp_path, "{db_url: !secret db, commit_interval: 0}") as one:
        await called(one)
        assert "A001" in [e["name"] for e in (await one.act("logbook.get"))["entries"]]
        assert one.state("recorder.history").attributes["backend"] == "postgresql"
        assert PASSWORD not in " ".join(child().cmdline() + list(child().environ().values()))
    assert PASSWORD not in caplog.text
    assert "s3cret" not in caplog.text
    assert not (tmp_path / ".usher/history.db").exists()


async def test_a_server_that_is_away(tmp_path: Path, postgres: Postgres, caplog: pytest.LogCaptureFixture) -> None:
    quoted = f"{{db_url: '{postgres.url()}', commit_interval: 0}}"
    async with hall(tmp_path, quoted) as one:
        await until(lambda: one.state("recorder.history").value == "recording")
        await asyncio.to_thread(postgres.stop)
        try:
            await one.act("queue.issue", queue="a")
            await until(lambda: one.state("recorder.history").value == "waiting")
            await one.act("queue.issue", queue="a")
        finally:
            await asyncio.to_thread(postgres.start)
        await until(lambda: one.state("recorder.history").value == "recording")
        entries = (await one.act("logbook.get"))["entries"]
        assert [e["name"] for e in entries if e.get("domain") == "ticket"] == ["A001", "A002"]
    assert "The history cannot be written: " in caplog.text
    assert "Traceback" not in caplog.text  # of the library in the child, which tells what it cannot reach at length


def complaints(folder: Path, recorder: str) -> list[str]:
    (folder / "configuration.yaml").write_text(f"{HALL}\nrecorder:\n{recorder}\n", "utf-8")
    return [str(one) for one in check(folder, always=())]


def test_what_is_wrong_is_told_at_its_place(tmp_path: Path) -> None:
    told = complaints(
        tmp_path, "  purge_keep_days: 0\n  db_url: mysql://u:hidden@h/d\n  exclude: {entities: [queue.b]}"
    )
    assert [one.rpartition("configuration.yaml:")[2].split(":")[0] for one in told] == ["11", "12", "13"]
    assert "hidden" not in " ".join(told)
    told = complaints(tmp_path, "  exclude: {domains: [queue.a]}")
    assert ["is not a domain. Write the part before the dot" in one for one in told] == [True]
    told = complaints(tmp_path, "  include: {entities: [queue.b, light.outside]}")
    assert len(told) == 1
    assert "there is no queue called 'b'" in told[0]
    assert ":11:" in told[0]
    assert complaints(tmp_path, "  keep: {queue.*: 90, counter.1: 3}") == []
    assert "keep" in complaints(tmp_path, "  keep: {queue.*: never}")[0]
