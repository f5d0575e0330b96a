"""Automations end to end: triggers, conditions, steps, modes."""

import logging

import pytest
from usher.core.errors import Unknown
from usher.core.events import Context

SAY = """
automation:
  - alias: Say it
    triggers: {trigger: event, event_type: ping, event_data: {kind: big}}
    conditions: "{{ trigger.event.data.n > 1 }}"
    actions:
      - action: test.say
        data: {text: "n is {{ trigger.event.data.n }}"}
"""


async def test_event_condition_action(wing):
    async with wing(SAY) as w:
        await w.fire("ping", kind="big", n=2)
        await w.fire("ping", kind="big", n=1)  # the condition
        await w.fire("ping", kind="small", n=5)  # the data
        assert w.said == ["n is 2"]
        assert [t["script_execution"] for t in w.traces()] == ["finished", "failed_conditions"]


async def test_the_context_is_a_child_of_the_events(wing):
    async with wing(SAY) as w:
        cause = Context(user_id="visitor")
        w.bus.fire("ping", {"kind": "big", "n": 2}, cause)
        await w.settle()
        (context,) = w.contexts
        assert (context.parent_id, context.user_id, context.depth) == (cause.id, "visitor", 1)


async def test_old_spellings(wing):
    async with wing("""
automation:
  alias: Old
  trigger:
    platform: state
    entity_id: queue.main
    to: "3"
  condition:
    condition: state
    entity_id: queue.main
    state: 3
  action:
    service: test.say
    data_template: {text: "{{ trigger.to_state.state }}"}
""", states={"queue.main": 1}) as w:  # fmt: skip
        w.states.set("queue.main", 3)
        await w.settle()
        assert w.said == ["3"]


async def test_two_writes_in_one_turn_are_two_edges(wing):
    """Home Assistant 2025.2 misses this one (PEERS 12.4): the trigger sees the event's own states."""
    async with wing("""
automation:
  - alias: Edge
    mode: parallel
    triggers: {trigger: state, entity_id: binary.a, from: "off", to: "on"}
    actions: {action: test.say, data: {text: "{{ trigger.from_state.state }} {{ trigger.to_state.state }}"}}
""", states={"binary.a": "off"}) as w:  # fmt: skip
        w.states.set("binary.a", "on")
        w.states.set("binary.a", "off")
        w.states.set("binary.a", "on")
        await w.settle()
        assert w.said == ["off on", "off on"]


async def test_numbers_come_into_a_range_also_for_one_turn(wing):
    async with wing("""
automation:
  - alias: Long
    mode: parallel
    triggers: {trigger: numeric_state, entity_id: queue.main, above: 40}
    actions: {action: test.say, data: {number: "{{ trigger.to_state.state }}"}}
""", states={"queue.main": 3}) as w:  # fmt: skip
        for n in (41, 3, 50, 51):
            w.states.set("queue.main", n)
        await w.settle()
        assert w.said == [41, 50]
        w.states.set("queue.main", None, available=False)  # a blip is no edge
        w.states.set("queue.main", 52)
        await w.settle()
        assert w.said == [41, 50]


async def test_for_waits_and_forgets(wing):
    async with wing("""
automation:
  - alias: Stays
    triggers: {trigger: state, entity_id: printer.lobby, to: [paper_out, fault], for: "00:01"}
    actions: {action: test.say, data: {text: "{{ trigger.to_state.state }} {{ trigger.for.total_seconds() | int }}"}}
""", states={"printer.lobby": "ready"}) as w:  # fmt: skip
        w.states.set("printer.lobby", "paper_out")
        await w.turn(30)
        w.states.set("printer.lobby", "ready")
        await w.turn(60)
        assert w.said == []
        w.states.set("printer.lobby", "fault")
        await w.turn(60)
        assert w.said == ["fault 60"]


async def test_attributes_alone(wing):
    yaml = """
automation:
  - alias: All
    mode: parallel
    triggers: {trigger: state, entity_id: queue.main}
    actions: {action: test.say, data: {text: all}}
  - alias: State only
    mode: parallel
    triggers: {trigger: state, entity_id: queue.main, to: }
    actions: {action: test.say, data: {text: state}}
  - alias: Attribute
    mode: parallel
    triggers: {trigger: state, entity_id: queue.main, attribute: next, to: A2}
    actions: {action: test.say, data: {text: next}}
"""
    async with wing(yaml) as w:
        w.states.set("queue.main", 1, {"next": "A1"})  # it appears: as in Home Assistant, a change from nothing
        await w.settle()
        assert w.said == ["all", "state"]
        w.said.clear()
        w.states.set("queue.main", 1, {"next": "A2"})
        await w.settle()
        assert w.said == ["all", "next"]


async def test_time_of_day(wing, clock):
    async with wing("""
automation:
  - alias: Morning
    triggers: {trigger: time, at: ["09:00", 17:30]}
    actions: {action: test.say, data: {text: "{{ trigger.now.strftime('%H:%M') }}"}}
""") as w:  # fmt: skip
        await w.turn(9 * 3600 - 1)
        assert w.said == []
        await w.turn(1)
        await w.turn(24 * 3600)
        assert w.said == ["09:00", "17:30", "09:00"]


async def test_several_triggers_tell_who_it_was(wing):
    async with wing("""
automation:
  - alias: Who
    mode: parallel
    triggers:
      - {trigger: event, event_type: a, id: first, variables: {v: 1}}
      - {trigger: event, event_type: b}
      - {trigger: event, event_type: c, enabled: false}
    conditions: {condition: trigger, id: [first, 1]}
    actions: {action: test.say, data: {text: "{{ trigger.id }} {{ trigger.idx }} {{ trigger.platform }} {{ v | default('-') }}"}}
""") as w:  # fmt: skip
        for kind in ("a", "b", "c"):
            await w.fire(kind)
        assert w.said == ["first 0 event 1", "1 1 event -"]


STEPS = """
automation:
  - alias: Steps
    triggers: {trigger: event, event_type: go}
    variables: {n: "{{ trigger.event.data.n }}", twice: "{{ n * 2 }}"}
    actions:
      - choose:
          - conditions: "{{ n == 1 }}"
            sequence: {action: test.say, data: {text: one}}
          - conditions: {condition: template, value_template: "{{ n == 2 }}"}
            sequence:
              - variables: {n: 20}
              - action: test.say
                data: {number: "{{ n }}"}
        default: {action: test.say, data: {text: many}}
      - if: "{{ twice > 4 }}"
        then: {action: test.say, data: {text: "{{ twice }}"}}
        else:
          - sequence:
              - action: test.ask
                response_variable: answer
      - action: test.say
        enabled: false
      - "{{ n < 5 }}"
      - action: test.say
        data: {text: "{{ n }} {{ (answer | default({'number': '-'})).number }}"}
      - {stop: enough}
      - action: test.say
        data: {text: never}
"""


async def test_steps(wing):
    async with wing(STEPS) as w:
        await w.fire("go", n=1)
        assert w.said == ["one", "1 A012"]
        w.said.clear()
        await w.fire("go", n=2)
        assert w.said == [
            20
        ]  # a variable is set where it is known: here for the whole run (Home Assistant, change 141114)
        w.said.clear()
        await w.fire("go", n=5)
        assert w.said == ["many", "10"]
        outcomes = [t["script_execution"] for t in w.traces()]
        assert outcomes == ["stopped", "condition", "condition"]


async def test_what_is_text_stays_text(wing):
    async with wing("""
automation:
  - alias: Text
    triggers: {trigger: event, event_type: go}
    variables: {number: "{{ trigger.event.data.number }}"}
    actions:
      - action: test.say
        data: {text: "{{ trigger.event.data.number }}"}
      - action: test.say
        data: {text: {en: "{{ 12 }}"}}
      - action: test.say
        data: {number: "{{ '7' }}"}
""") as w:  # fmt: skip
        await w.fire("go", number="12")
        assert w.said == ["12", {"en": "12"}, 7]


async def test_an_error_is_told_with_its_line_and_kills_no_other(wing, caplog):
    async with wing("""
automation:
  - alias: Fails
    triggers: {trigger: event, event_type: go}
    actions:
      - action: test.refuse
        continue_on_error: true
      - action: test.say
        data: {text: before}
      - action: test.say
        data: {text: "{{ 1 / 0 }}"}
      - action: test.say
        data: {text: never}
  - alias: Other
    triggers: {trigger: event, event_type: go}
    actions: {action: test.say, data: {text: other}}
""") as w:  # fmt: skip
        with caplog.at_level(logging.WARNING):
            await w.fire("go")
        assert sorted(w.said) == ["before", "other"]
        assert "configuration.yaml:6:9" in caplog.text
        assert "Nobody is waiting" in caplog.text
        assert "configuration.yaml:11:22" in caplog.text
        assert "division by zero" in caplog.text
        trace = next(t for t in w.traces() if t["item_id"] == "fails")
        assert trace["script_execution"] == "error"
        assert "division by zero" in trace["error"]


async def test_a_condition_that_cannot_know_stops_the_run_and_says_why(wing, caplog):
    async with wing("""
automation:
  - alias: Not
    triggers: {trigger: event, event_type: go}
    conditions: {not: [{condition: numeric_state, entity_id: queue.main, above: 3}]}
    actions: {action: test.say, data: {text: never}}
""", states={"queue.main": None}) as w:  # fmt: skip
        await w.fire("go")
        assert w.said == []
        assert "queue.main is no number" in caplog.text


async def test_single_drops_and_says_so(wing, caplog):
    async with wing("""
automation:
  - alias: One
    triggers: {trigger: event, event_type: go}
    actions: {action: test.slow, data: {text: "{{ trigger.event.data.n }}"}}
""") as w:  # fmt: skip
        await w.fire("go", n=1)
        await w.fire("go", n=2)
        assert "dropped (mode: single)" in caplog.text
        w.gates[0].set()
        await w.settle()
        await w.fire("go", n=3)
        assert w.said == ["begin 1", "end 1", "begin 3"]
        assert [t["script_execution"] for t in w.traces()] == ["finished", "failed_single", None]


async def test_restart_ends_the_first(wing):
    async with wing("""
automation:
  - alias: Restart
    mode: restart
    triggers: {trigger: event, event_type: go}
    actions:
      - action: test.slow
        data: {text: "{{ trigger.event.data.n }}"}
      - action: test.say
        data: {text: "done {{ trigger.event.data.n }}"}
""") as w:  # fmt: skip
        await w.fire("go", n=1)
        await w.fire("go", n=2)
        for gate in w.gates:
            gate.set()
        await w.settle()
        assert w.said == ["begin 1", "begin 2", "end 2", "done 2"]
        assert [t["script_execution"] for t in w.traces()] == ["restarted", "finished"]


async def test_queued_keeps_the_order_and_max(wing):
    async with wing("""
automation:
  - alias: Queue
    mode: queued
    max: 3
    triggers: {trigger: event, event_type: go}
    actions: {action: test.slow, data: {text: "{{ trigger.event.data.n }}"}}
""") as w:  # fmt: skip
        for n in range(5):
            await w.fire("go", n=n)
        for i in range(3):
            w.gates[i].set()
            await w.settle()
        assert w.said == ["begin 0", "end 0", "begin 1", "end 1", "begin 2", "end 2"]
        assert sorted(t["script_execution"] for t in w.traces()) == ["failed_max_runs"] * 2 + ["finished"] * 3


async def test_parallel_runs_beside_each_other_up_to_max(wing):
    async with wing("""
automation:
  - alias: Beside
    mode: parallel
    max: 2
    max_exceeded: silent
    triggers: {trigger: event, event_type: go}
    actions: {action: test.slow, data: {text: "{{ trigger.event.data.n }}"}}
""") as w:  # fmt: skip
        for n in range(3):
            await w.fire("go", n=n)
        w.gates[1].set()
        w.gates[0].set()
        await w.settle()
        assert w.said[:2] == ["begin 0", "begin 1"]
        assert sorted(w.said[2:]) == ["end 0", "end 1"]


async def test_one_that_waits_holds_nobody_up(wing):
    async with wing("""
automation:
  - alias: Slow
    triggers: {trigger: event, event_type: go}
    actions: {action: test.slow, data: {text: slow}}
  - alias: Quick
    triggers: {trigger: event, event_type: go}
    actions: {action: test.say, data: {text: quick}}
""") as w:  # fmt: skip
        await w.fire("go")
        assert w.said == ["begin slow", "quick"]


async def test_a_circle_of_causes_is_cut(wing, caplog):
    async with wing("""
automation:
  - alias: Circle
    mode: parallel
    triggers: {trigger: event, event_type: ping}
    actions:
      - {event: ping}
      - {action: test.say, data: {text: x}}
""") as w:  # fmt: skip
        await w.fire("ping")
        for _ in range(10):
            await w.settle()
        assert 25 <= len(w.said) <= 33
        assert "causes was cut" in caplog.text


async def test_on_off_toggle_and_trigger(wing, tmp_path):
    yaml = """
automation:
  - alias: Say it
    triggers: {trigger: event, event_type: go}
    conditions: "{{ false }}"
    actions: {action: test.say, data: {text: "{{ word | default('none') }}"}}
"""
    async with wing(yaml) as w:
        assert w.states.get("automation.say_it").value == "on"
        await w.act("automation.trigger", target={"entity_id": "automation.say_it"}, variables={"word": "now"})
        await w.act("automation.trigger", automation="say_it", skip_condition=False)
        assert w.said == ["now"]
        state = w.states.get("automation.say_it")
        assert state.attributes["last_triggered"] == "2025-11-22T00:00:00+00:00"
        await w.act("automation.turn_off", automation="say_it")
        assert w.states.get("automation.say_it").value == "off"
        assert "go" not in w.bus.listened()
        with pytest.raises(Unknown):
            await w.act("automation.toggle", automation="nobody")
    async with wing(yaml) as w:  # as it was
        assert w.states.get("automation.say_it").value == "off"
        await w.act("automation.toggle", automation="say_it")
        assert w.states.get("automation.say_it").value == "on"


async def test_a_lent_trigger_may_come_late_and_go(wing):
    from pydantic import Field
    from usher.core.offers import TRIGGERS, TriggerKind
    from usher.core.schema import Strict

    class Bell(Strict):
        sound: str = Field(description="x")

    rung = []

    def attach(model, fire):
        rung.append(fire)
        return lambda: rung.remove(fire)

    async with wing("""
automation:
  - alias: Ring
    triggers: {trigger: bell, sound: ding}
    actions: {action: test.say, data: {text: "{{ trigger.platform }} {{ trigger.loud }}"}}
""") as w:  # fmt: skip
        take_back = w.offers.add(TRIGGERS, "bell", TriggerKind(Bell, attach))
        rung[0]({"loud": 3}, Context())
        await w.settle()
        assert w.said == ["bell 3"]
        take_back()
        assert rung == []
        w.offers.add(TRIGGERS, "bell", TriggerKind(Bell, attach))
        assert len(rung) == 1


async def test_everything_is_given_back(wing):
    async with wing(SAY) as w:
        pass
    assert w.bus.listened() == {}
    assert w.actions.all() == []
    assert list(w.states) == []


async def test_an_alias_in_any_script_and_two_of_one_name(wing):
    async with wing("""
automation:
  - {alias: 语音叫号, id: announce, triggers: {trigger: event, event_type: a}, actions: []}
  - {alias: 叫号, triggers: {trigger: event, event_type: a}, actions: []}
  - {alias: Same, triggers: {trigger: event, event_type: a}, actions: []}
  - {alias: Same, triggers: {trigger: event, event_type: a}, actions: []}
""") as w:  # fmt: skip
        ids = [state.entity_id for state in w.states.domain("automation")]
        assert ids == ["automation.announce", "automation.automation_2", "automation.same", "automation.same_2"]
        assert w.states.get("automation.announce").attributes["name"] == "语音叫号"


async def test_closing_with_runs_in_the_line_begins_none_of_them(wing):
    async with wing("""
automation:
  - alias: Many
    mode: parallel
    max: 500
    triggers: {trigger: event, event_type: go}
    actions: [{action: test.slow, data: {text: x}}]
""") as w:  # fmt: skip
        await w.fire("go")
        for _ in range(200):
            w.bus.fire("go")
    said = list(w.said)
    await w.clock.turn(0)
    assert w.said == said
    assert "end x" not in said
