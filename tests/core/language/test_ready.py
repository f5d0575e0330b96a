"""What the check hands to the set-up: the same automations as if they were made again, and nothing of a faulty one."""

import pickle
from pathlib import Path
from typing import Any

import pytest
from usher.core.actions import Actions
from usher.core.bus import Bus
from usher.core.clock import SystemClock
from usher.core.integration import Checked
from usher.core.language.check import check
from usher.core.language.config import LanguageConfig
from usher.core.language.late import LateProgram
from usher.core.language.ready import Ready
from usher.core.language.specs import Book, Spec, compile_all
from usher.core.language.step_kinds import Ground
from usher.core.language.templates import Templates
from usher.core.language.triggers import MODELS
from usher.core.states import States

from .conftest import parse

BLUEPRINT = """
blueprint:
  name: Long
  domain: automation
  input:
    queue: {name: Queue, selector: {entity: {domain: queue}}}
    above: {name: Above, default: 5, selector: {number: {min: 1, max: 99}}}
    for: {name: For, default: "00:02", selector: {duration: {}}}
variables:
  waiting: "{{ states(trigger.entity_id) }}"
  limit: !input above
triggers:
  - {trigger: numeric_state, entity_id: !input queue, above: !input above, for: !input for}
  - {trigger: state, entity_id: !input queue, for: "{{ limit }}"}
actions:
  - event: long
    event_data: {limit: !input above, waiting: "{{ waiting }}"}
"""
AUTOMATIONS = """
automation:
  - id: one
    use_blueprint: {path: me/long.yaml, input: {queue: queue.a}}
  - id: two
    use_blueprint: {path: me/long.yaml, input: {queue: queue.b, above: 7, for: "00:05"}}
  - id: plain
    triggers: [{trigger: event, event_type: go}]
    actions: [{event: gone}]
"""


@pytest.fixture
def config(tmp_path: Path) -> LanguageConfig:
    file = tmp_path / "blueprints" / "automation" / "me" / "long.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(BLUEPRINT, "utf-8")
    return LanguageConfig.model_validate(parse(AUTOMATIONS, tmp_path))


def checked(config: LanguageConfig, folder: Path, *queues: str) -> list[Any]:
    one = Checked(config, parse(AUTOMATIONS, folder), {}, [], [], folder, {f"queue.{q}" for q in queues}, {})
    check(one)
    return one.problems


def compiled(config: LanguageConfig, folder: Path, ready: Ready | None) -> dict[str, Spec]:
    clock = SystemClock()
    bus = Bus(clock)
    book = Book(
        Templates(States(bus, clock), clock), Ground(Actions(), bus), folder, MODELS, lent_later=True, ready=ready
    )
    return {spec.identity.key: spec for _, spec in compile_all(config.automation, book) if spec is not None}


def told(spec: Spec) -> Any:
    """All that a spec is, its steps too."""
    values = {
        name: (getattr(value.tree, "text", value.tree), getattr(value.tree, "place", None), value.live)
        for name, value in spec.variables.items()
    }
    triggers = [(t.word, t.id, t.enabled, t.tree, t.hash, t.place, t.model) for t in spec.triggers]
    steps = {path: [(step.path, step.word, step.place) for step in some] for path, some in spec.program.lists.items()}
    return spec.identity, spec.hash, triggers, values, spec.uses, spec.model, spec.blueprint, spec.source, steps


def test_what_was_handed_on_is_what_would_be_made(config: LanguageConfig, tmp_path: Path) -> None:
    assert checked(config, tmp_path, "a", "b") == []
    ready = config.take_ready()
    assert ready is not None
    handed, anew = compiled(config, tmp_path, ready), compiled(config, tmp_path, None)
    assert list(handed) == list(anew) == ["one", "two", "plain"]
    assert isinstance(handed["one"].program, LateProgram)
    assert [told(one) for one in handed.values()] == [told(one) for one in anew.values()]


def test_it_is_handed_on_once(config: LanguageConfig, tmp_path: Path) -> None:
    checked(config, tmp_path, "a", "b")
    ready = config.take_ready()
    assert ready is not None
    assert config.take_ready() is None
    tree = config.automation[0]
    assert ready.take(tree) is not None
    assert ready.take(tree) is None


def test_of_a_faulty_one_nothing_is_handed_on(config: LanguageConfig, tmp_path: Path) -> None:
    assert [p.place.line for p in checked(config, tmp_path, "a") if p.place] == [6]
    ready = config.take_ready()
    assert ready is not None
    assert ready.take(config.automation[0]) is not None
    assert ready.take(config.automation[1]) is None


def test_it_never_leaves_the_process(config: LanguageConfig, tmp_path: Path) -> None:
    checked(config, tmp_path, "a", "b")
    other = pickle.loads(pickle.dumps(config.model_copy()))
    assert other.take_ready() is None
    assert config.take_ready() is not None


def test_a_complaint_about_a_shared_template_names_each_place(config: LanguageConfig, tmp_path: Path) -> None:
    file = tmp_path / "blueprints" / "automation" / "me" / "long.yaml"
    file.write_text(BLUEPRINT.replace("states(trigger", "no_such_word(trigger"), "utf-8")
    problems = checked(config, tmp_path, "a", "b")
    assert len(problems) == 2
    assert {p.text.split(":")[0] for p in problems} == {"one", "two"}
    assert {str(p.place) for p in problems} == {f"{file}:10:16"}
