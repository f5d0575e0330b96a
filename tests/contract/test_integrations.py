"""What every integration must be, whoever wrote it: one test over each folder found."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, RootModel
from usher.core.check import check
from usher.core.integration import Integration
from usher.core.loader import Loader

LOADER = Loader()
NAMES = LOADER.names()
HALL = """\
queue: {main: {name: Main}}
counter: {"1": {name: Window 1, serves: [main]}}
"""


def folder_of(name: str) -> Path:
    found = LOADER.get(name)
    assert found is not None
    return found.folder


def made(name: str) -> Integration[Any]:
    return LOADER.load(name)


def problems(folder: Path, **files: str) -> list[str]:
    for file, text in files.items():
        (folder / f"{file}.yaml").write_text(text, "utf-8")
    return [str(p).removeprefix(f"{folder}/") for p in check(folder, always=()) if p.severity == "error"]


def test_there_are_integrations() -> None:
    assert len(NAMES) >= 5


@pytest.mark.parametrize("name", NAMES)
def test_the_manifest_is_whole(name: str) -> None:
    manifest = LOADER.manifest(name)
    assert LOADER.problems == []
    assert manifest is not None
    for words in (manifest.title, manifest.purpose):
        assert not isinstance(words, str), "in Chinese and English"
        assert {"en", "zh-CN"} <= set(words)
    assert bool(manifest.extra) == bool(manifest.requires), "an extra and what it brings"
    assert set(manifest.platforms) == set(made(name).platforms)
    assert all(action.startswith(f"{name}.") for action in manifest.actions)


@pytest.mark.parametrize("name", NAMES)
def test_its_extra_is_declared(name: str) -> None:
    import tomllib

    manifest = LOADER.manifest(name)
    assert manifest is not None
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    if manifest.extra is not None:
        assert manifest.extra in project["optional-dependencies"]
        assert manifest.extra in project["optional-dependencies"]["all"][0]


@pytest.mark.parametrize("name", NAMES)
def test_the_example_validates(name: str, tmp_path: Path) -> None:
    example = (folder_of(name) / "example.yaml").read_text("utf-8")
    assert name in example
    packages = "usher: {languages: [zh-CN, en], packages: {hall: !include hall.yaml, example: !include example.yaml}}\n"
    assert problems(tmp_path, configuration=packages, hall=HALL, example=example) == []


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_key_is_told_at_its_line(name: str, tmp_path: Path) -> None:
    integration = made(name)
    texts = [f"{kind}:\n  - platform: {name}\n    id: x\n    no_such_key: 1\n" for kind in integration.platforms]
    if integration.config is not None and issubclass(integration.config, RootModel):
        texts.append(f"# its things by name\n{name}:\n  x:\n    no_such_key: 1\n")
    elif integration.config is not None:
        texts.append(f"#\n#\n{name}:\n    no_such_key: 1\n")
    assert texts, "neither a key nor a platform"
    for text in texts:
        told = problems(tmp_path, configuration=text)
        assert any(
            t.startswith("configuration.yaml:4:5  ") and "there is no key 'no_such_key' here" in t for t in told
        ), told


@pytest.mark.parametrize("name", NAMES)
def test_every_field_is_described(name: str) -> None:
    integration = made(name)
    models = [platform.config for platform in integration.platforms.values()]
    if integration.config is not None:
        models.append(integration.config)
    for model in [inner for one in models for inner in all_models(one, set())]:
        for field, info in model.model_fields.items():
            assert info.description, f"{model.__name__}.{field} has no description"
        assert issubclass(model, RootModel) or model.model_config.get("extra") == "forbid", model


@pytest.mark.parametrize("name", NAMES)
def test_its_declaration_is_short_and_light(name: str) -> None:
    """Importing it brings no library of its extra: `usher check` works without, and quickly."""
    assert len((folder_of(name) / "__init__.py").read_text("utf-8").splitlines()) <= 40
    code = (
        f"import sys, usher.integrations.{name}\n"
        "print(*sorted({m.partition('.')[0] for m, module in sys.modules.items()"
        " if 'site-packages' in str(getattr(module, '__file__', ''))}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    light = {"annotated_types", "jinja2", "markupsafe", "orjson", "pydantic", "pydantic_core", "typing_extensions",
             "typing_inspection", "yaml", "_yaml"}  # fmt: skip
    assert {m for m in done.stdout.split() if not m.startswith(("_", "usher"))} <= light


def all_models(model: Any, seen: set[Any]) -> Iterator[type[BaseModel]]:
    """A model and all models within it."""
    if isinstance(model, type) and issubclass(model, BaseModel):
        if model not in seen:
            seen.add(model)
            yield model
            for info in model.model_fields.values():
                yield from all_models(info.annotation, seen)
        return
    for part in get_args(model):
        yield from all_models(part, seen)
