"""`usher check` finds what is wrong with a printer, at its place, without importing what draws."""

import subprocess
import sys
import textwrap

import pytest
from usher.core.config import Configuration
from usher.core.devices import DEVICES
from usher.integrations.escpos import fonts


def problems(folder, yaml):
    (folder / "configuration.yaml").write_text(textwrap.dedent(yaml), "utf-8")
    found = Configuration.read(folder, (DEVICES,), always=()).problems
    return [(p.place.line, p.place.column, p.text, p.severity) for p in found if p.place]


def test_a_good_one(tmp_path):
    assert problems(tmp_path, """\
        printer:
          - {platform: escpos, id: lobby, preview: true}
          - {platform: escpos, id: hall, connection: {type: network, host: 192.0.2.5}, fallback: printer.lobby}
        """) == []  # fmt: skip


@pytest.mark.parametrize(
    ("line", "column", "text", "wrong"),
    [
        (2, 5, "needs a connection, or preview", "id: lobby"),
        (5, 13, "network", "id: lobby\n    connection:\n      type: pigeon"),
        (6, 7, "hots", "id: lobby\n    connection:\n      type: network\n      hots: x\n      host: y"),
        (5, 12, "58", "id: lobby\n    preview: true\n    paper: 57"),
        (5, 11, "no font file", "id: lobby\n    preview: true\n    font: none.ttf"),
        (5, 15, "fallback", "id: lobby\n    preview: true\n    fallback: nobody"),
        (6, 24, "no picture 'logo.png'", "id: lobby\n    preview: true\n    layout:\n      blocks: [{image: logo.png}]"),
        (7, 15, "Did you mean 'usher/bank.yaml'",
         "id: lobby\n    preview: true\n    layout:\n      use_blueprint:\n        path: usher/bnak.yaml"),
        (6, 23, "template: unexpected end",
         "id: lobby\n    preview: true\n    layout:\n      blocks: [{text: '{{ number'}]"),
        (8, 11, "Did you mean 'align'",
         "id: lobby\n    preview: true\n    layout:\n      blocks:\n        - text: x\n          allign: left"),
    ],
)  # fmt: skip
def test_what_is_wrong_and_where(tmp_path, line, column, text, wrong):
    found = problems(tmp_path, "printer:\n  - platform: escpos\n    " + wrong + "\n")
    assert any(text in one[2] for one in found), found
    (fault,) = [one for one in found if text in one[2]]
    assert fault[3] == "error"
    assert (fault[0], fault[1]) == (line, column), fault


def test_without_a_chinese_font_it_says_which_package(tmp_path, monkeypatch):
    monkeypatch.setattr(fonts, "folders", lambda: [tmp_path / "none"])
    fonts.installed.cache_clear()
    try:
        ((_, _, text, severity),) = problems(tmp_path, "printer:\n  - {platform: escpos, id: a, preview: true}\n")
    finally:
        fonts.installed.cache_clear()
    assert severity == "warning"
    assert "apt install fonts-noto-cjk" in text


def test_checking_imports_no_library():
    code = (
        "import sys, usher.integrations.escpos\n"
        "heavy = [m for m in ('PIL', 'escpos', 'serial', 'usb', 'qrcode') if m in sys.modules]\n"
        "print(heavy); sys.exit(len(heavy))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
