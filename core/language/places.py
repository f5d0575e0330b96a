"""Where a word of a template stands in the installer's files."""

import re
from pathlib import Path
from typing import Final

from ..errors import Place

_LOOKED: Final = 60  # lines of a file in which a template's word is looked for


def _lines(file: str) -> list[str]:
    try:
        return Path(file).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def locate(place: Place, word: str, *, whole: bool = False) -> Place:
    """From the template's beginning on (`whole`: to the end of the file); the beginning if it is not found.

    A word that stands by itself is looked for first, then one behind a point (`states.queue.main`).
    """
    lines = _lines(place.file)[place.line - 1 : None if whole else place.line - 1 + _LOOKED]
    for before in (r"(?<![\w.])", r"(?<!\w)"):
        pattern = re.compile(rf"{before}{re.escape(word)}(?!\w)")
        for number, line in enumerate(lines, place.line):
            match = pattern.search(line, place.column - 1 if number == place.line else 0)
            if match is not None:
                return Place(place.file, number, match.start() + 1)
    return place
