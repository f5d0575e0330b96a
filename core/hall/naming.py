"""The name a ticket carries where its queue shows names: masked, never whole. A name itself stands in no ticket."""

from collections.abc import Mapping
from typing import Any, cast

from .config import Queue
from .events import PublicTicket
from .text import masked


def named(queue: Queue | None, people: Mapping[str, Any], ticket: PublicTicket) -> PublicTicket:
    """The ticket with `masked_name` as long as it is in a queue whose names are masked, else without."""
    shows = queue is not None and queue.names == "masked"
    if not shows and "masked_name" not in ticket:
        return ticket
    person: Mapping[str, str | None] = people.get(ticket["id"], {}) if shows else {}
    name = person.get("name")
    fields: dict[str, Any] = {key: value for key, value in ticket.items() if key != "masked_name"}
    return cast("PublicTicket", {**fields, "masked_name": masked(name)} if name else fields)
