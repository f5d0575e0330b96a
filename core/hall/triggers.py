"""The trigger `ticket`, lent to the language: any ticket event, with filters."""

from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field

from ..clock import Cancel
from ..events import Event
from ..integration import Kit
from ..offers import TRIGGERS, Fire, TriggerKind
from ..schema import Strict, Target
from .events import TICKET_EVENTS, ticket_of

_EVENTS = tuple(name.removeprefix("ticket_") for name in TICKET_EVENTS)
EventName = Literal[
    "issued", "ready", "called", "started", "finished", "put_back", "no_show", "requeued", "transferred", "held",
    "released", "cancelled", "expired", "updated",
]  # fmt: skip


def _listed(value: Any) -> Any:
    return cast("list[Any]", value) if isinstance(value, list) else None if value is None else [value]


class TicketTrigger(Strict):
    """`trigger: ticket`: fires when a ticket event fits every filter given."""

    event: Annotated[list[EventName], BeforeValidator(_listed)] = Field(
        description="Which events: issued, called, started, finished, no_show, ..."
    )
    queue: Annotated[list[str], Target("queue", many=True)] | None = Field(
        default=None, description="Only of these queues."
    )
    counter: Annotated[list[str], Target("counter", many=True)] | None = Field(
        default=None, description="Only at these counters."
    )
    class_: Annotated[list[str], BeforeValidator(_listed)] | None = Field(
        default=None, alias="class", description="Only of these classes of customer."
    )
    calls: int | None = Field(default=None, ge=1, description="Only this call: 1 is the first.")


def lend(kit: Kit) -> None:
    """Offer the trigger."""

    def attach(model: TicketTrigger, fire: Fire) -> Cancel:
        def hear(event: Event) -> None:
            ticket = ticket_of(event)
            if (
                (model.queue is None or ticket["queue"] in model.queue)
                and (model.counter is None or ticket["counter"] in model.counter)
                and (model.class_ is None or ticket["class"] in model.class_)
                and (model.calls is None or event.data.get("calls") == model.calls)
            ):
                fire({"event": event, "ticket": ticket, "reasons": event.data.get("reasons", [])}, event.context)

        return kit.bus.listen(hear, *(f"ticket_{name}" for name in model.event))

    kit.offer(TRIGGERS, "ticket", TriggerKind(TicketTrigger, attach))


assert set(_EVENTS) == set(EventName.__args__)  # type: ignore[attr-defined]
