"""What can never happen is told before anything runs: at the very value, with the mend."""

import pytest

KNOWN = {"queue.main", "counter.1", "automation.a", "input_boolean.x"}
VALUES = {
    "queue": "number",
    "counter": frozenset({"closed", "idle", "calling", "serving", "paused"}),
    "automation": frozenset({"on", "off"}),
}
BASE = """automation:
  - alias: A
    triggers: {trigger: event, event_type: ticket_called}
    conditions: []
    actions:
      - {action: test.say, data: {text: x}}
"""
EVENTS = frozenset({"ticket_called", "ticket_issued"})


def trigger(text):
    return BASE.replace("{trigger: event, event_type: ticket_called}", text)


def condition(text):
    return BASE.replace("conditions: []", f"conditions: {text}")


def step(text):
    return BASE.replace("{action: test.say, data: {text: x}}", text)


FAULTS = [
    (trigger("{trigger: state, entity_id: counter.1, to: servnig}"), "3:58",
     "trigger state: counter.1 is never 'servnig'. Did you mean 'serving'?"),
    (trigger("{trigger: state, entity_id: counter.1, to: [serving, gone]}"), "3:68",
     "trigger state: counter.1 is never 'gone'. It is one of calling, closed, idle, paused, serving."),
    (trigger("{trigger: state, entity_id: queue.main, from: many}"), "3:61", "Its state is a number."),
    (trigger("{trigger: state, entity_id: automation.a, to: on}"), "3:61",
     'automation.a is never true. YAML takes on and off for true and false: write "on" in quotes.'),
    (trigger("{trigger: state, entity_id: counter.1, from: idle, to: idle}"), "3:70",
     "from and to are both 'idle', so it never fires"),
    (trigger("{trigger: numeric_state, entity_id: counter.1, above: 3}"), "3:51",
     "the state of 'counter.1' is never a number (it is calling, closed, idle, paused, serving). Name an attribute"),
    (trigger("{trigger: numeric_state, entity_id: queue.main, above: 5, below: 3}"), "3:70",
     "no number is above 5 and below 3 at the same time. Write two of them"),
    (trigger("{trigger: numeric_state, entity_id: queue.main, above: 5, below: '5'}"), "3:70", "above 5 and below 5"),
    (trigger("{trigger: event, event_type: ticket_caled}"), "3:44",
     "trigger event: nobody here tells 'ticket_caled'. Did you mean 'ticket_called'?"),
    (trigger("[{trigger: event, event_type: x, enabled: false}, {trigger: event, event_type: y, enabled: false}]"),
     "3:57", "all its triggers are off"),
    (condition("{condition: state, entity_id: counter.1, state: serveing}"), "4:65", "Did you mean 'serving'?"),
    (condition("{or: [{condition: state, entity_id: counter.1, state: serveing}]}"), "4:71", "Did you mean 'serving'?"),
    (condition("{condition: numeric_state, entity_id: counter.1, below: 3}"), "4:55", "is never a number"),
    (condition("{condition: numeric_state, entity_id: queue.main, above: 5, below: 3}"), "4:74", "above 5 and below 3"),
    (condition("{condition: trigger, id: open}"), "4:42", "no trigger has the id 'open'. There are: 0."),
    (step("{if: {condition: trigger, id: opne}, then: []}").replace("called}", "called, id: open}"), "6:39",
     "Did you mean 'open'?"),
    (step("{choose: [{conditions: {condition: state, entity_id: counter.1, state: bsy}, sequence: []}]}"), "6:80",
     "counter.1 is never 'bsy'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "part"), FAULTS, ids=[part for _, _, part in FAULTS])
def test_what_never_happens_is_told(problems, text, place, part):
    found = problems(text, KNOWN, values=VALUES, events=EVENTS)
    assert len(found) == 1, found
    assert found[0].startswith(place + " "), found
    assert part in found[0]


@pytest.mark.parametrize(
    "text",
    [
        trigger("{trigger: state, entity_id: counter.1, to: [serving, unavailable, unknown], from: null}"),
        trigger("{trigger: state, entity_id: [counter.1, automation.a], to: serving}"),  # one of them can be
        trigger("{trigger: state, entity_id: counter.1, attribute: staff, to: anna}"),
        trigger("{trigger: state, entity_id: input_boolean.x, to: anything}"),  # nobody says what it can be
        trigger("[{trigger: event, event_type: a}, {trigger: state, entity_id: counter.1, to: x, enabled: false}]"),
        trigger("{trigger: state, entity_id: queue.main, to: ['3', 4.5]}"),
        trigger("{trigger: numeric_state, entity_id: counter.1, attribute: served, above: 3}"),
        trigger("{trigger: numeric_state, entity_id: queue.main, above: 3, below: counter.1}"),
        trigger("{trigger: event, event_type: my_own_event}"),
        trigger("{trigger: event, event_type: ticket_caled}").replace(
            "actions:", "actions:\n      - {event: ticket_caled}"
        ),
        trigger("[{trigger: event, event_type: a, id: x}, {trigger: event, event_type: b}]").replace(
            "conditions: []", "conditions: {condition: trigger, id: [x, 1, '1']}"
        ),
        condition("{condition: numeric_state, entity_id: counter.1, value_template: '{{ 3 }}', below: 4}"),
        step("{action: test.say, data: {text: '{{ 1 }}'}, enabled: false}"),
    ],
)
def test_what_may_happen_is_let_be(problems, text):
    assert problems(text, KNOWN, values=VALUES, events=EVENTS) == []


def test_what_could_not_be_read_is_no_second_fault(problems):
    text = trigger("{trigger: state, entity_id: counter.1, to: servnig}")
    assert problems(text, KNOWN, values=VALUES, lost=frozenset({"counter"})) == []


def test_a_blueprints_value_is_told_where_it_was_given(problems, tmp_path):
    folder = tmp_path / "blueprints/automation/me"
    folder.mkdir(parents=True)
    (folder / "x.yaml").write_text(
        "blueprint: {name: X, domain: automation, input: {to: {}}}\n"
        "triggers: {trigger: state, entity_id: counter.1, to: !input to}\nactions: []\n"
    )
    text = "automation:\n  - alias: A\n    use_blueprint: {path: me/x.yaml, input: {to: servin}}\n"
    [found] = problems(text, KNOWN, values=VALUES)
    assert found.startswith("3:50 ")
    assert "Did you mean 'serving'?" in found
