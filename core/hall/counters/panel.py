"""What the panel of a counter shows: its ticket, who is next and why, the lists, and what may be done."""

from collections.abc import Iterable
from heapq import nsmallest
from itertools import islice
from typing import Any, Final

from ...access import may_act
from ...actions import Answer, Call
from ...integration import Kit
from ...words import Words
from ..calling.choosing import choose
from ..config.panel import keys_in_force
from ..events import PublicTicket
from ..figures import counter_state
from ..floor import CounterRow, Floor
from ..hall import Hall
from ..journeys.staging import staged_for
from ..text import masked
from .counters import CounterOnly
from .due import alert, began_at
from .lease import Leases, told
from .serving import offered
from .undo import Undo

MAX_LINE: Final = 50  # tickets listed
ASIDE: Final = {"held": "held", "missed": "no_show", "pending": "pending"}


class Panels:
    """Makes the documents of `counter/<id>`."""

    def __init__(self, hall: Hall, undo: Undo, leases: Leases) -> None:
        self._hall, self._undo, self._leases = hall, undo, leases

    def register(self, kit: Kit) -> None:
        kit.action("counter.targets", CounterOnly, self.targets, question=True, response="only", description={
            "en": "Where a visitor may be sent from a counter.", "zh-CN": "查询可转移到哪里。"})  # fmt: skip

    def document(self, name: str) -> dict[str, Any]:
        """All that the panel of this counter shows now."""
        hall, floor = self._hall, self._hall.journal.durable
        row = floor.counters.get(name)
        ticket = floor.tickets.get(row["ticket"]) if row and row["ticket"] else None
        served = [s.queue for s in hall.staff.serves(floor, name) if s.queue in hall.queues]
        aside = [t for queue in served for t in floor.aside(queue)]
        return {
            "counter": self._counter(floor, name, row, ticket),
            "ticket": ticket,
            "called": {"calls": ticket["calls"], "at": ticket["times"].get("called"),
                       "reasons": row.get("reasons", []) if row else []} if ticket else None,
            "service": self._service(name, row, ticket),
            "next": self._next(floor, name),
            "undo": self._undoable(floor, name),
            "lease": told(self._leases.of(name)),
            "waiting": brief(in_line(floor, served)),
            **{list_: brief(t for t in aside if t["state"] == state) for list_, state in ASIDE.items()},
            "staged": brief(staged_for(floor, name)),
            "booked": self._booked(floor, set(served)),
            "queues": [{"queue": q, "name": c.name} for q, c in hall.queues.items()],
            "keys": keys_in_force(hall.counters[name].keys, hall.config.panel.keys),
            "single_keys": hall.config.panel.single_keys,
            "pause_reasons": [{"id": id_, "name": one.name} for id_, one in hall.config.pause_reason.items()],
        }  # fmt: skip

    def _counter(self, floor: Floor, name: str, row: CounterRow | None, ticket: PublicTicket | None) -> dict[str, Any]:
        hall, config = self._hall, self._hall.counters[name]
        return {
            "id": name, "name": config.name, "state": counter_state(row, ticket["state"] if ticket else None),
            "since": row["since"] if row else None, "staff": self._who(row),
            "serves": [{"queue": s.queue, "name": hall.queues[s.queue].name, "priority": s.priority,
                        "waiting": floor.waiting(s.queue)} for s in hall.staff.serves(floor, name) if s.queue in hall.queues],
            "served_today": row["served"] if row and row["day"] == hall.journal.today else 0,
            "pause_reason": row["reason"] if row else None, "pausing": bool(row and row["pausing"]),
            "auto_call": config.auto_call, "by_hand": bool(row and row.get("by_hand")), "must_start": config.must_start,
        }  # fmt: skip

    def _who(self, row: CounterRow | None) -> Words | None:
        """Who sits there, in the languages their name has."""
        listed = self._hall.staff.staff.get(row["staff"] or "") if row else None
        return listed.name if listed is not None else row["staff_name"] if row else None

    def _service(self, name: str, row: CounterRow | None, ticket: PublicTicket | None) -> dict[str, Any] | None:
        """How long it takes, how long it should, and what may be counted as done."""
        if row is None or ticket is None:
            return None
        return {"since": began_at(row, ticket), "limit": alert(self._hall, name, ticket),
                "codes": [{"code": code, "name": words} for code, words in offered(self._hall, ticket["queue"]).items()],
                "done": ticket.get("services_done", [])}  # fmt: skip

    def _next(self, floor: Floor, name: str) -> dict[str, Any] | None:
        choice = choose(self._hall, floor, name, self._hall.clock.now(), self._hall.journal.today)
        if choice is None:
            return None
        ticket = choice.ticket
        return {"number": ticket["number"], "queue": ticket["queue"], "class": ticket["class"],
                "reasons": choice.reasons, "since": ticket["times"].get("waiting")}  # fmt: skip

    def _booked(self, floor: Floor, served: set[str]) -> list[dict[str, Any]]:
        """Who is expected today in these queues, the earliest first; whom it is for is masked, as on a board."""
        types = self._hall.config.appointment
        if not types:
            return []
        rows = (row for row in floor.book.of_day(self._hall.journal.today)
                if row["state"] == "booked" and row["type"] in types and types[row["type"]].queue in served)  # fmt: skip
        return [
            {"id": row["id"], "at": row["at"], "queue": types[row["type"]].queue, "party": row["party"],
             "type": types[row["type"]].name,
             "name": masked(name) if (name := floor.people.get(row["id"], {}).get("name")) else None}
            for row in nsmallest(MAX_LINE, rows, key=lambda row: (row["at"], row["id"]))
        ]  # fmt: skip

    def _undoable(self, floor: Floor, name: str) -> dict[str, Any] | None:
        """What can be undone, of which ticket, and until when."""
        last = self._undo.possible(floor, name)
        if last is None:
            return None
        key = last.tickets()[-1]
        return {"action": last.action, "number": floor.tickets[key]["number"], "until": last.until}

    async def targets(self, data: CounterOnly, call: Call) -> Answer:
        """Where a visitor may be sent from here: queues, other counters, staff, pools; and what they may be.

        Asked, not shown: it is long, and who may move people in line depends on who asks.
        """
        hall, floor, name = self._hall, self._hall.journal.durable, data.counter
        hall.counter(name)
        at = {row["staff"]: counter for counter, row in floor.counters.items() if row["staff"] is not None}
        return {
            "queues": [{"queue": q, "name": c.name, "waiting": floor.waiting(q),
                        "paused": bool((r := floor.queues.get(q)) and r["paused"])} for q, c in hall.queues.items()],
            "counters": [
                {"id": id_, "name": one.name, "queues": [s.queue for s in hall.staff.serves(floor, id_)],
                 "open": bool((row := floor.counters.get(id_)) and row["staff"] is not None)}
                for id_, one in hall.counters.items() if id_ != name],
            "staff": [{"id": id_, "name": one.name, "counter": at.get(id_)}
                      for id_, one in hall.staff.staff.items() if at.get(id_) != name],
            "pools": list(hall.staff.all_pools()),
            "classes": list(dict.fromkeys((*hall.site.classes, "normal"))),
            "may_move": may_act(call.caller.permission, "ticket.move"),
        }  # fmt: skip


def in_line(floor: Floor, queues: list[str]) -> list[PublicTicket]:
    """Who waits in these queues, queue by queue, each in order; a long one leaves room for the others."""
    left, room = MAX_LINE, dict[str, int]()
    for n, queue in enumerate(sorted(queues, key=floor.waiting)):
        room[queue] = min(floor.waiting(queue), left // (len(queues) - n))
        left -= room[queue]
    return [ticket for queue in queues for ticket in islice(floor.everyone(queue), room[queue])]


def brief(tickets: Iterable[PublicTicket]) -> list[dict[str, Any]]:
    """Tickets as a list shows them."""
    return [
        {"id": t["id"], "number": t["number"], "queue": t["queue"], "class": t["class"], "state": t["state"],
         "since": t["times"].get("waiting"), "reserved": t["reserved"], "step": t.get("kept_for_step"),
         "urgency": t["urgency"], "party": t["party"], "note": t.get("note")}
        for _, t in zip(range(MAX_LINE), tickets, strict=False)
    ]  # fmt: skip
