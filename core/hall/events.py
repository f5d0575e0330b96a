"""The hall's events and what they carry: the only part of the hall that others may import.

A ticket event's data: `{"ticket": PublicTicket, "reasons": [...], ...}`, the ticket as it is after the change. It holds
no name, phone or document number. All stamps are wall time in Unix seconds.
"""

from typing import Any, Final, NotRequired, TypedDict, cast

from ..events import Event

TICKET_ISSUED: Final = "ticket_issued"
TICKET_CALLED: Final = "ticket_called"  # calls: n, first or recall
TICKET_READY: Final = "ticket_ready"
TICKET_STARTED: Final = "ticket_started"
TICKET_FINISHED: Final = "ticket_finished"
TICKET_PUT_BACK: Final = "ticket_put_back"
TICKET_NO_SHOW: Final = "ticket_no_show"
TICKET_REQUEUED: Final = "ticket_requeued"
TICKET_TRANSFERRED: Final = "ticket_transferred"
TICKET_HELD: Final = "ticket_held"
TICKET_RELEASED: Final = "ticket_released"
TICKET_CANCELLED: Final = "ticket_cancelled"
TICKET_EXPIRED: Final = "ticket_expired"
TICKET_UPDATED: Final = "ticket_updated"
COUNTER_SIGNED_IN: Final = "counter_signed_in"
COUNTER_SIGNED_OUT: Final = "counter_signed_out"
COUNTER_PAUSED: Final = "counter_paused"
COUNTER_RESUMED: Final = "counter_resumed"
QUEUE_PAUSED: Final = "queue_paused"
QUEUE_RESUMED: Final = "queue_resumed"
DAY_BEGAN: Final = "day_began"

TICKET_EVENTS: Final = (
    TICKET_ISSUED,
    TICKET_READY,
    TICKET_CALLED,
    TICKET_STARTED,
    TICKET_FINISHED,
    TICKET_PUT_BACK,
    TICKET_NO_SHOW,
    TICKET_REQUEUED,
    TICKET_TRANSFERRED,
    TICKET_HELD,
    TICKET_RELEASED,
    TICKET_CANCELLED,
    TICKET_EXPIRED,
    TICKET_UPDATED,
)
COUNTER_EVENTS: Final = (COUNTER_SIGNED_IN, COUNTER_SIGNED_OUT, COUNTER_PAUSED, COUNTER_RESUMED)
QUEUE_EVENTS: Final = (QUEUE_PAUSED, QUEUE_RESUMED)
ALL_EVENTS: Final = (*TICKET_EVENTS, *COUNTER_EVENTS, *QUEUE_EVENTS, DAY_BEGAN)

LIVE: Final = ("pending", "waiting", "staged", "called", "serving", "held", "no_show")
ENDED: Final = ("finished", "cancelled", "expired")


class Times(TypedDict, total=False):
    """When what happened last on this leg; `issued` is of the ticket. `waiting` is later by the time spent on hold."""

    issued: float
    waiting: float
    called: float
    started: float
    finished: float
    held: float


PublicTicket = TypedDict(
    "PublicTicket",
    {
        "id": str,  # for ever
        "site": str,
        "number": str,  # for the period: A012
        "queue": str,
        "service": str | None,
        "class": str,
        "party": int,
        "state": str,
        "urgency": int,
        "place": list[float],  # [effective time, turn]
        "leg": int,  # 1, 2, ...
        "times": Times,
        "counter": str | None,  # where called or served; of an ended or no-show ticket the last one
        "staff": str | None,
        "calls": int,
        "reserved": str | None,  # for this counter
        "only": bool,  # the reservation does not lapse
        "requeued": int,
        "visitor": str | None,
        "language": str | None,
        "origin": str | None,  # kiosk.lobby
        "day": str,  # the business day it was issued in: 2026-11-22
        "plan": list[dict[str, Any]],
        "note": NotRequired[str],
    },
)


TEMPLATE_WORDS: Final = frozenset({"spoken", "masked", "minutes", "queue", "counter", "ticket", "visitor"})
"""What the hall lends to templates."""
QUEUE_FIELDS: Final = frozenset({
    "id", "entity_id", "name", "waiting", "next", "oldest_wait", "estimated_wait", "issued_today", "served_today",
    "paused", "pause_reason", "open", "counters", "counters_open", "services",
})  # fmt: skip
"""What `queue('personal')` has in a template."""
COUNTER_FIELDS: Final = frozenset({
    "id", "entity_id", "state", "name", "ticket", "number", "staff", "since", "serves", "served_today", "pause_reason",
    "pausing",
})  # fmt: skip
TICKET_FIELDS: Final = frozenset(PublicTicket.__annotations__)
TICKET_WORD_FIELDS: Final = TICKET_FIELDS | {"ahead", "queue_name", "counter_name"}
VISITOR_FIELDS: Final = frozenset({"id", "ticket", "number", "name", "class", "language"})


def ticket_of(event: Event) -> PublicTicket:
    """The ticket a ticket event is about."""
    return cast("PublicTicket", event.data["ticket"])
