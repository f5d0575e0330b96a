"""What the YAML reader complains of, in an installer's words: where it begins, what stands there, and the mend."""

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import yaml

from .errors import Place

_LOOK: Final = "Look at the indentation, colons and quotes here."
_DEEPEST: Final = 400  # brackets within brackets, or dashes behind dashes: libyaml and Python go by recursion
_NESTED: Final = re.compile(r"[\[{\]}]")
_DASHES: Final = re.compile(rf"^\s*(?:[-?]\s+){{{_DEEPEST},}}", re.MULTILINE)
_FULL_WIDTH: Final = {"：": ":", "，": ",", "“": '"', "”": '"', "‘": "'", "’": "'", "｛": "{", "｝": "}"}


def explained(error: yaml.MarkedYAMLError, text: str, file: str) -> tuple[Place, str]:
    """The place and the sentence for a fault in the text of a file."""
    opened = error.context_mark if error.context and "quoted scalar" in error.context else None
    key = error.context_mark if error.context and "simple key" in error.context else None
    mark = opened or key or error.problem_mark or error.context_mark
    if mark is None:
        return Place(file, 1, 1), _say(error, _LOOK)
    line = next(iter(text.splitlines()[mark.line : mark.line + 1]), "")
    place = Place(file, mark.line + 1, mark.column + 1)
    if opened is not None:
        return place, "this is not YAML: the quote that opens here is never closed. Close it."
    if line[: mark.column + 1].lstrip(" ").startswith("\t"):
        return place, "this is not YAML: a tab stands here. Indent with spaces."
    if error.problem == "a key must be plain text" and "{{" in line:
        return place, 'this is not YAML: a template must stand in quotes. Write "{{ ... }}".'
    before = next(iter(text.splitlines()[max(mark.line - 1, 0) : mark.line]), "")
    indent = len(before) - len(before.lstrip())
    if str(error.problem).startswith("mapping values") and _mend(before, indent) != _LOOK:
        # The line before has no colon that counts, and was taken for a text that goes on here.
        return Place(file, mark.line, indent + 1), f"this is not YAML: no key and value. {_mend(before, indent)}"
    return place, _say(error, _mend(line, mark.column))


def _say(error: yaml.MarkedYAMLError, mend: str) -> str:
    context = f" {error.context}" if error.context else ""
    return f"this is not YAML: {error.problem}{context}. {mend}"


def _mend(line: str, column: int) -> str:
    if line[column : column + 1] in ("@", "`", "%"):
        return f"Put what begins with {line[column]} in quotes."
    wide = [letter for letter in _FULL_WIDTH if letter in line]
    if wide:
        return " ".join(f"{letter} is text here: write {_FULL_WIDTH[letter]}" for letter in wide[:2]) + "."
    before, colon, after = line.partition(":")
    if colon and after and not after[0].isspace() and before.strip().isidentifier():
        return f"Write a space after the colon: {before.strip()}: {after.strip()}"
    return _LOOK


def unreadable(error: Exception) -> str:
    """The sentence for a file that cannot be read at all."""
    if isinstance(error, UnicodeDecodeError):
        return "the file is not written in UTF-8. Save it anew as UTF-8 (in an editor: Save as, encoding UTF-8)."
    return f"the file cannot be read: {error}."


def too_deep(text: str) -> bool:
    """Whether a text nests so deeply that reading it would exhaust the stack. Quotes are not looked at."""
    if _DASHES.search(text):
        return True
    if text.count("[") + text.count("{") < _DEEPEST:
        return _deepest_indent(text) > _DEEPEST
    depth = 0
    for match in _NESTED.finditer(text):
        depth = depth + 1 if match[0] in "[{" else max(depth - 1, 0)
        if depth > _DEEPEST:
            return True
    return _deepest_indent(text) > _DEEPEST


def _deepest_indent(text: str) -> int:
    """How many blocks stand within each other at the most: lines that are indented further than all before them."""
    if text.count("\n") < _DEEPEST or " " * _DEEPEST not in text:  # each block is indented further than the one around
        return 0
    open_blocks: list[int] = []
    deepest = 0
    for line in text.splitlines():
        stripped = line.lstrip(" ")
        if not stripped or stripped[0] == "#":
            continue
        indent = len(line) - len(stripped)
        while open_blocks and open_blocks[-1] >= indent:
            open_blocks.pop()
        open_blocks.append(indent)
        deepest = max(deepest, len(open_blocks))
    return deepest


def near_name(name: str, known: Iterable[str]) -> str:
    """` Did you mean 'x'?`, or nothing."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""


def near_file(path: Path, root: Path, *, folders: bool = False) -> str:
    """` Did you mean 'x.yaml'?` of the files beside a missing one, or of that name elsewhere in the configuration."""
    try:
        beside = [
            p for p in path.parent.iterdir() if p.is_dir() == folders and (folders or p.suffix in (".yaml", ".yml"))
        ]
    except (OSError, ValueError):
        beside = []
    hint = near_name(path.name, [p.name for p in beside])
    if hint:
        return hint
    elsewhere = (root.absolute() / name for name in ("", "packages", "automations", "devices"))
    for folder in elsewhere:
        try:
            if folder / path.name != path.absolute() and (folder / path.name).exists():
                return f" There is one in {folder}."
        except (OSError, ValueError):
            continue
    return ""
