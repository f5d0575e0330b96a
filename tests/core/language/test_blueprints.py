"""Blueprints: substitution keeps places; every fault points at who can mend it."""

from pathlib import Path

import pytest
from usher.core.language.blueprints import SHIPPED, Library

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
