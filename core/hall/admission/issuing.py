"""A ticket comes into being: at `queue.issue`, at the check-in of an appointment, when a party is split.

Who asks for one writes down what is wanted; the next number is drawn, the counts of the day go up, and all hear of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, cast

from ...errors import Unknown
from ...ids import new_id
from ..events import TICKET_ISSUED, PublicTicket
from ..hall import Hall
from ..journal import Decision
from ..journeys.legs import usual
from ..numbering import alone, draw

Asked: TypeAlias = Literal["all", "door", "nothing"]
"""What of admission is asked: everything; only what also holds for who was promised a place (hall closed, paused,
blacklisted); nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The ticket somebody wants."""

    queue: str  # empty: the visitor's own, or the card's
    service: str | None = None
    class_: str | None = None  # normal, if nothing says otherwise
    party: int = 1
    urgency: int | None = None  # instead of the queue's own
    ready: bool = True
    then: Sequence[Mapping[str, Any]] | None = None  # the legs after this one; None: as the YAML says
    language: str | None = None
    visitor: str | None = None
    name: str | None = None
    phone: str | None = None
    card: str | None = None  # its number, read or typed: it tells the class and the queue, and is not kept
    origin: str | None = None
    place: list[float] | None = None  # in line; at the end if left out. An appointment's is its slot
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])  # further fields of the public ticket


def issue(hall: Hall, d: Decision, wanted: Wanted, asked: Asked = "all") -> PublicTicket:
    """Issue it, with the next number of its queue. Raises Refused as HALL lists it, and Unknown."""
    if wanted.visitor or wanted.card or wanted.phone or not wanted.queue:
        wanted = hall.visitors.known(d, wanted, asked)  # the class and the queue that are theirs
    queue = hall.queue(wanted.queue)
    _known(hall, wanted)
    if asked != "nothing":
        hall.admission.ask(d, wanted, asked)
    if asked != "all" and not alone(hall.queues, wanted.queue):
        hall.admission.has_number(d, wanted.queue)  # beyond its segment begins another queue's
    ticket = cast("PublicTicket", {
        "id": new_id(), "site": hall.site.id, "number": draw(d, wanted.queue, queue), "queue": wanted.queue,
        "service": wanted.service, "class": wanted.class_ or "normal", "party": wanted.party,
        "state": "waiting" if wanted.ready else "pending",
        "urgency": queue.urgency if wanted.urgency is None else wanted.urgency,
        "place": wanted.place or d.last_place, "leg": 1,
        "times": {"issued": d.now, "waiting": d.now, **({} if wanted.ready else {"pending": d.now})},
        "counter": None, "staff": None, "calls": 0, "reserved": None, "only": False, "requeued": 0,
        "visitor": wanted.visitor, "language": wanted.language, "origin": wanted.origin, "day": d.day,
        "plan": usual(hall, wanted.queue, wanted.service) if wanted.then is None else [dict(leg) for leg in wanted.then],
        **({} if wanted.urgency is None else {"triage": wanted.urgency}), **wanted.more,
    })  # fmt: skip
    _count(hall, d, wanted)
    if wanted.name or wanted.phone:
        d.put("person", ticket["id"], {"name": wanted.name, "phone": wanted.phone})
    return hall.tell(d, TICKET_ISSUED, None, ticket, ahead=d.floor.ahead(ticket))


def _count(hall: Hall, d: Decision, wanted: Wanted) -> None:
    """The day's tickets and people, and the people of the window that it is now."""
    row = hall.queue_row(d, wanted.queue)
    came = 0 if "split_from" in wanted.more else wanted.party  # those of a party were counted when it came
    windows, window = row.get("windows", {}), hall.calendars.of_queue(wanted.queue).window(d.now)
    if window is not None:
        windows = {**windows, window[0]: windows.get(window[0], 0) + came}
    people = row.get("people", row["issued"]) + came
    d.put("queue", wanted.queue, {**row, "issued": row["issued"] + 1, "people": people, "windows": windows})


def _known(hall: Hall, wanted: Wanted) -> None:
    """The service, class and further queues that are named exist."""
    if wanted.service is not None and wanted.service not in hall.queue(wanted.queue).services:
        raise Unknown("unknown_service", {
            "en": "The queue {queue} has no service {service}.", "zh-CN": "队列 {queue} 没有 {service} 业务。"},
            queue=wanted.queue, service=wanted.service)  # fmt: skip
    if wanted.class_ not in (None, "normal") and wanted.class_ not in hall.site.classes:
        raise Unknown("unknown_class", {
            "en": "There is no class {name} in this hall.", "zh-CN": "没有 {name} 这类客户。"}, name=wanted.class_)  # fmt: skip
    for leg in wanted.then or ():
        hall.queue(leg["queue"])
