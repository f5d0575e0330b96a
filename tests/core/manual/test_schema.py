"""`usher schema`: the examples are valid by it as they are read and as they are written; what is wrong is not."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from usher.core.__main__ import main
from usher.core.manual.installed import installed
from usher.core.manual.json_schema import json_schema
from usher.core.source import Source, plain

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted(path.parent for path in (ROOT / "config_examples").glob("*/configuration.yaml"))
INTEGRATIONS = sorted(path.parent for path in (ROOT / "integrations").glob("*/example.yaml"))


class Tagged(yaml.SafeLoader):
    """As yaml-language-server reads it: what has a tag is a text."""


Tagged.add_multi_constructor("!", lambda loader, suffix, node: node.value)


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return json_schema(installed())


@pytest.fixture(scope="module")
def validator(schema: dict[str, Any]) -> Draft7Validator:
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


def faults(validator: Draft7Validator, tree: Any) -> list[str]:
    return [f"{list(e.absolute_path)} {e.message[:200]}" for e in validator.iter_errors(json.loads(json.dumps(tree)))]


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_valid(validator: Draft7Validator, folder: Path) -> None:
    tree = Source(folder).read(folder / "configuration.yaml")
    assert faults(validator, plain(tree)) == []
    assert faults(validator, yaml.load((folder / "configuration.yaml").read_text("utf-8"), Tagged)) == []


@pytest.mark.parametrize("folder", INTEGRATIONS, ids=lambda path: path.name)
def test_an_integrations_example_is_valid(validator: Draft7Validator, folder: Path) -> None:
    assert faults(validator, plain(Source(folder).read(folder / "example.yaml"))) == []


GOOD = """
usher: {name: {en: Hall, zh-CN: 大厅}, business_day: "00:00"}
queue: {a: {name: A, prefix: A, requeue: end}}
counter: {"1": {name: 1, serves: [a, {queue: a, priority: 5}]}}
display: {platform: web, id: hall, counters: all}
automation lobby:
  - alias: A
    triggers:
      - {trigger: state, entity_id: queue.a, to: 3, for: "00:05"}
      - {platform: event, event_type: [x, y]}
      - {trigger: time, at: "09:00"}
    conditions: "{{ true }}"
    actions:
      - {action: counter.call_next, data: {counter: "{{ 1 }}"}}
      - delay: {minutes: "{{ 3 }}"}
      - "{{ true }}"
      - if: "{{ true }}"
        then: {stop: done}
        else: [{choose: [{conditions: [], sequence: []}], default: []}]
  - use_blueprint: {path: usher/announce_call.yaml, input: {speaker: speaker.hall}}
"""


def test_what_is_good_is_valid(validator: Draft7Validator) -> None:
    assert faults(validator, yaml.safe_load(GOOD)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("queue: {a", "quee: {a"),
        ("prefix: A", "prfix: A"),
        ("prefix: A", "prefix: A, digits: many"),
        ("name: A, prefix", "prefix"),
        ("platform: web", "platform: wbe"),
        ("counters: all", "countrs: all"),
        ("platform: web, ", ""),
        ('business_day: "00:00"', "business_day: noon"),
    ],
)
def test_what_is_wrong_is_not_valid(validator: Draft7Validator, old: str, new: str) -> None:
    assert GOOD.count(old) >= 1
    assert faults(validator, yaml.safe_load(GOOD.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("trigger: state, entity_id", "trigger: state, entity"),
        ("alias: A", "alis: A"),
        ('data: {counter: "{{ 1 }}"}', "data: {cunter: 1}"),
        ("action: counter.call_next", "acton: counter.call_next"),
        ("conditions: [], sequence", "conditons: [], sequence"),
        ("path: usher/announce_call.yaml, ", ""),
    ],
)
def test_a_wrong_automation_is_not_valid(validator: Draft7Validator, old: str, new: str) -> None:
    text = GOOD.replace("automation lobby", "automation")
    assert text.count(old) == 1
    assert faults(validator, yaml.safe_load(text.replace(old, new)))


def descriptions(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        if isinstance(tree.get("description"), str):
            yield tree["description"]
        for value in tree.values():
            yield from descriptions(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from descriptions(value)


def test_it_is_described_in_the_language_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", str(tmp_path), "--output", "-", "--language", "zh-CN"]) == 0
    made = json.loads(capsys.readouterr().out)
    told = [text for text in descriptions(made) if len(text) > 12]
    assert sum(any("\u4e00" <= c <= "\u9fff" for c in text) for text in told) > 0.9 * len(told)


def test_an_own_integration_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "configuration.yaml").write_text("queue:\n")
    assert main(["new", "lobby_bell", str(tmp_path)]) == 0
    assert main(["schema", str(tmp_path)]) == 0
    made = json.loads((tmp_path / ".usher/schema.json").read_text("utf-8"))
    assert "lobby_bell" in made["properties"]
    part = json.loads((tmp_path / ".usher/schema/queue.json").read_text("utf-8"))
    assert part["$ref"] == "../schema.json#/properties/queue"
    assert faults(Draft7Validator(made), {"lobby_bell": {"host": "x", "prt": 1}})


def test_the_examples_say_where_their_schema_is(tmp_path: Path) -> None:
    """What the first line of each file names is what `usher schema` writes there."""
    for folder in EXAMPLES:
        copy = tmp_path / folder.name
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(".usher"))
        assert main(["schema", str(copy)]) == 0
        for file in copy.rglob("*.yaml"):
            first = file.read_text("utf-8").splitlines()[0]
            if "tickets" not in file.parts:
                assert first.startswith("# yaml-language-server: $schema="), file
                assert (file.parent / first.partition("=")[2]).is_file(), file
