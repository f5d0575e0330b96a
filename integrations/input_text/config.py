"""The YAML under `input_text:`: texts by name."""

from typing import Final, Literal

from pydantic import Field, RootModel, model_validator
from pydantic_core import PydanticCustomError

from ...core.schema import Name
from ...core.things import PlainText, Thing

LONGEST: Final = 10_000


class InputText(Thing):
    """One text."""

    min: int = Field(0, ge=0, le=LONGEST, description="The fewest characters it may have.")
    max: int = Field(100, ge=1, le=LONGEST, description="The most characters it may have.")
    initial: PlainText | None = Field(
        None, description="What it is at each start; default: as it was, at first unknown."
    )
    pattern: str | None = Field(
        None, max_length=500, description="A regular expression that a panel checks what is typed against."
    )
    mode: Literal["text", "password"] = Field("text", description="password: a panel does not show what is typed.")
    unit_of_measurement: str | None = Field(None, max_length=40, description="What it is measured in.")

    @model_validator(mode="after")
    def _in_range(self) -> "InputText":
        if self.max < self.min:
            raise PydanticCustomError("bad_range", "max {max} is below min {min}. Exchange them.",
                                      {"max": self.max, "min": self.min, "key": "max"})  # fmt: skip
        if self.initial is not None and not self.min <= len(self.initial) <= self.max:
            raise PydanticCustomError("bad_initial", "initial has {length} characters; it may have {min} to {max}. Write as many.",
                                      {"length": len(self.initial), "min": self.min, "max": self.max,
                                       "key": "initial"})  # fmt: skip
        return self


class Config(RootModel[dict[Name, InputText]]):
    """Texts by name."""

    root: dict[Name, InputText] = Field(description="The texts: each is the entity input_text.<name>.")
