"""The YAML of the trigger `webhook`."""

from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field

from ...core.schema import Strict


def _methods(value: Any) -> Any:
    given: list[Any] = cast("list[Any]", value) if isinstance(value, list) else [value]
    return [one.upper() if isinstance(one, str) else one for one in given]


class WebhookTrigger(Strict):
    """Another program asks /api/webhook/<id>. Whoever knows the id may do so: make it long and hard to guess."""

    webhook_id: str = Field(
        min_length=1, max_length=255, description="The last part of the address; nobody should be able to guess it."
    )
    allowed_methods: Annotated[list[Literal["POST", "PUT", "GET", "HEAD"]], BeforeValidator(_methods)] = Field(
        ["POST", "PUT"], min_length=1, description="The methods that count."
    )
    local_only: bool = Field(True, description="Only from this network, not from the internet.")
