"""Scripts: entities that are actions."""

import asyncio
import logging

import pytest
from usher.core.actions import Call
from usher.core.errors import BadData, Failed, Unknown
from usher.core.language.tables import RUNS

GREET = """
script:
  greet:
    alias: Greet a visitor
    icon: mdi:hand-wave
    fields:
      name: {required: true, selector: {text: }, description: Who it is.}
      times: {default: 1, selector: {number: {min: 1, max: 3}}}
    variables: {word: "hello {{ name }}"}
    sequence:
      - action: test.say
        data: {text: "{{ word }} {{ times }}"}
      - variables: {answer: {said: "{{ word }}", times: "{{ times }}"}}
      - {stop: done, response_variable: answer}
automation: []
"""


async def test_a_script_is_an_action_and_an_entity(wing):
    async with wing(GREET) as w:
        assert w.states.get("script.greet").value == "off"
        answer = await w.actions.call("script.greet", {"name": "Wang", "times": 2})
        assert w.said == ["hello Wang 2"]
        assert answer == {"said": "hello Wang", "times": 2}
        state = w.states.get("script.greet")
        assert state.attributes["name"] == "Greet a visitor"
        assert state.attributes["mode"] == "single"
        assert state.attributes["current"] == 0
        assert state.attributes["last_triggered"] == "2025-11-22T00:00:00+00:00"
        assert "max" not in state.attributes


async def test_fields_defaults_and_what_is_given(wing):
    async with wing(GREET) as w:
        await w.actions.call("script.greet", {"name": "Li"})
        assert w.said == ["hello Li 1"]  # the default of a field, when it is not given
        await w.actions.call("script.greet", {"name": "Li", "word": "bye"})
        assert w.said[1:] == ["bye 1"]  # what is given wins over variables:, as in Home Assistant
        with pytest.raises(BadData) as told:
            await w.act("script.greet", times=1)
        assert "name" in str(told.value)


async def test_a_step_calls_it_and_waits_for_its_answer(wing):
    async with wing(GREET.replace("automation: []", """
automation:
  - alias: Door
    triggers: {trigger: event, event_type: door}
    actions:
      - action: script.greet
        data: {name: "{{ trigger.event.data.who }}"}
        response_variable: got
      - action: test.say
        data: {text: "{{ got.said }} {{ got.times + 1 }}"}
      - action: script.greet
        continue_on_error: true
      - action: test.say
        data: {text: after}
""")) as w:  # fmt: skip
        await w.fire("door", who="Zhang")
        assert w.said == ["hello Zhang 1", "hello Zhang 2", "after"]
        child = next(t for t in w.room.traces.of() if t.entity_id == "script.greet")
        parent = next(t for t in w.room.traces.of() if t.entity_id == "automation.door")
        assert child.context.parent_id == parent.context.id
        assert parent.outcome == "finished"


WAITS = """
script:
  slow:
    mode: queued
    sequence:
      - delay: 60
      - action: test.say
        data: {text: "slow {{ n }}"}
      - variables: {out: {n: "{{ n * 10 }}"}}
      - {stop: , response_variable: out}
automation:
  - alias: Asks
    mode: parallel
    triggers: {trigger: event, event_type: go}
    actions:
      - action: script.slow
        data: {n: "{{ trigger.event.data.n }}"}
        response_variable: got
      - action: test.say
        data: {text: "got {{ got.n }}"}
"""


async def test_who_waits_for_a_script_survives_a_restart_with_it(wing, clock):
    async with wing(WAITS) as w:
        await w.fire("go", n=1)
        await w.turn(1)
        assert len(await w.store.rows(RUNS)) == 2  # the script, and who waits for it
        assert w.states.get("script.slow").value == "on"
    async with wing(WAITS) as w:
        assert w.states.get("script.slow").value == "on"
        await w.turn(58)
        assert w.said == []
        await w.turn(1)
        assert w.said == ["slow 1", "got 10"]
        assert await w.store.rows(RUNS) == []
        assert w.states.get("script.slow").value == "off"


async def test_queued_calls_of_a_script_survive_a_restart_in_their_order(wing, clock):
    async with wing(WAITS) as w:
        for n in (1, 2, 3):
            await w.fire("go", n=n)
        await w.turn(1)
        assert w.states.get("script.slow").attributes["current"] == 3
    async with wing(WAITS) as w:
        for _ in range(3):
            await w.turn(60)
        assert w.said == ["slow 1", "got 10", "slow 2", "got 20", "slow 3", "got 30"]
        assert await w.store.rows(RUNS) == []


async def test_many_waiting_callers_hold_no_worker(wing):
    async with wing(WAITS.replace("mode: parallel\n", "mode: parallel\n    max: 700\n")
                    .replace("mode: queued\n", "mode: parallel\n    max: 700\n")) as w:  # fmt: skip
        for n in range(600):
            w.bus.fire("go", {"n": n})
        await w.settle()
        await w.settle()
        assert w.states.get("script.slow").attributes["current"] == 600
        await w.fire("go", n=600)
        await w.turn(61)
        for _ in range(20):
            await w.settle()
        assert len([said for said in w.said if said.startswith("got")]) == 601


async def test_an_error_reaches_the_caller(wing, caplog):
    async with wing("""
script:
  bad: {sequence: [{action: test.refuse}]}
  outer: {sequence: [{action: script.bad}, {action: test.say, data: {text: never}}]}
  calm: {sequence: [{action: script.bad, continue_on_error: true}, {action: test.say, data: {text: "on"}}]}
  ends: {sequence: [{stop: enough, error: true}]}
  caller: {sequence: [{action: script.ends}, {action: test.say, data: {text: went on}}]}
""") as w:  # fmt: skip
        with pytest.raises(Failed, match="Nobody is waiting"):
            await w.act("script.outer")
        await w.act("script.calm")
        await w.act("script.caller")  # as in Home Assistant: a stop ends that script, not its caller
        assert w.said == ["on", "went on"]


async def test_turn_on_does_not_wait_and_turn_off_ends_all(wing):
    async with wing(WAITS) as w:
        await w.act("script.turn_on", target={"entity_id": "script.slow"}, variables={"n": 5})
        await w.act("script.turn_on", script="slow", variables={"n": 6})
        assert w.states.get("script.slow").value == "on"
        await w.act("script.turn_off", script="slow")
        assert w.states.get("script.slow").value == "off"
        await w.turn(1)
        assert await w.store.rows(RUNS) == []
        await w.act("script.toggle", script="slow", variables={"n": 7})
        await w.turn(60)
        assert w.said == ["slow 7"]
        await w.act("script.toggle", script="slow", variables={"n": 8})
        await w.act("script.toggle", script="slow")
        await w.turn(60)
        assert w.said == ["slow 7"]
        with pytest.raises(Unknown):
            await w.act("script.turn_on", script="nobody")


async def test_a_caller_goes_on_when_the_script_is_ended(wing):
    async with wing(WAITS) as w:
        await w.fire("go", n=1)
        await w.act("script.turn_off", script="slow")
        await w.settle()
        trace = next(t for t in w.room.traces.of() if t.entity_id == "automation.asks")
        assert trace.outcome == "error"  # `got.n` is not there: the script did not answer, and that is told
        assert [t.outcome for t in w.room.traces.of() if t.entity_id == "script.slow"] == ["cancelled"]


async def test_a_caller_that_is_ended_ends_the_script_it_waits_for(wing):
    async with wing(WAITS) as w:
        await w.fire("go", n=1)
        await w.act("automation.turn_off", automation="asks")
        assert w.states.get("script.slow").value == "off"
        await w.turn(61)
        assert w.said == []


@pytest.mark.parametrize("mode", ["queued", "restart"])
async def test_one_that_would_wait_for_itself_is_told(wing, mode):
    async with wing(f"""
script:
  me: {{mode: {mode}, sequence: [{{action: script.other}}]}}
  other: {{sequence: [{{action: script.me}}]}}
""") as w:  # fmt: skip
        with pytest.raises(Failed, match="calls itself"):
            await w.act("script.me")
        assert w.states.get("script.me").value == "off"


async def test_one_that_calls_itself_endlessly_is_cut(wing, caplog):
    async with wing("""
script:
  me: {mode: parallel, max: 1000, sequence: [{action: test.say, data: {text: x}}, {action: script.me}]}
""") as w:  # fmt: skip
        with pytest.raises(Failed, match="causes was cut"):
            await w.act("script.me")
        assert 30 <= len(w.said) <= 33
        assert w.states.get("script.me").attributes["current"] == 0


async def test_single_drops_a_second_call_and_its_caller_goes_on(wing, caplog):
    async with wing("""
script:
  one: {sequence: [{delay: 10}, {action: test.say, data: {text: one}}]}
""") as w:  # fmt: skip
        await w.act("script.turn_on", script="one")
        with caplog.at_level(logging.WARNING):
            assert await w.act("script.one") == {}
        assert "dropped (mode: single)" in caplog.text
        await w.turn(10)
        assert w.said == ["one"]


async def test_a_call_that_is_given_up_leaves_the_run(wing):
    async with wing(WAITS) as w:
        call = asyncio.ensure_future(w.actions.call("script.slow", {"n": 4}, Call()))
        await w.settle()
        call.cancel()
        await w.settle()
        await w.turn(60)
        assert w.said == ["slow 4"]


async def test_script_started_and_this(wing):
    async with wing("""
script:
  who: {alias: Who am I, sequence: [{action: test.say, data: {text: "{{ this.entity_id }} {{ this.state }} {{ context.id == '' }}"}}]}
""") as w:  # fmt: skip
        heard = []
        w.bus.listen(heard.append, "script_started")
        await w.act("script.who")
        (event,) = heard
        assert (event.data["name"], event.data["entity_id"]) == ("Who am I", "script.who")
        assert w.said == ["script.who off False"]


async def test_a_target_is_a_variable_of_the_script(wing):
    async with wing("""
script:
  light: {sequence: [{action: test.say, data: {text: "{{ entity_id }}"}}]}
automation:
  - alias: A
    triggers: {trigger: event, event_type: go}
    actions: [{service: script.light, target: {entity_id: counter.1}}]
""") as w:  # fmt: skip
        await w.fire("go")
        assert w.said == ["counter.1"]


async def test_reload_keeps_what_is_the_same_and_ends_what_is_not(wing, tmp_path):
    from .conftest import parse

    yaml = """
script:
  keep: {sequence: [{delay: 10}, {action: test.say, data: {text: kept}}]}
  change: {sequence: [{delay: 10}, {action: test.say, data: {text: old}}]}
  gone: {sequence: [{delay: 10}, {action: test.say, data: {text: gone}}]}
"""
    async with wing(yaml) as w:
        for name in ("keep", "change", "gone"):
            await w.act("script.turn_on", script=name)
        new = "\n# moved\n" + yaml.replace("text: old", "text: new").replace("  gone:", "  fresh:")
        await w.room.scripts.reload(parse(new, tmp_path)["script"])
        await w.settle()
        outcomes = {t.entity_id: t.outcome for t in w.room.traces.of()}
        assert outcomes == {"script.keep": None, "script.change": "changed", "script.gone": "changed"}
        assert w.states.get("script.gone") is None
        assert w.actions.get("script.gone") is None
        await w.turn(10)
        assert w.said == ["kept"]
        await w.act("script.turn_on", script=["change", "fresh"])
        await w.turn(10)
        assert w.said == ["kept", "new", "gone"]
        assert await w.store.rows(RUNS) == []


async def test_a_faulty_script_keeps_no_other_down(wing, caplog):
    async with wing("""
script:
  bad: {sequence: [{actoin: test.say}]}
  good: {sequence: [{action: test.say, data: {text: good}}]}
""") as w:  # fmt: skip
        assert w.actions.get("script.bad") is None
        await w.act("script.good")
        assert w.said == ["good"]
        assert "actoin" in caplog.text


CALLS = """
script:
  greet:
    fields:
      name: {required: true, selector: {text: }}
      more:
        fields:
          times: {selector: {number: {min: 1, max: 3}}}
    sequence: [{action: test.say, data: {text: "{{ name }} {{ times }}"}}]
automation:
  - alias: A
    triggers: {trigger: event, event_type: go}
    actions:
      - %s
"""


@pytest.mark.parametrize(
    ("step", "place", "part"),
    [
        ("{action: script.greet, data: {name: x, times: 9}}", "14:55", "times"),
        ("{action: script.greet, data: {nmae: x, name: y}}", "14:39", "it has no field 'nmae'. Did you mean 'name'?"),
        ("{action: script.greet}", "14:18", "'name' is missing"),
        ("{action: script.greeet, data: {name: x}}", "14:18", "Did you mean 'script.greet'?"),
        ("{action: script.turn_on, target: {entity_id: script.gret}}", "14:54", "script.gret"),
    ],
)
def test_what_is_given_to_a_script_is_checked(problems, step, place, part):
    found = problems(CALLS % step, {"script.greet"})
    assert len(found) == 1, found
    assert found[0].startswith(place)
    assert part in found[0]


def test_a_good_call_has_no_complaint(problems):
    assert problems(CALLS % '{action: script.greet, data: {name: x, times: "{{ 3 }}"}, response_variable: r}') == []


@pytest.mark.parametrize(
    ("yaml", "place", "part"),
    [
        ("script: [1]", "1:9", "write one name a script"),
        ("script: {Big One: {sequence: []}}", "1:10", "may not be a name"),
        ("script: {a: [1]}", "1:13", "write a mapping"),
        ("script: {a: {}}", "1:13", "the key 'sequence' is missing"),
        ("script: {a: {sequence: [], modus: x}}", "1:28", "Did you mean 'mode'?"),
        ("script: {turn_on: {sequence: []}}", "1:10", "is an action of all scripts"),
        ("script: {a: {sequence: [], fields: {b: {requird: true}}}}", "1:41", "Did you mean 'required'?"),
        ("script: {a: {sequence: [], fields: {b: {selector: {nmber: }}}}}", "1:52", "Did you mean 'number'?"),
        ('script: {a: {sequence: [{action: test.say, data: {text: "{{ wrod }}"}}], variables: {word: x}}}', "1:61",
         "no such variable 'wrod'. Did you mean 'word'?"),
    ],
)  # fmt: skip
def test_a_fault_in_a_script(problems, yaml, place, part):
    found = problems(yaml)
    assert len(found) == 1, found
    assert found[0].startswith(place), found
    assert part in found[0]


async def test_the_call_and_the_first_row_of_a_script_are_stored_together(wing, clock, monkeypatch):
    """A hall killed between the two would go on behind a call that never was."""
    yaml = WAITS.replace("    actions:\n", "    actions:\n      - delay: 5\n")
    async with wing(yaml) as w:
        await w.fire("go", n=1)
        submitted = []
        submit = w.store.submit
        monkeypatch.setattr(w.store, "submit", lambda batch, done: (submitted.append(batch), submit(batch, done)))
        await w.turn(5)
        batches = [[row[2] for table, row in batch.puts if table is RUNS] for batch in submitted]
        puts = [sorted(names) for names in batches if names]
        assert puts == [["asks", "script.slow"]]
    async with wing(yaml) as w:
        await w.turn(60)
        assert w.said == ["slow 1", "got 10"]


async def test_a_script_is_on_before_its_first_step_and_off_when_its_last_is_done(wing):
    """Who has it turned on and waits for it to be off again must not find it off before it was ever on."""
    async with wing("""
script:
  other:
    sequence: [{action: test.say, data: {text: "{{ states('script.other') }}"}}, {delay: 5}]
automation:
  - alias: A
    triggers: {trigger: event, event_type: go}
    actions:
      - {action: script.turn_on, target: {entity_id: script.other}}
      - wait_template: "{{ is_state('script.other', 'off') }}"
      - {action: test.say, data: {text: over}}
""") as w:
        await w.fire("go")
        assert w.said == ["on"]
        await w.turn(5)
        assert w.said == ["on", "over"]


async def test_a_restart_of_a_script_is_no_moment_of_being_off(wing):
    async with wing("""
script: {again: {mode: restart, sequence: [{delay: 5}]}}
""") as w:
        shown = []
        w.bus.listen(lambda event: shown.append(event.data["new_state"].value), "state_changed")
        for _ in range(3):
            await w.act("script.turn_on", script=["again"])
        await w.turn(5)
        assert [one for i, one in enumerate(shown) if i == 0 or shown[i - 1] != one] == ["on", "off"]
