"""The hall: tickets, numbers, queues, counters, and the journal that holds them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from pydantic import BaseModel

from ..integration import Integration, Kit
from .checks import check
from .config import HallConfig
from .counters.staff_states import VALUES
from .estimates.estimating import entity_of
from .events import ALL_EVENTS, TEMPLATE_WORDS
from .journal import TABLES
from .triggers.triggers import models


@asynccontextmanager
async def setup(config: HallConfig, kit: Kit) -> AsyncGenerator[None]:
    """Open the hall as it was left."""
    from .admission.closing import Closing
    from .admission.opening import OpeningStates
    from .admission.queues import Queues
    from .appointments.opened import open_appointments
    from .calling.explaining import Explaining
    from .clearing import Clearing
    from .counters.counters import Counters
    from .counters.due import Due
    from .counters.lease import Leases
    from .counters.lobby import Lobby
    from .counters.panel import Panels
    from .counters.undo import Undo
    from .day import Days
    from .estimates.estimates import Estimates
    from .figures import Figures
    from .hall import Hall
    from .journal import Journal
    from .journeys.inner_area import InnerArea
    from .journeys.journeys import Journeys
    from .journeys.visits import Visits
    from .phones import ticket_link
    from .reload import Reloading
    from .resume import Resume
    from .triggers.calendar_trigger import lend as lend_calendar
    from .triggers.counter_trigger import lend as lend_counter
    from .triggers.queue_trigger import lend as lend_queue
    from .triggers.triggers import lend
    from .views import HallViews
    from .visitors.actions import VisitorActions
    from .visitors.keeping import Keeping
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
    from .admission.closing import Closing
    from .admission.queues import Queues
    from .appointments.actions import Appointments
    from .calling.explaining import Explaining
    from .clearing import Clearing
    from .counters.counters import Counters
    from .counters.lease import Leases
    from .counters.panel import Panels
    from .counters.undo import Undo
    from .estimates.estimates import Estimates
    from .hall import Hall
    from .journeys.inner_area import InnerArea
    from .journeys.journeys import Journeys
    from .journeys.visits import Visits
    from .visitors.actions import VisitorActions

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
    return (
        queues
        | {f"staff.{s}" for s in config.staff}
        | {f"counter.{c}" for c in config.counter}
        | {f"calendar.{c}" for c in config.calendar}
        | {f"appointment.{a}" for a in config.appointment}
    )


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
    values={
        "queue": "number",
        "appointment": "number",
        "calendar": frozenset({"on", "off"}),
        "counter": frozenset({"closed", "idle", "calling", "serving", "paused"}),
        "staff": VALUES,
    },
    check=check,
)
