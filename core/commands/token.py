"""`usher token`: long-lived tokens."""

from argparse import ArgumentParser, Namespace
from typing import Final

from ..errors import UsherError
from . import places
from .accounts import account

NAME: Final = "token"
HELP: Final = "long-lived tokens"


def add(parser: ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    adding = commands.add_parser("add", help="make a token and print it, once")
    adding.add_argument("name", help="what it is for")
    adding.add_argument("--user", help="whose token it is; a user of the token's name is made if left out")
    adding.add_argument("--role", choices=["owner", "manager", "staff", "booking", "device"], default="device",
                        help="of the user that is made")  # fmt: skip
    adding.add_argument("--scope", action="append", default=[], help="action:counter.*, entity:counter.1, ...")
    places.running(adding)


def run(options: Namespace) -> int:
    if options.user is None:
        if options.role == "device" and not options.scope:
            raise UsherError("A device may do only what its scopes say. Add for example --scope 'action:counter.*'.")
        account(options, "access.user_add", {"name": options.name, "role": options.role})
    values = {"name": options.name, "user": options.user or options.name, "scopes": options.scope}
    try:
        answer = account(options, "access.token_add", values)
    except UsherError:
        if options.user is None:  # made for this token alone
            account(options, "access.user_remove", {"name": options.name})
        raise
    print(answer["token"])
    return 0
