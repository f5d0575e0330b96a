"""`usher call`: one action of the hall that runs on this machine."""

import json
import sys
from argparse import ArgumentParser, Namespace
from typing import Any, Final

from ..errors import UsherError
from ..translations import terminal_language
from . import places

NAME: Final = "call"
HELP: Final = "call an action of the hall running on this machine; prints JSON"


def add(parser: ArgumentParser) -> None:
    parser.add_argument("action", help="as in counter.call_next")
    parser.add_argument("values", nargs="*", metavar="KEY=VALUE", help="data; a value may be JSON")
    parser.add_argument("--request-id", help="makes a repeated call harmless")
    places.running(parser)


def run(options: Namespace) -> int:
    from ..control import ask

    answer = ask(places.data(options), options.action, _values(options.values), options.request_id,
                 language=terminal_language())  # fmt: skip
    if "error" in answer:
        print(json.dumps(answer["error"], ensure_ascii=False), file=sys.stderr)
        return 1
    print(json.dumps(answer["answer"], ensure_ascii=False))
    return 0


def _values(pairs: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsherError(f"{pair!r} is not KEY=VALUE. Write for example counter=1.")
        try:
            values[key] = json.loads(value)
        except ValueError:
            values[key] = value
    return values
