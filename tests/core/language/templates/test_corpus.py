"""Home Assistant's templates give Home Assistant's results; where they do not, that is meant and said."""

import runpy
from datetime import datetime
from pathlib import Path

import pytest
from usher.core.bus import Bus
from usher.core.clock import HandClock
from usher.core.errors import TemplateError
from usher.core.language.templates import Templates
from usher.core.states import States

WRITTEN = runpy.run_path(str(Path(__file__).with_name("corpus.py")))
CORPUS, OTHERWISE = WRITTEN["CORPUS"], WRITTEN["OTHERWISE"]


@pytest.fixture(scope="module")
def templates():
    clock = HandClock(start=datetime.fromisoformat(WRITTEN["NOW"]).timestamp())
    states = States(Bus(clock), clock)
    for entity_id, (value, attributes) in WRITTEN["STATES"].items():
        available = value != "unavailable"
        states.set(entity_id, None if value in ("unknown", "unavailable") else value, attributes, available=available)
    return Templates(states, clock)


def written(entry, at):
    """The text with what stands before it, and the variables."""
    text, more = entry[0], entry[at:]
    before = "".join(one for one in more if isinstance(one, str))
    return before + text, next((one for one in more if isinstance(one, dict)), {})


def alike(one, other):
    kinds = {type(one), type(other)}
    return one == other and (type(one) is type(other) or kinds == {int, float})


@pytest.mark.parametrize("entry", CORPUS, ids=[entry[0] for entry in CORPUS])
def test_as_home_assistant(templates, entry):
    text, names = written(entry, 3)
    result = templates.render(text, names)
    assert alike(result, entry[1]), f"{result!r}, but {entry[2]} expects {entry[1]!r}"


@pytest.mark.parametrize("entry", OTHERWISE, ids=[entry[0] for entry in OTHERWISE])
def test_otherwise_on_purpose(templates, entry):
    text, names = written(entry, 4)
    if not isinstance(entry[2], str) or entry[2] == entry[1] or not entry[2].count(" "):
        assert alike(templates.render(text, names), entry[2])
        return
    with pytest.raises(TemplateError) as told:
        templates.render(text, names)
    assert entry[2] in str(told.value)


def test_the_corpus_is_large_and_says_where_it_comes_from():
    assert len({entry[0] for entry in CORPUS}) >= 150
    assert len({entry[0] for entry in CORPUS}) == len(CORPUS)
    sources = ("parse", "init", "docs", "math", "datetime", "type_cast", "serialization", "base64", "crypto",
               "functional", "collection", "string", "regex", "version")  # fmt: skip
    assert all(entry[2].split(":")[0] in sources for entry in CORPUS)


FAILS = [
    "{{ float('forgiving') }}", "{{ 'bad' | int }}", "{{ bool('unknown') }}", "{{ none | bool }}", "{{ 'x' | round }}",
    "{{ 'duck' | sin }}", "{{ -1 | sqrt }}", "{{ asin(2) }}", "{{ average() }}", "{{ average([]) }}", "{{ median([]) }}",
    "{{ statistical_mode() }}", "{{ min() }}", "{{ max(1) }}", "{{ log(10, 'x') }}", "{{ strptime('invalid', '%Y') }}",
    "{{ None | timestamp_custom }}", "{{ None | timestamp_utc }}", "{{ as_timestamp('invalid') }}",
    "{{ today_at('bad') }}", "{{ today_at('25:00') }}", "{{ 'garbage string' | from_json }}",
    "{{ 'test' | regex_findall_index('t', 5) }}", "{{ 'test' | regex_match('[') }}", "{{ merge_response('x') }}",
    "{{ merge_response({'a.b': []}) }}", "{{ merge_response({'a.b': {'entity_id': 1, 'x': 2}}) }}",
    "{{ flatten(123) }}", "{{ [1] | intersect(123) }}", "{{ shuffle() }}", "{{ combine() }}", "{{ combine(1) }}",
    "{{ version(none) < '1' }}", "{{ nothing | is_defined }}", "{{ as_datetime(['a']) }}", "{{ clamp('x', 0, 1) }}",
]  # fmt: skip


@pytest.mark.parametrize("text", FAILS)
def test_what_home_assistant_refuses_is_refused(templates, text):
    with pytest.raises(TemplateError):
        templates.render(text)
