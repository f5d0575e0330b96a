"""`usher check`: how it prints, when it fails, and what it does not import."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from usher.core.check import check, show
from usher.core.errors import Place, Problem

BAD = "queue:\n  a: {name: A, digts: 3}\ncounter:\n  '1': {name: W, serves: [b]}\n"


def folder(tmp_path: Path, text: str) -> Path:
    (tmp_path / "configuration.yaml").write_text(text, "utf-8")
    return tmp_path


def test_show_as_text_json_and_github() -> None:
    problems = [
        Problem(Place("a,b:c.yaml", 3, 5), "queue.x: 50 % of\nthis is wrong."),
        Problem(None, "that as well.", "warning"),
    ]
    assert show(problems) == (
        "a,b:c.yaml:3:5  queue.x: 50 % of\nthis is wrong.\nconfiguration  warning: that as well.")  # fmt: skip
    assert json.loads(show(problems, "json")) == [
        {"file": "a,b:c.yaml", "line": 3, "column": 5, "severity": "error", "text": "queue.x: 50 % of\nthis is wrong."},
        {"severity": "warning", "text": "that as well."},
    ]
    assert show(problems, "github").splitlines() == [
        "::error file=a%2Cb%3Ac.yaml,line=3,col=5::queue.x: 50 %25 of%0Athis is wrong.",
        "::warning::that as well.",
    ]
    assert (show([]), show([], "json"), show([], "github")) == ("", "[]", "")


def test_secrets_that_others_may_read_fail_under_strict(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.yaml"
    secrets.write_text("name: Hall\n")
    secrets.chmod(0o644)
    hall = folder(tmp_path, "usher: {name: !secret name}\n")
    assert check(hall, always=()) == []
    [one] = check(hall, strict=True, always=())
    assert str(one) == f"{secrets}:1:1  others may read this file. Run: chmod 600 {secrets}"
    secrets.chmod(0o600)
    assert check(hall, strict=True, always=()) == []


@pytest.mark.parametrize("text", ["", "queue: {a: {name: A}}\ncounter: {b: {name: B, serves: [a]}}\n"])
def test_a_good_folder_prints_nothing_and_exits_0(tmp_path: Path, text: str) -> None:
    done = command(folder(tmp_path, text))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_bad_folder_prints_all_and_exits_1(tmp_path: Path) -> None:
    done = command(folder(tmp_path, BAD))
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "configuration.yaml:2:16  queue.a.digts: there is no key 'digts' here. Did you mean 'digits'?",
        "configuration.yaml:4:27  counter.1.serves.0: there is no queue called 'b' here. Write one of a, or add it under "
        "queue:.",
    ]
    assert done.stderr == ""
    assert len(json.loads(command(tmp_path, "--format", "json").stdout)) == 2
    assert command(tmp_path, "--format", "github").stdout.startswith("::error file=configuration.yaml,line=2,col=16::")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    done = command(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (1, "configuration.yaml:1:1  there is no such file.\n", "")


def test_check_imports_no_more_than_it_needs(tmp_path: Path) -> None:
    """Neither the server, nor drawing, nor the password hash: half a second is all it may take."""
    hall = folder(tmp_path, "printer: {platform: escpos, id: a, preview: true}\nvoice: {platform: espeak, id: b}\n")
    code = (
        "import sys; from pathlib import Path; from usher.core.check import check; check(Path(sys.argv[1]));"
        "print(sorted({m.partition('.')[0] for m in sys.modules} &"
        " {'aiohttp', 'PIL', 'argon2', 'escpos', 'uvloop', 'espeakng_loader', 'segno', 'usb', 'serial', 'sqlalchemy'}))"
    )
    done = subprocess.run([sys.executable, "-c", code, hall], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def command(folder: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, "-m", "usher.core", "check", ".", *options]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


HALL = """
usher: {name: Test, languages: [zh-CN, en]}
queue: {a: {name: A, prefix: A}}
counter: {"1": {name: One, serves: [a]}}
kiosk: {lobby: {languages: [zh-CN], menu: [{queue: a}]}}
display: [{platform: web, id: hall, counters: all}]
automation:
  - alias: Call
    triggers: {trigger: state, entity_id: queue.a}
    actions:
      - {action: display.show, data: {display: hall, text: Hello}}
      - {action: ticket.cancel, data: {ticket: A001}}
"""


def test_the_hall_that_is_broken_below_is_good(tmp_path: Path) -> None:
    assert check(folder(tmp_path, HALL)) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("languages: [zh-CN, en]", "languages: [zh_CN, en]", "usher.languages.0: 'zh_CN' is not a language."),
        ("queue: {a: {name: A, prefix: A}}", "queue: !inlude queues.yaml", "!inlude is not a tag usher knows."),
        ("queue: {a: {name: A, prefix: A}}", "queue: [{name: A}]", "queue: a list does not fit."),
        ("\ncounter: {", "\ncounters: {", "there is no key 'counters' here. Did you mean 'counter'?"),
        ("\nqueue: {", "\nqueues: {", "there is no key 'queues' here. Did you mean 'queue'?"),
        ("platform: web, id: hall", "platform: web", "display.0: the key 'id' is missing."),
        ("counters: all", "counters: all, size: big", "display.hall.size: "),
        ("\nkiosk: {lobby: {", "\nkiosk: [lobby, {", "this is not YAML"),
    ],
)
def test_one_fault_is_one_complaint(tmp_path: Path, old: str, new: str, told: str) -> None:
    """What is missed only because of a fault that is told is not told as well."""
    assert HALL.count(old) == 1
    [problem] = check(folder(tmp_path, HALL.replace(old, new)))
    assert problem.text.startswith(told)


def test_a_faulty_device_hides_no_other_fault(tmp_path: Path) -> None:
    broken = HALL.replace("counters: all", "counters: all, size: big").replace(
        "entity_id: queue.a", "entity_id: display.hal"
    )
    assert len(check(folder(tmp_path, broken))) == 2


def test_that_nothing_is_there_is_told_once(tmp_path: Path) -> None:
    told = [p.text for p in check(folder(tmp_path, HALL.replace("queue: {a: {name: A, prefix: A}}", "queue:")))]
    assert len([text for text in told if "No queue is defined; add it under queue:" in text]) == 1
