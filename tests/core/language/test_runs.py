"""A run is data: what waits is stored, and a restart goes on from there."""

import asyncio
from datetime import UTC, datetime, timedelta

import orjson
from usher.core.events import Context
from usher.core.language.packing import pack, unpack
from usher.core.language.tables import RUNS
from usher.core.language.templates.values import Absent, StateView, state_of
from usher.core.states import State

DELAY = """
automation:
  - alias: Later
    mode: parallel
    triggers: {trigger: state, entity_id: queue.main, to: 2}
    variables: {word: "{{ trigger.to_state.attributes.next }}"}
    actions:
      - action: test.say
        data: {text: "first {{ word }}"}
      - if: "{{ true }}"
        then:
          - variables: {inner: 5}
          - delay: {minutes: 10}
          - action: test.say
            data: {text: "second {{ word }} {{ inner }} {{ trigger.from_state.state }} {{ trigger.to_state.entity_id }}"}
      - delay: "00:10"
      - action: test.say
        data: {text: "third {{ inner is defined }}"}
"""


async def rows(w):
    return await w.store.rows(RUNS)


async def start(w):
    w.states.set("queue.main", 1)
    w.states.set("queue.main", 2, {"next": "A007"})
    await w.settle()


async def test_a_delay_survives_a_restart(wing, clock):
    async with wing(DELAY) as w:
        await start(w)
        assert w.said == ["first A007"]
        (row,) = await rows(w)
        assert row[4] == clock.now() + 600
    await clock.turn(300)
    async with wing(DELAY) as w:  # a new engine on the same file
        await w.turn(299)
        assert w.said == []
        await w.turn(1)
        assert w.said == ["second A007 5 1 queue.main"]
        await w.turn(600)
        assert w.said[1:] == ["third True"]
        assert await rows(w) == []
        trace = w.trace()
        assert trace["script_execution"] == "finished"
        assert list(trace["trace"]) == [
            "action/0", "action/1/if/condition/0", "action/1", "action/1/then/0", "action/1/then/1",
            "action/1/then/2", "action/2", "action/3"]  # fmt: skip


async def test_one_that_is_late_goes_on_once_the_hall_is_up(wing, clock):
    async with wing(DELAY) as w:
        await start(w)
        first = w.contexts[0]
    await clock.turn(3600)
    async with wing(DELAY, started=False) as w:
        await w.turn(1)
        assert w.said == []
        w.bus.fire("usher_started")
        await w.settle()
        assert w.said == ["second A007 5 1 queue.main"]
        assert w.contexts[0].id == first.id  # the chain of causes goes on too


async def test_late_ones_wait_no_longer_than_their_patience(wing, clock):
    async with wing(DELAY) as w:
        await start(w)
    await clock.turn(3600)
    async with wing(DELAY, started=False) as w:
        await w.turn(31)
        assert len(w.said) == 1


async def test_late_ones_go_on_in_the_order_they_fell_due(wing, clock):
    yaml = """
automation:
  - alias: A
    mode: parallel
    triggers: {trigger: event, event_type: go}
    actions: [{delay: "{{ trigger.event.data.s }}"}, {action: test.say, data: {number: "{{ trigger.event.data.s }}"}}]
"""
    async with wing(yaml) as w:
        for s in (30, 10, 20):
            await w.fire("go", s=s)
    await clock.turn(3600)
    async with wing(yaml) as w:
        await w.turn(0)
        assert w.said == [10, 20, 30]


async def test_a_changed_automation_ends_its_run_in_the_trace(wing, clock):
    async with wing(DELAY) as w:
        await start(w)
    async with wing(DELAY.replace("third", "fourth")) as w:
        await w.turn(3600)
        assert w.said == []
        assert await rows(w) == []
        assert w.traces()[0]["script_execution"] == "changed"


async def test_a_removed_automation_ends_its_run_in_the_trace(wing, clock):
    async with wing(DELAY) as w:
        await start(w)
    async with wing("automation: []") as w:
        await w.settle()
        assert await rows(w) == []
        (trace,) = w.traces()
        assert (trace["entity_id"], trace["script_execution"]) == ("automation.later", "changed")


async def test_an_action_already_begun_is_not_repeated(wing, clock):
    yaml = """
automation:
  - alias: Once
    triggers: {trigger: event, event_type: go}
    actions:
      - delay: 10
      - action: test.slow
        data: {text: once}
      - action: test.say
        data: {text: after}
"""
    async with wing(yaml) as w:
        await w.fire("go")
        await w.turn(10)
        assert w.said == ["begin once"]  # and here the hall is killed
    async with wing(yaml) as w:
        await w.turn(0)
        assert w.said == ["after"]
        assert await rows(w) == []


async def test_a_mode_counts_a_restored_run(wing, clock, caplog):
    yaml = """
automation:
  - alias: One
    triggers: {trigger: event, event_type: go}
    actions: [{delay: 10}, {action: test.say, data: {text: x}}]
"""
    async with wing(yaml) as w:
        await w.fire("go")
    async with wing(yaml) as w:
        await w.fire("go")
        assert "dropped (mode: single)" in caplog.text
        await w.turn(10)
        assert w.said == ["x"]


async def test_turning_off_ends_what_waits(wing):
    async with wing(DELAY) as w:
        await start(w)
        await w.act("automation.turn_off", automation="later")
        assert await rows(w) == []
        await w.turn(3600)
        assert w.said == ["first A007"]


async def test_a_run_without_a_wait_is_never_stored(wing):
    async with wing("""
automation:
  - alias: Quick
    triggers: {trigger: event, event_type: go}
    actions: {action: test.say, data: {text: x}}
""") as w:  # fmt: skip
        seen = []
        w.store.submit, submit = lambda *a: seen.append(a), w.store.submit
        w.bus.fire("go")
        await w.clock.turn(0)
        w.store.submit = submit
        assert w.said == ["x"]
        assert seen == []


async def test_without_a_disk_it_waits_in_memory(wing, caplog):
    async with wing(DELAY) as w:
        w.store._healthy = False
        await start(w)
        assert "waits in memory only" in caplog.text
        await w.turn(600)
        assert len(w.said) == 2
        w.store._healthy = True


def test_packing_brings_back_what_was_packed():
    state = State("queue.a", 3, {"next": "A1", "x": [1, {"y": None}]}, True, 5.0, 6.0, Context("c", "p", "u", 2))
    given = {
        "t": datetime(2026, 11, 20, 9, tzinfo=UTC), "d": timedelta(minutes=5), "s": StateView(state),
        "l": [1, 2.5, None, True, "x"], "tuple": (1, (2,)), "$usher": "odd", "absent": Absent("unknown", "queue.b"),
    }  # fmt: skip
    back = unpack(orjson.loads(orjson.dumps(pack(given))))
    assert state_of(back.pop("s")) == state
    assert back["absent"].entity_id == "queue.b"
    given.pop("s")
    assert back == given


def test_what_json_cannot_hold_is_kept_too():
    given = {"big": 10**5000, "minus": -(2**70), "half": "\ud800 张", "word": "张三", "edge": [2**63 - 1, -(2**62)]}
    assert unpack(orjson.loads(orjson.dumps(pack(given)))) == given


async def test_a_disk_that_fails_in_the_midst_of_a_run_stops_no_run(tmp_path, clock):
    """The store fails at one statement after the other: the run is done all the same, once."""
    from usher.core.testing import Disk, branch

    yaml = """
usher: {name: Disk, site: disk}
queue: {main: {name: Main, prefix: A}}
counter: {"1": {name: One, serves: [main]}}
automation:
  - alias: Twice
    mode: parallel
    triggers: {trigger: event, event_type: go}
    actions:
      - parallel:
          - sequence: [{delay: 10}, {event: done, event_data: {who: a}}]
          - sequence: [{wait_for_trigger: {trigger: event, event_type: ring}, timeout: 20}, {event: done, event_data: {who: b}}]
      - {event: done, event_data: {who: end}}
"""
    for n, after in ((1, False), (1, True), (2, False), (2, True)):
        disk = Disk()
        folder = tmp_path / f"{n}{after}"
        folder.mkdir()
        async with branch(yaml, folder, clock=clock, connect=disk.connect) as hall:
            disk.fail_at(n, after=after)
            hall.engine.bus.fire("go")
            await clock.turn(0)
            while not hall.engine.store.idle:  # noqa: ASYNC110 - or all would be written at once, by one statement
                await asyncio.sleep(0.001)
            hall.engine.bus.fire("ring")
            await clock.turn(10)
            await clock.turn(0)
            assert [e.data["who"] for e in hall.events("done")] == ["b", "a", "end"]
        assert disk.failed == 1
