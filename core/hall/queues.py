"""What may be done to a queue: draw a number, pause, resume."""

from typing import Annotated, Any, cast

from pydantic import BeforeValidator, Field

from ..actions import Call
from ..errors import Refused, Unknown
from ..ids import new_id
from ..integration import Kit
from ..schema import Personal, Strict, Target, WordsField
from .events import QUEUE_PAUSED, QUEUE_RESUMED, TICKET_ISSUED, PublicTicket
from .hall import Hall
from .journal import Answer, Decision
from .numbering import number, period, sequence_of

QueueName = Annotated[str, Target("queue")]


BACK = "back"


class Leg(Strict):
    """A stay to come: a queue (or `back`: this one, at this counter), and whether one may be called there at once."""

    queue: QueueName = Field(description="The queue; back: where the visitor comes from, at the same counter.")
    ready: bool = Field(default=True, description="False: not called by itself until ticket.ready.")


def _leg(value: Any) -> Any:
    return {"queue": value} if isinstance(value, str) else value


Plan = Annotated[list[Annotated[Leg, BeforeValidator(_leg)]], Field(max_length=16)]


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
        hall = self._hall
        queue = hall.queue(data.queue)
        self._admit(d, data)
        run = sequence_of(data.queue, queue)
        span = period(queue, d.day)
        row = d.floor.sequences.get(run)
        n = row["last"] + 1 if row and row["period"] == span else queue.start
        # A ticket of an earlier period may still be live; its number is not given a second time.
        while d.floor.number_is_live(number(queue, n)):
            n += 1
        ticket = cast("PublicTicket", {
            "id": new_id(), "site": hall.site.id, "number": number(queue, n), "queue": data.queue,
            "service": data.service, "class": data.class_ or "normal", "party": data.party,
            "state": "waiting" if data.ready else "pending",
            "urgency": queue.urgency if data.urgency is None else data.urgency, "place": d.last_place, "leg": 1,
            "times": {"issued": d.now, "waiting": d.now}, "counter": None, "staff": None, "calls": 0,
            "reserved": None, "only": False, "requeued": 0, "visitor": data.visitor, "language": data.language,
            "origin": data.origin, "day": d.day, "plan": [leg.model_dump() for leg in data.then],
        })  # fmt: skip
        d.put("sequence", run, {"period": span, "last": n})
        queue_row = hall.queue_row(d, data.queue)
        d.put("queue", data.queue, {**queue_row, "issued": queue_row["issued"] + 1})
        if data.name or data.phone:
            d.put("person", ticket["id"], {"name": data.name, "phone": data.phone})
        ahead = d.floor.ahead(ticket)
        hall.tell(d, TICKET_ISSUED, None, ticket, ahead=ahead)
        return {"ticket": ticket, "ahead": ahead, "link": f"/t/{self._link(ticket['id'])}"}

    def _admit(self, d: Decision, data: Issue) -> None:
        """May a ticket be issued? Asked in the order of HALL."""
        row = d.floor.queues.get(data.queue)
        if row is not None and row["paused"]:
            raise paused(row["reason"])
        queue = self._hall.queue(data.queue)
        if data.service is not None and data.service not in queue.services:
            raise Unknown("unknown_service", {
                "en": "The queue {queue} has no service {service}.", "zh-CN": "队列 {queue} 没有 {service} 业务。"},
                queue=data.queue, service=data.service)  # fmt: skip
        if data.class_ is not None and data.class_ != "normal" and data.class_ not in self._hall.site.classes:
            raise Unknown("unknown_class", {
                "en": "There is no class {name} in this hall.", "zh-CN": "没有 {name} 这类客户。"}, name=data.class_)  # fmt: skip
        for leg in data.then:
            self._hall.queue(leg.queue)

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


def paused(reason: Any) -> Refused:
    """The refusal of a paused queue, with the reason staff gave."""
    words = {"en": "This service is paused for now.", "zh-CN": "该业务暂停办理。"}
    if isinstance(reason, str) and reason:
        words = {language: f"{text} {reason}" for language, text in words.items()}
    elif isinstance(reason, dict):
        given = cast("dict[str, str]", reason)
        words = {language: f"{words.get(language, words['en'])} {text}" for language, text in given.items()}
        words.setdefault("en", "This service is paused for now.")
    return Refused("paused", words)
