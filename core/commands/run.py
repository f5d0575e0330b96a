"""`usher run`: the hall of a configuration folder."""

import logging
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Final

from . import places

NAME: Final = "run"
HELP: Final = "run the hall of a configuration folder"


def add(parser: ArgumentParser) -> None:
    places.folder(parser)
    parser.add_argument("--port", type=int, help="listen there instead of where the YAML says")
    parser.add_argument("--data", type=Path, help="keep the data there instead of in FOLDER/.usher")
    parser.add_argument("--verbose", action="store_true", help="log more")


def run(options: Namespace) -> int:
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.INFO,
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
    )
    from ..runner import run as run_hall

    return run_hall(options.folder, options.port, options.data)
