"""The visitor's own page: a short signed link that opens just this ticket's view, and lets its holder act on it."""

from collections.abc import Callable

from ..integration import Kit

KIND = "t"


def ticket_link(kit: Kit) -> Callable[[str], str]:
    """Answers the token for a ticket id: what stands behind /t/ in the address on the paper."""
    links = kit.access.links
    links.kinds[KIND] = scopes
    kit.on_close(lambda: links.kinds.pop(KIND, None))

    def link(ticket_id: str) -> str:
        return str(links.short(KIND, ticket_id))

    return link


def scopes(ticket_id: str) -> tuple[str, ...]:
    """What the holder of a ticket may do: see it, give it up, come back."""
    return (
        f"view:phone/{ticket_id}",
        "action:ticket.cancel",
        "action:ticket.requeue",
        f"entity:ticket.{ticket_id}",
    )
