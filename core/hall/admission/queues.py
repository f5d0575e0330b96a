"""What may be done to a queue: draw a number, pause, resume."""

from itertools import islice
from typing import Annotated, Any

from pydantic import Field

from ...actions import Answer as AnyAnswer
from ...actions import Call
from ...errors import Refused
from ...integration import Kit
from ...schema import Personal, Strict, Target, WordsField
from ..config.legs import Plan
from ..events import QUEUE_NUMBER_SKIPPED, QUEUE_PAUSED, QUEUE_RESUMED
from ..hall import Hall
from ..journal import Answer, Decision
from ..journeys.legs import planned
from ..numbering import coming, give, given, number
from ..refusals import numbers_used_up
from .issuing import Wanted, issue

QueueName = Annotated[str, Target("queue")]


class Issue(Strict):
    """Data of queue.issue."""

    queue: QueueName | None = Field(
        default=None, description="The queue to stand in; left out: the one that is the visitor's, or the card's."
    )
    service: str | None = Field(default=None, max_length=64, description="What the visitor came for.")
    class_: str | None = Field(default=None, alias="class", max_length=64, description="The kind of customer.")
    party: int = Field(default=1, ge=1, le=99, description="How many people, served together.")
    urgency: int | None = Field(default=None, ge=-100, le=100, description="Instead of the queue's own.")
    ready: bool = Field(default=True, description="False: not called by itself until ticket.ready.")
    then: Plan | None = Field(
        default=None,
        description="The stays after this one: queues, or {queue, ready}; as the YAML says if left out, [] for none.",
    )
    language: str | None = Field(default=None, max_length=16, description="The visitor's language.")
    case: str | None = Field(default=None, max_length=64, description="The number of the case it belongs to.")
    visitor: str | None = Field(default=None, max_length=64, description="A person known to the hall.")
    name: Annotated[str | None, Personal()] = Field(
        default=None, max_length=128, description="The visitor's name; never in an event or a log."
    )
    phone: Annotated[str | None, Personal()] = Field(
        default=None, max_length=32, description="The visitor's phone; never in an event or a log."
    )
    card: Annotated[str | None, Personal()] = Field(
        default=None,
        min_length=1,
        max_length=64,
        description="A card's number: it may tell who it is, the class and the queue.",
    )
    origin: str | None = Field(default=None, max_length=64, description="Where it was drawn: kiosk.lobby.")


class QueueOnly(Strict):
    """Data that names a queue."""

    queue: QueueName = Field(description="The queue.")


class Pause(QueueOnly):
    """Data of queue.pause."""

    reason: WordsField | None = Field(default=None, description="Shown to whoever would draw a number.")


class SkipNumber(QueueOnly):
    """Data of queue.skip_number."""

    count: int = Field(default=1, ge=1, le=100_000, description="So many numbers are left out.")
    to: int | None = Field(default=None, ge=0, le=999_999_999, description="Instead: the next number is this one.")


class NextNumbers(QueueOnly):
    """Data of queue.next_numbers."""

    count: int = Field(default=1, ge=1, le=100, description="So many.")


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

        kit.action("queue.skip_number", SkipNumber, self.skip_number, description={
            "en": "Leave out the next numbers.", "zh-CN": "跳过接下来的号码。"})  # fmt: skip
        kit.action("queue.next_numbers", NextNumbers, self.next_numbers, question=True, response="only", description={
            "en": "The numbers that come next.", "zh-CN": "查询接下来的号码。"})  # fmt: skip

    async def issue(self, data: Issue, call: Call) -> Answer:
        return await self._hall.journal.decide(call, "queue.issue", data, lambda d: self._issue(d, data))

    def _issue(self, d: Decision, data: Issue) -> Answer:
        ticket = issue(self._hall, d, Wanted(
            queue=data.queue or "", service=data.service, class_=data.class_, party=data.party, urgency=data.urgency,
            ready=data.ready, then=None if data.then is None else planned(self._hall, d, data.then), language=data.language,
            visitor=data.visitor, name=data.name, phone=data.phone, card=data.card,
            origin=data.origin,
            more={} if data.case is None else {"case": data.case},
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

    async def skip_number(self, data: SkipNumber, call: Call) -> Answer:
        """Numbers are left out, never given again: `to` must not lie behind."""

        def rule(d: Decision) -> Answer:
            queue = self._hall.queue(data.queue)
            last = given(d.floor, data.queue, queue, d.day)
            after = last + data.count if data.to is None else data.to - 1
            if after < last:
                raise Refused("number_given", {
                    "en": "{number} or a later number was given already. Numbers go forward only.",
                    "zh-CN": "{number} 或之后的号码已取出，号码只能向前。"}, number=number(queue, after + 1))  # fmt: skip
            if queue.end is not None and after > queue.end:
                raise numbers_used_up(number(queue, queue.end), None, None)
            give(d, data.queue, queue, after)
            d.put("queue", data.queue, self._hall.queue_row(d, data.queue))  # its state tells the next number
            n = next(coming(d.floor, data.queue, queue, d.day), None)
            following = None if n is None else number(queue, n)
            d.event(QUEUE_NUMBER_SKIPPED, {"queue": data.queue, "skipped": after - last, "next": following})
            return {"queue": data.queue, "skipped": after - last, "next": following}

        return await self._hall.journal.decide(call, "queue.skip_number", data, rule)

    async def next_numbers(self, data: NextNumbers, call: Call) -> AnyAnswer:
        """What would be given next if nobody else drew from the same run."""
        queue, journal = self._hall.queue(data.queue), self._hall.journal
        numbers = islice(coming(journal.durable, data.queue, queue, journal.today), data.count)
        return {"queue": data.queue, "numbers": [number(queue, n) for n in numbers]}
