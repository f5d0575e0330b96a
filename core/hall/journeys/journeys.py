"""What may be done to a ticket on its way: change what is said of it, move it in line, split a party."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from ...actions import Call
from ...errors import BadData
from ...integration import Kit
from ...schema import Personal
from ..config.legs import Plan, Where
from ..events import PublicTicket
from ..hall import Hall
from ..journal import Answer, Decision
from .moves import move
from .splitting import split
from .updating import update
from .visits import TicketName, TicketOnly

_ALIAS: Final = {"class_": "class"}


class Update(TicketOnly):
    """Data of ticket.update."""

    urgency: int | None = Field(
        default=None, ge=-100, le=100, description="Given to the visitor, as after triage; empty: the queue's own."
    )
    class_: str | None = Field(default=None, alias="class", max_length=64, description="The kind of customer.")
    service: str | None = Field(default=None, max_length=64, description="What the visitor comes for.")
    language: str | None = Field(default=None, max_length=16, description="The visitor's language.")
    case: str | None = Field(default=None, max_length=64, description="The number of the case it belongs to.")
    note: str | None = Field(default=None, max_length=500, description="For staff; never a name.")
    then: Plan | None = Field(
        default=None, description="The stays after this one, instead of those planned; [] for none."
    )
    name: Annotated[str | None, Personal()] = Field(
        default=None, max_length=128, description="The visitor's name; never in an event or a log."
    )
    phone: Annotated[str | None, Personal()] = Field(
        default=None, max_length=32, description="The visitor's phone; never in an event or a log."
    )


class Move(TicketOnly):
    """Data of ticket.move."""

    to: Literal["front", "end", "keep"] | Annotated[int, Field(ge=0, le=100_000)] | None = Field(
        default=None, description="front, end, keep (the time of issue), or behind so many waiting."
    )
    before: TicketName | None = Field(default=None, description="Just before this ticket of the same queue.")
    reason: str = Field(min_length=1, max_length=200, description="Why; it is written down with who did it.")


class Split(TicketOnly):
    """Data of ticket.split."""

    into: Annotated[list[Annotated[int, Field(ge=1, le=99)]], Field(min_length=2, max_length=99)] | None = Field(
        default=None, description="How many people each part is for, this ticket first; each alone if left out."
    )


class Journeys:
    """Tickets on their way, on the bus."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall

    def register(self, kit: Kit) -> None:
        kit.action("ticket.update", Update, self.update, description={
            "en": "Change what is said of a ticket: urgency, class, case, plan, who it is for.",
            "zh-CN": "修改票号信息：紧急程度、类别、事项编号、行程、办理人。"})  # fmt: skip
        kit.action("ticket.move", Move, self.move, description={
            "en": "Move it to another place in its line; for managers.", "zh-CN": "调整在队列中的位置（仅限主管）。"})  # fmt: skip
        kit.action("ticket.split", Split, self.split, description={
            "en": "A party is served apart: numbers of their own, in the same place.",
            "zh-CN": "同行人员分开办理：各领号码，位置不变。"})  # fmt: skip

    async def update(self, data: Update, call: Call) -> Answer:
        said: dict[str, Any] = {
            _ALIAS.get(name, name): getattr(data, name) for name in data.model_fields_set if name != "ticket"
        }
        if not said:
            raise BadData({"en": "ticket.update: say what changes.", "zh-CN": "ticket.update：请指定要修改的内容。"})
        return await self._hall.journal.decide(call, "ticket.update", data, lambda d: {
            "ticket": update(self._hall, d, self._hall.ticket(d.floor, data.ticket), said, call.caller.id)})  # fmt: skip

    async def move(self, data: Move, call: Call) -> Answer:
        if (data.to is None) == (data.before is None):
            raise BadData({"en": "ticket.move: say to or before, one of them.",
                           "zh-CN": "ticket.move：to 与 before 须指定其一。"})  # fmt: skip

        def rule(d: Decision) -> Answer:
            hall = self._hall
            ticket = hall.ticket(d.floor, data.ticket)
            to: Where | int | PublicTicket | None = (
                data.to if data.before is None else hall.ticket(d.floor, data.before)
            )
            assert to is not None
            moved = move(hall, d, ticket, to, call.caller.id, data.reason)
            return {"ticket": moved, "ahead": d.floor.ahead(moved)}

        return await self._hall.journal.decide(call, "ticket.move", data, rule)

    async def split(self, data: Split, call: Call) -> Answer:
        def rule(d: Decision) -> Answer:
            kept, *parts = split(self._hall, d, self._hall.ticket(d.floor, data.ticket), data.into)
            return {"ticket": kept, "tickets": parts}

        return await self._hall.journal.decide(call, "ticket.split", data, rule)
