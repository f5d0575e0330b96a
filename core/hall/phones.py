"""The visitor's own page: a short signed link that opens just this ticket's view, and lets its holder act on it."""

import hashlib
from collections.abc import Callable

from ..integration import Kit

KIND = "t"
APPOINTMENT_KIND = "a"


def ticket_link(kit: Kit) -> Callable[[str], str]:
    """Answers the token for a ticket id: what stands behind /t/ in the address on the paper."""
    links = kit.access.links
    links.kinds[KIND] = scopes
    kit.on_close(lambda: links.kinds.pop(KIND, None))

    def link(ticket_id: str) -> str:
        return str(links.short(KIND, ticket_id))

    return link


def scopes(ticket_id: str) -> tuple[str, ...]:
    """What the holder of a ticket may do: see it, give it up, come back, rate the service."""
    return (
        f"view:phone/{ticket_id}",
        f"view:rating/{ticket_id}",
        "action:ticket.cancel",
        "action:ticket.requeue",
        "action:feedback.rate",
        "action:feedback.reasons",
        f"entity:ticket.{ticket_id}",
    )


def appointment_link(kit: Kit, types: Callable[[str], str | None]) -> Callable[[str], str]:
    """The same for an appointment: what stands behind /a/. `types` answers what an appointment is of."""
    links = kit.access.links

    def may(appointment_id: str) -> tuple[str, ...]:
        return appointment_scopes(appointment_id, types(appointment_id))

    links.kinds[APPOINTMENT_KIND] = may
    kit.on_close(lambda: links.kinds.pop(APPOINTMENT_KIND, None))
    return lambda appointment_id: str(links.short(APPOINTMENT_KIND, appointment_id))


def appointment_scopes(appointment_id: str, of_type: str | None) -> tuple[str, ...]:
    """What the holder of an appointment may do: see it, move it to a free slot of its type, cancel it."""
    return (
        f"view:booking/{appointment_id}",
        "action:appointment.slots",
        "action:appointment.confirm",
        "action:appointment.change",
        "action:appointment.cancel",
        f"entity:appointment.{appointment_id}",
        *([f"entity:appointment.{of_type}"] if of_type else []),
    )


def seeds(kit: Kit) -> Callable[[str, int], int]:
    """Numbers that only this hall can know, for the codes of appointments: a keyed hash of an id and a count."""
    links = kit.access.links

    def seed(id_: str, n: int) -> int:
        return int.from_bytes(hashlib.sha256(links.short("code", f"{id_}.{n}").encode()).digest()[:8])

    return seed
