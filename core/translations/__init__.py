"""What an installer reads, in Chinese: the sentences of `usher check`, of refusals and of the command line.

The rooms speak English, one f-string a sentence. The `*.yaml` here hold each sentence once: English with {placeholders}
-> Chinese with the same ones. They are read when the first Chinese sentence is asked for, and never for English.
"""

import os
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from ..errors import ActionError, ConfigError, Problem

LANGUAGES: Final = ("en", "zh-CN")


def terminal_language(environment: Mapping[str, str] = os.environ) -> str:
    """`zh-CN` where the terminal speaks Chinese, else `en`; the order of the variables is gettext's."""
    locale = next(filter(None, (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    first = environment.get("LANGUAGE", "").partition(":")[0]
    wanted = first if first and locale not in ("C", "POSIX") else locale
    return "zh-CN" if wanted.lower().startswith("zh") else "en"


def translated(text: str, language: str) -> str:
    """The text in the language; what no sentence is known for stays as it is."""
    return _chinese(text) if language.startswith("zh") else text


@lru_cache(maxsize=2048)
def _chinese(text: str) -> str:
    from .catalogue import catalogue  # English needs none of it

    return catalogue().translated(text)


def help_of(text: str, language: str) -> str:
    """A help of the command line, or a word of argparse."""
    if not language.startswith("zh"):
        return text
    from .catalogue import exact

    return exact().get(text, text)


def shown(problem: Problem, language: str) -> str:
    """A problem in one line: place, severity, text."""
    if not language.startswith("zh"):
        return str(problem)
    mark = "警告：" if problem.severity == "warning" else ""
    return f"{problem.place or '配置'}  {mark}{translated(problem.text, language)}"


def explained(error: Exception, language: str) -> str:
    """An error that is shown to the installer: its problems a line each, or its one sentence."""
    if isinstance(error, ConfigError):
        return "\n".join(shown(problem, language) for problem in error.problems)
    if isinstance(error, ActionError):
        return error.say(language)
    return translated(str(error), language)


class Both(Mapping[str, str]):
    """English texts of this house as words for people: their Chinese is made when somebody asks for it.

    `begin` is what stands before them, in both languages.
    """

    def __init__(self, *texts: str, begin: Mapping[str, str] = {"en": "", "zh-CN": ""}) -> None:
        self._texts, self._begin = texts, begin

    def __getitem__(self, language: str) -> str:
        if language not in LANGUAGES:
            raise KeyError(language)
        between = "; " if language == "en" else "；"
        return self._begin[language] + between.join(translated(text, language) for text in self._texts)

    def __iter__(self) -> Iterator[str]:
        return iter(LANGUAGES)

    def __len__(self) -> int:
        return len(LANGUAGES)
