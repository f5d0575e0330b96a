"""What an installer reads is there in Chinese: every sentence of the code, and nothing of it is lost on the way."""

import argparse
import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_core import _pydantic_core
from usher.core.errors import ConfigError, Place, Problem, Refused
from usher.core.schema import _WANTED
from usher.core.translations import Both, explained, shown, terminal_language, translated
from usher.core.translations.catalogue import FOLDER, Catalogue, catalogue, exact
from usher.core.words import say

HOLE = re.compile(r"\{\*?[a-z_]+\}")
FILES = sorted(FOLDER.rglob("*.yaml"))


def is_told(text: str) -> bool:
    """Whether it is Chinese as a whole; a piece that stands in another sentence, as one of its phrases."""
    known = catalogue()
    return text in exact() or known.lost(text) == 0 or known.lost(text.strip(), phrase=True) == 0


def test_no_sentence_of_the_code_is_without_its_chinese(sentences: set[Any]) -> None:
    assert len(sentences) > 450  # the walk sees them
    missing = sorted(one for one in sentences if not is_told(one.text))
    assert not missing, "put these into core/translations/*.yaml:\n" + "\n".join(map(str, missing))


def test_a_sentence_without_chinese_would_be_seen() -> None:
    assert not is_told("queue.a: this tree is too green for 'b'. Paint it.")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_both_sides_hold_the_same_values(file: Path) -> None:
    assert catalogue() is catalogue()
    for english, chinese in yaml.safe_load(file.read_text("utf-8")).items():
        assert sorted(set(HOLE.findall(english))) == sorted(set(HOLE.findall(chinese))) or _left_out(file, english), (
            english
        )
        assert sorted(re.findall(r"%\(?\w+\)?\w?", english)) == sorted(re.findall(r"%\(?\w+\)?\w?", chinese)), english
        assert english.strip() == english or file.stem == "argparse"
        assert chinese, english


def _left_out(file: Path, english: str) -> bool:
    """What pydantic adds for developers (an error of its own in English, a class) says an installer nothing."""
    return file.stem == "pydantic" and HOLE.search(english) is not None


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_is_yaml_and_says_the_same_as_json(file: Path) -> None:
    """It is read as JSON for speed."""
    lines = [line for line in file.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    read = json.loads(f"{{{','.join(lines)}}}")
    assert read == yaml.safe_load(file.read_text("utf-8"))
    assert len(read) == len(lines), "an English sentence stands twice"


def test_no_sentence_stands_in_two_files() -> None:
    seen: dict[str, str] = {}
    for file in FILES:
        for english in yaml.safe_load(file.read_text("utf-8")):
            where = f"{file.parent.name}/{file.stem}"
            assert seen.setdefault(english, where) == where, english


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("queue.a.digts: there is no key 'digts' here. Did you mean 'digits'?", "queue.a.digts: 此处没有键 'digts'。是不是想写 'digits'？"),
        ("queue: a list does not fit. Write a mapping, {key: value}.", "queue: 列表不合适，应为：映射 {键: 值}。"),
        (
            "automation \"Call: 'x'\": template: 'display.hal' is not an entity here. Did you mean 'display.hall'?",
            "自动化 \"Call: 'x'\"：模板：此处没有实体 'display.hal'。是不是想写 'display.hall'？",
        ),
        (
            "this is not YAML: did not find expected ',' or '}' while parsing a flow mapping. "
            "Look at the indentation, colons and quotes here.",
            "这不是合法的 YAML：缺少 ',' 或 '}'（解析 { } 映射时）。请检查此处的缩进、冒号和引号。",
        ),
        ('a.b: "x. Remove it. y" does not fit. Write true or false, or 3 or more.', 'a.b: "x. Remove it. y" 不合适，应为：true 或 false，或 3 或更大。'),
        ("the key 'Did you mean' stands twice; the first is at a.yaml:3:1. Remove one.", "键 'Did you mean' 重复了，第一处在 a.yaml:3:1。请删去一个。"),
        ("kiosk (which is used here and must be set up): the key 'url' is missing. Add it.", "kiosk（此处用到，必须设置）：缺少键 'url'，请补上。"),
        ("first line is unknown to us\nthere is no such file.", "first line is unknown to us\n没有这个文件。"),
        ("", ""),
        ("队列：", "队列："),
    ],
)  # fmt: skip
def test_a_text_is_translated_part_by_part(english: str, chinese: str) -> None:
    assert translated(english, "zh-CN") == chinese
    assert translated(english, "en") == english


def test_what_is_quoted_stays_as_the_installer_wrote_it() -> None:
    """Names that read like sentences of ours are nobody's but the installer's."""
    text = "queue.x: there is no key 'there is no such file.' here. Did you mean 'Remove it.'?"
    assert translated(text, "zh-CN") == "queue.x: 此处没有键 'there is no such file.'。是不是想写 'Remove it.'？"


def test_pydantics_own_words_are_known() -> None:
    """Each kind of fault that core/schema.py gives no words of its own to."""
    by_schema = {
        "extra_forbidden",
        "missing",
        "union_tag_not_found",
        "union_tag_invalid",
        "literal_error",
        "enum",
        "value_error",
        *_WANTED,
    }
    of_code = re.compile(
        r"argument|JSON|Object has no|frozen|Cannot check|attribute:|factory|sentinel|literal|Ordered|Counter|deque|iterating|Fraction|complex|Assertion|maximum validation|Timezone offset|{field_type}|bytes? \(|byte\b|encoding",
        re.IGNORECASE,
    )
    missing: list[str] = []
    for kind in _pydantic_core.list_all_errors():
        template = str(kind["message_template_python"])
        if kind["type"] in by_schema or of_code.search(template):
            continue
        sample = re.sub(r"\{expected_plural\}", "", template)
        sample = re.sub(r"\{[a-z_]+\}", "v", sample).removeprefix("Input should be ").removeprefix("Input ").rstrip(".")
        text = f"a.b: 3 does not fit. Write {sample}."
        if catalogue().lost(text) or re.search("Write|does not", translated(text, "zh-CN")):
            missing.append(template)
    assert not missing
    for text in _WANTED.values():
        plain = re.sub(r"\{\w+\}", "5", text.replace("{{", "{").replace("}}", "}"))
        assert catalogue().lost(f"a: 3 does not fit. Write {plain}.") == 0


def test_argparses_own_words_are_known() -> None:
    """All it says to who types a command; what it says to who writes one is left out."""
    said: set[str] = set()
    for node in ast.walk(ast.parse(Path(argparse.__file__).read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("_", "ngettext"):
            said |= {a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)}
    assert "usage: " in said
    of_code = re.compile(
        "conflict|dest=|mutually|callable|__call__|'required'|cannot|argument \"-\"|invalid option|deprecated"
    )
    assert not {text for text in said if text not in exact() and not of_code.search(text)}


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh-CN"),
        ({"LANG": "zh_TW"}, "zh-CN"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN"}, "zh-CN"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN:en"}, "zh-CN"),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "en"}, "en"),
        ({"LC_ALL": "C", "LANGUAGE": "zh_CN"}, "en"),
        ({"LC_ALL": "", "LANG": "zh_CN"}, "zh-CN"),
    ],
)
def test_the_terminals_language(environment: dict[str, str], language: str) -> None:
    assert terminal_language(environment) == language


def test_a_problem_an_error_and_words() -> None:
    problem = Problem(Place("a.yaml", 1, 2), "there is no such file.", "warning")
    assert shown(problem, "zh-CN") == "a.yaml:1:2  警告：没有这个文件。"
    assert shown(problem, "en") == str(problem)
    assert shown(Problem(None, "there is no such file."), "zh-CN") == "配置  没有这个文件。"
    assert explained(ConfigError([problem, problem]), "zh-CN").count("没有这个文件") == 2
    assert explained(Refused("x", {"en": "No.", "zh-CN": "不行。"}), "zh-CN") == "不行。"
    words = Both("there is no such file.", "x: Remove it.", begin={"en": "a: ", "zh-CN": "甲："})
    assert (say(words, "en"), say(words, "zh-CN")) == (
        "a: there is no such file.; x: Remove it.",
        "甲：没有这个文件。；x: 请删除。",
    )
    assert (say(words, "zh"), say(words, "fr"), say(words)) == (words["zh-CN"], words["en"], words["en"])
    assert (list(words), len(words)) == (["en", "zh-CN"], 2)
    with pytest.raises(KeyError):
        words["fr"]


def test_no_text_takes_long() -> None:
    """However odd: sentences within sentences, one literal over and over; the test's limit is the bound."""
    for text in (
        "there is no " * 400,
        "a: " * 1500,
        "x is not a number. " * 200,
        "'" * 3000,
        "this is not YAML: " + "while parsing a node " * 150,
        "v does not fit. Write " + "one of a, or " * 300 + ".",
        "there is no key " + "'a' " * 500 + "here.",
    ):
        assert translated(text, "zh-CN")
        assert translated(text + "x" * 10_000, "zh-CN")


def test_the_longest_sentence_wins() -> None:
    made = Catalogue({"{a} is {b}.": "{a} 是 {b}。", "{a} is not {b}.": "{a} 不是 {b}。"}, {})
    assert made.translated("x is not y.") == "x 不是 y。"
    assert made.translated("x is y.") == "x 是 y。"
