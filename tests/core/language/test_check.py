"""What `usher check` says of automations: the right line and column, what is wrong, and the mend."""

import pytest

KNOWN = {"queue.main", "counter.1", "speaker.hall"}
RIGHT = """
automation:
  - alias: Right
    id: "17"
    description: x
    mode: queued
    max: 5
    max_exceeded: silent
    initial_state: true
    trigger_variables: {a: 1}
    variables: {b: "{{ a + 1 }}"}
    triggers:
      - {trigger: state, entity_id: [queue.main], from: 1, to: 2, for: "00:05", id: one}
      - - {platform: event, event_type: [x, y], event_data: {a: {b: 1}}}
      - {trigger: numeric_state, entity_id: queue.main, above: 3, below: counter.1}
      - {trigger: time, at: ["09:00", "10:00:05"], enabled: false, variables: {c: 3}}
    conditions:
      - "{{ b > 1 and c is defined }}"
      - {or: [{condition: trigger, id: one}, {not: "{{ trigger.id == 'x' }}"}]}
      - {condition: and, conditions: [{condition: time, after: "08:00", before: "18:00", weekday: [mon, tue]}]}
      - {condition: state, entity_id: queue.main, state: [1, 2], for: 5, match: any}
      - {condition: numeric_state, entity_id: queue.main, above: 1, value_template: "{{ state.state + 1 }}"}
    actions:
      - action: test.say
        target: {}
        metadata: {}
        data: {text: "{{ states('queue.main') }} {{ this.state }} {{ context.id }}"}
        response_variable: answer
      - variables: {d: "{{ answer.x }}"}
      - event: mine
        event_data: {d: "{{ d }}"}
      - choose:
          - conditions: "{{ d }}"
            sequence: [{delay: {seconds: "{{ a }}"}}]
          - conditions: []
            alias: other
            sequence: []
        default: []
      - if: "{{ loop is not defined }}"
        then: {stop: done, error: false}
        else: {sequence: []}
      - {condition: template, value_template: "{{ true }}", alias: yes it is}
      - and: ["{{ true }}"]
"""


def test_a_right_one_has_no_problem(problems):
    assert problems(RIGHT, KNOWN) == []


BASE = """automation:
  - alias: A
    triggers: {trigger: event, event_type: go}
    actions:
      - {action: test.say, data: {text: x}}
"""


def with_step(step):
    return BASE.replace("{action: test.say, data: {text: x}}", step)


def with_trigger(trigger):
    return BASE.replace("{trigger: event, event_type: go}", trigger)


def with_condition(condition):
    return BASE.replace("    actions:", f"    conditions: {condition}\n    actions:")


FAULTS = [
    # triggers (line 3, from column 15)
    (with_trigger("{trigger: stat}"), "3:25", "no such trigger 'stat'. Did you mean 'state'?"),
    (with_trigger("{trigger: sun}"), "3:25", "the trigger 'sun' belongs to a home"),
    (with_trigger("{event_type: go}"), "3:15", "the key 'trigger' is missing"),
    (with_trigger("hello"), "3:15", "a trigger is a mapping"),
    (with_trigger("{trigger: event}"), "3:15", "the key 'event_type' is missing"),
    (with_trigger("{trigger: event, event_typ: go, event_type: x}"), "3:32", "Did you mean 'event_type'?"),
    (with_trigger("{trigger: state, entity_id: queue.mian}"), "3:43", "Did you mean 'queue.main'?"),
    (with_trigger("{trigger: state, entity_id: nonsense}"), "3:43", "'nonsense' is not an entity id"),
    (with_trigger("{trigger: state, entity_id: queue.main, for: long}"), "3:60", "is not a duration"),
    (with_trigger("{trigger: state, entity_id: queue.main, to: 1, not_to: 2}"), "3:70", "exclude each other"),
    (with_trigger("{trigger: time, at: '25:00'}"), "3:35", "is not a time of day"),
    (with_trigger("{trigger: numeric_state, entity_id: queue.main}"), "3:15", "above or below is missing"),
    (with_trigger("{trigger: event, event_type: go, enabled: maybe}"), "3:57", "is not true or false"),
    # conditions (line 4, from column 17)
    (with_condition("{condition: stat}"), "4:29", "no such condition 'stat'. Did you mean 'state'?"),
    (with_condition("{condition: zone}"), "4:29", "belongs to a home"),
    (with_condition("hello"), "4:17", "is not a condition"),
    (with_condition("{condition: state, entity_id: queue.main}"), "4:17", "the key 'state' is missing"),
    (with_condition("{condition: state, entity_id: queue.x, state: 1}"), "4:47", "'queue.x' is not an entity"),
    (with_condition("{and: [{condition: tmplate}]}"), "4:36", "Did you mean 'template'?"),
    (with_condition("'{{ states(\"queue.mian\") > 3 }}'"), "4:29", "Did you mean 'queue.main'?"),
    (with_condition("'{{ stats(\"queue.main\") }}'"), "4:21", "no such function 'stats'. Did you mean 'states'?"),
    (with_condition("'{{ trigr.id }}'"), "4:21", "no such variable 'trigr'. Did you mean 'trigger'?"),
    (with_condition("'{{ 1 | flot }}'"), "4:25", "no such filter 'flot'. Did you mean 'float'?"),
    (with_condition("'{{ 1 is evn }}'"), "4:26", "no such test 'evn'. Did you mean 'even'?"),
    (with_condition("'{{ 1 + }}'"), "4:17", "template: "),
    (with_condition("{condition: time, weekday: funday}"), "4:44", "Write one of mon, tue"),
    # steps (line 5, from column 9)
    (with_step("{acton: test.say}"), "5:10", "no such step 'acton'. Did you mean 'action'?"),
    (with_step("{scene: x}"), "5:10", "belongs to a home"),
    (with_step("{alias: x}"), "5:9", "this step does nothing"),
    (with_step("5"), "5:9", "a step is a mapping"),
    (with_step("{action: test.sya}"), "5:18", "no such action 'test.sya'. Did you mean 'test.say'?"),
    (with_step("{action: test.say, dta: {}}"), "5:28", "Did you mean 'data'?"),
    (with_step("{action: test.say, data: {txt: x}}"), "5:35", "Did you mean 'text'?"),
    (with_step("{action: test.say, data: {txt: '{{ 1 }}'}}"), "5:35", "Did you mean 'text'?"),
    (with_step("{action: test.say, data: {times: 9}}"), "5:42", "test.say.times: 9 does not fit"),
    (with_step("{action: test.say, data: [1]}"), "5:34", "data: write a mapping"),
    (with_step("{action: test.say, target: {entity_id: queue.main}}"), "5:48", "acts on nothing"),
    (with_step("{action: test.say, target: {area_id: x}}"), "5:37", "no key 'area_id' here"),
    (with_step("{action: automation.turn_on, target: {entity_id: queue.main}}"), "5:58", "acts on automation, not on"),
    (with_step("{action: automation.turn_on}"), "5:18", "the key 'automation' is missing"),
    (with_step("{action: automation.turn_on, target: {entity_id: automation.b}}"), "5:58", "'automation.b' is not an"),
    (with_step("{delay: soon}"), "5:17", "'soon' is not a duration"),
    (with_step("{choose: [{condition: '{{ true }}'}]}"), "5:19", "choose: the key 'sequence' is missing"),
    (with_step("{choose: [{conditions: [], sequnce: [], sequence: []}]}"), "5:36", "Did you mean 'sequence'?"),
    (with_step("{if: '{{ true }}'}"), "5:9", "the key 'then' is missing"),
    (with_step("{event: ticket_called}"), "5:17", "is the hall's own to tell"),
    (with_step("{repeat: {}}"), "5:18", "the key 'sequence' is missing"),
    (with_step("{action: test.say, data: {text: !input x}}"), "5:41", "!input x stands outside a blueprint"),
    # the automation itself
    (BASE.replace("alias: A", "alias: A\n    mod: single"), "3:5", "no key 'mod' here. Did you mean 'mode'?"),
    (BASE.replace("alias: A", "alias: A\n    mode: singl"), "3:11", "Did you mean 'single'?"),
    (BASE.replace("alias: A", "alias: A\n    trigger: []"), "3:5", "trigger and triggers are the same"),
    (BASE.replace("    actions:\n      - {action: test.say, data: {text: x}}\n", ""), "2:5", "the key 'actions' is missing"),
    ("automation: [5]\n", "1:14", "write a mapping"),
    (BASE.replace("alias: A", "id: x") + BASE.replace("automation:\n", "").replace("alias: A", "id: x"), "6:9",
     "the id 'x' stands twice"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "part"), FAULTS, ids=[part for _, _, part in FAULTS])
def test_a_fault(problems, text, place, part):
    found = problems(text, KNOWN)
    assert len(found) == 1, found
    assert found[0].startswith(place + " "), found
    assert part in found[0]


def test_all_at_once(problems):
    text = """automation:
  - alias: A
    triggers: {trigger: stat}
    conditions: {condition: stat}
    actions:
      - action: test.sya
      - dely: 5
  - alias: B
    triggers: {trigger: event}
    actions: [{action: test.say, data: {txt: x}}]
"""
    found = sorted(tuple(map(int, line.split()[0].split(":"))) for line in problems(text))
    assert found == [(3, 25), (4, 29), (6, 17), (7, 9), (9, 15), (10, 41)]


def test_a_word_in_a_long_template_is_found_on_its_line(problems):
    text = """automation:
  - alias: A
    triggers: {trigger: event, event_type: go}
    actions:
      - variables:
          x: >
            {% if is_state('queue.main', 3) %}
              {{ tickt.number }}
            {% endif %}
"""
    (found,) = problems(text, KNOWN)
    assert found.startswith("8:18 ")


def test_lent_triggers_and_words_are_known_from_what_will_be_lent(problems):
    from pydantic import Field
    from usher.core.schema import Strict

    class Bell(Strict):
        sound: str = Field(description="x")

    text = with_trigger("{trigger: bell, sond: x}").replace("text: x", "text: '{{ 1 | spoken }}'")
    found = problems(text, KNOWN, triggers={"bell": Bell}, template_words=frozenset({"spoken"}))
    assert sorted(line.split()[0] for line in found) == ["3:15", "3:31"]
