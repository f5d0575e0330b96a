"""`ticket.explain`: why somebody was called, and for who still waits, what stands between them and each counter."""

from typing import Annotated, Any, Final

import orjson
from pydantic import Field

from ...actions import Answer as AnyAnswer
from ...actions import Call
from ...integration import Kit
from ...schema import Strict, Target
from ...store import Store
from ...words import say
from ..events import TICKET_CALLED, PublicTicket
from ..hall import Hall
from ..journal import JOURNAL
from .choosing import between, choose
from .reasons import Reason, because

_TYPE, _DATA = JOURNAL.names.index("type"), JOURNAL.names.index("data")
_HINDERED: Final = {
    "chosen": {"en": "{number} would be called next at {counter}.", "zh-CN": "{counter} 下一位就呼叫 {number}。"},
    "not_served": {"en": "{counter} does not serve this queue.", "zh-CN": "{counter} 不办理该队列。"},
    "elsewhere": {"en": "{number} is kept for others, not for {counter}.",
                  "zh-CN": "{number} 已指定给他处，{counter} 不能呼叫。"},
    "busy": {"en": "The visitor of {number} is at a counter with another ticket.",
             "zh-CN": "{number} 的客户正在其他窗口办理。"},
    "helping": {"en": "{counter} calls from this queue only when nobody waits in its own.",
                "zh-CN": "{counter} 自有队列无人等候时才叫该队列。"},
    "enough": {"en": "{counter} helps this queue out only when more wait there, or longer.",
               "zh-CN": "该队列人数或等候时长超限时 {counter} 才协助。"},
    "closed": {"en": "{counter} is closed.", "zh-CN": "{counter} 未开放。"},
    "paused": {"en": "{counter} is paused.", "zh-CN": "{counter} 暂停服务。"},
}  # fmt: skip
_NOT_IN_LINE: Final = {
    "pending": {"en": "{number} is not ready yet, so it is not called by itself.", "zh-CN": "{number} 尚未就绪，不会自动呼叫。"},
    "held": {"en": "{number} is on hold until it is released.", "zh-CN": "{number} 已挂起，解除后才会呼叫。"},
    "no_show": {"en": "{number} was called and did not come.", "zh-CN": "{number} 已过号。"},
}  # fmt: skip


class Explain(Strict):
    """Data of ticket.explain."""

    ticket: Annotated[str, Target("ticket", later=True)] = Field(description="The ticket, by id or number.")
    counter: Annotated[str, Target("counter")] | None = Field(
        default=None, description="Only what stands between it and this counter."
    )


class Explaining:
    """The question on the bus."""

    def __init__(self, hall: Hall, store: Store) -> None:
        self._hall, self._store = hall, store

    def register(self, kit: Kit) -> None:
        kit.action("ticket.explain", Explain, self.explain, question=True, response="only", description={
            "en": "Why it was called, or what it waits for.", "zh-CN": "为何呼叫，或在等什么。"})  # fmt: skip

    async def explain(self, data: Explain, call: Call) -> AnyAnswer:
        hall = self._hall
        if hall.journal.durable.find(data.ticket) is None:
            await hall.journal.recall(data.ticket)
        ticket = hall.ticket(hall.journal.durable, data.ticket)
        if data.counter is not None:
            hall.counter(data.counter)
        rows = await self._store.rows(JOURNAL, "ticket = ?", (ticket["id"],))
        told = (orjson.loads(row[_DATA]) for row in rows if row[_TYPE] == TICKET_CALLED)
        calls = [
            {"at": one["ticket"]["times"].get("called"), "counter": one["ticket"]["counter"], "queue": one["ticket"]["queue"],
             "rule": one.get("rule"), "reasons": one["reasons"], "passed": one.get("passed", {})}
            for one in told if one.get("calls") == 1
        ]  # fmt: skip
        return {"ticket": ticket, "calls": calls, **self._now(ticket, data.counter)}

    def _now(self, ticket: PublicTicket, counter: str | None) -> dict[str, Any]:
        if ticket["state"] in _NOT_IN_LINE:
            return {"reasons": [_said(_NOT_IN_LINE[ticket["state"]], number=ticket["number"])], "counters": []}
        if ticket["state"] not in ("waiting", "staged"):
            return {"reasons": [], "counters": []}
        listed = [self._at(ticket, name) for name in ([counter] if counter else self._hall.counters)]
        if counter is None:  # those that have nothing to do with it are asked for by name
            listed = [one for one in listed if one["rule"] not in ("not_served", "closed")]
        return {"reasons": [one["why"] for one in listed], "counters": listed}

    def _at(self, ticket: PublicTicket, counter: str) -> dict[str, Any]:
        """What decides at one counter: `rule`, who would be called there (`next`), and the same in words."""
        hall, floor = self._hall, self._hall.journal.durable
        now, day, row = hall.clock.now(), hall.journal.today, floor.counters.get(counter)
        name = hall.counters[counter].name
        if row is None or row["staff"] is None:
            return {"counter": counter, "rule": "closed", "next": None, "why": _said(_HINDERED["closed"], counter=name)}
        rule = between(hall, floor, counter, ticket, now, day)
        choice = choose(hall, floor, counter, now, day)
        first = choice.ticket["number"] if choice is not None else None
        if rule in _HINDERED:
            why = _said(_HINDERED[rule], number=ticket["number"], counter=name)
        else:
            words = because(rule)
            why = {
                "en": f"{say(name, 'en')} calls {first} before {ticket['number']}: {words['en']}.",
                "zh-CN": f"{say(name, 'zh-CN')} 先呼叫 {first}，后呼叫 {ticket['number']}：{words['zh-CN']}。"}  # fmt: skip
        if row["paused"]:
            paused = _said(_HINDERED["paused"], counter=name)
            why = {"en": f"{paused['en']} {why['en']}", "zh-CN": f"{paused['zh-CN']}{why['zh-CN']}"}
        return {"counter": counter, "rule": rule, "next": first, "why": why}


def _said(words: dict[str, str], **named: Any) -> Reason:
    return {
        language: text.format(**{name: say(one, language) for name, one in named.items()})
        for language, text in words.items()
    }
