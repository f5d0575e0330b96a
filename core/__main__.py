"""The command line: `usher COMMAND`. Each command is a file of `commands/`."""

import io
import os
import signal
import sys
from typing import Final

from .commands import Command, blueprint, call, check, docs, new, rename, run, schema, simulate, token, trace, user, why
from .commands.parsing import Parser
from .errors import ConfigError, UsherError
from .translations import explained, terminal_language

COMMANDS: Final[tuple[Command, ...]] = (
    run,
    check,
    call,
    user,
    token,
    blueprint,
    schema,
    rename,
    new,
    docs,
    trace,
    why,
    simulate,
)


def main(arguments: list[str] | None = None) -> int:
    """Run a command; answers the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without Chinese letters shows their numbers
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        return code
    except ConfigError as error:
        print(explained(error, terminal_language()), file=sys.stderr)
    except UsherError as error:
        print(f"usher: {explained(error, terminal_language())}", file=sys.stderr)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return 130
    return 1


def _parser() -> Parser:
    parser = Parser(prog="usher", description="The engine for halls where people wait.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        made = commands.add_parser(command.NAME, help=command.HELP, description=command.HELP)
        command.add(made)
        made.set_defaults(run=command.run)
    return parser


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL) if hasattr(signal, "SIGPIPE") else None
    sys.exit(main())
