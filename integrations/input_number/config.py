"""The YAML under `input_number:`: numbers by name."""

from typing import Literal

from pydantic import Field, RootModel, model_validator
from pydantic_core import PydanticCustomError

from ...core.schema import Name
from ...core.things import Thing


class InputNumber(Thing):
    """One number."""

    min: float = Field(allow_inf_nan=False, description="The least it may be.")
    max: float = Field(allow_inf_nan=False, description="The most it may be.")
    step: float = Field(
        1.0, ge=0.000_001, allow_inf_nan=False, description="By how much increment and decrement change it."
    )
    initial: float | None = Field(
        None, allow_inf_nan=False, description="What it is at each start; default: as it was, at first `min`."
    )
    mode: Literal["box", "slider"] = Field("slider", description="How a panel asks for it.")
    unit_of_measurement: str | None = Field(None, max_length=40, description="What it counts: %, min, 人.")

    @model_validator(mode="after")
    def _in_range(self) -> "InputNumber":
        if self.max <= self.min:
            raise PydanticCustomError("bad_range", "max {max} is not above min {min}. Exchange them.",
                                      {"max": f"{self.max:g}", "min": f"{self.min:g}", "key": "max"})  # fmt: skip
        if self.initial is not None and not self.min <= self.initial <= self.max:
            raise PydanticCustomError("bad_initial", "initial {initial} is not between {min} and {max}. Write one that is.",
                                      {"initial": f"{self.initial:g}", "min": f"{self.min:g}",
                                       "max": f"{self.max:g}", "key": "initial"})  # fmt: skip
        return self


class Config(RootModel[dict[Name, InputNumber]]):
    """Numbers by name."""

    root: dict[Name, InputNumber] = Field(description="The numbers: each is the entity input_number.<name>.")
