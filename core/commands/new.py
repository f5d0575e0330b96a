"""`usher new`: an integration of one's own, laid out with its tests."""

from argparse import ArgumentParser, Namespace
from typing import Final

from . import places
from .saying import say

NAME: Final = "new"
HELP: Final = "lay out an integration of your own, with tests, in custom_integrations/"


def add(parser: ArgumentParser) -> None:
    parser.add_argument("name", help="a-z, 0-9 and _")
    places.folder(parser)


def run(options: Namespace) -> int:
    from ..manual.new import lay_out

    for file in lay_out(options.name, options.folder):
        print(file)
    say(f"Put what is in its example.yaml into your configuration, and try it: "
        f"pytest {options.folder / 'custom_integrations' / options.name / 'tests'}")  # fmt: skip
    return 0
