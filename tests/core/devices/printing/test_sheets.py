"""Layouts filled in: languages, conditions, what is empty, and what no printer can print."""

import jinja2
import pytest
from pydantic import TypeAdapter, ValidationError
from usher.core.devices.printing.layouts import MAX_BLOCKS, Blocks, Layout, walk
from usher.core.devices.printing.sheets import (
    Barcode,
    Cut,
    Pair,
    Picture,
    Qr,
    Row,
    Rule,
    Space,
    Text,
    compose,
)
from usher.core.errors import BadData

ENV = jinja2.Environment()


def blocks(*made):
    return TypeAdapter(Blocks).validate_python(list(made))


def sheet(*made, language="en", **variables):
    return compose(blocks(*made), variables, language, lambda text, values: ENV.from_string(text).render(values))


def test_every_block_becomes_its_piece():
    assert sheet(
        {"text": "{{ number }}", "size": 6, "bold": True, "align": "center", "fit": True},
        {"field": "Time", "value": "10:24"},
        {"qr": "{{ link }}", "size": 4, "level": "H"},
        {"barcode": "A012", "height": 8},
        {"image": "www/logo.png", "width": 40},
        {"rule": "dashed"},
        {"space": 3},
        {"columns": [{"blocks": [{"text": "left"}]}, {"width": 2, "blocks": [{"text": "right"}]}]},
        {"cut": "partial"},
        number="A012", link="https://hall.example/t/x",
    ) == (
        Text("A012", size=6, bold=True, align="center", fit=True),
        Pair(Text("Time"), Text("10:24", align="right")),
        Qr("https://hall.example/t/x", 4, "H"),
        Barcode("A012", 8),
        Picture("www/logo.png", 40),
        Rule("dashed"),
        Space(3),
        Row(((1, (Text("left"),)), (2, (Text("right"),)))),
        Cut("partial"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("language", "said"), [("zh-CN", "欢迎"), ("zh", "欢迎"), ("en", "Welcome"), ("fr", "Welcome")]
)
def test_one_language_is_picked(language, said):
    assert sheet({"text": {"zh-CN": "欢迎", "en": "Welcome"}}, language=language) == (Text(said),)


def test_what_is_empty_takes_no_paper():
    empty = [{"text": "{{ hint }}"}, {"field": "Ahead", "value": "{{ hint }}"}, {"qr": "{{ hint }}"},
             {"barcode": "{{ hint }}"}, {"image": ""}]  # fmt: skip
    assert sheet(*empty, hint="") == ()


@pytest.mark.parametrize(
    ("condition", "so"),
    [("{{ ahead is not none }}", True), ("{{ ahead > 9 }}", False), ("{{ none }}", False), ("{{ 0 }}", False),
     ("{{ '' }}", False), ("{{ 'https://x' }}", True), ("no", False), ("yes", True)],
)  # fmt: skip
def test_if(condition, so):
    block = {"if": condition, "then": [{"text": "then"}], "else": [{"text": "else"}]}
    assert sheet(block, ahead=3) == (Text("then" if so else "else"),)


def test_if_takes_answers_that_are_no_text():
    """HA's templates give numbers and truth, not only text."""
    block = blocks({"if": "{{ x }}", "then": [{"text": "yes"}]})
    for answer, count in ((True, 1), (False, 0), (None, 0), (0, 0), (2, 1), ([], 0)):
        assert len(compose(block, {}, "en", lambda text, values, answer=answer: answer)) == count


def test_bounds():
    assert len(sheet({"text": "号" * 9000})[0].text) == 2000
    with pytest.raises(BadData, match="1000 bytes"):
        sheet({"qr": "号" * 400})
    with pytest.raises(BadData, match="plain letters"):
        sheet({"barcode": "A0\n12"})
    nested = {"if": "yes", "then": [{"text": "x"}] * 60}
    with pytest.raises(ValidationError, match="at most"):
        blocks(*[nested] * (MAX_BLOCKS // 60 + 1))


def test_circles_and_deep_nests_are_refused():
    deep = {"text": "x"}
    for _ in range(300):
        deep = {"if": "yes", "then": [deep]}
    with pytest.raises(ValidationError):
        blocks(deep)


def test_a_layout_is_blocks_or_a_blueprint():
    for wrong in ({}, {"blocks": [], "use_blueprint": {"path": "x.yaml"}}):
        with pytest.raises(ValidationError, match="either blocks or use_blueprint"):
            Layout.model_validate(wrong)


def test_walk_sees_every_block():
    inner = {"columns": [{"blocks": [{"image": "a.png"}]}]}
    found = [type(b).__name__ for b in walk(blocks({"if": "x", "then": [inner], "else": [{"rule": "solid"}]}))]
    assert found == ["IfBlock", "ColumnsBlock", "ImageBlock", "RuleBlock"]
