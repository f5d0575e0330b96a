"""A queue's day begins anew by hand: who waits there expires, counts and numbers start again; the journal keeps it all."""

from typing import Annotated

from pydantic import Field

from ..actions import Call
from ..errors import Refused
from ..integration import Kit
from ..schema import Strict, Target
from .counters.leaving import let_go
from .events import QUEUE_CLEARED, PublicTicket
from .floor import Floor, no_queue
from .hall import Hall
from .journal import Answer, Decision, Rule
from .numbering import give, sequence_of
from .tickets import AT_COUNTER

CHUNK = 200  # tickets in one decision: the loop is never held long


class ClearDay(Strict):
    """Data of queue.clear_day."""

    queue: Annotated[list[str] | None, Target("queue", many=True)] = Field(
        default=None, description="This queue, or these; all if left out."
    )
    numbers: bool = Field(default=True, description="The numbers begin anew as well.")
    reason: str = Field(min_length=1, max_length=200, description="Why; it is written down with who did it.")


class Clearing:
    """queue.clear_day: after a rehearsal, or an alarm that emptied the hall. For managers."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall

    def register(self, kit: Kit) -> None:
        kit.action("queue.clear_day", ClearDay, self.clear, description={
            "en": "Begin the day of a queue anew: who waits there expires. For managers.",
            "zh-CN": "队列当日重新开始：仍在等候的票号作废（仅限主管）。"})  # fmt: skip

    async def clear(self, data: ClearDay, call: Call) -> Answer:
        left: list[str] = []

        def first(d: Decision) -> Answer:
            names = list(self._hall.queues) if data.queue is None else list(dict.fromkeys(data.queue))
            if data.numbers:
                self._alone(names)
            old = _over(d.floor, names)
            for ticket in old[:CHUNK]:
                let_go(self._hall, d, ticket)
            left.extend(ticket["id"] for ticket in old[CHUNK:])
            for name in names:
                self._begin(d, name, data, sum(t["queue"] == name for t in old), call.caller.id)
            return {"queues": names, "let_go": len(old)}

        answer = await self._hall.journal.decide(call, "queue.clear_day", data, first)
        while left:
            some, left = left[:CHUNK], left[CHUNK:]
            await self._hall.journal.decide(Call(call.caller, call.context), "queue.clear_day", None, self._rest(some))
        return answer

    def _alone(self, names: list[str]) -> None:
        """Raises Refused if a queue that is not cleared draws from the same run of numbers."""
        runs = {sequence_of(name, self._hall.queue(name)) for name in names}
        others = [
            name for name, one in self._hall.queues.items() if sequence_of(name, one) in runs and name not in names
        ]
        if others:
            raise Refused("sequence_shared", {
                "en": "The numbers run together with {others}. Clear them as well, or let the numbers run on (numbers: false).",
                "zh-CN": "号码与 {others} 连续编号。请一并清空，或不重新编号（numbers: false）。"},
                others=", ".join(others))  # fmt: skip

    def _begin(self, d: Decision, name: str, data: ClearDay, gone: int, by: str) -> None:
        queue, row = self._hall.queue(name), self._hall.queue_row(d, name)
        told = {"issued": row["issued"], "served": row["served"], "let_go": gone}
        d.put("queue", name, {**no_queue(d.day), "paused": row["paused"], "reason": row["reason"]})
        if data.numbers:
            give(d, name, queue, queue.start - 1)
        d.event(QUEUE_CLEARED, {"queue": name, **told, "numbers": data.numbers, "reason": data.reason, "by": by})

    def _rest(self, some: list[str]) -> Rule:
        def rule(d: Decision) -> Answer:
            for id_ in some:
                ticket = d.floor.tickets.get(id_)
                if ticket is not None and ticket["state"] not in AT_COUNTER:  # called meanwhile: it is served
                    let_go(self._hall, d, ticket)
            return {}

        return rule


def _over(floor: Floor, names: list[str]) -> list[PublicTicket]:
    """All tickets of these queues but those at a counter, the lowest numbers first: they are the first to be free again."""
    found = [t for t in floor.tickets.values() if t["queue"] in names and t["state"] not in AT_COUNTER]
    return sorted(found, key=lambda t: (len(t["number"]), t["number"]))
