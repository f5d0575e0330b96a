"""The YAML under `input_select:`: choices by name."""

from typing import Annotated

from pydantic import AfterValidator, Field, RootModel, model_validator
from pydantic_core import PydanticCustomError

from ...core.schema import Name, did_you_mean
from ...core.things import PlainText, Thing


def _once_each(options: list[str]) -> list[str]:
    for at, option in enumerate(options):
        if option in options[:at]:
            raise PydanticCustomError("twice", "the option {option} stands here twice. Remove one.",
                                      {"option": repr(str(option)), "key": at})  # fmt: skip
    return options


Options = Annotated[list[PlainText], Field(min_length=1, max_length=1000), AfterValidator(_once_each)]


class InputSelect(Thing):
    """One choice."""

    options: Options = Field(description="What may be chosen.")
    initial: PlainText | None = Field(
        None, description="What is chosen at each start; default: as it was, at first the first."
    )

    @model_validator(mode="after")
    def _known(self) -> "InputSelect":
        if self.initial is not None and self.initial not in self.options:
            raise PydanticCustomError("bad_initial", "initial {initial} is none of the options.{near}",
                                      {"initial": repr(str(self.initial)),
                                       "near": did_you_mean(self.initial, self.options) or f" Write one of {', '.join(self.options)}.",
                                       "key": "initial"})  # fmt: skip
        return self


class Config(RootModel[dict[Name, InputSelect]]):
    """Choices by name."""

    root: dict[Name, InputSelect] = Field(description="The choices: each is the entity input_select.<name>.")
