"""Every example configuration is good, and break any line of one: it is told, at its place, or harmless by a stated rule.

The rules by which a broken line may pass are in `harmless` and in the tables above it: words that people read, names of
the installer's own that nothing refers to, and keys that may be left out. Everything else must be told within one line
of the break, or within the block the line belongs to; a thing that is renamed is told where its old name is used.
"""

import os
import random
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from usher.core.check import check
from usher.core.errors import Problem

ROOT = Path(__file__).parents[2] / "config_examples"
EXAMPLES = sorted(path.parent.name for path in ROOT.glob("*/configuration.yaml"))
LONG = os.environ.get("USHER_LONG") == "1"
SAMPLE = 40  # lines of each way to break one, unless USHER_LONG=1
SEED = 20261122
BROKEN = ("bank_branch",)  # its names are those of the tables below
LINE = re.compile(r"(?P<lead>[ ]*(?:- )?)(?P<key>[\w\"'-]+|zh-CN)(?P<colon>:)(?P<rest>[ ].*|)$")
COMMENT = re.compile(r"\s+#.*$")

# Words that people read, and what is free by its nature: any other text is as good.
FREE_VALUES = {"name", "site", "en", "zh-CN", "notes", "hint", "alias", "icon", "prefix", "title", "heading"}
# Keys that are the installer's own names, or languages.
FREE_KEYS = {"en", "zh-CN"}
# What must stand there: without it the hall cannot be understood.
REQUIRED = {"platform", "id", "serves", "path", "display", "speaker", "menu", "use_blueprint", "triggers", "actions"}
# A queue's or counter's name is required too, a device's is not.
NAMED = {"queues.yaml", "counters.yaml"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_has_nothing_to_complain_of(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT.parent)
    assert [str(p) for p in check(Path("config_examples") / name, strict=True)] == []


@dataclass(frozen=True)
class Break:
    """One line of one file, broken in one way; `lines` are the file's afterwards."""

    way: str
    file: Path
    number: int  # of the line, from 1
    before: str
    after: str
    text: str


def key_misspelt(line: str, chance: random.Random) -> str | None:
    match = LINE.match(line)
    return None if match is None else line.replace(match["key"] + ":", _misspell(match["key"], chance) + ":", 1)


def value_misspelt(line: str, chance: random.Random) -> str | None:
    """The value, or the last word in a flow mapping."""
    bare = COMMENT.sub("", line)
    words = list(re.finditer(r"[\w./-]*[A-Za-z_][\w./-]*(?=[\s,}\]\"']*$)", bare))
    if not words or bare.rstrip().endswith(":") or bare.lstrip().startswith("#"):
        return None
    word = words[-1]
    return bare[: word.start()] + _misspell(word[0], chance) + bare[word.end() :]


def wrong_type(line: str, chance: random.Random) -> str | None:
    match = LINE.match(COMMENT.sub("", line))
    if match is None or not match["rest"].strip() or match["rest"].strip() in ("|", ">"):
        return None
    wrong = "{wrong: 1}" if match["rest"].strip().startswith("[") else "[[wrong]]"
    return f"{match['lead']}{match['key']}: {wrong}"


def deleted(line: str, chance: random.Random) -> str | None:
    return ""


def indented(line: str, chance: random.Random) -> str | None:
    if line.startswith("  ") and chance.random() < 0.5:
        return line[1:]
    return " " + line


def _misspell(word: str, chance: random.Random) -> str:
    letters = [i for i, c in enumerate(word) if c.isalpha()]
    if not letters:
        return word[:-1] + "q" + word[-1:] if word.endswith(('"', "'")) else word + "q"
    at = chance.choice(letters)
    return word[:at] + "q" + word[at + 1 :] if chance.random() < 0.5 else word[:at] + "q" + word[at:]


WAYS = {f.__name__: f for f in (key_misspelt, value_misspelt, wrong_type, deleted, indented)}


def breaks(folder: Path, way: str) -> Iterator[Break]:
    chance = random.Random(f"{SEED}{way}")
    for file in sorted(folder.rglob("*.yaml")):
        lines = file.read_text("utf-8").splitlines()
        for index, line in enumerate(lines):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            after = WAYS[way](line, chance)
            if after is not None and after != line:
                text = "\n".join([*lines[:index], *([] if way == "deleted" else [after]), *lines[index + 1 :]]) + "\n"
                yield Break(way, file.relative_to(folder), index + 1, line, after, text)


def block(text: str, number: int) -> tuple[int, int]:
    """First and last line of the block that a line belongs to: from the line it hangs under to its last sister."""
    lines = text.splitlines()
    indent = _indent(lines[number - 1])
    first, last = number, number
    while first > 1 and (not lines[first - 1].strip() or _indent(lines[first - 1]) >= max(indent, 1)):
        first -= 1
    while last < len(lines) and (not lines[last].strip() or _indent(lines[last]) >= max(indent, 1)):
        last += 1
    return first, last


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" ")) if line.strip() and not line.lstrip().startswith("#") else 999


def told(broken: Break, problems: list[Problem]) -> bool:
    """Whether a problem stands within a line of the break or in its block; or names what was renamed (old or new), where it is used."""
    original = broken.text.splitlines()
    if broken.way == "deleted" and broken.file.name == "configuration.yaml" and _indent(broken.before) == 0:
        return bool(problems)  # a whole part is gone: it is told wherever it is missed
    if broken.way != "deleted":
        original[broken.number - 1] = broken.before
    else:
        original.insert(broken.number - 1, broken.before)
    first, last = block("\n".join(original), broken.number)
    for problem in problems:
        place = problem.place
        if place is None:
            continue
        if place.file == str(broken.file) and first - 1 <= place.line <= last + 1:
            return True
        names = set(re.findall(r"[\w-]+", broken.before)) ^ set(re.findall(r"[\w-]+", broken.after))
        if any(re.search(rf"['.]{re.escape(name)}(?![\w-])", problem.text) for name in names):
            return True
    return False


class _Loose(yaml.SafeLoader):
    pass


_Loose.add_multi_constructor("!", lambda loader, suffix, node: f"!{suffix} {node.value}")


def harmless(broken: Break, folder: Path) -> bool:
    """The stated rules by which nothing need be said."""
    match = LINE.match(broken.before)
    key = match["key"].strip("\"'") if match else ""
    original = (folder / broken.file).read_text("utf-8")
    if _data(original) == _data(broken.text):
        return True  # the same data, differently laid out
    if broken.way == "key_misspelt":
        return key in FREE_KEYS or _own_name(broken)
    if broken.way == "value_misspelt":
        return key in FREE_VALUES or _inner_key(broken.before) in FREE_VALUES or _own_name(broken)
    if broken.way == "wrong_type":
        return key in ("hint", "notes") and "tickets" in broken.file.parts
    if broken.way == "deleted":
        if key == "display" and broken.file.name == "automations.yaml":
            return True  # an input of usher/queue_is_long.yaml that may be left out
        return key not in REQUIRED and not (key == "name" and broken.file.name in NAMED)
    # Moved into or out of a block: allowed where both take any words or where what moved may be left out there.
    return key in FREE_KEYS


def _own_name(broken: Break) -> bool:
    """A name that nothing else in the example uses: of a counter, a kiosk, a class of customer."""
    counter = broken.file.name == "counters.yaml" and re.match(r'"\d":', broken.before)
    return bool(counter or re.match(r"\s*(lobby|vip|elderly|normal):", broken.before))


def _inner_key(line: str) -> str:
    keys = re.findall(r"([\w-]+):\s", COMMENT.sub("", line))
    return keys[-1] if keys else ""


def _data(text: str) -> Any:
    try:
        return yaml.load(text, _Loose)
    except yaml.YAMLError:
        return None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", BROKEN)
def test_break_any_line(name: str, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / name
    shutil.copytree(ROOT / name, folder, ignore=shutil.ignore_patterns(".usher"))
    monkeypatch.chdir(folder)
    every = list(breaks(folder, way))
    chosen = every if LONG else random.Random(SEED).sample(every, min(SAMPLE, len(every)))
    silent: list[str] = []
    for broken in chosen:
        file = folder / broken.file
        original = file.read_text("utf-8")
        file.write_text(broken.text, "utf-8")
        problems = check(Path())
        file.write_text(original, "utf-8")
        if not (told(broken, problems) or (not problems and harmless(broken, folder))):
            heard = " / ".join(map(str, problems)) or "nothing"
            silent.append(
                f"{broken.file}:{broken.number} {broken.before.strip()!r} -> {broken.after.strip()!r}: {heard}"
            )
    assert not silent, "\n".join(silent)
    assert len(chosen) >= min(SAMPLE, 20)


ODD = ["[]", "{}", "null", "true", "1", "1e999", "x" * 300, "'{{ x'", "!input a", "!include queues.yaml", "!secret x",
       "&a [*a]", "2020-01-01", "[[[]]]", "{a: {b: [c]}}", '"\\u0000"', "'.'", "!!binary aGVsbG8=", "!!set {a}",
       "!!float x", "? a", "*a", "<<"]  # fmt: skip


def mangled(lines: list[str], chance: random.Random) -> list[str]:
    """A file after one blow: an odd value, an odd key, a stray character, lines that changed places."""
    made = list(lines)
    at = chance.randrange(len(made))
    line = made[at]
    key, colon, value = line.partition(":")
    match chance.randrange(6):
        case 0 if colon:
            made[at] = f"{key}: {chance.choice(ODD)}"
        case 1 if colon:
            made[at] = f"{key[: len(key) - len(key.lstrip())]}{chance.choice(ODD)}:{value}"
        case 2:
            cut = chance.randrange(len(line) + 1)
            made[at] = line[:cut] + chance.choice("{}[]:,&*!|>'\"%@`#- \tqé\x01") + line[cut:]
        case 3:
            made.insert(at, chance.choice(made))
        case 4:
            made[at] = " " * chance.randrange(8) + line.lstrip()
        case _:
            del made[at]
    return made or ["a"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_however_odd_it_never_ends_in_a_traceback(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / name
    shutil.copytree(ROOT / name, folder, ignore=shutil.ignore_patterns(".usher"))
    monkeypatch.chdir(folder)
    chance, faulty = random.Random(SEED), 0
    files = sorted(folder.rglob("*.yaml"))
    for _ in range(2000 if LONG else 80):
        file = chance.choice(files)
        original = file.read_text("utf-8")
        lines = original.splitlines()
        for _ in range(chance.choice([1, 1, 3])):
            lines = mangled(lines, chance)
        file.write_text("\n".join(lines) + "\n", "utf-8")
        faulty += bool(check(Path()))
        file.write_text(original, "utf-8")
    assert faulty > 20
