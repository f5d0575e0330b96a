"""The types of the YAML, their faults in plain words, and references noted on the way."""

from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, ValidationError
from usher.core.errors import Place, Problem
from usher.core.schema import (
    Duration,
    EntityIdField,
    Name,
    Reference,
    Strict,
    Target,
    TimeOfDay,
    WordsField,
    did_you_mean,
    explain,
    read,
    target_fields,
)
from usher.core.source import Source

FILE = Path("x.yaml")


class Inner(Strict):
    x: int
    y: int = 0


class Other(Strict):
    kind: Literal["other"]
    z: int


class Tagged(Strict):
    kind: Literal["tagged"]
    x: int


class Everything(Strict):
    words: WordsField = ""
    place: int | Literal["end", "front"] = 3
    names: dict[Name, Inner] = Field({})
    truth: bool = False
    number: float = Field(1, ge=0, le=10)
    listed: list[Inner] = Field([])
    text: Annotated[str, Field(min_length=2, max_length=5)] | None = None
    mixed: str | Inner = ""
    either: Annotated[Other | Tagged, Field(discriminator="kind")] | None = None
    span: Duration = 0
    when: TimeOfDay = time(0)
    entity: EntityIdField | None = None
    counter: Annotated[str, Target("counter")] | None = None
    counters: Annotated[list[str], Target("counter", many=True)] = Field([])
    anything: Annotated[str, Target("*")] | None = None


def told(text: str) -> list[str]:
    source, problems = Source(Path()), list[Problem]()
    read(Everything, source.parse(text, FILE), "it", problems)
    return [str(p) for p in problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("words: [a]", "1:8  it.words: a list does not fit. Write text, or a mapping, {key: value}."),
        ("words: {en: [a]}", "1:13  it.words.en: a list does not fit. Write text."),
        ("place: edn", '1:8  it.place: "edn" does not fit. Write a whole number, or one of end, front. Did you mean '
         "'end'?"),
        ("place: [3]", "1:8  it.place: a list does not fit. Write a whole number, or one of end, front."),
        ("names: {A b: {x: 1}}", "1:9  it.names.A b: 'A b' may not be a name. Use a-z, 0-9 and _ only."),
        ("names: {a: {x: 1, why: 1}}", "1:19  it.names.a.why: there is no key 'why' here. Known are x, y."),
        ("names: {a: {}}", "1:12  it.names.a: the key 'x' is missing. Add it."),
        ("names: {a: 5}", "1:12  it.names.a: 5 does not fit. Write a mapping, {key: value}."),
        ("truth: maybe", '1:8  it.truth: "maybe" does not fit. Write true or false.'),
        ("number: 11", "1:9  it.number: 11 does not fit. Write 10 or less."),
        ("number: .nan", "1:9  it.number: nan does not fit. Write 10 or less."),
        ("number: ten", '1:9  it.number: "ten" does not fit. Write a number.'),
        ("number:", "1:8  it.number: nothing does not fit. Write a number."),
        ("listed: {x: 1}", "1:9  it.listed: a mapping does not fit. Write a list."),
        ("listed:\n  - x: 1\n  - x: one", '3:8  it.listed.1.x: "one" does not fit. Write a whole number.'),
        ("text: x", '1:7  it.text: "x" does not fit. Write at least 2 characters.'),
        ("text: 客户客户客户", '1:7  it.text: "客户客户客户" does not fit. Write at most 5 characters.'),
        ("mixed: {x: 1, w: 2}", "1:15  it.mixed.w: there is no key 'w' here. Known are x, y."),
        ("mixed: {}", "1:8  it.mixed: the key 'x' is missing. Add it."),
        ("mixed: 3", "1:8  it.mixed: 3 does not fit. Write text, or a mapping, {key: value}."),
        ("either: {kind: tagd, x: 1}", "1:16  it.either.kind: \"tagd\" does not fit. Write one of other, tagged. "
         "Did you mean 'tagged'?"),
        ("either: {x: 1}", "1:9  it.either: the key 'kind' is missing. Add it."),
        ("either: {kind: tagged, x: one}", '1:27  it.either.x: "one" does not fit. Write a whole number.'),
        ("either: {kind: tagged, x: 1, xx: 1}", "1:30  it.either.xx: there is no key 'xx' here. Did you mean 'x'?"),
        ("span: 30 minits", "1:7  it.span: '30 minits' is not a duration. Write \"00:30\", 1800 or {minutes: 30}."),
        ("span: -1", '1:7  it.span: -1 is not a duration. Write "00:30", 1800 or {minutes: 30}.'),
        ("when: noon", "1:7  it.when: 'noon' is not a time of day. Write \"17:30\" with quotes."),
        ("entity: queue", "1:9  it.entity: 'queue' is not an entity id. Write domain.name in a-z, 0-9 and _, as in "
         "queue.main."),
        ("counter: queue.a", "1:10  it.counter: 'queue.a' is not a counter. Write a name as in counter.main."),
        ("wrods: a", "1:1  it.wrods: there is no key 'wrods' here. Did you mean 'words'?"),
        ("[a]", "1:1  it: a list does not fit. Write a mapping, {key: value}."),
    ],
)  # fmt: skip
def test_a_fault_has_its_place_and_its_mend(text: str, expected: str) -> None:
    assert told(text) == [f"x.yaml:{expected}"]


def test_a_very_long_value_is_cut() -> None:
    [one] = told(f"truth: {'x' * 10_000}")
    assert len(one) < 150


def test_all_faults_at_once() -> None:
    assert len(told("words: [a]\nplace: x\nnumber: 99\nlisted: [{}, {x: 1, q: 2}]\n")) == 5


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("1800", 1800), ("1.5", 1.5), ('"00:30"', 1800), ('"01:00:05"', 3605), ('"00:00:00.5"', 0.5),
     ("{minutes: 30}", 1800), ("{hours: 1, seconds: 5}", 3605), ('"90"', 90), ("0", 0), ("{days: 1}", 86400)],
)  # fmt: skip
def test_durations(written: str, seconds: float) -> None:
    made = read(Everything, Source(Path()).parse(f"span: {written}", FILE), "", [])
    assert made is not None
    assert made.span == seconds


@pytest.mark.parametrize("written", ["true", '"1:2:3:4"', "{}", "{weeks: 1}", "{minutes: x}", "[]", "1e10", "nan", ""])
def test_what_is_no_duration(written: str) -> None:
    [one] = told(f"span: {written}")
    assert "is not a duration" in one


@pytest.mark.parametrize(
    ("written", "expected"),
    [('"17:30"', time(17, 30)), ('"17:30:15"', time(17, 30, 15)), ("17:30", time(17, 30)), ("17:30:15", time(17, 30, 15)),
     ('"00:00"', time(0)), ("08:00", time(8)), ("8:05", time(8, 5))],
)  # fmt: skip
def test_times_of_day_also_as_yaml_1_1_reads_them(written: str, expected: time) -> None:
    made = read(Everything, Source(Path()).parse(f"when: {written}", FILE), "", [])
    assert made is not None
    assert made.when == expected


# -- references


def test_references_are_noted_with_their_places() -> None:
    noted: list[Reference] = []
    text = "counter: counter.1\ncounters: ['2', 3, counter.4]\nanything: queue.a\n"
    made = read(Everything, Source(Path()).parse(text, FILE), "", [], noted)
    assert made is not None
    assert (made.counter, made.counters, made.anything) == ("1", ["2", "3", "4"], "queue.a")
    assert noted == [
        Reference("counter", "1", Place("x.yaml", 1, 10)),
        Reference("counter", "2", Place("x.yaml", 2, 12)),
        Reference("counter", "3", None),  # a bare number has no place of its own
        Reference("counter", "4", Place("x.yaml", 2, 20)),
        Reference("queue", "a", Place("x.yaml", 3, 11)),
    ]


def test_the_targets_of_a_model() -> None:
    assert target_fields(Everything) == {
        "counter": Target("counter"), "counters": Target("counter", many=True), "anything": Target("*")}  # fmt: skip


def test_a_single_target_is_a_list_of_one() -> None:
    assert Everything.model_validate({"counters": "1"}).counters == ["1"]


def test_a_name_of_a_megabyte_is_refused_briefly() -> None:
    with pytest.raises(ValidationError) as caught:
        Everything.model_validate({"counter": "x" * 1_000_000})
    words, _ = explain(caught.value, "counter.call")
    assert words["en"] == "counter.call: counter: a name of 1000000 characters is too long."


# -- the data of an action


def test_an_actions_faults_in_both_languages_and_by_field() -> None:
    data: dict[str, Any] = {"truth": "maybe", "listed": [{"x": None}], "nope": 1}
    with pytest.raises(ValidationError) as caught:
        Everything.model_validate(data)
    words, fields = explain(caught.value, "queue.issue")
    assert fields == {
        "truth": '"maybe" does not fit. Write true or false.',
        "listed.0.x": "nothing does not fit. Write a whole number.",
        "nope": "there is no key 'nope' here. Remove it.",
    }
    assert words["en"].startswith("queue.issue: truth: ")
    assert words["zh-CN"].startswith("queue.issue：数据有误。")


def test_a_thousand_faults_are_not_all_told() -> None:
    with pytest.raises(ValidationError) as caught:
        Everything.model_validate({f"k{i}": 1 for i in range(1000)})
    words, fields = explain(caught.value, "x")
    assert len(fields) == 20
    assert len(words["en"]) < 2000


def test_did_you_mean() -> None:
    assert did_you_mean("persnal", ["personal", "corporate"]) == " Did you mean 'personal'?"
    assert did_you_mean("zzz", ["personal"]) == ""
    assert did_you_mean("x", []) == ""
