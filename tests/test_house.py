"""The house itself: what a wheel carries, which way imports run, and what may never be committed."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent


def run(*command: str | Path, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    """A command's outcome, both streams as text."""
    return subprocess.run(
        [str(word) for word in command], cwd=cwd, env=os.environ | env, text=True, capture_output=True, timeout=100
    )


def build(kind: str, source: Path, into: Path) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", into, cwd=source)


def tracked() -> list[Path]:
    """The files that git keeps, as paths below the root."""
    names = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout.split("\0")
    return [Path(name) for name in names if name and (ROOT / name).is_file() and not (ROOT / name).is_symlink()]


def text_of(path: Path) -> str:
    return (ROOT / path).read_text("utf-8", errors="replace")


# --- what is built ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist, built from this tree and unpacked: a copy without git, as a packager has it."""
    into = tmp_path_factory.mktemp("sdist")
    outcome = build("sdist", ROOT, into)
    assert outcome.returncode == 0, outcome.stderr
    run("tar", "-xzf", next(into.glob("*.tar.gz")), "-C", into).check_returncode()
    return next(path for path in into.iterdir() if path.is_dir())


def wheel_names(source: Path, into: Path) -> set[str]:
    outcome = build("wheel", source, into)
    assert outcome.returncode == 0, outcome.stderr
    with zipfile.ZipFile(next(into.glob("*.whl"))) as archive:
        return set(archive.namelist())


@pytest.mark.xdist_group("house")
def test_wheel_holds_usher_and_nothing_else(tmp_path: Path) -> None:
    names = wheel_names(ROOT, tmp_path)
    assert {name.split("/")[0] for name in names} == {"usher", f"usher-{version()}.dist-info"}
    assert {"usher/__init__.py", "usher/py.typed", "usher/core/bus.py", "usher/integrations/__init__.py"} <= names
    assert {"usher/www/vendor/lit.js", "usher/www/vendor/lit.LICENSE.txt"} <= names
    unwanted = [
        name for name in names if re.search(r"^usher/(tests|script)/|(^|/)(node_modules|\.[a-z]\w*|__pycache__)/", name)
    ]
    assert not unwanted
    expected = {f"usher/{path}" for path in tracked() if path.parts[0] in {"core", "integrations", "blueprints", "www"}}
    assert expected <= names


@pytest.mark.xdist_group("house")
def test_wheel_from_the_sdist_is_the_same(unpacked: Path, tmp_path: Path) -> None:
    from_tree, from_sdist = wheel_names(ROOT, tmp_path / "tree"), wheel_names(unpacked, tmp_path / "sdist")
    assert from_sdist == from_tree


@pytest.mark.xdist_group("house")
@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_build_without_javascript_names_the_command(unpacked: Path, tmp_path: Path, kind: str) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(unpacked, bare, ignore=shutil.ignore_patterns("vendor"))
    outcome = build(kind, bare, tmp_path / "dist")
    assert outcome.returncode != 0
    assert "script/setup" in outcome.stderr
    assert not list(tmp_path.glob("dist/*"))


def version() -> str:
    found = re.search(r'^version = "(.+)"$', text_of(Path("pyproject.toml")), re.MULTILINE)
    assert found
    return found[1]


# --- which way imports run -------------------------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package alone, as `usher/` in a folder of its own, to break a law in."""
    for room in ("core", "integrations"):
        shutil.copytree(ROOT / room, tmp_path / "usher" / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "__init__.py", tmp_path / "usher")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return run(BIN / "lint-imports", "--no-cache", cwd=folder, PYTHONPATH=str(folder))


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("core/bus.py", "from .actions import Actions"),
        ("core/integration.py", "from .hall import events"),
        ("core/language/wicked.py", "from ..hall import wicked"),
        ("core/devices/wicked.py", "from ..language import wicked"),
        ("core/hall/wicked.py", "from ..config import read"),
        ("core/attic.py", ""),
        ("core/hall/wicked.py", "from ...integrations.first import client"),
        ("integrations/first/client.py", "from ..second import client"),
        ("integrations/first/client.py", "from ...core.hall import wicked"),
        ("integrations/first/deep/client.py", "from ....core.language import wicked"),
        ("integrations/first/client.py", "from ...core import loader"),
    ],
)
def test_a_broken_law_of_import_is_seen(copy: Path, room: str, line: str) -> None:
    package = copy / "usher"
    for name in ("core/hall", "core/language", "core/devices", "integrations/first", "integrations/second"):
        (package / name).mkdir(exist_ok=True)
        (package / name / "__init__.py").touch()
        (package / name / "wicked.py").touch()
        (package / name / "client.py").touch()
    (package / room).parent.mkdir(exist_ok=True)
    ((package / room).parent / "__init__.py").touch()
    with (package / room).open("a") as file:
        file.write(f"\n{line}\n")
    outcome = lint_imports(copy)
    assert outcome.returncode != 0, outcome.stdout
    assert "0 broken" not in outcome.stdout
    assert "BROKEN" in outcome.stdout


def test_the_laws_of_import_hold(copy: Path) -> None:
    outcome = lint_imports(copy)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert "0 broken" in outcome.stdout


def test_imports_inside_the_package_are_relative() -> None:
    """`import usher.x` inside the package would load it twice when the folder has another name."""
    absolute = re.compile(r"^\s*(from|import) usher\b", re.MULTILINE)
    wrong = [p for p in tracked() if p.parts[0] in {"core", "integrations"} and p.suffix == ".py"]
    assert wrong, "no code found"
    assert not [str(path) for path in wrong if absolute.search(text_of(path))]


# --- what is never committed -----------------------------------------------------------------------------------------

# written in pieces, so that this file is not its own first find
REGISTRIES = ["registry.npm" + "js.org", "pypi." + "org", "files.python" + "hosted.org", "deb." + "debian." + "org"]
MACHINE = ["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/", "bash_" + "jobs"]


def test_no_registry_and_no_machine_is_named() -> None:
    found = [f"{path}: {word}" for path in tracked() for word in REGISTRIES + MACHINE if word in text_of(path)]
    assert not found


def test_nothing_of_others_is_committed() -> None:
    foreign = re.compile(r"\.(woff2?|ttf|otf|ttc|onnx|min\.js|whl|so|mp3|ogg|wasm)$")
    assert not [str(path) for path in tracked() if "vendor" in path.parts or foreign.search(path.name)]


def test_javascript_is_pinned_to_the_digit_and_the_byte() -> None:
    wanted = json.loads(text_of(Path("package.json")))
    named = wanted["dependencies"] | wanted.get("devDependencies", {})
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in named.values()), named
    lock = json.loads(text_of(Path("package-lock.json")))["packages"]
    brought = {name: package for name, package in lock.items() if name}
    assert {name.removeprefix("node_modules/") for name in brought} >= set(named)
    assert all(package["integrity"].startswith("sha512-") for package in brought.values())
    assert not [name for name, package in brought.items() if "resolved" in package]


def test_links_in_the_papers_lead_somewhere() -> None:
    papers = [path for path in tracked() if path.suffix == ".md"]
    assert Path("README.md") in papers
    dead = []
    for paper in papers:
        prose = re.sub(r"```.*?```", "", text_of(paper), flags=re.DOTALL)
        links = [link for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose) if "://" not in link]
        dead += [f"{paper}: {link}" for link in links if not (ROOT / paper.parent / link).exists()]
    assert not dead


@pytest.mark.parametrize("paper", ["README.md", "README.zh-CN.md"])
def test_the_readme_s_automations_work_in_the_bank_branch(paper: str, tmp_path: Path) -> None:
    hall = tmp_path / "hall"
    shutil.copytree(ROOT / "config_examples/bank_branch", hall)
    (hall / "automations.yaml").write_text("".join(re.findall(r"```yaml\n(.*?)```", text_of(Path(paper)), re.DOTALL)))
    assert "announce_call" in (hall / "automations.yaml").read_text()
    outcome = run(BIN / "usher", "check", hall)
    assert (outcome.returncode, outcome.stdout) == (0, "")


def test_scripts_can_be_read_by_bash() -> None:
    scripts = [path for path in tracked() if path.parts[0] in {"script", ".ci"} and not path.suffix]
    assert len(scripts) >= 5
    for script in scripts:
        outcome = run("bash", "-n", script)
        assert outcome.returncode == 0, outcome.stderr
        assert os.access(ROOT / script, os.X_OK), f"{script} cannot be run"
