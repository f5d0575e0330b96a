"""What is done at a counter: sign in and out, pause, call, serve. A counter has at most one ticket."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from ..actions import Call
from ..errors import NotPermitted, Refused
from ..integration import Kit
from ..schema import Strict, Target, WordsField
from .closing import close
from .dispatch import Choice, next_ticket
from .events import (
    COUNTER_PAUSED,
    COUNTER_RESUMED,
    COUNTER_SIGNED_IN,
    COUNTER_SIGNED_OUT,
    TICKET_CALLED,
    TICKET_FINISHED,
    TICKET_NO_SHOW,
    TICKET_PUT_BACK,
    TICKET_STARTED,
    PublicTicket,
)
from .floor import CounterRow, Floor
from .hall import Hall
from .holding import hold
from .journal import Answer, Decision
from .legs import next_leg, still_planned
from .tickets import changed, may

CounterName = Annotated[str, Target("counter")]
Current: TypeAlias = Literal["finish", "no_show", "put_back", "hold"]
_CURRENT = "What becomes of the ticket that is there now: finish, no_show, put_back or hold."


class CounterOnly(Strict):
    """Data that names a counter."""

    counter: CounterName = Field(description="The counter.")


class SignIn(CounterOnly):
    """Data of counter.sign_in."""

    staff: str | None = Field(default=None, max_length=64, description="Who; the caller if left out.")
    move: bool = Field(default=False, description="Leave the other counter, or take this one over.")


class WithCurrent(CounterOnly):
    """Data of what ends the present ticket's stay."""

    current: Current | None = Field(default=None, description=_CURRENT)


class PauseCounter(CounterOnly):
    """Data of counter.pause."""

    reason: WordsField | None = Field(default=None, description="Shown on the window's sign.")


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
        kit.action("counter.call_next", WithCurrent, self.call_next, description={
            "en": "Call whoever is next.", "zh-CN": "呼叫下一位。"})  # fmt: skip
        kit.action("counter.call", CallThis, self.call, description={
            "en": "Call this ticket, out of turn.", "zh-CN": "指定呼叫。"})  # fmt: skip
        kit.action("counter.recall", one, self.recall, description={"en": "Call once more.", "zh-CN": "重呼。"})
        kit.action("counter.start", one, self.start, description={"en": "The visitor is here.", "zh-CN": "开始办理。"})
        kit.action("counter.finish", one, self.finish, description={"en": "Done.", "zh-CN": "办理完成。"})
        kit.action("counter.no_show", one, self.no_show, description={"en": "Nobody came.", "zh-CN": "过号。"})
        kit.action("counter.put_back", one, self.put_back, description={
            "en": "Back to the old place in line.", "zh-CN": "退回原位。"})  # fmt: skip

    # Who sits there.

    async def sign_in(self, data: SignIn, call: Call) -> Answer:
        if call.caller.role == "staff" and data.staff not in (None, call.caller.id, call.caller.name):
            raise NotPermitted({"en": "Staff sign in as themselves only.", "zh-CN": "只能以本人身份签到。"})
        themselves = data.staff is None or call.caller.role == "staff"
        staff, name = (call.caller.id, call.caller.name) if themselves else (str(data.staff), str(data.staff))

        def rule(d: Decision) -> Answer:
            hall = self._hall
            hall.counter(data.counter)
            row = hall.counter_row(d, data.counter)
            if _sits(row, staff, name):
                return {"counter": data.counter, "staff": name}
            if row["staff"] is not None and not data.move:
                raise Refused("counter_taken", {
                    "en": "{staff} is signed in at this counter.", "zh-CN": "{staff} 已在本窗口签到。"},
                    staff=row["staff_name"])  # fmt: skip
            self._leave_other(d, staff, name, data)
            if row["staff"] is not None:  # taken over
                d.event(COUNTER_SIGNED_OUT, {"counter": data.counter, "staff": row["staff"], "reason": None})
            d.put("counter", data.counter, {**row, "staff": staff, "staff_name": name, "since": d.now})
            d.event(COUNTER_SIGNED_IN, {"counter": data.counter, "staff": staff, "reason": None})
            return {"counter": data.counter, "staff": name}

        return await self._hall.journal.decide(call, "counter.sign_in", data, rule)

    def _leave_other(self, d: Decision, staff: str, name: str, data: SignIn) -> None:
        for other, row in list(d.floor.counters.items()):
            if not _sits(row, staff, name) or other == data.counter:
                continue
            if not data.move or row["ticket"]:
                raise Refused("signed_in_elsewhere", {
                    "en": "You are signed in at counter {counter}.", "zh-CN": "您已在 {counter} 号窗口签到。"},
                    counter=other)  # fmt: skip
            close(self._hall, d, other)

    async def sign_out(self, data: WithCurrent, call: Call) -> Answer:
        def rule(d: Decision) -> Answer:
            self._hall.open_counter(d.floor, data.counter)
            self._settle(d, data.counter, data.current)
            close(self._hall, d, data.counter)
            return {"counter": data.counter, "staff": None}

        return await self._hall.journal.decide(call, "counter.sign_out", data, rule)

    async def pause(self, data: PauseCounter, call: Call) -> Answer:
        def rule(d: Decision) -> Answer:
            self._hall.open_counter(d.floor, data.counter)
            row = self._hall.counter_row(d, data.counter)
            if row["ticket"] is not None:  # takes effect afterwards
                d.put("counter", data.counter, {**row, "pausing": True, "reason": data.reason})
                return {"counter": data.counter, "paused": False, "pausing": True}
            d.put("counter", data.counter, {**row, "paused": True, "reason": data.reason, "since": d.now})
            d.event(COUNTER_PAUSED, {"counter": data.counter, "staff": row["staff"], "reason": data.reason})
            return {"counter": data.counter, "paused": True}

        return await self._hall.journal.decide(call, "counter.pause", data, rule)

    async def resume(self, data: CounterOnly, call: Call) -> Answer:
        def rule(d: Decision) -> Answer:
            self._hall.open_counter(d.floor, data.counter)
            row = self._hall.counter_row(d, data.counter)
            if row["paused"] or row["pausing"]:
                was = row["paused"]
                row = {**row, "paused": False, "pausing": False, "reason": None, "since": d.now}
                d.put("counter", data.counter, row)
                if was:
                    d.event(COUNTER_RESUMED, {"counter": data.counter, "staff": row["staff"], "reason": None})
            return {"counter": data.counter, "paused": False}

        return await self._hall.journal.decide(call, "counter.resume", data, rule)

    # Who is called.

    async def call_next(self, data: WithCurrent, call: Call) -> Answer:
        def rule(d: Decision) -> Answer:
            self._may_call(d, data.counter)
            choice = self.choose(d.floor, data.counter)
            # Asked before the present ticket is touched: a refusal changes nothing.
            self._has_current(d.floor, data)
            if choice is None:
                raise Refused("nobody_waiting", {"en": "Nobody is waiting.", "zh-CN": "当前无人等候。"})
            self._settle(d, data.counter, data.current)
            ticket = self._hall.call(d, data.counter, choice.ticket, choice.reasons)
            return {"ticket": ticket, "reasons": choice.reasons}

        return await self._hall.journal.decide(call, "counter.call_next", data, rule)

    def choose(self, floor: Floor, counter: str) -> Choice | None:
        """Who would be called next at this counter."""
        self._hall.counter(counter)
        serves = self._hall.staff.serves(floor, counter)
        return next_ticket(counter, serves, floor.line, floor.weight, floor.busy)

    async def call(self, data: CallThis, call: Call) -> Answer:
        def rule(d: Decision) -> Answer:
            self._may_call(d, data.counter)
            ticket = self._hall.ticket(d.floor, data.ticket)
            may("counter.call", ticket)
            if d.floor.busy(ticket):
                raise Refused("visitor_busy", {
                    "en": "This visitor is at a counter with another ticket.", "zh-CN": "该客户正在其他窗口办理。"})  # fmt: skip
            self._has_current(d.floor, data)
            self._settle(d, data.counter, data.current)
            reasons = [{"en": "Called out of turn by staff.", "zh-CN": "工作人员指定呼叫。"}]
            return {"ticket": self._hall.call(d, data.counter, ticket, reasons), "reasons": reasons}

        return await self._hall.journal.decide(call, "counter.call", data, rule)

    def _may_call(self, d: Decision, counter: str) -> None:
        row = self._hall.open_counter(d.floor, counter)
        if row["paused"]:
            raise Refused("counter_paused", {
                "en": "This counter is paused. Resume first.", "zh-CN": "本窗口已暂停，请先恢复服务。"})  # fmt: skip
        if row["pausing"]:
            raise Refused("counter_paused", {
                "en": "A pause was asked for: finish this ticket and it begins, or resume first.",
                "zh-CN": "已申请暂停：办完当前票号后生效，或请先恢复服务。"})  # fmt: skip

    def _has_current(self, floor: Floor, data: WithCurrent) -> None:
        present = self._hall.present(floor, data.counter)
        if present is not None and data.current is None:
            raise Refused("busy", {
                "en": "{number} is still at this counter. Say what becomes of it: finish, no_show, put_back or hold.",
                "zh-CN": "{number} 仍在本窗口，请先选择：完成、过号、退回或挂起。"}, number=present["number"])  # fmt: skip

    def _settle(self, d: Decision, counter: str, current: Current | None) -> None:
        """The ticket that is there now leaves the counter."""
        present = self._hall.present(d.floor, counter)
        if present is None:
            return
        match current:
            case "finish":
                self._finish(d, present)
            case "no_show":
                self._no_show(d, present)
            case "put_back":
                self._put_back(d, present)
            case "hold":
                hold(self._hall, d, present, "anyone")
            case None:
                self._has_current(d.floor, WithCurrent(counter=counter))

    # What becomes of the ticket.

    async def recall(self, data: CounterOnly, call: Call) -> Answer:
        def rule(d: Decision) -> Answer:
            ticket = self._at(d.floor, data.counter)
            may("counter.recall", ticket)
            limit = self._hall.counter(data.counter).no_show_after
            if limit is not None and ticket["calls"] >= limit:
                return {"ticket": self._no_show(d, ticket)}
            times = {**ticket["times"], "called": d.now}
            new: PublicTicket = {**ticket, "calls": ticket["calls"] + 1, "times": times}  # type: ignore[typeddict-item]
            return {"ticket": self._hall.tell(d, TICKET_CALLED, ticket, new, calls=new["calls"], reasons=[])}

        return await self._hall.journal.decide(call, "counter.recall", data, rule)

    async def start(self, data: CounterOnly, call: Call) -> Answer:
        def rule(d: Decision) -> Answer:
            ticket = self._at(d.floor, data.counter)
            may("counter.start", ticket)
            row = self._hall.counter_row(d, data.counter)
            d.put("counter", data.counter, {**row, "since": d.now})
            return {"ticket": self._hall.tell(d, TICKET_STARTED, ticket, changed(ticket, d.now, "serving"))}

        return await self._hall.journal.decide(call, "counter.start", data, rule)

    async def finish(self, data: CounterOnly, call: Call) -> Answer:
        return await self._hall.journal.decide(call, "counter.finish", data, lambda d: {
            "ticket": self._finish(d, self._at(d.floor, data.counter))})  # fmt: skip

    async def no_show(self, data: CounterOnly, call: Call) -> Answer:
        return await self._hall.journal.decide(call, "counter.no_show", data, lambda d: {
            "ticket": self._no_show(d, self._at(d.floor, data.counter))})  # fmt: skip

    async def put_back(self, data: CounterOnly, call: Call) -> Answer:
        return await self._hall.journal.decide(call, "counter.put_back", data, lambda d: {
            "ticket": self._put_back(d, self._at(d.floor, data.counter))})  # fmt: skip

    def _at(self, floor: Floor, counter: str) -> PublicTicket:
        self._hall.open_counter(floor, counter)
        present = self._hall.present(floor, counter)
        if present is None:
            raise Refused("no_ticket", {"en": "There is no ticket at this counter.", "zh-CN": "本窗口当前没有票号。"})
        return present

    def _finish(self, d: Decision, ticket: PublicTicket) -> PublicTicket:
        may("counter.finish", ticket)
        if ticket["state"] == "called" and ticket["counter"] and self._hall.counter(ticket["counter"]).must_start:
            raise Refused("must_start", {
                "en": "Start the service of {number} before finishing it.", "zh-CN": "请先开始办理 {number}，再完成。"},
                number=ticket["number"])  # fmt: skip
        self._hall.free(d, ticket, served=True)
        row = self._hall.queue_row(d, ticket["queue"])
        d.put("queue", ticket["queue"], {**row, "served": row["served"] + 1})
        done = changed(ticket, d.now, "finished", plan=still_planned(self._hall, ticket))
        self._hall.tell(d, TICKET_FINISHED, ticket, done, final=not done["plan"])
        return next_leg(self._hall, d, done) if done["plan"] else done

    def _no_show(self, d: Decision, ticket: PublicTicket) -> PublicTicket:
        may("counter.no_show", ticket)
        self._hall.free(d, ticket)
        return self._hall.tell(d, TICKET_NO_SHOW, ticket, changed(ticket, d.now, "no_show"))

    def _put_back(self, d: Decision, ticket: PublicTicket) -> PublicTicket:
        may("counter.put_back", ticket)
        self._hall.free(d, ticket)
        since = ticket["times"].get("waiting", d.now)
        new = changed(ticket, d.now, "waiting", counter=None, staff=None, calls=0)
        new["times"]["waiting"] = since  # the old place, and the old wait
        return self._hall.tell(d, TICKET_PUT_BACK, ticket, new)


def _sits(row: CounterRow, staff: str, name: str) -> bool:
    """Whether this is who is signed in there: by id, or by the name a manager or a keypad gave."""
    return row["staff"] is not None and (row["staff"] == staff or row["staff_name"] == name)
