"""Integrations are found without importing them, and imported only when asked for."""

import sys
from pathlib import Path

import pytest
from usher.core.errors import IntegrationError, MissingExtra
from usher.core.integration import Integration
from usher.core.loader import ImportFailed, Loader

MANIFEST = "name: {name}\ntitle: T\npurpose: P.\n"
INIT = "from ...core.integration import Integration\nINTEGRATION = Integration()\n"


def write(folder: Path, name: str, init: str = INIT, manifest: str = "") -> Path:
    made = folder / "custom_integrations" / name
    made.mkdir(parents=True)
    (made / "manifest.yaml").write_text(MANIFEST.format(name=name) + manifest, "utf-8")
    (made / "__init__.py").write_text(init, "utf-8")
    return made


def told(loader: Loader, folder: Path) -> list[str]:
    return [str(p).replace(f"{folder}/custom_integrations/", "") for p in loader.problems]


def test_built_in_ones_are_found_but_not_imported() -> None:
    loader = Loader()
    assert {"http", "web", "espeak", "escpos"} <= set(loader.names())
    assert loader.problems == []
    manifest = loader.manifest("espeak")
    assert manifest is not None
    assert manifest.platforms == ["voice"]
    assert "espeak" in loader.platforms("voice")
    assert loader.platforms("gramophone") == []


def test_a_custom_one_is_loaded_when_asked_for(tmp_path: Path) -> None:
    write(tmp_path, "loader_a", init="import sys\nsys.modules['loader_a_was_here'] = sys\n" + INIT)
    loader = Loader(tmp_path)
    assert "loader_a" in loader
    assert "loader_a_was_here" not in sys.modules
    try:
        assert isinstance(loader.load("loader_a"), Integration)
        assert loader.load("loader_a") is loader.load("loader_a")
        assert "loader_a_was_here" in sys.modules
    finally:
        sys.modules.pop("loader_a_was_here", None)


def test_a_name_taken_twice_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, "espeak")
    loader = Loader(tmp_path)
    assert told(loader, tmp_path) == [
        "espeak/manifest.yaml:1:1  there are two integrations called 'espeak': one from usher, one from "
        "custom_integrations. Rename this one or remove it."
    ]
    found = loader.get("espeak")
    assert found is not None
    assert found.origin == "usher"


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        ("colour: red\n", "broken/manifest.yaml:4:1  manifest.colour: there is no key 'colour' here."),
        (
            "platforms: printer\n",
            'broken/manifest.yaml:4:12  manifest.platforms: "printer" does not fit. Write a list.',
        ),
        ("a: [\n", "broken/manifest.yaml:4:4  this is not YAML:"),
    ],
)
def test_a_faulty_manifest(tmp_path: Path, manifest: str, expected: str) -> None:
    write(tmp_path, "broken", manifest=manifest)
    loader = Loader(tmp_path)
    assert loader.problems == []  # read when needed
    assert loader.manifest("broken") is None
    [one] = told(loader, tmp_path)
    assert one.startswith(expected)
    loader.manifest("broken")
    assert len(loader.problems) == 1


def test_a_manifest_of_another_name(tmp_path: Path) -> None:
    folder = write(tmp_path, "mine")
    (folder / "manifest.yaml").write_text(MANIFEST.format(name="yours"))
    loader = Loader(tmp_path)
    loader.manifest("mine")
    assert told(loader, tmp_path) == [
        "mine/manifest.yaml:1:1  the manifest's name is 'yours', its folder's 'mine'. Make them the same."
    ]


def test_a_bad_folder_name(tmp_path: Path) -> None:
    write(tmp_path, "My-Thing")
    assert "may not be a name" in str(Loader(tmp_path).problems[0])


@pytest.mark.parametrize(
    ("init", "expected"),
    [
        ("x = 1\ny = (\n", "2:5  the integration 'failing' cannot be imported: '(' was never closed."),
        (
            "\n\nraise ValueError('no good')\n",
            "3:1  the integration 'failing' cannot be imported: ValueError: no good.",
        ),
        ("from . import absent\n", "1:1  the integration 'failing' cannot be imported: ImportError: "),
        ("x = 1\n", "1:1  'failing' declares no INTEGRATION. Write  INTEGRATION = Integration(Config, setup)."),
    ],
)
def test_a_failing_import_is_told_at_its_line(tmp_path: Path, init: str, expected: str) -> None:
    write(tmp_path, "failing", init)
    loader = Loader(tmp_path)
    for _ in range(2):  # and again without trying again
        with pytest.raises(ImportFailed) as caught:
            loader.load("failing")
        assert (
            str(caught.value).replace(f"{tmp_path}/custom_integrations/failing/__init__.py:", "").startswith(expected)
        )


def test_a_missing_library_is_a_sentence_with_the_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)  # as if it were not installed
    missing = Loader().missing("espeak")
    assert isinstance(missing, MissingExtra)
    assert str(missing) == "espeak needs a package that is not installed. Run: pip install 'usher[voice]'"
    write(tmp_path, "modem", manifest="extra: no-such-thing>=2\nrequires: [no_such_thing]\n")
    loader = Loader(tmp_path)
    missing = loader.missing("modem")
    assert isinstance(missing, IntegrationError)
    assert str(missing) == "modem needs no_such_thing, which is not installed. Run: pip install 'no-such-thing>=2'"
    assert isinstance(loader.load("modem"), Integration)  # its YAML can still be checked


def test_a_library_missing_at_import(tmp_path: Path) -> None:
    write(tmp_path, "eager", init="import no_such_thing\n" + INIT, manifest="extra: no-such-thing\n")
    with pytest.raises(IntegrationError, match=r"Run: pip install 'no-such-thing'"):
        Loader(tmp_path).load("eager")


def test_a_pip_package_offers_one_by_its_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package, info = tmp_path / "acme_usher", tmp_path / "acme_usher-1.0.dist-info"
    for folder in (package, info):
        folder.mkdir()
    (package / "__init__.py").write_text(
        "from usher.core.integration import Integration\nINTEGRATION = Integration()\n"
    )
    (package / "manifest.yaml").write_text(MANIFEST.format(name="acme"))
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-usher\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[usher.integrations]\nacme = acme_usher\nghost = no_such_package\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    loader = Loader()
    found = loader.get("acme")
    assert found is not None
    assert found.origin == "the package acme-usher"
    assert "acme_usher" not in sys.modules
    assert loader.manifest("acme") is not None
    assert isinstance(loader.load("acme"), Integration)
    assert "ghost" not in loader
    sys.modules.pop("acme_usher", None)
