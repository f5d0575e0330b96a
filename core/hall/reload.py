"""Reload: queues and counters come, change and go while people wait; nobody's ticket is touched without being told.

A queue that goes while tickets are in it must say where they go (`replaces:` in another queue), else the reload is
refused. A counter that goes must be free; who is signed in there is signed out.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from ..actions import Call
from ..errors import ActionError, Refused
from ..integration import Kit, Take
from .admission.opening import OpeningStates
from .config import HallConfig, Queue
from .events import COUNTER_SIGNED_OUT, HALL_RELOADED, LIVE, TICKET_TRANSFERRED, TICKET_UPDATED, PublicTicket
from .figures import Figures
from .floor import Floor, QueueRow
from .hall import Hall
from .journal import Answer, Decision
from .journeys.staging import unstage
from .numbering import give, given, period, sequence_of
from .tickets import AT_COUNTER
from .views import HallViews


class Reloading:
    """The hall's side of a reload."""

    def __init__(self, hall: Hall, figures: Figures, views: HallViews, opening: OpeningStates, kit: Kit) -> None:
        self._hall, self._figures, self._views, self._opening, self._kit = hall, figures, views, opening, kit
        kit.on_reload(self.prepare)
        kit.listen(lambda _: hall.journal.reweigh(), "core_config_updated")
        floor = hall.journal.decided
        renamed = next(taken(floor, hall.queues, hall.journal.today), None) is not None
        if renamed or any(gone in floor.queues for _, gone in heirs(hall)):
            kit.task(self._inherit(), "replaces")  # the YAML was changed while usher was not running

    async def _inherit(self) -> None:
        """Take over what `replaces:` names."""
        hall = self._hall

        def rule(d: Decision) -> Answer:
            for heir, gone in heirs(hall):
                take_over(hall, d, gone, heir, hall.queues, None)
            keep_numbers_apart(d, hall.queues)
            _tell(d, dict(heirs(hall)), [])
            return {}

        try:
            await hall.journal.decide(Call(self._kit.caller), "usher.reload", None, rule)
        except ActionError as error:
            self._kit.log.error("What replaces: names could not be taken over: %s", error)

    async def prepare(self, config: HallConfig) -> Take:
        """Raises Refused if tickets would be left nowhere."""
        if config == self._hall.config:
            return lambda: None
        _may_go(self._hall, self._hall.journal.decided, config)
        await self._hall.calendars.prepare(config)
        return lambda: self._take(config)

    async def _take(self, config: HallConfig) -> None:
        hall, before = self._hall, self._hall.config

        def rule(d: Decision) -> Answer:
            _may_go(hall, d.floor, config)
            for name in before.counter.keys() - config.counter.keys():
                _close(hall, d, name)
            for heir, gone in heirs(config):
                take_over(hall, d, gone, heir, config.queue, before.queue.get(gone))
            for name in before.queue.keys() - config.queue.keys():
                d.put("queue", name, None)
            keep_numbers_apart(d, config.queue)
            _tell(d, dict(heirs(config)), sorted(before.queue.keys() - config.queue.keys()))
            self._become(config)
            return {}

        try:
            await hall.journal.decide(Call(self._kit.caller), "usher.reload", None, rule)
        except BaseException:
            self._become(before)
            raise
        self._figures.all()
        self._views.take()

    def _become(self, config: HallConfig) -> None:
        self._hall.take(config)
        if self._hall.estimates is not None:
            self._hall.estimates.take()
        self._figures.take()
        if self._hall.appointments is not None:
            self._hall.appointments.take()
        self._opening.look()
        self._views.take()


def heirs(hall: HallConfig | Hall) -> Iterator[tuple[str, str]]:
    """(queue, the one it replaces)."""
    queues = hall.queues if isinstance(hall, Hall) else hall.queue
    for name, queue in queues.items():
        for gone in queue.replaces:
            yield name, gone


def _tell(d: Decision, taken_over: dict[str, str], gone: list[str]) -> None:
    """What another configuration has changed is an event of the journal, as all that changes."""
    if d.changes:
        d.event(HALL_RELOADED, {"taken_over": taken_over, "gone": gone})


def _may_go(hall: Hall, floor: Floor, config: HallConfig) -> None:
    taken = {gone for _, gone in heirs(config)}
    for name in hall.queues.keys() - config.queue.keys() - taken:
        numbers = [t["number"] for t in floor.tickets.values() if t["queue"] == name and t["state"] in LIVE]
        if numbers:
            raise Refused("queue_in_use", {
                "en": "queue.{queue} is not in the new configuration, but {count} tickets are in it ({numbers}). Put it back, "
                      "or write  replaces: {queue}  in the queue that takes them over.",
                "zh-CN": "新配置中没有 queue.{queue}，但其中还有 {count} 张票（{numbers}）。请恢复该队列，"
                         "或在接收它们的队列中写  replaces: {queue} 。"},
                queue=name, count=len(numbers), numbers=", ".join(numbers[:5]))  # fmt: skip
    if hall.appointments is not None:
        hall.appointments.may_go(floor, config)
    for name in hall.counters.keys() - config.counter.keys():
        row = floor.counters.get(name)
        if row is not None and row["ticket"] is not None:
            raise Refused("counter_in_use", {
                "en": "counter.{counter} is not in the new configuration, but {number} is there. Finish it first.",
                "zh-CN": "新配置中没有 counter.{counter}，但 {number} 仍在该窗口。请先办结。"},
                counter=name, number=floor.tickets[row["ticket"]]["number"])  # fmt: skip


def _close(hall: Hall, d: Decision, counter: str) -> None:
    """A counter goes: nobody is signed in there, nobody is in its inner area, and nobody waits for it alone."""
    row = d.floor.counters.get(counter)
    unstage(hall, d, counter)
    if row is not None and row["staff"] is not None:
        d.event(COUNTER_SIGNED_OUT, {"counter": counter, "staff": row["staff"], "reason": None})
    if row is not None:
        d.put("counter", counter, None)
    for ticket in list(d.floor.tickets.values()):
        if ticket["reserved"] == counter and ticket["state"] in LIVE:
            _change(d, TICKET_UPDATED, ticket, reserved=None, only=False)


def take_over(hall: Hall, d: Decision, gone: str, heir: str, queues: Mapping[str, Queue], old: Queue | None) -> None:
    """All that is of the queue `gone` is of `heir` from now on: tickets with number and place, plans, numbers, counts."""
    for ticket in list(d.floor.tickets.values()):
        plan = [{**leg, "queue": heir} if leg["queue"] == gone else leg for leg in ticket["plan"]]
        if ticket["queue"] == gone and (ticket["state"] in LIVE or ticket["state"] in AT_COUNTER):
            service = ticket["service"] if ticket["service"] in queues[heir].services else None
            _change(d, TICKET_TRANSFERRED, ticket, queue=heir, service=service, plan=plan)
        elif plan != ticket["plan"]:
            _change(d, TICKET_UPDATED, ticket, plan=plan)
    row = d.floor.queues.get(gone)
    if row is not None:
        d.put("queue", heir, _added(hall.queue_row(d, heir), row, d.day))
        d.put("queue", gone, None)
    run = sequence_of(gone, old) if old is not None else f"queue:{gone}"
    new = sequence_of(heir, queues[heir])
    numbers = d.floor.sequences.get(run)
    if numbers is not None and new not in d.floor.sequences:
        d.put("sequence", new, numbers)


def _added(own: QueueRow, gone: QueueRow, day: str) -> QueueRow:
    """The counts of two queues together, if both are of today."""
    if gone["day"] != day:
        return own
    windows = dict(own.get("windows", {}))
    for window, people in gone.get("windows", {}).items():
        windows[window] = windows.get(window, 0) + people
    people = own.get("people", own["issued"]) + gone.get("people", gone["issued"])
    return {**own, "issued": own["issued"] + gone["issued"], "served": own["served"] + gone["served"], "people": people,
            "windows": windows}  # fmt: skip


def keep_numbers_apart(d: Decision, queues: Mapping[str, Queue]) -> None:
    """A run never gives a number that another gave in its period under the same prefix, in a queue that is gone."""
    for name, last in list(taken(d.floor, queues, d.day)):
        give(d, name, queues[name], last)


def taken(floor: Floor, queues: Mapping[str, Queue], day: str) -> Iterator[tuple[str, int]]:
    """(queue, number) for each whose run has to go on behind a number that it did not give itself."""
    shown: dict[str, list[tuple[int, str]]] = {}
    for ticket in floor.tickets.values():
        prefix = ticket["number"].rstrip("0123456789")
        digits = ticket["number"][len(prefix) :]
        if digits:
            shown.setdefault(prefix.upper(), []).append((int(digits), ticket["day"]))
    for name, queue in queues.items():
        span, last = period(queue, day), given(floor, name, queue, day)
        highest = max((n for n, issued in shown.get(queue.prefix.upper(), ())
                       if period(queue, issued) == span and (queue.end is None or queue.start <= n <= queue.end)),
                      default=last)  # fmt: skip
        if highest > last:
            yield name, highest


def _change(d: Decision, event: str, ticket: PublicTicket, **fields: Any) -> None:
    new = cast("PublicTicket", {**ticket, **fields})
    d.put("ticket", new["id"], new)
    before = {"state": ticket["state"], "queue": ticket["queue"], "counter": ticket["counter"]}
    d.event(event, {"ticket": new, "from": before})
