"""Triggers: what makes an automation run, read from the YAML.

A kind is a word, a model and a function that begins to watch. Those of `trigger_models.py` are everybody's; others
(`ticket`, `mqtt`) are lent by the rooms they belong to and are looked for when they are needed.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import partial
from typing import Any, Final

import orjson
from pydantic import BaseModel

from ..errors import Place, TemplateError
from ..frozen import frozen
from ..schema import did_you_mean
from ..source import Map, plain
from .numbers import is_number
from .reading import Reading, Value, is_enabled, items_of, pick, without
from .relaxed import relaxed
from .templates import Template, is_template
from .trigger_models import MODELS, EventTrigger, NumericStateTrigger, StateTrigger, TimeTrigger, one_or_more

_COMMON: Final = ("trigger", "platform", "id", "alias", "enabled", "variables")
_HOME_ONLY: Final = frozenset({"sun", "zone", "geo_location", "device", "conversation"})
_LIVE: Final = frozenset({"value_template", "for"})  # rendered when something happens, not when it begins to watch
_BROUGHT_BY: Final[Mapping[str, str]] = {  # triggers of integrations that may not be there
    "mqtt": "mqtt", "serial": "serial", "face": "face", "webhook": "http",
}  # fmt: skip


@frozen
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
    switch: Value | None = None  # `enabled` as a template
    early: Mapping[str, Value] = field(default_factory=dict[str, Value])  # what is rendered when it begins to watch
    model: BaseModel | None = None  # what its kind is given, if that is known before

    @property
    def hash(self) -> str:
        """Of all that it is: a wait of before a restart goes on only with the very trigger that began it."""
        written = orjson.dumps([self.word, plain(self.tree)], option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS,
                               default=str)  # fmt: skip
        return hashlib.sha256(written).hexdigest()[:16]

    def data(self) -> dict[str, Any]:
        """What every trigger says of itself in `trigger`."""
        return {"id": self.id, "idx": str(self.index), "alias": self.alias, "platform": self.word}

    def is_on(self, names: Mapping[str, Any]) -> bool:
        """Whether it is to watch at all. Raises TemplateError."""
        if self.switch is None:
            return self.enabled
        given = self.switch.render(names)
        if isinstance(given, bool):
            return given
        raise TemplateError(f"enabled: the template gave {given!r}, which is not true or false.", self.place)

    def ready(self, names: Mapping[str, Any]) -> Map:
        """Its tree with the templates filled in that are rendered before it watches. Raises TemplateError."""
        if not self.early:
            return self.tree
        made = Map(self.tree.place)
        for key, value in self.tree.items():
            made.put(key, self.early[key].render(names) if key in self.early else value,
                     self.tree.key_places.get(key, self.tree.place), self.tree.value_places.get(key, self.tree.place))  # fmt: skip
        return made


def compile_triggers(reading: Reading, tree: Any, place: Place, models: Mapping[str, type[BaseModel]],
                     *, lent_later: bool = False) -> list[Trigger]:  # fmt: skip
    """Read a list of triggers. With `lent_later`, a word not known yet may be lent when the automation is set up."""
    found: list[Trigger] = []
    for index, (item, at) in enumerate(_flat(tree, place)):
        if not isinstance(item, Map):
            reading.complain(at, "a trigger is a mapping. Write  {trigger: event, event_type: ticket_called}.")
            continue
        trigger = reading.once(item, f"trigger/{index}", partial(_compile, reading, item, index, models, lent_later))
        if trigger is not None:
            found.append(trigger)
    return found


def _flat(tree: Any, place: Place) -> Iterator[tuple[Any, Place]]:
    """Every trigger: lists in lists, and `{triggers: [...]}` among them, are one list."""
    for item, at in items_of(tree, place):
        if isinstance(item, Map) and set(item) == {"triggers"}:
            yield from _flat(item["triggers"], item.value_places.get("triggers", at))
        else:
            yield item, at


def _compile(
    reading: Reading, tree: Map, index: int, models: Mapping[str, type[BaseModel]], lent_later: bool
) -> Trigger | None:
    named = pick(tree, "trigger", "platform")
    if named is None:
        reading.complain(tree.place, "the key 'trigger' is missing: what is to be watched? Write  trigger: event.")
        return None
    word, own = str(named[0]), without(tree, *_COMMON)
    early = _early(reading, own)
    model = None
    if word in models:
        model = _check(reading, word, own, models[word], early)
    elif word in _HOME_ONLY:
        reading.complain(named[1], f"the trigger {word!r} belongs to a home; a hall has no such thing. Remove it.")
        return None
    elif not lent_later:
        reading.complain(named[1], _no_such(word, sorted(models)))
        return None
    variables = pick(tree, "variables")
    if variables is not None and isinstance(variables[0], Map):
        reading.names |= set(map(str, variables[0]))
    given = tree.get("enabled", True)
    switch = reading.value(given, tree.value_places.get("enabled")) if is_template(given) else None
    return Trigger(
        word, index, str(tree.get("id", index)), tree.get("alias"),
        True if switch is not None else is_enabled(reading, tree),
        reading.value(variables[0], variables[1]) if variables else None, own, tree.place, switch, early, model,
    )  # fmt: skip


def _no_such(word: str, known: list[str]) -> str:
    brought = _BROUGHT_BY.get(word)
    if brought is not None:
        return f"the trigger {word!r} comes with the integration {brought!r}, which is not in this configuration. Set it up, or remove the trigger."
    return f"no such trigger {word!r}." + (did_you_mean(word, known) or f" There are: {', '.join(known)}.")


def _early(reading: Reading, own: Map) -> dict[str, Value]:
    """What has a template in it that is rendered before the trigger watches: once, so it may not look at states."""
    found: dict[str, Value] = {}
    for key, value in own.items():
        place = own.value_places.get(key, own.place)
        if key in _LIVE:
            reading.value(value, place)  # its faults are told now
            continue
        made = reading.value(value, place) if templated(value) else None
        if made is None or not made.live:
            continue
        found[key] = made
        for template in _templates(made.tree):
            if template.uses.entities or template.uses.everything:
                reading.complain(template.place, f"{key}: this template is rendered once, when the automation is turned "
                                 "on, so it may not look at states. Write a template trigger, or a condition.")  # fmt: skip
    return found


def templated(tree: Any) -> bool:
    """Whether a tree has a template anywhere in it."""
    if isinstance(tree, Mapping):
        return any(map(templated, tree.values()))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    if isinstance(tree, list):
        return any(map(templated, tree))  # pyright: ignore[reportUnknownArgumentType]
    return is_template(tree)


def _templates(tree: Any) -> Iterator[Template]:
    if isinstance(tree, Template):
        yield tree
    elif isinstance(tree, Mapping):
        for value in tree.values():  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            yield from _templates(value)
    elif isinstance(tree, list):
        for value in tree:  # pyright: ignore[reportUnknownVariableType]
            yield from _templates(value)


def _check(
    reading: Reading, word: str, own: Map, model: type[BaseModel], early: Mapping[str, Value]
) -> BaseModel | None:
    """What can be known of it now: does it fit its model, and which entities does it name? The model, if it is whole."""
    made = reading.model(relaxed(model, frozenset(early)) if early else model, own, f"trigger {word}")
    whole = None if early else made
    if MODELS.get(word) is not model:
        return whole
    template = own.get("value_template")
    if template is not None and isinstance(template, str) and not is_template(template):
        reading.complain(own.value_places.get("value_template"),
                         f"{str(template)!r} is not a template: it would always be the same. Write {{{{ ... }}}}.")  # fmt: skip
    for key in ("entity_id", "above", "below"):
        if key in own and (key == "entity_id" or ("." in str(own[key]) and not is_number(own[key]))):
            reading.note_entities(own, key)
    if word == "time":
        _note_clocks(reading, own)
    return whole


def _note_clocks(reading: Reading, own: Map) -> None:
    """The entities among the times of a time trigger."""
    for one, at in items_of(own.get("at"), own.value_places.get("at", own.place)):
        if isinstance(one, Map):
            reading.note_entities(one)
        elif isinstance(one, str) and "." in one and ":" not in one:
            single = Map(at)
            single.put("entity_id", one, at, at)
            reading.note_entities(single)


__all__ = [
    "MODELS", "EventTrigger", "NumericStateTrigger", "StateTrigger", "TimeTrigger", "Trigger", "compile_triggers",
    "one_or_more",
]  # fmt: skip
