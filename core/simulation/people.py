"""Visitors and staff. Visitors wait as long as they like and come when they see or hear their number; staff call and serve."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final

from ..access import Caller
from ..actions import Call
from ..clock import Cancel
from ..engine import Engine
from ..errors import ActionError
from ..events import Context, Event
from ..hall.events import TICKET_EVENTS
from .arrivals import Arrival
from .notes import Notes
from .rota import Shift
from .scenario import Scenario, within

ENDED: Final = frozenset({"finished", "cancelled", "expired"})
WAKES: Final = ("ticket_issued", "ticket_requeued", "ticket_put_back", "ticket_released", "ticket_ready",
                "ticket_transferred", "ticket_held", "ticket_staged", "ticket_moved", "ticket_undone")  # fmt: skip
LOOK_AGAIN: Final = 20.0  # seconds after which idle staff look by themselves
Door = Mapping[str, Any]


class World:
    """The people of a day, and how they act on the hall: by its actions only."""

    def __init__(self, engine: Engine, scenario: Scenario, notes: Notes, midnight: float) -> None:
        self.engine, self.scenario, self.notes, self.clock = engine, scenario, notes, engine.clock
        self.midnight = midnight
        self.silent = not engine.configuration.models.get("display") and not engine.configuration.models.get("speaker")
        self.visitors: dict[str, Visitor] = {}
        self.idle: list[tuple[frozenset[str], asyncio.Future[bool]]] = []
        self._coming: dict[str, Visitor] = {}
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self._people = Caller("simulated.visitor", "a visitor", "system")
        self._others = 0
        self._at_doors: Counter[str] = Counter()  # by queue: who sits in an inner area

    def listen(self) -> None:
        self.engine.bus.listen(self._hear, *TICKET_EVENTS)
        self.engine.bus.listen(self._heard, "announcement_started")

    def task(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[task] = None
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            asyncio.get_running_loop().call_exception_handler(
                {"message": "A simulated person failed.", "exception": error}
            )

    async def until(self, at: float) -> None:
        """Wait for a moment given in seconds after midnight."""
        await self.clock.sleep(max(0.0, self.midnight + at - self.clock.now()))

    async def act(self, action: str, data: Mapping[str, Any], caller: Caller | None = None,
                  context: Context | None = None) -> Mapping[str, Any] | None:  # fmt: skip
        """Do it; None when it is refused, which is counted."""
        try:
            answer = await self.engine.actions.call(action, data, Call(caller or self._people, context or Context()))
        except ActionError as error:
            if error.code != "nobody_waiting":
                self.notes.refused(action, error.code)
            return None
        return answer or {}

    # -- visitors

    def arrives(self, arrival: Arrival, appointment: str) -> None:
        """Somebody who has booked is here."""
        context = Context()
        self._coming[context.id] = Visitor(self, arrival)
        self.task(self._take("appointment.check_in", {"appointment": appointment}, context))

    def comes(self, arrival: Arrival, door: tuple[str, Door] | None) -> None:
        """Somebody walks in and takes a number, at a kiosk if there is one for it."""
        context = Context()
        self._coming[context.id] = Visitor(self, arrival)
        data: dict[str, Any] = {"queue": arrival.queue, "service": arrival.service, "language": arrival.language,
                                "party": arrival.party}  # fmt: skip
        if door is not None:
            action, data = "kiosk.issue", {**data, "kiosk": door[0], "service": door[1]["service"]}
        else:
            action, data = "queue.issue", {**data, "class": arrival.class_}
        self.task(self._take(action, {k: v for k, v in data.items() if v is not None}, context))

    async def _take(self, action: str, data: Mapping[str, Any], context: Context) -> None:
        await self.act(action, data, context=context)
        self._coming.pop(context.id, None)

    def _hear(self, event: Event) -> None:
        ticket: dict[str, Any] = event.data["ticket"]
        key = ticket["id"]
        state: str = "between" if event.type == "ticket_finished" and not event.data.get("final") else ticket["state"]
        if key not in self.visitors and state not in ENDED:
            visitor = self._coming.pop(event.context.id, None) or self._other(ticket)
            self.visitors[key] = visitor
            visitor.issued(key)
        if event.type != "ticket_issued" and (known := self.visitors.get(key)) is not None:
            known.hear(event.type, state)
            if state in ENDED:
                del self.visitors[key]
        before: Mapping[str, Any] = event.data.get("from") or {}
        if before.get("state") == "staged":
            self._at_doors[before["queue"]] -= 1
        if ticket["state"] == "staged":
            self._at_doors[ticket["queue"]] += 1
        if state == "pending" and before.get("state") != "pending":
            self.task(self._make(key, ticket["leg"]))
        if event.type in WAKES:
            self._wake(ticket["queue"])

    async def _make(self, ticket: str, leg: int) -> None:
        """Somebody makes up the medicine, or the result comes: then the ticket is ready, if it still waits for that."""
        visitor = self.visitors[ticket]
        await self.clock.sleep(self.scenario.making_time(self.scenario.chance("making", visitor.arrival.n, leg)))
        if self.visitors.get(ticket) is visitor and visitor.state == "pending":
            await self.act("ticket.ready", {"ticket": ticket})

    def _other(self, ticket: Mapping[str, Any]) -> "Visitor":
        """Whose ticket was not taken by one of ours: an automation's."""
        self._others += 1
        return Visitor(self, Arrival(-self._others, 0.0, ticket["queue"], language=ticket["language"]))

    def sees(self, ticket: str) -> None:
        if (visitor := self.visitors.get(ticket)) is not None:
            visitor.sees()

    def _heard(self, event: Event) -> None:
        visitor = self.visitors.get(event.data["ticket"] or "")
        if visitor is not None:
            missing = event.data["missing"]
            visitor.hears([one for one in event.data["languages"] if one not in missing], event.data["seconds"])

    # -- staff

    def waiting(self, queues: frozenset[str]) -> bool:
        """Whether the panel shows anybody waiting."""
        get = self.engine.states.get
        return any(state is not None and state.value for state in (get(f"queue.{queue}") for queue in queues))

    def at_doors(self, queues: frozenset[str]) -> bool:
        """Whether anybody of these queues sits before a door, be it another's: who is idle may take them."""
        return any(self._at_doors[queue] > 0 for queue in queues)

    def _wake(self, queue: str) -> None:
        for queues, wake in self.idle:
            if queue in queues and not wake.done():
                wake.set_result(True)

    async def wakened(self, wake: "asyncio.Future[bool]", seconds: float) -> bool:
        """Whether it happened within so many seconds."""

        def over() -> None:
            if not wake.done():
                wake.set_result(False)

        cancel = self.clock.after(seconds, over)
        try:
            return await wake
        finally:
            cancel()


class Visitor:
    """One visitor; what they will do is settled when they come, and depends on nobody else."""

    __slots__ = ("_coming", "_leaves", "_patience", "_ticket", "_world", "arrival", "cancels", "gone", "here", "language",
                 "patience", "referred", "returns", "service_time", "state", "walk", "watches")  # fmt: skip

    def __init__(self, world: World, arrival: Arrival) -> None:
        scenario = world.scenario
        chance = scenario.chance("visitor", arrival.n)
        self._world, self.arrival, self._ticket = world, arrival, ""
        self.language = arrival.language
        self.service_time = scenario.service_time(arrival.queue, chance)
        self.walk = within(scenario.walk, chance)
        self.gone = False
        self._leaves = chance.random() < scenario.no_show
        self.watches = chance.random() < scenario.watching
        self.returns = within((60, 300), chance) if chance.random() < scenario.returning else None
        self.cancels = chance.random() < 0.5
        self.patience: float | None = (
            round(chance.lognormvariate(0, 0.5) * scenario.patience) if scenario.patience else None
        )
        if arrival.duration is not None:
            self.service_time = arrival.duration
        if arrival.patience is not None:
            self.patience = arrival.patience
        self.here: asyncio.Future[None] | None = None
        self.referred = False  # was sent elsewhere and back already
        self.state = "waiting"
        self._coming: Cancel | None = None
        self._patience: Cancel | None = None

    def issued(self, ticket: str) -> None:
        self._ticket = ticket
        if self._leaves:  # some time before they are called, without a word
            self.gone = True
        elif self.patience is not None:
            self._patience = self._world.clock.after(self.patience, self._enough)

    def hear(self, kind: str, state: str) -> None:
        """Something happened to the ticket. `between`: it is finished here, and goes on to another queue."""
        self.state = state
        if state == "called":
            if self._patience is not None:
                self._patience()
                self._patience = None
            if self.here is None:
                self.here = asyncio.get_running_loop().create_future()
            if self._world.silent:
                self._come(self.walk)
            return
        if state != "serving":
            self.here = None
        if state in ENDED:
            self._stop()
        elif kind == "ticket_no_show" and not self.gone and self.returns is not None:
            self._stop()
            self._patience = self._world.clock.after(self.returns, self._come_back)

    def takes(self, ticket: Mapping[str, Any]) -> float:
        """Seconds of service on this leg of the visit: the first is settled with the visitor."""
        if ticket["leg"] == 1:
            return self.service_time
        scenario = self._world.scenario
        return scenario.service_time(ticket["queue"], scenario.chance("leg", self.arrival.n, ticket["leg"]))

    def expected(self) -> "asyncio.Future[None]":
        """Done when they stand at the counter."""
        if self.here is None:
            self.here = asyncio.get_running_loop().create_future()
        return self.here

    def sees(self) -> None:
        if self.watches:
            self._come(self.walk)

    def hears(self, languages: Sequence[str], seconds: float) -> None:
        if self.language is None or self.language in languages:
            self._come(seconds * 0.6 + self.walk)

    def _come(self, after: float) -> None:
        if self.gone or self._coming is not None or self.here is None or self.here.done():
            return

        def arrive() -> None:
            self._coming = None
            if self.here is not None and not self.here.done():
                self.here.set_result(None)

        self._coming = self._world.clock.after(after, arrive)

    def _come_back(self) -> None:
        self._patience = None
        self._world.task(self._world.act("ticket.requeue", {"ticket": self._ticket}))

    def _enough(self) -> None:
        self._patience = None
        self.gone = True
        if self.cancels:
            self._world.task(self._world.act("ticket.cancel", {"ticket": self._ticket}))

    def _stop(self) -> None:
        for cancel in (self._coming, self._patience):
            if cancel is not None:
                cancel()
        self._coming = self._patience = None


class Clerk:
    """One shift at one counter."""

    def __init__(self, world: World, counter: str, shift: Shift, last: float) -> None:
        self._world, self._counter, self._shift, self._last = world, counter, shift, last
        hall = world.engine.configuration.models
        config = hall["counter"][counter]
        self._queues = frozenset(one.queue for one in config.serves)
        self._recalls = config.no_show_after or world.scenario.recalls
        self._called_to = config.auto_call is not None
        self._chance = world.scenario.chance("staff", counter, shift.begin)
        self._caller = Caller(f"simulated.{shift.staff}", shift.staff, "staff")

    def _now(self) -> float:
        return self._world.clock.now() - self._world.midnight

    async def _do(self, action: str, **data: Any) -> Mapping[str, Any] | None:
        return await self._world.act(action, {"counter": self._counter, **data}, self._caller)

    async def work(self) -> None:
        """From signing in to signing out."""
        world, shift = self._world, self._shift
        await world.until(shift.begin)
        if await self._do("counter.sign_in", move=True) is None:
            return
        breaks = list(shift.breaks)
        while True:
            now = self._now()
            if self._called_to and (there := self._there()) is not None:
                await self._serve(there)
            elif breaks and now >= breaks[0][0]:
                await self._rest(breaks.pop(0))
            elif now >= shift.end and (now >= self._last or not self._anybody()):
                break
            elif (
                not (self._anybody() or world.at_doors(self._queues))
                or (called := await self._do("counter.call_next")) is None
            ):
                ends = [at for at in (breaks[0][0] if breaks else shift.end, shift.end, self._last) if at > now]
                look = LOOK_AGAIN if self._called_to or self._anybody() or world.at_doors(self._queues) else 86400.0
                await self._idle(max(0.0, min(look, min(ends) - now)))
            else:
                await self._serve(called["ticket"])
        await self._do("counter.sign_out", current="finish")

    def _anybody(self) -> bool:
        """Whether the panel shows anybody waiting, or sitting before the door."""
        if self._world.waiting(self._queues):
            return True
        state = self._world.engine.states.get(f"counter.{self._counter}")
        return state is not None and bool(state.attributes.get("staged"))

    def _there(self) -> Mapping[str, Any] | None:
        """Whom the counter called by itself."""
        state = self._world.engine.states.get(f"counter.{self._counter}")
        ticket: Mapping[str, Any] | None = state.attributes["ticket"] if state is not None else None
        return ticket

    async def _rest(self, span: tuple[float, float]) -> None:
        if self._now() < span[1]:
            await self._do("counter.pause")
            await self._world.until(span[1])
            await self._do("counter.resume")

    async def _idle(self, seconds: float) -> None:
        """Until somebody comes, and then for as long as it takes to look up."""
        wake: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        entry = (self._queues, wake)
        self._world.idle.append(entry)
        try:
            woken = await self._world.wakened(wake, seconds)
        finally:
            self._world.idle.remove(entry)
        if woken:
            await self._world.clock.sleep(within(self._world.scenario.reaction, self._chance))

    async def _serve(self, ticket: Mapping[str, Any]) -> None:
        world = self._world
        visitor = world.visitors.get(ticket["id"])
        if visitor is None or not await self._wait_for(visitor):
            return
        if await self._do("counter.start") is not None:
            await world.clock.sleep(visitor.takes(ticket))
            if not await self._refers(visitor, ticket):
                await self._do("counter.finish")
        else:  # whatever was done to the ticket meanwhile: nobody hurries
            await world.clock.sleep(1.0)

    async def _refers(self, visitor: Visitor, ticket: Mapping[str, Any]) -> bool:
        """Whether the visitor is sent elsewhere, to come back to this very counter: to the laboratory, say."""
        world = self._world
        to, share = world.scenario.referrals.get(ticket["queue"], ("", 0.0))
        if visitor.referred or not to:
            return False
        visitor.referred = True
        if world.scenario.chance("referral", visitor.arrival.n).random() >= share:
            return False
        data = {"ticket": ticket["id"], "queue": to, "then": ["back", *_later(ticket)]}
        return await world.act("ticket.transfer", data, self._caller) is not None

    async def _wait_for(self, visitor: Visitor) -> bool:
        """Call again and again; False when they did not come, and are a no-show now."""
        for _ in range(self._recalls):
            if await self._comes(visitor):
                return True
            answer = await self._do("counter.recall")
            if answer is None or answer["ticket"]["state"] != "called":
                return False
        if await self._comes(visitor):
            return True
        await self._do("counter.no_show")
        return False

    async def _comes(self, visitor: Visitor) -> bool:
        here = visitor.expected()
        if here.done():
            return not here.cancelled()
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def over(_: Any = None) -> None:
            if not done.done():
                done.set_result(None)

        here.add_done_callback(over)
        cancel = self._world.clock.after(self._world.scenario.recall_after, over)
        await done
        cancel()
        here.remove_done_callback(over)
        return here.done() and not here.cancelled()


def _later(ticket: Mapping[str, Any]) -> list[Any]:
    """The legs that were to come anyway."""
    return [dict(leg) for leg in ticket["plan"]]


Listener = Callable[[Event], None]
