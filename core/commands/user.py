"""`usher user`: who may sign in."""

import sys
from argparse import ArgumentParser, Namespace
from typing import Final

from ..translations import terminal_language, translated
from . import places, saying
from .accounts import account

NAME: Final = "user"
HELP: Final = "users of this hall"


def add(parser: ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    adding = commands.add_parser("add", help="add a user; asks for the password, or reads it from standard input")
    adding.add_argument("id", help="the user's id, to sign in with")
    adding.add_argument("--role", choices=["owner", "manager", "staff", "booking", "device"], default="staff",
                        help="what the user may do")  # fmt: skip
    adding.add_argument("--name", help="shown to others")
    places.running(adding)


def run(options: Namespace) -> int:
    import getpass

    password = (
        getpass.getpass(translated("Password:", terminal_language()) + " ")
        if sys.stdin.isatty()
        else sys.stdin.readline().rstrip("\n")
    )
    values = {"name": options.id, "title": options.name, "role": options.role, "password": password}
    account(options, "access.user_add", values)
    saying.say(f"{options.id} may sign in as {options.role}.")
    return 0
