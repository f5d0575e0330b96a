"""On hold: for anyone, for the counter that has the papers, or until another step is done."""

from typing import Any, Literal, TypeAlias, cast

from ..events import TICKET_HELD, TICKET_RELEASED, PublicTicket
from ..hall import Hall
from ..journal import Decision
from ..tickets import AT_COUNTER, changed, may

For: TypeAlias = Literal["anyone", "counter", "step"]


def hold(hall: Hall, d: Decision, ticket: PublicTicket, whom: For, step: str | None = None) -> PublicTicket:
    """Set the ticket aside.

    `anyone` goes on with it wherever it is called next; `counter` reserves it for the counter where it is now, which has
    the papers; `step` waits for something done elsewhere, said in `step`.
    """
    may("ticket.hold", ticket)
    hall.free(d, ticket)
    new = changed(ticket, d.now, "held", counter=None, staff=None)
    if ticket["counter"] is not None and ticket["state"] in (*AT_COUNTER, "staged"):
        new["reserved"] = ticket["counter"] if whom == "counter" else None
        for kept in ("reserved_staff", "reserved_pool"):
            cast("dict[str, Any]", new).pop(kept, None)
    if ticket["state"] in AT_COUNTER:
        # Its wait ended when it was called: `held` less `waiting` is what it waited.
        new["times"]["waiting"] = d.now - (new["times"].get("called", d.now) - new["times"].get("waiting", d.now))
    more: dict[str, Any] = {"for": whom}
    if whom == "step":
        new["kept_for_step"] = step or ""
        more["step"] = step
    return hall.tell(d, TICKET_HELD, ticket, new, **more)


def release(hall: Hall, d: Decision, ticket: PublicTicket) -> PublicTicket:
    """Back in line, in the old place; the time on hold does not count as waiting."""
    may("ticket.release", ticket)
    new, times = changed(ticket, d.now, "waiting"), ticket["times"]
    new["times"]["waiting"] = d.now - (times.get("held", d.now) - times.get("waiting", d.now))
    cast("dict[str, Any]", new).pop("kept_for_step", None)
    return hall.tell(d, TICKET_RELEASED, ticket, new)
