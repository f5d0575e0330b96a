"""The inner waiting area, the second waiting of a hospital: who is staged waits there for one counter."""

from collections.abc import Iterator
from typing import Final

from ..events import TICKET_PUT_BACK, TICKET_STAGED, PublicTicket
from ..floor import Floor
from ..hall import Hall
from ..journal import Decision
from ..lines import ordered
from ..tickets import changed, may
from .legs import not_served, served

Reasons = list[dict[str, str]]
BY_STAFF: Final[Reasons] = [{"en": "Staged by staff.", "zh-CN": "工作人员安排进入二次候诊。"}]


def stage(
    hall: Hall, d: Decision, ticket: PublicTicket, counter: str, reasons: Reasons, by_hand: bool = False
) -> PublicTicket:
    """This ticket's holder is asked to the inner area before this counter; the place in line is kept.

    Whom staff sent there `by_hand` is not taken out by another counter that is idle.
    """
    may("ticket.stage", ticket)
    hall.open_counter(d.floor, counter)
    if ticket["queue"] not in served(hall, d.floor, counter):
        raise not_served(counter, ticket["queue"])
    new = changed(ticket, d.now, "staged", counter=counter, **({"staged_by_hand": True} if by_hand else {}))
    return hall.tell(d, TICKET_STAGED, ticket, new, reasons=reasons)


def unstage(hall: Hall, d: Decision, counter: str) -> None:
    """The counter closes: who was staged for it goes back to the line, in the old place."""
    for ticket in list(staged_for(d.floor, counter)):
        put_back(hall, d, ticket)


def staged_for(floor: Floor, counter: str) -> Iterator[PublicTicket]:
    """Who waits in the inner area before this counter, in order."""
    return ordered(floor.lines.staged(counter), floor.classes)


def put_back(hall: Hall, d: Decision, ticket: PublicTicket) -> PublicTicket:
    """From the inner area back to the line, in the old place and with the old wait."""
    since = ticket["times"].get("waiting", d.now)
    new = changed(ticket, d.now, "waiting", counter=None)
    new["times"]["waiting"] = since
    return hall.tell(d, TICKET_PUT_BACK, ticket, new)
