"""However odd a configuration: `usher check` answers with complaints at places, and what has none can be run.

2,000 mutations of the examples and of one that holds a bit of everything, 20,000 with USHER_LONG=1; the seeds are fixed.
A text is hit as a text (lines, letters, tabs, tags), or as a tree (a value becomes another sort of value, is doubled,
nested, made huge, moved). Every tenth that is good, or told only warnings, is really set up and closed again.
"""

import copy
import logging
import os
import random
import shutil
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from usher.core.check import check, show
from usher.core.clock import SystemClock
from usher.core.errors import ConfigError, UsherError
from usher.core.language.templates import Templates
from usher.core.states import States
from usher.core.testing import HandClock, branch

from .test_examples import EXAMPLES, ROOT, mangled

LONG = os.environ.get("USHER_LONG") == "1"
SEEDS = 20
EACH = (20_000 if LONG else 2_000) // SEEDS

EVERYTHING = """
usher: {name: {en: Hall, zh-CN: 大厅}, site: x, time_zone: Asia/Shanghai, languages: [zh-CN, en], classes: {vip: 5, normal: 0},
  business_day: "00:00", packages: {own: {queue: {p: {name: P, prefix: P}}, counter: {"9": {name: N, serves: [p]}}}}}
queue:
  a: &a {name: A, prefix: A, digits: 3, requeue: {after: 3, times: 1}, urgency: 1, boost_after: "00:30"}
  b: {<<: *a, name: {en: B}, prefix: B, services: {x: {name: X}}, reset: week}
counter:
  "1": {name: One, serves: [a, {queue: b, priority: 5}], no_show_after: 3, must_start: true}
  "2": {name: Two, serves: [b, {queue: a, overflow: {waiting_over: 3, wait_over: "00:10"}}], mix: {vip: 2, b: 1, rest: 1}}
kiosk: {lobby: {name: K, languages: [zh-CN], menu: [{queue: a, notes: {en: x}}, {name: M, menu: [{queue: b, service: x}]}]}}
display: [{platform: web, id: hall, counters: all}]
printer: {platform: escpos, id: lobby, preview: true}
speaker: [{platform: web, id: hall, display: display.hall, voices: {zh-CN: [e], en: [e]}}]
voice: {platform: espeak, id: e}
input_boolean: {x: {name: X, initial: true}}
input_number: {n: {min: 0, max: 10, initial: 3}}
input_select: {s: {options: [a, b]}}
timer: {t: {duration: "00:05:00"}}
schedule: {w: {monday: [{from: "09:00", to: "12:00"}]}}
group: {g: {entities: [queue.a, counter.1]}}
template: [{sensor: [{name: T, state: "{{ states('queue.a') }}"}]}]
script:
  one: {alias: One, mode: queued, max: 3, fields: {who: {description: w, required: true}}, sequence: [{delay: 1}, {stop: x}]}
automation:
  - use_blueprint: {path: usher/queue_is_long.yaml, input: {queue: queue.a, above: 3, display: display.hall}}
    alias: Long
  - alias: All
    id: all
    mode: parallel
    max: 5
    variables: {v: "{{ 1 }}"}
    triggers:
      - {trigger: state, entity_id: [counter.1, queue.a], to: [calling, "3"], for: {seconds: 3}, id: s}
      - {trigger: numeric_state, entity_id: queue.a, above: 3, below: 9}
      - {trigger: event, event_type: [ticket_called, own], event_data: {a: {b: 1}}, enabled: false}
      - {trigger: time, at: ["09:00", "10:30:05"]}
      - {trigger: ticket, event: [called], queue: a, counter: 1}
    conditions:
      - "{{ states('queue.a') | int(0) > 3 and trigger.id == 's' }}"
      - {or: [{condition: state, entity_id: counter.1, state: idle}, {not: [{condition: trigger, id: s}]}]}
      - {condition: time, after: "08:00", before: "18:00", weekday: [mon]}
      - {condition: numeric_state, entity_id: queue.a, above: 3}
    actions:
      - {action: counter.recall, target: {entity_id: counter.1}, response_variable: r, continue_on_error: true}
      - {action: display.show, data: {display: hall, text: "{{ r }}"}}
      - {choose: [{conditions: "{{ v }}", sequence: [{event: own, event_data: {x: 1}}]}], default: [{delay: "00:00:01"}]}
      - {if: [{condition: state, entity_id: queue.a, state: 3}], then: {variables: {w: [1, {a: b}]}}, else: []}
      - {repeat: {count: 3, sequence: [{action: script.one, data: {who: x}}]}}
      - {parallel: [{sequence: [{delay: 1}]}, {stop: why, error: false}]}
      - {wait_template: "{{ is_state('counter.1', 'idle') }}", timeout: 5}
      - {wait_for_trigger: {trigger: event, event_type: own}, timeout: "00:00:05"}
"""

LEAVES: list[Any] = [
    None, True, False, 0, -1, 5, 3.5, -0.0, 10**30, float("inf"), float("nan"), "", " ", "x", "on", "{{ x }}", "{{", "{% if",
    "{{ states('queue.a') }}", "{{ 1/0 }}", "{{ 'a' * 10**9 }}", "queue.a", "counter.1", "a.b", ".", "a.", "..", "queue.",
    "00:30", "25:99", "2026-11-22", "Ä🎫个\u202e\u0085", "a" * 300, "9" * 400, "\\x00", "%s {x} {0} {", "../../../etc/passwd",
    "usher/announce_call.yaml", "hall", "all", "[", "'", "&a", "!x", "-", "~", "null", "1e999", "0x10", "010", "1_000",
]  # fmt: skip
TREES: list[Any] = [
    [], {}, [[]], [None], [[[[]]]], {"a": None}, {5: 6}, {None: None}, {True: 1}, {1.5: []}, {"": ""}, {"trigger": "state"},
    {"condition": "state"}, {"condition": []}, {"action": 5}, {"action": "counter.recall", "data": []}, {"choose": 1},
    {"repeat": {}}, {"repeat": []}, {"parallel": None}, {"sequence": {}}, {"if": None, "then": None}, {"wait_template": []},
    {"wait_for_trigger": 5}, {"use_blueprint": 5}, {"use_blueprint": {"path": [], "input": []}}, {"platform": "web"},
    {"platform": "web", "id": "x"}, {"platform": {}, "id": []}, {"queue": "a"}, {"menu": [{"menu": []}]}, {"en": {}},
    {"minutes": "x"}, {"hours": 10**9}, ["a"] * 300, {f"k{n}": n for n in range(200)}, {"name": {"en": None}},
    {"entity_id": {}}, {"entity_id": [[]]}, {"sequence": [{"sequence": [{"sequence": []}]}]}, {"not": {"not": {"not": 1}}},
]  # fmt: skip


@dataclass(frozen=True)
class Tag:
    """`!include x` and its like, kept as they are."""

    tag: str
    value: str


class Loader(yaml.CSafeLoader):
    pass


class Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


Loader.add_multi_constructor("!", lambda loader, suffix, node: Tag(f"!{suffix}", str(node.value)))
Dumper.add_representer(Tag, lambda dumper, tag: dumper.represent_scalar(tag.tag, tag.value))


def spots(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key)."""
    for key in list(tree) if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ():
        yield tree, key
        yield from spots(tree[key])


def struck(tree: Any, chance: random.Random) -> Any:
    """A tree after a blow or three."""
    made = copy.deepcopy(tree)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        found = list(spots(made))
        if not found:
            return made
        where, key = chance.choice(found)
        match chance.randrange(10):
            case 0 | 1 | 2:
                where[key] = chance.choice(LEAVES)
            case 3 | 4:
                where[key] = copy.deepcopy(chance.choice(TREES))
            case 5:
                where[key] = [where[key], copy.deepcopy(where[key])]
            case 6:
                for _ in range(chance.choice((1, 5, 60))):
                    where[key] = chance.choice(([where[key]], {"a": where[key]}, {key: where[key]}))
            case 7 if isinstance(where, dict):
                where[chance.choice([*LEAVES[:20], "name", "id", "queue", "triggers"])] = where.pop(key)
            case 8:
                other, name = chance.choice(found)
                if name in other if isinstance(other, dict) else name < len(other):
                    where[key] = copy.deepcopy(other[name])
            case _:
                del where[key]
    return made


def scratched(text: str, chance: random.Random) -> str:
    lines = text.splitlines()
    for _ in range(chance.choice((1, 1, 2, 5))):
        lines = mangled(lines, chance)
    made = "\n".join(lines) + "\n"
    at = chance.randrange(len(made))
    match chance.randrange(12):
        case 0:
            return (
                made[:at]
                + chance.choice(("\t", "\x00", "\ufeff", "\u2028", "\r", "\ud7ff", "---\n", "...\n"))
                + made[at:]
            )
        case 1:
            return made[:at]
        case 2:
            return made.replace("\n", "\r\n")
        case 3:
            return made[:at] + made[at : at + 40] * 5 + made[at:]
        case 4:
            return made[:at] + chance.choice("[{") * chance.choice((10, 150, 3000)) + made[at:]
        case _:
            return made


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The examples and the one with everything, without what listens on a port."""
    made: list[Path] = []
    for name in EXAMPLES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns(".usher"))
        entry = tmp_path / name / "configuration.yaml"
        entry.write_text(entry.read_text("utf-8").replace("http:\n  port: 8780", "#"), "utf-8")
        made.append(tmp_path / name)
    everything = tmp_path / "everything"
    everything.mkdir()
    (everything / "configuration.yaml").write_text(EVERYTHING, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("usher.core.loader.entry_points", lambda group: [])  # asking pip takes half the time
    shared: dict[Any, Templates] = {}

    def once(states: States, clock: SystemClock, folder: Any = None, **more: Any) -> Templates:
        if folder not in shared:
            shared[folder] = Templates(states, clock, folder=folder, **more)
        return shared[folder]

    room = sys.modules["usher.core.language.check"]
    monkeypatch.setattr(room, "Templates", once)  # each text compiled once
    return [*made, everything, everything]


def test_the_one_with_everything_is_good(folders: list[Path]) -> None:
    assert check(folders[-1], always=()) == []


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_however_odd(folders: list[Path], seed: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    chance = random.Random(seed)
    faulty = run = good = 0
    for n in range(EACH):
        folder = chance.choice(folders)
        file = chance.choice(sorted(folder.rglob("*.yaml")))
        original = file.read_bytes()
        text = original.decode("utf-8")
        if chance.random() < 0.6:
            tree = struck(yaml.load(text, Loader), chance)
            text = yaml.dump(tree, Dumper=Dumper, allow_unicode=chance.random() < 0.7, width=chance.choice((60, 10**6)))
        else:
            text = scratched(text, chance)
        file.write_bytes(text.encode(chance.choice(("utf-8",) * 15 + ("utf-16", "gb18030")), "replace"))
        try:
            problems = check(folder, always=())
            assert all(p.place is None or (p.place.line > 0 and p.place.column > 0) for p in problems)
            assert all("\n" not in p.text.strip() or "\n" in text for p in problems)
            show(problems, "json"), show(problems, "github")
            faulty += bool(problems)
            if not any(p.severity == "error" for p in problems):
                good += 1
                if good % 10 == 1:
                    run += 1
                    await set_up(folder)
        except Exception as error:
            kept = "".join(traceback.format_exception(error)[-6:])
            pytest.fail(f"seed {seed}, number {n}, {file.name}: {kept}\n{text[:6000]}")
        finally:
            file.write_bytes(original)
    assert faulty > EACH // 3
    assert run > 0


async def set_up(folder: Path) -> None:
    """The hall of this folder, opened and closed."""
    try:
        async with branch(folder, folder, clock=HandClock()) as hall:
            await hall.engine.clock.turn(1)  # type: ignore[attr-defined]
    except (ConfigError, UsherError):
        pass
    finally:
        shutil.rmtree(folder / ".usher", ignore_errors=True)
