"""The YAML under `input_button:`: buttons by name."""

from pydantic import Field, RootModel

from ...core.schema import Name
from ...core.things import Thing


class Config(RootModel[dict[Name, Thing]]):
    """Buttons by name."""

    root: dict[Name, Thing] = Field(description="The buttons: each is the entity input_button.<name>.")
