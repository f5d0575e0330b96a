"""Finds integrations, and imports only those that are asked for.

Three places: the folders beside `usher.integrations`, the configuration's `custom_integrations/<name>`, and pip packages
with an entry point in the group `usher.integrations`. `manifest.yaml` is read without importing, so that a missing
library is a sentence with the mend. A name taken twice is an error.
"""

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final

from .. import integrations
from .errors import IntegrationError, MissingExtra, Place, Problem, SetupFailed
from .ids import is_name
from .integration import Integration, Manifest
from .schema import read
from .source import Source, shown_path

GROUP: Final = "usher.integrations"
CUSTOM: Final = "custom_integrations"
_BUILT_IN: Final = Path(integrations.__file__).parent


@dataclass(frozen=True, slots=True)
class Found:
    """An integration that could be loaded: what to import, its folder, and who brought it."""

    name: str
    module: str
    folder: Path
    origin: str  # "usher", "custom_integrations", or a pip package's name

    @property
    def manifest(self) -> Path:
        return self.folder / "manifest.yaml"


class ImportFailed(SetupFailed):
    """An integration's own code cannot be imported; `place` is in that code."""

    def __init__(self, text: str, place: Place | None) -> None:
        self.text, self.place = text, place
        super().__init__(f"{place}  {text}" if place else text)


class Loader:
    """What can be loaded for one configuration folder. `problems` holds what is wrong with the integrations found."""

    def __init__(self, folder: Path | None = None) -> None:
        self.problems: list[Problem] = []
        self._manifests: dict[str, Manifest | None] = {}
        self._loaded: dict[str, Integration[Any] | ImportFailed] = {}
        custom = (folder / CUSTOM).absolute() if folder is not None and (folder / CUSTOM).is_dir() else None
        _make_importable(custom)
        self._found: dict[str, Found] = {}
        for found in _look(custom):
            self._add(found)

    def _add(self, found: Found) -> None:
        first = self._found.setdefault(found.name, found)
        place = Place(shown_path(found.manifest), 1, 1)
        if not is_name(found.name):
            self.problems.append(Problem(place, f"{found.name!r} may not be a name. Use a-z, 0-9 and _ only."))
        if first is not found:
            self.problems.append(Problem(
                place, f"there are two integrations called {found.name!r}: one from {first.origin}, one from "
                f"{found.origin}. Rename this one or remove it."))  # fmt: skip

    def names(self) -> list[str]:
        """All that was found, by name."""
        return sorted(self._found)

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def get(self, name: str) -> Found | None:
        return self._found.get(name)

    def manifest(self, name: str) -> Manifest | None:
        """An integration's manifest, read once; what is wrong with it stands in `problems`. None if it is unusable."""
        if name not in self._manifests:
            self._manifests[name] = self._read_manifest(self._found[name])
        return self._manifests[name]

    def _read_manifest(self, found: Found) -> Manifest | None:
        source = Source(found.folder)
        tree = source.read(found.manifest)
        self.problems += source.problems
        if source.problems:
            return None
        manifest = read(Manifest, tree, "manifest", self.problems)
        if manifest is not None and manifest.name != found.name:
            self.problems.append(Problem(
                Place(shown_path(found.manifest), 1, 1),
                f"the manifest's name is {manifest.name!r}, its folder's {found.name!r}. Make them the same."))  # fmt: skip
        return manifest

    def platforms(self, kind: str) -> list[str]:
        """The platforms of a kind of device (`printer`), by name."""
        return [n for n in self.names() if (manifest := self.manifest(n)) is not None and kind in manifest.platforms]

    def missing(self, name: str) -> IntegrationError | None:
        """The sentence with the pip line when a library it needs is not installed; nothing is imported for this."""
        manifest, found = self.manifest(name), self._found[name]
        absent = [m for m in manifest.requires if not _is_installed(m)] if manifest is not None else []
        return _lacks(found, manifest, absent) if absent else None

    def load(self, name: str) -> Integration[Any]:
        """Import an integration and answer its INTEGRATION; raises MissingExtra or ImportFailed."""
        if name not in self._loaded:
            try:
                self._loaded[name] = self._import(self._found[name])
            except ImportFailed as error:
                self._loaded[name] = error
        loaded = self._loaded[name]
        if isinstance(loaded, ImportFailed):
            raise loaded
        return loaded

    def _import(self, found: Found) -> Integration[Any]:
        _forget_namesake(found)
        try:
            module = importlib.import_module(found.module)
        except Exception as error:
            manifest = self.manifest(found.name)
            if isinstance(error, ModuleNotFoundError) and error.name and manifest is not None and manifest.extra:
                absent = error.name.partition(".")[0]
                if absent != "usher":
                    raise _lacks(found, manifest, [absent]) from error
            where = _where(error, found.folder)
            raise ImportFailed(
                f"the integration {found.name!r} cannot be imported: {_brief(error)}. Mend its code.", where
            ) from error
        made = getattr(module, "INTEGRATION", None)
        if not isinstance(made, Integration):
            raise ImportFailed(f"{found.name!r} declares no INTEGRATION. Write  INTEGRATION = Integration(Config, setup).",
                               Place(shown_path(found.folder / "__init__.py"), 1, 1))  # fmt: skip
        return made  # pyright: ignore[reportUnknownVariableType]


def _look(custom: Path | None) -> Iterator[Found]:
    """All that can be found, built-in first; an entry point that is no package on disk is passed over."""
    for folder, origin in ((_BUILT_IN, "usher"), (custom, CUSTOM)):
        for path in sorted(folder.glob("*/manifest.yaml")) if folder is not None else ():
            yield Found(path.parent.name, f"{integrations.__name__}.{path.parent.name}", path.parent, origin)
    for point in entry_points(group=GROUP):
        module = point.value.partition(":")[0]
        spec = importlib.util.find_spec(module) if _is_installed(module) else None
        if spec is not None and spec.submodule_search_locations:
            origin = f"the package {point.dist.name}" if point.dist else f"the package {module}"
            yield Found(point.name, module, Path(next(iter(spec.submodule_search_locations))), origin)


def _make_importable(custom: Path | None) -> None:
    """Have `usher.integrations.<name>` find this folder's own, and no other folder's."""
    integrations.__path__[:] = [str(_BUILT_IN), *([str(custom)] if custom is not None else [])]
    importlib.invalidate_caches()


def _forget_namesake(found: Found) -> None:
    """Drop a module of this name that came from another folder (two halls after each other in one process)."""
    module = sys.modules.get(found.module)
    if module is not None and Path(str(module.__file__)).parent != found.folder:
        for name in [n for n in sys.modules if n == found.module or n.startswith(found.module + ".")]:
            del sys.modules[name]


def _is_installed(module: str) -> bool:
    top = module.partition(".")[0]
    try:
        return sys.modules.get(top) is not None or importlib.util.find_spec(top) is not None
    except (ImportError, ValueError):
        return False


def _lacks(found: Found, manifest: Manifest | None, absent: list[str]) -> IntegrationError:
    extra = manifest.extra if manifest is not None else None
    if found.origin == "usher" and extra:
        return MissingExtra(found.name, extra)
    wanted = extra or " ".join(absent)
    return IntegrationError(f"{found.name} needs {', '.join(absent)}, which is not installed. "
                            f"Run: pip install '{wanted}'")  # fmt: skip


def _where(error: BaseException, folder: Path) -> Place | None:
    """The deepest line of the integration's own code that the error came from."""
    if isinstance(error, SyntaxError) and error.filename:
        return Place(shown_path(Path(error.filename)), error.lineno or 1, error.offset or 1)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).is_relative_to(folder):
            return Place(shown_path(Path(frame.filename)), frame.lineno or 1, (frame.colno or 0) + 1)
    return Place(shown_path(folder / "__init__.py"), 1, 1)


def _brief(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"{error.msg}"
    return f"{type(error).__name__}: {error}".rstrip(".")
