"""What leaves the floor: a counter's staff, at sign-out, elsewhere or at the end of the day; a ticket that is over."""

from ..events import COUNTER_SIGNED_OUT, LIVE, TICKET_EXPIRED, PublicTicket
from ..hall import Hall
from ..journal import Decision
from ..journeys.staging import unstage
from ..tickets import changed


def close(hall: Hall, d: Decision, counter: str, reason: str | None = None) -> None:
    """Nobody is signed in there any more. Its ticket, if any, must have left it before."""
    unstage(hall, d, counter)
    row = {key: value for key, value in hall.counter_row(d, counter).items() if key != "closing"}
    closed = {"staff": None, "staff_name": None, "paused": False, "pausing": False, "reason": None}
    d.put("counter", counter, {**row, **closed, "since": d.now})
    d.event(COUNTER_SIGNED_OUT, {"counter": counter, "staff": row["staff"], "reason": reason})


def let_go(hall: Hall, d: Decision, ticket: PublicTicket) -> None:
    """A ticket of a day that is over leaves the memory, and whose it was; who still waited is told to have expired."""
    if ticket["state"] in LIVE:
        hall.tell(d, TICKET_EXPIRED, ticket, changed(ticket, d.now, "expired"))
    d.put("ticket", ticket["id"], None)
    if ticket["id"] in d.floor.people:
        d.put("person", ticket["id"], None)
