"""`usher blueprint`: list, import, check, diff, update, on a real folder."""

import pytest
from usher.core.__main__ import main

HALL = """
usher: {name: Bank, site: bank}
queue: {main: {name: Main, prefix: A}}
counter: {"1": {name: One, serves: [main]}}
automation:
  - alias: Mine
    use_blueprint: {path: me/greet.yaml, input: {who: the VIP}}
"""
GREET = """\
blueprint:
  name: {en: Greet, zh-CN: 问候}
  domain: automation
  author: Me
  input:
    who: {selector: {text: {}}}
    times: {default: 2, selector: {number: {min: 1, max: 5}}}
variables: {who: !input who, times: !input times}
triggers: {trigger: event, event_type: go}
actions: {event: hello, event_data: {text: "{{ who }}", times: "{{ times }}"}}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configuration.yaml").write_text(HALL, "utf-8")
    (tmp_path / "greet.yaml").write_text(GREET, "utf-8")
    return tmp_path


@pytest.fixture
def usher(capsys):
    def run(*words):
        code = main(["blueprint", *words])
        out = capsys.readouterr()
        return code, out.out + out.err

    return run


def test_import_and_list(folder, usher):
    code, said = usher("import", "greet.yaml", "--source", "https://example.org/greet")
    assert code == 0, said
    assert "use_blueprint: {path: me/greet.yaml, input: {who, times}}" in said
    kept = folder / "blueprints" / "automation" / "me" / "greet.yaml"
    assert "  source_url: https://example.org/greet\n" in kept.read_text("utf-8")
    assert "already there" in usher("import", "greet.yaml", "--source", "https://example.org/greet")[1]
    code, said = usher("list")
    assert code == 0
    assert 'used by automation "Mine"' in said
    assert "usher/announce_call.yaml" in said


@pytest.mark.parametrize("domain", ["screen", "device"])
def test_what_nothing_reads_yet_is_said(folder, usher, domain):
    (folder / "s.yaml").write_text(f"blueprint: {{name: S, domain: {domain}, author: me}}\nlayout: x\n", "utf-8")
    code, said = usher("import", "s.yaml")
    assert code == 0
    assert f"nothing reads a blueprint of {domain} yet; it is kept as it is." in said
    assert "use_blueprint:" not in said


def test_another_one_is_not_written_over(folder, usher):
    usher("import", "greet.yaml")
    (folder / "greet.yaml").write_text(GREET.replace("max: 5", "max: 6"), "utf-8")
    code, said = usher("import", "greet.yaml")
    assert code == 1
    assert "there is another blueprint of this name" in said
    assert usher("import", "greet.yaml", "--force")[0] == 0
    assert "max: 6" in (folder / "blueprints/automation/me/greet.yaml").read_text("utf-8")


@pytest.mark.parametrize(("old", "new", "text"), [
    ("!input who", "!input woh", "no such input in this blueprint. Did you mean 'who'?"),
    ("variables: {who: !input who, times", "variables: {times", "'who' is an input of the blueprint"),
    ('"{{ who }}"', '"{{ who + }}"', "template: "),
    ('"{{ who }}"', '"!input who"', "'!input who' within a text is not replaced"),
    ("default: 2", "default: 9", "input.times.default: 9 is not between 1 and 5."),
    ("domain: automation", "domain: automaton", "no such domain 'automaton'. Did you mean 'automation'?"),
])  # fmt: skip
def test_a_fault_is_told_and_nothing_imported(folder, usher, old, new, text):
    (folder / "greet.yaml").write_text(GREET.replace(old, new, 1), "utf-8")
    code, said = usher("import", "greet.yaml")
    assert code == 1
    assert text in said
    assert said.startswith("greet.yaml:")
    assert not (folder / "blueprints").exists()
    code, again = usher("check", "greet.yaml")
    assert code == 1
    assert text in again


def test_nothing_is_fetched(folder, usher):
    code, said = usher("import", "https://example.org/greet.yaml")
    assert code == 1
    assert "Download the file" in said


def test_check_of_all(folder, usher):
    assert usher("check") == (0, "")
    usher("import", "greet.yaml")
    kept = folder / "blueprints/automation/me/greet.yaml"
    kept.write_text(GREET.replace("times: !input times", "times: 1"), "utf-8")
    code, said = usher("check")
    assert code == 0
    assert "warning: input.times: it is asked for and used nowhere." in said


def test_diff_and_update(folder, usher):
    usher("import", "greet.yaml")
    newer = GREET.replace("max: 5", "max: 9").replace("author: Me", "author: Me\n  version: 2")
    (folder / "newer.yaml").write_text(newer, "utf-8")
    code, said = usher("diff", "me/greet.yaml", "newer.yaml")
    assert code == 0
    assert "+    times: {default: 2, selector: {number: {min: 1, max: 9}}}" in said
    assert "input changed: times (its selector)" in said
    assert "used by 1: none would break" in said
    code, said = usher("update", "me/greet.yaml", "newer.yaml")
    assert code == 0
    kept = folder / "blueprints/automation/me/greet.yaml"
    assert kept.read_text("utf-8") == newer
    (old,) = kept.parent.glob("greet.yaml.*.old")
    assert old.read_text("utf-8") == GREET
    assert "is already this version" in usher("update", "me/greet.yaml", "newer.yaml")[1]


def test_an_update_that_breaks_is_refused(folder, usher):
    usher("import", "greet.yaml")
    (folder / "newer.yaml").write_text(GREET.replace("who", "whom"), "utf-8")
    code, said = usher("update", "me/greet.yaml", "newer.yaml")
    assert code == 1
    assert "input removed: who" in said
    assert "input added: whom (must be given)" in said
    assert "configuration.yaml:7:" in said
    assert "has no input 'who'. Did you mean 'whom'?" in said
    kept = folder / "blueprints/automation/me/greet.yaml"
    assert kept.read_text("utf-8") == GREET
    assert usher("update", "me/greet.yaml", "newer.yaml", "--force")[0] == 0


def test_what_is_not_there(folder, usher):
    assert "Did you mean 'usher/announce_call.yaml'?" in usher("diff", "usher/anounce_call.yaml")[1]
    assert "has no other version here" in usher("diff", "usher/announce_call.yaml")[1]
    assert "no such domain 'scrpt'. Did you mean 'script'?" in usher("list", "--domain", "scrpt")[1]
    assert "is shipped with usher" in usher("update", "usher/announce_call.yaml", "greet.yaml")[1]
