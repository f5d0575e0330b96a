"""What becomes of a ticket away from the counter: next leg, transfer, requeue, and its place in line."""

from itertools import islice
from typing import Any, Literal, cast

from ..errors import Refused
from .admission import paused
from .events import TICKET_REQUEUED, TICKET_TRANSFERRED, PublicTicket
from .hall import Hall
from .journal import Decision
from .queues import BACK, Leg
from .tickets import changed, may

Where = Literal["end", "keep", "front"]


def still_planned(hall: Hall, ticket: PublicTicket) -> list[dict[str, Any]]:
    """The ticket's plan without the queues that were taken out of the YAML since."""
    return [leg for leg in ticket["plan"] if leg["queue"] in hall.queues]


def next_leg(hall: Hall, d: Decision, ticket: PublicTicket) -> PublicTicket:
    """The first leg of the ticket's plan begins."""
    leg, *rest = ticket["plan"]
    place = leg.get("place") or d.last_place
    return _enter(hall, d, ticket, leg["queue"], leg.get("counter"), place, leg.get("ready", True), rest)


def transfer(
    hall: Hall,
    d: Decision,
    ticket: PublicTicket,
    queue: str,
    counter: str | None,
    where: Where,
    then: list[Leg],
    only: bool = False,
) -> PublicTicket:
    """A new leg in another line; asked only `unknown_queue` and `paused`, never quotas or hours."""
    may("ticket.transfer", ticket)
    _may_enter(hall, d, queue)
    if counter is not None and queue not in {s.queue for s in hall.counter(counter).serves}:
        raise Refused("not_served", {
            "en": "Counter {counter} does not serve {queue}.", "zh-CN": "{counter} 号窗口不办理 {queue}。"},
            counter=counter, queue=queue)  # fmt: skip
    plan = [_planned(hall, d, ticket, leg) for leg in then] if then else ticket["plan"]
    hall.free(d, ticket)
    return _enter(hall, d, ticket, queue, counter, _place(d, ticket, queue, where), True, plan, only)


def _may_enter(hall: Hall, d: Decision, queue: str) -> None:
    hall.queue(queue)
    row = d.floor.queues.get(queue)
    if row is not None and row["paused"]:
        raise paused(row["reason"])


def _planned(hall: Hall, d: Decision, ticket: PublicTicket, leg: Leg) -> dict[str, Any]:
    if leg.queue != BACK:
        hall.queue(leg.queue)
        return leg.model_dump()
    # Back to who sent: this queue, this counter, in line by the time of leaving.
    return {"queue": ticket["queue"], "ready": leg.ready, "counter": ticket["counter"], "place": d.last_place}


def _place(d: Decision, ticket: PublicTicket, queue: str, where: Where) -> list[float]:
    if where == "keep":
        return [ticket["times"].get("issued", d.now), ticket["place"][1]]
    return _behind(d, ticket, queue, 0) if where == "front" else d.last_place


def _enter(
    hall: Hall, d: Decision, ticket: PublicTicket, queue: str, counter: str | None, place: list[float],
    ready: bool, plan: list[dict[str, Any]], only: bool = False,
) -> PublicTicket:  # fmt: skip
    issued = ticket["times"].get("issued", d.now)
    urgency = ticket["urgency"] if queue == ticket["queue"] else hall.queue(queue).urgency
    new = cast("PublicTicket", {
        **ticket, "queue": queue, "service": ticket["service"] if queue == ticket["queue"] else None,
        "state": "waiting" if ready else "pending", "urgency": max(urgency, _given(hall, ticket)), "place": place,
        "leg": ticket["leg"] + 1, "times": {"issued": issued, "waiting": place[0] if place[0] == issued else d.now},
        "counter": None, "staff": None, "calls": 0, "reserved": counter, "only": only, "plan": plan,
    })  # fmt: skip
    return hall.tell(d, TICKET_TRANSFERRED, ticket, new)


def _given(hall: Hall, ticket: PublicTicket) -> int:
    """An urgency given to the visitor goes along; the queue's own stays behind."""
    own = hall.queues[ticket["queue"]].urgency if ticket["queue"] in hall.queues else 0
    return ticket["urgency"] if ticket["urgency"] != own else -100


def requeue(hall: Hall, d: Decision, ticket: PublicTicket) -> PublicTicket:
    """A no-show is back: behind the n-th waiting, at the end or in front, so many times."""
    may("ticket.requeue", ticket)
    _may_enter(hall, d, ticket["queue"])
    rule = hall.queue(ticket["queue"]).requeue
    if ticket["requeued"] >= rule.times:
        raise Refused("requeue_limit", {
            "en": "{number} has come back as often as it may. Please take a new ticket.",
            "zh-CN": "{number} 已超过可重新排队的次数，请重新取号。"}, number=ticket["number"])  # fmt: skip
    if rule.after in ("end", "front"):
        place = _place(d, ticket, ticket["queue"], cast("Where", rule.after))
    else:
        place = _behind(d, ticket, ticket["queue"], int(rule.after))
    new = changed(
        ticket, d.now, "waiting", place=place, counter=None, staff=None, calls=0, requeued=ticket["requeued"] + 1
    )  # fmt: skip
    return hall.tell(d, TICKET_REQUEUED, ticket, new)


def _behind(d: Decision, ticket: PublicTicket, queue: str, n: int) -> list[float]:
    """Just behind the n-th waiting in this queue, or at the end if there are fewer.

    A place counts among its like only (same urgency, same weight of class): whoever goes before by class does so anyway.
    """
    line = list(islice(d.floor.everyone(queue), n))
    alike = _alike(d, ticket, queue)
    before = [t for t in line if t["id"] in alike]
    after = next((t for t in alike.values() if t not in before), None)
    if len(line) < n or after is None:
        return d.last_place
    if not before:
        return [after["place"][0], after["place"][1] - 0.5]
    last = before[-1]["place"]
    if last[0] == after["place"][0]:
        return [last[0], (last[1] + after["place"][1]) / 2]
    return [last[0], last[1] + 0.5]


def _alike(d: Decision, ticket: PublicTicket, queue: str) -> dict[str, PublicTicket]:
    """Who waits there with the same urgency and weight, in order."""
    rank = (ticket["urgency"], d.floor.weight(ticket))
    return {t["id"]: t for t in d.floor.everyone(queue) if (t["urgency"], d.floor.weight(t)) == rank}
