"""Reads the sentences and translates a text made of them: subjects (`queue.a: `), then sentences, then hints.

Bounded: a sentence is looked for from left to right without going back, and a text is given so many tries.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
_LONGEST: Final = 1500  # characters of a line; what is longer stays as it is
_TRIES: Final = 80  # texts within a text that are looked at; a usual one needs ten
_DEEPEST: Final = 20
_HOLE: Final = re.compile(r"\{(\*?)([a-z_]+)\}")
_QUOTED: Final = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
_SUBJECT: Final = re.compile(r"([^\s:'\"]+|[^:'\"]{1,80}?): (?=\S)")
_ENGLISH: Final = re.compile(r"(?<![\w./*-])[A-Za-z']{2,},? [a-z]{2,}(?![\w/*=-]|\.\w)")
_WORDS: Final = re.compile(r"(?<![\w./*-])[A-Za-z']{2,} [a-z]{2,}(?![\w/*=-]|\.\w)")  # names in a list are none
_LISTED: Final = ((", or ", "，或"), ("; ", "；"), (", ", "、"), (" or ", "或"), (" and ", "和"))
_STOPS: Final = "。？！：；，）"


@dataclass(frozen=True)
class Sentence:
    """One entry. A hole named {*so} holds words that are translated too; any other a value that stays."""

    english: str
    chinese: str

    @cached_property
    def literals(self) -> list[str]:
        """What stands around the holes: one more than there are of these."""
        return _HOLE.split(self.english)[::3]

    @cached_property
    def holes(self) -> list[tuple[str, str]]:
        """(star or nothing, name) of each."""
        return _HOLE.findall(self.english)

    @cached_property
    def weight(self) -> int:
        return sum(map(len, self.literals))

    @cached_property
    def mark(self) -> str:
        """Its longest literal: where that is not, it is not."""
        return max(self.literals, key=len)

    def matches(self, text: str) -> Iterator[tuple[dict[str, str], str]]:
        """The values in its holes and what is left of the text behind it: as little of the text as can be, and all."""
        if self.mark not in text or not text.startswith(self.literals[0]):
            return
        for whole in (False, True):
            found = self._match(text, whole)
            if found is not None:
                yield found

    def _match(self, text: str, whole: bool) -> tuple[dict[str, str], str] | None:
        values: dict[str, str] = {}
        at = len(self.literals[0])
        for number, (_, name) in enumerate(self.holes):
            literal, last = self.literals[number + 1], number == len(self.holes) - 1
            end = self._end(text, at, literal, values.get(name), last, whole)
            if end < 0:
                return None
            values[name] = text[at:end]
            if number == 0 and at == 0 and ": " in _QUOTED.sub("", values[name]) and values[name][0] not in "{[":
                return None  # it begins with a subject
            at = end + len(literal)
        if whole and at != len(text):
            return None
        return (values, text[at:]) if at == len(text) or text[at].isspace() else None

    def _end(self, text: str, at: int, literal: str, known: str | None, last: bool, whole: bool) -> int:
        """Where the hole that begins at `at` ends, or -1."""
        if known is not None:  # it is there a second time
            return at + len(known) if text.startswith(known + literal, at) else -1
        quoted = _QUOTED.match(text, at)
        end = _find(text, literal, quoted.end() if quoted else at + 1, last, whole)
        return _find(text, literal, at + 1, last, whole) if end < 0 and quoted else end


def _find(text: str, literal: str, start: int, last: bool, whole: bool) -> int:
    """Where the literal behind a hole begins. The last one ends the text, or a blank follows."""
    if not last:
        return text.find(literal, start)
    if whole or not literal:
        end = len(text) - len(literal)
        return end if end >= start and text.endswith(literal) else -1
    end = text.find(literal, start)
    while end >= 0 and not (text[end + len(literal) :] or " ")[0].isspace():
        end = text.find(literal, end + 1)
    return end


@dataclass(frozen=True)
class _Made:
    """A translation and how many of its letters are English that no sentence was found for."""

    text: str
    lost: int


@dataclass
class _Work:
    """What is known while one line is translated."""

    tries: int = _TRIES
    made: dict[tuple[str, bool], _Made] = field(default_factory=dict[tuple[str, bool], _Made])


class Catalogue:
    """All sentences; `phrases` are parts of sentences and stand only in holes named {*so}."""

    def __init__(self, sentences: dict[str, str], phrases: dict[str, str]) -> None:
        by_weight = sorted((Sentence(*one) for one in sentences.items()), key=lambda one: -one.weight)
        parts = [*by_weight, *(Sentence(*one) for one in phrases.items())]
        self._sentences = by_weight
        self._phrases = sorted(parts, key=lambda one: -one.weight)

    def translated(self, text: str) -> str:
        """The Chinese of a text; line by line, and what is not known stays. Half a millisecond for a common one."""
        return "\n".join(self._line(line).text for line in text.split("\n"))

    def lost(self, text: str, *, phrase: bool = False) -> int:
        """How many letters of it would stay English; `phrase`: where it stands as a part of a sentence."""
        if phrase:
            return self._listed(text, _Work(), 0).lost
        return sum(self._line(line).lost for line in text.split("\n"))

    def _line(self, line: str) -> _Made:
        if not line.strip() or len(line) > _LONGEST:
            return _Made(line, 0)
        start = line[: len(line) - len(line.lstrip())]
        made = self._text(line.strip(), False, _Work(), 0)
        return _Made(start + made.text, made.lost)

    def _text(self, text: str, phrase: bool, work: _Work, depth: int) -> _Made:
        """The best of all ways to read a text as sentences of ours."""
        if (text, phrase) not in work.made:
            work.tries -= 1
            work.made[text, phrase] = best = _Made(text, _english(text))
            if text and depth <= _DEEPEST and work.tries > 0:
                work.made[text, phrase] = self._best(best, phrase, work, depth)
        return work.made[text, phrase]

    def _best(self, best: _Made, phrase: bool, work: _Work, depth: int) -> _Made:
        text = best.text
        for sentence in self._phrases if phrase else self._sentences:
            for values, rest in sentence.matches(text):
                if phrase and any(", or " in _QUOTED.sub("", value) for value in values.values()):
                    continue  # it would swallow the phrase beside it
                made = self._filled(sentence, values, work, depth)
                if rest.strip():
                    made = _joined(made, self._text(rest.lstrip(), phrase, work, depth + 1))
                if made.lost == 0:
                    return made
                best = made if made.lost < best.lost or best.text == text else best
        subject = _SUBJECT.match(text)
        if subject is not None:
            made = self._text(text[subject.end() :], phrase, work, depth + 1)
            lost = made.lost + _english(subject[1])
            if lost < best.lost or (lost == best.lost and best.text == text):
                return _Made(subject[0] + made.text, lost)
        return best

    def _filled(self, sentence: Sentence, values: dict[str, str], work: _Work, depth: int) -> _Made:
        starred = {name for star, name in sentence.holes if star}
        lost = sum(_english(value, _WORDS) for name, value in values.items() if name not in starred)
        for name in starred:
            made = self._listed(values[name], work, depth + 1)
            values[name], lost = made.text, lost + made.lost

        def fill(hole: re.Match[str]) -> str:
            value = values[hole[2]]
            return _spaced(hole.string[: hole.start()], value, hole.string[hole.end() :]) if hole[1] else value

        return _Made(_HOLE.sub(fill, sentence.chinese), lost)

    def _listed(self, text: str, work: _Work, depth: int) -> _Made:
        """What stands in a hole: a phrase, or several of them in a row."""
        made = self._text(text, True, work, depth)
        if depth > _DEEPEST or work.tries <= 0 or (made.lost == 0 and made.text != text):
            return made
        for between, chinese in _LISTED:
            if between in _QUOTED.sub("", text):
                parts = [self._listed(part, work, depth + 1) for part in text.split(between)]
                lost = sum(part.lost for part in parts)
                if lost < made.lost or (lost == made.lost and any(not part.text.isascii() for part in parts)):
                    told = parts[0].text
                    for part in parts[1:]:
                        told = _spaced("", told, chinese) + chinese + _spaced(chinese, part.text, "")
                    return _Made(told, lost)
        return made


def _joined(one: _Made, other: _Made) -> _Made:
    between = "" if one.text.endswith(tuple(_STOPS)) or other.text.startswith("（") else " "
    return _Made(one.text + between + other.text, one.lost + other.lost)


def _spaced(before: str, value: str, after: str) -> str:
    """A value between Chinese words: a blank where it begins or ends with a Latin letter."""
    start = " " if _is_letter(before[-1:]) and value[:1].isascii() else ""
    return start + value + (" " if _is_letter(after[:1]) and value[-1:].isascii() else "")


def _is_letter(text: str) -> bool:
    return "一" <= text <= "鿿"


def _english(text: str, two_words: re.Pattern[str] = _ENGLISH) -> int:
    """The letters of a text that holds a piece of English: two words side by side, outside quotes."""
    return len(text) if two_words.search(_QUOTED.sub("''", text)) else 0


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """The catalogue of this package."""
    return Catalogue(_read(FOLDER), _read(FOLDER / "phrases"))


@lru_cache(maxsize=1)
def exact() -> dict[str, str]:
    """What is looked up word for word: the helps of the command line and the words of argparse."""
    return _read(FOLDER / "exact")


def _read(folder: Path) -> dict[str, str]:
    """All files of a folder. Each line is `"English": "Chinese"`, so it is read as JSON: a hundred times as quick."""
    made: dict[str, str] = {}
    for file in sorted(folder.glob("*.yaml")):
        lines = [line for line in file.read_text("utf-8").splitlines() if line.startswith('"')]
        made |= json.loads(f"{{{','.join(lines)}}}")
    return made
