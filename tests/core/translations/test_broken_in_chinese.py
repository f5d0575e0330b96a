"""The table of broken configurations, told in Chinese: nothing of what the installer reads stays English."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from usher.core.check import check, show
from usher.core.translations import translated
from usher.core.translations.catalogue import catalogue

TABLE = Path(__file__).parents[1] / "broken" / "table.py"
QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\{[^，。]*\}|\[[^，。]*\]""")
ENGLISH = re.compile(
    r"\b(an|the|is|are|not|no|here|it|its|this|that|[Ww]rite|[Aa]dd|[Rr]emove|[Tt]ake|[Pp]ut|of|to be|must|may|does)\b(?!\.)"
)
CODE = re.compile(r"[\w.*-]+: |to 和|from|pip install \S+")


def table() -> ModuleType:
    spec = importlib.util.spec_from_file_location("broken_table", TABLE)
    assert spec is not None
    assert spec.loader is not None
    made = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


CASES: list[Any] = table().CASES


def test_no_broken_configuration_is_told_in_english() -> None:
    assert len(CASES) >= 200
    english: list[str] = []
    for case in CASES:
        text = f"{case.says} {case.mend}"
        told = translated(text, "zh-CN")
        rest = CODE.sub("", QUOTED.sub("", told))
        if catalogue().lost(text) or ENGLISH.search(rest):
            english.append(f"{text}\n    {told}")
    assert not english, "\n".join(english)


def test_what_the_installer_wrote_stays_in_the_sentence() -> None:
    """Every quoted name and value of the English is in the Chinese, and so is the path before it."""
    lost: list[str] = []
    for case in CASES:
        text = f"{case.says} {case.mend}"
        told = translated(text, "zh-CN")
        values = re.findall(r"""'[^' ]{2,}'(?!s )|"[^" ]{2,}\"""", text)
        lost += [f"{value}: {text}\n    {told}" for value in values if value not in told]
    assert not lost, "\n".join(lost)


BROKEN = """
usher: {name: Test, languages: [zh-CN, en]}
queue: {a: {name: A, digts: 3}}
counter: {"1": {name: One, serves: [b]}}
automation:
  - alias: 叫号
    triggers: {trigger: evnt, event_type: ticket_called}
    actions: [{action: counter.call_nxt}]
"""


def test_check_speaks_the_language_asked_for(tmp_path: Path) -> None:
    (tmp_path / "configuration.yaml").write_text(BROKEN, "utf-8")
    problems = check(tmp_path)
    assert len(problems) == 4
    lines = show(problems, "text", "zh-CN").splitlines()
    assert [line.partition("  ")[2] for line in lines] == [
        "queue.a.digts: 此处没有键 'digts'。是不是想写 'digits'？",
        "counter.1.serves.0: 此处没有名为 'b' 的 queue。请从以下选择：a；或在 queue: 下添加。",
        "自动化 \"叫号\"：没有触发器 'evnt'。是不是想写 'event'？",
        "自动化 \"叫号\"：没有操作 'counter.call_nxt'。是不是想写 'counter.call_next'？",
    ]
    [first, *_] = json.loads(show(problems, "json", "zh-CN"))
    assert first["text"] == "queue.a.digts: there is no key 'digts' here. Did you mean 'digits'?"
    assert first["zh-CN"] == "queue.a.digts: 此处没有键 'digts'。是不是想写 'digits'？"
    assert "zh-CN" not in json.loads(show(problems, "json"))[0]
    assert (
        show(problems, "github", "zh-CN")
        .splitlines()[0]
        .endswith("::queue.a.digts: 此处没有键 'digts'。是不是想写 'digits'？")
    )


@pytest.mark.parametrize(
    ("environment", "options", "told"),
    [
        ({"LANG": "zh_CN.UTF-8"}, [], "是不是想写"),
        ({"LANG": "en_US.UTF-8"}, [], "Did you mean"),
        ({"LANG": "en_US.UTF-8"}, ["--language", "zh-CN"], "是不是想写"),
        ({"LANG": "zh_CN.UTF-8"}, ["--language", "en"], "Did you mean"),
    ],
)
def test_usher_check_speaks_the_terminals_language(
    tmp_path: Path, environment: dict[str, str], options: list[str], told: str
) -> None:
    (tmp_path / "configuration.yaml").write_text(BROKEN, "utf-8")
    line = [sys.executable, "-m", "usher.core", "check", ".", *options]
    done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    assert told in done.stdout.decode("utf-8")
