"""The hall as a whole, closed and opened by staff: nobody gets a number, nobody is moved to another line."""

from typing import Any

from pydantic import Field

from ...actions import Call
from ...integration import Kit
from ...schema import Nothing, Strict, WordsField
from ..events import HALL_CLOSED, HALL_OPENED
from ..hall import Hall
from ..journal import Answer, Decision


class Close(Strict):
    """Data of hall.close."""

    reason: WordsField | None = Field(default=None, description="Shown to whoever would draw a number.")


class Closing:
    """hall.close and hall.open. Who is in line stays there; counters may go on calling."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall

    def register(self, kit: Kit) -> None:
        kit.action("hall.close", Close, self.close, description={
            "en": "Give no more numbers in the whole hall.", "zh-CN": "整个大厅停止取号。"})  # fmt: skip
        kit.action("hall.open", Nothing, self.open, description={
            "en": "Give numbers again, each queue by its own rules.", "zh-CN": "大厅恢复取号，各队列按自己的规则。"})  # fmt: skip

    async def close(self, data: Close, call: Call) -> Answer:
        def rule(d: Decision) -> Answer:
            self._put(d, {"reason": data.reason, "since": d.now})
            d.event(HALL_CLOSED, {"reason": data.reason})
            return {"closed": True}

        return await self._hall.journal.decide(call, "hall.close", data, rule)

    async def open(self, data: Nothing, call: Call) -> Answer:
        def rule(d: Decision) -> Answer:
            if d.floor.hall.get("closed") is not None:
                self._put(d, None)
                d.event(HALL_OPENED, {"reason": None})
            return {"closed": False}

        return await self._hall.journal.decide(call, "hall.open", data, rule)

    def _put(self, d: Decision, closed: dict[str, Any] | None) -> None:
        """It is so now; each queue's row is put anew, so that its state is shown."""
        d.put("hall", "closed", closed)
        for name in self._hall.queues:
            d.put("queue", name, self._hall.queue_row(d, name))
