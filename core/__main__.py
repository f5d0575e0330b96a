"""The command line: `usher run|check|call|user|token`."""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any

from .errors import ConfigError, StoreError, UsherError


def main(arguments: list[str] | None = None) -> int:
    """Run a command; answers the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        code: int = options.run(options)
        return code
    except ConfigError as error:
        print(error, file=sys.stderr)
    except UsherError as error:
        print(f"usher: {error}", file=sys.stderr)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return 130
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="usher", description="The engine for halls where people wait.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="run the hall of a configuration folder")
    _folder(run)
    run.add_argument("--port", type=int, help="listen there instead of where the YAML says")
    run.add_argument("--data", type=Path, help="keep the data there instead of in FOLDER/.usher")
    run.add_argument("--verbose", action="store_true", help="log more")
    run.set_defaults(run=_run)

    check = commands.add_parser("check", help="check a configuration; prints what is wrong, and exits 1 if anything is")
    _folder(check)
    check.add_argument("--format", choices=["text", "json", "github"], default="text", help="how to print the problems")
    check.add_argument("--strict", action="store_true", help="warnings are errors")
    check.set_defaults(run=_check)

    call = commands.add_parser("call", help="call an action of the hall running on this machine; prints JSON")
    call.add_argument("action", help="as in counter.call_next")
    call.add_argument("values", nargs="*", metavar="KEY=VALUE", help="data; a value may be JSON")
    call.add_argument("--request-id", help="makes a repeated call harmless")
    _config(call)
    call.set_defaults(run=_call)

    user = commands.add_parser("user", help="users of this hall").add_subparsers(required=True, metavar="COMMAND")
    user_add = user.add_parser("add", help="add a user; asks for the password, or reads it from standard input")
    user_add.add_argument("id")
    user_add.add_argument("--role", choices=["owner", "manager", "staff", "device"], default="staff")
    user_add.add_argument("--name", help="shown to others")
    _config(user_add)
    user_add.set_defaults(run=_user_add)

    token = commands.add_parser("token", help="long-lived tokens").add_subparsers(required=True, metavar="COMMAND")
    token_add = token.add_parser("add", help="make a token and print it, once")
    token_add.add_argument("name", help="what it is for")
    token_add.add_argument("--user", help="whose token it is; a user of the token's name is made if left out")
    token_add.add_argument("--role", choices=["owner", "manager", "staff", "device"], default="device",
                           help="of the user that is made")  # fmt: skip
    token_add.add_argument("--scope", action="append", default=[], help="action:counter.*, entity:counter.1, ...")
    _config(token_add)
    token_add.set_defaults(run=_token_add)
    return parser


def _folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, nargs="?", default=Path(), help="the configuration folder")


def _config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, default=Path(), metavar="DIR", help="the configuration folder")
    parser.add_argument("--data", type=Path, help="its data, if not in DIR/.usher")


def _run(options: argparse.Namespace) -> int:
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.INFO,
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
    )
    from .runner import run

    return run(options.folder, options.port, options.data)


def _check(options: argparse.Namespace) -> int:
    import gc

    gc.disable()  # a short life that makes many models: nothing of it is garbage
    from .check import check, show

    problems = check(options.folder, strict=options.strict)
    text = show(problems, options.format)
    if text:
        print(text)
    return int(any(p.severity == "error" for p in problems))


def _data(options: argparse.Namespace) -> Path:
    data: Path = (options.data or options.config / ".usher").absolute()
    return data


def _call(options: argparse.Namespace) -> int:
    from .control import ask

    answer = ask(_data(options), options.action, _values(options.values), options.request_id)
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


def _user_add(options: argparse.Namespace) -> int:
    import getpass

    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    values = {"name": options.id, "title": options.name, "role": options.role, "password": password}
    _account(options, "access.user_add", values)
    print(f"{options.id} may sign in as {options.role}.")
    return 0


def _token_add(options: argparse.Namespace) -> int:
    if options.user is None:
        if options.role == "device" and not options.scope:
            raise UsherError("A device may do only what its scopes say. Add for example --scope 'action:counter.*'.")
        _account(options, "access.user_add", {"name": options.name, "role": options.role})
    values = {"name": options.name, "user": options.user or options.name, "scopes": options.scope}
    try:
        answer = _account(options, "access.token_add", values)
    except UsherError:
        if options.user is None:  # made for this token alone
            _account(options, "access.user_remove", {"name": options.name})
        raise
    print(answer["token"])
    return 0


def _account(options: argparse.Namespace, action: str, values: dict[str, Any]) -> dict[str, Any]:
    """Ask the running hall, or open its data if none runs."""
    from .control import ask

    try:
        answer = ask(_data(options), action, values)
    except StoreError:
        if not options.config.is_dir():
            raise
        from .runner import offline

        return asyncio.run(offline(options.config, _data(options), action, values))
    if "error" in answer:
        raise UsherError(answer["error"]["message"])
    result: dict[str, Any] = answer["answer"] or {}
    return result


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL) if hasattr(signal, "SIGPIPE") else None
    sys.exit(main())
