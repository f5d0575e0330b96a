"""The hall: tickets, numbers, queues, counters, and the journal that holds them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from pydantic import BaseModel

from ..integration import Integration, Kit
from .checks import check
from .config import HallConfig
from .estimating import entity_of
from .events import ALL_EVENTS, TEMPLATE_WORDS
from .journal import TABLES
from .staff_states import VALUES
from .triggers import models


@asynccontextmanager
async def setup(config: HallConfig, kit: Kit) -> AsyncGenerator[None]:
    """Open the hall as it was left."""
    from .appointments.opened import open_appointments
    from .calendar_trigger import lend as lend_calendar
    from .clearing import Clearing
    from .closing import Closing
    from .counter_trigger import lend as lend_counter
    from .counters import Counters
    from .day import Days
    from .due import Due
    from .estimates import Estimates
    from .explaining import Explaining
    from .figures import Figures
    from .hall import Hall
    from .inner_area import InnerArea
    from .journal import Journal
    from .journeys import Journeys
    from .lease import Leases
    from .lobby import Lobby
    from .opening import OpeningStates
    from .panel import Panels
    from .phones import ticket_link
    from .queue_trigger import lend as lend_queue
    from .queues import Queues
    from .reload import Reloading
    from .resume import Resume
    from .triggers import lend
    from .undo import Undo
    from .views import HallViews
    from .visitors.actions import VisitorActions
    from .visitors.keeping import Keeping
    from .visits import Visits
    from .words import lend_words

    journal = Journal(kit.store, kit.bus, kit.clock, kit.site)
    journal.load(kit.store.loaded)
    hall = Hall(config, kit.site, kit.clock, journal)
    await hall.calendars.prepare(config)
    counters = Counters(hall)
    estimates = Estimates(hall, kit)
    estimates.register(kit)
    link = ticket_link(kit)
    Queues(hall, link).register(kit)
    Closing(hall).register(kit)
    counters.register(kit)
    undo, leases = Undo(hall), Leases(hall)
    leases.register(kit)
    panels = Panels(hall, undo, leases)
    panels.register(kit)
    undo.register(kit)
    journal.note = undo.note
    Visits(hall).register(kit)
    Journeys(hall).register(kit)
    Explaining(hall, kit.store).register(kit)
    Clearing(hall).register(kit)
    inner_area = InnerArea(hall)
    inner_area.register(kit)
    open_appointments(hall, kit, link)
    VisitorActions(hall).register(kit)
    Keeping(hall, kit)
    lend_words(hall, kit)
    lend(kit)
    lend_queue(kit, hall)
    lend_calendar(kit, hall)
    lend_counter(kit)
    await estimates.open()
    views, figures = HallViews(hall, panels, leases, kit), Figures(hall, counters, kit)
    Lobby(hall, kit)
    opening = OpeningStates(hall, figures, kit)
    Days(hall, figures, kit)
    Reloading(hall, figures, views, opening, kit)
    Resume(hall, kit)
    inner_area.watch(kit)
    Due(hall, counters, kit)
    try:
        yield
    finally:
        await estimates.keep()


def actions(config: HallConfig) -> dict[str, type[BaseModel] | None]:
    """What the hall will register, read off the registering itself."""
    from .appointments.actions import Appointments
    from .clearing import Clearing
    from .closing import Closing
    from .counters import Counters
    from .estimates import Estimates
    from .explaining import Explaining
    from .hall import Hall
    from .inner_area import InnerArea
    from .journeys import Journeys
    from .lease import Leases
    from .panel import Panels
    from .queues import Queues
    from .undo import Undo
    from .visitors.actions import VisitorActions
    from .visits import Visits

    class Noted(Kit):
        def __init__(self) -> None:
            self.models: dict[str, type[BaseModel] | None] = {}

        def action(self, name: str, model: type[Any], run: Any, **more: Any) -> None:
            self.models[name] = model

    noted, hall = Noted(), Hall.__new__(Hall)
    Queues(hall, None).register(noted)
    Closing(hall).register(noted)
    Counters(hall).register(noted)
    Estimates(hall, noted).register(noted)
    Undo(hall).register(noted)
    Leases(hall).register(noted)
    Panels.__new__(Panels).register(noted)
    Visits(hall).register(noted)
    VisitorActions(hall).register(noted)
    Journeys(hall).register(noted)
    Explaining.__new__(Explaining).register(noted)
    Clearing(hall).register(noted)
    InnerArea(hall).register(noted)
    Appointments.__new__(Appointments).register(noted)
    return noted.models


def entities(config: HallConfig) -> set[str]:
    """What the hall will register."""
    queues = {f"queue.{q}" for q in config.queue} | {entity_of(q) for q in config.queue}
    return queues | {f"staff.{s}" for s in config.staff} | {f"counter.{c}" for c in config.counter} | {f"calendar.{c}" for c in config.calendar} | {
        f"appointment.{a}" for a in config.appointment
    }


HALL = Integration(
    HallConfig,
    setup,
    root=True,
    together=True,
    tables=TABLES,
    entities=entities,
    actions=actions,
    triggers=models(),
    template_words=TEMPLATE_WORDS,
    events=frozenset(ALL_EVENTS),
    values={"queue": "number", "appointment": "number", "calendar": frozenset({"on", "off"}), "counter": frozenset({"closed", "idle", "calling", "serving", "paused"}), "staff": VALUES},
    check=check,
)
