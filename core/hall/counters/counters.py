"""What is done at a counter, on the bus: sign in and out, pause, call, serve. A counter has at most one ticket."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ...actions import Call
from ...errors import NotPermitted, Refused
from ...integration import Kit
from ...schema import Strict, Target, WordsField
from ..calling.choosing import choose, out_of_turn
from ..config import Serves
from ..config.counters import serves_one
from ..events import PublicTicket
from ..hall import Hall
from ..journal import Answer, Decision
from ..tickets import may
from . import serving, signing
from .leaving import close
from .serving import MAX_CODES, MAX_QUANTITY, Current, at, must_settle, settle

CounterName = Annotated[str, Target("counter")]
_CURRENT = "What becomes of the ticket that is there now: finish, no_show, put_back or hold."


class OneServed(Strict):
    """A queue that a counter serves for now."""

    queue: Annotated[str, Target("queue")] = Field(description="The queue.")
    priority: int = Field(default=0, ge=-1000, le=1000, description="Higher is called first at this counter.")


class CounterOnly(Strict):
    """Data that names a counter."""

    counter: CounterName = Field(description="The counter.")


class SignIn(CounterOnly):
    """Data of counter.sign_in."""

    staff: str | None = Field(default=None, max_length=64, description="Who; the caller if left out.")
    move: bool = Field(default=False, description="Leave the other counter, or take this one over.")


class Counted(Strict):
    """Something done for the visitor, so many times."""

    code: str = Field(min_length=1, max_length=64, description="A service code, or a service of the ticket's queue.")
    quantity: int = Field(default=1, ge=1, le=MAX_QUANTITY, description="How many.")


def _counted(value: Any) -> Any:
    return {"code": value} if isinstance(value, str) else value


Services = Annotated[list[Annotated[Counted, BeforeValidator(_counted)]], Field(max_length=MAX_CODES)]


class Finish(CounterOnly):
    """Data of counter.finish."""

    services: Services = Field(default_factory=list[Counted], description="What was done: codes, or {code, quantity}.")


class Served(CounterOnly):
    """Data of counter.served."""

    code: str = Field(min_length=1, max_length=64, description="A service code, or a service of the ticket's queue.")
    quantity: int = Field(
        default=1, ge=-MAX_QUANTITY, le=MAX_QUANTITY, description="So many more; so many fewer, if negative."
    )


class WithCurrent(CounterOnly):
    """Data of what ends the present ticket's stay."""

    current: Current | None = Field(default=None, description=_CURRENT)
    services: Services = Field(
        default_factory=list[Counted],
        description="What was done for the one who is finished: codes, or {code, quantity}.",
    )


class SetServes(CounterOnly):
    """Data of counter.set_serves."""

    serves: list[Annotated[OneServed, BeforeValidator(serves_one)]] = Field(
        default_factory=list[OneServed],
        max_length=100,
        description="Queues, or {queue, priority}; none: as in the YAML.",
    )


class PauseCounter(CounterOnly):
    """Data of counter.pause."""

    reason: WordsField | None = Field(
        default=None, description="Shown on the window's sign: one of pause_reason, or words of your own."
    )


class CallThis(WithCurrent):
    """Data of counter.call."""

    ticket: Annotated[str, Target("ticket", later=True)] = Field(description="The ticket, by id or number.")


class Counters:
    """The counters on the bus."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall

    def register(self, kit: Kit) -> None:
        one = CounterOnly
        kit.action(
            "counter.sign_in", SignIn, self.sign_in, description={"en": "Open a counter.", "zh-CN": "窗口签到。"}
        )
        kit.action(
            "counter.sign_out", WithCurrent, self.sign_out, description={"en": "Close it.", "zh-CN": "窗口签退。"}
        )
        kit.action("counter.pause", PauseCounter, self.pause, description={"en": "Pause it.", "zh-CN": "暂停服务。"})
        kit.action("counter.resume", one, self.resume, description={"en": "Go on.", "zh-CN": "恢复服务。"})
        kit.action("counter.set_serves", SetServes, self.set_serves, description={
            "en": "Have it serve other queues than in the YAML; for managers.", "zh-CN": "更改窗口受理的队列（仅限主管）。"})  # fmt: skip
        kit.action("counter.call_next", WithCurrent, self.call_next, description={
            "en": "Call whoever is next.", "zh-CN": "呼叫下一位。"})  # fmt: skip
        kit.action("counter.call", CallThis, self.call, description={
            "en": "Call this ticket, out of turn.", "zh-CN": "指定呼叫。"})  # fmt: skip
        kit.action("counter.recall", one, self.recall, description={"en": "Call once more.", "zh-CN": "重呼。"})
        kit.action("counter.start", one, self.start, description={"en": "The visitor is here.", "zh-CN": "开始办理。"})
        kit.action("counter.finish", Finish, self.finish, description={"en": "Done.", "zh-CN": "办理完成。"})
        kit.action("counter.no_show", one, self.no_show, description={"en": "Nobody came.", "zh-CN": "过号。"})
        kit.action("counter.served", Served, self.served, description={
            "en": "Count something done for the visitor who is here.", "zh-CN": "登记为当前客户办理的业务。"})  # fmt: skip
        kit.action("counter.put_back", one, self.put_back, description={
            "en": "Back to the old place in line.", "zh-CN": "退回原位。"})  # fmt: skip

    # Who sits there.

    async def sign_in(self, data: SignIn, call: Call) -> Answer:
        staff, name = signing.who(self._hall, call.caller, data.staff)
        return await self._decide(call, "counter.sign_in", data, lambda d: signing.sign_in(
            self._hall, d, data.counter, staff, name, data.move))  # fmt: skip

    async def sign_out(self, data: WithCurrent, call: Call) -> Answer:
        def rule(d: Decision) -> Answer:
            self._hall.open_counter(d.floor, data.counter)
            settle(self._hall, d, data.counter, data.current, _done(data.services))
            close(self._hall, d, data.counter)
            return {"counter": data.counter, "staff": None}

        return await self._decide(call, "counter.sign_out", data, rule)

    async def pause(self, data: PauseCounter, call: Call) -> Answer:
        return await self._decide(
            call, "counter.pause", data, lambda d: signing.pause(self._hall, d, data.counter, data.reason))  # fmt: skip

    async def resume(self, data: CounterOnly, call: Call) -> Answer:
        return await self._decide(
            call, "counter.resume", data, lambda d: signing.resume(self._hall, d, data.counter))  # fmt: skip

    async def set_serves(self, data: SetServes, call: Call) -> Answer:
        if call.caller.role not in ("system", "owner", "manager"):
            raise NotPermitted({"en": "Managers say what a counter serves.", "zh-CN": "仅主管可更改窗口受理的队列。"})
        serves = [Serves(queue=one.queue, priority=one.priority) for one in data.serves]
        return await self._decide(
            call, "counter.set_serves", data, lambda d: signing.set_serves(self._hall, d, data.counter, serves))  # fmt: skip

    # Who is called.

    async def call_next(self, data: WithCurrent, call: Call) -> Answer:
        return await self._decide(call, "counter.call_next", data, lambda d: self.next(d, data))

    def next(self, d: Decision, data: WithCurrent) -> Answer:
        """Whoever is next comes to this counter; the rule of counter.call_next."""
        self._may_call(d, data.counter)
        choice = choose(self._hall, d.floor, data.counter, d.now, d.day)
        # Asked before the present ticket is touched: a refusal changes nothing.
        must_settle(self._hall, d.floor, data.counter, data.current)
        if choice is None:
            raise Refused("nobody_waiting", {"en": "Nobody is waiting.", "zh-CN": "当前无人等候。"})
        settle(self._hall, d, data.counter, data.current, _done(data.services))
        ticket = self._hall.call(d, data.counter, choice)
        return {"ticket": ticket, "reasons": choice.reasons}

    async def call(self, data: CallThis, call: Call) -> Answer:
        def rule(d: Decision) -> Answer:
            self._may_call(d, data.counter)
            ticket = self._hall.ticket(d.floor, data.ticket)
            may("counter.call", ticket)
            if d.floor.busy(ticket):
                raise Refused("visitor_busy", {
                    "en": "This visitor is at a counter with another ticket.", "zh-CN": "该客户正在其他窗口办理。"})  # fmt: skip
            settle(self._hall, d, data.counter, data.current, _done(data.services))
            choice = out_of_turn(self._hall, d.floor, data.counter, ticket, d.now, d.day)
            return {"ticket": self._hall.call(d, data.counter, choice), "reasons": choice.reasons}

        return await self._decide(call, "counter.call", data, rule)

    def _may_call(self, d: Decision, counter: str) -> None:
        row = self._hall.open_counter(d.floor, counter)
        if row["paused"]:
            raise Refused("counter_paused", {
                "en": "This counter is paused. Resume first.", "zh-CN": "本窗口已暂停，请先恢复服务。"})  # fmt: skip
        if row["pausing"]:
            raise Refused("counter_paused", {
                "en": "A pause was asked for: finish this ticket and it begins, or resume first.",
                "zh-CN": "已申请暂停：办完当前票号后生效，或请先恢复服务。"})  # fmt: skip

    # What becomes of the ticket.

    async def recall(self, data: CounterOnly, call: Call) -> Answer:
        return await self._to_present(call, "counter.recall", data, serving.recall)

    async def start(self, data: CounterOnly, call: Call) -> Answer:
        return await self._to_present(call, "counter.start", data, serving.start)

    async def no_show(self, data: CounterOnly, call: Call) -> Answer:
        return await self._to_present(call, "counter.no_show", data, serving.no_show)

    async def put_back(self, data: CounterOnly, call: Call) -> Answer:
        return await self._to_present(call, "counter.put_back", data, serving.put_back)

    async def finish(self, data: Finish, call: Call) -> Answer:
        done = _done(data.services)
        return await self._to_present(
            call, "counter.finish", data, lambda hall, d, ticket: serving.finish(hall, d, ticket, done))  # fmt: skip

    async def served(self, data: Served, call: Call) -> Answer:
        return await self._to_present(call, "counter.served", data, lambda hall, d, ticket: serving.note_service(
            hall, d, ticket, (data.code, data.quantity)))  # fmt: skip

    async def _to_present(
        self, call: Call, action: str, data: CounterOnly, then: Callable[[Hall, Decision, PublicTicket], PublicTicket]
    ) -> Answer:
        """Do this to the ticket that is at the counter."""
        return await self._decide(call, action, data, lambda d: {
            "ticket": then(self._hall, d, at(self._hall, d.floor, data.counter))})  # fmt: skip

    async def _decide(self, call: Call, action: str, data: Strict, rule: Callable[[Decision], Answer]) -> Answer:
        return await self._hall.journal.decide(call, action, data, rule)


def _done(services: Sequence[Counted]) -> list[serving.Done]:
    return [(one.code, one.quantity) for one in services]
