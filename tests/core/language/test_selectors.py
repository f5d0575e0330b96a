"""Selectors: what each takes, and what it says of what it does not take."""

from pathlib import Path

import pytest
from usher.core.errors import Place
from usher.core.language.selectors import KINDS, compile_selector, is_empty
from usher.core.source import Source

HERE = Place("x", 1, 1)
HOME_ASSISTANT = {
    "action", "addon", "area", "assist_pipeline", "attribute", "backup", "backup_location", "boolean",
    "color_rgb", "color_temp", "condition", "config_entry", "constant", "conversation_agent", "country", "date",
    "datetime", "device", "duration", "entity", "file", "floor", "icon", "label", "language", "location", "media",
    "number", "object", "qr_code", "select", "state", "target", "template", "text", "theme", "time", "trigger",
}  # fmt: skip


def take(selector, value):
    """What is complained of, and the entities that must exist."""
    problems, told, uses = [], [], []
    tree = Source(Path()).parse(f"selector: {selector}\nvalue: {value}", Path("x"))
    made = compile_selector(tree["selector"], HERE, problems)
    assert problems == []
    taken = made.take(tree["value"], tree.value_places["value"], lambda place, text: told.append(text), uses)
    return taken, told, [use.entity_id for use in uses]


def test_all_of_home_assistants_names_are_known():
    assert set(KINDS) >= HOME_ASSISTANT


GOOD = [
    ("{number: {min: 1, max: 5, step: 0.5}}", "2.5"),
    ("{number: null}", "-3"),
    ("{number: {min: 1, max: 5}}", '"{{ 3 }}"'),
    ("{select: {options: [a, b], multiple: true}}", "[a, b]"),
    ("{select: {options: [{value: a, label: A}], custom_value: true}}", "z"),
    ("{text: {type: email}}", "a@b.c"),
    ("{text: {multiple: true, type: time}}", '["08:30"]'),
    ("{time: {}}", '"17:30"'),
    ("{time: {}}", "17:30"),
    ("{date: {}}", "2026-01-31"),
    ("{datetime: {}}", '"2026-01-31 17:30:00"'),
    ("{duration: {}}", "{minutes: 5}"),
    ("{color_rgb: {}}", "[255, 0, 10]"),
    ("{color_temp: {unit: kelvin, min: 2000, max: 6500}}", "2700"),
    ("{icon: {}}", "mdi:bell"),
    ("{language: {languages: [en, zh-CN]}}", "zh-CN"),
    ("{country: {}}", "CN"),
    ("{constant: {value: 1, label: One}}", "1"),
    ("{state: {entity_id: counter.1}}", '"on"'),
    ("{attribute: {entity_id: queue.main}}", "waiting"),
    ("{object: {}}", "{a: [1]}"),
    ("{object: {multiple: true, fields: {n: {required: true, selector: {number: {}}}}}}", "[{n: 1}, {n: 2}]"),
    ("{action: {}}", "[{event: x}]"),
    ("{location: {}}", "{latitude: 30.6, longitude: 114.3}"),
    ("{media: {}}", "jingle.wav"),
    ("{file: {accept: .png}}", "www/logo.png"),
    ("{words: {}}", "{en: Hello, zh-CN: 你好}"),
    ("{area: {}}", "lobby"),
    ("{template: {}}", '"{{ now() }}"'),
]  # fmt: skip


@pytest.mark.parametrize(("selector", "value"), GOOD, ids=[f"{s} {v}" for s, v in GOOD])
def test_taken(selector, value):
    assert take(selector, value)[1:] == ([], [])


BAD = [
    ("{number: {min: 1, max: 5}}", "9", "9 is not between 1 and 5."),
    ("{number: {min: 1}}", "0", "0 is less than 1."),
    ("{number: {max: 1}}", "2", "2 is more than 1."),
    ("{number: {min: 0, step: 5}}", "7", "7 is no step of 5 from 0."),
    ("{number: {}}", "'5'", "'5' is not a number."),
    ("{number: {}}", "yes", "True is not a number."),
    ("{select: {options: [low, high]}}", "hihg", "There are: low, high. Did you mean 'high'?"),
    ("{select: {options: [a], multiple: true}}", "a", "a list is wanted here. Write ['a']."),
    ("{select: {options: [a]}}", "[a]", "one of a is wanted here."),
    ("{boolean: {}}", "'on'", "'on' is neither true nor false."),
    ("{text: {}}", "5", "5 is not text. Put it into quotes."),
    ("{text: {type: email}}", "nobody", "'nobody' is not an address"),
    ("{text: {type: date, multiple: true}}", "[2026-13-01]", "'2026-13-01' is not a date."),
    ("{time: {}}", '"25:00"', "'25:00' is not a time of day."),
    ("{date: {}}", "31.01.2026", "is not a date. Write 2026-01-31."),
    ("{datetime: {}}", "soon", "is not a date and time."),
    ("{duration: {}}", "5 minits", "is not a duration."),
    ("{duration: {}}", "-5", "-5 s is less than nothing."),
    ("{color_rgb: {}}", "[256, 0, 0]", "is not a colour."),
    ("{icon: {}}", "bell", "is not an icon. Write mdi:name"),
    ("{language: {}}", "English language", "is not a language."),
    ("{country: {}}", "China", "is not a country."),
    ("{constant: {value: 1}}", "2", "2 cannot be given here. Write 1."),
    ("{state: {}}", "on", "True is not a state. Put it into quotes, as in 'on'."),
    ("{object: {fields: {n: {required: true}}}}", "{m: 1}", "there is no key 'm' here."),
    ("{object: {fields: {n: {required: true}}}}", "{}", "the key 'n' is missing. Add it."),
    ("{object: {fields: {n: {selector: {number: {}}}}}}", "{n: x}", "'x' is not a number."),
    ("{action: {}}", "5", "5 is no list of steps."),
    ("{location: {}}", "here", "a location is wanted here."),
    ("{file: {}}", "../secrets.yaml", "is outside the configuration folder."),
    ("{words: {languages: [en, zh-CN]}}", "{en: x}", "zh-CN is missing. Add it."),
    ("{words: {}}", "{English: 5}", "is not a language."),
    ("{entity: {domain: queue}}", "counter.1", "'counter.1' is no queue. Write one as in queue.main."),
    ("{entity: {filter: [{domain: queue}, {domain: counter}]}}", "display.x", "is no queue or counter."),
    ("{entity: {exclude_entities: [queue.b]}}", "queue.b", "may not be given here."),
    ("{entity: {}}", "[queue.a]", "one entity is wanted here, not a list of them."),
    ("{entity: {}}", '"{{ x }}"', "which one must be known before the hall runs."),
    ("{counter: {}}", "queue.main", "'queue.main' is no counter."),
    ("{target: {}}", "{area_id: hall}", "there is no key 'area_id' here."),
    ("{target: {}}", "counter.1", "a target is wanted here."),
    ("{qr_code: {data: x}}", "x", "nothing can be given here"),
]  # fmt: skip


@pytest.mark.parametrize(("selector", "value", "text"), BAD, ids=[f"{s} {v}" for s, v, _ in BAD])
def test_not_taken(selector, value, text):
    assert text in " ".join(take(selector, value)[1])


def test_entities_are_noted_and_bare_names_are_made_whole():
    assert take("{entity: {domain: queue, multiple: true}}", "[queue.a, queue.b]")[2] == ["queue.a", "queue.b"]
    assert take("{counter: {}}", "1") == ("counter.1", [], ["counter.1"])
    assert take("{queue: {multiple: true}}", "[a, queue.b]")[0] == ["queue.a", "queue.b"]
    assert take("{target: {}}", "{entity_id: [counter.1]}")[2] == ["counter.1"]


FAULTY = [
    ("{number: {mim: 1}}", "no key 'mim' here. Did you mean 'min'?"),
    ("{number: {min: 5, max: 1}}", "min is more than max"),
    ("{number: {mode: slider}}", "a slider needs min and max"),
    ("{select: {}}", "the key 'options' is missing"),
    ("{select: {options: []}}", "at least 1"),
    ("{numbr: {}}", "no such selector 'numbr'. Did you mean 'number'?"),
    ("number", "selector: write one kind"),
    ("{number: {}, text: {}}", "selector: write one kind"),
]  # fmt: skip


@pytest.mark.parametrize(("selector", "text"), FAULTY, ids=[s for s, _ in FAULTY])
def test_a_faulty_selector(selector, text):
    problems = []
    tree = Source(Path()).parse(f"selector: {selector}", Path("x"))
    assert compile_selector(tree["selector"], HERE, problems) is None
    assert text in str(problems[0])
    assert problems[0].place.line == 1


def test_empty():
    assert all(map(is_empty, (None, "", [], {})))
    assert not any(map(is_empty, (0, False, "a", [0])))
