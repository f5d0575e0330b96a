"""The command line in both languages: helps, outputs and complaints."""

import gc
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from usher.core.__main__ import COMMANDS, main
from usher.core.commands.parsing import _wrapped
from usher.core.commands.saying import cells
from usher.core.translations.catalogue import exact

GOOD = """
usher: {name: Test, languages: [zh-CN, en]}
queue: {personal: {name: Personal, prefix: A}}
counter: {"1": {name: One, serves: [personal]}}
"""
PARTS = {"blueprint": ["list", "import", "check", "diff", "update"], "user": ["add"], "token": ["add"]}
HELPS = [[command.NAME] for command in COMMANDS] + [[name, part] for name, parts in PARTS.items() for part in parts]
LETTERS = re.compile(r"[一-鿿]")


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")


@pytest.fixture
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "de_DE.UTF-8")


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """(exit code, output, complaints) of a command in this process."""
    try:
        code = main([str(word) for word in words])
    except SystemExit as end:
        code = int(end.code or 0)
    gc.enable()  # commands of a short life do without
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize("words", [[], *HELPS], ids=" ".join)
def test_every_help_is_chinese(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    code, out, _ = run(capsys, *words, "--help")
    assert code == 0
    assert out.startswith("用法：usher")
    assert "显示本帮助并退出" in out
    for line in out.splitlines()[1:]:
        told = re.sub(r"^ {2}\\S.*?(?: {2,}|\\Z)|^usher.*", "", line)
        assert not re.search(r"[a-z]{3,} [a-z]{3,} [a-z]{3,}", told), line


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize("words", [[], *HELPS], ids=" ".join)
def test_every_help_is_english(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    code, out, _ = run(capsys, *words, "--help")
    assert code == 0
    assert out.startswith("usage: usher")
    assert not LETTERS.search(out)


@pytest.mark.usefixtures("chinese")
def test_every_argument_has_a_help_and_each_help_its_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is left to argparse's bare name, and nothing in the file is left over."""
    used: set[str] = set()

    def collect(parser: object) -> None:
        for action in parser._actions:  # type: ignore[attr-defined]
            if action.help != "==SUPPRESS==" and action.nargs != "A..." and action.dest != "help":
                assert action.help, action
                used.add(action.help)
            for choice in getattr(action, "_choices_actions", []):
                used.add(choice.help)
            for inner in (action.choices or {}).values() if isinstance(action.choices, dict) else ():
                collect(inner)

    from usher.core.__main__ import _parser

    collect(_parser())
    capsys.readouterr()
    assert not {text for text in used if text not in exact()}


@pytest.mark.usefixtures("chinese")
def test_argparse_complains_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    assert "无效的选择 'chek'" in run(capsys, "chek")[2]
    assert "缺少以下参数：file" in run(capsys, "blueprint", "import")[2]
    assert "不认识的参数：--colour" in run(capsys, "check", ".", "--colour")[2]
    assert "参数 --format：无效的选择 'xml'" in run(capsys, "check", "--format", "xml")[2]
    assert "参数 --port：无效的 int 值：'http'" in run(capsys, "run", "--port", "http")[2]
    assert "参数 --dry-run：不能与参数 --write 同用" in run(capsys, "rename", "a.b", "a.c", "--write", "--dry-run")[2]


@pytest.mark.usefixtures("english")
def test_argparse_complains_in_english_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert "invalid choice: 'chek'" in run(capsys, "chek")[2]


@pytest.mark.usefixtures("chinese")
def test_commands_answer_in_chinese(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "configuration.yaml").write_text(GOOD, "utf-8")
    code, out, err = run(capsys, "rename", "queue.personal", "queue.private", tmp_path)
    assert (code, err) == (0, "")
    assert "1 个文件中的 3 处。没有写入；加上 --write 才会写入。" in out
    assert "usher: 本配置中没有 queue.persona。是不是想写 'queue.personal'？" in run(
        capsys, "rename", "queue.persona", "queue.b", tmp_path)[2]  # fmt: skip
    code, out, err = run(capsys, "schema", tmp_path)
    assert (code, err) == (0, "")
    assert out.startswith(f"已写入 {tmp_path}/.usher/schema.json。在 configuration.yaml 第一行写上下面这句")
    assert "上没有正在运行的大厅。请启动：usher run" in run(
        capsys, "call", "usher.check", "--config", tmp_path)[2]  # fmt: skip
    assert "'x' 不是 KEY=VALUE。例如写 counter=1。" in run(capsys, "call", "a.b", "x", "--config", tmp_path)[2]
    assert "此大厅还没有运行过自动化" in run(capsys, "trace", "--config", tmp_path)[2]
    assert "--show：没有 'nothing'" in run(capsys, "simulate", tmp_path, "--show", "nothing")[2]
    assert "设备只能做权限范围内的事" in run(capsys, "token", "add", "x", "--config", tmp_path)[2]
    assert "不能用作集成名称" in run(capsys, "new", "Bell", tmp_path)[2]
    assert "不是目录。请先创建" in run(capsys, "docs", tmp_path / "none")[2]
    code, out, _ = run(capsys, "new", "bell", tmp_path)
    assert code == 0
    assert "请把其 example.yaml 的内容放进配置" in out


@pytest.mark.usefixtures("chinese")
def test_blueprints_are_listed_and_imported_in_chinese(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "configuration.yaml").write_text(GOOD, "utf-8")
    file = tmp_path / "hello.yaml"
    file.write_text(
        "blueprint: {name: {en: Hello, zh-CN: 你好}, domain: automation, input: {x: {}}}\n"
        "triggers: {trigger: event, event_type: !input x}\nactions: []\n",
        "utf-8",
    )
    code, out, err = run(capsys, "blueprint", "import", file, "--config", tmp_path)
    assert (code, err) == (0, "")
    assert "hello.yaml：已导入（automation，版本 " in out
    assert "已存在（automation，版本 " in run(capsys, "blueprint", "import", file, "--config", tmp_path)[1]
    lines = run(capsys, "blueprint", "list", "--config", tmp_path, "--domain", "automation")[1].splitlines()
    assert lines[0].split() == ["域", "路径", "版本", "来源", "名称"]
    own = next(line for line in lines if "own/hello.yaml" in line)
    assert own.endswith("自有  你好")
    shipped = next(line for line in lines[1:] if "自带" in line)
    assert cells(own[: own.index("自有")]) == cells(shipped[: shipped.index("自带")])
    file.write_text(
        file.read_text("utf-8").replace("x: {}", "x: {}, y: {}").replace("[]", "[{event: !input y}]"), "utf-8"
    )
    code, out, err = run(capsys, "blueprint", "diff", "own/hello.yaml", file, "--config", tmp_path)
    assert code == 0
    assert "新增输入：y（必填）" in out
    assert "使用者 0 个：都不会失效" in out
    file.write_text(file.read_text("utf-8").replace("!input y", "!input z"), "utf-8")
    assert "没有这个输入" in run(capsys, "blueprint", "import", file, "--config", tmp_path, "--force")[2]


@pytest.mark.usefixtures("chinese")
def test_a_faulty_configuration_is_told_in_chinese(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "configuration.yaml").write_text(GOOD.replace("prefix", "prefx"), "utf-8")
    code, out, err = run(capsys, "simulate", tmp_path)
    assert (code, out) == (1, "")
    assert (
        err == f"{tmp_path}/configuration.yaml:3:36  queue.personal.prefx: 此处没有键 'prefx'。是不是想写 'prefix'？\n"
    )


def test_chinese_is_wrapped_by_the_cells_it_takes() -> None:
    lines = list(_wrapped("检查配置；打印错误之处，有错则以 1 退出，" * 5, 40))
    assert all(cells(line) <= 42 for line in lines)  # punctuation hangs over
    assert not any(line.startswith(("，", "；", "。")) for line in lines)
    assert "".join(lines).replace(" ", "") == ("检查配置；打印错误之处，有错则以 1 退出，" * 5).replace(" ", "")


@pytest.mark.xdist_group("processes")
def test_a_terminal_that_cannot_show_chinese_gets_no_traceback(tmp_path: Path) -> None:
    """LANG names a locale that is not installed, and standard output is ASCII."""
    environment = {"LANG": "zh_CN.UTF-8", "PYTHONIOENCODING": "ascii:strict"}
    done = subprocess.run(
        [sys.executable, "-m", "usher.core", "--help"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    assert b"check" in done.stdout


def test_json_stays_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "configuration.yaml").write_text(GOOD.replace("prefix", "prefx"), "utf-8")
    code, out, _ = run(capsys, "check", tmp_path, "--format", "json", "--language", "zh-CN")
    assert code == 1
    assert set(json.loads(out)[0]) == {"file", "line", "column", "severity", "text", "zh-CN"}
