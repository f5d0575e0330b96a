"""What may be done with visitors: add, change, find, block, forget. Who that is stands in rows of its own."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, cast

from ...actions import Answer as AnyAnswer
from ...actions import Call
from ...errors import BadData, Refused, Unknown
from ...ids import new_id
from ...integration import Kit
from ..config.visitors import plain
from ..events import VISITOR_ADDED, VISITOR_BLOCKED, VISITOR_FORGOTTEN, VISITOR_UNBLOCKED, VISITOR_UPDATED
from ..hall import Hall
from ..holders import digits
from ..journal import Answer, Decision
from .models import Add, Block, Details, Find, Update, VisitorOnly
from .rows import PERSON, PersonRow, VisitorRow, is_blocked, missed, no_visitor

_WHO: Final = ("name", "phone", "document", "cards", "note")
_WHERE: Final = {"class_": "cls", "queue": "queue", "staff": "staff", "pool": "pool", "language": "language"}


class VisitorActions:
    """Visitors on the bus."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall

    def register(self, kit: Kit) -> None:
        kit.action("visitor.add", Add, self.add, description={
            "en": "Make somebody known to the hall.", "zh-CN": "登记客户。"})  # fmt: skip
        kit.action("visitor.update", Update, self.update, description={
            "en": "Change what is known of a visitor.", "zh-CN": "修改客户资料。"})  # fmt: skip
        kit.action("visitor.block", Block, self.block, description={
            "en": "Give a visitor no numbers, for some time or until unblocked.", "zh-CN": "将客户列入黑名单。"})  # fmt: skip
        kit.action("visitor.unblock", VisitorOnly, self.unblock, description={
            "en": "Give a visitor numbers again.", "zh-CN": "将客户移出黑名单。"})  # fmt: skip
        kit.action("visitor.forget", VisitorOnly, self.forget, description={
            "en": "Forget who a visitor is, for good.", "zh-CN": "永久删除客户资料。"})  # fmt: skip
        kit.action("visitor.get", VisitorOnly, self.get, question=True, response="only", description={
            "en": "What is known of a visitor.", "zh-CN": "查询客户资料。"})  # fmt: skip
        kit.action("visitor.find", Find, self.find, question=True, response="only", description={
            "en": "Find visitors by what is known of them.", "zh-CN": "查找客户。"})  # fmt: skip

    async def add(self, data: Add, call: Call) -> Answer:
        made = new_id()

        def rule(d: Decision) -> Answer:
            visitor = data.visitor or made
            if visitor in d.floor.visitors:
                raise Refused("already_known", {
                    "en": "The visitor {visitor} is known already. Use visitor.update.",
                    "zh-CN": "客户 {visitor} 已登记，请使用 visitor.update。"}, visitor=visitor)  # fmt: skip
            if len(d.floor.visitors) >= self._hall.config.visitor.most:
                raise Refused("visitors_full", {
                    "en": "No more visitors can be known. Forget some, or raise  visitor: most:.",
                    "zh-CN": "已登记的客户数量达到上限，请删除部分客户或调大 visitor: most:。"})  # fmt: skip
            return self._put(d, visitor, no_visitor(d.now), {}, data, VISITOR_ADDED)

        return await self._hall.journal.decide(call, "visitor.add", data, rule)

    async def update(self, data: Update, call: Call) -> Answer:
        def rule(d: Decision) -> Answer:
            row = {**self._row(d, data.visitor), "seen": d.now}
            person = d.floor.register.people.get(data.visitor) or {}
            return self._put(d, data.visitor, cast("VisitorRow", row), person, data, VISITOR_UPDATED)

        return await self._hall.journal.decide(call, "visitor.update", data, rule)

    async def block(self, data: Block, call: Call) -> Answer:
        def rule(d: Decision) -> Answer:
            row = self._row(d, data.visitor)
            until = None if data.for_ is None else d.now + data.for_
            new: VisitorRow = {**row, "blocked": {"since": d.now, "until": until, "by": call.caller.id}}
            self._why_blocked(d, data.visitor, data.reason)
            return self._tell(d, VISITOR_BLOCKED, data.visitor, new)

        return await self._hall.journal.decide(call, "visitor.block", data, rule)

    async def unblock(self, data: VisitorOnly, call: Call) -> Answer:
        def rule(d: Decision) -> Answer:
            row = self._row(d, data.visitor)
            if not is_blocked(row, d.now):
                raise Refused("not_blocked", {
                    "en": "The visitor {visitor} is not blocked.", "zh-CN": "客户 {visitor} 未被列入黑名单。"},
                    visitor=data.visitor)  # fmt: skip
            self._why_blocked(d, data.visitor, None)
            # What was missed before counts no more: else the next no-show would block them at once.
            return self._tell(d, VISITOR_UNBLOCKED, data.visitor, {**row, "blocked": None, "missed": []})

        return await self._hall.journal.decide(call, "visitor.unblock", data, rule)

    async def forget(self, data: VisitorOnly, call: Call) -> Answer:
        def rule(d: Decision) -> Answer:
            self._row(d, data.visitor)
            forget(d, data.visitor)
            return {"visitor": data.visitor}

        return await self._hall.journal.decide(call, "visitor.forget", data, rule)

    # Questions show only what is durable.

    async def get(self, data: VisitorOnly, call: Call) -> AnyAnswer:
        return self._all(data.visitor, self._hall.visitors.row(self._hall.journal.durable, data.visitor))

    async def find(self, data: Find, call: Call) -> AnyAnswer:
        floor, rules, now = self._hall.journal.durable, self._hall.config.visitor, self._hall.clock.now()
        found = (
            visitor for visitor in self._candidates(data)
            if (row := floor.visitors.get(visitor)) is not None
            and data.class_ in (None, row["cls"])
            and (data.blocked is None or is_blocked(row, now) is data.blocked)
            and (data.missed is None or missed(row, now, rules.missed_within) >= data.missed)
        )  # fmt: skip
        return {"visitors": [self._all(visitor, floor.visitors[visitor]) for visitor in islice(found, data.limit)]}

    def _candidates(self, data: Find) -> Iterator[str]:
        floor = self._hall.journal.durable
        numbers = [number for number in (data.card, data.document) if number is not None]
        if numbers:
            ids = [floor.register.by_number(number) for number in numbers]
            return iter([one for one in dict.fromkeys(ids) if one is not None])
        if data.phone is not None:
            return iter(floor.register.by_phone(data.phone))
        return floor.register.named(data.name) if data.name is not None else iter(floor.visitors)

    def _all(self, visitor: str, row: VisitorRow) -> dict[str, Any]:
        person = self._hall.journal.durable.register.people.get(visitor, {})
        return {"visitor": self._hall.visitors.public(visitor, row), "person": person}

    # Changing.

    def _put(
        self, d: Decision, visitor: str, row: VisitorRow, person: PersonRow | dict[str, Any], data: Details, event: str
    ) -> Answer:  # fmt: skip
        given = data.model_fields_set
        self._exists(data)
        who: dict[str, Any] = {**person, **{key: getattr(data, key) for key in _WHO if key in given}}
        carried: list[str] = who.get("cards") or []
        who["cards"] = list(dict.fromkeys(number for one in carried if (number := plain(one))))
        self._nobody_else(d, visitor, who)
        where = {column: getattr(data, key) for key, column in _WHERE.items() if key in given}
        if where.get("staff") is not None:
            where["staff"] = self._hall.staff.known(where["staff"]) if self._hall.staff.staff else where["staff"]
        d.put("person", PERSON + visitor, {key: value for key, value in who.items() if value})
        return self._tell(d, event, visitor, cast("VisitorRow", {**row, **where}))

    def _tell(self, d: Decision, event: str, visitor: str, row: VisitorRow) -> Answer:
        d.put("visitor", visitor, row)
        said = self._hall.visitors.public(visitor, row)
        d.event(event, {"visitor": said})
        return {"visitor": said}

    def _why_blocked(self, d: Decision, visitor: str, reason: str | None) -> None:
        person: dict[str, Any] = dict(d.floor.register.people.get(visitor) or {})
        person.pop("why_blocked", None)
        d.put("person", PERSON + visitor, {**person, **({"why_blocked": reason} if reason else {})})

    def _row(self, d: Decision, visitor: str) -> VisitorRow:
        return self._hall.visitors.row(d.floor, visitor)

    def _exists(self, data: Details) -> None:
        if data.class_ is not None and data.class_ not in self._hall.site.classes:
            raise Unknown("unknown_class", {
                "en": "There is no class {name} in this hall.", "zh-CN": "没有 {name} 这类客户。"}, name=data.class_)  # fmt: skip
        if data.queue is not None:
            self._hall.queue(data.queue)

    def _nobody_else(self, d: Decision, visitor: str, who: dict[str, Any]) -> None:
        """A card or document is one person's; and an id says nothing of who it is."""
        numbers = [number for one in [*who["cards"], who.get("document")] if one and (number := plain(one))]
        if plain(visitor) in {*numbers, digits(who.get("phone") or "")} - {""}:
            raise BadData({
                "en": "An id may be read by many: do not make it of a card, document or phone number.",
                "zh-CN": "客户编号会出现在事件中，请勿使用卡号、证件号或电话号码。"})  # fmt: skip
        for number in numbers:
            other = d.floor.register.by_number(number)
            if other is not None and other != visitor:
                raise Refused("already_known", {
                    "en": "Another visitor, {visitor}, has this card or document.",
                    "zh-CN": "该卡或证件属于另一位客户 {visitor}。"}, visitor=other)  # fmt: skip


def forget(d: Decision, visitor: str) -> None:
    """Nothing is known of them any more; tickets and the journal keep an id that leads to nobody.

    Of appointments that are over the code is kept, so that it is given to nobody else yet; what is still booked keeps its name.
    """
    d.put("visitor", visitor, None)
    d.put("person", PERSON + visitor, None)
    for row in d.floor.book.of("visitor", visitor):
        if row["state"] not in ("held", "booked") and (person := d.floor.people.get(row["id"])):
            d.put("person", row["id"], {"code": person.get("code")})
    d.event(VISITOR_FORGOTTEN, {"visitor": {"id": visitor}})
