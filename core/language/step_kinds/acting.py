"""Steps that act on the hall: call an action, fire an event."""

from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin

from pydantic import BaseModel, Field

from ...errors import TemplateError
from ...hall.events import ALL_EVENTS
from ...ids import EntityId, is_entity_id
from ...schema import people_of
from ...source import Map, Seq
from ...states import STATE_CHANGED
from .. import private
from ..reading import ActionUse, Reading, Value, has_template, items_of
from ..steps import Ask, Do, Doing, Outcome
from ..templates import is_template
from .common import Compiler, StepCommon


class ActionStep(StepCommon):
    """Call an action."""

    action: str = Field(description="The action, as in speaker.announce.")
    target: Any = Field(None, description="The things meant: {entity_id: counter.1}.")
    data: Any = Field(None, description="The data of the action.")
    entity_id: Any = Field(None, description="The things meant (old spelling of target).")
    response_variable: str | None = Field(None, description="Keep the answer under this name.")
    metadata: Any = Field(None, description="Of Home Assistant's editor; not read.")


class EventStep(StepCommon):
    """Fire an event."""

    event: str = Field(description="The event's type.")
    event_data: Any = Field(None, description="Its data.")


def action(compiler: Compiler, model: ActionStep, tree: Map, path: str) -> Do | None:
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
            given["target"] = _listed(target.render(names))
        known = actions.get(called)
        people = people_of(known.model) if known is not None else frozenset[str]()
        if people:
            run.hide(private.texts([given.get(key) for key in people]))
        run.note(path, place, {"action": called, "data": without_people(people, given)})
        return Ask(called, given, response)

    return do


def _listed(target: Any) -> Any:
    """A target whose ids stand in one text, `counter.1, counter.2`, as a list of them."""
    if not isinstance(target, dict):
        return target
    given = cast("dict[str, Any]", target)
    named = given.get("entity_id")
    if isinstance(named, str) and "," in named:
        return {**given, "entity_id": [one.strip() for one in named.split(",") if one.strip()]}
    return given


def _target(reading: Reading, tree: Map, model: ActionStep) -> Value | None:
    """The target; a bare `entity_id` on the step is one too."""
    if model.target is not None:
        if isinstance(model.target, Map):
            for key in model.target:
                if key != "entity_id":
                    reading.complain(model.target.key_places.get(key),
                                     f"target: there is no key {str(key)!r} here. Write  {{entity_id: ...}}.")  # fmt: skip
            _check_ids(reading, model.target)
        elif isinstance(model.target, (Seq, int, float)):
            reading.complain(tree.value_places.get("target"), "target: what is meant stands under entity_id. Write  "
                             "{entity_id: counter.1}.")  # fmt: skip
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
            for part in one.split(","):
                if is_entity_id(part):
                    continue
                try:
                    EntityId.parse(part.strip())
                except ValueError as error:
                    reading.complain(at, f"target: {error}")


def event(compiler: Compiler, model: EventStep, tree: Map, path: str) -> Do | None:
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


def without_people(people: frozenset[str], given: dict[str, Any]) -> dict[str, Any]:
    """The data as a trace may keep it: not what says who somebody is."""
    return (
        {key: private.NOT_KEPT if key in people and value else value for key, value in given.items()}
        if people
        else given
    )


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
