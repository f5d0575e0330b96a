"""An event: something happened, and because of what. Frozen once made.

`data` is JSON and is never changed after the event is made, so the same object goes to the journal, the sockets,
the traces and the templates.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from .frozen import frozen
from .ids import new_id

MAX_DEPTH = 32  # a longer chain of causes is a circle


@frozen
class Context:
    """Who started this and because of what: the chain that answers "why did it speak?"."""

    id: str = field(default_factory=new_id)
    parent_id: str | None = None
    user_id: str | None = None
    depth: int = 0

    def child(self, user_id: str | None = None) -> "Context":
        """A context caused by this one."""
        return Context(new_id(), self.id, user_id or self.user_id, self.depth + 1)


@frozen
class Event:
    """Its type (`ticket_called`), its JSON data, why it happened, and when (wall time, Unix seconds)."""

    type: str
    data: Mapping[str, Any]
    context: Context
    at: float
