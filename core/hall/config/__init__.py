"""The hall's YAML: its keys. Queues and counters each have their file."""

from pydantic import Field

from ...schema import Name, Strict
from .counters import Counter, Serves
from .queues import Queue, Requeue, Service

__all__ = ["Counter", "HallConfig", "Queue", "Requeue", "Serves", "Service"]


class HallConfig(Strict):
    """The keys of the hall."""

    queue: dict[Name, Queue] = Field(default={}, description="The lines of waiting people.")
    counter: dict[Name, Counter] = Field(default={}, description="Where visitors are served.")
