"""A counter in the YAML: which queues it serves, and how."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self, cast

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from ...schema import Duration, Name, Strict, Target, WordsField
from .panel import Keys


class Overflow(Strict):
    """When a counter helps another queue out: more people than this wait there, or somebody has waited longer."""

    waiting_over: int | None = Field(default=None, ge=0, le=100_000, description="More than so many wait there.")
    wait_over: Duration | None = Field(default=None, gt=0, description="Who waits longest there has waited longer.")

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if self.waiting_over is None and self.wait_over is None:
            raise PydanticCustomError("overflow_when", "overflow says when: waiting_over, wait_over or both. Without a limit "
                                      "write fallback: true instead.", {})  # fmt: skip
        return self


class Serves(Strict):
    """One queue that a counter serves."""

    queue: Annotated[str, Target("queue")] = Field(description="The queue.")
    priority: int = Field(default=0, ge=-1000, le=1000, description="Higher is called first at this counter.")
    overflow: Overflow | None = Field(
        default=None,
        description="Taken only while so many wait there, or so long, and nobody waits in the counter's own queues.",
    )
    fallback: bool = Field(default=False, description="Taken only while nobody waits in the counter's own queues.")

    @property
    def own(self) -> bool:
        """Whether this is a queue of the counter's own, not one where it helps out."""
        return self.overflow is None and not self.fallback

    @model_validator(mode="after")
    def _one_way_to_help(self) -> Self:
        if self.overflow is not None and self.fallback:
            raise PydanticCustomError("overflow_or_fallback", "overflow and fallback stand here together. Keep one: "
                                      "fallback is overflow without a limit.", {})  # fmt: skip
        return self


def serves_one(value: Any) -> Any:
    return {"queue": value} if isinstance(value, str) else value


def _auto_call(value: Any) -> Any:
    return 0 if value is True else None if value is False else value


_COUNTS: Final = frozenset({"initial", "step", "minimum", "maximum", "restore"})  # what Home Assistant's counter has


class Counter(Strict):
    """Where a visitor is served: a window, desk, room."""

    name: WordsField = Field(description="What people call it.")
    serves: list[Annotated[Serves, BeforeValidator(serves_one)]] = Field(
        min_length=1, description="The queues it serves: names, or {queue, priority}."
    )
    mix: dict[Name, Annotated[int, Field(ge=1, le=100)]] = Field(
        default={},
        max_length=20,
        description="Calls taken in turn by weight, instead of priority and class: classes or queues, and rest.",
    )
    no_show_after: int | None = Field(
        default=None, ge=1, le=20, description="So many calls unanswered: the next recall makes it a no-show."
    )
    must_start: bool = Field(default=False, description="A called ticket must be started before it can be finished.")
    recall_every: Duration | None = Field(
        default=None, ge=5, description="Unanswered for so long: calls again by itself, and at last it is a no-show."
    )
    auto_call: Annotated[Duration | None, BeforeValidator(_auto_call)] = Field(
        default=None, ge=0, description="Calls the next one by itself after so long idle; true: at once."
    )
    service_alert: Duration | None = Field(
        default=None, gt=0, description="A longer service is told as service_overtime; a queue may say its own."
    )
    keys: Keys = Field(default=Keys(), description="Keys of this counter's panel, where they differ from panel.")
    pools: list[Name] = Field(default=[], max_length=16, description="The pools this counter belongs to.")
    at_day_end: Literal["close", "stay"] = Field(
        default="close", description="Who still sits there at the end of the business day: signed out, or stays."
    )
    stage: int = Field(
        default=0, ge=0, le=50, description="So many wait in the inner area before it, asked there ahead by themselves."
    )

    @model_validator(mode="after")
    def _recalls_end(self) -> "Counter":
        if self.recall_every is not None and self.no_show_after is None:
            raise PydanticCustomError("recalls_without_end", "recall_every calls again and again; say when to stop. Add "
                                      "no_show_after: 3.", {})  # fmt: skip
        return self

    @model_validator(mode="before")
    @classmethod
    def _a_window(cls, value: Any) -> Any:
        """Home Assistant's counter is another thing."""
        given = {str(key) for key in cast("Mapping[Any, Any]", value)} if isinstance(value, Mapping) else set[str]()
        if "serves" not in given and (value is None or given & _COUNTS):
            raise PydanticCustomError("a_window", "a counter is a window here; Home Assistant's counter is "
                                      "counter_helper. Move it under counter_helper:.", {})  # fmt: skip
        return cast("Any", value)
