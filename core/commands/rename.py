"""`usher rename`: one id, everywhere in the YAML."""

from argparse import ArgumentParser, Namespace
from typing import Final

from ..errors import ConfigError, Problem, UsherError
from . import places
from .saying import say

NAME: Final = "rename"
HELP: Final = "rename an id everywhere in a configuration; shows what it would do unless --write is given"


def add(parser: ArgumentParser) -> None:
    parser.add_argument("old", help="as in queue.personal")
    parser.add_argument("new", help="as in queue.private")
    places.folder(parser)
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--write", action="store_true", help="change the files")
    either.add_argument("--dry-run", action="store_true", help="only show it (so it is without --write)")


def run(options: Namespace) -> int:
    from ..config import Configuration
    from ..renaming import plan, put_back, write
    from ..wings import WINGS

    def read() -> Configuration:
        return Configuration.read(options.folder, WINGS)

    before = read()
    found = plan(before, options.old, options.new)
    for edit in found.edits:
        print(f"{edit.place}  {edit.why}")
    for place, line in found.look:
        say(f"{place}  look at this by hand: {line}")
    for note in found.notes:
        say(note)
    uses = f"{len(found.edits)} uses in {len(found.files)} files"
    if not options.write:
        say(f"{uses}. Nothing was written; add --write to do it.")
        return 0
    originals = write(found)
    after = read()
    fresh = _fresh(before.problems, after.errors)
    if fresh:
        put_back(originals)
        raise ConfigError(fresh) from UsherError("The renamed configuration has these faults, so nothing was changed.")
    say(f"{uses} were written. A running hall takes them with usher call usher.reload.")
    return 0


def _fresh(before: list[Problem], after: list[Problem]) -> list[Problem]:
    known = {problem.text for problem in before}
    return [problem for problem in after if problem.text not in known]
