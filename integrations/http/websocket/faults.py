"""What can be wrong with a message, in Home Assistant's error codes; usher's own commands have usher's codes."""

from collections.abc import Mapping
from typing import Any, Final, cast

import orjson

from ....core.errors import ActionError, BadData, NotPermitted, Refused, TemplateError, UnknownAction
from ..door import complaint

MALFORMED: Final = {"code": "invalid_format", "message": "Message incorrectly formatted."}
NOT_TEXT: Final = {"code": "invalid_format", "message": "Messages are JSON in text frames; this one was binary."}
ID_REUSED: Final = {"code": "id_reuse", "message": "Identifier values have to increase."}
_INSIDE: Final = {"code": "unknown_error", "message": "Something failed inside. The log says what."}


def not_json(error: orjson.JSONDecodeError) -> dict[str, str]:
    return {"code": "invalid_format", "message": f"The message is not JSON: {error}."}


def unknown_command(kind: str) -> dict[str, str]:
    return {"code": "unknown_command", "message": f"Unknown command {kind[:80]!r}."}


def read_auth(data: str | bytes) -> tuple[str | None, str | None]:
    """The token of an `auth` message, or None and what is wrong with it."""
    try:
        message: object = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None, "Auth message incorrectly formatted: it is not JSON."
    if not isinstance(message, dict):
        return None, "Auth message incorrectly formatted: it is not an object."
    fields = cast("dict[str, object]", message)
    token = fields.get("access_token")
    if fields.get("type") != "auth":
        return None, "Auth message incorrectly formatted: the first message must be of type auth."
    if not isinstance(token, str) or not 0 < len(token) <= 4096:
        return None, "Auth message incorrectly formatted: access_token is missing or no text."
    return token, None


def read_command(message: object) -> tuple[int | None, str | None]:
    """The id and type of a command, or Nones."""
    if not isinstance(message, dict):
        return None, None
    fields = cast("dict[str, object]", message)
    number, kind = fields.get("id"), fields.get("type")
    if type(number) is not int or number < 1 or not isinstance(kind, str) or not kind:  # True is no id
        return None, None
    return number, kind


def ha_error(error: Exception, language: str | None) -> Mapping[str, Any]:
    """An error as Home Assistant's clients know them; the hall's own code of a refusal is the translation key."""
    if isinstance(error, TemplateError):
        return {"code": "template_error", "message": str(error)}
    if not isinstance(error, ActionError):
        return _INSIDE
    message = error.say(language)
    if isinstance(error, UnknownAction):
        return {"code": "not_found", "message": message}
    if isinstance(error, NotPermitted):
        return {"code": "unauthorized", "message": message}
    if isinstance(error, BadData):
        return {"code": "invalid_format", "message": message, **({"fields": error.fields} if error.fields else {})}
    if isinstance(error, Refused):
        return {"code": "service_validation_error", "message": message, "translation_key": error.code,
                "translation_domain": "usher",
                "translation_placeholders": None if error.next is None else {"next": str(error.next)}}  # fmt: skip
    return {"code": "timeout" if error.code == "timeout" else "home_assistant_error", "message": message}


def own_error(error: Exception, language: str | None) -> Mapping[str, Any]:
    """An error of usher's own commands: its own code."""
    if isinstance(error, ActionError):
        return complaint(error, language)
    return ha_error(error, language)
