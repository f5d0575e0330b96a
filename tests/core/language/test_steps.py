"""The steps that repeat, branch, wait and stop, as Home Assistant's."""

import asyncio
import logging

import pytest
from usher.core.language.tables import RUNS
from usher.core.offers import TRIGGERS, TriggerKind


def steps(text: str, mode: str = "parallel") -> str:
    """An automation `A` that does these steps on the event `go`."""
    indented = "\n".join("      " + line for line in text.strip("\n").splitlines())
    return f"""
automation:
  - alias: A
    mode: {mode}
    triggers: {{trigger: event, event_type: go}}
    actions:
{indented}
"""


def paths(w) -> list[str]:
    return list(w.trace()["trace"])


# -- repeat


@pytest.mark.parametrize(
    ("repeat", "said"),
    [
        ("count: 3", ["1 True False", "2 False False", "3 False True"]),
        ("count: \"{{ trigger.event.data.n }}\"", ["1 True False", "2 False True"]),
        ("count: 0", []),
        ("for_each: [a, {b: 1}]", ["1 True False", "2 False True"]),
        ("for_each: []", []),
        ("while: \"{{ repeat.index <= 2 }}\"", ["1 True -", "2 False -"]),
        ("while: [\"{{ repeat.index < 9 }}\", {condition: template, value_template: \"{{ repeat.index < 2 }}\"}]",
         ["1 True -"]),
        ("until: \"{{ repeat.index == 2 }}\"", ["1 True -", "2 False -"]),
        ("until: [\"{{ true }}\"]", ["1 True -"]),
    ],
)  # fmt: skip
async def test_repeat(wing, repeat, said):
    async with wing(steps("""
- repeat:
    HOW
    sequence:
      - action: test.say
        data: {text: "{{ repeat.index }} {{ repeat.first }} {{ repeat.last | default('-') }}"}
- action: test.say
  data: {text: "{{ repeat is defined }}"}
""".replace("HOW", repeat))) as w:  # fmt: skip
        await w.fire("go", n=2)
        assert w.said == [*said, "False"]  # `repeat` stays within the loop


async def test_repeat_for_each_gives_the_item_with_its_type_and_loops_nest(wing):
    async with wing(steps("""
- repeat:
    for_each: "{{ trigger.event.data.things }}"
    sequence:
      - variables: {outer: "{{ repeat.item.n + 1 }}"}
      - repeat:
          count: 2
          sequence:
            - action: test.say
              data: {text: "{{ outer }}.{{ repeat.index }}"}
      - action: test.say
        data: {number: "{{ repeat.item.n }}"}
- action: test.say
  data: {number: "{{ outer }}"}
""")) as w:  # fmt: skip
        await w.fire("go", things=[{"n": 1}, {"n": 5}])
        assert w.said == ["2.1", "2.2", 1, "6.1", "6.2", 5, 6]  # a variable is the run's, not the loop's
        assert "action/0/repeat/sequence/1/repeat/sequence/0" in paths(w)


async def test_a_condition_in_a_loop_ends_that_turn_only(wing):
    """As in Home Assistant: a condition ends its own list of steps; that surprises many (PEERS, core 95060)."""
    async with wing(steps("""
- repeat:
    count: 4
    sequence:
      - "{{ repeat.index is even }}"
      - action: test.say
        data: {number: "{{ repeat.index }}"}
- choose:
    - conditions: "{{ true }}"
      sequence: ["{{ false }}", {action: test.say, data: {text: never}}]
- if: "{{ true }}"
  then: [{condition: template, value_template: "{{ false }}"}, {action: test.say, data: {text: never}}]
- action: test.say
  data: {text: end}
- "{{ false }}"
- action: test.say
  data: {text: never}
""")) as w:  # fmt: skip
        await w.fire("go")
        assert w.said == [2, 4, "end"]
        assert w.trace()["script_execution"] == "condition"


@pytest.mark.parametrize("word", ['while: "{{ true }}"', 'until: "{{ false }}"'])
async def test_an_endless_loop_is_stopped_and_the_hall_goes_on(wing, caplog, word):
    async with wing(steps("""
- repeat:
    HOW
    sequence: [{variables: {x: "{{ repeat.index }}"}}]
- action: test.say
  data: {text: never}
""".replace("HOW", word)) + """
  - alias: Other
    mode: parallel
    triggers: {trigger: event, event_type: other}
    actions: [{action: test.say, data: {text: other}}]
""") as w:  # fmt: skip
        w.bus.fire("go")
        await asyncio.sleep(0)
        while not w.said:  # it is heard while the loop turns
            w.bus.fire("other")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert w.traces("a")[-1]["script_execution"] is None
        while w.traces("a")[-1]["script_execution"] is None:
            await w.clock.turn(0)
        trace = w.traces("a")[-1]
        assert trace["script_execution"] == "error"
        assert "10000 turns without a wait" in trace["error"]
        assert "configuration.yaml:7:9" in caplog.text
        assert "never" not in w.said


async def test_a_loop_that_waits_may_go_on_for_ever(wing):
    async with wing(
        steps("""
- repeat:
    while: "{{ true }}"
    sequence: [{delay: 1}, {variables: {n: "{{ repeat.index }}"}}]
""")
    ) as w:
        await w.fire("go")
        run = next(iter(w.room._automations["a"].lane._runs.values()))
        run.frames[-1].loop.turn = 99_999
        await w.turn(1)
        await w.turn(1)
        assert run.frames[-1].loop.turn == 100_001
        assert not run.over


async def test_a_long_loop_goes_to_the_end_of_the_line_now_and_then(wing):
    async with wing(steps("""
- repeat:
    count: 3000
    sequence: [{variables: {n: "{{ repeat.index }}"}}]
- action: test.say
  data: {text: long}
""") + """
  - alias: Short
    triggers: {trigger: event, event_type: go}
    actions: [{action: test.say, data: {text: short}}]
""") as w:  # fmt: skip
        w.bus.fire("go")
        while len(w.said) < 2:
            await w.clock.turn(0)
        assert w.said == ["short", "long"]


@pytest.mark.parametrize(
    ("repeat", "part"),
    [
        ("for_each: \"{{ 'text' }}\"", "'text' is no list"),
        ("count: \"{{ 'many' }}\"", "'many' is no number of turns"),
        ('while: "{{ 1 / 0 }}"', None),  # as in Home Assistant: what cannot be known ends the loop, and is told
    ],
)
async def test_a_loop_that_cannot_be_is_told(wing, caplog, repeat, part):
    async with wing(steps(f"- repeat: {{{repeat}, sequence: []}}\n- {{action: test.say, data: {{text: after}}}}")) as w:
        await w.fire("go")
        if part is None:
            assert w.said == ["after"]
            assert "division by zero" in caplog.text
        else:
            assert w.said == []
            assert part in w.trace()["error"]


async def test_a_loop_goes_on_after_a_restart_where_it_was(wing, clock):
    yaml = steps("""
- repeat:
    for_each: [a, b, c]
    sequence:
      - delay: 60
      - action: test.say
        data: {text: "{{ repeat.item }} {{ repeat.index }} {{ repeat.last }}"}
""")
    async with wing(yaml) as w:
        await w.fire("go")
        await w.turn(60)
        assert w.said == ["a 1 False"]
    await clock.turn(30)
    async with wing(yaml) as w:
        await w.turn(29)
        assert w.said == []
        await w.turn(1)
        await w.turn(60)
        assert w.said == ["b 2 False", "c 3 True"]
        assert await w.store.rows(RUNS) == []


# -- parallel


async def test_branches_go_side_by_side_and_all_are_waited_for(wing):
    async with wing(steps("""
- parallel:
    - sequence:
        - {action: test.slow, data: {text: a}}
        - {action: test.say, data: {text: a2}}
    - {action: test.slow, data: {text: b}}
    - [{action: test.say, data: {text: c}}, {action: test.say, data: {text: c2}}]
- action: test.say
  data: {text: end}
""")) as w:  # fmt: skip
        await w.fire("go")
        assert w.said == ["begin a", "begin b", "c", "c2"]
        w.gates[1].set()
        await w.settle()
        assert w.said[4:] == ["end b"]
        w.gates[0].set()
        await w.settle()
        assert w.said[5:] == ["end a", "a2", "end"]
        assert "action/0/parallel/0/sequence/1" in paths(w)
        assert "action/0/parallel/2/sequence/1" in paths(w)


async def test_branches_share_variables_but_not_what_they_wait_for(wing):
    async with wing(steps("""
- variables: {seen: none, n: 0}
- parallel:
    - sequence:
        - variables: {seen: first, mine: 1}
        - wait_template: "{{ is_state('sensor.a', 'on') }}"
        - {action: test.say, data: {text: "a {{ seen }} {{ wait.completed }}"}}
    - sequence:
        - wait_template: "{{ is_state('sensor.b', 'on') }}"
          timeout: 10
        - {action: test.say, data: {text: "b {{ seen }} {{ wait.completed }} {{ mine }}"}}
- action: test.say
  data: {text: "{{ seen }} {{ wait is defined }}"}
"""), states={"sensor.a": "off", "sensor.b": "off"}) as w:  # fmt: skip
        await w.fire("go")
        await w.turn(10)
        w.states.set("sensor.a", "on")
        await w.settle()
        assert w.said == ["b first False 1", "a first True", "first False"]


async def test_an_error_in_a_branch_lets_the_others_end_first(wing, caplog):
    async with wing(
        steps("""
- parallel:
    - {action: test.refuse}
    - sequence: [{delay: 5}, {action: test.say, data: {text: other}}]
- action: test.say
  data: {text: never}
""")
    ) as w:
        await w.fire("go")
        assert "Nobody is waiting" in caplog.text
        await w.turn(5)
        assert w.said == ["other"]
        assert w.trace()["script_execution"] == "error"
        assert "Nobody is waiting" in w.trace()["error"]


async def test_continue_on_error_around_branches_choices_and_loops(wing):
    async with wing(steps("""
- parallel: [{action: test.refuse}, {action: test.say, data: {text: a}}]
  continue_on_error: true
- if: "{{ true }}"
  then: [{action: test.refuse}, {action: test.say, data: {text: never}}]
  continue_on_error: true
- repeat: {count: 2, sequence: [{action: test.refuse}]}
  continue_on_error: true
- repeat: {count: 2, sequence: [{action: test.refuse, continue_on_error: true}, {action: test.say, data: {text: b}}]}
- action: test.say
  data: {text: "{{ 1 / 0 }}"}
  continue_on_error: true
- action: test.say
  data: {text: end}
""")) as w:  # fmt: skip
        await w.fire("go")
        assert w.said == ["a", "b", "b", "end"]
        assert w.trace()["script_execution"] == "finished"


async def test_a_stop_in_a_branch_ends_the_run_when_all_are_done(wing):
    async with wing(
        steps("""
- parallel:
    - sequence: [{stop: enough}]
    - sequence: [{delay: 5}, {action: test.say, data: {text: other}}]
- {action: test.say, data: {text: never}}
""")
    ) as w:
        await w.fire("go")
        await w.turn(5)
        assert w.said == ["other"]
        assert w.trace()["script_execution"] == "stopped"


async def test_all_branches_survive_a_restart(wing, clock):
    yaml = steps("""
- variables: {who: "{{ trigger.event.data.who }}"}
- parallel:
    - sequence: [{delay: 60}, {action: test.say, data: {text: "a {{ who }}"}}]
    - sequence: [{action: test.say, data: {text: quick}}]
    - sequence:
        - wait_for_trigger: {trigger: event, event_type: ring}
          timeout: 90
        - {action: test.say, data: {text: "c {{ wait.trigger.event.data.n }}"}}
    - sequence:
        - repeat: {count: 2, sequence: [{delay: 100}, {action: test.say, data: {text: "d {{ repeat.index }}"}}]}
- {action: test.say, data: {text: "end {{ who }}"}}
""")
    async with wing(yaml) as w:
        await w.fire("go", who="Wang")
        assert w.said == ["quick"]
        (row,) = await w.store.rows(RUNS)
        assert row[4] == clock.now() + 60
    async with wing(yaml) as w:
        await w.turn(60)
        assert w.said == ["a Wang"]
    async with wing(yaml) as w:
        await w.fire("ring", n=7)
        assert w.said == ["c 7"]
    async with wing(yaml) as w:
        await w.turn(40)
        await w.turn(100)
        assert w.said == ["d 1", "d 2", "end Wang"]
        assert await w.store.rows(RUNS) == []


async def test_an_action_begun_in_a_branch_is_not_repeated(wing, clock):
    yaml = steps("""
- parallel:
    - sequence: [{delay: 60}, {action: test.say, data: {text: a}}]
    - sequence: [{delay: 1}, {action: test.slow, data: {text: once}}, {action: test.say, data: {text: after}}]
""")
    async with wing(yaml) as w:
        await w.fire("go")
        await w.turn(1)
        assert w.said == ["begin once"]  # and here the hall is killed
    async with wing(yaml) as w:
        assert w.said == ["after"]
        await w.turn(60)
        assert w.said == ["after", "a"]


# -- waits


async def test_wait_template(wing):
    async with wing(
        steps("""
- wait_template: "{{ states('sensor.a') | int(0) > trigger.event.data.n }}"
  timeout: "00:01"
- action: test.say
  data: {text: "{{ wait.completed }} {{ wait.remaining }}"}
"""),
        states={"sensor.a": 1},
    ) as w:
        await w.fire("go", n=0)  # true already
        assert w.said == ["True 60.0"]
        await w.fire("go", n=3)
        await w.turn(20)
        w.states.set("sensor.a", 4)
        await w.settle()
        assert w.said[1:] == ["True 40.0"]
        await w.fire("go", n=9)
        await w.turn(60)
        assert w.said[2:] == ["False 0.0"]
        assert await w.store.rows(RUNS) == []


async def test_a_wait_sees_an_edge_of_one_instant(wing):
    async with wing(
        steps("""
- wait_template: "{{ is_state('sensor.a', 'on') }}"
- action: test.say
  data: {text: came}
"""),
        states={"sensor.a": "off"},
    ) as w:
        await w.fire("go")
        w.bus.listen(lambda e: None, "x")
        w.states.set("sensor.a", "on")
        w.states.set("sensor.a", "off")
        await w.settle()
        assert w.said == ["came"]


async def test_wait_template_looks_at_the_clock_each_minute(wing):
    async with wing(
        steps("""
- wait_template: "{{ now().minute == 2 }}"
- action: test.say
  data: {text: "{{ now().strftime('%H:%M') }}"}
""")
    ) as w:
        await w.fire("go")
        await w.turn(130)
        assert w.said == ["00:02"]


@pytest.mark.parametrize("wait", ['wait_template: "{{ false }}"', "wait_for_trigger: {trigger: event, event_type: x}"])
async def test_a_wait_that_is_over_may_end_the_run(wing, wait):
    async with wing(steps(f"- {{{wait}, timeout: 5, continue_on_timeout: false}}\n- {{action: test.say}}")) as w:
        await w.fire("go")
        await w.turn(5)
        assert w.said == []
        assert w.trace()["script_execution"] == "timeout"


async def test_wait_for_trigger(wing):
    async with wing(steps("""
- wait_for_trigger:
    - {trigger: event, event_type: ring, event_data: {who: "{{ trigger.event.data.who }}"}, id: bell}
    - {platform: state, entity_id: sensor.a, to: "on", variables: {extra: 5}}
  timeout: {seconds: 30}
- action: test.say
  data:
    text: >-
      {{ wait.completed }} {{ wait.remaining }} {{ wait.trigger.id if wait.trigger else '-' }} {{ extra | default(0) }}
"""), states={"sensor.a": "off"}) as w:  # fmt: skip
        await w.fire("go", who="Li")
        await w.fire("ring", who="Wang")  # another one's
        assert w.said == []
        await w.turn(10)
        await w.fire("ring", who="Li")
        assert w.said == ["True 20.0 bell 0"]
        await w.fire("go", who="Li")
        w.states.set("sensor.a", "on")
        await w.settle()
        assert w.said[1:] == ["True 30.0 1 5"]
        await w.fire("go", who="Li")
        await w.turn(30)
        assert w.said[2:] == ["False 0.0 - 0"]
        assert "ring" not in w.bus.listened()  # nothing is watched any more


async def test_wait_for_a_lent_trigger_that_comes_late(wing):
    from pydantic import Field
    from usher.core.events import Context
    from usher.core.schema import Strict

    class Bell(Strict):
        sound: str = Field(description="x")

    rung = []

    def attach(model, fire):
        rung.append(fire)
        return lambda: rung.remove(fire)

    async with wing(
        steps("""
- wait_for_trigger: {trigger: bell, sound: ding}
- action: test.say
  data: {text: "{{ wait.trigger.loud }}"}
""")
    ) as w:
        await w.fire("go")
        assert rung == []
        take_back = w.offers.add(TRIGGERS, "bell", TriggerKind(Bell, attach))
        take_back()
        w.offers.add(TRIGGERS, "bell", TriggerKind(Bell, attach))
        rung[0]({"loud": 3}, Context())
        await w.settle()
        assert w.said == ["3"]
        assert rung == []


async def test_a_trigger_that_fires_while_it_is_attached(wing):
    from pydantic import BaseModel
    from usher.core.events import Context

    class Now(BaseModel):
        pass

    def attach(model, fire):
        fire({"at": "once"}, Context())
        return lambda: None

    async with wing(
        steps("""
- wait_for_trigger: {trigger: at_once}
  timeout: 10
- action: test.say
  data: {text: "{{ wait.trigger.at }}"}
""")
    ) as w:
        w.offers.add(TRIGGERS, "at_once", TriggerKind(Now, attach))
        await w.fire("go")
        await w.turn(20)
        assert w.said == ["once"]
        assert await w.store.rows(RUNS) == []


WAITS = steps("""
- wait_template: "{{ is_state('sensor.a', 'on') }}"
  timeout: 100
- action: test.say
  data: {text: "a {{ wait.completed }} {{ wait.remaining | round }}"}
- wait_for_trigger: {trigger: event, event_type: ring}
  timeout: 100
- action: test.say
  data: {text: "b {{ wait.completed }} {{ wait.remaining | round }}"}
""")


async def test_waits_go_on_after_a_restart_with_what_is_left_of_their_time(wing, clock):
    async with wing(WAITS, states={"sensor.a": "off"}) as w:
        await w.fire("go")
    await clock.turn(30)
    async with wing(WAITS, states={"sensor.a": "off"}) as w:
        await w.turn(10)
        w.states.set("sensor.a", "on")
        await w.settle()
        assert w.said == ["a True 60"]
        await w.turn(5)
    async with wing(WAITS) as w:
        await w.fire("ring")
        assert w.said == ["b True 95"]
        assert await w.store.rows(RUNS) == []


async def test_a_wait_whose_time_ran_out_meanwhile_is_over_at_the_start(wing, clock):
    async with wing(WAITS, states={"sensor.a": "off"}) as w:
        await w.fire("go")
    await clock.turn(101)
    async with wing(WAITS, states={"sensor.a": "on"}, started=False) as w:
        await w.settle()
        assert w.said == []  # not before the hall is up
        w.bus.fire("usher_started")
        await w.settle()
        assert w.said == ["a False 0"]


async def test_a_wait_that_is_true_by_now_goes_on_at_the_start(wing, clock):
    async with wing(WAITS, states={"sensor.a": "off"}) as w:
        await w.fire("go")
    await clock.turn(20)
    async with wing(WAITS, states={"sensor.a": "on"}) as w:
        assert w.said == ["a True 80"]


async def test_what_comes_before_the_hall_is_up_is_not_lost(wing, clock):
    async with wing(WAITS, states={"sensor.a": "on"}) as w:
        await w.fire("go")
    async with wing(WAITS, started=False) as w:
        await w.fire("ring")
        assert w.said == []
        w.bus.fire("usher_started")
        await w.settle()
        assert w.said == ["b True 100"]


async def test_what_came_is_stored_before_the_next_step_acts(wing, clock):
    yaml = steps("""
- wait_for_trigger: {trigger: event, event_type: ring}
- action: test.slow
  data: {text: "{{ wait.trigger.event.data.n }}"}
- action: test.say
  data: {text: "{{ wait.trigger.event.data.n }}"}
""")
    async with wing(yaml) as w:
        await w.fire("go")
        await w.fire("ring", n=4)
        assert w.said == ["begin 4"]
    async with wing(yaml) as w:
        assert w.said == ["4"]


# -- the rest


async def test_enabled_may_be_a_template(wing):
    async with wing(
        steps("""
- variables: {n: 1}
- {action: test.say, data: {text: a}, enabled: "{{ 1 > 2 }}"}
- {action: test.say, data: {text: b}, enabled: "{{ 1 < 2 }}"}
- {condition: template, value_template: "{{ false }}", enabled: "{{ false }}"}
- {stop: never, enabled: false}
- {action: test.say, data: {text: c}, alias: The last}
""")
    ) as w:
        await w.fire("go")
        assert w.said == ["b", "c"]
        assert w.trace()["trace"]["action/1"][0]["result"] == {"enabled": False}


async def test_old_spellings_of_steps(wing):
    async with wing(
        steps("""
- service_template: "test.{{ 'say' }}"
  data: {number: 1}
  data_template: {text: "{{ 'unused' }}"}
- event: told
  event_data: {a: 1}
  event_data_template: {b: "{{ 1 + 1 }}"}
- delay: {minutes: "{{ 0 + 1 }}"}
- delay: "00:00:{{ 30 }}"
- service: test.say
  data: {text: x}
""")
    ) as w:
        heard = []
        w.bus.listen(lambda e: heard.append(dict(e.data)), "told")
        await w.fire("go")
        assert w.said == [1]
        assert heard == [{"a": 1, "b": 2}]
        await w.turn(60)
        await w.turn(29)
        assert w.said == [1]
        await w.turn(1)
        assert w.said == [1, "x"]


async def test_a_delay_of_nothing_is_not_stored(wing):
    async with wing(steps("- delay: 0\n- {action: test.say, data: {text: x}}")) as w:
        seen = []
        w.store.submit, submit = lambda *a: seen.append(a), w.store.submit
        w.bus.fire("go")
        await w.clock.turn(0)
        w.store.submit = submit
        assert (w.said, seen) == (["x"], [])


async def test_variables_are_set_where_they_are_known(wing):
    """Home Assistant (change 141114 of 2025): an inner list changes the outer variable; that it did not was a common complaint."""
    async with wing(
        steps("""
- variables: {found: false, n: 1}
- if: "{{ true }}"
  then:
    - variables: {found: true, inner: "{{ n + 1 }}", twice: "{{ inner * 2 }}"}
- action: test.say
  data: {text: "{{ found }} {{ inner }} {{ twice }}"}
""")
    ) as w:
        await w.fire("go")
        assert w.said == ["True 2 4"]


async def test_stop_with_an_error(wing, caplog):
    async with wing(
        steps("""
- if: "{{ true }}"
  then: [{stop: "too many: {{ 3 }}", error: true}]
  continue_on_error: true
- {action: test.say, data: {text: never}}
""")
    ) as w:
        await w.fire("go")
        assert w.said == []  # a stop is not an error that one goes on after
        assert w.trace()["error"] == "too many: 3"


FAULTS = [
    ("{repeat: {count: 2}}", "7:18", "'sequence' is missing"),
    ("{repeat: {count: 2, until: '{{ true }}', sequence: []}}", "7:", "one of count, for_each, while and until"),
    ("{repeat: {sequence: []}}", "7:", "one of count, for_each, while and until"),
    ("{repeat: {count: many, sequence: []}}", "7:26", "'many' is no number of turns"),
    ("{repeat: {for_each: 3, sequence: []}}", "7:29", "write a list"),
    ("{repeat: {count: 2, sequence: [{acton: x}]}}", "7:41", "no such step 'acton'. Did you mean 'action'?"),
    ("{repeat: {whlie: 1, count: 1, sequence: []}}", "7:19", "Did you mean 'while'?"),
    ("{parallel: [{sequence: [], tiemout: 1}]}", "7:36", "there is no key 'tiemout'"),
    ("{parallel: [{action: test.sya}]}", "7:30", "Did you mean 'test.say'?"),
    ("{wait_template: 'on'}", "7:25", "is not a template"),
    ("{wait_template: '{{ true }}', timeout: soon}", "7:48", "timeout: 'soon' is not a duration"),
    ("{wait_template: '{{ true }}', timout: 1}", "7:39", "Did you mean 'timeout'?"),
    ("{wait_for_trigger: []}", "7:28", "it would wait for ever"),
    ("{wait_for_trigger: {trigger: evnt, event_type: x}}", "7:38", "Did you mean 'event'?"),
    ("{wait_for_trigger: {trigger: event, evnt_type: x}}", "7:", "event_type"),
    ("{set_conversation_response: hello}", "7:10", "speaker.announce"),
    ("{scene: scene.x}", "7:10", "belongs to a home"),
    ("{stop: x, error: true, response_variable: y}", "7:", "exclude each other"),
    ("{action: test.say, enabled: 5}", "7:37", "enabled"),
    ("{delay: {hourz: 1}}", "7:17", "is not a duration"),
]


@pytest.mark.parametrize(("step", "place", "part"), FAULTS)
def test_a_fault_in_a_step(problems, step, place, part):
    found = problems(steps(f"- {step}"))
    assert any(one.startswith(place) and part in one for one in found), found


def test_good_steps_have_no_complaint(problems):
    text = """
- repeat: {for_each: "{{ [1] }}", sequence: [{delay: "{{ repeat.item }}"}]}
- parallel: [{delay: 1}, {sequence: [{stop: }]}]
- {wait_for_trigger: {trigger: event, event_type: x}, timeout: "{{ 5 }}"}
- {wait_template: "{{ wait.trigger is none }}"}
- {action: test.say, enabled: "{{ true }}"}
"""
    assert problems(steps(text)) == []


# -- modes


async def test_restart_fired_often_in_one_turn_leaves_one_run(wing):
    """Home Assistant's races (PR 49247, core 118638): neither several runs side by side, nor none."""
    async with wing(
        steps('- delay: 5\n- {action: test.say, data: {number: "{{ trigger.event.data.n }}"}}', "restart")
    ) as w:
        for n in range(10):
            w.bus.fire("go", {"n": n})
        await w.settle()
        await w.turn(4)
        w.bus.fire("go", {"n": 10})  # and once more while it waits (core 180988)
        await w.settle()
        await w.turn(4)
        assert w.said == []
        await w.turn(1)
        assert w.said == [10]
        assert [t["script_execution"] for t in w.traces()] == ["restarted"] * 10 + ["finished"]
        assert await w.store.rows(RUNS) == []


async def test_restart_ends_all_branches(wing):
    async with wing(
        steps(
            """
- parallel:
    - {action: test.slow, data: {text: a}}
    - sequence: [{delay: 5}, {action: test.say, data: {text: never}}]
    - sequence: [{wait_for_trigger: {trigger: event, event_type: x}}]
    - repeat: {count: 2, sequence: [{delay: 1}]}
""",
            "restart",
        )
    ) as w:
        await w.fire("go")
        await w.fire("go")
        await w.act("automation.turn_off", automation="a")
        for gate in w.gates:
            gate.set()
        await w.turn(10)
        assert w.said == ["begin a", "begin a"]
        assert await w.store.rows(RUNS) == []
        assert [t["script_execution"] for t in w.traces()] == ["restarted", "cancelled"]


async def test_one_that_restarts_itself_goes_on_as_the_new_run(wing):
    async with wing(
        steps(
            """
- action: test.say
  data: {text: "{{ again | default('first') }}"}
- if: "{{ again is not defined }}"
  then: [{action: automation.trigger, target: {entity_id: automation.a}, data: {variables: {again: second}}}]
- action: test.say
  data: {text: "end {{ again | default('never') }}"}
""",
            "restart",
        )
    ) as w:
        await w.fire("go")
        assert w.said == ["first", "second", "end second"]


async def test_queued_runs_survive_a_restart_in_their_order(wing, clock):
    yaml = steps('- delay: 60\n- {action: test.say, data: {number: "{{ trigger.event.data.n }}"}}', "queued")
    async with wing(yaml) as w:
        for n in range(4):
            await w.fire("go", n=n)
        await w.turn(1)
        assert len(await w.store.rows(RUNS)) == 4
    async with wing(yaml) as w:
        assert w.states.get("automation.a").attributes["current"] == 4
        await w.fire("go", n=4)  # it comes behind those
        for _ in range(5):
            await w.turn(60)
        assert w.said == [0, 1, 2, 3, 4]
        assert await w.store.rows(RUNS) == []


async def test_what_was_queued_behind_an_action_goes_on_after_a_restart(wing, clock):
    yaml = steps('- {action: test.slow, data: {text: "{{ trigger.event.data.n }}"}}', "queued")
    async with wing(yaml) as w:
        await w.fire("go", n=0)
        await w.fire("go", n=1)
        await w.turn(1)
        assert w.said == ["begin 0"]  # killed: run 0 never waited and was not stored; run 1 was
    async with wing(yaml) as w:
        await w.settle()
        assert w.said == ["begin 1"]


async def test_queue_goes_on_when_turned_off_without_stopping(wing):
    async with wing(
        steps('- delay: 5\n- {action: test.say, data: {number: "{{ trigger.event.data.n }}"}}', "queued")
    ) as w:
        await w.fire("go", n=1)
        await w.fire("go", n=2)
        await w.act("automation.turn_off", automation="a", stop_actions=False)
        await w.fire("go", n=3)
        await w.turn(5)
        await w.turn(5)
        assert w.said == [1, 2]


# -- without a disk


async def test_without_a_disk_what_waits_is_stored_and_what_ended_is_dropped_once_it_works_again(wing, caplog):
    yaml = steps("""
- parallel:
    - sequence: [{delay: 60}, {action: test.say, data: {text: a}}]
    - sequence: [{wait_template: "{{ is_state('sensor.a', 'on') }}"}, {action: test.say, data: {text: b}}]
""")
    async with wing(yaml, states={"sensor.a": "off"}) as w:
        await w.fire("go")  # stored
        (first,) = await w.store.rows(RUNS)
        w.store._healthy = False
        await w.fire("go")  # not stored
        assert "waits in memory only" in caplog.text
        await w.act("automation.trigger", automation="a", variables={"trigger": None})
        first_run = w.room._automations["a"].lane._runs[first[0]]
        w.room._runner.cancel(first_run)  # ended while the disk takes nothing
        w.store._healthy = True
        w.room._runner.keeping._rebuilt({})
        await w.settle()
        rows = await w.store.rows(RUNS)
        assert len(rows) == 2
        assert first[0] not in {row[0] for row in rows}
    async with wing(yaml, states={"sensor.a": "on"}) as w:
        await w.turn(60)
        assert sorted(w.said) == ["a", "a", "b", "b"]


async def test_triggering_by_hand(wing):
    async with wing("""
automation:
  - alias: A
    triggers: {trigger: event, event_type: go}
    variables: {n: 1, m: "{{ n + 1 }}"}
    conditions: "{{ false }}"
    actions: [{action: test.say, data: {text: "{{ n }} {{ m }} {{ trigger.platform is none }}"}}]
""") as w:
        told = []
        w.bus.listen(lambda e: told.append(dict(e.data)), "automation_triggered")
        await w.act("automation.trigger", automation="a", variables={"n": 5})
        assert w.said == ["5 6 True"]  # what is given wins over variables:, as in Home Assistant
        assert told[0]["name"] == "A"
        assert told[0]["entity_id"] == "automation.a"


async def test_the_order_of_all(wing):
    """docs/language.md, "In what order": events, states, triggers, conditions and steps."""
    async with wing("""
automation:
  - alias: First
    mode: parallel
    triggers: [{trigger: event, event_type: go}, {trigger: state, entity_id: sensor.a}]
    actions:
      - action: test.say
        data: {text: "1 {{ trigger.platform }} {{ states('sensor.a') }}"}
      - event: second_event
  - alias: Second
    mode: parallel
    triggers: [{trigger: event, event_type: go}, {trigger: event, event_type: second_event}]
    conditions: "{{ states('sensor.a') != 99 }}"
    actions: [{action: test.say, data: {text: "2 {{ trigger.event.event_type }}"}}]
  - alias: Third
    triggers: {trigger: event, event_type: go}
    actions: [{action: test.slow, data: {text: "3"}}]
  - alias: Fourth
    triggers: {trigger: event, event_type: go}
    actions: [{action: test.say, data: {text: "4"}}]
""", states={"sensor.a": 0}) as w:  # fmt: skip
        heard = []
        w.bus.listen(lambda e: heard.append(f"{e.type} {len(w.said)}"), "go", "second_event")
        w.bus.fire("go")
        w.states.set("sensor.a", 1)
        assert w.said == []  # steps begin after all have heard
        await w.settle()
        assert w.said == ["1 event 1", "2 go", "begin 3", "4", "1 state 1", "2 second_event", "2 second_event"]
        assert heard == ["go 0", "second_event 1", "second_event 5"]


async def test_a_fault_nobody_foresaw_ends_that_run_only(wing, caplog):
    async with wing(steps("- {action: test.say, data: {text: x}}\n- {action: test.ask, response_variable: r}")) as w:
        run = w.room._automations["a"]
        real = run.program.lists["action"][1].do

        def broken(doing):
            raise ZeroDivisionError("odd")

        run.program.lists["action"][1].do = broken
        with caplog.at_level(logging.ERROR):
            await w.fire("go")
        run.program.lists["action"][1].do = real
        await w.fire("go")
        assert [t["script_execution"] for t in w.traces()] == ["error", "finished"]
        assert "nobody foresaw" in caplog.text
