"""What becomes of a ticket away from the counter: ready, transferred, back after a no-show, moved by a supervisor."""

from collections.abc import Sequence
from typing import Any, cast

from ...errors import Refused
from ..config.legs import Leg, Where
from ..events import TICKET_MOVED, TICKET_READY, TICKET_REQUEUED, PublicTicket
from ..hall import Hall
from ..journal import Decision
from ..tickets import changed, may
from .legs import enter, given_urgency, of_queue, planned, urgency_in
from .places import behind, between, kept, place, rank


def transfer(
    hall: Hall,
    d: Decision,
    ticket: PublicTicket,
    leg: Leg,
    then: Sequence[Leg] | None = None,
    only: bool = False,
    urgency: int | None = None,
) -> PublicTicket:
    """A new leg in another line; asked only `unknown_queue`, `hall_closed` and `paused`, never quotas or hours.

    `then` is the plan after it: None keeps the one there is, an empty one drops it.
    """
    may("ticket.transfer", ticket)
    may_enter(hall, d, leg.queue)
    of_queue(hall, d, leg.queue, leg.service, leg.counter, leg.staff, leg.pool)
    plan = ticket["plan"] if then is None else planned(hall, d, then, ticket)
    (row,) = planned(hall, d, [leg])
    hall.free(d, ticket)
    return enter(hall, d, ticket, row, plan, only, urgency)


def may_enter(hall: Hall, d: Decision, queue: str) -> None:
    """Raises Unknown or Refused if nobody may come to this queue from within the hall."""
    hall.queue(queue)
    if (refusal := hall.admission.door(d.floor, queue)) is not None:
        raise refusal


def ready(hall: Hall, d: Decision, ticket: PublicTicket, where: Where | None = None) -> PublicTicket:
    """May be called now: in the order of becoming ready, unless a place was promised (`back`, `keep`, `front`).

    The time it was pending does not count as waiting.
    """
    may("ticket.ready", ticket)
    times = ticket["times"]
    since = times.get("waiting", d.now)
    waited = max(0.0, times.get("pending", since) - since)
    new = changed(ticket, d.now, "waiting")
    if where is not None or not ticket.get("promised"):
        new["place"] = place(d, ticket, ticket["queue"], where or "end")
    new["times"]["waiting"] = d.now - waited
    cast("dict[str, Any]", new).pop("promised", None)
    return hall.tell(d, TICKET_READY, ticket, new)


def requeue(hall: Hall, d: Decision, ticket: PublicTicket) -> PublicTicket:
    """A no-show is back: behind the n-th waiting, at the end or in front, so many times."""
    may("ticket.requeue", ticket)
    may_enter(hall, d, ticket["queue"])
    rule = hall.queue(ticket["queue"]).requeue
    if ticket["requeued"] >= rule.times:
        raise Refused("requeue_limit", {
            "en": "{number} has come back as often as it may. Please take a new ticket.",
            "zh-CN": "{number} 已超过可重新排队的次数，请重新取号。"}, number=ticket["number"])  # fmt: skip
    new = changed(ticket, d.now, "waiting", counter=None, staff=None, calls=0, requeued=ticket["requeued"] + 1)
    cast("dict[str, Any]", new).pop("stands_as", None)  # the place it was moved to is lost
    if rule.after in ("end", "front"):
        new["place"] = place(d, new, ticket["queue"], cast("Where", rule.after))
    else:
        new["place"] = behind(d, new, ticket["queue"], int(rule.after))
    return hall.tell(d, TICKET_REQUEUED, ticket, new)


def move(
    hall: Hall, d: Decision, ticket: PublicTicket, to: Where | int | PublicTicket, by: str, reason: str
) -> PublicTicket:
    """A supervisor moves a waiting ticket to any place in its queue: behind the n-th, an end, the old one, or before another.

    It stands there among those of another urgency or class as one of them; it stays what it is everywhere else.
    """
    may("ticket.move", ticket)
    was = d.floor.ahead(ticket)
    own = given_urgency(hall, ticket)
    new = cast("PublicTicket", {**ticket, "triage": own})
    cast("dict[str, Any]", new).pop("stands_as", None)
    if to == "keep":
        new["urgency"] = urgency_in(hall, ticket["queue"], own, same=ticket["leg"] == 1)
        new["place"] = kept(d, ticket)
    else:
        others = (t for t in d.floor.everyone(ticket["queue"]) if t["id"] != ticket["id"])
        before, after = _neighbours(ticket, list(others), to)
        like = before if after is None or (before is not None and not isinstance(to, dict)) else after
        if like is not None:
            new["urgency"] = like["urgency"]
            if (as_ := like.get("stands_as", like["class"])) != ticket["class"]:
                new["stands_as"] = as_
            same = rank(d.floor, like)
            one, other = (n["place"] if n is not None and rank(d.floor, n) == same else None for n in (before, after))
            new["place"] = d.last_place if after is None else between(one, other)
    d.put("ticket", new["id"], new)  # how many are before it is seen once it stands there
    return hall.tell(d, TICKET_MOVED, ticket, new, by=by, reason=reason, was_ahead=was, ahead=d.floor.ahead(new))


def _neighbours(
    ticket: PublicTicket, line: list[PublicTicket], to: Where | int | PublicTicket
) -> tuple[PublicTicket | None, PublicTicket | None]:
    """Who will stand just before and just behind."""
    if isinstance(to, dict):
        at = next((n for n, other in enumerate(line) if other["id"] == to["id"]), None)
        if at is None:
            raise Refused("not_in_line", {
                "en": "{other} does not wait in the same line as {number}.",
                "zh-CN": "{other} 与 {number} 不在同一队列中等候。"},
                other=to["number"], number=ticket["number"])  # fmt: skip
    else:
        at = len(line) if to == "end" else 0 if to == "front" else min(int(cast("int", to)), len(line))
    return (line[at - 1] if at else None), (line[at] if at < len(line) else None)
