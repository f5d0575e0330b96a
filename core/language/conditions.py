"""Conditions: questions about the moment. Each is compiled once and answers yes, no, or says that it cannot know.

A condition that cannot know (an entity without a value, a failing template) is not "no": inside `not` it would become
"yes". It stops the whole question, and the trace says why.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Annotated, Any, Final, Literal, TypeAlias, cast

from pydantic import BaseModel, BeforeValidator, Field, model_validator

from ..clock import local
from ..errors import Place, TemplateError
from ..schema import Strict, did_you_mean, place_in, seconds, time_of_day
from ..source import Map
from ..states import State, States
from .numbers import in_range, is_number, number_of
from .reading import EntityIds, Reading, is_enabled, items_of, without
from .templates import Template, is_template
from .templates.functions import same, to_bool
from .templates.values import StateView, spelled
from .time_watchers import said_by
from .trigger_models import DAYS, Limit, Span, Weekday, check_limits, clock_entity, one_or_more
from .watching import seen

_HOME_ONLY: Final = frozenset({"sun", "zone", "device"})
_INPUT: Final = re.compile(r"input_(?:select|text|number|boolean|datetime)\.\w+\Z")
_GROUPS: Final = ("and", "or", "not")
Note = Callable[[str, Place, bool | None, str | None], None]  # path, place, answer, why not known


class Unknowable(TemplateError):
    """The question has no answer now."""


Question: TypeAlias = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition at its place. Raises TemplateError when it cannot know."""

    ask: Question
    path: str
    place: Place
    enabled: bool | Template = True

    def is_on(self, names: Mapping[str, Any]) -> bool:
        """Whether it is asked at all. Raises TemplateError."""
        if isinstance(self.enabled, bool):
            return self.enabled
        given = self.enabled.render(names)
        if isinstance(given, bool):
            return given
        raise Unknowable(f"enabled: the template gave {given!r}, which is not true or false.", self.place)


def hold(conditions: Sequence[Condition], names: Mapping[str, Any], note: Note | None = None) -> bool:
    """Whether all of them hold; asked in order, up to the first that does not."""
    for condition in conditions:
        try:
            if condition.enabled is not True and not condition.is_on(names):
                continue
            answer = condition.ask(names)
        except TemplateError as error:
            if note is not None:
                note(condition.path, condition.place, None, error.text)
            raise
        if note is not None:
            note(condition.path, condition.place, answer, None)
        if not answer:
            return False
    return True


# -- what stands in the YAML


class _Common(Strict):
    condition: str = Field(description="The kind of condition.")
    alias: str | None = Field(None, description="What it is called in traces.")
    enabled: bool | str = Field(True, description="False: as if it did not stand here; a template may say it.")


class StateCondition(_Common):
    """An entity is in a state, or one of several."""

    entity_id: EntityIds = Field(description="The entity, or several.")
    state: Any = Field(description="The state, or several of which one is enough.")
    attribute: str | None = Field(None, description="Look at this attribute instead of the state.")
    for_: Span = Field(None, alias="for", description="It has been so for at least this long; a template may say it.")
    match: Literal["all", "any"] = Field("all", description="Whether all entities must be so, or any.")


class NumericStateCondition(_Common):
    """A number is above or below a limit."""

    entity_id: EntityIds = Field(description="The entity, or several; all must be so.")
    above: Limit | None = Field(None, description="The limit, or the entity that holds it.")
    below: Limit | None = Field(None, description="The limit, or the entity that holds it.")
    attribute: str | None = Field(None, description="Look at this attribute instead of the state.")
    value_template: str | None = Field(None, description="A template that makes the number; `state` is the entity.")

    @model_validator(mode="after")
    def _limits(self) -> "NumericStateCondition":
        check_limits(self.above, self.below)
        return self


class TemplateCondition(_Common):
    """A template that gives true or false."""

    value_template: str = Field(description="The template.")


def _bound(value: Any) -> Any:
    text = isinstance(value, str) and "." in value and ":" not in value
    return clock_entity(str(value)) if text else time_of_day(value)


Bound = Annotated[time | str, BeforeValidator(_bound)]
"""A time of day, or the input_datetime or sensor that says it."""


class TimeCondition(_Common):
    """A span of the day, on some days of the week. A span may go past midnight."""

    after: Bound | None = Field(None, description="From this time on; or an input_datetime, or a sensor that says it.")
    before: Bound | None = Field(None, description="Before this time; or an entity that says it.")
    weekday: Annotated[list[Weekday], BeforeValidator(one_or_more)] | None = Field(None, description="On these days.")

    @model_validator(mode="after")
    def _something(self) -> "TimeCondition":
        if self.after is None and self.before is None and self.weekday is None:
            raise ValueError("after, before or weekday is missing. Write at least one of them")
        return self


class TriggerCondition(_Common):
    """It was this trigger that fired."""

    id: Annotated[list[str | int], BeforeValidator(one_or_more)] = Field(description="The trigger's id, or several.")


# -- how they are compiled


def compile_conditions(reading: Reading, tree: Any, place: Place, path: str) -> tuple[Condition, ...]:
    """Read a condition or a list of them; all must hold."""
    items = items_of(tree, place)
    return tuple(_compile(reading, item, at, f"{path}/{index}") for index, (item, at) in enumerate(items))


def is_condition(tree: Any) -> bool:
    """Whether a step of an automation is a condition."""
    return is_template(tree) or (isinstance(tree, Map) and ("condition" in tree or _group_of(tree) is not None))


def _compile(reading: Reading, tree: Any, place: Place, path: str) -> Condition:
    if isinstance(tree, bool):
        return Condition(lambda _: tree, path, place)
    if isinstance(tree, str):
        if not is_template(tree):
            reading.complain(
                place, f"{str(tree)!r} is not a condition. Write a template, or  {{condition: state, ...}}."
            )
            return Condition(_never, path, place)
        return Condition(_template(reading, tree, place), path, place)
    if not isinstance(tree, Map):
        reading.complain(place, "a condition is a mapping or a template. Write  {condition: state, ...}.")
        return Condition(_never, path, place)
    group = _group_of(tree)
    if group is not None:
        return _short_group(reading, tree, group, path)
    word = tree.get("condition", "")
    if is_template(word):  # {condition: "{{ ... }}"}
        for key in without(tree, "condition", "alias", "enabled"):
            reading.complain(tree.key_places.get(key), f"there is no key {str(key)!r} beside a template. Remove it.")
        ask = _template(reading, word, tree.value_places.get("condition", tree.place))
        return Condition(ask, path, tree.place, _enabled(reading, tree))
    word = str(word)
    if word in _GROUPS:
        known = ("condition", "conditions", "alias", "enabled")
        for key in tree:
            if key not in known:
                reading.complain(
                    tree.key_places.get(key),
                    f"there is no key {str(key)!r} here.{did_you_mean(str(key), known) or ' Remove it.'}",
                )
        inner = compile_conditions(reading, tree.get("conditions"), tree.place, f"{path}/conditions")
        return Condition(_GROUP[word](inner), path, tree.place, _enabled(reading, tree))
    kind = _KINDS.get(word)
    if kind is None:
        _no_such(reading, tree, word)
        return Condition(_never, path, tree.place)
    model = reading.model(kind[0], tree, f"condition {word}")
    if model is None:
        return Condition(_never, path, tree.place)
    if kind[0] in (StateCondition, NumericStateCondition):
        reading.note_entities(tree)
    for key in ("above", "below", "after", "before"):
        if isinstance(tree.get(key), str) and "." in tree[key] and ":" not in tree[key] and not is_number(tree[key]):
            reading.note_entities(tree, key)
    return Condition(kind[1](reading, model, tree), path, tree.place, _enabled(reading, tree))


def _enabled(reading: Reading, tree: Map) -> bool | Template:
    given = tree.get("enabled", True)
    if is_template(given):
        return reading.template(given, tree.value_places.get("enabled")) or True
    return is_enabled(reading, tree)


def _no_such(reading: Reading, tree: Map, word: str) -> None:
    place = tree.value_places.get("condition", tree.place)
    if not word:
        reading.complain(place, "the key 'condition' is missing: what is asked? Write  condition: state.")
    elif word in _HOME_ONLY:
        reading.complain(place, f"the condition {word!r} belongs to a home; a hall has no such thing. Remove it.")
    else:
        known = [*_KINDS, *_GROUPS]
        hint = did_you_mean(word, known) or f" There are: {', '.join(known)}."
        reading.complain(place, f"no such condition {word!r}.{hint}")


def _group_of(tree: Map) -> str | None:
    """`and:`, `or:` or `not:` as a key of its own."""
    if "condition" in tree:
        return None
    return next((word for word in _GROUPS if word in tree), None)


def _short_group(reading: Reading, tree: Map, word: str, path: str) -> Condition:
    for key in without(tree, word, "alias", "enabled"):
        reading.complain(tree.key_places.get(key), f"there is no key {str(key)!r} beside {word!r}. Remove it.")
    inner = compile_conditions(reading, tree[word], tree.value_places.get(word, tree.place), f"{path}/{word}")
    return Condition(_GROUP[word](inner), path, tree.place, _enabled(reading, tree))


# -- how they answer


def _never(_: Mapping[str, Any]) -> bool:
    return False


def _and(inner: Sequence[Condition]) -> Question:
    def ask(names: Mapping[str, Any]) -> bool:
        unknown: TemplateError | None = None
        for one in inner:
            try:
                if one.is_on(names) and not one.ask(names):
                    return False
            except TemplateError as error:
                unknown = unknown or error
        if unknown is not None:
            raise unknown
        return True

    return ask


def _or(inner: Sequence[Condition]) -> Question:
    def ask(names: Mapping[str, Any]) -> bool:
        unknown: TemplateError | None = None
        for one in inner:
            try:
                if one.is_on(names) and one.ask(names):
                    return True
            except TemplateError as error:
                unknown = unknown or error
        if unknown is not None:
            raise unknown
        return False

    return ask


def _not(inner: Sequence[Condition]) -> Question:
    either = _or(inner)
    return lambda names: not either(names)


def _state(reading: Reading, model: StateCondition, tree: Map) -> Question:
    states, clock, place = reading.templates.states, reading.templates.clock, tree.place
    wanted: list[Any] = one_or_more(model.state)
    span = None if model.for_ is None else reading.value(tree["for"], tree.value_places.get("for"))

    def one(entity_id: str, least: float | None) -> bool:
        state = seen(states, entity_id)
        if state is None:
            raise Unknowable(f"there is no entity {entity_id}.", place)
        if model.attribute is not None and model.attribute not in state.attributes:
            raise Unknowable(f"{entity_id} has no attribute {model.attribute!r}.", place)
        value = state.attributes[model.attribute] if model.attribute is not None else (
            state.value if state.available and state.value is not None else spelled(state))  # fmt: skip
        if not any(same(value, _meant(states, each, place)) for each in wanted):
            return False
        return least is None or clock.now() - state.changed_at >= least

    def ask(names: Mapping[str, Any]) -> bool:
        least = None if span is None else _seconds(span.render(names), place)
        if model.match == "any":
            return _any_of(lambda entity_id: one(entity_id, least), model.entity_id)
        return all(one(entity_id, least) for entity_id in model.entity_id)

    return ask


def _any_of(holds: Callable[[str], bool], entity_ids: Sequence[str]) -> bool:
    """Whether it holds of one of them; one that cannot be known stops the question only if none of the others holds."""
    unknown: Unknowable | None = None
    for entity_id in entity_ids:
        try:
            if holds(entity_id):
                return True
        except Unknowable as error:
            unknown = unknown or error
    if unknown is not None:
        raise unknown
    return False


def _meant(states: States, wanted: Any, place: Place) -> Any:
    """A state as it is written; of an `input_...` entity, as in Home Assistant, what that one is."""
    if not isinstance(wanted, str) or not _INPUT.match(wanted):
        return wanted
    state = seen(states, wanted)
    if state is None:
        raise Unknowable(f"there is no entity {wanted}.", place)
    return spelled(state)


def _seconds(value: Any, place: Place) -> float:
    try:
        return seconds(value)
    except (ValueError, TypeError) as error:
        raise Unknowable(f"for: {value!r} is not a duration.", place) from error


def _numeric(reading: Reading, model: NumericStateCondition, tree: Map) -> Question:
    states, place = reading.templates.states, tree.place
    template = None
    if model.value_template is not None:
        template = reading.template(tree["value_template"], tree.value_places.get("value_template"))

    def get(entity_id: str) -> State | None:
        return seen(states, entity_id)

    def ask(names: Mapping[str, Any]) -> bool:
        for entity_id in model.entity_id:
            state = get(entity_id)
            value: float | None
            if template is not None:
                shown = None if state is None else StateView(state)
                value = number_from(template.render({**names, "state": shown}, states.untold()), template)
            else:
                value = number_of(state, model.attribute)
            if value is None:
                what = f"{entity_id}'s {model.attribute}" if model.attribute else entity_id
                raise Unknowable(
                    f"{what} is no number: {spelled(state)!r}." if state else f"there is no entity {entity_id}.", place
                )
            inside = in_range(value, model.above, model.below, get)
            if inside is None:
                raise Unknowable(f"a limit ({model.above}, {model.below}) is no number now.", place)
            if not inside:
                return False
        return True

    return ask


def number_from(value: Any, template: Template) -> float:
    """What a template gave, as a number."""
    try:
        return float(value)
    except (ValueError, TypeError) as error:
        raise Unknowable(f"the template gave {value!r}, which is no number.", template.place) from error


def _template_of(reading: Reading, _: TemplateCondition, tree: Map) -> Question:
    return _template(reading, tree["value_template"], tree.value_places.get("value_template", tree.place))


def _template(reading: Reading, text: Any, place: Place) -> Question:
    if not is_template(text):
        reading.complain(place, f"{str(text)!r} is not a template: it would always be the same. Write {{{{ ... }}}}.")
        return _never
    template = reading.template(text, place_in(text) or place)
    if template is None:
        return _never
    states = reading.templates.states
    return lambda names: truth(template.render(names, states.untold()))


def truth(value: Any) -> bool:
    """What a condition's template gave, as yes or no: as Home Assistant takes it, anything unclear is no."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return value != 0
    return bool(to_bool(value, False)) if isinstance(value, str) else False


def _time(reading: Reading, model: TimeCondition, tree: Map) -> Question:
    templates, place = reading.templates, tree.place

    def bound(given: time | str) -> time:
        if isinstance(given, time):
            return given
        said = said_by(seen(templates.states, given), templates.clock)
        if said is None:
            raise Unknowable(f"{given} says no time now.", place)
        return said.astimezone(templates.clock.zone).time() if isinstance(said, datetime) else said

    def ask(names: Mapping[str, Any]) -> bool:
        now = local(templates.clock)
        if model.weekday is not None and DAYS[now.weekday()] not in model.weekday:
            return False
        at = now.time()
        after = None if model.after is None else bound(model.after)
        before = None if model.before is None else bound(model.before)
        if after is not None and before is not None and after >= before:  # past midnight; the same twice is always
            return at >= after or at < before
        return (after is None or at >= after) and (before is None or at < before)

    return ask


def _trigger(_: Reading, model: TriggerCondition, __: Map) -> Question:
    ids = frozenset(map(str, model.id))
    return lambda names: str(cast("Mapping[str, Any]", names.get("trigger") or {}).get("id")) in ids


_GROUP: Final[Mapping[str, Callable[[Sequence[Condition]], Question]]] = {"and": _and, "or": _or, "not": _not}
_KINDS: Final[Mapping[str, tuple[type[BaseModel], Callable[..., Question]]]] = {
    "state": (StateCondition, _state),
    "numeric_state": (NumericStateCondition, _numeric),
    "template": (TemplateCondition, _template_of),
    "time": (TimeCondition, _time),
    "trigger": (TriggerCondition, _trigger),
}
MODELS: Final[Mapping[str, type[BaseModel]]] = {word: kind[0] for word, kind in _KINDS.items()}
