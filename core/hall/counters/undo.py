"""Undo: the last call, no-show, finish, transfer or hold at a counter is taken back, within 8 seconds.

What a decision changed is remembered with what was true before, in memory only: after a restart nothing can be undone.
It can be undone while what it made of the ticket and of the counter is still what is true: a later change of either
has put another row there. The undoing is a decision of its own, told as `ticket_undone` for each ticket.
"""

from collections import OrderedDict
from typing import Any, Final, cast

from ...actions import Call
from ...errors import Refused
from ...frozen import frozen
from ...integration import Kit
from ..events import COUNTER_RESUMED, TICKET_UNDONE, PublicTicket
from ..floor import CounterRow, Floor, Kind
from ..hall import Hall
from ..journal import Answer, Decision
from ..tickets import AT_COUNTER
from .counters import CounterOnly

WITHIN: Final = 8.0  # seconds
UNDOABLE: Final = frozenset({
    "counter.call_next", "counter.call", "counter.recall", "counter.start", "counter.finish", "counter.no_show",
    "counter.put_back", "ticket.transfer", "ticket.hold",
})  # fmt: skip
MAX_COUNTERS: Final = 1000


@frozen
class Undoable:
    """One decision at a counter: when it was made, what was true before it and what it made true, by kind and key."""

    action: str
    at: float  # monotonic
    until: float  # wall time
    before: dict[tuple[Kind, str], Any]
    after: dict[tuple[Kind, str], Any]

    def tickets(self) -> list[str]:
        """The tickets it changed, last one first: who was called goes back before who was finished returns."""
        return [key for kind, key in reversed(self.after) if kind == "ticket"]

    def untouched(self, floor: Floor) -> bool:
        """Whether its tickets and its counter are still as it made them."""
        return all(
            (floor.tickets.get(key) if kind == "ticket" else floor.counters.get(key)) is value
            for (kind, key), value in self.after.items() if kind in ("ticket", "counter")
        )  # fmt: skip


class Undo:
    """The last decision of each counter, and the action that takes it back."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._last: OrderedDict[str, Undoable] = OrderedDict()

    def register(self, kit: Kit) -> None:
        kit.action("counter.undo", CounterOnly, self.undo, description={
            "en": "Take the last one back: call, no-show, finish, transfer or hold.",
            "zh-CN": "撤销上一步：呼叫、过号、完成、转移或挂起。"})  # fmt: skip

    def note(self, action: str, d: Decision) -> None:
        """A decision was made; one that changed a single counter can be undone."""
        if action not in UNDOABLE:
            return
        counters = {key for kind, key, _ in d.changes if kind == "counter"}
        if len(counters) != 1:
            return
        after: dict[tuple[Kind, str], Any] = {}
        for kind, key, value in d.changes:
            after.pop((kind, key), None)  # the order is that of the last change
            after[kind, key] = value
        was: dict[tuple[Kind, str], Any] = {}
        for kind, key, value in d.before:
            was.setdefault((kind, key), value)
        if any(was[one] is None or after[one] is None for one in after if one[0] == "ticket"):
            return  # a ticket that was made or let go is no step back
        counter = counters.pop()
        self._last[counter] = Undoable(action, self._hall.clock.monotonic(), d.now + WITHIN, was, after)
        self._last.move_to_end(counter)
        while len(self._last) > MAX_COUNTERS:
            self._last.popitem(last=False)

    def possible(self, floor: Floor, counter: str) -> Undoable | None:
        """What can be undone at this counter now."""
        last = self._last.get(counter)
        late = last is None or self._hall.clock.monotonic() - last.at > WITHIN
        return last if last is not None and not late and self._still(floor, last, counter) else None

    def _still(self, floor: Floor, last: Undoable, counter: str) -> bool:
        if counter not in self._hall.counters or not last.untouched(floor):
            return False
        olds = [cast("PublicTicket", last.before["ticket", key]) for key in last.tickets()]
        return all(
            old["queue"] in self._hall.queues and not (old["state"] in AT_COUNTER and self._busy(floor, last, old))
            for old in olds
        )

    @staticmethod
    def _busy(floor: Floor, last: Undoable, old: PublicTicket) -> bool:
        """Whether the visitor has gone to another counter meanwhile, with another ticket."""
        now = floor.tickets[old["id"]]
        return now["state"] not in AT_COUNTER and floor.busy(old)

    async def undo(self, data: CounterOnly, call: Call) -> Answer:
        def rule(d: Decision) -> Answer:
            self._hall.counter(data.counter)
            last = self.possible(d.floor, data.counter)
            if last is None:
                raise _too_late(data.counter in self._last)
            del self._last[data.counter]
            return self._restore(d, data.counter, last)

        return await self._hall.journal.decide(call, "counter.undo", data, rule)

    def _restore(self, d: Decision, counter: str, last: Undoable) -> Answer:
        restored: list[PublicTicket] = []
        for key in last.tickets():
            old: PublicTicket = last.before["ticket", key]
            self._hall.tell(d, TICKET_UNDONE, d.floor.tickets[key], old, undid=last.action, at_counter=counter)
            restored.append(old)
        for (kind, key), new in last.after.items():
            old_row = last.before[kind, key]
            if kind == "counter":
                self._restore_counter(d, key, old_row, new)
            elif kind == "queue":
                self._restore_counts(d, key, old_row, new)
            elif kind != "ticket":
                now = d.put(kind, key, old_row)
                if now is not new:  # another decision's by now
                    d.put(kind, key, now)
        at = next((t for t in restored if t["state"] in AT_COUNTER), restored[-1])
        return {"ticket": at, "tickets": restored, "undid": last.action}

    def _restore_counter(self, d: Decision, counter: str, old: CounterRow, new: CounterRow) -> None:
        by_hand = self._hall.counter(counter).auto_call is not None
        d.put("counter", counter, {**old, "by_hand": True} if by_hand else old)
        if new["paused"] and not old["paused"]:  # the pause began when the ticket had gone; it has not gone
            d.event(COUNTER_RESUMED, {"counter": counter, "staff": old["staff"], "reason": None})

    @staticmethod
    def _restore_counts(d: Decision, queue: str, old: Any, new: Any) -> None:
        """Others may have drawn numbers or been served there meanwhile: only this decision's own count goes."""
        now = d.floor.queues.get(queue)
        if now is new:
            d.put("queue", queue, old)
        elif now is not None and now["day"] == new["day"]:
            counted = old["served"] if old is not None and old["day"] == new["day"] else 0
            d.put("queue", queue, {**now, "served": now["served"] - (new["served"] - counted)})


def _too_late(known: bool) -> Refused:
    if not known:
        return Refused("nothing_to_undo", {
            "en": "There is nothing to undo at this counter.", "zh-CN": "本窗口没有可撤销的操作。"})  # fmt: skip
    return Refused("undo_too_late", {
        "en": "It is too late to undo this: more than 8 seconds have passed, or the ticket or the counter has gone on.",
        "zh-CN": "已无法撤销：超过 8 秒，或该票号、该窗口之后又有操作。"})  # fmt: skip
