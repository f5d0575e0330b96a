"""Steps that say which steps come next: variables, if, choose, sequence, parallel, stop, and a condition."""

from collections.abc import Mapping
from typing import Any, cast

from pydantic import Field, model_validator

from ...errors import TemplateError
from ...schema import did_you_mean
from ...source import Map, Seq
from ..conditions import Condition, compile_conditions
from ..reading import items_of, renamed, without
from ..steps import Do, Doing, End, Enter, Fork, Outcome
from .common import Compiler, StepCommon, holds


class VariablesStep(StepCommon):
    """Set variables, for all steps after this one."""

    variables: dict[str, Any] = Field(description="Their names and values.")


class IfStep(StepCommon):
    """Do one thing or another."""

    if_: Any = Field(alias="if", description="The conditions.")
    then: Any = Field(description="What to do when they hold.")
    else_: Any = Field(None, alias="else", description="What to do when they do not.")


class ChooseStep(StepCommon):
    """Do the first of several whose conditions hold."""

    choose: Any = Field(description="A list of {conditions, sequence}.")
    default: Any = Field(None, description="What to do when none holds.")


class SequenceStep(StepCommon):
    """Several steps as one."""

    sequence: Any = Field(description="The steps.")


class ParallelStep(StepCommon):
    """Several steps, or lists of them, at once; it goes on when all are done."""

    parallel: Any = Field(description="A list of steps or of lists of steps, or of {sequence: ...}.")


class StopStep(StepCommon):
    """End the run."""

    stop: str | None = Field(description="Why.")
    error: bool = Field(False, description="Whether that is an error.")
    response_variable: str | None = Field(None, description="The variable that is the answer.")

    @model_validator(mode="after")
    def _one(self) -> "StopStep":
        if self.error and self.response_variable:
            raise ValueError("error and response_variable exclude each other. Keep one of them")
        return self


def variables(compiler: Compiler, model: VariablesStep, tree: Map, path: str) -> Do:
    given = tree["variables"]
    values = {str(name): compiler.reading.value(value, given.value_places.get(name)) for name, value in given.items()}
    compiler.reading.names |= set(values)
    place = tree.place

    def do(run: Doing) -> Outcome:
        made: dict[str, Any] = {}
        for name, value in values.items():  # each sees those before it
            made[name] = value.render(run.names)
            run.assign(name, made[name])
        run.note(path, place, made)
        return None

    return do


def if_then(compiler: Compiler, model: IfStep, tree: Map, path: str) -> Do:
    conditions = compile_conditions(compiler.reading, tree["if"], tree.value_places["if"], f"{path}/if/condition")
    then = compiler.compile(model.then, tree.value_places.get("then", tree.place), f"{path}/then")
    other = compiler.compile(model.else_, tree.value_places["else"], f"{path}/else") if "else" in tree else None
    place = tree.place

    def do(run: Doing) -> Outcome:
        answer = holds(conditions, run)
        run.note(path, place, {"choice": "then" if answer else "else"})
        if answer:
            return Enter(then)
        return Enter(other) if other is not None else None

    return do


def choose(compiler: Compiler, model: ChooseStep, tree: Map, path: str) -> Do:
    reading, choices = compiler.reading, list[tuple[tuple[Condition, ...], str]]()
    for index, (item, at) in enumerate(items_of(tree["choose"], tree.value_places["choose"])):
        if not isinstance(item, Map):
            reading.complain(at, "a choice is a mapping: {conditions: ..., sequence: ...}.")
            continue
        choice = renamed(item, "condition", "conditions")
        for key in without(choice, "conditions", "sequence", "alias"):
            hint = did_you_mean(str(key), ("conditions", "sequence", "alias")) or " Remove it."
            reading.complain(choice.key_places.get(key), f"choose: there is no key {str(key)!r} here.{hint}")
        for key in ("conditions", "sequence"):
            if key not in choice:
                reading.complain(choice.place, f"choose: the key {key!r} is missing. Add it.")
        inner = f"{path}/choose/{index}"
        conditions = compile_conditions(reading, choice.get("conditions"), choice.place, f"{inner}/conditions")
        choices.append((conditions, compiler.compile(choice.get("sequence"), choice.place, f"{inner}/sequence")))
    default = (
        compiler.compile(model.default, tree.value_places["default"], f"{path}/default") if "default" in tree else None
    )
    place = tree.place

    def do(run: Doing) -> Outcome:
        for index, (conditions, sequence) in enumerate(choices):
            if holds(conditions, run):
                run.note(path, place, {"choice": index})
                return Enter(sequence)
        run.note(path, place, {"choice": "default"})
        return Enter(default) if default is not None else None

    return do


def sequence(compiler: Compiler, model: SequenceStep, tree: Map, path: str) -> Do:
    inner = compiler.compile(tree["sequence"], tree.value_places["sequence"], f"{path}/sequence")
    return lambda run: Enter(inner)


def parallel(compiler: Compiler, model: ParallelStep, tree: Map, path: str) -> Do:
    place, paths = tree.place, list[str]()
    given, whole = tree["parallel"], tree.value_places["parallel"]
    branches: list[Any] = given if isinstance(given, Seq) else [given]
    places = given.item_places if isinstance(given, Seq) else [whole]
    for index, (item, at) in enumerate(zip(branches, places, strict=True)):
        inner = f"{path}/parallel/{index}/sequence"
        if isinstance(item, Map) and "sequence" in item and "continue_on_error" not in item and "enabled" not in item:
            for key in without(item, "sequence", "alias"):
                hint = did_you_mean(str(key), ("sequence", "alias")) or " Remove it."
                compiler.reading.complain(
                    item.key_places.get(key), f"parallel: there is no key {str(key)!r} here.{hint}"
                )
            paths.append(compiler.compile(item["sequence"], item.value_places["sequence"], inner))
        elif item is not None:
            paths.append(compiler.compile(item, at, inner))
    fork = Fork(tuple(paths))

    def do(run: Doing) -> Outcome:
        run.note(path, place, {"branches": len(fork.paths)})
        return fork if fork.paths else None

    return do


def stop(compiler: Compiler, model: StopStep, tree: Map, path: str) -> Do:
    why, place, wanted = compiler.reading.value(tree["stop"], tree.value_places.get("stop")), tree.place, model

    def do(run: Doing) -> Outcome:
        text, answer = str(why.render(run.names) or ""), None
        if wanted.response_variable:
            at = tree.value_places.get("response_variable")
            if wanted.response_variable not in run.names:
                raise TemplateError(f"stop: there is no variable {wanted.response_variable!r} to answer with.", at)
            answer = run.names[wanted.response_variable]
            if not isinstance(answer, Mapping):
                raise TemplateError(
                    f"stop: an answer is a mapping, and {wanted.response_variable!r} is {answer!r}.", at
                )
        run.note(path, place, {"stop": text, "error": wanted.error, "response": answer})
        return End("error" if wanted.error else "stopped", text, cast("Any", answer))

    return do
