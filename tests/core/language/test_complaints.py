"""What Home Assistant's users complain of, one test a complaint, in the order of its features.

Complaints with a room of their own are tested there:
    for: and delays lost by a restart or reload    test_waits.py, test_reload.py, test_runs.py
    automations see a later state than the event's  test_triggers.py, test_watching.py
    timer.finished missed while down                tests/integrations/timer
    blueprint inputs not checked, no update logic   test_selectors.py, tests/core/commands/test_blueprint.py
    rename breaks every use                         tests/core/test_renaming.py
    dull runs push out the one that mattered        test_trace_file.py
    purge blocks, backlog drops, retention          tests/integrations/recorder
    sandbox has no limit of time                    templates/test_attacks.py
    no simulated run, no clock                      tests/core/simulation
"""

import json
from pathlib import Path

import pytest
from usher.core.__main__ import main
from usher.core.clock import HandClock
from usher.core.errors import ActionError
from usher.core.testing import branch

GO = """
automation:
  - alias: A
    triggers: {{trigger: event, event_type: go}}
    actions:
      - {step}
"""


def checked(folder: Path, capsys: pytest.CaptureFixture[str], text: str) -> tuple[int, str]:
    """The exit code of `usher check` and what it said."""
    (folder / "configuration.yaml").write_text(text, "utf-8")
    code = main(["check", str(folder)])
    told = capsys.readouterr()
    return code, (told.out + told.err).replace(str(folder), "")


WRONG = [
    # complaint, YAML, line:column, the mend that is said
    ("check_config ends with 0 (core 86924)", "automation: {trigger: {platform: no_such}, action: []}", "1:34", "no_such"),
    ("no file, no line (core 20472, 51302)", "automation:\n  - alias: A\n    triggers: {trigger: state}\n    actions: []\n",
     "3:15", "entity_id"),
    ("an unknown action loads", GO.format(step="{action: persistent_notification.creat}"), "6:18",
     "Did you mean 'persistent_notification.create'?"),
    ("an unknown entity loads", "input_boolean: {night: }\n" + GO.format(
        step="{action: input_boolean.turn_on, target: {entity_id: input_boolean.nigth}}"), "7:61", "input_boolean.night"),
    ("an unknown function loads", GO.format(step="{event: x, event_data: {a: \"{{ state('input_boolean.a') }}\"}}"), "6:",
     "Did you mean 'states'?"),
    ("an unknown variable loads", GO.format(step="{event: x, event_data: {a: \"{{ trigerr.event }}\"}}"), "6:",
     "Did you mean 'trigger'?"),
    ("TemplateNotFound without a hint (core 93129)", GO.format(
        step="{event: x, event_data: {a: \"{% from 'tools.jinja' import line %}{{ line() }}\"}}"), "6:", "tools.jinja"),
    ("a wrong id of a helper is not told (core 28848)", "timer: {tea: {duration: 60}}\n" + GO.format(
        step="{action: timer.start, target: {entity_id: timer.tee}}"), "7:", "timer.tea"),
]  # fmt: skip


@pytest.mark.parametrize(("complaint", "text", "place", "mend"), WRONG, ids=[one[0] for one in WRONG])
def test_the_check_tells(complaint, text, place, mend, tmp_path, capsys):
    code, told = checked(tmp_path, capsys, text)
    assert code == 1
    assert f"configuration.yaml:{place}" in told
    assert mend in told


def test_a_secret_is_never_said(tmp_path, capsys):
    """Editors and messages wrote secrets in clear (core 20156, 36899)."""
    (tmp_path / "secrets.yaml").write_text("hook: very-secret-word\n", "utf-8")
    (tmp_path / "secrets.yaml").chmod(0o600)
    code, told = checked(tmp_path, capsys, "input_number: {a: {min: !secret hook, max: 3}}\n")
    assert code == 1
    assert "very-secret-word" not in told


async def test_one_bad_automation_is_told_when_it_is_brought_and_the_others_run_on(tmp_path):
    """It was silently off: "I woke up to a cold house" (frontend 10690)."""
    good = GO.format(step="{event: done}")
    async with branch(good, tmp_path, clock=HandClock()) as hall:
        with pytest.raises(ActionError) as told:
            await hall.reload(good + "  - {alias: B, triggers: {trigger: event, event_type: go}, actions: {evnt: x}}\n")
        assert "evnt" in str(told.value)
        hall.engine.bus.fire("go", {})
        await hall.engine.clock.turn(0)
        assert len(hall.events("done")) == 1


async def test_two_writes_in_one_turn_of_the_loop_are_two_edges(wing):
    """A template trigger missed false -> true -> false (PEERS 12.4)."""
    async with wing("""
automation:
  - alias: A
    mode: queued
    triggers: {trigger: template, value_template: "{{ is_state('test.a', 'on') }}"}
    actions: {action: test.say, data: {text: "{{ trigger.to_state.state }}"}}
""", states={"test.a": "off"}) as w:  # fmt: skip
        for value in ("on", "off", "on", "off"):
            w.states.set("test.a", value)
        await w.settle()
        assert w.said == ["on", "on"]


async def test_to_calculate_with_unknown_says_which_entity_and_where(wing):
    """`float got invalid input 'unknown'` (core 129062, 182197)."""
    async with wing(GO.format(step="{action: test.say, data: {number: \"{{ states('test.a') + 1 }}\"}}"),
                    states={"test.a": None}) as w:  # fmt: skip
        await w.fire("go")
        assert w.said == []
        assert "test.a" in w.trace()["error"]
        assert "configuration.yaml:6:" in json.dumps(w.trace())


async def test_a_blip_through_unavailable_is_no_second_crossing(wing):
    """It fired again, "correct behavior" (core 119004)."""
    async with wing("""
automation:
  - alias: A
    mode: queued
    triggers: {trigger: numeric_state, entity_id: test.a, above: 5}
    actions: {action: test.say, data: {text: over}}
""", states={"test.a": 1}) as w:  # fmt: skip
        w.states.set("test.a", 9)
        w.states.set("test.a", 9, available=False)
        w.states.set("test.a", 9)
        await w.settle()
        assert w.said == ["over"]


async def test_the_cause_is_the_right_one_after_a_delay_and_nobody_elses(wing, clock):
    """The logbook named another after a delay, and a window of 5 s stamped other people's changes (core 45579, 60302)."""
    from usher.core.events import Context

    async with wing(GO.format(step="{delay: 60}") + "      - {action: test.say, data: {text: x}}\n") as w:
        cause = Context(user_id="paulus")
        w.bus.fire("go", {}, cause)
        await w.turn(59)
        w.bus.fire("other", {}, Context(user_id="anne"))
        changed = w.states.set("test.by_itself", 1)
        await w.turn(1)
        assert w.contexts[0].parent_id == cause.id
        assert w.contexts[0].user_id == "paulus"
        assert changed.context.user_id is None


async def test_an_endless_loop_is_stopped_and_the_hall_goes_on(wing):
    """A loop in a template froze the core (core 115042), and so did repeat (PR 115110)."""
    endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    async with wing(GO.format(step=f"{{event: x, event_data: {{a: '{endless}'}}, continue_on_error: true}}")
                    + "      - repeat: {while: \"{{ true }}\", sequence: [{variables: {a: 1}}]}\n"
                    + "  - {alias: B, triggers: {trigger: event, event_type: go},"
                      " actions: {action: test.say, data: {text: other}}}\n") as w:  # fmt: skip
        await w.fire("go")
        for _ in range(1000):  # the endless one yields every few milliseconds
            if w.said:
                break
            await w.clock.turn(0)
        assert w.said == ["other"]


async def test_a_template_over_all_states_is_not_rendered_at_every_change(tmp_path):
    """A template over `states` hung the core (core 40621)."""
    yaml = "template: {sensor: {name: Made, state: '{{ states | list | length }}'}}\n"
    async with branch(yaml, tmp_path, clock=HandClock()) as hall:
        for n in range(500):
            hall.engine.states.set(f"test.n{n}", 1)
        await hall.engine.clock.turn(0)
        assert len([e for e in hall.events("state_changed") if e.data["entity_id"] == "sensor.made"]) <= 2
        await hall.engine.clock.turn(60)
        assert int(hall.state("sensor.made").value) > 500


async def test_an_error_can_be_gone_on_after_and_leaves_its_trace(wing):
    """A template error killed the rest (core 39517)."""
    async with wing(GO.format(step="{event: x, event_data: {a: \"{{ 1 / 0 }}\"}, continue_on_error: true}")
                    + "      - {action: test.say, data: {text: still}}\n") as w:  # fmt: skip
        await w.fire("go")
        assert w.said == ["still"]


async def test_a_run_too_many_stands_in_the_traces(wing):
    """It was dropped with a line in the log (docs 4023)."""
    async with wing(GO.format(step="{delay: 60}")) as w:
        await w.fire("go")
        await w.fire("go")
        assert [one["script_execution"] for one in w.traces()] == [None, "failed_single"]


async def test_a_long_text_is_a_state(tmp_path):
    """No more than 255 characters (core 129863)."""
    async with branch("input_text: {a: {max: 2000}}\n", tmp_path, clock=HandClock()) as hall:
        await hall.act("input_text.set_value", entity_id="input_text.a", value="x" * 2000)
        assert hall.state("input_text.a").value == "x" * 2000


def test_int_and_float_take_a_default_and_say_what_they_were_given(wing):
    """They raise without one (docs 21897)."""
    from usher.core.bus import Bus
    from usher.core.errors import TemplateError
    from usher.core.language.templates import Templates
    from usher.core.states import States

    clock = HandClock()
    templates = Templates(States(Bus(clock), clock), clock)
    assert templates.render("{{ 'x' | int(3) }}", {}) == 3
    with pytest.raises(TemplateError, match="'x'"):
        templates.render("{{ 'x' | int }}", {})
