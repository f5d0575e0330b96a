"""What is said of a ticket is changed: its urgency (triage), class, service, language, case, note, plan, who it is for."""

from collections.abc import Mapping
from typing import Any, Final, cast

from ...errors import Unknown
from ..config.legs import Leg
from ..events import TICKET_UPDATED, PublicTicket
from ..hall import Hall
from ..journal import Decision
from ..tickets import may
from .legs import of_queue, planned, urgency_in

PLAIN: Final = ("service", "language", "case", "note")
PERSON: Final = ("name", "phone")


def update(hall: Hall, d: Decision, ticket: PublicTicket, said: Mapping[str, Any], by: str) -> PublicTicket:
    """Change what `said` names; None takes it away, an urgency of None is the queue's own again. State and place stay.

    Told is which fields changed, never what a name or phone was changed to. Nothing new: nothing is told.
    """
    may("ticket.update", ticket)
    new: dict[str, Any] = {**ticket, **{key: said[key] for key in PLAIN if key in said}}
    if said.get("service") is not None:
        of_queue(hall, d, ticket["queue"], said["service"], None, None, None)
    if "class" in said:
        new["class"] = _class(hall, said["class"])
    if "urgency" in said:
        given = cast("int | None", said["urgency"])
        # Said of this visit, here and now: it counts instead of the queue's own, also where that is higher.
        new["triage"], new["urgency"] = given, urgency_in(hall, ticket["queue"], given, same=True)
    if new["class"] != ticket["class"] or new["urgency"] != ticket["urgency"]:
        new.pop("stands_as", None)
    if "then" in said:
        new["plan"] = planned(hall, d, cast("list[Leg]", said["then"] or []), ticket)
    changed = sorted(key for key in new if new[key] != cast("Mapping[str, Any]", ticket).get(key))
    changed += _person(d, ticket["id"], {key: said[key] for key in PERSON if key in said})
    if not changed:
        return ticket
    return hall.tell(d, TICKET_UPDATED, ticket, cast("PublicTicket", new), changed=changed, by=by)


def _class(hall: Hall, name: str | None) -> str:
    if name not in (None, "normal") and name not in hall.site.classes:
        raise Unknown("unknown_class", {
            "en": "There is no class {name} in this hall.", "zh-CN": "没有 {name} 这类客户。"}, name=name)  # fmt: skip
    return name or "normal"


def _person(d: Decision, ticket: str, said: Mapping[str, str | None]) -> list[str]:
    """Write down who it is for, apart from the ticket; answers what is new."""
    old: dict[str, Any] = d.floor.people.get(ticket) or {}
    changed = [key for key, value in said.items() if value != old.get(key)]
    if changed:
        d.put("person", ticket, {**dict.fromkeys(PERSON), **old, **said})
    return changed
