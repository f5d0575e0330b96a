"""The YAML under `group:`: groups by name, each with its members."""

from collections.abc import Mapping
from typing import Annotated, Any, cast

from pydantic import BeforeValidator, Field, RootModel, model_validator

from ...core.schema import Name, Target
from ...core.things import Thing


def listed(value: Any) -> Any:
    """One entity id, several in a list, or several with commas between them."""
    if value is None:
        return []
    parts: list[Any] = cast("list[Any]", value) if isinstance(value, list) else [value]
    made: list[Any] = []
    for part in parts:
        made += [one.strip() for one in part.split(",")] if isinstance(part, str) and "," in part else [part]
    return made


class GroupConfig(Thing):
    """One group. Its members may stand there alone: `group: {signs: [display.a, display.b]}`."""

    entities: Annotated[list[str], Target("*", many=True), BeforeValidator(listed)] = Field(
        [], max_length=1000, description="Its members, by their ids; a group may be one too."
    )
    all: bool = Field(False, description="true: on only while all its members are; default: while any is.")

    @model_validator(mode="before")
    @classmethod
    def _members_only(cls, value: Any) -> Any:
        if value is None or isinstance(value, Mapping):
            return cast("Any", value)
        return {"entities": value}


class Config(RootModel[dict[Name, GroupConfig]]):
    """Groups by name."""

    root: dict[Name, GroupConfig] = Field(description="The groups: each is the entity group.<name>.")
