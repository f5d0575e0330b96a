"""The JSON Schema (draft-07, as yaml-language-server reads it best) of a whole configuration, from its models.

Looser than `usher check` on purpose where an editor cannot know: a file may be included wherever a list or a mapping
stands, a template may stand in an action's data, and a single thing needs no dash.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from .installed import Installed

REF: Final = "#/$defs/"
FILE: Final[JsonSchemaValue] = {
    "type": "string",
    "pattern": r"^[^\s{}]+$",
    "description": "!include of a file or folder",
}
_SPAN: Final[JsonSchemaValue] = {"anyOf": [{"type": "number"}, {"type": "string"}, {"$ref": f"{REF}span"}]}
_TIME: Final[JsonSchemaValue] = {"type": "string", "pattern": r"^\d\d?:\d\d(:\d\d)?$"}
_COMMON: Final = ("id", "alias", "enabled", "variables")
_TRIGGERS: Final = frozenset({"triggers", "wait_for_trigger"})
_CONDITIONS: Final = frozenset({"conditions", "if", "while", "until"})
_STEPS: Final = frozenset({"actions", "then", "else", "sequence", "default", "parallel"})


class _Loose(GenerateJsonSchema):
    """As pydantic's, but a validator that takes more spellings than the type says so."""

    def function_before_schema(self, schema: Any) -> JsonSchemaValue:
        name = str(getattr(schema["function"]["function"], "__name__", "")).lstrip("_")
        if schema.get("json_schema_input_schema") is not None:  # it says itself what it takes
            return self.generate_inner(schema["json_schema_input_schema"])
        inner = self.generate_inner(schema["schema"])
        if name == "duration":
            return dict(_SPAN)
        if name == "time_of_day":
            return dict(_TIME)
        return _loosened(inner)

    def any_schema(self, schema: Any) -> JsonSchemaValue:
        return {}


def _loosened(inner: JsonSchemaValue) -> JsonSchemaValue:
    kind = inner.get("type")
    if "properties" in inner:  # a whole model, whose validator takes another spelling of it
        return inner
    if kind == "array":
        items: JsonSchemaValue = inner.get("items") or {}
        if items.get("type") == "string" and "pattern" not in items:
            items = _loosened(items)
        return {"anyOf": [{**inner, "items": items}, items]} if items else {}
    if kind in ("string", "integer", "number", "boolean"):
        return {k: v for k, v in inner.items() if k not in ("type", "format")} | {
            "type": ["string", "number", "boolean"]
        }
    return {"anyOf": [inner, *_scalars()]}


def _scalars() -> list[JsonSchemaValue]:
    return [{"type": ["string", "number", "boolean"]}]


def json_schema(found: Installed, translate: Callable[[str], str] = lambda text: text) -> dict[str, Any]:
    """The schema of `configuration.yaml`. `translate` is given every description."""
    made = _Schema(found)
    schema = made.root()
    return cast("dict[str, Any]", _translated(schema, translate))


class _Schema:
    def __init__(self, found: Installed) -> None:
        self.found = found
        self.models = list(dict.fromkeys(self._models()))
        refs, defs = _Loose(by_alias=True, ref_template=REF + "{model}").generate_definitions(
            [(model, "validation", model.__pydantic_core_schema__) for model in map(_built, self.models)]
        )
        self.defs = cast("dict[str, Any]", defs)
        self.refs = {model: refs[(model, "validation")] for model in self.models}

    def _models(self) -> list[type[BaseModel]]:
        found, models = self.found, list[type[BaseModel]]()
        for model, _ in found.keys.values():
            models.append(model)
        models += found.items.values()
        models += [one for by_name in found.platforms.values() for one in by_name.values()]
        models += [*found.triggers.values(), *found.conditions.values(), *found.steps.values()]
        models += [model for model in found.actions.values() if model is not None]
        from ..language.config import AutomationModel

        return [*models, AutomationModel]

    def root(self) -> dict[str, Any]:
        self._language()
        properties: dict[str, Any] = {}
        for key, (model, info) in self.found.keys.items():
            if key in self.found.items:
                properties[key] = self._devices(key, str(info.description or ""))
            elif key in ("automation", "script"):
                properties[key] = {"$ref": f"{REF}{key}s", "description": str(info.description or "")}
            elif info is None:
                properties[key] = {**self.refs[model], "description": (model.__doc__ or "").strip()}
            else:
                properties[key] = self._own(model)["properties"][info.alias or key]
        return {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": "usher",
            "type": "object",
            "properties": {key: _or_file(value) for key, value in sorted(properties.items())},
            "patternProperties": {r"^\w+ .+$": {}},  # automation lobby:
            "additionalProperties": False,
            "$defs": {name: _included(one) for name, one in sorted(self.defs.items())},
        }

    def _own(self, model: type[BaseModel]) -> dict[str, Any]:
        """A model's own definition."""
        made: dict[str, Any] = self.defs[str(self.refs[model]["$ref"]).removeprefix(REF)]
        return made

    def _devices(self, kind: str, description: str) -> dict[str, Any]:
        platforms = self.found.platforms.get(kind, {})
        item = {
            "type": "object",
            "required": ["platform", "id"],
            "properties": {"platform": {"enum": sorted(platforms), "description": "Who serves it."}},
            "allOf": [_if({"platform": {"const": name}}, ["platform"], self.refs[model])
                      for name, model in sorted(platforms.items())],
        }  # fmt: skip
        self.defs[f"{kind} item"] = item
        one = {"$ref": f"{REF}{kind} item"}
        return {"anyOf": [{"type": "array", "items": one}, one, {"type": "null"}], "description": description}

    # -- the language

    def _language(self) -> None:
        defs = self.defs
        defs["span"] = {
            "type": "object", "additionalProperties": False,
            "properties": {u: {"type": ["number", "string"]} for u in ("days", "hours", "minutes", "seconds", "milliseconds")},
        }  # fmt: skip
        defs["trigger"] = self._kinds("trigger", self.found.triggers, ("trigger", "platform"))
        defs["triggers"] = _many(f"{REF}trigger")
        groups = self._kinds("condition", self.found.conditions, ("condition",))
        defs["condition"] = {"anyOf": [{"type": "string"}, groups]}
        groups["properties"] |= {word: {"$ref": f"{REF}conditions"} for word in ("and", "or", "not")}
        defs["conditions"] = _many(f"{REF}condition")
        defs["step"] = {"anyOf": [{"type": "string"}, {"type": "object", "allOf": self._steps(), "anyOf": [
            {"required": [word]} for word in (*self.found.steps, "condition", "and", "or", "not", "service")]}]}  # fmt: skip
        defs["steps"] = _many(f"{REF}step")
        defs["choice"] = {"type": "object", "additionalProperties": False, "required": ["sequence"], "properties": {
            "alias": {"type": "string"}, "conditions": {"$ref": f"{REF}conditions"}, "sequence": {"$ref": f"{REF}steps"}}}  # fmt: skip
        self._automations()

    def _kinds(self, word: str, models: Mapping[str, type[BaseModel]], keys: tuple[str, ...]) -> dict[str, Any]:
        """A mapping whose `trigger:` or `condition:` says which model it has."""
        common: dict[str, Any] = {key: {} for key in (*keys, *_COMMON)}
        cases: list[Any] = []
        for name, model in sorted(models.items()):
            own = self._own(model)
            body = {**own, "properties": _inner({**common, **own.get("properties", {})})}
            self.defs[f"{word} {name}"] = body
            cases += [_if({key: {"const": name}}, [key], {"$ref": f"{REF}{word} {name}"}) for key in keys]
        listed = {"enum": sorted(models), "description": f"The kind of {word}."}
        return {
            "type": "object",
            "properties": {key: {"anyOf": [listed, {"type": "string"}]} for key in keys},
            "allOf": cases,
        }

    def _steps(self) -> list[Any]:
        cases: list[Any] = []
        for word, model in self.found.steps.items():
            own = self._own(model)
            properties = _inner(dict(own.get("properties", {})))
            if word == "choose":
                properties["choose"] = _many(f"{REF}choice")
            if word == "repeat":
                properties["repeat"] = self._repeat(properties["repeat"])
            if word == "action":
                properties["action"] = {"anyOf": [{"enum": sorted(self.found.actions)}, {"type": "string"}],
                                        "description": str(own["properties"]["action"].get("description", ""))}  # fmt: skip
                properties["data"] = {"type": ["object", "string", "null"], "description": "The data of the action."}
                cases += self._data()
            self.defs[f"step {word}"] = {**own, "properties": properties}
            cases.append(_if({}, [word], {"$ref": f"{REF}step {word}"}))
        return cases

    def _repeat(self, field: Any) -> dict[str, Any]:
        keys = {"count": {}, "for_each": {}, "while": {"$ref": f"{REF}conditions"}, "until": {"$ref": f"{REF}conditions"},
                "sequence": {"$ref": f"{REF}steps"}}  # fmt: skip
        return {"type": "object", "properties": keys, "required": ["sequence"], "additionalProperties": False,
                "description": str(field.get("description", ""))}  # fmt: skip

    def _data(self) -> list[Any]:
        """What each action's data may hold; a template may stand for any value."""
        cases: list[Any] = []
        for name, model in sorted(self.found.actions.items()):
            if model is None:
                continue
            own = self._own(model)
            if own.get("type") != "object":
                continue
            fields = {key: {"anyOf": [{k: v for k, v in value.items() if k != "description"}, {"type": "string"}],
                            "description": value.get("description", "")}
                      for key, value in own.get("properties", {}).items()}  # fmt: skip
            fields["entity_id"] = fields.get("entity_id", {})
            closed = own.get("additionalProperties", True) is False
            self.defs[f"data {name}"] = {"type": ["object", "string", "null"], "properties": fields,
                                         "additionalProperties": not closed}  # fmt: skip
            cases.append(_if({"action": {"const": name}}, ["action"],
                             {"properties": {"data": {"$ref": f"{REF}data {name}"}}}))  # fmt: skip
        return cases

    def _automations(self) -> None:
        from ..language.config import AutomationModel

        own = self._own(AutomationModel)
        properties = _inner(dict(own["properties"]))
        for old, new in (("trigger", "triggers"), ("condition", "conditions"), ("action", "actions")):
            properties[old] = properties[new]
        properties["use_blueprint"] = {
            "type": "object", "required": ["path"], "additionalProperties": False,
            "description": "A blueprint, and what is given to it.",
            "properties": {"path": {"type": "string"}, "input": {"type": ["object", "string", "null"]}},
        }  # fmt: skip
        either = [{"required": [key]} for key in ("actions", "action", "use_blueprint")]
        self.defs["automation"] = {
            "type": "object",
            "additionalProperties": False,
            "properties": properties,
            "anyOf": either,
        }
        self.defs["automations"] = {"anyOf": [*_many(f"{REF}automation")["anyOf"], {"type": "null"}]}
        self.defs["scripts"] = {"type": ["object", "null"], "additionalProperties": _or_file({"$ref": f"{REF}script"})}
        keys = ("alias", "description", "mode", "max", "max_exceeded", "variables", "trace", "use_blueprint")
        self.defs["script"] = {
            "type": "object",
            "properties": {key: properties[key] for key in keys if key in properties}
            | {"sequence": {"$ref": f"{REF}steps"}, "fields": {"type": "object"}, "icon": {"type": "string"}},
        }


def _built(model: type[BaseModel]) -> type[BaseModel]:
    model.model_rebuild()
    return model


def _if(values: dict[str, Any], required: list[str], then: Any) -> dict[str, Any]:
    return {"if": {"properties": values, "required": required}, "then": then}


def _many(ref: str) -> dict[str, Any]:
    """A list of these (of lists of them), or a single one."""
    one: dict[str, Any] = {"$ref": ref}
    return {
        "anyOf": [{"type": "array", "items": {"anyOf": [one, {"type": "array", "items": one}, {"type": "null"}]}}, one]
    }


def _inner(properties: dict[str, Any]) -> dict[str, Any]:
    """Lists of triggers, conditions and steps within others."""
    for keys, name in ((_TRIGGERS, "triggers"), (_CONDITIONS, "conditions"), (_STEPS, "steps")):
        for key in keys & properties.keys():
            properties[key] = {"$ref": f"{REF}{name}", "description": properties[key].get("description", "")}
    return properties


def _or_file(schema: Any) -> dict[str, Any]:
    """A file may be included here. Home Assistant's editors call that an error."""
    description = schema.get("description")
    made: dict[str, Any] = {"anyOf": [{k: v for k, v in schema.items() if k != "description"}, FILE, {"type": "null"}]}
    return made | ({"description": description} if description else {})


def _included(schema: Any) -> Any:
    """`_or_file` for every list and mapping within a definition."""
    if isinstance(schema, list):
        return [_included(one) for one in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    made: dict[str, Any] = {key: _included(value) for key, value in cast("dict[str, Any]", schema).items()}
    if isinstance(made.get("additionalProperties"), dict) and "$ref" in made["additionalProperties"]:
        made["additionalProperties"] = _or_file(made["additionalProperties"])
    properties = cast("dict[str, Any]", made["properties"]) if isinstance(made.get("properties"), dict) else {}
    for key, value in list(properties.items()):
        one = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        if one.get("type") in ("array", "object") or "$ref" in one:
            properties[key] = _or_file(one)
    return made


def _translated(tree: Any, translate: Callable[[str], str]) -> Any:
    if isinstance(tree, list):
        return [_translated(one, translate) for one in cast("list[Any]", tree)]
    if not isinstance(tree, dict):
        return tree
    return {
        key: translate(value) if key == "description" and isinstance(value, str) else _translated(value, translate)
        for key, value in cast("dict[str, Any]", tree).items()
        if not (key == "title" and isinstance(value, str) and "type" in tree)  # pydantic's, of no use to people
    }
