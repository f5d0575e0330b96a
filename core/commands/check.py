"""`usher check`: everything that is wrong with a configuration."""

from argparse import ArgumentParser, Namespace
from typing import Final

from . import places

NAME: Final = "check"
HELP: Final = "check a configuration; prints what is wrong, and exits 1 if anything is"


def add(parser: ArgumentParser) -> None:
    places.folder(parser)
    parser.add_argument(
        "--format", choices=["text", "json", "github"], default="text", help="how to print the problems"
    )
    parser.add_argument("--language", choices=["en", "zh-CN"], help="en or zh-CN; default: the terminal's")
    parser.add_argument("--strict", action="store_true", help="warnings are errors")


def run(options: Namespace) -> int:
    import gc

    gc.disable()  # a short life that makes many models: nothing of it is garbage
    from ..check import check, show
    from ..translations import terminal_language

    problems = check(options.folder, strict=options.strict)
    text = show(problems, options.format, options.language or terminal_language())
    if text:
        print(text)
    return int(any(p.severity == "error" for p in problems))
