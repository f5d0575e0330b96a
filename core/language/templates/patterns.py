"""`regex_*`: Home Assistant's words for patterns, on an engine that stops.

Python's own `re` cannot be interrupted: `(a|a)*$` on forty letters holds it for hours. `regex` reads the same patterns
and gives up when its time is over; that time is the processor's, so a busy machine stops nobody too early.
"""

from functools import lru_cache
from typing import Any, Final, cast

from ...errors import TemplateError
from .sandbox import Sandbox, Stopped

MAX_PATTERN: Final = 2000
PATIENCE: Final = 0.06  # seconds of one search; a collection of garbage that falls into it must not stop it
PATTERN_TURNS: Final = 5  # what a search counts as, beside the time it takes
_TURNS_A_SECOND: Final = 1_000_000


class Patterns:
    """The words; each search counts as turns of its rendering, by the time it takes."""

    def __init__(self, env: Sandbox) -> None:
        self._env = env

    def match(self, value: Any, find: str = "", ignorecase: bool = False) -> bool:
        return bool(self._run("match", value, find, ignorecase))

    def search(self, value: Any, find: str = "", ignorecase: bool = False) -> bool:
        return bool(self._run("search", value, find, ignorecase))

    def findall(self, value: Any, find: str = "", ignorecase: bool = False) -> list[Any]:
        return cast("list[Any]", self._run("findall", value, find, ignorecase))

    def findall_index(self, value: Any, find: str = "", index: int = 0, ignorecase: bool = False) -> Any:
        found = self.findall(value, find, ignorecase)
        try:
            return found[index]
        except IndexError as error:
            raise TemplateError(f"regex_findall_index: there are {len(found)} matches of {find!r}, "
                                f"so none has the index {index}.") from error  # fmt: skip

    def replace(self, value: Any = "", find: str = "", replace: str = "", ignorecase: bool = False) -> str:
        env = self._env

        def filled(match: Any) -> str:
            text = match.expand(replace)
            env.built(len(text) + 1)
            return cast("str", text)

        return cast("str", self._run("sub", value, find, ignorecase, filled))

    def _run(self, how: str, value: Any, find: str, ignorecase: bool, *before: Any) -> Any:
        env = self._env
        env.turn(PATTERN_TURNS)
        text = value if isinstance(value, str) else str(env.measured(value))
        engine = _engine()
        started = env.cpu()
        try:
            pattern = _compiled(engine, str(find), bool(ignorecase))
            return getattr(pattern, how)(*before, text, timeout=PATIENCE)
        except TimeoutError as error:
            raise Stopped(f"stopped: the pattern {find[:60]!r} comes to no end on this text. Patterns like (a|b*)* try "
                          "every way there is; write one with a single way.") from error  # fmt: skip
        except IndexError as error:  # \3 where there are two groups
            raise TemplateError(f"regex_replace: the replacement names a group that {find[:60]!r} has not.") from error
        finally:
            env.turn(int((env.cpu() - started) * _TURNS_A_SECOND))


@lru_cache(maxsize=1)
def _engine() -> Any:
    import regex  # 30 ms, which a hall without patterns need not wait

    return regex


@lru_cache(maxsize=256)
def _compiled(engine: Any, find: str, ignorecase: bool) -> Any:
    if len(find) > MAX_PATTERN:
        raise Stopped(f"stopped: a pattern of {len(find)} characters is too long; {MAX_PATTERN} are allowed.")
    try:
        return engine.compile(find, engine.IGNORECASE if ignorecase else 0)
    except (engine.error, RecursionError, OverflowError, ValueError) as error:
        raise TemplateError(f"the pattern {find[:60]!r} cannot be read: {error}") from error
