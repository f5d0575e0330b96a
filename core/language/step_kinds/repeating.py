"""The step that repeats others: so many times, for each of a list, while or until conditions hold."""

from typing import Any, Final, cast

from pydantic import Field, model_validator

from ...errors import Place, TemplateError
from ...schema import Strict
from ...source import Map
from ..conditions import compile_conditions
from ..reading import Value
from ..steps import Doing, Enter, Loop, Made, Outcome
from ..templates import is_template
from .common import Compiler, StepCommon, holds

MAX_QUICK: Final = 10_000  # turns of while or until with no wait in them, as in Home Assistant
MAX_COUNT: Final = 1_000_000


class RepeatModel(Strict):
    """What is repeated, and how often: one of count, for_each, while, until."""

    count: Any = Field(None, description="So many times; may be a template.")
    for_each: Any = Field(None, description="Once for each of a list, which may be a template: repeat.item.")
    while_: Any = Field(None, alias="while", description="As long as these conditions hold, asked before each turn.")
    until: Any = Field(None, description="Until these conditions hold, asked after each turn.")
    sequence: Any = Field(description="The steps.")

    @model_validator(mode="after")
    def _one_way(self) -> "RepeatModel":
        given = self.model_fields_set & {"count", "for_each", "while_", "until"}
        if len(given) != 1:
            raise ValueError("what ends it? Write one of count, for_each, while and until")
        return self


class RepeatStep(StepCommon):
    """Repeat some steps."""

    repeat: RepeatModel = Field(description="What is repeated, and how often.")


def repeat(compiler: Compiler, model: RepeatStep, tree: Map, path: str) -> Made:
    reading, inner = compiler.reading, tree["repeat"]
    place = tree.place
    reading.names.add("repeat")
    sequence = compiler.compile(inner["sequence"], inner.value_places["sequence"], f"{path}/repeat/sequence")
    word = next(word for word in ("count", "for_each", "while", "until") if word in inner)
    at = inner.value_places.get(word, place)
    if word in ("count", "for_each"):
        value = reading.value(inner[word], at)
        _check(compiler, word, inner[word], at)
        return _counted(word, value, sequence, path, place, at)
    conditions = compile_conditions(reading, inner[word], at, f"{path}/repeat/{word}")

    def do(run: Doing) -> Outcome:
        run.note(path, place, {"repeat": word})
        return Enter(sequence, Loop())

    def again(run: Doing, loop: Loop) -> bool:
        if word == "until" and loop.turn and holds(conditions, run) is not False:
            return False  # who cannot know it goes round no more
        loop.turn, loop.quick = loop.turn + 1, loop.quick + 1
        if loop.quick > MAX_QUICK:
            raise TemplateError(
                f"repeat.{word}: stopped after {MAX_QUICK} turns without a wait. Put a delay or a wait into it.", place
            )
        run.assign("repeat", loop.variable())
        return word == "until" or holds(conditions, run) is True

    return Made(do, again)


def _check(compiler: Compiler, word: str, given: Any, at: Place) -> None:
    if is_template(given):
        return
    if word == "count" and (isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= MAX_COUNT):
        compiler.reading.complain(at, f"repeat.count: {given!r} is no number of turns. Write a whole number, as in 3.")
    if word == "for_each" and not isinstance(given, list):
        compiler.reading.complain(at, "repeat.for_each: write a list, as in  [counter.1, counter.2], or a template.")


def _counted(word: str, value: Value, sequence: str, path: str, place: Place, at: Place) -> Made:
    def do(run: Doing) -> Outcome:
        given, items = value.render(run.names), None
        if word == "for_each":
            if not isinstance(given, (list, tuple)):
                raise TemplateError(f"repeat.for_each: {given!r} is no list.", at)
            items = list(cast("list[Any]", given))
            count = len(items)
        else:
            count = _whole(given, at)
        run.note(path, place, {"count": count})
        return Enter(sequence, Loop(0, count, items)) if count > 0 else None

    def again(run: Doing, loop: Loop) -> bool:
        if loop.turn >= (loop.count or 0):
            return False
        loop.turn += 1
        run.assign("repeat", loop.variable())
        return True

    return Made(do, again)


def _whole(given: Any, at: Place) -> int:
    try:
        count = int(given)
    except (ValueError, TypeError) as error:
        raise TemplateError(f"repeat.count: {given!r} is no number of turns.", at) from error
    if count > MAX_COUNT:
        raise TemplateError(f"repeat.count: {count} turns are more than {MAX_COUNT}.", at)
    return count
