"""An OpenAPI 3.1 document of what this hall offers: the fixed paths, and one path an action from its data model."""

from collections.abc import Mapping
from typing import Any, Final

from ...core.actions import Action
from ...core.words import say
from .services import schema_of
from .shapes import HA_VERSION

_REF: Final = {"$ref": "#/components/schemas/Error"}
_ERRORS: Final[Mapping[str, str]] = {
    "400": "The data is wrong; `fields` says what and where.",
    "401": "No token, or an unknown one.",
    "403": "This token may not do it.",
    "404": "There is no such thing.",
    "409": "The hall says no; `code` is for programs, `message` for people.",
}
_FIXED: Final[tuple[tuple[str, str, str], ...]] = (
    ("get", "/api/", "Whether the API runs."),
    ("get", "/api/config", "The installation, as Home Assistant describes one."),
    ("get", "/api/components", "The domains that are here."),
    ("get", "/api/core/state", "RUNNING once the hall is up."),
    ("get", "/api/error_log", "The last warnings and errors, as text."),
    ("post", "/api/config/core/check_config", "Check the configuration's files."),
    ("get", "/api/states", "All states this token may read."),
    ("get", "/api/states/{entity_id}", "One state."),
    ("post", "/api/states/{entity_id}", "Write a state that belongs to no part of the hall."),
    ("delete", "/api/states/{entity_id}", "Take such a state back."),
    ("get", "/api/services", "The actions, as Home Assistant's services."),
    ("get", "/api/events", "Event types and how many listen to each."),
    ("post", "/api/events/{type}", "Fire an event that is not the hall's own."),
    ("post", "/api/template", "Render a template, as text."),
    ("get", "/api/history/period/{start}", "States over a period; without a recorder, the present ones."),
    ("get", "/api/logbook/{start}", "What happened, with its cause; without a recorder, nothing."),
    ("post", "/api/webhook/{webhook_id}", "Tell the automations whose trigger is this webhook. No token needed."),
    ("get", "/api/usher/health", "Whether the hall is up. No token needed."),
    ("post", "/api/usher/sign_in", "A token for a one-time code, or a user and a password. No token needed."),
    ("get", "/api/usher/screens", "The hall's screens and the links that open them."),
    ("get", "/api/usher/views/{name}", "What one screen shows now."),
    ("get", "/api/usher/blob/{kind}/{name}", "A sound or picture a view names. No token needed."),
)
_OPEN: Final = ("/api/webhook/{webhook_id}", "/api/usher/health", "/api/usher/sign_in", "/api/usher/blob/{kind}/{name}")


def document(actions: list[Action], language: str | None, version: str) -> dict[str, Any]:
    """The whole document, for those actions the asker may call."""
    paths: dict[str, dict[str, Any]] = {}
    schemas: dict[str, Any] = {"Error": _error()}
    for method, path, summary in _FIXED:
        paths.setdefault(path, {})[method] = _fixed(path, summary)
    for action in actions:
        domain, _, name = action.name.partition(".")
        paths[f"/api/services/{domain}/{name}"] = {"post": _operation(action, language)}
        schemas |= _definitions(action)
    return {
        "openapi": "3.1.0",
        "info": {"title": "usher", "version": version,
                 "description": f"Shaped as Home Assistant's API ({HA_VERSION}); /api/websocket speaks its WebSocket."},
        "security": [{"token": []}],
        "paths": paths,
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}, "schemas": schemas},
    }  # fmt: skip


def _error() -> dict[str, Any]:
    text = {"type": "string"}
    fields = {"type": "object", "additionalProperties": text}
    return {"type": "object", "properties": {"code": text, "message": text, "fields": fields},
            "required": ["code", "message"]}  # fmt: skip


def _fixed(path: str, summary: str) -> dict[str, Any]:
    named = [part.partition("}")[0] for part in path.split("{")[1:]]
    operation: dict[str, Any] = {"summary": summary, "responses": {"200": {"description": "OK"}, **_failures()}}
    if named:
        operation["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in named]  # fmt: skip
    return operation | ({"security": []} if path in _OPEN else {})


def _failures() -> dict[str, Any]:
    content = {"application/json": {"schema": _REF}}
    return {status: {"description": text, "content": content} for status, text in _ERRORS.items()}


def _operation(action: Action, language: str | None) -> dict[str, Any]:
    query = {"name": "return_response", "in": "query", "allowEmptyValue": True, "schema": {"type": "string"},
             "description": "Answer with what the action answers, beside the states it changed.",
             "required": action.response == "only"}  # fmt: skip
    body = {"$ref": f"#/components/schemas/{action.name}"}
    return {
        "operationId": action.name,
        "summary": say(action.description, language) or action.name,
        "parameters": [] if action.response == "none" else [query],
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"200": {"description": "Done."}, **_failures()},
    }


def _definitions(action: Action) -> dict[str, Any]:
    """An action's schema under its name, and its parts under `name.Part`, with the references to them."""
    schema = schema_of(action)
    parts = {name: f"{action.name}.{name}" for name in schema.get("$defs", {})}
    whole = {key: value for key, value in schema.items() if key != "$defs"}
    if action.targets:  # what a target may name instead is not demanded
        whole["required"] = [name for name in whole.get("required", ()) if name not in action.targets]
    named = {action.name: whole, **{parts[name]: part for name, part in schema.get("$defs", {}).items()}}
    return {name: _rewritten(part, parts) for name, part in named.items()}


def _rewritten(part: Any, parts: Mapping[str, str]) -> Any:
    if isinstance(part, dict):
        ref = part.get("$ref")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        if isinstance(ref, str):
            return {"$ref": f"#/components/schemas/{parts.get(ref.rpartition('/')[2], ref)}"}
        return {key: _rewritten(value, parts) for key, value in part.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(part, list):
        return [_rewritten(one, parts) for one in part]  # pyright: ignore[reportUnknownVariableType]
    return part
