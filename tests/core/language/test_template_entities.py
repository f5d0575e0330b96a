"""Entities of templates: they follow what they read, or wait for a trigger; and are kept, delayed, and told when faulty."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from usher.core.check import check
from usher.core.clock import HandClock
from usher.core.testing import Branch, branch

HELPERS = """
input_number: {n: {min: 0, max: 100}, m: {min: 0, max: 100}}
input_boolean: {door: , other: }
"""


@asynccontextmanager
async def hall_of(template: str, folder: Path, clock: HandClock | None = None) -> AsyncIterator[Branch]:
    async with branch(HELPERS + "template:\n" + template, folder, clock=clock or HandClock()) as hall:
        yield hall


async def put(hall: Branch, value: float, name: str = "n") -> None:
    await hall.act("input_number.set_value", entity_id=f"input_number.{name}", value=value)


async def door(hall: Branch, state: str) -> None:
    await hall.act(f"input_boolean.turn_{state}", entity_id="input_boolean.door")


def changes(hall: Branch, entity_id: str) -> list[Any]:
    return [e.data["new_state"] for e in hall.events("state_changed")
            if e.data["entity_id"] == entity_id and e.data["new_state"] is not None]  # fmt: skip


TWICE = """
  - sensor:
      - name: {en: Twice as much, zh-CN: 两倍}
        unit_of_measurement: "%"
        device_class: volume
        state_class: measurement
        icon: "{{ 'mdi:loud' if states('input_number.n') > 5 else 'mdi:quiet' }}"
        state: "{{ states('input_number.n') * 2 }}"
        attributes:
          both: "{{ states('input_number.n') + states('input_number.m') }}"
          list: "{{ [1, states('input_number.n')] }}"
          fixed: yes
"""


async def test_it_follows_what_it_reads_in_one_step(tmp_path: Path) -> None:
    async with hall_of(TWICE, tmp_path) as hall:
        name = "sensor.twice_as_much"
        await put(hall, 10)
        await put(hall, 3, "m")
        state = hall.state(name)
        assert (state.value, type(state.value)) == (20.0, float)
        assert dict(state.attributes) == {
            "name": {"en": "Twice as much", "zh-CN": "两倍"}, "device_class": "volume", "unit_of_measurement": "%",
            "state_class": "measurement", "icon": "mdi:loud", "both": 13.0, "list": [1, 10.0], "fixed": True}  # fmt: skip
        assert [(s.value, s.attributes["both"], s.attributes["icon"]) for s in changes(hall, name)] == [
            (0.0, 0.0, "mdi:quiet"), (20.0, 10.0, "mdi:loud"), (20.0, 13.0, "mdi:loud")]  # fmt: skip
        await hall.act("input_boolean.turn_on", entity_id="input_boolean.other")
        assert len(changes(hall, name)) == 3  # of what it does not read it hears nothing


async def test_its_context_is_a_child_of_what_brought_it(tmp_path: Path) -> None:
    async with hall_of(TWICE, tmp_path) as hall:
        await put(hall, 10)
        cause = hall.state("input_number.n").context
        context = hall.state("sensor.twice_as_much").context
        assert (context.parent_id, context.depth) == (cause.id, cause.depth + 1)


async def test_at_a_start_it_appears_when_everything_is_there(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """No unavailable first, no complaint of what comes a moment later, and none at the end."""
    for _ in range(2):
        async with hall_of(TWICE, tmp_path) as hall:
            await put(hall, 10)
            first = changes(hall, "sensor.twice_as_much")[0]
            assert first.available
            order = [e.data.get("entity_id", e.type) for e in hall.heard]
            assert (
                order.index("homeassistant_started")
                < order.index("sensor.twice_as_much")
                < order.index("usher_started")
            )
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("template", "state"),
    [
        ("{{ 'A012' }}", "A012"), ("{{ '007' }}", "007"), ("{{ 5 }}", 5), ("{{ 2.5 }}", 2.5), ("{{ true }}", "True"),
        ("{{ none }}", None), ("{{ 'unknown' }}", None), ("{{ [1, 2] }}", "[1, 2]"), ("plain", "plain"), ("7", "7"),
    ],
)  # fmt: skip
async def test_what_a_sensor_is(tmp_path: Path, template: str, state: Any) -> None:
    async with hall_of(f'  - sensor: {{name: x, state: "{template}"}}', tmp_path) as hall:
        found = hall.state("sensor.x")
        assert (found.value, type(found.value)) == (state, type(state))


@pytest.mark.parametrize(
    ("template", "state"),
    [("{{ true }}", "on"), ("{{ 1 }}", "on"), ("{{ 'on' }}", "on"), ("{{ 'yes' }}", "on"), ("{{ 0 }}", "off"),
     ("{{ 'off' }}", "off"), ("{{ 'maybe' }}", "off"), ("{{ none }}", None)],
)  # fmt: skip
async def test_what_a_binary_sensor_is(tmp_path: Path, template: str, state: Any) -> None:
    async with hall_of(f'  - binary_sensor: {{name: x, state: "{template}"}}', tmp_path) as hall:
        assert hall.state("binary_sensor.x").value == state


async def test_availability(tmp_path: Path) -> None:
    async with hall_of("""
  - sensor: {name: x, state: "{{ states('input_number.n') }}", availability: "{{ is_state('input_boolean.door', 'on') }}"}
""", tmp_path) as hall:  # fmt: skip
        assert not hall.state("sensor.x").available
        await put(hall, 4)
        await door(hall, "on")
        assert (hall.state("sensor.x").available, hall.state("sensor.x").value) == (True, 4.0)
        await door(hall, "off")
        assert not hall.state("sensor.x").available


async def test_a_fault_makes_it_unavailable_and_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with hall_of("""
  - sensor:
      name: x
      state: "{{ 10 / states('input_number.n') }}"
""", tmp_path) as hall:  # fmt: skip
        assert not hall.state("sensor.x").available
        await put(hall, 5)
        assert hall.state("sensor.x").value == 2.0
        await put(hall, 0)
        await put(hall, 0)
        assert not hall.state("sensor.x").available
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2, told  # at the start, and when it came again
    assert all("configuration.yaml:8:14" in text and "sensor.x" in text and "zero" in text for text in told)


async def test_a_unit_wants_a_number(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with hall_of("  - sensor: {name: x, state: many, unit_of_measurement: kg}", tmp_path) as hall:
        assert not hall.state("sensor.x").available
    assert "sensor.x: the template gave 'many'; it has a unit, so it is a number." in caplog.text


async def test_delays(tmp_path: Path) -> None:
    clock = HandClock()
    async with hall_of("""
  - binary_sensor:
      - name: x
        state: "{{ is_state('input_boolean.door', 'on') }}"
        delay_on: "00:00:10"
        delay_off: {seconds: "{{ 5 }}"}
""", tmp_path, clock) as hall:  # fmt: skip
        await door(hall, "on")
        await clock.turn(9)
        assert hall.state("binary_sensor.x").value == "off"
        await door(hall, "off")  # it did not last
        await clock.turn(20)
        assert hall.state("binary_sensor.x").value == "off"
        await door(hall, "on")
        await clock.turn(10)
        assert hall.state("binary_sensor.x").value == "on"
        await door(hall, "off")
        await clock.turn(4)
        assert hall.state("binary_sensor.x").value == "on"
        await clock.turn(1)
        assert hall.state("binary_sensor.x").value == "off"


async def test_variables_are_followed_too(tmp_path: Path) -> None:
    async with hall_of("""
  - variables:
      base: "{{ states('input_number.n') }}"
      more: "{{ base + 1 }}"
    sensor: {name: x, state: "{{ more * 10 }}"}
""", tmp_path) as hall:  # fmt: skip
        assert hall.state("sensor.x").value == 10
        await put(hall, 4)
        assert hall.state("sensor.x").value == 50


TRIGGERED = """
  - triggers: {trigger: event, event_type: ping}
    conditions: "{{ trigger.event.data.n > 0 }}"
    variables: {n: "{{ trigger.event.data.n }}"}
    sensor:
      - {name: Sum, state: "{{ this.state | int(0) + n }}", attributes: {last: "{{ n }}"}, icon: mdi:sigma}
    binary_sensor:
      - {name: Rung, state: "{{ true }}", auto_off: 30}
"""


async def test_triggers(tmp_path: Path) -> None:
    clock = HandClock()
    async with hall_of(TRIGGERED, tmp_path, clock) as hall:
        assert (hall.state("sensor.sum").value, hall.state("binary_sensor.rung").value) == (None, None)
        for n in (2, 0, 3):
            hall.engine.bus.fire("ping", {"n": n})
        assert hall.state("sensor.sum").value == 5
        assert (hall.state("sensor.sum").attributes["last"], hall.state("sensor.sum").attributes["icon"]) == (
            3,
            "mdi:sigma",
        )
        assert hall.state("binary_sensor.rung").value == "on"
        await clock.turn(29)
        hall.engine.bus.fire("ping", {"n": 1})
        await clock.turn(29)
        assert hall.state("binary_sensor.rung").value == "on"
        await clock.turn(1)
        assert hall.state("binary_sensor.rung").value == "off"


async def test_a_restart_keeps_what_a_trigger_brought(tmp_path: Path) -> None:
    clock = HandClock()
    async with hall_of(TRIGGERED, tmp_path, clock) as hall:
        hall.engine.bus.fire("ping", {"n": 7})
        while not hall.engine.store.idle:  # noqa: ASYNC110 - a thread brings it about
            await asyncio.sleep(0.001)
    clock = HandClock(clock.now() + 20)
    async with hall_of(TRIGGERED, tmp_path, clock) as hall:
        (first,) = changes(hall, "sensor.sum")
        assert (first.value, first.attributes["last"]) == (7, 7)
        assert hall.state("binary_sensor.rung").value == "on"
        await clock.turn(10)  # auto_off goes on too
        assert hall.state("binary_sensor.rung").value == "off"
        hall.engine.bus.fire("ping", {"n": 1})
        assert hall.state("sensor.sum").value == 8


async def test_a_fault_while_triggered(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with hall_of("""
  - triggers: {trigger: event, event_type: ping}
    sensor:
      - {name: bad, state: "{{ 1 / trigger.event.data.n }}"}
      - {name: good, state: "{{ trigger.event.data.n }}"}
""", tmp_path) as hall:  # fmt: skip
        hall.engine.bus.fire("ping", {"n": 0})
        assert not hall.state("sensor.bad").available
        assert hall.state("sensor.good").value == 0
    assert "sensor.bad" in caplog.text


@pytest.mark.parametrize(
    "template",
    [
        """  - sensor: {name: a, state: "{{ states('sensor.a') | int(0) + 1 }}"}""",
        """  - sensor:
      - {name: a, state: "{{ states('sensor.b') | int(0) + 1 }}"}
      - {name: b, state: "{{ states('sensor.a') | int(0) + 1 }}"}""",
        """  - sensor: {name: a, state: "{{ states.sensor | map(attribute='state') | map('int', 0) | sum + 1 }}"}""",
    ],
)
async def test_a_circle_is_cut(tmp_path: Path, template: str) -> None:
    """It comes to an end, and the hall goes on."""
    async with hall_of(template, tmp_path) as hall:
        await put(hall, 1)
        value = hall.state("sensor.a").value
        assert isinstance(value, (int, float))
        assert value < 100
        await put(hall, 2)


async def test_names_and_ids(tmp_path: Path) -> None:
    async with hall_of("""
  - sensor:
      - {name: Longest wait, state: 1}
      - {name: Longest wait, state: 2}
      - {unique_id: by-id, state: 3}
      - {default_entity_id: sensor.mine, name: Something, state: 4}
      - {state: 5}
""", tmp_path) as hall:  # fmt: skip
        ids = ["sensor.longest_wait", "sensor.longest_wait_2", "sensor.by_id", "sensor.mine", "sensor.template"]
        assert [hall.state(one).value for one in ids] == [1, 2, 3, 4, 5]


@pytest.fixture
def told(tmp_path: Path) -> Callable[[str], list[str]]:
    def ask(yaml: str) -> list[str]:
        (tmp_path / "configuration.yaml").write_text(HELPERS + yaml, "utf-8")
        return [str(problem).removeprefix(f"{tmp_path}/configuration.yaml:") for problem in check(tmp_path, always=())]

    return ask


def test_what_reads_them_is_checked(told: Callable[[str], list[str]]) -> None:
    (problem,) = told("""
template: [{sensor: {name: Longest wait, state: 1}}]
automation:
  - triggers: {trigger: numeric_state, entity_id: [sensor.longest_wait, sensor.longest_wiat], above: 5}
    actions: []
""")
    assert "Did you mean 'sensor.longest_wait'?" in problem


@pytest.mark.parametrize(
    ("block", "says"),
    [
        ("{}", "it has no entities. Write  sensor: [{name: ..., state: ...}]."),
        ("5", "write a mapping: {sensor: [{name: ..., state: ...}]}."),
        ("{sensor: {name: a}}", "the key 'state' is missing"),
        ("{sensor: {name: a, state: 1, colour: red}}", "there is no key 'colour' here."),
        ("{sensor: [a]}", "sensor: write a mapping"),
        ("{sensr: {name: a, state: 1}}", "there is no key 'sensr' in a block of template:. Did you mean 'sensor'?"),
        ("{switch: {name: a}}", "switch: that belongs to a home"),
        ("{number: {name: a}}", "there is no template number here. Write input_number: and an automation."),
        ("{sensor: {name: a, state: '{{ 1'}}", "template"),
        ("{sensor: {name: a, state: '{{ 1 | nofilter }}'}}", "no such filter 'nofilter'"),
        ("{sensor: {name: a, state: \"{{ states('input_number.x') }}\"}}", "'input_number.x' is not an entity here."),
        ("{sensor: {name: '{{ x }}', state: 1}}", "name: it is named once, so this is no template."),
        ("{sensor: {name: a, state: 1, default_entity_id: binary_sensor.a}}", "'binary_sensor.a' is no sensor. Write one as in sensor.main."),
        ("{binary_sensor: {name: a, state: 1, delay_on: soon}}", "delay_on: 'soon' is not a duration."),
        ("{binary_sensor: {name: a, state: 1, auto_off: 5}}", "auto_off: only with triggers."),
        ("{conditions: \"{{ true }}\", sensor: {name: a, state: 1}}", "conditions are asked when a trigger fires"),
        ("{trigger: {platform: sun}, sensor: {name: a, state: 1}}", "belongs to a home"),
        ("{triggers: {trigger: event, event_type: x}, actions: [], sensor: {name: a, state: 1}}", "actions do not stand here."),
        ("{variables: 5, sensor: {name: a, state: 1}}", "variables: write a mapping"),
    ],
)  # fmt: skip
def test_faults_in_the_yaml(told: Callable[[str], list[str]], block: str, says: str) -> None:
    problems = told(f"template:\n  - {block}\n")
    assert any(says in problem for problem in problems), problems


def test_the_older_form_is_told_its_new_place(told: Callable[[str], list[str]]) -> None:
    (problem,) = told("sensor:\n  - {platform: template, sensors: {a: {value_template: '{{ 1 }}'}}}\n")
    assert problem.startswith("4:1  sensor: entities of templates stand under template:")


def test_a_counter_is_a_window_here(told: Callable[[str], list[str]]) -> None:
    first, second = told("""
queue: {main: {name: Main}}
counter:
  "1": {name: Window, serves: [main]}
  visitors: {initial: 0, step: 1}
automation:
  - triggers: {trigger: event, event_type: x}
    actions:
      - {action: counter.increment, target: {entity_id: counter.visitors}}
""")
    assert "a counter is a window here; Home Assistant's counter is counter_helper." in first
    assert "no such action 'counter.increment'. A counter is a window here" in second


async def test_a_reload_leaves_unchanged_ones_alone(tmp_path: Path) -> None:
    def yaml(name: str) -> str:
        return f'{HELPERS}template:\n{TRIGGERED}  - sensor: {{name: {name}, state: "{{{{ 1 }}}}"}}\n'

    async with branch(yaml("x"), tmp_path, clock=HandClock()) as hall:
        hall.engine.bus.fire("ping", {"n": 7})
        (tmp_path / "configuration.yaml").write_text("# moved\n" + yaml("y"), "utf-8")
        await hall.act("usher.reload")
        assert hall.state("sensor.sum").value == 7
        assert len(changes(hall, "sensor.sum")) == 2
        assert hall.engine.states.get("sensor.x") is None
        assert hall.state("sensor.y").value == 1
        hall.engine.bus.fire("ping", {"n": 1})
        assert hall.state("sensor.sum").value == 8
