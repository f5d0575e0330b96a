"""What the hall knows of who comes: asked before a number is given, told when one was, and when they did not come."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...clock import local
from ...errors import Refused, Unknown
from ..config.visitors import CardType, VisitorRules, card_type, of_class
from ..events import LIVE, TICKET_ISSUED, PublicTicket
from ..floor import Floor
from ..journal import Decision
from ..refusals import joined
from ..text import moment
from .rows import MAX_MISSED, VisitorRow, is_blocked, public

if TYPE_CHECKING:
    from ..admission.issuing import Asked, Wanted
    from ..hall import Hall


class Visitors:
    """The hall's visitors; asked by decisions on the floor they are given."""

    def __init__(self, hall: "Hall") -> None:
        self._hall = hall

    @property
    def rules(self) -> VisitorRules:
        return self._hall.config.visitor

    def known(self, d: Decision, wanted: "Wanted", asked: "Asked" = "all") -> "Wanted":
        """The same with what is theirs: who it is, their class if it is heavier, their queue, their own staff.

        Who was promised a place in a queue, or comes out of one, keeps that queue.
        """
        visitor = wanted.visitor or d.floor.register.who(wanted.card, wanted.phone)
        row = d.floor.visitors.get(visitor) if visitor else None
        card = card_type(self._hall.config.card, wanted.card) if wanted.card else None
        class_ = self._heaviest(wanted.class_, row["cls"] if row else None, card.class_ if card else None)
        queue = self._queue(wanted.queue, class_, row, card) if asked == "all" else wanted.queue
        service = wanted.service
        if queue != wanted.queue and service not in self._hall.queue(queue).services:
            service = None  # the other queue does not tell it apart
        return replace(
            wanted, visitor=visitor, class_=class_, queue=queue, service=service,
            language=wanted.language or (row["language"] if row else None), more={**self._own(row), **wanted.more},
        )  # fmt: skip

    def blocked(self, floor: Floor, visitor: str | None, phone: str | None) -> Refused | None:
        """Why somebody gets no number. By a phone only if all who have it are blocked: it may be a family's."""
        now = self._hall.clock.now()
        found = [visitor] if visitor else floor.register.by_phone(phone)
        rows = [floor.visitors.get(one) for one in found]
        if not rows or not all(is_blocked(row, now) for row in rows):
            return None
        block = next(row["blocked"] for row in rows if row is not None)
        until = block["until"] if block else None
        said = None if until is None else moment(local(self._hall.clock, until), local(self._hall.clock, now))
        return _blacklisted(until, said)

    def follow(self, d: Decision, event: str, old: PublicTicket | None, new: PublicTicket) -> None:
        """A ticket of somebody known has changed: they came, did not come, or came after all."""
        visitor = new["visitor"]
        row = d.floor.visitors.get(visitor) if visitor else None
        if visitor is None or row is None:
            return
        was, is_now = old is not None and old["state"] == "no_show", new["state"] == "no_show"
        if event == TICKET_ISSUED and old is None and "split_from" not in new:
            d.put("visitor", visitor, {**row, "visits": row["visits"] + 1, "seen": d.now})
        elif is_now and not was:
            self.miss(d, visitor, new["id"], "no_show")
        elif was and not is_now and new["state"] in LIVE:
            d.put("visitor", visitor, {**row, "missed": [one for one in row["missed"] if one[1] != new["id"]]})

    def miss(self, d: Decision, visitor: str, what: str, kind: str) -> None:
        """They did not come: to a call (kind no_show, `what` the ticket), or to an appointment."""
        row = d.floor.visitors.get(visitor)
        if row is not None:
            others = [one for one in row["missed"] if one[1] != what]
            d.put("visitor", visitor, {**row, "missed": [*others, [d.now, what, kind]][-MAX_MISSED:]})

    def row(self, floor: Floor, visitor: str) -> VisitorRow:
        """Raises Unknown."""
        row = floor.visitors.get(visitor)
        if row is None:
            raise Unknown("unknown_visitor", {
                "en": "No visitor {visitor} is known.", "zh-CN": "没有 {visitor} 这位客户。"}, visitor=visitor)  # fmt: skip
        return row

    def public(self, visitor: str, row: VisitorRow) -> dict[str, Any]:
        """What may be said of them."""
        return public(visitor, row, self._hall.clock.now(), self.rules.missed_within)

    def _heaviest(self, *classes: str | None) -> str | None:
        """One class a ticket, the heaviest; those that the hall has no more count for nothing."""
        weights = self._hall.site.classes
        asked = classes[0]
        given = [one for one in classes if one is not None and (one == asked or one in weights)]
        return max(given, key=lambda one: weights.get(one, 0), default=None)

    def _queue(self, chosen: str, class_: str | None, row: VisitorRow | None, card: CardType | None) -> str:
        """Their own queue, the card's, the class's; where one was chosen only what stands there instead."""
        rules = of_class(self.rules, class_ or "normal")
        if chosen:
            return (card.instead.get(chosen) if card else None) or rules.instead.get(chosen) or chosen
        own = row["queue"] if row is not None and row["queue"] in self._hall.queues else None
        found = own or (card.queue if card else None) or rules.queue
        if found is None:
            raise Refused("which_queue", {
                "en": "Choose a service first.", "zh-CN": "请先选择要办理的业务。"})  # fmt: skip
        return found

    def _own(self, row: VisitorRow | None) -> dict[str, str]:
        """Who serves them, if it is anybody of their own."""
        if row is None:
            return {}
        fields = {"reserved_staff": row["staff"], "reserved_pool": row["pool"]}
        return {key: value for key, value in fields.items() if value}


def _blacklisted(until: float | None, said: Mapping[str, str] | None) -> Refused:
    """Why is for staff to say, and not at a kiosk."""
    words = {"en": "No number can be given to you here. Please ask staff.", "zh-CN": "暂不能为您取号，请咨询工作人员。"}
    again = said and {"en": f"Possible again {said['en']}.", "zh-CN": f"可再次取号：{said['zh-CN']}。"}
    return Refused("blacklisted", joined(words, again), next=until)
