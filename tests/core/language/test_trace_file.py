"""Traces on the disk: kept by number and days, there after a crash, and never worth a hall."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from usher.core.access import Caller
from usher.core.clock import HandClock
from usher.core.errors import NotPermitted, Place, Unknown
from usher.core.events import Context
from usher.core.language import trace_file
from usher.core.language.trace_file import Kept, TraceFile, Written
from usher.core.language.traces import Trace, Traces, because_of
from usher.core.testing import branch

LIMIT = {"automation.a": Kept(runs=3, dull=1, seconds=1e9)}


def written(n: int, *, dull: bool = False, running: bool = False, owner: str = "automation.a") -> Written:
    short = {"run_id": f"r{n}", "state": "running" if running else "stopped", "timestamp": {"start": f"{n:03}"}}
    return Written(f"r{n}", owner, dull, 1e9 + n, running, short, {**short, "trace": {}})


def opened(path: Path) -> TraceFile:
    file = TraceFile(path)
    file.begin()
    return file


def ids(file: TraceFile) -> list[str]:
    return [one["run_id"] for one in file.listed("automation.a")]


def test_the_dull_ones_never_push_out_the_one_that_mattered(tmp_path: Path) -> None:
    file = opened(tmp_path / "traces.db")
    file.write([written(n) for n in range(5)], LIMIT)
    file.write([written(n, dull=True) for n in range(10, 20)], LIMIT)
    file.flush()
    assert ids(file) == ["r2", "r3", "r4", "r19"]
    file.close()


def test_what_ran_in_a_crash_is_told_as_interrupted(tmp_path: Path) -> None:
    file = opened(tmp_path / "traces.db")
    file.write([written(1, running=True)], LIMIT)
    file.flush()
    again = opened(tmp_path / "traces.db")  # the first one was never closed
    again.flush()
    found = again.get("r1")
    assert found is not None
    assert (found["state"], found["script_execution"]) == ("stopped", "interrupted")
    again.close()
    file.close()


def test_a_damaged_file_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "traces.db"
    path.write_bytes(b"this is no database, " * 100)
    file = opened(path)
    file.write([written(1)], LIMIT)
    file.flush()
    assert ids(file) == ["r1"]
    assert [p for p in tmp_path.iterdir() if "damaged" in p.name]
    file.close()


def test_a_folder_that_cannot_be_written_costs_only_the_traces(tmp_path: Path, caplog: Any) -> None:
    (tmp_path / "file").write_text("")
    file = opened(tmp_path / "file" / "traces.db")
    file.write([written(1)], LIMIT)
    file.flush()
    assert file.listed() == []
    assert "cannot be kept" in caplog.text
    file.close()


def test_a_disk_that_is_full_for_a_while_costs_only_those_traces(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = [True]

    class Connection(sqlite3.Connection):
        def executemany(self, *given: Any) -> sqlite3.Cursor:
            if full[0]:
                raise sqlite3.OperationalError("database or disk is full")
            return super().executemany(*given)

    monkeypatch.setattr(trace_file.sqlite3, "connect", partial(sqlite3.connect, factory=Connection))
    file = opened(tmp_path / "traces.db")
    for n in (1, 2):
        file.write([written(n)], LIMIT)
        file.flush()
    full[0] = False
    file.write([written(3)], LIMIT)
    file.flush()
    assert ids(file) == ["r3"]
    assert caplog.text.count("cannot be written: database or disk is full") == 1
    file.close()


def test_old_ones_are_forgotten(tmp_path: Path) -> None:
    file = opened(tmp_path / "traces.db")
    file.write([written(1)], {"automation.a": Kept(runs=3, dull=1, seconds=60)})
    file.flush()
    assert ids(file) == []
    file.close()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110 - the store's thread is to commit
            await asyncio.sleep(0.005)


HALL = """
queue: {main: {name: Main, prefix: A}}
counter: {"1": {name: One, serves: [main]}}
trace: {stored_traces: 2, days: 3650}
automation:
  - alias: First
    triggers: {trigger: ticket, event: issued}
    actions:
      - action: counter.call_next
        data: {counter: "1", current: finish}
  - alias: Second
    triggers: {trigger: ticket, event: called}
    actions: {event: told}
"""


async def test_a_trace_is_kept_over_a_restart_and_leads_back_to_the_tap(tmp_path: Path) -> None:
    async with branch(HALL, tmp_path, clock=HandClock()) as hall:
        await hall.act("counter.sign_in", counter="1")
        for told in range(3):
            await hall.act("queue.issue", queue="main", origin="kiosk.lobby")
            async with asyncio.timeout(30):
                while len(hall.events("told")) == told:  # noqa: ASYNC110 - the store's thread is to commit
                    await asyncio.sleep(0.005)
    assert (tmp_path / ".usher" / "traces.db").stat().st_mode & 0o077 == 0
    async with branch(HALL, tmp_path, clock=HandClock(1_763_770_000.0)) as hall:
        kept = (await hall.act("trace.list", automation="second"))["traces"]
        assert [one["script_execution"] for one in kept] == ["finished", "finished"]
        trace = (await hall.act("trace.get", run_id=kept[-1]["run_id"]))["trace"]
        called, first, tap = trace["chain"]
        assert (called["event"], called["number"]) == ("ticket_called", "A003")
        assert first["entity_id"] == "automation.first"
        assert (tap["event"], tap["origin"]) == ("ticket_issued", "kiosk.lobby")
        assert tap["context_id"]


async def test_without_a_file_they_are_in_memory() -> None:
    traces = Traces()
    assert await traces.listed() == []
    assert await traces.get("nothing") is None


def test_what_began_a_run_holds_no_name() -> None:
    ticket = {"number": "A001", "origin": "kiosk.lobby", "name": "Zhang San"}
    assert because_of({"platform": "ticket", "ticket": ticket}, Context("c", "p", "u")) == {
        "platform": "ticket", "context_id": "c", "parent_id": "p", "user_id": "u", "number": "A001", "origin": "kiosk.lobby",
    }  # fmt: skip


def test_the_file_may_be_read_by_any_tool(tmp_path: Path) -> None:
    file = opened(tmp_path / "traces.db")
    file.write([written(1)], LIMIT)
    file.flush()
    file.close()
    assert sqlite3.connect(tmp_path / "traces.db").execute("SELECT run_id FROM trace").fetchall() == [("r1",)]


NAMES = """
queue: {main: {name: Main, prefix: A}}
script:
  draw:
    sequence:
      - action: queue.issue
        data: {queue: main, name: "{{ who }}", phone: "13800138000"}
        response_variable: drawn
      - action: ticket.get
        data: {ticket: "{{ drawn.ticket.number }}"}
        response_variable: got
      - variables: {kept: "{{ got }}"}
      - event: drawn
        event_data: {person: "{{ got.person }}"}
automation:
  - alias: Draws
    triggers: {trigger: event, event_type: drawing}
    actions:
      - action: script.draw
        data: {who: "{{ trigger.event.data.name }}"}
      - event: too_big
        event_data: {n: "{{ 10 ** 30 }}", half: "{{ '%c' % 0xd800 }}"}
"""


async def test_no_name_of_a_visitor_stands_in_a_trace(tmp_path: Path) -> None:
    async with branch(NAMES, tmp_path, clock=HandClock()) as hall:
        hall.engine.bus.fire("drawing", {"name": "Zhang San"})
        await until(lambda: bool(hall.events("too_big")))
        assert hall.events("drawn")[0].data["person"] == {"name": "Zhang San", "phone": "13800138000"}
        draws, drawn = (await hall.act("trace.list"))["traces"]
        for one in (draws, drawn):
            told = str((await hall.act("trace.get", run_id=one["run_id"]))["trace"])
            for secret in ("13800138000", "Zhang", "San"):
                assert secret not in told
        assert "queue.issue" in told


TAKEN_APART = """
queue: {main: {name: Main, prefix: A}}
calendar: {all: {open: {mon-sun: ["00:00-24:00"]}}}
appointment: {visit: {name: Visit, queue: main, calendar: all}}
script:
  book:
    sequence:
      - variables: {before: "Ms {{ who }}", tel: "{{ phone }}"}
      - action: appointment.slots
        data: {type: visit, days: 2}
        response_variable: free
      - action: appointment.book
        data: {type: visit, at: "{{ free.slots[-1].at }}", name: "{{ who }}", phone: "{{ phone }}"}
        response_variable: booked
      - delay: 1
      - variables: {message: "Dear {{ who.split()[0] }}, your code is {{ booked.code }}.", code: "{{ booked.code }}",
                    counted: "{{ 100000 }}", went: "{{ booked.link }}"}
      - event: told
        event_data: {text: "{{ message }}"}
"""


async def test_what_is_made_of_a_name_or_a_code_stands_in_no_trace_either(tmp_path: Path) -> None:
    clock = HandClock()
    async with branch(TAKEN_APART, tmp_path, clock=clock) as hall:
        await hall.act(
            "script.turn_on", entity_id="script.book", variables={"who": "Zhang 张三丰", "phone": "13800138000"}
        )
        await until(lambda: bool(hall.events("appointment_booked")))
    # The rest is done after a restart: what was learned before is not told then.
    async with branch(TAKEN_APART, tmp_path, clock=clock) as hall:
        await clock.turn(2)
        await until(lambda: bool(hall.events("told")))
        listed = await hall.act("appointment.list", days=5)
        code, link = listed["appointments"][0]["code"], listed["appointments"][0]["link"]
        assert code in hall.events("told")[0].data["text"]
        (run,) = (await hall.act("trace.list"))["traces"]
        told = ""
        async with asyncio.timeout(30):
            while "Dear (not kept), your code is (not kept)." not in told:  # the run ends after it is heard
                told = str((await hall.act("trace.get", run_id=run["run_id"]))["trace"])
                await asyncio.sleep(0.005)
    written = (tmp_path / ".usher" / "traces.db").read_bytes()
    for secret in ("Zhang", "张三丰", "13800138000", code, link):
        assert secret not in told
        assert secret.encode() not in written
    assert "100000" in told


async def test_a_script_leads_back_to_who_called_it(tmp_path: Path) -> None:
    async with branch(NAMES, tmp_path, clock=HandClock()) as hall:
        hall.engine.bus.fire("drawing", {"name": "Zhang San"})
        await until(lambda: bool(hall.events("too_big")))
        draws, drawn = (await hall.act("trace.list"))["traces"]
        chain = (await hall.act("trace.get", run_id=drawn["run_id"]))["trace"]["chain"]
        assert [one.get("run_id") for one in chain] == [None, draws["run_id"], None]
        assert chain[-1]["event"] == "drawing"


async def test_what_json_cannot_hold_costs_no_trace(tmp_path: Path) -> None:
    for _ in range(2):
        async with branch(NAMES, tmp_path) as hall:
            hall.engine.bus.fire("drawing", {"name": "Zhang San"})
            await until(lambda hall=hall: bool(hall.events("too_big")))
    file = TraceFile(tmp_path / ".usher" / "traces.db")
    assert [one["item_id"] for one in file.listed()].count("draws") == 2


def test_of_a_long_run_the_beginning_and_the_end_are_kept() -> None:
    trace = Trace("r", "a", "automation.a", Context(), "", 0.0)
    for n in range(1000):
        trace.note(f"action/{n}", Place("configuration.yaml", 1, 1), float(n), {"n": n})
    steps = list(trace.full()["trace"])
    assert (steps[0], steps[99], steps[100], steps[-1]) == ("action/0", "action/99", "action/900", "action/999")
    assert (len(steps), trace.full()["left_out"], trace.short()["last_step"]) == (200, 800, "action/999")
    again = Trace("r", "a", "automation.a", Context(), "", 0.0)
    again.unpack(orjson.loads(orjson.dumps(trace.pack())))
    again.note("action/1000", Place("configuration.yaml", 1, 1), 1000.0)
    assert (list(again.full()["trace"])[-1], again.full()["left_out"]) == ("action/1000", 801)


BLUE = """
script:
  test:
    use_blueprint:
      path: mine/wait.yaml
      input: {long: 60}
automation:
  - id: begins
    use_blueprint: {path: mine/go.yaml}
"""
WAITS = """
blueprint:
  name: Wait
  domain: script
  input: {long: {}}
sequence: [{delay: !input long}, {event: waited}]
"""
GOES = """
blueprint: {name: Go, domain: automation}
triggers: {trigger: event, event_type: go}
actions: [{action: script.test}]
"""


async def test_a_run_that_goes_on_after_a_restart_still_says_its_blueprint(tmp_path: Path) -> None:
    for kind, name, text in (("script", "wait", WAITS), ("automation", "go", GOES)):
        folder = tmp_path / "blueprints" / kind / "mine"
        folder.mkdir(parents=True)
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    clock = HandClock()
    async with branch(BLUE, tmp_path, clock=clock) as hall:
        hall.engine.bus.fire("go")
        await until(lambda: hall.state("script.test").value == "on")
        for entity in ("script.test", "automation.begins"):
            assert hall.state(entity).attributes["blueprint"]["version"]
    async with branch(BLUE, tmp_path, clock=clock) as hall:
        kept = (await hall.act("trace.list"))["traces"]
        assert [(one["item_id"], one["state"], one["blueprint"]["path"]) for one in kept] == [
            ("begins", "running", "mine/go.yaml"), ("test", "running", "mine/wait.yaml"),
        ]  # fmt: skip
        for one in kept:
            assert (await hall.act("trace.get", run_id=one["run_id"]))["trace"]["blueprint"]["version"]


@pytest.mark.parametrize(("role", "may"), [("owner", True), ("manager", True), ("staff", False), ("device", False)])
async def test_who_may_read_them(tmp_path: Path, role: str, may: bool) -> None:
    async with branch(HALL, tmp_path, clock=HandClock(), caller=Caller("c", "C", role)) as hall:
        refused = nullcontext() if may else pytest.raises(NotPermitted)
        with refused:
            await hall.act("trace.list")
        with pytest.raises(Unknown if may else NotPermitted):
            await hall.act("trace.get", run_id="nothing")
