"""docs/reference.md is what `usher docs` writes; every sentence of it has its Chinese."""

from pathlib import Path

import pytest
from usher.core.__main__ import COMMANDS, main
from usher.core.commands.docs import PAGES, pages
from usher.core.manual.catalogue import chinese, translator
from usher.core.manual.installed import installed
from usher.core.manual.json_schema import json_schema
from usher.core.manual.pages import Page

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return pages()


@pytest.mark.parametrize("name", PAGES.values())
def test_the_committed_tables_are_what_the_models_say(made: dict[str, str], name: str) -> None:
    committed = (DOCS / name).read_text("utf-8").splitlines()
    wanted = made[name].splitlines()
    differing = [line for line in wanted if line not in set(committed)][:5]
    assert committed == wanted, f"Run: usher docs. For instance: {differing}"


def test_every_sentence_has_its_chinese() -> None:
    missing: set[str] = set()
    translate = translator("zh-CN", missing)
    Page(installed(), "zh-CN", translate, [(c.NAME, c.HELP) for c in COMMANDS]).text()
    json_schema(installed(), translate)
    assert not missing, "Add to core/manual/chinese.yaml:\n" + "\n".join(sorted(missing))


def test_the_catalogue_is_well_formed() -> None:
    for english, words in chinese().items():
        assert "\n" not in english
        assert words.strip(), english
        assert any("\u4e00" <= c <= "\u9fff" for c in words), english
        if english.endswith("."):
            assert words.endswith(("。", "）", "”")), f"{english} -> {words}"


def test_it_says_everything(made: dict[str, str]) -> None:
    found, text = installed(), made["reference.md"]
    names = [f"### `{key}:`" for key in found.keys] + [f"### `{a}`" for a in found.actions]
    names += [f"### `{name}`" for name in (*found.triggers, *found.conditions, *found.steps)]
    assert [name for name in names if name not in text] == []
    assert found.missing == {}


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs", str(tmp_path), "--check"]) == 1
    assert "is not what usher docs writes" in capsys.readouterr().err
    assert main(["docs", str(tmp_path)]) == 0
    assert main(["docs", str(tmp_path), "--check"]) == 0
    assert main(["docs", str(tmp_path / "none")]) == 1


def test_a_secret_is_written_as_text(made: dict[str, str]) -> None:
    assert "| `db_url` | text |" in made["reference.md"]
