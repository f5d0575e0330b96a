"""The kinds of step: the YAML of each, and what it does. A new kind is a model, a function and a line in KINDS."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Final, Protocol, TypeAlias, Union, cast, get_args, get_origin

from pydantic import BaseModel, Field

from ..actions import Actions
from ..bus import Bus
from ..errors import Place, TemplateError
from ..hall.events import ALL_EVENTS
from ..ids import EntityId
from ..schema import Strict, did_you_mean, seconds
from ..source import Map
from ..states import STATE_CHANGED
from .conditions import Condition, compile_conditions, hold
from .reading import ActionUse, Reading, Value, has_template, items_of, renamed, without
from .steps import Ask, Doing, End, Enter, Outcome, Wait
from .templates import is_template

MAX_DELAY: Final = 366 * 86400.0
Do: TypeAlias = Callable[[Doing], Outcome]


# -- what stands in the YAML


class StepCommon(Strict):
    """What every step takes."""

    alias: str | None = Field(None, description="What it is called in traces.")
    enabled: bool = Field(True, description="False: as if it did not stand here.")
    continue_on_error: bool = Field(False, description="Whether the next step is done when this one fails.")


class ActionStep(StepCommon):
    """Call an action."""

    action: str = Field(description="The action, as in speaker.announce.")
    target: Any = Field(None, description="The things meant: {entity_id: counter.1}.")
    data: Any = Field(None, description="The data of the action.")
    entity_id: Any = Field(None, description="The things meant (old spelling of target).")
    response_variable: str | None = Field(None, description="Keep the answer under this name.")
    metadata: Any = Field(None, description="Of Home Assistant's editor; not read.")


class DelayStep(StepCommon):
    """Wait. A run that waits survives a restart."""

    delay: Any = Field(description='How long: "00:00:30", 30, {minutes: 5}, or a template.')


class VariablesStep(StepCommon):
    """Set variables for the steps after this one in the same list, and for those in it."""

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


class EventStep(StepCommon):
    """Fire an event."""

    event: str = Field(description="The event's type.")
    event_data: Any = Field(None, description="Its data.")


class StopStep(StepCommon):
    """End the run."""

    stop: str | None = Field(description="Why.")
    error: bool = Field(False, description="Whether that is an error.")
    response_variable: str | None = Field(None, description="The variable that is the answer.")


class SequenceStep(StepCommon):
    """Several steps as one."""

    sequence: Any = Field(description="The steps.")


@dataclass
class Ground:
    """What the steps of an automation stand on."""

    actions: Actions
    bus: Bus


class Compiler(Protocol):
    """What a kind of step needs to be made: where complaints go, what it stands on, and its inner lists."""

    reading: Reading
    ground: Ground

    def compile(self, tree: Any, place: Place, path: str) -> str:
        """Compile an inner list of steps; answers its path."""
        ...


# -- how each is made


def _action(compiler: Compiler, model: ActionStep, tree: Map, path: str) -> Do | None:
    reading, actions = compiler.reading, compiler.ground.actions
    place = tree.value_places.get("action", tree.place)
    name = reading.value(tree["action"], place)
    data_place = tree.value_places.get("data", tree.place)
    if model.data is not None and not isinstance(model.data, Map) and not is_template(model.data):
        reading.complain(data_place, 'data: write a mapping, as in  {counter: "1"}.')
        return None
    data, target = reading.value(model.data, data_place), _target(reading, tree, model)
    if not name.live:
        static = model.data if isinstance(model.data, Map) else Map(place) if model.data is None else None
        reading.actions.append(ActionUse(str(name.tree), place, static, model.target or model.entity_id))
    if model.response_variable:
        reading.names.add(model.response_variable)
    response = model.response_variable
    written: Any = data.tree
    fields = cast("dict[str, Any]", written) if isinstance(written, dict) else dict[str, Any]()
    live = {key for key in fields if has_template(fields[key])}

    def do(run: Doing) -> Outcome:
        names = run.names
        called = str(name.render(names)) if name.live else cast("str", name.tree)
        if fields:
            known = actions.get(called)
            texts = texts_of(known.model) if known is not None else frozenset[str]()
            given: dict[str, Any] = {
                key: (Value(value, True).render_text(names) if key in texts else Value(value, True).render(names))
                if key in live else value
                for key, value in fields.items()
            }  # fmt: skip
        else:
            whole = data.render(names)
            if whole is not None and not isinstance(whole, dict):
                raise TemplateError(f"data: the template gave {whole!r}, not a mapping.", data_place)
            given = dict(cast("dict[str, Any]", whole or {}))
        if target is not None:
            given["target"] = target.render(names)
        run.note(path, place, {"action": called, "data": given})
        return Ask(called, given, response)

    return do


def _target(reading: Reading, tree: Map, model: ActionStep) -> Value | None:
    """The target; a bare `entity_id` on the step is one too."""
    if model.target is not None:
        if isinstance(model.target, Map):
            for key in model.target:
                if key != "entity_id":
                    reading.complain(model.target.key_places.get(key),
                                     f"target: there is no key {str(key)!r} here. A hall's target is  {{entity_id: ...}}.")  # fmt: skip
            _check_ids(reading, model.target)
        return reading.value(model.target, tree.value_places.get("target"))
    if model.entity_id is not None:
        _check_ids(reading, tree)
        inner = reading.value(model.entity_id, tree.value_places.get("entity_id"))
        return Value({"entity_id": inner.tree}, inner.live)
    return None


def _check_ids(reading: Reading, tree: Map) -> None:
    reading.note_entities(tree)
    for one, at in items_of(tree.get("entity_id"), tree.value_places.get("entity_id", tree.place)):
        if isinstance(one, str) and not is_template(one):
            try:
                EntityId.parse(one)
            except ValueError as error:
                reading.complain(at, f"target: {error}")


def _delay(compiler: Compiler, model: DelayStep, tree: Map, path: str) -> Do:
    place = tree.value_places.get("delay", tree.place)
    span = compiler.reading.value(tree["delay"], place)
    if not span.live:
        try:
            _span(span.tree, place)
        except TemplateError as error:
            compiler.reading.complain(place, error.text)

    def do(run: Doing) -> Outcome:
        wait = _span(span.render(run.names), place)
        run.note(path, place, {"delay": wait})
        return Wait(wait)

    return do


def _span(value: Any, place: Place) -> float:
    try:
        span = seconds(value)
    except (ValueError, TypeError) as error:
        raise TemplateError(
            f'delay: {value!r} is not a duration. Write "00:00:30", 30 or {{minutes: 5}}.', place
        ) from error
    if not 0 <= span <= MAX_DELAY:
        raise TemplateError(f"delay: {span:g} s is not between 0 and a year.", place)
    return span


def _variables(compiler: Compiler, model: VariablesStep, tree: Map, path: str) -> Do:
    given = tree["variables"]
    values = {str(name): compiler.reading.value(value, given.value_places.get(name)) for name, value in given.items()}
    compiler.reading.names |= set(values)
    place = tree.place

    def do(run: Doing) -> Outcome:
        names = dict(run.names)
        for name, value in values.items():  # each sees those before it
            names[name] = value.render(names)
        run.set_names(names)
        run.note(path, place, {name: names[name] for name in values})
        return None

    return do


def _if(compiler: Compiler, model: IfStep, tree: Map, path: str) -> Do:
    conditions = compile_conditions(compiler.reading, tree["if"], tree.value_places["if"], f"{path}/if/condition")
    then = compiler.compile(model.then, tree.value_places.get("then", tree.place), f"{path}/then")
    other = compiler.compile(model.else_, tree.value_places["else"], f"{path}/else") if "else" in tree else None
    place = tree.place

    def do(run: Doing) -> Outcome:
        answer = _holds(conditions, run)
        run.note(path, place, {"choice": "then" if answer else "else"})
        if answer:
            return Enter(then)
        return Enter(other) if other is not None else None

    return do


def _choose(compiler: Compiler, model: ChooseStep, tree: Map, path: str) -> Do:
    reading, choices = compiler.reading, list[tuple[tuple[Condition, ...], str]]()
    for index, (item, at) in enumerate(items_of(tree["choose"], tree.value_places["choose"])):
        if not isinstance(item, Map):
            reading.complain(at, "a choice is a mapping: {conditions: ..., sequence: ...}.")
            continue
        choice = renamed(item, "condition", "conditions")
        for key in without(choice, "conditions", "sequence", "alias"):
            hint = did_you_mean(str(key), ("conditions", "sequence", "alias"))
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
            if _holds(conditions, run):
                run.note(path, place, {"choice": index})
                return Enter(sequence)
        run.note(path, place, {"choice": "default"})
        return Enter(default) if default is not None else None

    return do


def _holds(conditions: tuple[Condition, ...], run: Doing) -> bool:
    """As in Home Assistant, a choice whose conditions cannot be known is not taken; the trace and the log say so."""
    try:
        return hold(conditions, run.names, run.note_answer)
    except TemplateError as error:
        run.warn(error)
        return False


def _event(compiler: Compiler, model: EventStep, tree: Map, path: str) -> Do | None:
    kind, bus = str(model.event), compiler.ground.bus
    place = tree.value_places.get("event", tree.place)
    if kind in ALL_EVENTS or kind == STATE_CHANGED:
        compiler.reading.complain(
            place, f"event: {kind!r} is the hall's own to tell. Call the action, or name another event."
        )
        return None
    data = compiler.reading.value(model.event_data, tree.value_places.get("event_data"))

    def do(run: Doing) -> Outcome:
        given = data.render(run.names)
        if given is not None and not isinstance(given, dict):
            raise TemplateError(f"event_data: the template gave {given!r}, not a mapping.", place)
        told = cast("dict[str, Any]", given or {})
        run.note(path, place, {"event": kind, "event_data": told})
        bus.fire(kind, told, run.context)
        return None

    return do


def _stop(compiler: Compiler, model: StopStep, tree: Map, path: str) -> Do:
    why, place = compiler.reading.value(tree["stop"], tree.value_places.get("stop")), tree.place

    def do(run: Doing) -> Outcome:
        text = str(why.render(run.names) or "")
        answer = run.names.get(model.response_variable) if model.response_variable else None
        run.note(path, place, {"stop": text, "error": model.error, "response": answer})
        return End("error" if model.error else "stopped", text)

    return do


def _sequence(compiler: Compiler, model: SequenceStep, tree: Map, path: str) -> Do:
    inner = compiler.compile(tree["sequence"], tree.value_places["sequence"], f"{path}/sequence")
    return lambda run: Enter(inner)


KINDS: Final[Mapping[str, tuple[type[BaseModel], Callable[..., Do | None]]]] = {
    "action": (ActionStep, _action),
    "delay": (DelayStep, _delay),
    "variables": (VariablesStep, _variables),
    "if": (IfStep, _if),
    "choose": (ChooseStep, _choose),
    "event": (EventStep, _event),
    "stop": (StopStep, _stop),
    "sequence": (SequenceStep, _sequence),
}
LATER: Final = frozenset({"repeat", "parallel", "wait_template", "wait_for_trigger"})
MODELS: Final[Mapping[str, type[BaseModel]]] = {word: kind[0] for word, kind in KINDS.items()}


@lru_cache(maxsize=1024)
def texts_of(model: type[BaseModel]) -> frozenset[str]:
    """The fields of an action that take text and no number: what a template gives them stays text (`007`, `12`)."""
    return frozenset(name for name, info in model.model_fields.items() if _takes_text(info.annotation))


def _takes_text(annotation: Any) -> bool:
    kinds = set(_plain_kinds(annotation))
    return str in kinds and not kinds & {int, float, bool, object, Any}


def _plain_kinds(annotation: Any) -> list[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _plain_kinds(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return [kind for part in get_args(annotation) for kind in _plain_kinds(part)]
    return [origin or annotation]
