"""The trigger `ticket`, lent to the language: any ticket event, with filters. `queue` and `counter` stand beside."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal, cast

from pydantic import BaseModel, BeforeValidator, Field

from ...bus import Listener
from ...clock import Cancel
from ...events import Event
from ...integration import Kit
from ...offers import TRIGGERS, WATCH, Fire, TriggerKind
from ...schema import Strict, Target
from ..events import LIVE, TICKET_EVENTS, PublicTicket, ticket_of

_EVENTS = tuple(name.removeprefix("ticket_") for name in TICKET_EVENTS)
EventName = Literal[
    "issued", "ready", "called", "started", "finished", "put_back", "no_show", "requeued", "transferred", "held",
    "released", "cancelled", "expired", "updated", "staged", "moved", "split", "undone",
]  # fmt: skip
StateName = Literal[
    "pending", "waiting", "staged", "called", "serving", "held", "no_show", "finished", "cancelled", "expired"
]
_FILTERS: Final = ("counter", "queue", "service", "state", "class")  # most telling first: it is found by that


def listed(value: Any) -> Any:
    """A list as it is, a single thing as a list of one."""
    return cast("list[Any]", value) if isinstance(value, list) else None if value is None else [value]


class TicketTrigger(Strict):
    """`trigger: ticket`: fires when a ticket event fits every filter given."""

    event: Annotated[list[EventName], BeforeValidator(listed)] = Field(
        description="Which events: issued, called, started, finished, no_show, ..."
    )
    queue: Annotated[list[str], Target("queue", many=True)] | None = Field(
        default=None, description="Only of these queues."
    )
    counter: Annotated[list[str], Target("counter", many=True)] | None = Field(
        default=None, description="Only at these counters."
    )
    class_: Annotated[list[str], Target("class", many=True)] | None = Field(
        default=None, alias="class", description="Only of these classes of customer."
    )
    service: Annotated[list[str], BeforeValidator(listed)] | None = Field(
        default=None, description="Only who came for one of these services."
    )
    state: Annotated[list[StateName], BeforeValidator(listed)] | None = Field(
        default=None, description="Only tickets that are in one of these states now."
    )
    calls: int | None = Field(default=None, ge=1, description="Only this call: 1 is the first.")

    def filters(self) -> dict[str, frozenset[str]]:
        """What the ticket must say."""
        given = {"queue": self.queue, "counter": self.counter, "class": self.class_, "service": self.service,
                 "state": self.state}  # fmt: skip
        return {key: frozenset(given[key] or ()) for key in _FILTERS if given[key] is not None}


def watch(kit: Kit, types: Iterable[str], data: Mapping[str, Any], listener: Listener) -> Cancel:
    """Hear events as triggers do: in the order of the YAML, and only those that may be meant."""
    lent = kit.offers.get(WATCH, "events")
    return kit.bus.listen(listener, *types) if lent is None else lent(types, data, listener)


def lend(kit: Kit) -> None:
    """Offer the trigger."""

    def attach(model: TicketTrigger, fire: Fire) -> Cancel:
        filters, calls = model.filters(), model.calls

        def hear(event: Event) -> None:
            ticket = ticket_of(event)
            if _fits(ticket, filters) and (calls is None or event.data.get("calls") == calls):
                fire({"event": event, "ticket": ticket, "reasons": event.data.get("reasons", []),
                      "description": f"ticket {ticket['number']} {event.type.removeprefix('ticket_')}"}, event.context)  # fmt: skip

        return watch(kit, [f"ticket_{name}" for name in model.event], {"ticket": filters}, hear)

    kit.offer(TRIGGERS, "ticket", TriggerKind(TicketTrigger, attach))


def _fits(ticket: PublicTicket, filters: Mapping[str, frozenset[str]]) -> bool:
    said = cast("Mapping[str, Any]", ticket)
    return all(said[key] in wanted for key, wanted in filters.items())


def models() -> dict[str, type[BaseModel]]:
    """All triggers of the hall, by word."""
    from ..appointments.trigger import AppointmentTrigger
    from .calendar_trigger import CalendarTrigger
    from .counter_trigger import CounterTrigger
    from .queue_trigger import QueueTrigger

    return {"ticket": TicketTrigger, "queue": QueueTrigger, "counter": CounterTrigger,
            "appointment": AppointmentTrigger, "calendar": CalendarTrigger}  # fmt: skip


assert set(_EVENTS) == set(EventName.__args__)  # type: ignore[attr-defined]
assert set(LIVE) < set(StateName.__args__)  # type: ignore[attr-defined]
