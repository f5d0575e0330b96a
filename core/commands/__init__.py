"""The commands of `usher`, a file each: NAME, HELP, `add(parser)` gives it its arguments, `run(options)` its exit code.

What a command needs is imported when it runs: `usher check` is not to wait for what only `usher run` needs.
"""

from argparse import ArgumentParser, Namespace
from typing import Protocol


class Command(Protocol):
    """What each file here is."""

    @property
    def NAME(self) -> str: ...

    @property
    def HELP(self) -> str: ...

    def add(self, parser: ArgumentParser) -> None:
        """Give the parser its arguments."""
        ...

    def run(self, options: Namespace) -> int:
        """Do it; answers the exit code. Raises UsherError, which is shown in one line."""
        ...
