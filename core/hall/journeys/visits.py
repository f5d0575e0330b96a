"""What may be done to a ticket by staff or its holder, and the questions about tickets."""

from typing import Annotated, Final, Literal, get_args

from pydantic import Field

from ...actions import Answer as AnyAnswer
from ...actions import Call
from ...errors import BadData
from ...integration import Kit
from ...schema import Strict, Target
from ..admission.queues import QueueName
from ..config.legs import Leg, Plan, Where
from ..counters.counters import CounterName
from ..ended import listed as ended_tickets
from ..events import ENDED, LIVE, TICKET_CANCELLED, PublicTicket
from ..hall import Hall
from ..journal import Answer, Decision
from ..tickets import changed, may
from .holding import For, hold, release
from .moves import ready, requeue, transfer

TicketName = Annotated[str, Target("ticket", later=True)]
_OF_LEG: Final = ("service", "counter", "staff", "pool", "place", "ready")
_SEES_PEOPLE = ("system", "owner", "manager", "staff")
MAX_LISTED = 1000
State = Literal[
    "pending", "waiting", "staged", "called", "serving", "held", "no_show", "finished", "cancelled", "expired"
]  # fmt: skip
assert (*LIVE, *ENDED) == get_args(State)


class TicketOnly(Strict):
    """Data that names a ticket."""

    ticket: TicketName = Field(description="The ticket, by id or number.")


class Transfer(TicketOnly):
    """Data of ticket.transfer."""

    queue: QueueName | None = Field(default=None, description="The new queue; the same if left out.")
    service: str | None = Field(default=None, max_length=64, description="What the visitor comes for there.")
    counter: CounterName | None = Field(default=None, description="Reserve for this counter.")
    staff: str | None = Field(default=None, max_length=64, description="Reserve for this member of staff.")
    pool: str | None = Field(default=None, max_length=64, description="Reserve for the counters of this pool.")
    only: bool = Field(default=False, description="The reservation stays while that counter is closed.")
    place: Where = Field(default="end", description="end, keep (the time of issue) or front.")
    urgency: int | None = Field(default=None, ge=-100, le=100, description="Given to the visitor from now on.")
    ready: bool = Field(default=True, description="False: not called by itself until ticket.ready.")
    then: Plan | None = Field(
        default=None,
        description="The stays after that: queues, back, or {queue, ready}; as planned if left out, [] for none.",
    )


class Hold(TicketOnly):
    """Data of ticket.hold."""

    for_: For = Field(
        default="anyone", alias="for", description="Who goes on with it: anyone, this counter, or after another step."
    )
    step: str | None = Field(default=None, min_length=1, max_length=100, description="The step it waits for.")


class Ready(TicketOnly):
    """Data of ticket.ready."""

    place: Where | None = Field(
        default=None, description="end, keep (the time of issue) or front; what was promised, or end, if left out."
    )


class ListTickets(Strict):
    """Data of ticket.list."""

    queue: QueueName | None = Field(
        default=None, description="Only of this queue; those who wait as they stand in line."
    )
    counter: CounterName | None = Field(default=None, description="Only at this counter.")
    state: State | list[State] | None = Field(
        default=None, description="Only in this state or these; all live ones if left out."
    )
    case: str | None = Field(default=None, max_length=64, description="Only of this case.")
    limit: int = Field(default=100, ge=1, le=MAX_LISTED, description="At most so many.")


class Visits:
    """Tickets on the bus."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall

    def register(self, kit: Kit) -> None:
        one = TicketOnly
        kit.action("ticket.transfer", Transfer, self.transfer, description={
            "en": "To another queue or counter, with the same number.", "zh-CN": "转移到其他队列或窗口，号码不变。"})  # fmt: skip
        kit.action("ticket.hold", Hold, self.hold, description={"en": "Set aside.", "zh-CN": "挂起。"})
        kit.action("ticket.release", one, self.release, description={"en": "Back in line.", "zh-CN": "解除挂起。"})
        kit.action(
            "ticket.ready", Ready, self.ready, description={"en": "May be called now.", "zh-CN": "就绪，可呼叫。"}
        )
        kit.action("ticket.requeue", one, self.requeue, description={
            "en": "A no-show is back.", "zh-CN": "过号客户重新排队。"})  # fmt: skip
        kit.action("ticket.cancel", one, self.cancel, description={"en": "Give it up.", "zh-CN": "取消。"})
        kit.action("ticket.get", one, self.get, question=True, response="only", description={
            "en": "One ticket.", "zh-CN": "查询票号。"})  # fmt: skip
        kit.action("ticket.list", ListTickets, self.list, question=True, response="only", description={
            "en": "The tickets of a queue or counter.", "zh-CN": "查询票号列表。"})  # fmt: skip

    async def transfer(self, data: Transfer, call: Call) -> Answer:
        kept_for = [one for one in (data.counter, data.staff, data.pool) if one is not None]
        if data.queue is None and not kept_for:
            raise BadData({"en": "ticket.transfer: say which queue, counter, staff or pool.",
                           "zh-CN": "ticket.transfer：请指定队列、窗口、员工或组。"})  # fmt: skip
        if len(kept_for) > 1:
            raise BadData({"en": "ticket.transfer: reserve for a counter, for staff or for a pool, not for two.",
                           "zh-CN": "ticket.transfer：窗口、员工、组只能指定一个。"})  # fmt: skip
        if data.only and not kept_for:
            raise BadData({"en": "ticket.transfer: only is of a counter, staff or pool. Say which.",
                           "zh-CN": "ticket.transfer：only 须与窗口、员工或组一起指定。"})  # fmt: skip

        def rule(d: Decision) -> Answer:
            ticket = self._hall.ticket(d.floor, data.ticket)
            leg = Leg(queue=data.queue or ticket["queue"], **{name: getattr(data, name) for name in _OF_LEG})
            return {"ticket": transfer(self._hall, d, ticket, leg, data.then, data.only, data.urgency)}

        return await self._hall.journal.decide(call, "ticket.transfer", data, rule)

    async def hold(self, data: Hold, call: Call) -> Answer:
        if data.step is not None and data.for_ != "step":
            raise BadData(
                {
                    "en": "ticket.hold: step goes with  for: step.",
                    "zh-CN": "ticket.hold：step 须与 for: step 一起使用。",
                }
            )
        return await self._hall.journal.decide(call, "ticket.hold", data, lambda d: {
            "ticket": hold(self._hall, d, self._hall.ticket(d.floor, data.ticket), data.for_, data.step)})  # fmt: skip

    async def release(self, data: TicketOnly, call: Call) -> Answer:
        return await self._hall.journal.decide(call, "ticket.release", data, lambda d: {
            "ticket": release(self._hall, d, self._hall.ticket(d.floor, data.ticket))})  # fmt: skip

    async def ready(self, data: Ready, call: Call) -> Answer:
        return await self._hall.journal.decide(call, "ticket.ready", data, lambda d: {
            "ticket": ready(self._hall, d, self._hall.ticket(d.floor, data.ticket), data.place)})  # fmt: skip

    async def cancel(self, data: TicketOnly, call: Call) -> Answer:
        def rule(d: Decision) -> Answer:
            ticket = self._hall.ticket(d.floor, data.ticket)
            may("ticket.cancel", ticket)
            self._hall.free(d, ticket)
            return {"ticket": self._hall.tell(d, TICKET_CANCELLED, ticket, changed(ticket, d.now, "cancelled"))}

        return await self._hall.journal.decide(call, "ticket.cancel", data, rule)

    async def requeue(self, data: TicketOnly, call: Call) -> Answer:
        return await self._hall.journal.decide(call, "ticket.requeue", data, lambda d: {
            "ticket": requeue(self._hall, d, self._hall.ticket(d.floor, data.ticket))})  # fmt: skip

    # Questions show only what is durable.

    async def get(self, data: TicketOnly, call: Call) -> AnyAnswer:
        floor = self._hall.journal.durable
        if floor.find(data.ticket) is None:
            await self._hall.journal.recall(data.ticket)
        ticket = self._hall.ticket(floor, data.ticket)
        answer: Answer = {"ticket": ticket, "ahead": floor.ahead(ticket) if ticket["state"] == "waiting" else None}
        if self._hall.estimates is not None and ticket["state"] in (
            "waiting",
            "staged",
        ):  # as it is now, not as promised
            answer["estimate"] = self._hall.estimates.of(floor, ticket, self._hall.clock.now())
        if call.caller.role in _SEES_PEOPLE:
            answer["person"] = floor.people.get(ticket["id"])
        return answer

    async def list(self, data: ListTickets, call: Call) -> AnyAnswer:
        wanted = LIVE if data.state is None else (data.state,) if isinstance(data.state, str) else tuple(data.state)
        floor = self._hall.journal.durable
        in_line = data.queue is not None and tuple(wanted) == ("waiting",)
        listed = floor.everyone(data.queue) if in_line and data.queue is not None else floor.tickets.values()
        found = [t for t in listed if t["state"] in wanted and _fits(t, data)]
        total = len(found)
        if set(wanted) & set(ENDED) and self._hall.journal.store.lasting:
            live = [t for t in found if t["state"] in LIVE]
            ended, count = await ended_tickets(
                self._hall.journal.store, wanted, data.queue, data.counter, data.case, data.limit)  # fmt: skip
            found, total = sorted([*live, *ended], key=lambda t: t["id"]), len(live) + count
        if not found:  # a queue that was taken out of the YAML with tickets in it can still be asked for
            if data.queue is not None:
                self._hall.queue(data.queue)
            if data.counter is not None:
                self._hall.counter(data.counter)
        return {"tickets": found[: data.limit], "total": total}


def _fits(ticket: PublicTicket, data: ListTickets) -> bool:
    asked = (data.queue, ticket["queue"]), (data.counter, ticket["counter"]), (data.case, ticket.get("case"))
    return all(wanted in (None, has) for wanted, has in asked)
