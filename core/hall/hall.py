"""What the rooms of the hall share: the configuration, the journal, and the small changes every action is made of."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..clock import Clock
from ..errors import Refused, Unknown
from ..integration import Site
from .admission.admission import Admission
from .admission.opening import Calendars
from .calling.dispatch import Choice
from .config import Counter, HallConfig, Queue
from .counters.staffing import Staffing
from .events import (
    COUNTER_PAUSED,
    TICKET_CALLED,
    PublicTicket,
)
from .floor import CounterRow, Floor, QueueRow, no_counter, no_queue
from .journal import Decision, Journal
from .naming import named
from .tickets import AT_COUNTER, changed
from .visitors.visitors import Visitors

if TYPE_CHECKING:
    from .appointments.opened import Opened
    from .estimates.estimates import Estimates


class Hall:
    """The queues and counters of this hall, and the one journal."""

    def __init__(self, config: HallConfig, site: Site, clock: Clock, journal: Journal) -> None:
        self.take(config)
        self.site, self.clock, self.journal = site, clock, journal
        self.calendars = Calendars(self)
        self.admission = Admission(self)
        # The other rooms, once they are there.
        self.visitors = Visitors(self)
        self.estimates: Estimates | None = None
        self.appointments: Opened | None = None

    def take(self, config: HallConfig) -> None:
        """From now on this is the configuration."""
        self.config = config
        self.queues: Mapping[str, Queue] = config.queue
        self.counters: Mapping[str, Counter] = config.counter
        self.boosts = {name: queue.boost_after for name, queue in config.queue.items() if queue.boost_after is not None}
        # Counters with an inner area: (which in the YAML, its name, how many have room there).
        self.inner_areas = [
            (nth, name, one.stage) for nth, (name, one) in enumerate(config.counter.items()) if one.stage
        ]
        self.staff = Staffing(config.staff, config.queue, config.counter)

    # Looking things up; what is named and missing is told.

    def queue(self, name: str) -> Queue:
        if name not in self.queues:
            raise Unknown(
                "unknown_queue", {"en": "There is no queue {name}.", "zh-CN": "没有 {name} 这个队列。"}, name=name
            )
        return self.queues[name]

    def counter(self, name: str) -> Counter:
        if name not in self.counters:
            raise Unknown("unknown_counter", {
                "en": "There is no counter {name}.", "zh-CN": "没有 {name} 这个窗口。"}, name=name)  # fmt: skip
        return self.counters[name]

    def ticket(self, floor: Floor, named: str) -> PublicTicket:
        ticket = floor.find(named)
        if ticket is None:
            raise Unknown("unknown_ticket", {
                "en": "There is no ticket {name}.", "zh-CN": "没有 {name} 这张票。"}, name=named)  # fmt: skip
        return ticket

    def counter_row(self, d: Decision, name: str) -> CounterRow:
        """The counter as decided now; a new business day begins with nobody served."""
        row = d.floor.counters.get(name) or no_counter(d.day, d.now)
        return row if row["day"] == d.day else {**row, "day": d.day, "served": 0, "mix": {}}

    def queue_row(self, d: Decision, name: str) -> QueueRow:
        row = d.floor.queues.get(name) or no_queue(d.day)
        if row["day"] == d.day:
            return row
        return {**row, "day": d.day, "issued": 0, "served": 0, "people": 0, "windows": {}}

    # The small changes.

    def tell(self, d: Decision, event: str, old: PublicTicket | None, new: PublicTicket, **more: Any) -> PublicTicket:
        """Put the ticket as it is now and say what happened to it."""
        if self.estimates is not None:
            new = self.estimates.stamp(d.floor, d.now, event, new)
        new = named(self.queues.get(new["queue"]), d.floor.people, new)
        d.put("ticket", new["id"], new)
        if new["visitor"] is not None:
            self.visitors.follow(d, event, old, new)
        before = None if old is None else {"state": old["state"], "queue": old["queue"], "counter": old["counter"]}
        d.event(event, {"ticket": new, "from": before, **more})
        return new

    def call(self, d: Decision, counter: str, choice: Choice) -> PublicTicket:
        """This ticket is asked to come to this counter."""
        ticket, reasons = choice.ticket, choice.reasons
        row = self.counter_row(d, counter)
        # `reserved` stays: who is put back stands in the old place.
        new = changed(ticket, d.now, "called", counter=counter, staff=row["staff"], calls=1)
        new["times"].pop("started", None)  # of an earlier call: service counts from this one until it is started
        at: CounterRow = {**row, "ticket": new["id"], "reasons": reasons, "since": d.now, "mix": choice.credit}
        at.pop("by_hand", None)
        d.put("counter", counter, at)
        return self.tell(
            d, TICKET_CALLED, ticket, new, calls=1, reasons=reasons, rule=choice.rule, passed=choice.passed
        )

    def free(self, d: Decision, ticket: PublicTicket, *, served: bool = False) -> None:
        """Whoever had this ticket at a counter has it no more; a pause asked for meanwhile takes effect."""
        name = ticket["counter"]
        if ticket["state"] not in AT_COUNTER or name is None:
            return
        row = self.counter_row(d, name)
        pausing = row["pausing"]
        row = {
            **row,
            "ticket": None,
            "reasons": list[dict[str, str]](),
            "since": d.now,
            "served": row["served"] + served,
        }
        if pausing:
            row = {**row, "paused": True, "pausing": False}
        d.put("counter", name, row)
        if pausing:
            d.event(COUNTER_PAUSED, {"counter": name, "staff": row["staff"], "reason": row["reason"]})

    def present(self, floor: Floor, counter: str) -> PublicTicket | None:
        """The ticket at this counter."""
        row = floor.counters.get(counter)
        return floor.tickets[row["ticket"]] if row and row["ticket"] else None

    def open_counter(self, floor: Floor, name: str) -> CounterRow:
        """The counter's row; refused while nobody is signed in there."""
        self.counter(name)
        row = floor.counters.get(name)
        if row is None or row["staff"] is None:
            raise Refused("counter_closed", {
                "en": "Nobody is signed in at this counter. Sign in first.",
                "zh-CN": "本窗口无人签到，请先签到。"})  # fmt: skip
        return row
