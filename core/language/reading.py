"""Reading one automation: what every compiler of triggers, conditions and steps shares.

Complaints are collected with their places; what the automation refers to (entities, actions, names in templates) is
noted, so that `usher check` can look it up once everything is known.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar, cast

from pydantic import BaseModel, BeforeValidator

from ..errors import Place, Problem, TemplateError
from ..frozen import frozen
from ..ids import is_entity_id
from ..schema import EntityIdField, Reference, did_you_mean, place_in, read
from ..source import Input, Map, Seq, Text
from .sharing import Shared
from .templates import Template, Templates, is_template

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")


def listed(value: Any) -> Any:
    """`a.b`, `a.b, c.d` (an old spelling) or a list of them."""
    parts: list[Any] = cast("list[Any]", value) if isinstance(value, list) else [value]
    split = [one for part in parts for one in (part.split(",") if isinstance(part, str) else [part])]
    return [one.strip().lower() if isinstance(one, str) else one for one in split]


EntityIds = Annotated[list[EntityIdField], BeforeValidator(listed)]
"""One entity id or a list of them."""


@frozen
class ActionUse:
    """An action named in a step: its place, and the data given with it (None: not known before it runs)."""

    name: str
    place: Place
    data: Map | None
    target: Any = None


@frozen
class EntityUse:
    """An entity named in the YAML, or in a template there."""

    entity_id: str
    place: Place
    template: str | None = None


@dataclass
class Reading:
    """What is read of one automation."""

    templates: Templates
    title: str  # automation "VIP greeting"
    place: Place
    problems: list[Problem] = field(default_factory=list[Problem])
    references: list[Reference] = field(default_factory=list[Reference])
    entities: list[EntityUse] = field(default_factory=list[EntityUse])
    actions: list[ActionUse] = field(default_factory=list[ActionUse])
    used: list[Template] = field(default_factory=list[Template])
    names: set[str] = field(default_factory=set[str])  # variables given somewhere in it
    tree: Map | None = None  # as it stands once its blueprint is filled in, in the newer spelling
    shared: Shared | None = None  # of the blueprint's parts that other automations have too
    inputs: frozenset[str] = frozenset()  # of its blueprint
    unsure: bool = False  # a part that may name variables could not be read
    open: bool = False  # a script: who calls it may give variables that are declared nowhere

    def once(self, tree: Any, path: str, make: Callable[[], T]) -> T:
        """What `make` compiles of this tree; taken from another automation of the same blueprint if it is the same."""
        return make() if self.shared is None else self.shared.once(self, tree, path, make)

    def complain(self, place: Place | None, text: str, severity: str = "error") -> None:
        self.problems.append(Problem(place or self.place, f"{self.title}: {text}", severity))

    def model(self, model: type[M], tree: Any, what: str) -> M | None:
        """A part read by its model; complaints name the automation."""
        found: list[Problem] = []
        made = read(model, tree, what, found, self.references)
        for problem in found:
            self.complain(problem.place or place_in(tree), problem.text, problem.severity)
        return made

    def template(self, text: str, place: Place | None = None) -> Template | None:
        """A template, or None when it cannot be compiled, which is told."""
        at = place or place_in(text) or self.place
        try:
            made = self.templates.read(str(text), at)
        except TemplateError as error:
            self.complain(at, error.text)
            return None
        self.used.append(made)
        self.entities += [EntityUse(entity_id, at, made.text) for entity_id in sorted(made.uses.entities)]
        return made

    def value(self, tree: Any, place: Place | None = None) -> "Value":
        """A value that may have templates anywhere in it."""
        if self.shared is None:
            return self._whole(tree, place)
        return self.shared.at(self, tree, place, lambda: self._whole(tree, place))

    def _whole(self, tree: Any, place: Place | None) -> "Value":
        rendered = self._value(tree, place)
        return Value(rendered, has_template(rendered))

    def _value(self, tree: Any, place: Place | None) -> Any:
        if is_template(tree):
            return self.template(tree, place) or ""
        if isinstance(tree, Text):
            return str(tree)
        if isinstance(tree, Input):
            self.complain(tree.place, f"!input {tree.name} stands outside a blueprint. Write the value itself.")
            return None
        if isinstance(tree, Map) and self.shared is not None and id(tree) in self.shared.parts:
            return self.shared.once(self, tree, "value", lambda: self._mapping(tree, place))
        if isinstance(tree, Mapping):
            return self._mapping(cast("Mapping[Any, Any]", tree), place)
        if isinstance(tree, list):
            places_of = tree.item_places if isinstance(tree, Seq) else [place] * len(cast("list[Any]", tree))
            return [self._value(v, p) for v, p in zip(cast("list[Any]", tree), places_of, strict=True)]
        return tree

    def _mapping(self, tree: Mapping[Any, Any], place: Place | None) -> dict[Any, Any]:
        places = tree.value_places if isinstance(tree, Map) else {}
        return {(str(k) if isinstance(k, Text) else k): self._value(v, places.get(k, place)) for k, v in tree.items()}

    def note_entities(self, tree: Map, key: str = "entity_id") -> None:
        """Note the entities under a key, so that they are looked up; what is no id at all is the model's to tell."""
        for one, at in items_of(tree.get(key), tree.value_places.get(key, tree.place)):
            if isinstance(one, str) and not is_template(one):
                ids = [part.strip().lower() for part in one.split(",")]
                self.entities += [EntityUse(entity_id, at) for entity_id in ids if is_entity_id(entity_id)]


@frozen
class Value:
    """A value from the YAML, ready to be rendered."""

    tree: Any
    live: bool  # has a template in it

    def render(self, names: Mapping[str, Any]) -> Any:
        return _render(self.tree, names) if self.live else self.tree

    def render_text(self, names: Mapping[str, Any]) -> Any:
        """As `render`, but what the templates give stays text: `007` and `12` are not numbers here."""
        return _render_text(self.tree, names) if self.live else self.tree


def _render(tree: Any, names: Mapping[str, Any]) -> Any:
    kind = tree.__class__
    if kind is Template:
        return tree.render(names)
    if kind is dict:
        return {k: _render(v, names) for k, v in tree.items()}
    if kind is list:
        return [_render(v, names) for v in tree]
    return tree


def _render_text(tree: Any, names: Mapping[str, Any]) -> Any:
    kind = tree.__class__
    if kind is Template:
        return tree.text_or_data(names)
    if kind is dict:
        return {k: _render_text(v, names) for k, v in tree.items()}
    if kind is list:
        return [_render_text(v, names) for v in tree]
    return tree


def has_template(tree: Any) -> bool:
    """Whether a compiled value has a template anywhere in it."""
    if isinstance(tree, Template):
        return True
    if isinstance(tree, dict):
        return any(map(has_template, cast("dict[Any, Any]", tree).values()))
    return isinstance(tree, list) and any(map(has_template, cast("list[Any]", tree)))


def items_of(tree: Any, place: Place) -> list[tuple[Any, Place]]:
    """A list's items with their places; a single thing is a list of one, nothing is an empty one, lists are flattened."""
    if tree is None:
        return []
    if not isinstance(tree, list):
        return [(tree, place_in(tree) or place)]
    places = tree.item_places if isinstance(tree, Seq) else [place] * len(cast("list[Any]", tree))
    found: list[tuple[Any, Place]] = []
    for item, at in zip(cast("list[Any]", tree), places, strict=True):
        found += items_of(item, at) if isinstance(item, list) else [(item, at)]
    return found


def pick(tree: Map, *names: str) -> tuple[Any, Place] | None:
    """The value and place of the first of these keys that is there."""
    for name in names:
        if name in tree:
            return tree[name], tree.value_places.get(name, tree.place)
    return None


def without(tree: Map, *names: str) -> Map:
    """The same mapping without these keys, places kept."""
    made = Map(tree.place)
    for key, value in tree.items():
        if key not in names:
            made.put(key, value, tree.key_places.get(key, tree.place), tree.value_places.get(key, tree.place))
    return made


def renamed(tree: Map, old: str, new: str) -> Map:
    """The same mapping with a key under its newer spelling."""
    if old not in tree or new in tree:
        return tree
    made = Map(tree.place)
    for key, value in tree.items():
        made.put(new if key == old else key, value, tree.key_places.get(key, tree.place),
                 tree.value_places.get(key, tree.place))  # fmt: skip
    return made


def only(reading: Reading, tree: Map, known: Iterable[str], what: str) -> None:
    """Complain of keys that nobody reads."""
    listed = list(known)
    for key in tree:
        if key not in listed:
            reading.complain(tree.key_places.get(key),
                             f"there is no key {str(key)!r} in {what}.{did_you_mean(str(key), listed) or ' Remove it.'}")  # fmt: skip


def is_enabled(reading: Reading, tree: Map) -> bool:
    """The key `enabled`."""
    given = tree.get("enabled", True)
    if isinstance(given, bool):
        return given
    reading.complain(tree.value_places.get("enabled"), f"enabled: {given!r} is not true or false. Write one of them.")
    return True
