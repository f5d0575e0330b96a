"""The table of broken configurations: one fault each, with the place and the words it must be told in.

`hall/` is a good configuration. A case changes a few letters of it, as a diff does, and says what must be told:

    # a key of a queue is misspelt
    @ queues.yaml
    -digits: 3
    +«digts»: 3
    ! queue.personal.digts: there is no key 'digts' here.
    > Did you mean 'digits'?

`-` is what stands there (once), `+` what takes its place; without `-` a file is made, or grows. `«...»` is around what
must be pointed at. `!` (`~`: a warning) is how the message begins, `>` how it ends: the mend. A tab is written as ⇥, a
letter of no sense as ␇, the folder as {folder}.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
HALL: Final = HERE / "hall"
_SIGNS: Final = str.maketrans({"⇥": "\t", "␇": "\x07"})


@dataclass
class Change:
    """What stands in a file, and what takes its place."""

    file: str
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)


@dataclass
class Case:
    """One broken configuration."""

    name: str
    changes: list[Change] = field(default_factory=list)
    says: str = ""
    mend: str = ""
    severity: str = "error"

    def make(self, folder: Path) -> tuple[str, int, int]:
        """Break the hall in `folder`; answers the file, line and column of the fault."""
        place: tuple[str, int, int] | None = None
        for change in self.changes:
            path = folder / change.file
            text = path.read_text("utf-8") if path.exists() else ""
            old, new = "\n".join(change.old), "\n".join(change.new).translate(_SIGNS)
            if old:
                assert text.count(old) == 1, f"{self.name}: {old!r} stands {text.count(old)} times in {change.file}"
                start = text.index(old)
                text = text[:start] + new + text[start + len(old) :]
            else:
                text += new + "\n"
            if "«" in text:
                assert place is None, f"{self.name}: two places are marked"
                before = text[: text.index("«")]
                place = (change.file, before.count("\n") + 1, len(before) - before.rfind("\n"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("«", "").replace("»", ""), "utf-8")
        assert place is not None, f"{self.name}: no place is marked"
        return place

    def put_back(self, folder: Path) -> None:
        """Make the hall in `folder` good again."""
        for change in self.changes:
            good = HALL / change.file
            if good.exists():
                shutil.copy(good, folder / change.file)
            else:
                (folder / change.file).unlink()


def read(file: Path) -> Iterator[Case]:
    """The cases of one file."""
    case: Case | None = None
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        sign, rest = line[:1], line[2:]
        if sign == "#":
            case = Case(rest)
            yield case
        elif case is not None and sign == "@":
            case.changes.append(Change(rest))
        elif case is not None and sign in ("-", "+"):
            (case.changes[-1].old if sign == "-" else case.changes[-1].new).append(line[1:])
        elif case is not None and sign in ("!", "~"):
            case.says, case.severity = rest, "error" if sign == "!" else "warning"
        elif case is not None and sign == ">":
            case.mend = rest
        else:
            assert not line.strip(), f"{file.name}:{number}: {line!r} has no sign before it"


CASES: Final = [case for file in sorted(HERE.glob("*.txt")) for case in list(read(file))]
