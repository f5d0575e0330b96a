"""The command line's parser, in the terminal's language: helps, and what argparse says by itself."""

import argparse
import gettext
from collections.abc import Iterable
from typing import Any

from ..translations import help_of, terminal_language
from .saying import cells


class _Formatter(argparse.HelpFormatter):
    """Helps in the language; Chinese has no blanks to break a line at, and its letters are two cells wide."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return action.help and help_of(action.help, terminal_language())

    def _format_text(self, text: str) -> str:
        return super()._format_text(help_of(text, terminal_language()))

    def _split_lines(self, text: str, width: int) -> list[str]:
        return super()._split_lines(text, width) if text.isascii() else list(_wrapped(text, width))

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text.isascii():
            return super()._fill_text(text, width, indent)
        return "\n".join(indent + line for line in _wrapped(text, width - len(indent)))


class Parser(argparse.ArgumentParser):
    """argparse's, that speaks Chinese in a Chinese terminal. So are the parsers of its commands."""

    def __init__(self, **options: Any) -> None:
        _teach()
        options.setdefault("formatter_class", _Formatter)
        super().__init__(**options)


def _teach() -> None:
    """argparse asks these two names of its own module for each of its words."""
    language = terminal_language()

    def one(text: str) -> str:
        return help_of(text, language) if language != "en" else gettext.gettext(text)

    def some(single: str, several: str, count: int) -> str:
        return one(single if count == 1 else several) if language != "en" else gettext.ngettext(single, several, count)

    setattr(argparse, "_", one)  # noqa: B010 (type checkers do not know the name)
    setattr(argparse, "ngettext", some)  # noqa: B010


def _wrapped(text: str, width: int) -> Iterable[str]:
    line = ""
    for letter in text:
        if cells(line + letter) > width and letter not in "，。；：、）？":
            yield line.rstrip()
            line = ""
        line += letter
    if line:
        yield line
