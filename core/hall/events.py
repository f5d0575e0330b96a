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
TICKET_STAGED: Final = "ticket_staged"  # to the inner area of one counter
TICKET_MOVED: Final = "ticket_moved"  # to another place in line, by whom and why
TICKET_SPLIT: Final = "ticket_split"  # into: the ids of those who go on with numbers of their own
TICKET_UNDONE: Final = "ticket_undone"  # undid: the action taken back; the ticket is as before it
SERVICE_OVERTIME: Final = "service_overtime"  # a ticket is served longer than service_alert says; seconds, limit
COUNTER_CLOSING: Final = "counter_closing"  # the day is over; it closes when the present visitor is done
COUNTER_PAUSING: Final = (
    "counter_pausing"  # a pause is asked for, after the present ticket; pausing: false, not any more
)
COUNTER_SERVES: Final = "counter_serves"  # a manager changed which queues it serves; serves: null, the YAML's again
COUNTER_SIGNED_IN: Final = "counter_signed_in"
COUNTER_SIGNED_OUT: Final = "counter_signed_out"
COUNTER_PAUSED: Final = "counter_paused"
COUNTER_RESUMED: Final = "counter_resumed"
QUEUE_PAUSED: Final = "queue_paused"
QUEUE_RESUMED: Final = "queue_resumed"
QUEUE_CLEARED: Final = "queue_cleared"
QUEUE_NUMBER_SKIPPED: Final = "queue_number_skipped"
HALL_CLOSED: Final = "hall_closed"
HALL_OPENED: Final = "hall_opened"
HALL_RELOADED: Final = "hall_reloaded"  # another configuration: what of it touched rows; gone and replaced queues
DAY_BEGAN: Final = "day_began"
VISITOR_ADDED: Final = "visitor_added"
VISITOR_UPDATED: Final = "visitor_updated"
VISITOR_BLOCKED: Final = "visitor_blocked"  # gets no numbers, until: or for good
VISITOR_UNBLOCKED: Final = "visitor_unblocked"
VISITOR_FORGOTTEN: Final = "visitor_forgotten"
APPOINTMENT_HELD: Final = "appointment_held"  # a slot is kept for a moment, for who still types
APPOINTMENT_BOOKED: Final = "appointment_booked"
APPOINTMENT_CHANGED: Final = "appointment_changed"
APPOINTMENT_CANCELLED: Final = "appointment_cancelled"
APPOINTMENT_ARRIVED: Final = "appointment_arrived"  # with the ticket's number
APPOINTMENT_MISSED: Final = "appointment_missed"
APPOINTMENT_DUE: Final = "appointment_due"  # its time has come and nobody has checked in
APPOINTMENT_REMINDER: Final = "appointment_reminder"  # before: seconds until its time, as the YAML says

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
    TICKET_UNDONE,
    TICKET_STAGED,
    TICKET_MOVED,
    TICKET_SPLIT,
)
COUNTER_EVENTS: Final = (COUNTER_SIGNED_IN, COUNTER_SIGNED_OUT, COUNTER_PAUSED, COUNTER_RESUMED)
APPOINTMENT_EVENTS: Final = (
    APPOINTMENT_HELD,
    APPOINTMENT_BOOKED,
    APPOINTMENT_CHANGED,
    APPOINTMENT_CANCELLED,
    APPOINTMENT_ARRIVED,
    APPOINTMENT_MISSED,
    APPOINTMENT_DUE,
    APPOINTMENT_REMINDER,
)
QUEUE_EVENTS: Final = (QUEUE_PAUSED, QUEUE_RESUMED, QUEUE_CLEARED, QUEUE_NUMBER_SKIPPED)
VISITOR_EVENTS: Final = (VISITOR_ADDED, VISITOR_UPDATED, VISITOR_BLOCKED, VISITOR_UNBLOCKED, VISITOR_FORGOTTEN)
SERVICE_EVENTS: Final = (SERVICE_OVERTIME, COUNTER_PAUSING, COUNTER_CLOSING, COUNTER_SERVES)
ALL_EVENTS: Final = (
    *TICKET_EVENTS,
    *SERVICE_EVENTS,
    *COUNTER_EVENTS,
    *QUEUE_EVENTS,
    *APPOINTMENT_EVENTS,
    *VISITOR_EVENTS,
    HALL_CLOSED,
    HALL_OPENED,
    HALL_RELOADED,
    DAY_BEGAN,
)

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
    pending: float  # since when it is not to be called by itself
    staged: float


class Estimate(TypedDict):
    """How long somebody will wait, as told at `at`: in 8 of 10 cases from `low` to `high` seconds."""

    wait: int
    low: int
    high: int
    at: float
    ahead: int  # how many are served before


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
        "note": NotRequired[str | None],
        "case": NotRequired[str | None],  # the case or matter it belongs to
        "triage": NotRequired[int | None],  # the urgency given to the visitor, whatever the queue's own
        "reserved_staff": NotRequired[str],  # for this member of staff, wherever they sit
        "services_done": NotRequired[list[dict[str, Any]]],  # {code, quantity} on this leg
        "reserved_pool": NotRequired[str],  # for the counters of this pool
        "appointment": NotRequired[str],  # of who had booked
        "slot": NotRequired[float],  # the time it was booked for
        "promised": NotRequired[bool],  # its place was promised: it is kept when it becomes ready
        "stands_as": NotRequired[str],  # the class whose weight counts in line, since a supervisor moved it
        "staged_by_hand": NotRequired[bool],  # in the inner area because staff said so
        "kept_for_step": NotRequired[str],  # on hold until this step is done
        "masked_name": NotRequired[str],  # 张*三, J. S.; only while in a queue whose names are masked, not hidden
        "split_from": NotRequired[str],  # the ticket of the party it was split from
        "estimate": NotRequired[Estimate],  # of the wait, as told when it entered this line
        "carried": NotRequired[str],  # over the end of a day, into this business day
    },
)


Appointment = TypedDict(
    "Appointment",
    {  # a promised time; who it is for (name, phone, card) and its code are asked for, never in an event
        "id": str,  # for ever
        "site": str,
        "type": str,
        "queue": str,  # where the ticket is issued on arrival
        "service": str | None,
        "staff": str | None,  # the member of staff it is with
        "at": float,  # the slot
        "until": float,
        "day": str,  # the business day of the slot
        "class": str,
        "party": int,
        "state": str,  # held, booked, arrived, cancelled, missed
        "visitor": str | None,
        "case": str | None,
        "language": str | None,
        "origin": str | None,  # booked where: web, wechat, kiosk.lobby
        "by": str,  # the id of the caller who booked it
        "ticket": str | None,  # the id of the ticket, once arrived
        "changes": int,
        "reminded": list[float],  # the reminders told already: seconds before
        "times": dict[str, float],  # booked, changed, arrived, cancelled, missed, due
        "note": NotRequired[str],
    },
)


TEMPLATE_WORDS: Final = frozenset({"spoken", "masked", "minutes", "queue", "counter", "ticket", "visitor"})
"""What the hall lends to templates."""
QUEUE_FIELDS: Final = frozenset({
    "id", "entity_id", "name", "waiting", "next", "oldest_wait", "estimated_wait", "estimated_wait_low", "estimated_wait_high", "issued_today", "served_today",
    "paused", "pause_reason", "open", "why_closed", "closed_text", "opens_at", "closes_at", "counters", "counters_open", "services",
})  # fmt: skip
"""What `queue('personal')` has in a template."""
COUNTER_FIELDS: Final = frozenset({
    "id", "entity_id", "state", "name", "ticket", "number", "staff", "staff_id", "since", "serves", "served_today",
    "pause_reason", "pausing", "staged",
})  # fmt: skip
TICKET_FIELDS: Final = frozenset(PublicTicket.__annotations__)
TICKET_WORD_FIELDS: Final = TICKET_FIELDS | {"ahead", "queue_name", "counter_name"}
VISITOR_FIELDS: Final = frozenset({
    "id", "ticket", "number", "name", "class", "language", "known", "staff", "pool", "visits", "missed", "blocked",
})  # fmt: skip


def ticket_of(event: Event) -> PublicTicket:
    """The ticket a ticket event is about."""
    return cast("PublicTicket", event.data["ticket"])
