"""The hall in templates: `queue('personal')`, `counter('1')`, `ticket('A012')`, `visitor('A012')`.

Each is a mapping of what is public. A queue and a counter are what their entity says, so a template that is rendered
for an event sees them as of that event; a ticket is what the journal holds for certain.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from ..errors import TemplateError
from ..integration import Kit
from ..offers import FILTERS, READERS, Look
from ..schema import did_you_mean
from .events import TICKET_EVENTS, VISITOR_EVENTS, PublicTicket
from .hall import Hall
from .text import masked, minutes, spoken


def lend_words(hall: Hall, kit: Kit) -> None:
    """Offer them all."""
    for name, word in (("spoken", spoken), ("masked", masked), ("minutes", minutes)):
        kit.offer(FILTERS, name, word)
    for name, make in (("queue", _queue), ("counter", _counter), ("ticket", _ticket), ("visitor", _visitor)):
        kit.offer(READERS, name, _with(hall, make))


def _with(hall: Hall, make: Callable[[Hall, Look], Callable[..., Any]]) -> Callable[[Look], Callable[..., Any]]:
    return lambda look: make(hall, look)


def _queue(hall: Hall, look: Look) -> Callable[[Any], dict[str, Any]]:
    def queue(name: Any) -> dict[str, Any]:
        return _of_entity(look, "queue", str(name), hall.queues)

    return queue


def _counter(hall: Hall, look: Look) -> Callable[[Any], dict[str, Any]]:
    def counter(name: Any) -> dict[str, Any]:
        found = _of_entity(look, "counter", str(name), hall.counters)
        state = look.state(found["entity_id"])
        return {**found, "state": "closed" if state is None else state.value}

    return counter


def _of_entity(look: Look, domain: str, name: str, known: Iterable[str]) -> dict[str, Any]:
    """Its id and its entity's attributes; `queue.personal` is taken for `personal`."""
    name = name.removeprefix(domain + ".")
    if name not in known:
        hint = did_you_mean(name, known) or f" There are: {', '.join(sorted(known))}."
        raise TemplateError(f"there is no {domain} {name!r}.{hint}")
    entity_id = f"{domain}.{name}"
    state = look.state(entity_id)
    attributes: Mapping[str, Any] = {} if state is None else state.attributes
    return {"id": name, "entity_id": entity_id, **attributes}


def _ticket(hall: Hall, look: Look) -> Callable[[Any], dict[str, Any] | None]:
    def ticket(named: Any) -> dict[str, Any] | None:
        """By id or number, or the ticket of a counter; None when there is none such."""
        look.hangs_on(*TICKET_EVENTS)
        found = _find(hall, named)
        if found is None:
            return None
        queue, counter = hall.queues.get(found["queue"]), hall.counters.get(found["counter"] or "")
        return {
            **found,
            "ahead": hall.journal.durable.ahead(found) if found["state"] == "waiting" else None,
            "queue_name": queue.name if queue else found["queue"],
            "counter_name": counter.name if counter else found["counter"],
        }

    return ticket


def _visitor(hall: Hall, look: Look) -> Callable[[Any], dict[str, Any] | None]:
    def visitor(named: Any) -> dict[str, Any] | None:
        """Who holds a ticket, or who is known by this id, as far as anybody may see: the name is masked, no phone."""
        look.hangs_on(*TICKET_EVENTS, *VISITOR_EVENTS)
        floor, found = hall.journal.durable, _find(hall, named)
        if isinstance(named, Mapping):
            named = cast("Mapping[str, Any]", named).get("id")
        id_ = found["visitor"] if found is not None else None if named is None else str(named)
        row = floor.visitors.get(id_) if id_ else None
        if found is None and row is None:
            return None
        person: Mapping[str, Any] = (floor.people.get(found["id"]) if found is not None else None) or {}
        known: Mapping[str, Any] = floor.register.people.get(id_ or "") or {}
        name = person.get("name") or known.get("name")
        about = hall.visitors.public(id_, row) if id_ and row is not None else dict[str, Any]()
        return {
            "id": id_, "ticket": found["id"] if found else None, "number": found["number"] if found else None,
            "class": found["class"] if found else about.get("class"), "name": masked(name) if name else None,
            "language": (found["language"] if found else None) or about.get("language"), "known": row is not None,
            "staff": about.get("staff"), "pool": about.get("pool"), "visits": about.get("visits", 0),
            "missed": about.get("missed", 0), "blocked": about.get("blocked"),
        }  # fmt: skip

    return visitor


def _find(hall: Hall, named: Any) -> PublicTicket | None:
    if isinstance(named, Mapping):
        named = cast("Mapping[str, Any]", named).get("id")
    return None if named is None else hall.journal.durable.find(str(named))
