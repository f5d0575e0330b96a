"""Blueprints: substitution keeps places; every fault points at who can mend it."""

from pathlib import Path
from typing import Any

import pytest
from usher.core.actions import Actions
from usher.core.bus import Bus
from usher.core.clock import SystemClock
from usher.core.language.blueprints import SHIPPED, Library
from usher.core.language.specs import Book, compile_all
from usher.core.language.step_kinds import Ground
from usher.core.language.templates import Templates
from usher.core.language.triggers import MODELS
from usher.core.source import Source
from usher.core.states import States

GREET = """
blueprint:
  name: Greet
  domain: automation
  input:
    who: {name: Who, selector: {text: {}}}
    more:
      name: A section
      collapsed: true
      input:
        times: {default: 2, selector: {number: {min: 1, max: 5}}}
        place: {default: queue.main, selector: {entity: {domain: queue}}}
        word: {default: a, selector: {select: {options: [a, {value: b, label: Bee}]}}}
        loud: {default: false, selector: {boolean: {}}}
        wait: {default: 0, selector: {duration: {}}}
mode: parallel
variables:
  who: !input who
triggers:
  - trigger: event
    event_type: go
    event_data: {word: !input word}
actions:
  - action: test.say
    data: {text: "Hello {{ who }}", times: !input times}
"""


@pytest.fixture
def greet(tmp_path: Path):
    file = tmp_path / "blueprints" / "automation" / "me" / "greet.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(GREET, "utf-8")
    return file


async def test_inputs_are_put_in(wing, greet):
    async with wing("""
automation:
  - alias: Greet
    use_blueprint: {path: me/greet.yaml, input: {who: "the VIP", word: b}}
  - alias: Other
    mode: single
    use_blueprint: {path: me/greet.yaml, input: {who: x}}
""") as w:  # fmt: skip
        await w.fire("go", word="b")
        assert w.said == ["Hello the VIP"]
        assert w.states.get("automation.greet").attributes["mode"] == "parallel"
        assert w.states.get("automation.other").attributes["mode"] == "single"  # what stands beside it wins


FAULTS = [
    ("{path: me/gret.yaml}", "3:27", "no such blueprint 'me/gret.yaml'. Did you mean 'me/greet.yaml'?"),
    ("{path: ../../configuration.yaml}", "3:27", "no such blueprint"),
    ("{path: me/greet.yaml}", "3:20", "needs the input 'who'. Add it"),
    ("{path: me/greet.yaml, input: {who: x}, inputs: {}}", "3:59", "no key 'inputs' here. Did you mean 'input'?"),
    ("{path: me/greet.yaml, input: {who: x, time: 3}}", "3:58", "has no input 'time'. Did you mean 'times'?"),
    ("{path: me/greet.yaml, input: {who: x, times: 9}}", "3:65", "input times: 9 is not between 1 and 5"),
    ("{path: me/greet.yaml, input: {who: x, times: no}}", "3:65", "input times: False is not a number"),
    ("{path: me/greet.yaml, input: {who: 5}}", "3:55", "input who: 5 is not text"),
    ("{path: me/greet.yaml, input: {who: x, place: counter.1}}", "3:65", "'counter.1' is no queue"),
    ("{path: me/greet.yaml, input: {who: x, place: [queue.main]}}", "3:65", "one entity is wanted here"),
    ("{path: me/greet.yaml, input: {who: x, place: nonsense}}", "3:65", "'nonsense' is not an entity id"),
    ("{path: me/greet.yaml, input: {who: x, place: queue.mian}}", "3:65", "Did you mean 'queue.main'?"),
    ("{path: me/greet.yaml, input: {who: x, word: c}}", "3:64", "'c' cannot be chosen here. There are: a, b."),
    ("{path: me/greet.yaml, input: {who: x, loud: loud}}", "3:64", "is neither true nor false"),
    ("{path: me/greet.yaml, input: {who: x, wait: 5 minits}}", "3:64", "is not a duration"),
    ("me/greet.yaml", "3:20", "use_blueprint: write  {path:"),
]  # fmt: skip


@pytest.mark.parametrize(("use", "place", "text"), FAULTS, ids=[use for use, _, _ in FAULTS])
def test_a_fault_points_into_the_installers_file(problems, greet, use, place, text):
    (found,) = problems(f"automation:\n  - alias: Greet\n    use_blueprint: {use}\n", {"queue.main"})
    assert found.startswith(f'{place} automation "Greet": ')
    assert text in found


BROKEN = [
    ("name: Greet", "nam: Greet", "the key 'name' is missing"),
    ("domain: automation", "domain: script", "this blueprint makes 'script', not 'automation'"),
    ("!input word", "!input wrod", "!input wrod: there is no such input in this blueprint. Did you mean 'word'?"),
    ("{text: {}}", "{txt: {}}", "no such selector 'txt'. Did you mean 'text'?"),
    ("default: 2", "defualt: 2", "no key 'defualt' here. Did you mean 'default'?"),
    ("blueprint:", "blueprnt:", "this is no blueprint"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "text"), BROKEN, ids=[new for _, new, _ in BROKEN])
def test_a_fault_of_the_blueprint_points_into_it_and_is_told_once(
    problems, greet, old, new, text, monkeypatch, tmp_path
):
    greet.write_text(GREET.replace(old, new, 1), "utf-8")
    use = "  - use_blueprint: {path: me/greet.yaml, input: {who: x}}\n"
    found = [line for line in problems("automation:\n" + use + use) if text in line]
    assert len(found) == 1
    library = Library(tmp_path)
    first = library.get("me/greet.yaml").problems[0]
    assert first.place.file.endswith("greet.yaml")


def test_an_input_that_a_template_takes_for_a_variable(problems, greet):
    greet.write_text(GREET.replace("variables:\n  who: !input who\n", ""), "utf-8")
    (found,) = problems("automation:\n  - use_blueprint: {path: me/greet.yaml, input: {who: x}}\n")
    assert "template: 'who' is an input of the blueprint, and templates see variables only." in found
    assert "Write  variables: {who: !input who}." in found
    assert found.startswith("23:28 ")


async def test_an_instance_says_which_version_it_came_from(wing, greet):
    text = """
automation:
  - alias: Greet
    use_blueprint: {path: me/greet.yaml, input: {who: x}}
"""
    async with wing(text) as w:
        first = w.states.get("automation.greet").attributes["blueprint"]
        assert first["path"] == "me/greet.yaml"
        await w.fire("go", word="a")
        assert w.trace()["blueprint"] == first
    greet.write_text("# a comment" + GREET.replace("name: Who,", "name: Whom,"), "utf-8")
    async with wing(text) as w:
        same = w.states.get("automation.greet").attributes["blueprint"]
    greet.write_text(
        GREET.replace("Hello", "Bye").replace("domain: automation", "version: 2\n  domain: automation"), "utf-8"
    )
    async with wing(text) as w:
        other = w.states.get("automation.greet").attributes["blueprint"]
        assert other["version"].startswith("2+")
        await w.fire("go", word="a")
        assert w.said == ["Bye x"]
    assert same == first
    assert other["version"] != first["version"]


async def test_what_is_shared_belongs_to_each(wing, greet):
    """Parts without inputs are compiled once; each automation has its own values, names and places all the same."""
    greet.write_text(
        GREET.replace(
            "actions:",
            """actions:
  - if: "{{ true }}"
    then: [{action: test.say, data: {text: "shared {{ who }}"}}]
""",
        ),
        "utf-8",
    )
    async with wing("""
automation:
  - {alias: One, use_blueprint: {path: me/greet.yaml, input: {who: one}}}
  - {alias: Two, use_blueprint: {path: me/greet.yaml, input: {who: two}}}
  - {alias: Three, use_blueprint: {path: me/greet.yaml, input: {who: three, word: b}}}
""") as w:
        await w.fire("go", word="a")
        assert sorted(w.said) == ["Hello one", "Hello two", "shared one", "shared two"]
        paths = set(w.trace()["trace"])
        assert {"action/0", "action/0/then/0", "action/1"} <= paths


def test_a_fault_in_a_shared_part_is_told_of_each(problems, greet):
    greet.write_text(GREET.replace("action: test.say", "action: test.sya"), "utf-8")
    found = problems("""automation:
  - {alias: One, use_blueprint: {path: me/greet.yaml, input: {who: x}}}
  - {alias: Two, use_blueprint: {path: me/greet.yaml, input: {who: y}}}
""")
    assert [line.partition(": ")[0].split(" ", 1)[1] for line in found] == ['automation "One"', 'automation "Two"']


def test_a_value_is_told_where_it_was_given(problems, greet):
    """A given value that the blueprint cannot use: the complaint points at the value, not into the blueprint."""
    text = "automation:\n  - use_blueprint:\n      path: me/greet.yaml\n      input:\n        who: '{{ 1 + }}'\n"
    (found,) = problems(text)
    assert found.startswith("5:14 ")
    assert "template: " in found


def test_all_that_usher_brings_can_be_read():
    library = Library(Path("nowhere"))
    paths = library.known()
    assert {"usher/announce_call.yaml", "usher/queue_is_long.yaml", "usher/printer_needs_care.yaml"} <= set(paths)
    for path in paths:
        assert library.get(path).problems == [], path
        assert (SHIPPED / "automation" / path).is_file()


def test_automations_with_other_rules_have_nothing_of_each_other(tmp_path: Path):
    """What is the same is read once; who says something else of mode, traces or being on has that."""
    made = _specs(tmp_path, """
- {id: a, alias: A, mode: queued, max: 5, triggers: [], actions: []}
- {id: b, alias: B, mode: queued, max: 5, triggers: [], actions: []}
- {id: c, alias: C, mode: queued, max: 6, triggers: [], actions: []}
- {id: d, alias: D, mode: queued, max: 5, initial_state: false, triggers: [], actions: []}
- {id: e, alias: E, mode: queued, max: 5, trace: {stored_traces: 3}, triggers: [], actions: []}
""")  # fmt: skip
    rules = {key: (one.mode, one.max, one.initial_state, one.trace.stored_traces) for key, one in made.items()}
    assert rules == {
        "a": ("queued", 5, None, None), "b": ("queued", 5, None, None), "c": ("queued", 6, None, None),
        "d": ("queued", 5, False, None), "e": ("queued", 5, None, 3),
    }  # fmt: skip
    assert made["a"] is made["b"]


def test_a_fault_is_told_though_one_like_it_was_read_before(tmp_path: Path):
    made = _specs(tmp_path, f"""
- {{id: a, alias: A, triggers: [], actions: []}}
- {{id: {"b" * 201}, alias: B, triggers: [], actions: []}}
- {{id: c, alias: C, triggers: [], actions: [], max: 5.5}}
- {{id: d, alias: D, triggers: []}}
""")  # fmt: skip
    assert set(made) == {"a"}


def _specs(folder: Path, yaml: str) -> dict[str, Any]:
    """The rules of each automation that can run, by its id."""
    clock = SystemClock()
    bus = Bus(clock)
    book = Book(Templates(States(bus, clock), clock), Ground(Actions(), bus), folder, MODELS)
    tree = Source(folder).parse(yaml, folder / "configuration.yaml")
    return {spec.identity.key: spec.model for _, spec in compile_all(tree, book) if spec is not None}


def test_a_number_beyond_all_bounds_has_a_version_too():
    from usher.core.language.blueprint_files import digest

    assert len({digest([10**30]), digest([10**31]), digest(["a"])}) == 3
