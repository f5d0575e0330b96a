"""What a command prints for people: in the terminal's language."""

import sys
import unicodedata
from typing import TextIO

from ..translations import terminal_language, translated


def cells(text: str) -> int:
    """How wide a terminal shows a text: Chinese letters take two cells."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def say(text: str, file: TextIO | None = None) -> None:
    """Print an English text of ours in the terminal's language, to standard output if nothing else is named."""
    print(translated(text, terminal_language()), file=file or sys.stdout)
