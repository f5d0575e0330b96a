"""A counter in the YAML: which queues it serves, and how."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, cast

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from ...schema import Strict, Target, WordsField


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
