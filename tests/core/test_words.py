"""The words for a language, and what they fall back to."""

import pytest
from usher.core.words import Words, say

BOTH = {"en": "Window {n}", "zh-CN": "{n}号窗口"}


@pytest.mark.parametrize(
    ("words", "language", "expected"),
    [
        ("as it is {n}", None, "as it is 3"),
        ("as it is {n}", "yue", "as it is 3"),
        (BOTH, "zh-CN", "3号窗口"),
        (BOTH, "zh", "3号窗口"),  # a language finds its region
        (BOTH, "zh-TW", "3号窗口"),  # and a region its neighbour
        (BOTH, "en-GB", "Window 3"),
        (BOTH, "fr", "Window 3"),  # then English
        (BOTH, None, "Window 3"),
        ({"de": "Schalter {n}", "fr": "Guichet {n}"}, "es", "Schalter 3"),  # then the first
        ({"zh": "{n}号"}, "zh-CN", "3号"),
        ({}, "en", ""),
    ],
)
def test_the_language_asked_or_the_nearest(words: Words, language: str | None, expected: str) -> None:
    assert say(words, language, n=3) == expected


def test_braces_are_left_alone_without_values() -> None:
    assert say("{minutes: 30}") == "{minutes: 30}"
