"""`script:` in the YAML: its model, its fields, and the actions it makes, known before anything runs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, cast

from pydantic import BaseModel, ConfigDict, Field, create_model

from ..errors import Place, Problem
from ..ids import is_name
from ..schema import Strict, Target, WordsField, did_you_mean, place_in, read
from ..source import Map
from .config import Identity, Moded, StoredTraces
from .reading import EntityUse
from .selectors import Selector, compile_selector
from .templates import is_template

Complain = Callable[[Place | None, str, str], None]


class ScriptModel(Moded):
    """One script; its lists are read by their own models."""

    alias: str | None = Field(None, max_length=200, description="What people call it.")
    description: str = Field("", description="What it is for.")
    icon: str | None = Field(None, description="A sign for it.")
    fields: dict[str, Any] | None = Field(None, description="What it may be given when it is called, by name.")
    variables: dict[str, Any] = Field({}, description="Variables of the whole run; what is given wins.")
    sequence: Any = Field(description="What it does.")
    trace: StoredTraces = Field(
        default_factory=lambda: StoredTraces.model_validate({}),
        description="How many of its runs are kept to be looked at.",
    )


class FieldModel(Strict):
    """One field of a script."""

    name: WordsField | None = Field(None, description="What people call it.")
    description: WordsField | None = Field(None, description="What it is for.")
    required: bool = Field(False, description="Whether it must be given.")
    default: Any = Field(None, description="Its value when it is not given.")
    example: Any = Field(None, description="An example for who reads it.")
    selector: Any = Field(None, description="What may be given; makes the form.")
    advanced: bool = Field(False, description="Whether only those see it who asked for all.")
    filter: Any = Field(None, description="Of Home Assistant's editor; not read.")


class SectionModel(Strict):
    """Several fields under one heading."""

    name: WordsField | None = Field(None, description="The heading.")
    description: WordsField | None = Field(None, description="What they are for.")
    icon: str | None = Field(None, description="A sign for it.")
    collapsed: bool = Field(False, description="Whether it is shown closed at first.")
    fields: Any = Field(description="The fields in it.")


@dataclass(frozen=True, slots=True)
class ScriptField:
    """One field, read."""

    model: FieldModel
    selector: Selector | None

    @property
    def has_default(self) -> bool:
        return "default" in self.model.model_fields_set and self.model.default is not None


def identities(tree: Any) -> Iterator[Identity]:
    """The scripts of `script:` that are mappings with a name that can be one."""
    if not isinstance(tree, Map):
        return
    for name, item in tree.items():
        if is_name(str(name)) and isinstance(item, Map):
            alias = str(item.get("alias") or name)
            yield Identity(item, tree.key_places.get(name, tree.place), f"script.{name}", f"script.{name}", alias,
                           "alias" in item, "script")  # fmt: skip


def read_fields(tree: Any, place: Place, problems: list[Problem]) -> dict[str, ScriptField]:
    """`fields:`, also those in sections."""
    found: dict[str, ScriptField] = {}
    if tree is None:
        return found
    if not isinstance(tree, Map):
        problems.append(Problem(place_in(tree) or place, "fields: write one name a field, with what belongs to it."))
        return found
    for name, given in tree.items():
        at = tree.value_places.get(name, place)
        if isinstance(given, Map) and "fields" in given:
            if read(SectionModel, given, f"fields.{name}", problems) is not None:
                found |= read_fields(given["fields"], at, problems)
            continue
        options = Map(at) if given is None else given
        model = read(FieldModel, options, f"fields.{name}", problems)
        if model is None:  # which is told: who gives it is not at fault too
            found[str(name)] = ScriptField(FieldModel.model_validate({}), None)
        else:
            where = options.value_places.get("selector", at)
            found[str(name)] = ScriptField(model, compile_selector(options.get("selector"), where, problems))
    return found


class ScriptData(BaseModel):
    """What a script may be called with. Home Assistant lets a script be given anything: so does usher, with a warning."""

    model_config = ConfigDict(extra="allow", frozen=True)
    known: ClassVar[Mapping[str, ScriptField]] = {}

    @classmethod
    def look(cls, name: str, data: Map, complain: Complain, uses: list[EntityUse]) -> None:
        """What the model alone does not tell: fields nobody knows, and values that do not fit their selectors."""
        for key, value in data.items():
            field = cls.known.get(str(key))
            if field is None:
                if str(key) != "entity_id":
                    hint = did_you_mean(str(key), cls.known) or " Declare it under fields: of the script."
                    complain(data.key_places.get(key), f"{name}: it has no field {str(key)!r}.{hint}", "warning")
            elif field.selector is not None and not is_template(value) and value is not None:
                _take(field.selector, f"{name}: {key}: ", value, data.value_places[key], complain, uses)

    def given(self) -> dict[str, Any]:
        """The variables that this makes."""
        fields = type(self).model_fields
        made = {fields[name].alias or name: getattr(self, name) for name in self.model_fields_set if name in fields}
        return made | dict(self.model_extra or {})


def _take(selector: Selector, start: str, value: Any, at: Place, complain: Complain, uses: list[EntityUse]) -> None:
    selector.take(value, at, lambda place, text: complain(place, start + text, "error"), uses)


def data_model(name: str, fields: Mapping[str, ScriptField]) -> type[ScriptData]:
    """The model of a script's data."""
    made: dict[str, Any] = {
        "entity_id": (Any, Field(None, description="The things meant, if the script asks for some."))
    }
    for index, (key, field) in enumerate(fields.items()):
        words = field.model.description or field.model.name or ""
        about = words if isinstance(words, str) else next(iter(words.values()), "")
        own = key.isidentifier() and not key.startswith("_") and not hasattr(ScriptData, key)
        default: Any = ... if field.model.required and not field.has_default else None
        made[key if own else f"field_{index}"] = (Any, Field(default, alias=None if own else key, description=about))
    make: Any = create_model
    model = cast("type[ScriptData]", make(f"script.{name}", __base__=ScriptData, **made))
    model.known = fields
    return model


def models(tree: Any) -> dict[str, type[BaseModel] | None]:
    """The actions that scripts are, with the models of their data; None where a blueprint brings the fields."""
    found: dict[str, type[BaseModel] | None] = {}
    for one in identities(tree):
        told: list[Problem] = []
        declared = one.tree.get("fields")
        known = "use_blueprint" not in one.tree and (declared is None or isinstance(declared, Map))
        fields = read_fields(declared, one.place, told) if known else None
        found[one.entity_id] = None if fields is None else data_model(one.entity_id[7:], fields)
    return found


# -- actions for all scripts


class Scripts(Strict):
    """script.turn_off: these scripts."""

    script: Annotated[list[str], Target("script", many=True)] = Field(description="The scripts.")


class RunScripts(Scripts):
    """script.turn_on and toggle: run them, without waiting for their end."""

    variables: dict[str, Any] = Field({}, max_length=100, description="What they are given, as fields.")


ACTIONS: Final[Mapping[str, type[BaseModel]]] = {
    "script.turn_on": RunScripts,
    "script.turn_off": Scripts,
    "script.toggle": RunScripts,
}
NOT_NAMES: Final = frozenset({"turn_on", "turn_off", "toggle", "reload"})
