"""The Chinese of what the models say of themselves in English: `chinese.yaml`, by the English sentence."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from ..source import Source
from ..translations.catalogue import exact

FILE: Final = Path(__file__).with_name("chinese.yaml")


@lru_cache(maxsize=1)
def chinese() -> Mapping[str, str]:
    """English -> Chinese."""
    tree: Any = Source(FILE.parent).read(FILE)
    return {str(english): str(words) for english, words in tree.items()} if tree else {}


def translator(language: str, missing: set[str] | None = None) -> Callable[[str], str]:
    """A function that turns an English sentence into one of `language`; what is not known goes into `missing`."""
    if not language.startswith("zh"):
        return lambda text: text
    known = {**exact(), **chinese()}

    def translate(text: str) -> str:
        plain = " ".join(text.split())
        if plain in known:
            return known[plain]
        if " · " in plain or plain.startswith("`"):  # literals: the same in every language
            return plain
        if plain and missing is not None:
            missing.add(plain)
        return plain

    return translate
