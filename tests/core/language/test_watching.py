"""Who hears which event: all concerned, in the order they began to watch, and nobody is asked in vain."""

import random

from usher.core.bus import Bus
from usher.core.clock import HandClock
from usher.core.language.watchers import holds
from usher.core.language.watching import EventWatch, StateWatch
from usher.core.states import States
from usher.core.testing import branch


def test_events_are_heard_by_what_is_looked_for_in_order():
    bus = Bus(HandClock())
    watch, heard, asked = EventWatch(bus), [], []
    wants = [{}, {"a": 1}, {"a": "1"}, {"a": 2}, {"b": {"c": "x"}}, {"a": 1, "b": {"c": "x"}}, {"a": [1]}, {"a": None}]

    def listener(name, want):
        def hear(event):
            asked.append(name)
            if holds(event.data, want):
                heard.append(name)

        return hear

    stops = [watch.watch(["e", "f"], want, listener(n, want)) for n, want in enumerate(wants)]
    for data, expected in (
        ({"a": 1}, [0, 1, 2]),
        ({"a": 2, "b": {"c": "x"}}, [0, 3, 4]),
        ({"a": 1, "b": {"c": "x"}}, [0, 1, 2, 4, 5]),
        ({"a": [1]}, [0, 6]),
        ({"a": None}, [0, 7]),
        ({"b": 5}, [0]),
        ({"b": {"c": {"d": 1}}}, [0]),
        ({}, [0]),
    ):
        heard.clear()
        bus.fire("e", data)
        assert heard == expected, data
    asked.clear()
    bus.fire("e", {"a": 9})
    assert set(asked) <= {0, 6, 7}  # those that look for another value are not even asked
    for stop in stops:
        stop()
        stop()
    assert bus.listened() == {}


def test_the_index_hears_whatever_a_scan_would():
    chance = random.Random(20261122)

    def value(depth=2):
        kind = chance.randrange(5 if depth else 4)
        return {chance.choice("ab"): value(depth - 1) for _ in range(2)} if kind == 4 else [1, "1", None, True][kind]

    for _ in range(300):
        bus = Bus(HandClock())
        watch, heard = EventWatch(bus), []
        wants = [{chance.choice("ab"): value()} for _ in range(6)]
        for n, want in enumerate(wants):
            watch.watch(["e"], want, lambda e, n=n, want=want, heard=heard: holds(e.data, want) and heard.append(n))
        data = {"a": value(), "b": value()}
        bus.fire("e", data)
        assert heard == [n for n, want in enumerate(wants) if holds(data, want)], (wants, data)


def test_states_are_heard_by_entity_and_by_what_is_sought():
    clock = HandClock()
    bus = Bus(clock)
    states, watch, heard = States(bus, clock), StateWatch(bus), []
    for n, sought in enumerate((None, frozenset({"5"}), frozenset({"on", "5.0"}), frozenset({"unavailable"}), None)):
        watch.watch(["q.a", "q.b"] if n < 4 else ["q.c"], lambda e, n=n: heard.append(n), sought)
    for value, expected in ((5, [0, 1, 2]), (5.0, [0, 1, 2]), (True, [0, 2]), ("x", [0])):
        heard.clear()
        states.set("q.a", value)
        assert heard == expected, value
    heard.clear()
    states.set("q.b", 1, available=False)
    states.remove("q.b")
    states.set("q.c", 5)
    assert heard == [0, 3, 0, 4]


async def test_automations_fire_in_the_order_of_the_file(wing):
    one = """
  - alias: A {n}
    triggers: {{trigger: event, event_type: go{data}}}
    actions: {{action: test.say, data: {{text: "{n}"}}}}"""
    yaml = "automation:" + "".join(one.format(n=n, data=", event_data: {x: 1}" if n % 2 else "") for n in range(9))
    async with wing(yaml) as w:
        await w.fire("go", x=1)
        assert w.said == [str(n) for n in range(9)]


ORDER = """
input_boolean: {go: {}}
automation:
  - alias: one
    triggers: {trigger: state, entity_id: input_boolean.go, to: "on"}
    actions: {event: said, event_data: {n: 1}}
  - alias: two
    triggers: {trigger: template, value_template: "{{ is_state('input_boolean.go', 'on') }}"}
    actions: {event: said, event_data: {n: 2}}
  - alias: three
    triggers: {trigger: event, event_type: state_changed, event_data: {entity_id: input_boolean.go}}
    actions: {event: said, event_data: {n: 3}}
  - alias: four
    triggers: {trigger: template, value_template: "{{ states.input_boolean | selectattr('state', 'eq', 'on') | list | count > 0 }}"}
    actions: {event: said, event_data: {n: 4}}
  - alias: five
    trigger_variables: {go: input_boolean.go}
    triggers: {trigger: template, value_template: "{{ states | selectattr('entity_id', 'eq', go) | map(attribute='state') | list == ['on'] }}"}
    actions: {event: said, event_data: {n: 5}}
  - alias: six
    triggers: {trigger: state, entity_id: input_boolean.go}
    actions: {event: said, event_data: {n: 6}}
"""


async def test_whatever_its_triggers_are_one_event_fires_automations_in_the_order_of_the_yaml(tmp_path):
    clock = HandClock()
    async with branch(ORDER, tmp_path, clock=clock) as hall:
        await clock.turn(0)
        hall.heard.clear()
        await hall.act("input_boolean.turn_on", entity_id="input_boolean.go")
        await clock.turn(0)
        assert [event.data["n"] for event in hall.events("said")] == [1, 2, 3, 4, 5, 6]


def test_one_who_fails_keeps_nobody_from_hearing(caplog):
    bus = Bus(HandClock())
    watch, heard = EventWatch(bus), []
    watch.watch(["e"], {}, lambda event: 1 / 0)
    watch.watch(["e"], {}, heard.append)
    bus.fire("e", {})
    assert len(heard) == 1
    assert "ZeroDivisionError" in caplog.text
