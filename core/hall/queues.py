"""What may be done to a queue: draw a number, pause, resume."""

from typing import Annotated, Any

from pydantic import Field

from ..actions import Call
from ..integration import Kit
from ..schema import Personal, Strict, Target, WordsField
from .events import QUEUE_PAUSED, QUEUE_RESUMED
from .hall import Hall
from .issuing import Wanted, issue
from .journal import Answer, Decision
from .legs import Leg, Plan, planned

QueueName = Annotated[str, Target("queue")]


class Issue(Strict):
    """Data of queue.issue."""

    queue: QueueName = Field(description="The queue to stand in.")
    service: str | None = Field(default=None, max_length=64, description="What the visitor came for.")
    class_: str | None = Field(default=None, alias="class", max_length=64, description="The kind of customer.")
    party: int = Field(default=1, ge=1, le=99, description="How many people, served together.")
    urgency: int | None = Field(default=None, ge=-100, le=100, description="Instead of the queue's own.")
    ready: bool = Field(default=True, description="False: not called by itself until ticket.ready.")
    then: Plan = Field(default_factory=list[Leg], description="The stays after this one: queues, or {queue, ready}.")
    language: str | None = Field(default=None, max_length=16, description="The visitor's language.")
    visitor: str | None = Field(default=None, max_length=64, description="A person known to the hall.")
    name: Annotated[str | None, Personal()] = Field(
        default=None, max_length=128, description="The visitor's name; never in an event or a log."
    )
    phone: Annotated[str | None, Personal()] = Field(
        default=None, max_length=32, description="The visitor's phone; never in an event or a log."
    )
    origin: str | None = Field(default=None, max_length=64, description="Where it was drawn: kiosk.lobby.")


class QueueOnly(Strict):
    """Data that names a queue."""

    queue: QueueName = Field(description="The queue.")


class Pause(QueueOnly):
    """Data of queue.pause."""

    reason: WordsField | None = Field(default=None, description="Shown to whoever would draw a number.")


class Queues:
    """The queues on the bus."""

    def __init__(self, hall: Hall, link: Any) -> None:
        self._hall, self._link = hall, link

    def register(self, kit: Kit) -> None:
        kit.action("queue.issue", Issue, self.issue, description={
            "en": "Give the next number of a queue.", "zh-CN": "取号。"})  # fmt: skip
        kit.action("queue.pause", Pause, self.pause, description={
            "en": "Give no more numbers for now.", "zh-CN": "暂停取号。"})  # fmt: skip
        kit.action("queue.resume", QueueOnly, self.resume, description={
            "en": "Give numbers again.", "zh-CN": "恢复取号。"})  # fmt: skip

    async def issue(self, data: Issue, call: Call) -> Answer:
        return await self._hall.journal.decide(call, "queue.issue", data, lambda d: self._issue(d, data))

    def _issue(self, d: Decision, data: Issue) -> Answer:
        ticket = issue(self._hall, d, Wanted(
            queue=data.queue, service=data.service, class_=data.class_, party=data.party, urgency=data.urgency,
            ready=data.ready, then=planned(self._hall, d, data.then), language=data.language,
            visitor=data.visitor, name=data.name, phone=data.phone, origin=data.origin,
        ))  # fmt: skip
        return {"ticket": ticket, "ahead": d.floor.ahead(ticket), "link": f"/t/{self._link(ticket['id'])}"}

    async def pause(self, data: Pause, call: Call) -> Answer:
        def rule(d: Decision) -> Answer:
            self._hall.queue(data.queue)
            d.put("queue", data.queue, {**self._hall.queue_row(d, data.queue), "paused": True, "reason": data.reason})
            d.event(QUEUE_PAUSED, {"queue": data.queue, "reason": data.reason})
            return {"queue": data.queue, "paused": True}

        return await self._hall.journal.decide(call, "queue.pause", data, rule)

    async def resume(self, data: QueueOnly, call: Call) -> Answer:
        def rule(d: Decision) -> Answer:
            self._hall.queue(data.queue)
            row = self._hall.queue_row(d, data.queue)
            if row["paused"]:
                d.put("queue", data.queue, {**row, "paused": False, "reason": None})
                d.event(QUEUE_RESUMED, {"queue": data.queue, "reason": None})
            return {"queue": data.queue, "paused": False}

        return await self._hall.journal.decide(call, "queue.resume", data, rule)
