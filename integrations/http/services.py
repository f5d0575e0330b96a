"""Actions as Home Assistant's services: names, fields and selectors, derived from the actions' own data models."""

from collections.abc import Mapping
from typing import Any, Final, cast

from ...core.actions import Action
from ...core.words import say

_schemas: dict[type, dict[str, Any]] = {}  # a model's JSON Schema costs a millisecond and never changes


def schema_of(action: Action) -> dict[str, Any]:
    """The JSON Schema of an action's data."""
    found = _schemas.get(action.model)
    if found is None:
        found = _schemas[action.model] = action.model.model_json_schema()
    return found


def describe(actions: list[Action], language: str | None) -> dict[str, dict[str, Any]]:
    """{domain: {service: description}} of these actions."""
    domains: dict[str, dict[str, Any]] = {}
    for action in actions:
        domain, _, service = action.name.partition(".")
        domains.setdefault(domain, {})[service] = _service(action, language)
    return domains


def _service(action: Action, language: str | None) -> dict[str, Any]:
    schema = schema_of(action)
    required = set(schema.get("required", ())) - set(action.targets)  # a target may name those instead
    described: dict[str, Any] = {
        "name": action.name.partition(".")[2].replace("_", " ").capitalize(),
        "description": say(action.description, language),
        "fields": {
            name: _field(action, name, part, schema.get("$defs", {}), name in required)
            for name, part in schema.get("properties", {}).items()
        },
    }
    if action.targets:
        domains = sorted({t.domain for t in action.targets.values()})
        described["target"] = {"entity": [{} if "*" in domains else {"domain": domains}]}
    if action.response != "none":
        described["response"] = {"optional": action.response == "optional"}
    return described


def _field(action: Action, name: str, part: Mapping[str, Any], defs: Mapping[str, Any], required: bool) -> dict[str, Any]:  # fmt: skip
    field: dict[str, Any] = {
        "name": part.get("title", name),
        "description": part.get("description", ""),
        "required": required,
        "selector": _selector(part, defs),
    }
    target = action.targets.get(name)
    if target is not None:
        only = {} if target.domain == "*" else {"filter": [{"domain": [target.domain]}]}
        field["selector"] = {"entity": {**only, "multiple": target.many}}
    if part.get("default") is not None:
        field["default"] = part["default"]
    return field


_PLAIN: Final[Mapping[str, str]] = {"string": "text", "boolean": "boolean", "object": "object"}


def _selector(part: Mapping[str, Any], defs: Mapping[str, Any]) -> dict[str, Any]:
    """The selector that fits a piece of JSON Schema; `object` (free YAML) where nothing closer does."""
    part = _resolved(part, defs)
    if "enum" in part or "const" in part:
        options = [str(one) for one in part.get("enum", [part.get("const")])]
        return {"select": {"options": options}}
    kind = part.get("type")
    if kind in ("integer", "number"):
        return {"number": _number(part, whole=kind == "integer")}
    if kind == "array":
        inner = _selector(part.get("items", {}), defs)
        return {"text": {"multiple": True}} if "text" in inner else {"object": {}}
    if kind == "string" and part.get("format") == "time":
        return {"time": {}}
    return {_PLAIN.get(str(kind), "object"): {}}


def _number(part: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    lowest = part.get("minimum", part.get("exclusiveMinimum"))
    highest = part.get("maximum", part.get("exclusiveMaximum"))
    bounds = {key: value for key, value in (("min", lowest), ("max", highest)) if value is not None}
    return {**bounds, "mode": "box", "step": 1 if whole else "any"}


def _resolved(part: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a $ref; of `X | None` take X, of other unions nothing."""
    if "$ref" in part:
        return cast("Mapping[str, Any]", defs.get(str(part["$ref"]).rpartition("/")[2], {}))
    choices = [one for one in part.get("anyOf", ()) if one.get("type") != "null"]
    return _resolved(choices[0], defs) if len(choices) == 1 else part
