"""Triggers: what makes an automation run, as it stands in the YAML.

A kind is a word, a model and a function that begins to watch (`watchers.py`). Those here are everybody's; others
(`ticket`, `mqtt`) are lent by the rooms they belong to and are looked for when they are needed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, cast

from pydantic import BaseModel, BeforeValidator, Field, model_validator

from ..errors import Place
from ..schema import Duration, Strict, TimeOfDay, did_you_mean
from ..source import Map
from .numbers import is_number
from .reading import EntityIds, Reading, Value, is_enabled, items_of, pick, without

_COMMON: Final = ("trigger", "platform", "id", "alias", "enabled", "variables")
_HOME_ONLY: Final = frozenset({"sun", "zone", "geo_location", "device", "conversation"})


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger of an automation as it stands in the YAML. `tree` is what its kind reads."""

    word: str
    index: int
    id: str
    alias: str | None
    enabled: bool
    variables: Value | None
    tree: Map
    place: Place

    def data(self) -> dict[str, Any]:
        """What every trigger says of itself in `trigger`."""
        return {"id": self.id, "idx": str(self.index), "alias": self.alias, "platform": self.word}


# -- what stands in the YAML


def one_or_more(value: Any) -> Any:
    """A list as it is, a single thing as a list of one."""
    return cast("list[Any]", value) if isinstance(value, list) else [value]


class EventTrigger(Strict):
    """An event of the hall, whose data holds what is asked for."""

    event_type: Annotated[list[str], BeforeValidator(one_or_more)] = Field(description="The event, or several.")
    event_data: dict[str, Any] = Field({}, description="What its data must hold; parts of it are enough.")


class StateTrigger(Strict):
    """An entity changes its state, or an attribute of it."""

    entity_id: EntityIds = Field(description="The entity, or several.")
    from_: Any = Field(None, alias="from", description="The state before, or several.")
    to: Any = Field(None, description="The state after, or several. Empty: any, but not attributes alone.")
    not_from: Any = Field(None, description="Not when this was the state before.")
    not_to: Any = Field(None, description="Not when this is the state after.")
    attribute: str | None = Field(None, description="Look at this attribute instead of the state.")
    for_: Duration | None = Field(None, alias="for", description="Only when it stays so for this long.")

    @model_validator(mode="after")
    def _one_way(self) -> "StateTrigger":
        for name, other in (("from", "not_from"), ("to", "not_to")):
            field = "from_" if name == "from" else name
            if {field, other} <= self.model_fields_set:
                raise ValueError(f"{name} and {other} exclude each other. Keep one of them")
        return self


class NumericStateTrigger(Strict):
    """A number comes above or below a limit."""

    entity_id: EntityIds = Field(description="The entity, or several.")
    above: float | str | None = Field(None, description="The limit, or the entity that holds it.")
    below: float | str | None = Field(None, description="The limit, or the entity that holds it.")
    attribute: str | None = Field(None, description="Look at this attribute instead of the state.")
    for_: Duration | None = Field(None, alias="for", description="Only when it stays so for this long.")

    @model_validator(mode="after")
    def _a_limit(self) -> "NumericStateTrigger":
        if self.above is None and self.below is None:
            raise ValueError("above or below is missing. Write at least one of them")
        return self


class TimeTrigger(Strict):
    """A time of day, in the hall's time zone."""

    at: Annotated[list[TimeOfDay], BeforeValidator(one_or_more)] = Field(description="The time, or several.")


MODELS: Final[Mapping[str, type[BaseModel]]] = {
    "event": EventTrigger,
    "state": StateTrigger,
    "numeric_state": NumericStateTrigger,
    "time": TimeTrigger,
}


def compile_triggers(reading: Reading, tree: Any, place: Place, models: Mapping[str, type[BaseModel]],
                     *, lent_later: bool = False) -> list[Trigger]:  # fmt: skip
    """Read a list of triggers. With `lent_later`, a word not known yet may be lent when the automation is set up."""
    found: list[Trigger] = []
    for index, (item, at) in enumerate(items_of(tree, place)):
        if not isinstance(item, Map):
            reading.complain(at, "a trigger is a mapping, as in  {trigger: event, event_type: ticket_called}.")
            continue
        trigger = _compile(reading, item, index, models, lent_later)
        if trigger is not None:
            found.append(trigger)
    return found


def _compile(
    reading: Reading, tree: Map, index: int, models: Mapping[str, type[BaseModel]], lent_later: bool
) -> Trigger | None:
    named = pick(tree, "trigger", "platform")
    if named is None:
        reading.complain(tree.place, "the key 'trigger' is missing: what is to be watched? Write  trigger: event.")
        return None
    word, own = str(named[0]), without(tree, *_COMMON)
    if word in models:
        reading.model(models[word], own, f"trigger {word}")
        if word in MODELS:
            for key in ("entity_id", "above", "below"):
                if key in own and (key == "entity_id" or ("." in str(own[key]) and not is_number(own[key]))):
                    reading.note_entities(own, key)
    elif word in _HOME_ONLY:
        reading.complain(named[1], f"the trigger {word!r} belongs to a home; a hall has no such thing.")
        return None
    elif not lent_later:
        known = sorted(models)
        hint = did_you_mean(word, known) or f" There are: {', '.join(known)}."
        reading.complain(named[1], f"no such trigger {word!r}.{hint}")
        return None
    variables = pick(tree, "variables")
    if variables is not None and isinstance(variables[0], Map):
        reading.names |= set(map(str, variables[0]))
    return Trigger(
        word, index, str(tree.get("id", index)), tree.get("alias"), is_enabled(reading, tree),
        reading.value(variables[0], variables[1]) if variables else None, own, tree.place,
    )  # fmt: skip
