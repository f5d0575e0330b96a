"""What becomes of the ticket at a counter: recalled, started, finished, put back, a no-show; and what was done for it."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, cast

from ...errors import Refused, Unknown
from ...schema import did_you_mean
from ..events import (
    TICKET_CALLED,
    TICKET_FINISHED,
    TICKET_NO_SHOW,
    TICKET_PUT_BACK,
    TICKET_STARTED,
    TICKET_UPDATED,
    PublicTicket,
)
from ..floor import Floor
from ..hall import Hall
from ..journal import Decision
from ..journeys.holding import hold
from ..journeys.legs import next_leg, still_planned
from ..tickets import changed, may

Current: TypeAlias = Literal["finish", "no_show", "put_back", "hold"]
Done: TypeAlias = "tuple[str, int]"  # a service code, and how many
MAX_CODES = 50  # different ones on a ticket
MAX_QUANTITY = 9999


def at(hall: Hall, floor: Floor, counter: str) -> PublicTicket:
    """The ticket at this counter; refused if there is none."""
    hall.open_counter(floor, counter)
    present = hall.present(floor, counter)
    if present is None:
        raise Refused("no_ticket", {"en": "There is no ticket at this counter.", "zh-CN": "本窗口当前没有票号。"})
    return present


def must_settle(hall: Hall, floor: Floor, counter: str, current: Current | None) -> None:
    """Refused while a ticket is there and nobody said what becomes of it."""
    present = hall.present(floor, counter)
    if present is not None and current is None:
        raise Refused("busy", {
            "en": "{number} is still at this counter. Say what becomes of it: finish, no_show, put_back or hold.",
            "zh-CN": "{number} 仍在本窗口，请先选择：完成、过号、退回或挂起。"}, number=present["number"])  # fmt: skip


def settle(hall: Hall, d: Decision, counter: str, current: Current | None, done: Sequence[Done] = ()) -> None:
    """The ticket that is there now leaves the counter."""
    must_settle(hall, d.floor, counter, current)
    present = hall.present(d.floor, counter)
    if present is None or current is None:
        return
    match current:
        case "finish":
            finish(hall, d, present, done)
        case "no_show":
            no_show(hall, d, present)
        case "put_back":
            put_back(hall, d, present)
        case "hold":
            hold(hall, d, present, "anyone")


def recall(hall: Hall, d: Decision, ticket: PublicTicket) -> PublicTicket:
    """Called once more; one call more than `no_show_after` is a no-show."""
    may("counter.recall", ticket)
    limit = hall.counter(ticket["counter"] or "").no_show_after
    if limit is not None and ticket["calls"] >= limit:
        return no_show(hall, d, ticket)
    times = {**ticket["times"], "called": d.now}
    new = cast("PublicTicket", {**ticket, "calls": ticket["calls"] + 1, "times": times})
    return hall.tell(d, TICKET_CALLED, ticket, new, calls=new["calls"], reasons=[])


def start(hall: Hall, d: Decision, ticket: PublicTicket) -> PublicTicket:
    """The visitor is here."""
    may("counter.start", ticket)
    counter = ticket["counter"] or ""
    d.put("counter", counter, {**hall.counter_row(d, counter), "since": d.now})
    return hall.tell(d, TICKET_STARTED, ticket, changed(ticket, d.now, "serving"))


def finish(hall: Hall, d: Decision, ticket: PublicTicket, done: Sequence[Done] = ()) -> PublicTicket:
    """Served; the next leg of its plan begins, if there is one."""
    may("counter.finish", ticket)
    if ticket["state"] == "called" and ticket["counter"] and hall.counter(ticket["counter"]).must_start:
        raise Refused("must_start", {
            "en": "Start the service of {number} before finishing it.", "zh-CN": "请先开始办理 {number}，再完成。"},
            number=ticket["number"])  # fmt: skip
    counted = count(hall, ticket, done)
    hall.free(d, ticket, served=True)
    row = hall.queue_row(d, ticket["queue"])
    d.put("queue", ticket["queue"], {**row, "served": row["served"] + 1})
    _by(hall, d, ticket["staff"])
    ended = changed(counted, d.now, "finished", plan=still_planned(hall, ticket))
    hall.tell(d, TICKET_FINISHED, ticket, ended, final=not ended["plan"])
    if not ended["plan"]:
        return ended
    leaving = {key: value for key, value in ended.items() if key != "services_done"}  # it is of the leg that ended
    return next_leg(hall, d, cast("PublicTicket", leaving))


def no_show(hall: Hall, d: Decision, ticket: PublicTicket) -> PublicTicket:
    """Nobody came."""
    may("counter.no_show", ticket)
    hall.free(d, ticket)
    return hall.tell(d, TICKET_NO_SHOW, ticket, changed(ticket, d.now, "no_show"))


def put_back(hall: Hall, d: Decision, ticket: PublicTicket) -> PublicTicket:
    """Waiting again, in the old place."""
    may("counter.put_back", ticket)
    counter = ticket["counter"] or ""
    hall.free(d, ticket)
    if hall.counter(counter).auto_call is not None:  # or the same one would be called again at once
        d.put("counter", counter, {**hall.counter_row(d, counter), "by_hand": True})
    since = ticket["times"].get("waiting", d.now)
    new = changed(ticket, d.now, "waiting", counter=None, staff=None, calls=0)
    new["times"]["waiting"] = since  # the old place, and the old wait
    return hall.tell(d, TICKET_PUT_BACK, ticket, new)


def note_service(hall: Hall, d: Decision, ticket: PublicTicket, done: Done) -> PublicTicket:
    """So many more of this were done for the visitor who is here; fewer, if negative."""
    may("counter.served", ticket)
    return hall.tell(d, TICKET_UPDATED, ticket, count(hall, ticket, [done]))


def count(hall: Hall, ticket: PublicTicket, done: Sequence[Done]) -> PublicTicket:
    """The ticket with these counted; what comes to nothing is not kept. Raises Unknown for a code that is not offered."""
    if not done:
        return ticket
    counts = {one["code"]: int(one["quantity"]) for one in ticket.get("services_done", ())}
    for code, quantity in done:
        if code not in offered(hall, ticket["queue"]):
            meant = did_you_mean(code, offered(hall, ticket["queue"]))
            raise Unknown("unknown_service_code", {
                "en": "There is no service code {name} for {queue}." + meant,
                "zh-CN": "{queue} 没有业务代码 {name}。"}, name=code, queue=ticket["queue"])  # fmt: skip
        counts[code] = min(MAX_QUANTITY, counts.get(code, 0) + quantity)
    if len(counts) > MAX_CODES:
        raise Refused("too_many_codes", {
            "en": "A ticket has at most {most} different codes.", "zh-CN": "每张票最多 {most} 种业务代码。"}, most=MAX_CODES)  # fmt: skip
    rest = {key: value for key, value in ticket.items() if key != "services_done"}
    kept: list[dict[str, Any]] = [{"code": code, "quantity": n} for code, n in counts.items() if n > 0]
    return cast("PublicTicket", {**rest, **({"services_done": kept} if kept else {})})


def offered(hall: Hall, queue: str) -> dict[str, Any]:
    """The codes that may be counted for a ticket of this queue, with their names: the hall's, and the queue's services."""
    codes: dict[str, Any] = {
        code: one.name for code, one in hall.config.service_code.items() if not one.queues or queue in one.queues
    }
    config = hall.queues.get(queue)
    return codes | {code: one.name for code, one in (config.services if config else {}).items() if code not in codes}


def _by(hall: Hall, d: Decision, staff: str | None) -> None:
    """One more served by this member of staff today."""
    if staff is not None and staff in hall.staff.staff:
        row = d.floor.staff.get(staff)
        served = row["served"] if row is not None and row["day"] == d.day else 0
        d.put("staff", staff, {"day": d.day, "served": served + 1})
