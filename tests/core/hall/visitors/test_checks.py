"""What `usher check` says of cards, visitors and ratings, at its line, in English and Chinese."""

from pathlib import Path

import pytest
from usher.core.check import check
from usher.core.translations import translated

HALL = """\
usher: {name: Bank, languages: [en, zh-CN], classes: {vip: 50}}
queue: {main: {name: Main, prefix: A}, vip: {name: VIP, prefix: V}, top: {name: Top, prefix: P}}
counter: {"1": {name: Window 1, serves: [main, vip, top]}}
"""


def said(folder: Path, more: str) -> list[str]:
    (folder / "configuration.yaml").write_text(HALL + more, "utf-8")
    problems = [p for p in check(folder, always=()) if p.severity == "error"]
    for problem in problems:
        assert translated(problem.text, "zh-CN") != problem.text, problem.text
    return [str(p).removeprefix(f"{folder}/") for p in problems]


@pytest.mark.parametrize(
    ("yaml", "wanted"),
    [
        ("card:\n  a: {number: '62*'}\n  b: {number: ['62*']}\n",
         "configuration.yaml:6:7  card.b.number: '62*' stands under card.a already. Remove one."),
        ("card:\n  a: {number: '62*4*'}\n", "configuration.yaml:5:15  card.a.number: '62*4*' is no pattern of a card's number."),
        ("card:\n  a: {number: '62*', class: royal}\n", "configuration.yaml:5:29  card.a.class: there is no class called 'royal' here."),
        ("card:\n  a: {number: '62*', instead: {main: vip, vip: top}}\n",
         "configuration.yaml:5:32  card.a.instead: main leads to vip, which is sent on again. Name the last one."),
        ("card:\n  a: {number: '62*', queue: vipp}\n", "there is no queue called 'vipp' here. Did you mean 'vip'?"),
        ("visitor: {classes: {royal: {queue: vip}}}\n", "configuration.yaml:4:21  visitor.classes: there is no class royal."),
        ("feedback:\n  levels: [{id: a, name: A}, {id: a, name: B}]\n",
         "configuration.yaml:5:35  feedback.levels.1.id: there are two levels called 'a'. Give each a name of its own."),
        ("feedback:\n  levels: [{id: a, name: A, score: 1}, {id: b, name: B, score: 2}]\n",
         "feedback.levels.1: a level stands below one with a lower score. Put the best first."),
        ("feedback: {staff: {a-b: {name: A}, a_b: {name: B}}}\n",
         "its figure would be called as that of 'a-b'. Write one of the two otherwise."),
        ("feedback: {within: 100, offline_within: 50}\n", "feedback.offline_within: it is shorter than within. Write a longer time."),
        ("feedback: {levels: [{id: a, name: A}]}\n", "at least 2 of them"),
        ("feedback: {counters: ['9']}\n", "there is no counter called '9' here"),
    ],
)  # fmt: skip
def test_it_is_told(tmp_path: Path, yaml: str, wanted: str) -> None:
    told = said(tmp_path, yaml)
    assert any(wanted in one for one in told), told


def test_what_is_right_is_not_complained_of(tmp_path: Path) -> None:
    assert said(tmp_path, """
card: {a: {number: ["62*", "88??"], class: vip, queue: vip, instead: {main: vip}}}
visitor: {classes: {vip: {instead: {main: vip}}}, keep: 30, missed_within: {days: 9}}
feedback: {levels: [{id: a, name: A}, {id: b, name: B}, {id: c, name: C}], counters: 1, reasons: {x: Rude, y: {en: Y}}}
automation:
  triggers: {trigger: state, entity_id: sensor.satisfaction_counter_1}
  actions: {action: visitor.block, data: {visitor: C1, for: {days: 3}}}
""") == []  # fmt: skip
