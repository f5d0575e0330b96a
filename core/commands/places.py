"""Where the configuration and the data are: arguments that several commands take."""

from argparse import ArgumentParser, Namespace
from pathlib import Path


def folder(parser: ArgumentParser) -> None:
    """FOLDER, the configuration; the current folder if left out."""
    parser.add_argument("folder", type=Path, nargs="?", default=Path(), help="the configuration folder")


def running(parser: ArgumentParser) -> None:
    """--config and --data: the hall that runs on this machine."""
    parser.add_argument("--config", type=Path, default=Path(), metavar="DIR", help="the configuration folder")
    parser.add_argument("--data", type=Path, help="its data, if not in DIR/.usher")


def data(options: Namespace) -> Path:
    """The data folder meant by --config and --data."""
    found: Path = (options.data or options.config / ".usher").absolute()
    return found
