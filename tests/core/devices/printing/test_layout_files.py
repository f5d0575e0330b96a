"""Blueprints of tickets: found, filled in, and every fault told at its place."""

from pathlib import Path

import jinja2
import pytest
from usher.core.devices.printing.layout_files import SHIPPED, blocks_of, broken_templates, find, known
from usher.core.devices.printing.layouts import Layout
from usher.core.devices.printing.sheets import Picture, Qr, Text, compose
from usher.core.errors import ConfigError, Place
from usher.core.source import Text as YamlText

ENV = jinja2.Environment()


def use(path, **inputs):
    return Layout.model_validate({"use_blueprint": {"path": path, "input": inputs}})


def sheet(blocks, language="en", **values):
    values = {"number": "A012", "counters": ["Window 1"], "ahead": 3, "site": "Hall", "queue": "Personal",
              "issued": "2026-11-22 10:24", "link": "https://h/t/x", "hint": "", "service": "", **values}  # fmt: skip
    return compose(blocks, values, language, lambda text, values: ENV.from_string(text).render(values))


def test_the_standard_layout_needs_nothing(tmp_path):
    pieces = sheet(blocks_of(None, tmp_path))
    assert Text("A012", size=6, bold=True, align="center", fit=True) in pieces
    assert Qr("https://h/t/x") in pieces
    assert not [p for p in pieces if isinstance(p, Picture)]
    assert not [p for p in sheet(blocks_of(None, tmp_path), link="") if isinstance(p, Qr)]


def test_inputs_are_put_in(tmp_path):
    layout = use("usher/bank.yaml", logo="www/logo.png", hint={"en": "Wait {{ number }}", "zh-CN": "请等候"})
    assert Picture("www/logo.png", 40) in sheet(blocks_of(layout, tmp_path))
    assert Text("Wait A012", align="center") in sheet(blocks_of(layout, tmp_path))
    assert Text("请等候", align="center") in sheet(blocks_of(layout, tmp_path), "zh-CN")


@pytest.mark.parametrize("name", known(Path("nowhere")))
def test_every_shipped_layout_prints_in_every_language(name, tmp_path):
    for language in ("zh-CN", "en"):
        assert sheet(blocks_of(use(name), tmp_path), language, printer="Lobby")


def test_the_installers_own_comes_first(tmp_path):
    own = tmp_path / "blueprints/ticket/usher/bank.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("blueprint: {name: mine, domain: ticket}\nblocks: [{text: mine}]\n", "utf-8")
    assert sheet(blocks_of(use("usher/bank.yaml"), tmp_path)) == (Text("mine"),)


def test_nothing_outside_the_folders_is_read(tmp_path):
    (tmp_path / "secret.yaml").write_text("blueprint: {name: x}\nblocks: []\n")
    assert find("../../secret.yaml", tmp_path) is None
    assert find(str(tmp_path / "secret.yaml"), tmp_path) is None
    assert find("../ticket/usher/bank.yaml", SHIPPED.parent.parent) is not None


BAD = """\
blueprint:
  name: Mine
  domain: ticket
  input:
    hint: {name: Hint}
blocks:
  - text: hello
    sise: 2
  - text: !input hnt
  - blink: no
"""


def test_every_fault_at_its_place(tmp_path):
    own = tmp_path / "blueprints/ticket/mine.yaml"
    own.parent.mkdir(parents=True)
    own.write_text(BAD, "utf-8")
    with pytest.raises(ConfigError) as error:
        blocks_of(use("mine.yaml", hitn="x"), tmp_path)
    told = {(p.place.line if p.place else 0): p.text for p in error.value.problems}
    assert told[0] == "use_blueprint: mine.yaml does not ask for 'hitn'. Did you mean 'hint'?"
    assert "Did you mean 'size'?" in told[8]
    assert "Did you mean 'hint'?" in told[9]
    assert "Write one of text, field, qr" in told[10]


def test_an_unknown_blueprint_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"Did you mean 'usher/bank.yaml'"):
        blocks_of(use("usher/bnak.yaml"), tmp_path)


def test_a_template_that_goes_too_deep_is_told():
    tree = YamlText("{{ " + "(" * 2000 + "1" + ")" * 2000 + " }}", Place("bank.yaml", 3, 5))
    (problem,) = broken_templates(tree)
    assert problem.place == Place("bank.yaml", 3, 5)
    assert "too deep" in problem.text
