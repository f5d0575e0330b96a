"""What holds of every blueprint usher brings: faultless, in two languages, a selector for each input, in the docs, run."""

from pathlib import Path

import pytest
from usher.core.language.blueprint_files import DOMAINS, read_blueprint
from usher.core.language.blueprints import SHIPPED
from usher.core.language.instances import template_faults, unused

ROOT = Path(__file__).parents[2]
ALL = sorted((domain, file) for domain in DOMAINS for file in (SHIPPED / domain).rglob("*.yaml"))
NAMES = [f"{domain}/{file.stem}" for domain, file in ALL]
TESTS = "".join(file.read_text("utf-8") for file in Path(__file__).parent.glob("test_*.py"))


@pytest.mark.parametrize(("domain", "file"), ALL, ids=NAMES)
def test_it_is_whole(domain, file):
    made = read_blueprint(file, file.name, domain)
    assert [*made.problems, *template_faults(made), *unused(made)] == []
    assert made.head is not None
    for words in (made.head.name, made.head.description):
        assert {"en", "zh-CN"} <= set(words)
    for name, given in made.inputs.items():
        assert given.selector is not None, name
    assert made.version.endswith(made.hash)


@pytest.mark.parametrize(("domain", "file"), ALL, ids=NAMES)
def test_it_is_in_the_docs(domain, file):
    path = file.relative_to(SHIPPED / domain).as_posix()
    for page in ("blueprints.md", "blueprints.zh-CN.md"):
        assert f"`{path}`" in (ROOT / "docs" / page).read_text("utf-8"), page


@pytest.mark.parametrize(
    "file", [file for domain, file in ALL if domain in ("automation", "script")], ids=lambda file: file.stem
)
def test_it_is_run(file):
    assert f"usher/{file.name}" in TESTS
