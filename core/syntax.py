"""What the YAML reader complains of, in an installer's words: where it begins, what stands there, and the mend."""

import difflib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import yaml

from .errors import Place

_LOOK: Final = "Look at the indentation, colons and quotes here."
_DEEPEST: Final = 400  # brackets within brackets, or dashes behind dashes: libyaml and Python go by recursion
_NESTED: Final = re.compile(r"[\[{\]}]")
_DASHES: Final = re.compile(rf"^\s*(?:[-?]\s+){{{_DEEPEST},}}", re.MULTILINE)
_SCANNED: Final = 1024 * 1024  # characters: in a longer text nobody looks for the bracket that was left open
_MENDS: Final = {  # by how the problem begins
    "a key must be plain text": "Write one word, as in  name: ...",
    "what follows << must be": "Write  <<: *name  of an anchor.",
    "found undefined alias": "Write &name  where it stands first, before this line.",
    "but found another document": "Remove the line ---, or put what follows into a file of its own.",
}
_UNKNOWN_TAG: Final = re.compile(r"unknown tag '(\w+)'")
_OPEN_BLOCK: Final = re.compile(r"block that needs to be closed is '(\w+)'\.$")
_TAGS: Final = (
    "if", "elif", "else", "endif", "for", "endfor", "set", "endset", "macro", "endmacro", "from", "import", "filter",
    "endfilter", "call", "endcall", "raw", "endraw", "with", "endwith", "break", "continue", "do",
)  # fmt: skip
_FULL_WIDTH: Final = {"：": ":", "，": ",", "“": '"', "”": '"', "‘": "'", "’": "'", "｛": "{", "｝": "}"}


def explained(error: yaml.MarkedYAMLError, text: str, file: str) -> tuple[Place, str]:
    """The place and the sentence for a fault in the text of a file."""
    opened = error.context_mark if error.context and "quoted scalar" in error.context else None
    key = error.context_mark if error.context and "simple key" in error.context else None
    mark = opened or key or error.problem_mark or error.context_mark
    if mark is None:
        return Place(file, 1, 1), _say(error, _LOOK)
    lines = text.splitlines()
    line = next(iter(lines[mark.line : mark.line + 1]), "")
    place = Place(file, mark.line + 1, mark.column + 1)
    if opened is not None:
        return place, "this is not YAML: the quote that opens here is never closed. Close it."
    left_open = _left_open(text, lines, mark)
    if left_open is not None:
        return Place(file, left_open[0].line + 1, left_open[0].column + 1), f"this is not YAML: {left_open[1]}"
    if line[: mark.column + 1].lstrip(" ").startswith("\t"):
        return place, "this is not YAML: a tab stands here. Indent with spaces."
    if error.problem == "a key must be plain text" and "{{" in line:
        column = line.rfind("{{", 0, mark.column + 2) + 1 or mark.column + 1
        place = Place(file, mark.line + 1, column)
        return place, 'this is not YAML: a template must stand in quotes. Write "{{ ... }}".'
    before = next(iter(lines[max(mark.line - 1, 0) : mark.line]), "")
    indent = len(before) - len(before.lstrip())
    if str(error.problem).startswith("mapping values") and _mend(before, indent) != _LOOK:
        # The line before has no colon that counts, and was taken for a text that goes on here.
        return Place(file, mark.line, indent + 1), f"this is not YAML: no key and value. {_mend(before, indent)}"
    known = next((mend for begin, mend in _MENDS.items() if str(error.problem).startswith(begin)), "")
    return place, _say(error, known or _indented(error, line, mark) or _mend(line, mark.column))


def _left_open(text: str, lines: list[str], mark: Any) -> tuple[Any, str] | None:
    """The bracket or quote before `mark` that was meant to be closed: where it opens, and the sentence."""
    if len(text) > _SCANNED:
        return None
    brackets: list[Any] = []
    quoted: Any = None
    try:
        for token in yaml.scan(text, Loader=yaml.CSafeLoader):
            if token.start_mark.index >= mark.index:
                break
            if isinstance(token, (yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken)):
                brackets.append(token.start_mark)
            elif isinstance(token, (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)) and brackets:
                brackets.pop()
            elif isinstance(token, yaml.ScalarToken) and token.style in ("'", '"'):
                quoted = token if token.end_mark.line > token.start_mark.line else quoted
    except yaml.YAMLError:
        pass  # that is what is being told
    if quoted is not None and quoted.end_mark.line == mark.line:
        return quoted.start_mark, (f"the quote that opens here is closed only in line {mark.line + 1}. Close it where its "
                                   "text ends.")  # fmt: skip
    opened: Any = brackets[-1] if brackets else None
    here = next(iter(lines[mark.line : mark.line + 1]), "")
    if opened is not None and mark.line > opened.line and (
            not here.strip() or _indent(here) <= _indent(lines[int(opened.line)])):  # fmt: skip
        return opened, "the bracket that opens here is never closed. Close it."
    return None


def template_mend(message: str) -> str:
    """The mend for what Jinja complains of in a template, after a space."""
    tag = _UNKNOWN_TAG.search(message)
    if tag is not None:
        return near_name(tag[1], _TAGS) or f" There are: {', '.join(_TAGS)}."
    open_block = _OPEN_BLOCK.search(message)
    if open_block is not None:
        return f" Write {{% end{open_block[1]} %}} where it ends."
    if ("'end of" in message and "got" not in message) or "got 'end of" in message:
        return " Write a value where it stops."
    return " Look at the brackets, quotes and {{ }} of it."


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _indented(error: yaml.MarkedYAMLError, line: str, mark: Any) -> str:
    """The mend for a line that begins where it may not."""
    block = error.context_mark
    if block is None or "block" not in str(error.context) or _indent(line) != mark.column:
        return ""
    if mark.column != block.column:
        return f"This line begins in column {mark.column + 1}, those before it in column {block.column + 1}: begin it there."
    if line.lstrip().startswith("-"):
        return "A dash stands among keys here: write a key, or indent it."
    return "Begin this line with a dash, or indent it." if "collection" in str(error.context) else ""


def _say(error: yaml.MarkedYAMLError, mend: str) -> str:
    context = f" {error.context}" if error.context else ""
    return f"this is not YAML: {error.problem}{context}. {mend}"


def _mend(line: str, column: int) -> str:
    if line[column : column + 1] in ("@", "`", "%"):
        return f"Put what begins with {line[column]} in quotes."
    if line[column : column + 1] in ("]", "}"):
        return f"Remove the {line[column]} here."
    wide = [letter for letter in _FULL_WIDTH if letter in line]
    if wide:
        return " ".join(f"{letter} is text here: write {_FULL_WIDTH[letter]}" for letter in wide[:2]) + "."
    before, colon, after = line.partition(":")
    if not colon and line.strip().replace(" ", "_").isidentifier():
        return "Write a colon and a space after the key, as in  name: ..."
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
    for folder in (root, *(root / name for name in ("packages", "automations", "devices", path.stem))):
        other = folder / path.name
        try:
            if other != path and other.exists() and other.is_dir() == folders:
                return f" Did you mean {os.path.relpath(other, path.parent)!r}?"
        except (OSError, ValueError):
            continue
    return near_name(path.name, [p.name for p in beside])
