"""Steps that are compiled when they are first done.

Of the automations of a blueprint, most never run in a day. Their steps were compiled once when the configuration was
checked; the running hall compiles them again only for those that fire, and keeps for the others what it needs to hear.
"""

import logging
from collections.abc import Callable
from typing import Any

from .reading import Reading
from .steps import Program

log = logging.getLogger("usher.automation")


class LateProgram(Program):
    """A Program whose lists come into being when somebody asks for them."""

    __slots__ = ("_compile",)

    def __init__(self, compile_now: Callable[[], tuple[Reading, Program]]) -> None:
        self._compile: Callable[[], tuple[Reading, Program]] | None = compile_now

    def __getattr__(self, name: str) -> Any:  # only while the slot `lists` is empty
        if name != "lists" or self._compile is None:
            raise AttributeError(name)
        reading, made = self._compile()
        self._compile, self.lists = None, made.lists
        for problem in reading.problems:
            log.log(logging.ERROR if problem.severity == "error" else logging.WARNING, "%s", problem)
        return self.lists
