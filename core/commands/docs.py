"""`usher docs`: the reference tables of the papers, from the models."""

import importlib
import pkgutil
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Final

from ..errors import UsherError
from .saying import say

NAME: Final = "docs"
HELP: Final = "write reference.md and reference.zh-CN.md: every key, action, trigger, condition and step"
PAGES: Final = {"en": "reference.md", "zh-CN": "reference.zh-CN.md"}


def add(parser: ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, nargs="?", default=Path("docs"), help="where to write (docs)")
    parser.add_argument("--config", type=Path, metavar="DIR", help="with the custom_integrations of this configuration")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if what is there is not up to date")


def run(options: Namespace) -> int:
    made = pages(options.config)
    if not options.folder.is_dir():
        raise UsherError(f"{options.folder} is no folder. Make it first, or name another.")
    stale = [name for name, text in made.items() if _content(options.folder / name) != text]
    if options.check:
        for name in stale:
            say(
                f"{options.folder / name} is not what usher docs writes. Run: usher docs {options.folder}",
                file=sys.stderr,
            )
        return int(bool(stale))
    for name, text in made.items():
        (options.folder / name).write_text(text, "utf-8")
        say(f"{options.folder / name} is written.")
    return 0


def pages(folder: Path | None = None) -> dict[str, str]:
    """File name -> text, in every language."""
    from ..manual.catalogue import translator
    from ..manual.installed import installed
    from ..manual.pages import Page

    found = installed(folder)
    return {name: Page(found, language, translator(language), _commands()).text() for language, name in PAGES.items()}


def _commands() -> list[tuple[str, str]]:
    """(name, help) of each file beside this one that is a command."""
    files = [
        importlib.import_module(f".{one.name}", __package__)
        for one in pkgutil.iter_modules([str(Path(__file__).parent)])
    ]
    return [(str(file.NAME), str(file.HELP)) for file in files if hasattr(file, "NAME")]


def _content(file: Path) -> str:
    return file.read_text("utf-8") if file.is_file() else ""
