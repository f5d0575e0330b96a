"""The hall's YAML: its keys. Queues and counters each have their file."""

from pydantic import Field

from ...schema import Name, Strict
from .admission import WholeHall
from .appointments import AppointmentType
from .calendars import Calendar
from .counters import Counter, Overflow, Serves
from .panel import Keys, Panel
from .queues import Queue, Requeue, Service
from .staff import PAUSE_REASONS, PauseReason, ServiceCode, Staff
from .visitors import CardType, VisitorRules

__all__ = [
    "AppointmentType",
    "Calendar",
    "CardType",
    "Counter",
    "HallConfig",
    "Keys",
    "Overflow",
    "Panel",
    "PauseReason",
    "Queue",
    "Requeue",
    "Serves",
    "Service",
    "ServiceCode",
    "Staff",
    "VisitorRules",
    "WholeHall",
]


class HallConfig(Strict):
    """The keys of the hall."""

    hall: WholeHall = Field(default=WholeHall(), description="What holds for the hall as a whole.")
    calendar: dict[Name, Calendar] = Field(default={}, description="When numbers are given.")
    queue: dict[Name, Queue] = Field(default={}, description="The lines of waiting people.")
    counter: dict[Name, Counter] = Field(default={}, description="Where visitors are served.")
    staff: dict[Name, Staff] = Field(default={}, description="Who serves there.")
    service_code: dict[Name, ServiceCode] = Field(
        default={}, description="Codes for what was done, counted at the counter."
    )
    pause_reason: dict[Name, PauseReason] = Field(
        default=PAUSE_REASONS, description="Why a counter is paused, as staff choose it."
    )
    panel: Panel = Field(default=Panel(), description="The staff's panel at the counters.")
    appointment: dict[Name, AppointmentType] = Field(default={}, description="What can be booked.")
    card: dict[Name, CardType] = Field(
        default={}, description="Cards told apart by their number: the class and the queue of who carries them."
    )
    visitor: VisitorRules = Field(default=VisitorRules(), description="People known to the hall.")
