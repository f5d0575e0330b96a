"""The stays of one visit: the legs still to come are a ticket's plan, each begins as the one before it ends.

A leg in a plan is a row: `{queue, ready}` and what else was said of it. Its `place` is end, keep or front, worked out when
the leg begins; or a place that was promised when the visitor was sent off (`back`).
"""

from collections.abc import Sequence
from typing import Any, Final, cast

from ...errors import Refused, Unknown
from ...schema import did_you_mean
from ..config.legs import BACK, Leg, Where
from ..events import TICKET_TRANSFERRED, PublicTicket
from ..floor import Floor
from ..hall import Hall
from ..journal import Decision
from .places import place

_OF_ONE_STAY: Final = ("stands_as", "promised", "kept_for_step", "staged_by_hand", "reserved_staff", "reserved_pool")


def planned(hall: Hall, d: Decision, plan: Sequence[Leg], ticket: PublicTicket | None = None) -> list[dict[str, Any]]:
    """The plan as it stands in the ticket. Raises Unknown or Refused for what is not there."""
    return [_row(hall, d, leg, ticket) for leg in plan]


def _row(hall: Hall, d: Decision, leg: Leg, ticket: PublicTicket | None) -> dict[str, Any]:
    if leg.queue == BACK and ticket is not None:
        # Back to who sent: this queue, this counter, in line by the time of leaving.
        return {"queue": ticket["queue"], "ready": leg.ready, "counter": ticket["counter"], "place": d.last_place}
    of_queue(hall, d, leg.queue, leg.service, leg.counter, leg.staff, leg.pool)
    return _said(hall, leg)


def usual(hall: Hall, queue: str, service: str | None) -> list[dict[str, Any]]:
    """The plan of who comes for this service of this queue, as the YAML has it; `usher check` has seen to it."""
    config = hall.queue(queue)
    own = config.services[service].then if service in config.services else None
    return [_said(hall, leg) for leg in (config.then if own is None else own)]


def _said(hall: Hall, leg: Leg) -> dict[str, Any]:
    said = leg.model_dump(exclude_defaults=True, exclude_none=True)
    if leg.staff is not None:
        said["staff"] = hall.staff.find(leg.staff) or leg.staff
    return {**said, "queue": leg.queue, "ready": leg.ready}


def of_queue(
    hall: Hall, d: Decision, queue: str, service: str | None, counter: str | None, staff: str | None, pool: str | None
) -> None:
    """Raises Unknown or Refused unless all this exists and goes together."""
    if service is not None and service not in hall.queue(queue).services:
        raise Unknown("unknown_service", {
            "en": "The queue {queue} has no service {service}.", "zh-CN": "队列 {queue} 没有 {service} 业务。"},
            queue=queue, service=service)  # fmt: skip
    hall.queue(queue)
    if counter is not None and queue not in served(hall, d.floor, counter):
        raise not_served(counter, queue)
    if staff is not None:
        hall.staff.known(staff)
    if pool is not None and pool not in _pools(hall):
        meant = did_you_mean(pool, sorted(_pools(hall)))
        raise Unknown("unknown_pool", {
            "en": f"There is no pool {{name}}.{meant}", "zh-CN": "没有 {name} 这个组。"}, name=pool)  # fmt: skip


def served(hall: Hall, floor: Floor, counter: str) -> set[str]:
    """The queues of this counter: its own, and those of who sits there."""
    return {s.queue for s in (*hall.counter(counter).serves, *hall.staff.serves(floor, counter))}


def not_served(counter: str, queue: str) -> Refused:
    return Refused("not_served", {
        "en": "Counter {counter} does not serve {queue}.", "zh-CN": "{counter} 号窗口不办理 {queue}。"},
        counter=counter, queue=queue)  # fmt: skip


def _pools(hall: Hall) -> set[str]:
    counters = (pool for counter in hall.counters.values() for pool in counter.pools)
    return {*counters, *(pool for one in hall.staff.staff.values() for pool in one.pools)}


def still_planned(hall: Hall, ticket: PublicTicket) -> list[dict[str, Any]]:
    """The ticket's plan without the queues that were taken out of the YAML since."""
    return [leg for leg in ticket["plan"] if leg["queue"] in hall.queues]


def next_leg(hall: Hall, d: Decision, ticket: PublicTicket) -> PublicTicket:
    """The first leg of the ticket's plan begins."""
    leg, *rest = ticket["plan"]
    return enter(hall, d, ticket, leg, rest)


def enter(
    hall: Hall,
    d: Decision,
    ticket: PublicTicket,
    leg: dict[str, Any],
    plan: list[dict[str, Any]],
    only: bool = False,
    given: int | None = None,
) -> PublicTicket:
    """A leg begins, with the number kept. `given` is an urgency that goes with the visitor from now on."""
    queue, ready, where = leg["queue"], leg.get("ready", True), leg.get("place") or "end"
    service = leg.get("service") or (ticket["service"] if queue == ticket["queue"] else None)
    if service not in hall.queue(queue).services:  # taken out of the YAML since
        service = None
    old = {key: value for key, value in ticket.items() if key not in _OF_ONE_STAY}
    given = given_urgency(hall, ticket) if given is None else given
    new = cast("PublicTicket", {
        **old, "queue": queue, "service": service, "state": "waiting" if ready else "pending",
        "urgency": urgency_in(hall, queue, given, same=queue == ticket["queue"]), "leg": ticket["leg"] + 1,
        "counter": None, "staff": None, "calls": 0, "reserved": leg.get("counter"), "only": only, "plan": plan,
        **({} if given is None else {"triage": given}),
        **({"reserved_staff": leg["staff"]} if leg.get("staff") else {}),
        **({"reserved_pool": leg["pool"]} if leg.get("pool") else {}),
        **({} if ready or where == "end" else {"promised": True}),
    })  # fmt: skip
    issued = ticket["times"].get("issued", d.now)
    new["times"] = {"issued": issued, "waiting": issued if where == "keep" else d.now}
    if not ready:
        new["times"]["pending"] = d.now
    new["place"] = cast("list[float]", where) if isinstance(where, list) else place(d, new, queue, cast("Where", where))
    return hall.tell(d, TICKET_TRANSFERRED, ticket, new)


def given_urgency(hall: Hall, ticket: PublicTicket) -> int | None:
    """The urgency given to the visitor, which goes along; the queue's own stays behind."""
    if "triage" in ticket:
        return ticket["triage"]
    # Of a ticket that does not say: what is not its queue's own was given.
    own = hall.queues[ticket["queue"]].urgency if ticket["queue"] in hall.queues else 0
    return ticket["urgency"] if ticket["urgency"] != own else None


def urgency_in(hall: Hall, queue: str, given: int | None, *, same: bool) -> int:
    """What was given counts instead of the own urgency of the queue it was given in; elsewhere the higher of the two."""
    own = hall.queue(queue).urgency
    return own if given is None else given if same else max(own, given)
