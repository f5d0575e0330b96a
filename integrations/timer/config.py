"""The YAML under `timer:`: timers by name."""

from pydantic import Field, RootModel

from ...core.schema import Duration, Name
from ...core.things import Thing


class TimerConfig(Thing):
    """One timer."""

    duration: Duration = Field(0.0, description='How long it runs when timer.start says nothing: "00:05:00", 300.')
    restore: bool = Field(True, description="false: a restart ends it without a word. Home Assistant's default.")


class Config(RootModel[dict[Name, TimerConfig]]):
    """Timers by name."""

    root: dict[Name, TimerConfig] = Field(description="The timers: each is the entity timer.<name>.")
