"""The inner area's actions, and its filling by itself: a counter with `stage: 3` has the next three wait before its door.

The next goes to the counter with the fewest before it, of equals to the one that has been idle, or busy with one visitor,
the longest; never to a busy one while there are idle counters, for each of which somebody must be left in line.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from ...actions import Call
from ...errors import ActionError, BadData, Refused
from ...events import Context, Event
from ...integration import Kit
from ...schema import Strict, Target
from ..calling.choosing import between, desk_of, idle, rules_of
from ..calling.dispatch import OUT_OF_REACH, Choice, Desk, credit_after, next_ticket
from ..config import Serves
from ..events import COUNTER_EVENTS, QUEUE_EVENTS, TICKET_EVENTS, PublicTicket
from ..floor import Floor
from ..hall import Hall
from ..journal import Answer, Decision
from ..lines import reserved_for
from .staging import BY_STAFF, stage, staged_for

log = logging.getLogger(__name__)
CHUNK = 100  # tickets in one decision
LOOK_EVERY = 20.0  # seconds: overflow and boost come with time alone


class StageNext(Strict):
    """Data of queue.stage."""

    queue: Annotated[str, Target("queue")] = Field(description="From this queue.")
    counter: Annotated[str, Target("counter")] = Field(description="For this counter.")
    count: int = Field(default=1, ge=1, le=CHUNK, description="The next so many.")


class StageThis(Strict):
    """Data of ticket.stage."""

    ticket: Annotated[str, Target("ticket", later=True)] = Field(description="The ticket, by id or number.")
    counter: Annotated[str | None, Target("counter")] = Field(
        default=None, description="For this counter; the one it is reserved for if left out."
    )


class InnerArea:
    """Staged waiting on the bus."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._filling = False

    def register(self, kit: Kit) -> None:
        kit.action("queue.stage", StageNext, self.stage_next, description={
            "en": "Ask the next ones to the inner waiting area of a counter.",
            "zh-CN": "请队列中接下来的几位进入窗口的二次候诊区。"})  # fmt: skip
        kit.action("ticket.stage", StageThis, self.stage_this, description={
            "en": "Ask this one to the inner waiting area of a counter.",
            "zh-CN": "请该票号进入窗口的二次候诊区。"})  # fmt: skip

    async def stage_next(self, data: StageNext, call: Call) -> Answer:
        def rule(d: Decision) -> Answer:
            hall = self._hall
            hall.queue(data.queue)
            hall.open_counter(d.floor, data.counter)
            found = list(self._stage(d, data.counter, data.count, data.queue))
            if not found:
                raise Refused("nobody_waiting", {"en": "Nobody is waiting.", "zh-CN": "当前无人等候。"})
            return {"tickets": found}

        return await self._hall.journal.decide(call, "queue.stage", data, rule)

    async def stage_this(self, data: StageThis, call: Call) -> Answer:
        def rule(d: Decision) -> Answer:
            ticket = self._hall.ticket(d.floor, data.ticket)
            counter = data.counter or ticket["reserved"]
            if counter is None:
                raise BadData({"en": "ticket.stage: say for which counter.", "zh-CN": "ticket.stage：请指定窗口。"})
            return {"ticket": stage(self._hall, d, ticket, counter, BY_STAFF, by_hand=True)}

        return await self._hall.journal.decide(call, "ticket.stage", data, rule)

    # By itself.

    def watch(self, kit: Kit) -> None:
        """Fill the inner areas whenever something happens that may leave room in one."""
        self._kit = kit
        kit.listen(self._hear, *TICKET_EVENTS, *COUNTER_EVENTS, *QUEUE_EVENTS)
        kit.every(LOOK_EVERY, self.look)
        self.look()

    def _hear(self, event: Event) -> None:
        self.look(event.context)

    def look(self, because: Context | None = None) -> None:
        """Begin to fill if there is room somewhere, and somebody for it."""
        if self._filling or not self._hall.inner_areas or not self._due():
            return
        self._filling = True
        self._kit.task(self._fill(because.child() if because else Context()), "staging")

    async def _fill(self, context: Context) -> None:
        hall = self._hall
        try:
            while self._due():
                await hall.journal.decide(Call(self._kit.caller, context), "counter.stage", None, self._fill_some)
        except ActionError as error:
            log.warning("The inner waiting areas could not be filled yet: %s", error)
        finally:
            self._filling = False

    def _fill_some(self, d: Decision) -> Answer:
        for _ in range(CHUNK):
            found = self._next(d.floor, d.now, d.day)
            if found is None:
                break
            counter, choice = found
            stage(self._hall, d, choice.ticket, counter, choice.reasons)
        return {}

    def _due(self) -> bool:
        journal = self._hall.journal
        return self._next(journal.decided, self._hall.clock.now(), journal.today) is not None

    def _next(self, floor: Floor, now: float, day: str) -> tuple[str, Choice] | None:
        """Whom to ask in, and to which counter."""
        for before, _, _, name in sorted(self._with_room(floor)):
            choice = self._choose(floor, name, now, day, None)
            if choice is not None and (not before or self._is_left(floor, choice.ticket, now, day)):
                return name, choice
        return None

    def _with_room(self, floor: Floor) -> Iterator[tuple[int, float, int, str]]:
        """(how many are before it, since when, which in the YAML, counter) of those that may ask somebody in."""
        for nth, name, room in self._hall.inner_areas:
            row, there = floor.counters.get(name), floor.lines.count_staged(name)
            if there >= room or row is None or row["staff"] is None or row["paused"] or row["pausing"]:
                continue
            # The cheap question first: this is asked at every event.
            if any(floor.lines.waiting(one.queue) for one in self._hall.staff.serves(floor, name)):
                yield there + (row["ticket"] is not None), row["since"], nth, name

    def _is_left(self, floor: Floor, ticket: PublicTicket, now: float, day: str) -> bool:
        """Whether there is one more in line like this than idle counters that could call it."""
        rules, mine = rules_of(self._hall, floor), reserved_for(ticket)
        like = sum(len(lane.by_place) for lane in floor.lines.of(ticket["queue"])
                   if lane.reserved in (None, mine) or not rules.holds(lane))  # fmt: skip
        idle = 0
        for name in floor.counters.keys() & self._hall.counters.keys():
            if like <= idle:
                break
            idle += self._could_call(floor, name, ticket, now, day)
        return like > idle

    def _could_call(self, floor: Floor, counter: str, ticket: PublicTicket, now: float, day: str) -> bool:
        """Whether this counter is idle, with nobody before its door, and this ticket in its reach."""
        served = any(one.queue == ticket["queue"] for one in self._hall.staff.serves(floor, counter))
        if not served or not idle(floor, counter) or floor.lines.staged(counter):
            return False
        return between(self._hall, floor, counter, ticket, now, day) not in OUT_OF_REACH

    def _stage(self, d: Decision, counter: str, count: int, queue: str) -> Iterator[object]:
        for _ in range(count):
            choice = self._choose(d.floor, counter, d.now, d.day, queue)
            if choice is None:
                return
            yield stage(self._hall, d, choice.ticket, counter, choice.reasons, by_hand=True)

    def _choose(self, floor: Floor, counter: str, now: float, day: str, queue: str | None) -> Choice | None:
        """Who would be called there after all who are staged already: the same rules, without the inner area."""
        hall = self._hall
        desk, rules = desk_of(hall, floor, counter, day), rules_of(hall, floor)
        serves = desk.serves if queue is None else [Serves(queue=s.queue) for s in desk.serves if s.queue == queue]
        credit = desk.credit
        if desk.mix:
            for ticket in staged_for(floor, counter):
                credit = credit_after(ticket, desk, floor.lines, now, rules)
                desk = Desk(desk.name, desk.serves, desk.members, desk.mix, credit)
        nameless = Desk("", serves, desk.members, desk.mix, credit)
        return next_ticket(nameless, floor.lines, now, replace(rules, engaged=None))
