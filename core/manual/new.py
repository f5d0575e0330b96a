"""`usher new`: the files of an integration that works at once, to be made one's own step by step."""

from pathlib import Path
from typing import Final

from ..errors import UsherError
from ..ids import is_name
from ..loader import CUSTOM, Loader

LAYOUT: Final = Path(__file__).with_name("layout")
_SUFFIX: Final = ".txt"  # so that no tool takes the layout for code of usher's own


def lay_out(name: str, folder: Path) -> list[Path]:
    """Write `custom_integrations/NAME` into a configuration folder; answers the files. Nothing is overwritten."""
    if not is_name(name) or name[0].isdigit():
        raise UsherError(f"{name!r} may not be an integration's name. Use a-z, 0-9 and _, and begin with a letter.")
    if name in Loader(folder):
        raise UsherError(f"there is an integration called {name!r} already. Choose another name.")
    target = folder / CUSTOM / name
    if target.exists():
        raise UsherError(f"{target} is there already. Remove it, or choose another name.")
    written: list[Path] = []
    for source in sorted(LAYOUT.rglob(f"*{_SUFFIX}")):
        file = target / str(source.relative_to(LAYOUT)).removesuffix(_SUFFIX).replace("__name__", name)
        file.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text("utf-8").replace("__name__", name).replace("__title__", _title(name))
        file.write_text(text, "utf-8")
        written.append(file)
    return written


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()
