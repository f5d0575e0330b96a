"""The YAML under `template:`, in Home Assistant's newer form: blocks of sensors and binary sensors, with or without triggers.

It is kept as the tree that was read and compiled here, for `usher check` and for the running hall alike.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, cast

import orjson
from pydantic import BeforeValidator, Field

from ..errors import Place
from ..schema import EntityIdField, Strict, WordsField, seconds
from ..source import Map, plain
from .conditions import Condition, compile_conditions
from .reading import Reading, Value, items_of, only, renamed
from .specs import Book
from .templates import Template, is_template
from .templates.functions import slugify
from .triggers import Trigger, compile_triggers

KINDS: Final = ("sensor", "binary_sensor")
_BLOCK: Final = ("triggers", "conditions", "variables", "unique_id", *KINDS)
_HOME_ONLY: Final = frozenset(
    ("alarm_control_panel", "cover", "fan", "image", "light", "lock", "switch", "vacuum", "weather")
)
_LATER: Final = frozenset({"number", "select", "button"})


class TemplateModel(Strict):
    """What every entity of templates says of itself."""

    name: WordsField | None = Field(None, description="What people call it; its entity is named after it.")
    unique_id: Annotated[str, BeforeValidator(lambda v: str(v) if isinstance(v, int) else v)] | None = Field(
        None, max_length=200, description="Of Home Assistant; names the entity where there is no name."
    )
    default_entity_id: EntityIdField | None = Field(None, description="Its entity id, instead of one after its name.")
    state: Any = Field(description="The template of its state.")
    attributes: dict[str, Any] = Field({}, max_length=200, description="Templates of attributes, by name.")
    availability: Any = Field(None, description="A template: while it is not true, the entity is unavailable.")
    icon: Any = Field(None, description="mdi:account, or a template of it.")
    picture: Any = Field(None, description="A picture as /local/card.svg, or a template of it.")
    device_class: str | None = Field(None, max_length=64, description="What it measures: temperature, problem, door.")


class SensorModel(TemplateModel):
    """A sensor: its state is what the template gives."""

    unit_of_measurement: str | None = Field(None, max_length=40, description="What it counts: then it is a number.")
    state_class: Literal["measurement", "total", "total_increasing"] | None = Field(
        None, description="What kind of number it is."
    )


class BinarySensorModel(TemplateModel):
    """A binary sensor: on or off."""

    delay_on: Any = Field(None, description="It is on when the template was true for so long.")
    delay_off: Any = Field(None, description="It is off when the template was not true for so long.")
    auto_off: Any = Field(None, description="With triggers: so long after it went on it is off again.")


@dataclass(frozen=True, slots=True)
class EntitySpec:
    """One entity, compiled."""

    entity_id: str
    model: TemplateModel
    place: Place
    state: Value
    availability: Value | None
    attributes: Mapping[str, Value]  # with icon and entity_picture
    spans: Mapping[str, Value]  # delay_on, delay_off, auto_off

    @property
    def binary(self) -> bool:
        return isinstance(self.model, BinarySensorModel)

    def values(self) -> Iterator[Value]:
        """All that is rendered when it is looked at."""
        yield self.state
        if self.availability is not None:
            yield self.availability
        yield from self.attributes.values()


@dataclass(frozen=True, slots=True)
class BlockSpec:
    """One block, compiled: entities that share triggers and variables. Without triggers they follow what they read."""

    hash: str
    title: str
    triggers: tuple[Trigger, ...]
    conditions: tuple[Condition, ...]
    variables: Mapping[str, Value]
    entities: tuple[EntitySpec, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """One entity as it stands in the YAML."""

    entity_id: str
    kind: str
    tree: Map


def found_in(tree: Any) -> list[tuple[Map, list[Found]]]:
    """The blocks, each with its entities. Two of the same name are told apart by _2, as in Home Assistant."""
    blocks: list[tuple[Map, list[Found]]] = []
    taken: set[str] = set()
    for block, _ in items_of(tree, Place("configuration", 1, 1)):
        if isinstance(block, Map):
            listed = [
                Found(_entity_id(kind, item, taken), kind, item)
                for kind in KINDS
                for item, _ in items_of(block.get(kind), block.value_places.get(kind, block.place))
                if isinstance(item, Map)
            ]
            blocks.append((block, listed))
    return blocks


def _entity_id(kind: str, item: Map, taken: set[str]) -> str:
    given = item.get("default_entity_id")
    name: Any = item.get("name")
    if isinstance(name, Map):
        name = name.get("en") or next(iter(name.values()), None)
    told = str(given).partition(".")[2] if given is not None else ""
    base = told or slugify(name or "") or slugify(item.get("unique_id") or "") or "template"
    unique, n = f"{kind}.{base}", 2
    while unique in taken:
        unique, n = f"{kind}.{base}_{n}", n + 1
    taken.add(unique)
    return unique


def entity_ids(tree: Any) -> set[str]:
    """All entities that will be registered."""
    return {one.entity_id for _, listed in found_in(tree) for one in listed}


def compile_templates(tree: Any, book: Book) -> Iterator[tuple[Reading, BlockSpec | None]]:
    """Every block, one after the other: what was read of it (with its complaints), and its spec if it can run."""
    for item, place in items_of(tree, Place("configuration", 1, 1)):
        if not isinstance(item, Map):
            reading = Reading(book.templates, "template", place)
            reading.complain(place, "write a mapping: {sensor: [{name: ..., state: ...}]}.")
            yield reading, None
    for index, (block, listed) in enumerate(found_in(tree)):
        named = f"{listed[0].entity_id}" if listed else f"template.{index}"
        reading = Reading(book.templates, named, block.place)
        spec = _block(reading, block, listed, book)
        failed = any(problem.severity == "error" for problem in reading.problems)
        yield reading, None if failed else spec


def _block(reading: Reading, block: Map, listed: list[Found], book: Book) -> BlockSpec:
    for old, new in (("trigger", "triggers"), ("condition", "conditions"), ("action", "actions")):
        block = renamed(block, old, new)

    def at(key: str) -> Place:
        return block.value_places.get(key, block.place)

    _known(reading, block)
    reading.tree = block if "triggers" in block else None
    given = block.get("variables")
    variables: dict[str, Value] = {}
    if isinstance(given, Map):
        reading.names |= {str(name) for name in given}
        variables = {str(name): reading.value(value, given.value_places.get(name)) for name, value in given.items()}
    elif given is not None:
        reading.complain(at("variables"), "variables: write a mapping, {name: value}.")
    triggers = compile_triggers(reading, block.get("triggers"), at("triggers"), book.triggers,
                                lent_later=book.lent_later)  # fmt: skip
    conditions = compile_conditions(reading, block.get("conditions"), at("conditions"), "condition")
    if conditions and not triggers:
        reading.complain(
            at("conditions"), "conditions are asked when a trigger fires, and there is none. Use availability:."
        )
    for kind in KINDS:
        for item, place in items_of(block.get(kind), at(kind)):
            if not isinstance(item, Map):
                reading.complain(place, f"{kind}: write a mapping: {{name: ..., state: ...}}.")
    if not listed:
        reading.complain(block.place, "it has no entities. Write  sensor: [{name: ..., state: ...}].")
    made = [spec for one in listed if (spec := _entity(reading, one, bool(triggers))) is not None]
    title = ", ".join(one.entity_id for one in listed[:3]) + (", ..." if len(listed) > 3 else "")
    return BlockSpec(_hash(block, listed), title, tuple(triggers), conditions, variables, tuple(made))


def _known(reading: Reading, block: Map) -> None:
    rest = Map(block.place)
    for key, value in block.items():
        place = block.key_places.get(key, block.place)
        if key == "actions":
            reading.complain(place, "actions do not stand here. Write an automation that keeps the answer in a helper, "
                             "as input_text, and read that.")  # fmt: skip
        elif key in _HOME_ONLY:
            reading.complain(place, f"{key}: that belongs to a home; a hall has no use for it. Remove it.")
        elif key in _LATER:
            reading.complain(place, f"{key}: there is no template {key} here. Write input_{key}: and an automation.")
        else:
            rest.put(key, value, place, block.value_places.get(key, place))
    only(reading, rest, _BLOCK, "a block of template:")


def _entity(reading: Reading, found: Found, triggered: bool) -> EntitySpec | None:
    tree, kind = found.tree, found.kind

    def at(key: str) -> Place:
        return tree.value_places.get(key, tree.place)

    model = reading.model(BinarySensorModel if kind == "binary_sensor" else SensorModel, tree, "")
    given = tree.get("default_entity_id")
    if given is not None and not str(given).startswith(f"{kind}."):
        reading.complain(
            at("default_entity_id"), f"default_entity_id: {str(given)!r} is no {kind}. Write one as in {kind}.main."
        )
    if is_template(tree.get("name")):
        reading.complain(at("name"), "name: it is named once, so this is no template. Write it as text.")
    if "auto_off" in tree and not triggered:
        reading.complain(at("auto_off"), "auto_off: only with triggers. Remove it: its template says when it is off.")
    one = {
        key: reading.value(tree[key], at(key)) for key in ("state", "availability", "icon", "picture") if key in tree
    }
    shown = tree.get("attributes")
    attributes = {
        str(name): reading.value(value, shown.value_places.get(name)) for name, value in shown.items()
    } if isinstance(shown, Map) else {}  # fmt: skip
    attributes |= {key: one[word] for word, key in (("icon", "icon"), ("picture", "entity_picture")) if word in one}
    spans = {key: reading.value(tree[key], at(key)) for key in ("delay_on", "delay_off", "auto_off") if key in tree}
    for key, value in spans.items():
        _span(reading, key, value, at(key))
    if model is None or "state" not in one:
        return None
    return EntitySpec(found.entity_id, model, tree.place, one["state"], one.get("availability"), attributes, spans)


def _span(reading: Reading, key: str, value: Value, place: Place) -> None:
    if value.live:
        return
    try:
        seconds(value.tree)
    except (ValueError, TypeError):
        reading.complain(place, f'{key}: {value.tree!r} is not a duration. Write "00:30", 1800 or {{minutes: 30}}.')


def templates_in(tree: Any) -> Iterator[Template]:
    """Every template in a compiled value."""
    if isinstance(tree, Template):
        yield tree
    elif isinstance(tree, dict):
        for value in cast("dict[Any, Any]", tree).values():
            yield from templates_in(value)
    elif isinstance(tree, list):
        for value in cast("list[Any]", tree):
            yield from templates_in(value)


def _hash(block: Map, listed: list[Found]) -> str:
    """Of all that it is: an unchanged one is left alone by a reload."""
    whole = [plain(block), [one.entity_id for one in listed]]
    written = orjson.dumps(whole, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
    return hashlib.sha256(written).hexdigest()[:16]
