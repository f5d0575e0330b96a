"""Conditions as Home Assistant 2025's documentation has them."""

import pytest

ONE = """
automation:
  - alias: Asked
    mode: parallel
    triggers:
      - {{trigger: event, event_type: go, id: first}}
      - {{trigger: state, entity_id: test.edge, to: 'on', id: edge}}
    trigger_variables: {{n: 5}}
    conditions: {conditions}
    actions: {{action: test.say, data: {{text: "yes"}}}}
"""
STATES = {
    "test.on": "on", "test.off": "off", "test.n": 12, "test.gone": None, "input_select.mode": "on",
    "input_number.limit": 10, "input_boolean.b": "off",
}  # fmt: skip


async def ask(wing, conditions, turn=0.0, more=()):
    async with wing(ONE.format(conditions=conditions), states=STATES) as w:
        w.states.set("test.with", "x", {"level": 7, "word": "low"})
        for entity_id, value, attributes in more:
            w.states.set(entity_id, value, attributes)
        await w.turn(turn)
        await w.fire("go")
        return bool(w.said)


@pytest.mark.parametrize(
    ("conditions", "answer"),
    [
        ("{condition: state, entity_id: test.on, state: 'on'}", True),
        ("{condition: state, entity_id: test.on, state: ['off', 'on']}", True),
        ("{condition: state, entity_id: [test.on, test.off], state: 'on'}", False),
        ("{condition: state, entity_id: [test.on, test.off], state: 'on', match: any}", True),
        ("{condition: state, entity_id: test.none, state: 'on'}", False),
        ("{not: {condition: state, entity_id: test.none, state: 'on'}}", False),  # what cannot be known is not no
        ("{condition: state, entity_id: [test.none, test.on], state: 'on', match: any}", True),
        ("{condition: state, entity_id: test.with, attribute: level, state: 7}", True),
        ("{condition: state, entity_id: test.with, attribute: level, state: '7'}", True),
        ("{not: {condition: state, entity_id: test.with, attribute: none, state: 7}}", False),
        ("{condition: state, entity_id: test.on, state: input_select.mode}", True),
        ("{condition: state, entity_id: test.on, state: [input_boolean.b]}", False),
        ("{condition: state, entity_id: test.on, state: 'on', for: {minutes: 5}}", False),
        ("{condition: numeric_state, entity_id: test.n, above: 10, below: 15}", True),
        ("{condition: numeric_state, entity_id: test.n, above: 12}", False),
        ("{condition: numeric_state, entity_id: test.n, above: input_number.limit}", True),
        ("{condition: numeric_state, entity_id: test.n, below: input_number.limit}", False),
        ("{condition: numeric_state, entity_id: test.with, attribute: level, below: 8}", True),
        ("{condition: numeric_state, entity_id: test.with, value_template: '{{ state.attributes.level * n }}', above: 34}", True),
        ("{condition: template, value_template: \"{{ states('test.n') > 11 }}\"}", True),
        ("\"{{ trigger.id == 'first' }}\"", True),
        ("{condition: trigger, id: [first, second]}", True),
        ("{condition: trigger, id: edge}", False),
        ("[{condition: trigger, id: edge, enabled: false}]", True),
        ("[{condition: trigger, id: edge, enabled: '{{ n == 4 }}'}]", True),
        ("[{condition: trigger, id: edge, enabled: '{{ n == 5 }}'}]", False),
        ("{or: [{condition: trigger, id: edge}, \"{{ n == 5 }}\"]}", True),
        ("{condition: and, conditions: [{condition: trigger, id: first}, \"{{ n == 4 }}\"]}", False),
        ("{condition: not, conditions: [{condition: trigger, id: edge}, \"{{ n == 4 }}\"]}", True),
    ],
)  # fmt: skip
async def test_each_kind(wing, conditions, answer):
    assert await ask(wing, conditions) is answer


@pytest.mark.parametrize(
    ("conditions", "hours", "answer"),
    [  # the clock stands at midnight, on a Saturday
        ("{condition: time, after: '09:00', before: '17:00'}", 12, True),
        ("{condition: time, after: '09:00', before: '17:00'}", 17, False),
        ("{condition: time, after: '09:00', before: '17:00'}", 9, True),
        ("{condition: time, after: '22:00', before: '06:00'}", 23, True),
        ("{condition: time, after: '22:00', before: '06:00'}", 5, True),
        ("{condition: time, after: '22:00', before: '06:00'}", 12, False),
        ("{condition: time, after: '12:00', before: '12:00'}", 3, True),
        ("{condition: time, before: '06:00', weekday: sat}", 5, True),
        ("{condition: time, weekday: [mon, sun]}", 5, False),
        ("{condition: time, weekday: [mon, sun]}", 25, True),
        ("{condition: time, after: input_datetime.opening}", 9, True),
        ("{condition: time, after: input_datetime.opening}", 8, False),
        ("{condition: time, before: sensor.closing}", 16, True),
        ("{condition: time, before: sensor.closing}", 18, False),
        ("{condition: state, entity_id: test.on, state: 'on', for: '{{ n * 3600 }}'}", 5, True),
        ("{condition: state, entity_id: test.on, state: 'on', for: '{{ n * 3600 }}'}", 4, False),
    ],
)
async def test_times(wing, conditions, hours, answer):
    opening = {"has_date": False, "has_time": True, "hour": 8, "minute": 30, "second": 0}
    more = [("input_datetime.opening", "08:30:00", opening), ("sensor.closing", "2020-01-01T17:30:00+00:00", {})]
    assert await ask(wing, conditions, hours * 3600.0, more) is answer


async def test_they_see_the_moment_of_the_event(wing):
    """Two states are written in one turn: when the first is told, the second is not yet so."""
    conditions = "{condition: state, entity_id: test.off, state: 'off'}"
    async with wing(ONE.format(conditions=conditions), states={**STATES, "test.edge": "off"}) as w:

        def both(_):
            w.states.set("test.edge", "on")
            w.states.set("test.off", "on")

        w.bus.listen(both, "both")
        await w.fire("both")
        assert w.said == ["yes"]


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("condition: sun, after: sunset", "belongs to a home"),
        ("condition: zone", "belongs to a home"),
        ("condition: sate, entity_id: test.on", "Did you mean 'state'?"),
        ("condition: time", "after, before or weekday is missing"),
        ("condition: time, after: queue.main", "says no time"),
        ("condition: time, after: input_datetime.none", "'input_datetime.none' is not an entity here"),
        ("condition: time, weekday: monday", "mon"),
        (
            "condition: numeric_state, entity_id: test.on, above: input_number.none",
            "'input_number.none' is not an entity",
        ),
        ("condition: numeric_state, entity_id: test.on, above: 5, below: 5", "above 5 and below 5"),
        ("condition: state, entity_id: test.on, state: 'on', for: soon", "'soon' is not a duration"),
        ("condition: state, entity_id: test.on, state: 'on', enabled: maybe", "is not true or false"),
        ("condition: state, entity_id: test.on, state: 'on', enabled: '{{ nonsense }}'", "no such variable 'nonsense'"),
    ],
)
def test_faults_are_told(problems, condition, said):
    found = problems(ONE.format(conditions=f"{{{condition}}}"), {"test.on", "test.edge"})
    assert any(said in one for one in found), found
    assert all(one.startswith("9:") for one in found), found
