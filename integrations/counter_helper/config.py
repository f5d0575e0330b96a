"""The YAML under `counter_helper:`: counts by name, each with the options of Home Assistant's `counter`."""

from pydantic import Field, RootModel, model_validator
from pydantic_core import PydanticCustomError

from ...core.schema import Name
from ...core.things import Thing


class CounterHelper(Thing):
    """One count."""

    initial: int = Field(0, description="What it is at first and after counter_helper.reset.")
    step: int = Field(1, ge=1, description="By how much increment and decrement change it.")
    minimum: int | None = Field(None, description="The least it may be.")
    maximum: int | None = Field(None, description="The most it may be.")
    restore: bool = Field(True, description="false: it is `initial` at each start, not as it was.")

    @model_validator(mode="after")
    def _in_range(self) -> "CounterHelper":
        if self.minimum is not None and self.maximum is not None and self.maximum < self.minimum:
            raise PydanticCustomError("bad_range", "maximum {max} is below minimum {min}. Exchange them.",
                                      {"max": self.maximum, "min": self.minimum, "key": "maximum"})  # fmt: skip
        if self.within(self.initial) != self.initial:
            raise PydanticCustomError("bad_initial", "initial {initial} is not between minimum and maximum. Write one that is.",
                                      {"initial": self.initial, "key": "initial"})  # fmt: skip
        return self

    def within(self, value: int) -> int:
        """The nearest that it may be."""
        if self.minimum is not None:
            value = max(value, self.minimum)
        return value if self.maximum is None else min(value, self.maximum)


class Config(RootModel[dict[Name, CounterHelper]]):
    """Counts by name."""

    root: dict[Name, CounterHelper] = Field(description="The counts: each is the entity counter_helper.<name>.")
