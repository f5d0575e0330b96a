"""A party that is not served together after all: some of it goes on with numbers of their own, in the same place."""

from collections.abc import Sequence
from typing import Any, cast

from ...errors import Refused
from ..admission.issuing import Wanted, issue
from ..events import TICKET_SPLIT, PublicTicket
from ..hall import Hall
from ..journal import Decision
from ..tickets import may
from .places import just_behind


def split(hall: Hall, d: Decision, ticket: PublicTicket, into: Sequence[int] | None) -> list[PublicTicket]:
    """The ticket and the new ones; `into` says how many people each is for, the ticket first; each alone if left out.

    The new ones wait (or are pending) right behind the ticket's place, with its class, urgency, plan, language and case;
    visitor, name and phone stay with the ticket. Quotas counted the party's people when it came: nothing is asked again.
    """
    may("ticket.split", ticket)
    sizes = list(into) if into is not None else [1] * ticket["party"]
    if len(sizes) < 2 or sum(sizes) != ticket["party"]:
        raise Refused("party_size", {
            "en": "{number} is for {party} people: the parts must be two or more and add up to that.",
            "zh-CN": "{number} 为 {party} 人同行：拆分后至少两份，且人数之和须相等。"},
            number=ticket["number"], party=ticket["party"])  # fmt: skip
    kept = cast("PublicTicket", {**ticket, "party": sizes[0]})
    d.put("ticket", kept["id"], kept)  # it is told below, with the others' ids
    parts: list[PublicTicket] = []
    for size in sizes[1:]:
        parts.append(_part(hall, d, parts[-1] if parts else kept, ticket, size))
    hall.tell(d, TICKET_SPLIT, ticket, kept, into=[part["id"] for part in parts])
    return [kept, *parts]


def _part(hall: Hall, d: Decision, before: PublicTicket, of: PublicTicket, size: int) -> PublicTicket:
    more: dict[str, Any] = {
        "split_from": of["id"],
        "urgency": of["urgency"],
        "reserved": of["reserved"],
        "only": of["only"],
        "leg": of["leg"],
    }
    same = ("case", "triage", "reserved_staff", "reserved_pool", "stands_as", "promised")
    more |= {key: value for key in same if (value := cast("dict[str, Any]", of).get(key)) is not None}
    times = {key: at for key, at in of["times"].items() if key in ("issued", "waiting", "pending")}
    return issue(hall, d, Wanted(
        queue=of["queue"], service=of["service"], class_=of["class"], party=size,
        ready=of["state"] != "pending", then=of["plan"], language=of["language"], origin=of["origin"],
        place=just_behind(d, before), more={**more, "times": times},
    ), asked="nothing")  # fmt: skip
