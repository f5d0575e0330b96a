"""The YAML under `input_boolean:`: switches by name."""

from pydantic import Field, RootModel

from ...core.schema import Name
from ...core.things import Thing


class InputBoolean(Thing):
    """One switch."""

    initial: bool | None = Field(None, description="What it is at each start; default: as it was, at first off.")


class Config(RootModel[dict[Name, InputBoolean]]):
    """Switches by name."""

    root: dict[Name, InputBoolean] = Field(description="The switches: each is the entity input_boolean.<name>.")
