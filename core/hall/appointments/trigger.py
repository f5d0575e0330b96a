"""The trigger `appointment`, lent to the language: booked, changed, arrived, missed, its hour comes, a reminder is due."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from ...clock import Cancel
from ...events import Event
from ...integration import Kit
from ...offers import TRIGGERS, Fire, TriggerKind
from ...schema import Duration, Strict, Target
from ..events import APPOINTMENT_EVENTS, APPOINTMENT_HELD
from ..triggers.triggers import listed, watch

EventName = Literal["booked", "changed", "cancelled", "arrived", "missed", "due", "reminder"]


class AppointmentTrigger(Strict):
    """`trigger: appointment`: fires when an appointment's event fits every filter given."""

    event: Annotated[list[EventName], BeforeValidator(listed)] = Field(
        description="booked, changed, cancelled, arrived, missed; due: its hour has come and nobody is there; reminder."
    )
    type: Annotated[list[str], Target("appointment", many=True)] | None = Field(
        default=None, description="Only of these types of appointment."
    )
    queue: Annotated[list[str], Target("queue", many=True)] | None = Field(
        default=None, description="Only for these queues."
    )
    staff: Annotated[list[str], BeforeValidator(listed)] | None = Field(
        default=None, description="Only with one of these members of staff."
    )
    before: Duration | None = Field(
        default=None, description="Only the reminder told so long before, as the type's reminders: have it."
    )


def lend(kit: Kit) -> None:
    """Offer the trigger."""

    def attach(model: AppointmentTrigger, fire: Fire) -> Cancel:
        given = {"type": model.type, "queue": model.queue, "staff": model.staff}
        filters = {key: frozenset(wanted) for key, wanted in given.items() if wanted is not None}

        def hear(event: Event) -> None:
            row: dict[str, Any] = event.data["appointment"]
            fits = all(row[key] in wanted for key, wanted in filters.items())
            if fits and model.before in (None, event.data.get("before")) and not _was_only_held(event):
                name = event.type.removeprefix("appointment_")
                fire({"event": event, "appointment": row, "before": event.data.get("before"),
                      "number": event.data.get("number"), "late": event.data.get("late"),
                      "description": f"appointment {row['type']} {name}"}, event.context)  # fmt: skip

        return watch(kit, [f"appointment_{name}" for name in model.event], {"appointment": filters}, hear)

    kit.offer(TRIGGERS, "appointment", TriggerKind(AppointmentTrigger, attach))


def _was_only_held(event: Event) -> bool:
    """A slot nobody took in the end was never an appointment."""
    return event.type == "appointment_cancelled" and came_from(event).get("state") == "held"


def came_from(event: Event) -> Mapping[str, Any]:
    """What the appointment was before the change."""
    before: Mapping[str, Any] | None = event.data.get("from")
    return before or {}


assert {f"appointment_{name}" for name in EventName.__args__} == set(APPOINTMENT_EVENTS) - {APPOINTMENT_HELD}  # type: ignore[attr-defined]
