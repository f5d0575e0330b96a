"""`usher rename`: an id everywhere, nothing else; the result is as good as before."""

import shutil
from pathlib import Path

import pytest
from usher.core.__main__ import main
from usher.core.check import check
from usher.core.config import Configuration
from usher.core.errors import ConfigError, UsherError
from usher.core.renaming import Edit, plan, write
from usher.core.wings import WINGS

BANK = Path(__file__).parents[2] / "config_examples/bank_branch"
HALL = """\
# queue.a is here, and stays
queue:
  a: {name: A}        # the first
  b:
    prefix: B
    name: B

counter:
  "1": {name: One, serves: [a, {queue: b}]}
  2:
    name: Two
    serves: [queue.a]
display: {platform: web, id: hall, counters: [1]}
automation:
  - alias: a queue.a b
    triggers:
      - {trigger: state, entity_id: "queue.a, queue.b"}
      - {trigger: state, entity_id: [queue.a, counter.1]}
      - {trigger: ticket, event: called, queue: a, counter: 1}
    conditions:
      - "{{ states('queue.a') > 1 and states.queue.a.state > 1 and states(\\"queue.ab\\", 1) }}"
      - "{{ trigger.ticket.queue == 'a' and 'a' != trigger.ticket.queue and 'a' in 'abc' }}"
    actions:
      - {action: queue.pause, target: {entity_id: queue.a}}
      - action: queue.resume
        data: {queue: a}
      - variables:
          x: >
            queue.a is {% if is_state('queue.a', 3) %}
            {{ state_attr("queue.a", 'next') }}{% endif %}
          y: {queue: a, other: a}
          a: queue.a
"""


def folder(tmp_path: Path, text: str = HALL) -> Path:
    (tmp_path / "configuration.yaml").write_text(text.replace(' and states(\\"queue.ab\\", 1)', ""), "utf-8")
    return tmp_path


def renamed(tmp_path: Path, old: str, new: str) -> str:
    found = plan(Configuration.read(tmp_path, WINGS, always=()), old, new)
    write(found)
    return (tmp_path / "configuration.yaml").read_text("utf-8")


def changed(before: str, after: str) -> list[tuple[str, str]]:
    return [(b, a) for b, a in zip(before.splitlines(), after.splitlines(), strict=True) if a != b]


def test_every_use_and_nothing_else(tmp_path: Path) -> None:
    before = folder(tmp_path).joinpath("configuration.yaml").read_text("utf-8")
    assert check(tmp_path, always=()) == []
    after = renamed(tmp_path, "queue.a", "queue.first")
    assert [a for _, a in changed(before, after)] == [
        "  first: {replaces: a, name: A}        # the first",
        '  "1": {name: One, serves: [first, {queue: b}]}',
        "    serves: [queue.first]",
        '      - {trigger: state, entity_id: "queue.first, queue.b"}',
        "      - {trigger: state, entity_id: [queue.first, counter.1]}",
        "      - {trigger: ticket, event: called, queue: first, counter: 1}",
        "      - \"{{ states('queue.first') > 1 and states.queue.first.state > 1 }}\"",
        "      - \"{{ trigger.ticket.queue == 'first' and 'first' != trigger.ticket.queue and 'a' in 'abc' }}\"",
        "      - {action: queue.pause, target: {entity_id: queue.first}}",
        "        data: {queue: first}",
        "            queue.a is {% if is_state('queue.first', 3) %}",
        "            {{ state_attr(\"queue.first\", 'next') }}{% endif %}",
        "          y: {queue: first, other: a}",
        "          a: queue.first",
    ]
    assert check(tmp_path, always=()) == []


def test_a_counter_whose_name_is_a_number(tmp_path: Path) -> None:
    before = folder(tmp_path).joinpath("configuration.yaml").read_text("utf-8")
    after = renamed(tmp_path, "counter.1", "counter.07")
    assert [a for _, a in changed(before, after)] == [
        '  "07": {name: One, serves: [a, {queue: b}]}',
        'display: {platform: web, id: hall, counters: ["07"]}',
        "      - {trigger: state, entity_id: [queue.a, counter.07]}",
        '      - {trigger: ticket, event: called, queue: a, counter: "07"}',
    ]
    assert check(tmp_path, always=()) == []


def test_a_block_gets_a_line_for_its_people(tmp_path: Path) -> None:
    assert "  c:\n    replaces: b\n    prefix: B\n" in renamed(folder(tmp_path), "queue.b", "c")
    assert "Add c to replaces: of queue.d" in plan(
        Configuration.read(tmp_path, WINGS, always=()), "queue.c", "queue.d").notes[0]  # fmt: skip


def test_a_device_is_renamed_by_its_id(tmp_path: Path) -> None:
    assert "id: wall," in renamed(folder(tmp_path), "display.hall", "display.wall")


def test_line_ends_marks_and_rights_stay(tmp_path: Path) -> None:
    file = tmp_path / "configuration.yaml"
    file.write_bytes(
        b"\xef\xbb\xbfqueue:\r\n  a: {name: \xe4\xb8\xaa\xe4\xba\xba}\r\ncounter: {'1': {name: x, serves: [a]}}\r\n"
    )
    file.chmod(0o640)
    renamed(tmp_path, "queue.a", "queue.b")
    assert file.read_bytes() == (
        b"\xef\xbb\xbfqueue:\r\n  b: {replaces: a, name: \xe4\xb8\xaa\xe4\xba\xba}\r\n"
        b"counter: {'1': {name: x, serves: [b]}}\r\n"
    )
    assert file.stat().st_mode & 0o777 == 0o640
    assert [f.name for f in tmp_path.iterdir()] == ["configuration.yaml"]


def test_through_includes_blueprints_macros_and_not_secrets(tmp_path: Path) -> None:
    hall = tmp_path / "hall"
    shutil.copytree(BANK, hall, ignore=shutil.ignore_patterns(".usher"))
    (hall / "secrets.yaml").write_text("x: queue.personal\n")
    (hall / "templates").mkdir()
    (hall / "templates/own.jinja").write_text(
        "{% macro m() %}{{ states('queue.personal') }}{% endmacro %} queue.personal\n"
    )
    own = hall / "blueprints/automation/me/x.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("blueprint: {name: X, domain: automation, input: {q: {default: queue.personal}}}\n"
                   "triggers: {trigger: state, entity_id: !input q}\nactions: []\n")  # fmt: skip
    found = plan(Configuration.read(hall, WINGS, always=()), "queue.personal", "queue.private")
    assert {file.name for file in found.files} == {
        "automations.yaml", "counters.yaml", "kiosk.yaml", "queues.yaml", "own.jinja", "x.yaml"}  # fmt: skip
    write(found)
    assert check(hall, always=()) == []
    assert (hall / "secrets.yaml").read_text() == "x: queue.personal\n"
    assert (hall / "templates/own.jinja").read_text().startswith("{% macro m() %}{{ states('queue.private') }}")
    assert (hall / "templates/own.jinja").read_text().endswith(" queue.personal\n")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("queue.a", "queue.b", "there is a queue.b already"),
        ("queue.aa", "queue.c", "there is no queue.aa in this configuration. Did you mean 'queue.a'?"),
        ("queue.a", "counter.c", "queue.a cannot become a counter: only the name after the point can change."),
        ("queue.a", "queue.C", "is not an entity id"),
        ("a", "b", "is not an entity id"),
        ("automation.a_queue_a_b", "automation.c", "has no key of its own in the YAML"),
    ],
)
def test_what_cannot_be_renamed(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(UsherError, match=told.replace("?", r"\?")):
        plan(Configuration.read(folder(tmp_path), WINGS, always=()), old, new)


def test_a_faulty_configuration_is_mended_first(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        plan(Configuration.read(folder(tmp_path, "queue: {a: {nam: A}}\n"), WINGS, always=()), "queue.a", "queue.b")


def test_what_cannot_be_known_is_told_to_be_looked_at(tmp_path: Path) -> None:
    folder(tmp_path, HALL.replace("a: queue.a", "a: \"{{ ['a', 'b'] | first }}\""))
    found = plan(Configuration.read(tmp_path, WINGS, always=()), "queue.a", "queue.c")
    assert [str(place).rpartition("yaml:")[2] for place, _ in found.look] == ["22:78", "32:20"]


def test_a_file_that_changed_meanwhile_is_not_written(tmp_path: Path) -> None:
    found = plan(Configuration.read(folder(tmp_path), WINGS, always=()), "queue.a", "queue.c")
    (tmp_path / "configuration.yaml").write_text("# a line more\n" + HALL)
    with pytest.raises(UsherError, match="changed meanwhile"):
        write(found)
    assert (tmp_path / "configuration.yaml").read_text().startswith("# a line more\n# queue.a is here")
    assert len(list(tmp_path.iterdir())) == 1


def test_the_command_shows_first_and_writes_when_told(tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder(tmp_path))
    before = Path("configuration.yaml").read_text()
    assert main(["rename", "queue.a", "queue.c"]) == 0
    out = capsys.readouterr().out
    assert "configuration.yaml:3:3  a: {name: A}        # the first  ->  c: {name: A}        # the first" in out
    assert "Nothing was written; add --write to do it." in out
    assert Path("configuration.yaml").read_text() == before
    assert main(["rename", "queue.a", "queue.c", "--write"]) == 0
    assert "were written" in capsys.readouterr().out
    assert main(["rename", "queue.a", "queue.d", "--write"]) == 1
    assert "there is no queue.a" in capsys.readouterr().err


def test_a_result_that_is_faulty_is_taken_back(tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder(tmp_path))
    before = Path("configuration.yaml").read_bytes()

    def spoilt(found):
        found.edits.append(Edit(found.files[0], 0, "", "quee: {}\n", found.edits[0].place, ""))
        return write(found)

    monkeypatch.setattr("usher.core.renaming.write", spoilt)
    assert main(["rename", "queue.a", "queue.c", "--write"]) == 1
    assert "there is no key 'quee' here" in capsys.readouterr().err
    assert Path("configuration.yaml").read_bytes() == before


def test_a_queue_named_as_a_share_of_a_mix(tmp_path: Path) -> None:
    yaml = HALL.replace("serves: [a, {queue: b}]}", "serves: [a, {queue: b}], mix: {a: 2, rest: 1}}")
    assert "mix: {first: 2, rest: 1}" in renamed(folder(tmp_path, yaml), "queue.a", "first")
    assert check(tmp_path, always=()) == []
