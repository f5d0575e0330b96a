"""What a person reads, in several languages: a plain string for all, or one string a language."""

from collections.abc import Mapping
from typing import TypeAlias

Words: TypeAlias = str | Mapping[str, str]


def say(words: Words, language: str | None = None, **values: object) -> str:
    """Pick the words for `language` (BCP 47: zh-CN falls back to zh, then en, then the first) and fill in `{values}`."""
    text = words if isinstance(words, str) else _pick(words, language)
    return text.format(**values) if values else text


def _pick(words: Mapping[str, str], language: str | None) -> str:
    wanted = language or "en"
    base = wanted.partition("-")[0]
    for candidate in (wanted, base):
        if candidate in words:
            return words[candidate]
    for name, text in words.items():
        if name.partition("-")[0] == base:
            return text
    return words.get("en") or next(iter(words.values()), "")
