"""What is noted of a day while it passes: every ticket's times, every counter's minutes, every automation's runs."""

import logging
from collections import Counter as Tally
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from ..bus import Bus
from ..clock import Clock
from ..events import Event
from ..hall.events import COUNTER_EVENTS, TICKET_EVENTS
from .laws import Laws

AT: Final = ("called", "serving")


@dataclass(slots=True)
class Life:
    """One ticket. Stamps are wall time; `waits` are (queue, seconds) of each stay until its first call."""

    number: str
    queue: str
    class_: str
    issued: float
    entered: float | None  # this stay began; None once it was called
    state: str = "waiting"
    waits: list[tuple[str, float]] = field(default_factory=list[tuple[str, float]])
    called: float | None = None
    calls: int = 0
    missed: int = 0  # no-shows
    ended: float | None = None
    outcome: str | None = None  # finished, cancelled, missed (expired as a no-show), left (expired otherwise)


@dataclass(slots=True)
class Desk:
    """One counter: seconds in each state, and what was done."""

    state: str = "closed"
    since: float = 0.0
    spent: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(("idle", "calling", "serving", "paused"), 0.0)
    )
    served: int = 0
    missed: int = 0
    serving: float = 0.0

    def turn(self, state: str, at: float) -> None:
        if self.state in self.spent:
            self.spent[self.state] += at - self.since
        self.state, self.since = state, at


class Fired(NamedTuple):
    at: float
    entity_id: str
    name: str
    source: str


class Logged(NamedTuple):
    at: float
    level: str
    room: str
    text: str


class Notes(logging.Handler):
    """Hears the bus, and what is logged as a warning or worse."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(logging.WARNING)
        self._clock = clock
        self.lives: dict[str, Life] = {}
        self.desks: dict[str, Desk] = {}
        self.fired: list[Fired] = []
        self.refusals: Tally[tuple[str, str]] = Tally()  # (action, code)
        self.dropped: Tally[str] = Tally()  # announcements, by reason
        self.announced: Tally[str] = Tally()  # by language
        self.waited: list[float] = []  # announcements, for their turn
        self.print_failures: Tally[str] = Tally()
        self.log: list[Logged] = []
        self.laws = Laws()

    def listen(self, bus: Bus) -> None:
        bus.listen(self._ticket, *TICKET_EVENTS)
        bus.listen(self._counter, *COUNTER_EVENTS)
        bus.listen(self._automation, "automation_triggered", "script_started")
        bus.listen(self._started, "announcement_started")
        bus.listen(lambda event: self.dropped.update([event.data["reason"]]), "announcement_dropped")
        bus.listen(lambda event: self.print_failures.update([event.data["code"]]), "print_failed")

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            text += f" {type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
        self.log.append(Logged(self._clock.now(), record.levelname.lower(), record.name, text))

    def refused(self, action: str, code: str) -> None:
        self.refusals[action, code] += 1

    def _ticket(self, event: Event) -> None:
        self.laws.hear(event)
        ticket: dict[str, Any] = event.data["ticket"]
        life = self.lives.get(ticket["id"])
        if life is None:
            life = self.lives[ticket["id"]] = Life(
                ticket["number"], ticket["queue"], ticket["class"], event.at, event.at)  # fmt: skip
        was, life.state = life.state, ticket["state"]
        if event.data.get("replayed"):
            return
        before: dict[str, Any] = event.data.get("from") or {}
        self._desk(event, ticket, before)
        match event.type:
            case "ticket_called":
                self._called(life, event, ticket)
            case "ticket_transferred" | "ticket_requeued":
                life.entered = event.at
            case "ticket_no_show":
                life.missed += 1
            case "ticket_finished" if event.data.get("final"):
                life.ended, life.outcome = event.at, "finished"
            case "ticket_cancelled":
                life.ended, life.outcome = event.at, "cancelled"
            case "ticket_expired":
                life.ended, life.outcome = event.at, "missed" if was == "no_show" else "left"
            case _:
                pass

    @staticmethod
    def _called(life: Life, event: Event, ticket: dict[str, Any]) -> None:
        life.calls += 1
        life.called = life.called or event.at
        if life.entered is not None:
            life.waits.append((ticket["queue"], event.at - life.entered))
            life.entered = None

    def _desk(self, event: Event, ticket: dict[str, Any], before: dict[str, Any]) -> None:
        counter, at = ticket["counter"], event.at
        left = before.get("counter")
        if left and before.get("state") in AT and (ticket["state"] not in AT or counter != left):
            desk = self.desks.setdefault(left, Desk())
            if desk.state in ("calling", "serving"):
                desk.turn("idle", at)
            desk.served += event.type == "ticket_finished"
            desk.missed += event.type == "ticket_no_show"
        if counter and ticket["state"] in AT:
            self.desks.setdefault(counter, Desk()).turn("calling" if ticket["state"] == "called" else "serving", at)

    def _counter(self, event: Event) -> None:
        state = {"counter_signed_in": "idle", "counter_signed_out": "closed", "counter_paused": "paused",
                 "counter_resumed": "idle"}[event.type]  # fmt: skip
        self.desks.setdefault(event.data["counter"], Desk()).turn(state, event.at)

    def _automation(self, event: Event) -> None:
        data = event.data
        source = str(data.get("source", ""))
        self.fired.append(Fired(event.at, str(data["entity_id"]), str(data.get("name", "")), source))

    def _started(self, event: Event) -> None:
        self.announced.update(one for one in event.data["languages"] if one not in event.data["missing"])
        self.waited.append(event.data["waited"])
