"""The triggers that are everybody's, as Home Assistant 2025's documentation has them; where it says otherwise, a note."""

from datetime import UTC, datetime

import pytest
from usher.core.events import Context

ONE = """
automation:
  - alias: Told
    mode: parallel
    max: 1000
    trigger_variables: {more}
    triggers: {triggers}
    actions: {{action: test.say, data: {{text: "{text}"}}}}
"""


def yaml(triggers: str, text: str, more: str = "{}") -> str:
    return ONE.format(triggers=triggers, text=text, more=more)


# -- event


async def test_event_data_types_context_and_limited_templates(wing):
    triggers = """
      - {trigger: event, event_type: "{{ name }}_event", id: templated}
      - {trigger: event, event_type: [a, b], event_data: {mood: happy, deep: {n: 1}}, id: data}
      - {trigger: event, event_type: a, context: {user_id: [u1, u2]}, id: who}
      - {triggers: [{trigger: event, event_type: c, id: nested}, [{trigger: event, event_type: c, id: deeper}]]}
      - {trigger: event, event_type: c, id: "off", enabled: "{{ name == 'other' }}"}
      - {trigger: event, event_type: c, id: "on", enabled: "{{ name == 'hall' }}"}
"""
    async with wing(yaml(triggers, "{{ trigger.id }} {{ trigger.idx }}", "{name: hall}")) as w:
        await w.fire("hall_event")
        await w.fire("a", mood="happy", deep={"n": 1, "m": 2}, other=3)
        await w.fire("b", mood="happy", deep={"n": 2})
        w.bus.fire("a", {}, Context(user_id="u2"))
        w.bus.fire("a", {}, Context(user_id="u3"))
        await w.fire("c")
        assert w.said == ["templated 0", "data 1", "who 2", "nested 3", "deeper 4", "on 6"]


def test_a_limited_template_may_not_look_at_states(problems):
    text = yaml("[{trigger: event, event_type: \"{{ states('queue.a') }}\"}]", "x")
    assert any("rendered once" in one for one in problems(text, {"queue.a"}))


# -- state


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [  # through: (appears) off, on, on with an attribute, off, unavailable, on, (vanishes)
        ("", ["-off", "off-on", "on-on", "on-off", "off-unavailable", "unavailable-on", "on-"]),
        ("to: ", ["-off", "off-on", "on-off", "off-unavailable", "unavailable-on", "on-"]),
        ("from: ", ["-off", "off-on", "on-off", "off-unavailable", "unavailable-on", "on-"]),
        ("to: 'on'", ["off-on", "unavailable-on"]),
        ("from: 'off'", ["off-on", "off-unavailable"]),
        ("from: 'off', to: 'on'", ["off-on"]),
        ("to: ['on', 'off']", ["-off", "off-on", "on-off", "unavailable-on"]),
        ("not_to: 'off'", ["off-on", "off-unavailable", "unavailable-on", "on-"]),
        ("not_from: [unavailable, unknown], to: 'on'", ["off-on"]),
        ("not_from: 'on', not_to: unavailable", ["-off", "off-on", "unavailable-on"]),
        ("attribute: x", ["on-on", "on-off"]),
        ("attribute: x, to: 1", ["on-on"]),
    ],
)
async def test_state(wing, trigger, expected):
    """Home Assistant's rules: `from` and `to` left out see attributes too; either of them, even empty, does not."""
    text = "{{ trigger.from_state.state if trigger.from_state else '' }}-{{ trigger.to_state.state if trigger.to_state else '' }}"
    more = f", {trigger}" if trigger else ""
    async with wing(yaml(f"{{trigger: state, entity_id: test.a{more}}}", text)) as w:
        w.states.set("test.a", "off")
        w.states.set("test.a", "on")
        w.states.set("test.a", "on", {"x": 1})
        w.states.set("test.a", "off")
        w.states.set("test.a", None, available=False)
        w.states.set("test.a", "on")
        w.states.remove("test.a")
        await w.settle()
        assert w.said == expected


async def test_what_comes_up_with_the_hall_has_not_changed(wing):
    async with wing(yaml("{trigger: state, entity_id: test.a, to: 'on'}", "x"), started=False) as w:
        w.states.set("test.a", None, available=False)
        w.states.set("test.a", "on")
        await w.settle()
        assert w.said == []


@pytest.mark.parametrize("span", ['"00:05"', "300", "{minutes: 5}", "{minutes: '{{ n }}'}", '"{{ n * 60 }}"',
                                  "\"{{ 300 if trigger.to_state.state == 'on' }}\""])  # fmt: skip
async def test_state_for_a_while(wing, span):
    triggers = f"{{trigger: state, entity_id: [test.a, test.b], to: 'on', for: {span}}}"
    async with wing(yaml(triggers, "{{ trigger.entity_id }} {{ trigger.for.total_seconds() }}", "{n: 5}"),
                    states={"test.a": "off", "test.b": "off"}) as w:  # fmt: skip
        w.states.set("test.a", "on")
        await w.turn(100)
        w.states.set("test.b", "on")
        await w.turn(100)
        w.states.set("test.a", "on", {"attributes": "alone do not matter"})
        w.states.set("test.b", "off")
        await w.turn(99)
        assert w.said == []
        await w.turn(1)
        assert w.said == ["test.a 300.0"]
        await w.turn(1000)
        assert w.said == ["test.a 300.0"]


async def test_from_alone_stays_anything_else(wing):
    """Home Assistant: with `from` and no `to`, it need not stay what it became, only not go back."""
    async with wing(yaml("{trigger: state, entity_id: test.a, from: 'on', for: 60}", "{{ trigger.to_state.state }}"),
                    states={"test.a": "on"}) as w:  # fmt: skip
        w.states.set("test.a", "off")
        await w.turn(30)
        w.states.set("test.a", "paused")
        await w.turn(30)
        assert w.said == ["off"]
        w.states.set("test.a", "on")
        w.states.set("test.a", "off")
        await w.turn(30)
        w.states.set("test.a", "on")
        await w.turn(100)
        assert w.said == ["off"]


async def test_a_for_that_is_no_duration_is_told(wing, caplog):
    async with wing(yaml("{trigger: state, entity_id: test.a, to: 'on', for: \"{{ 'soon' }}\"}", "x"),
                    states={"test.a": "off"}) as w:  # fmt: skip
        w.states.set("test.a", "on")
        await w.turn(100)
        assert w.said == []
        assert "'soon' is not a duration" in caplog.text


# -- numeric_state


async def test_numbers_cross_limits_of_all_kinds(wing):
    triggers = """
      - {trigger: numeric_state, entity_id: [test.n, test.m], above: 10, below: 20, id: band}
      - {trigger: numeric_state, entity_id: test.n, above: input_number.limit, id: entity}
      - {trigger: numeric_state, entity_id: test.n, attribute: x, below: 5, id: attribute}
      - {trigger: numeric_state, entity_id: test.n, value_template: "{{ state.attributes.x * 10 }}", above: 60, id: template}
"""
    states = {"test.n": 0, "test.m": 15, "input_number.limit": 15}
    async with wing(
        yaml(triggers, "{{ trigger.id }} {{ trigger.entity_id }} {{ trigger.to_state.state }}"), states=states
    ) as w:
        w.states.set("test.m", 16)  # in the range from the start: no crossing
        w.states.set("test.n", 10, {"x": 5})
        w.states.set("test.n", 11, {"x": 4})
        w.states.set("test.n", 16, {"x": 7})
        w.states.set("test.n", 25, {"x": 3})
        w.states.set("test.m", 9)
        w.states.set("test.m", "12.5")
        w.states.set("input_number.limit", 90)  # a limit that moves is not a crossing
        await w.settle()
        assert w.said == [
            "band test.n 11", "attribute test.n 11", "entity test.n 16", "template test.n 16", "attribute test.n 25",
            "band test.m 12.5",
        ]  # fmt: skip


async def test_a_first_number_and_a_blip_are_no_crossing(wing):
    """core 119004, core 36943: Home Assistant arms while there is no value; here nothing is known then."""
    triggers = """
      - {trigger: numeric_state, entity_id: test.n, above: 10, id: plain}
      - {trigger: numeric_state, entity_id: test.n, above: test.limit, id: entity}
      - {trigger: template, value_template: "{{ states('test.n') | float > 10 }}", id: template}
"""
    async with wing(yaml(triggers, "{{ trigger.id }} {{ trigger.to_state.state }}"), states={"test.limit": 10}) as w:
        for value in (None, 50, None, 51, 9, None, 12):
            w.states.set("test.n", value, available=value is not None)
        await w.settle()
        assert sorted(w.said) == ["entity 12", "plain 12", "template 12"]


async def test_a_wait_on_a_number_goes_on_while_its_device_is_gone(wing):
    async with wing(yaml("{trigger: numeric_state, entity_id: test.n, above: 10, for: 60}", "{{ trigger.to_state.state }}"),
                    states={"test.n": 0}) as w:  # fmt: skip
        w.states.set("test.n", 11)
        await w.turn(30)
        w.states.set("test.n", None, available=False)
        w.states.set("test.n", 12)
        await w.turn(30)
        assert w.said == ["11"]
        w.states.set("test.n", 9)
        w.states.set("test.n", 12)
        w.states.set("test.n", 10)
        await w.turn(100)
        assert w.said == ["11"]


# -- template


async def test_a_template_sees_each_event_as_it_was(wing):
    """PEERS 12.4: several writes in one turn of the loop, also of other entities; Home Assistant misses these."""
    triggers = "{trigger: template, value_template: \"{{ is_state('test.a', 'on') and is_state('test.b', 'on') }}\"}"
    async with wing(yaml(triggers, "{{ trigger.entity_id }} {{ trigger.description }}"),
                    states={"test.a": "off", "test.b": "off"}) as w:  # fmt: skip

        def burst(_):
            for entity_id, value in (
                ("a", "on"),
                ("b", "on"),
                ("a", "off"),
                ("b", "off"),
                ("b", "on"),
                ("a", "on"),
                ("a", "off"),
            ):
                w.states.set(f"test.{entity_id}", value)

        w.bus.listen(burst, "burst")
        await w.fire("burst")
        assert w.said == ["test.b test.b via template", "test.a test.a via template"]


async def test_a_template_on_time_and_one_that_stays_true(wing, clock):
    triggers = """
      - {trigger: template, value_template: "{{ now().minute == 5 }}", id: minute}
      - {trigger: template, value_template: "{{ states('test.n') | int }}", for: {minutes: 2}, id: stays}
"""
    async with wing(yaml(triggers, "{{ trigger.id }}"), states={"test.n": 0}) as w:
        w.states.set("test.n", 1)
        await w.turn(60)
        w.states.set("test.n", 2)  # still true: it goes on waiting (Home Assistant loses the wait here)
        await w.turn(60)
        assert w.said == ["stays"]
        await w.turn(600)
        assert w.said == ["stays", "minute"]


# -- time


async def test_times_that_entities_say(wing, clock):
    triggers = """
      - {trigger: time, at: input_datetime.opening, id: opening}
      - {trigger: time, at: {entity_id: sensor.next, offset: "-00:10:00"}, id: before}
      - {trigger: time, at: "{{ at }}", weekday: [sat, sun], id: weekend}
"""
    now = clock.now()  # a Saturday, midnight
    async with wing(yaml(triggers, "{{ trigger.id }} {{ trigger.now.strftime('%a %H:%M') }} {{ trigger.entity_id }}",
                         "{at: '08:00'}")) as w:  # fmt: skip
        opening = {"has_date": False, "has_time": True, "hour": 9, "minute": 30, "second": 0}
        w.states.set("input_datetime.opening", "09:30:00", opening)
        stamp = datetime.fromtimestamp(now + 12 * 3600, UTC).isoformat()
        w.states.set("sensor.next", stamp, {"device_class": "timestamp"})
        await w.turn(86400)
        assert w.said == [
            "weekend Sat 08:00 None",
            "opening Sat 09:30 input_datetime.opening",
            "before Sat 11:50 sensor.next",
        ]
        w.said.clear()
        w.states.set("input_datetime.opening", "10:00:00", {**opening, "hour": 10, "minute": 0})
        await w.turn(2 * 86400)
        assert w.said == [
            "weekend Sun 08:00 None", "opening Sun 10:00 input_datetime.opening", "opening Mon 10:00 input_datetime.opening",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [  # of the documentation: times of the first two hours after midnight
        ('minutes: "/30"', ["00:30:00", "01:00:00", "01:30:00", "02:00:00"]),
        ("hours: 1, minutes: 15", ["01:15:00"]),
        ('hours: "/2"', ["02:00:00"]),
        ("hours: 1, minutes: 2, seconds: /30", ["01:02:00", "01:02:30"]),
        ("minutes: 59, seconds: 10", ["00:59:10", "01:59:10"]),
    ],
)
async def test_time_patterns(wing, pattern, expected):
    async with wing(yaml(f"{{trigger: time_pattern, {pattern}}}", "{{ trigger.now.strftime('%H:%M:%S') }}")) as w:
        await w.turn(2 * 3600)
        assert w.said == expected


# -- the hall's moments, notifications, tags


async def test_start_shutdown_notifications_and_tags(wing):
    triggers = """
      - {trigger: homeassistant, event: start, id: start}
      - {platform: usher, event: shutdown, id: shutdown}
      - {trigger: persistent_notification, update_type: [added, removed], notification_id: n1, id: note}
      - {trigger: tag, tag_id: [card, 7], device_id: reader, id: tag}
"""
    async with wing(yaml(triggers, "{{ trigger.id }} {{ trigger.update_type | default('') }}")) as w:
        for kind, name in (("added", "n1"), ("updated", "n1"), ("removed", "n2"), ("removed", "n1")):
            await w.fire(
                "persistent_notifications_updated", type=kind, notification_id=name, notification={"message": "m"}
            )
        await w.fire("tag_scanned", tag_id="card", device_id="reader")
        await w.fire("tag_scanned", tag_id="7", device_id="other")
        await w.fire("homeassistant_stop")
        assert w.said == ["start", "note added", "note removed", "tag", "shutdown"]


@pytest.mark.parametrize(
    ("trigger", "said"),
    [
        ("trigger: sun, event: sunset", "belongs to a home"),
        ("trigger: device, device_id: x", "belongs to a home"),
        ("trigger: conversation", "belongs to a home"),
        ("trigger: mqtt, topic: x", "comes with the integration 'mqtt', which is not in this configuration"),
        ("trigger: face", "comes with the integration 'face'"),
        ("trigger: numeric_stat, entity_id: test.a", "Did you mean 'numeric_state'?"),
        ("trigger: numeric_state, entity_id: test.a", "above or below is missing"),
        ("trigger: numeric_state, entity_id: test.a, above: 9, below: 3", "above 9 and below 3"),
        ("trigger: state, entity_id: test.a, from: x, not_from: y", "exclude each other"),
        ("trigger: state, entity_id: test.a, for: soon", "'soon' is not a duration"),
        ("trigger: time, at: queue.main", "says no time"),
        ("trigger: time, at: '25:00'", "is not a time of day"),
        ("trigger: time, at: input_datetime.none", "'input_datetime.none' is not an entity here"),
        ("trigger: time_pattern, minutes: 75", "59 is the last one"),
        ("trigger: time_pattern, minutes: '/x'", "is no pattern of time"),
        ("trigger: time_pattern", "hours, minutes or seconds is missing"),
        ("trigger: template, value_template: 'on'", "is not a template"),
        ("trigger: template, value_template: '{{ states(\"test.b\") }}'", "'test.b' is not an entity here"),
        ("trigger: homeassistant, event: begin", "start"),
    ],
)
def test_faults_are_told(problems, trigger, said):
    found = problems(yaml(f"[{{{trigger}}}]", "x"), {"test.a"})
    assert any(said in one for one in found), found
    assert all(one.startswith(("7:", "3:")) for one in found), found


async def test_a_limit_that_is_known_later_than_the_number_loses_no_crossing(wing):
    """At a start the queue may have its number before the input_number that is its limit has come up."""
    triggers = "{trigger: numeric_state, entity_id: test.n, above: test.limit}"
    async with wing(yaml(triggers, "{{ trigger.to_state.state }}")) as w:
        w.states.set("test.n", 18)
        w.states.set("test.limit", 20)
        await w.settle()
        assert w.said == []
        w.states.set("test.n", 21)
        await w.settle()
        assert w.said == ["21"]


async def test_a_number_above_its_limit_when_the_limit_is_known_is_no_crossing(wing):
    triggers = "{trigger: numeric_state, entity_id: test.n, above: test.limit}"
    async with wing(yaml(triggers, "{{ trigger.to_state.state }}")) as w:
        w.states.set("test.n", 21)
        w.states.set("test.limit", 20)
        w.states.set("test.n", 22)
        await w.settle()
        assert w.said == []
