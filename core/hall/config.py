"""The hall's YAML: queues and counters."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, cast

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from ..schema import Name, Strict, Target, WordsField


class Service(Strict):
    """What a visitor came for; several may feed one queue."""

    name: WordsField = Field(description="What people call it.")


class Requeue(Strict):
    """Where a no-show who comes back stands: behind the n-th waiting, at the end, or in front; so many times."""

    after: int | Literal["end", "front"] = Field(default=3, description="Behind how many waiting; or end, or front.")
    times: int = Field(default=3, ge=0, le=100, description="How often one ticket may come back.")


def _requeue(value: Any) -> Any:
    return {"after": value} if isinstance(value, (int, str)) else value


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Queue(Strict):
    """One line of waiting people for one kind of business."""

    name: WordsField = Field(description="What people call it.")
    prefix: str = Field(default="", max_length=8, description="What stands before the number on the ticket.")
    digits: int = Field(
        default=3, ge=0, le=9, description="The number is padded with zeros to so many digits; 0 for none."
    )
    start: int = Field(default=1, ge=0, le=999_999_999, description="The first number of a period.")
    sequence: str = Field(
        default="queue", description="queue: a run of its own; hall: one run for all; else a shared name."
    )
    reset: Literal["day", "week", "never"] = Field(default="day", description="When the numbers begin anew.")
    urgency: int = Field(default=0, ge=-100, le=100, description="Higher is called first, before all other rules.")
    services: dict[Name, Service] = Field(default={}, description="What a visitor may choose within this queue.")
    requeue: Annotated[Requeue, BeforeValidator(_requeue)] = Field(
        default=Requeue(), description="Where a no-show who comes back stands: {after: 3, times: 1}, end, or front."
    )
    replaces: Annotated[list[Name], BeforeValidator(_listed)] = Field(
        default=[],
        max_length=20,
        description="Queues taken out of the YAML whose tickets, numbers and counts are this one's now.",
    )


class Serves(Strict):
    """One queue that a counter serves."""

    queue: Annotated[str, Target("queue")] = Field(description="The queue.")
    priority: int = Field(default=0, ge=-1000, le=1000, description="Higher is called first at this counter.")


def _serves(value: Any) -> Any:
    return {"queue": value} if isinstance(value, str) else value


_COUNTS: Final = frozenset({"initial", "step", "minimum", "maximum", "restore"})  # what Home Assistant's counter has


class Counter(Strict):
    """Where a visitor is served: a window, desk, room."""

    name: WordsField = Field(description="What people call it.")
    serves: list[Annotated[Serves, BeforeValidator(_serves)]] = Field(
        min_length=1, description="The queues it serves: names, or {queue, priority}."
    )
    no_show_after: int | None = Field(
        default=None, ge=1, le=20, description="So many calls unanswered: the next recall makes it a no-show."
    )
    must_start: bool = Field(default=False, description="A called ticket must be started before it can be finished.")

    @model_validator(mode="before")
    @classmethod
    def _a_window(cls, value: Any) -> Any:
        """Home Assistant's counter is another thing."""
        given = {str(key) for key in cast("Mapping[Any, Any]", value)} if isinstance(value, Mapping) else set[str]()
        if "serves" not in given and (value is None or given & _COUNTS):
            raise PydanticCustomError("a_window", "a counter is a window here; Home Assistant's counter is "
                                      "counter_helper. Move it under counter_helper:.", {})  # fmt: skip
        return cast("Any", value)


class HallConfig(Strict):
    """The keys of the hall."""

    queue: dict[Name, Queue] = Field(default={}, description="The lines of waiting people.")
    counter: dict[Name, Counter] = Field(default={}, description="Where visitors are served.")
