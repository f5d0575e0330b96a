"""The latest forecast of each group of counters that share queues, and what it says now.

A play costs a few milliseconds in a large house, so it is done when it has been earned: each ticket and each second earn a
little work. Until the next one whoever asks is told by the people before them now, at the pace of the last forecast.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, cast

from ..calling.choosing import desk_of, rules_of
from ..calling.dispatch import Desk
from ..counters.staffing import Staffing
from ..events import PublicTicket
from ..floor import CounterRow, Floor
from ..hall import Hall
from ..lines import Lane, reserved_for, standing
from .forecasting import STEPS, End, Forecast, Rank, forecast
from .learning import Learning
from .projecting import Scene, Turn, Window, spread, turn

EARNS: Final = 6.0  # windows looked at or services played (10 to 15 us each) that each ticket pays for
EARNS_A_SECOND: Final = 1.0
MOST: Final = 400.0  # saved up
RANKS: Final = 16  # of one queue
UNASKED: Final = 3600.0  # seconds after which a rank is asked for no more


@dataclass(eq=False)
class Told:
    """What a queue was told last: of which moment, with how many counters and how many of its own before each rank."""

    forecast: Forecast
    at: float
    serving: int
    ahead: dict[Rank, int]


@dataclass(eq=False)
class _Group:
    """Open counters that share queues: which, how many serve each queue, how much play is earned, what the last one cost."""

    desks: list[str]
    serving: dict[str, int]
    earned: float = MOST
    cost: float = 0.0
    paid: float = 0.0  # until when the seconds are counted

    def earn(self, now: float, more: float) -> None:
        seconds = now - self.paid
        self.earned = min(MOST, self.earned + more + (max(0.0, seconds) * EARNS_A_SECOND if self.paid else 0.0))
        self.paid = now


@dataclass(eq=False)
class Outlook:
    """What is to be expected in every queue."""

    hall: Hall
    learning: Learning
    _groups: dict[str, _Group] = field(default_factory=dict[str, _Group])  # by queue
    _told: dict[str, Told] = field(default_factory=dict[str, Told])
    _ranks: dict[str, dict[Rank, float]] = field(
        default_factory=dict[str, "dict[Rank, float]"]
    )  # by queue: when last asked
    _desks: dict[str, tuple[CounterRow, Staffing, Desk]] = field(
        default_factory=dict[str, "tuple[CounterRow, Staffing, Desk]"])  # fmt: skip
    _moved: bool = True  # counters have come or gone since the groups were found

    def moved(self) -> None:
        """Counters have come or gone."""
        self._moved = True

    def take(self) -> None:
        """The configuration is another one: nothing is as it was."""
        self._moved = True
        for known in (self._groups, self._told, self._ranks, self._desks):
            known.clear()

    def turn(self, floor: Floor, ticket: PublicTicket, now: float, *, earns: bool) -> tuple[Turn, int] | None:
        """When this ticket, in line or about to be, is called, and by how many counters; None: nobody serves it, or not in sight."""
        if self._moved:
            self._regroup(floor)
        queue = ticket["queue"]
        group = self._groups.get(queue)
        if group is None and ticket["state"] == "staged":
            group = next((one for one in self._groups.values() if ticket["counter"] in one.desks), None)
        if group is None:
            return None
        group.earn(now, EARNS if earns else 0.0)
        if ticket["state"] == "staged" or reserved_for(ticket) is not None:
            return self._alone(floor, group, ticket, now)
        rank: Rank = (queue, standing(ticket), ticket["urgency"])
        told, ranks = self._told.get(queue), self._ranks.setdefault(queue, {})
        known = told is not None and rank in told.ahead
        if rank in ranks or len(ranks) < RANKS:
            ranks[rank] = now
        else:
            known = True
        if group.earned >= (group.cost if known else 0.0):
            self._play(floor, group, now)
        if (told := self._told.get(queue)) is None:
            return None
        found = self._now(floor, told, ticket, rank, group.serving[queue])
        return None if found is None else (found, group.serving[queue])

    # What the last forecast says now.

    def _now(self, floor: Floor, told: Told, ticket: PublicTicket, rank: Rank, serving: int) -> Turn | None:
        if rank not in told.forecast.ends:
            if rank in told.ahead or not told.forecast.ends:
                return None
            near = [one for one in told.forecast.ends if one[0] == rank[0]]
            if not near:
                return None
            rank = min(near, key=lambda one: (abs(one[2] - rank[2]), one[1] != rank[1], one))
        end, ahead, before = told.forecast.ends[rank], floor.ahead(ticket), told.ahead[rank]
        if ahead == before:
            place, seconds = float(end.own), end.seconds
        else:
            place = (ahead + 1) * (end.own + 1) / (before + 1) - 1
            pace = (self.learning.mean(rank[0]) or 0.0) / max(1, told.serving)
            seconds = _at(place, told.forecast.called.get(rank[0], ()), end, pace)
        if serving != told.serving and told.serving:
            seconds *= told.serving / serving
        others = (end.before - end.own) * (place + 1) / (end.own + 1)
        return Turn(max(0.0, seconds), max(0, round(place + others)), int(end.overtaken))

    # Playing.

    def _play(self, floor: Floor, group: _Group, now: float) -> None:
        ranks = [rank for queue in group.serving for rank in self._asked(queue, now)]
        windows = self._windows(floor, group.desks, now, None)
        found = forecast(ranks, windows, self._scene(floor, group.serving, windows, now))
        group.cost = found.work + len(ranks) / 2
        group.earned -= group.cost
        ahead: dict[str, dict[Rank, int]] = {}
        for rank in ranks:
            ahead.setdefault(rank[0], {})[rank] = floor.ahead(_end_of(rank))
        for queue, serving in group.serving.items():
            self._told[queue] = Told(found, now, serving, ahead.get(queue, {}))

    def _asked(self, queue: str, now: float) -> Iterator[Rank]:
        ranks = self._ranks.get(queue, {})
        for rank in [rank for rank, at in ranks.items() if not 0 <= now - at < UNASKED]:
            del ranks[rank]
        yield from ranks

    def _alone(self, floor: Floor, group: _Group, ticket: PublicTicket, now: float) -> tuple[Turn, int] | None:
        """Of whoever is kept for somebody: played for this one alone if it is earned, else by those kept alike."""
        queue, staged = ticket["queue"], ticket["state"] == "staged"
        alone, rules = Lane.alone(ticket), rules_of(self.hall, floor)
        held = staged or rules.holds(alone)
        may = [name for name in group.desks if (name == ticket["counter"] if staged else self._serves(floor, name, queue)
               and (not held or alone.reserved in self._desk(floor, name).members))]  # fmt: skip
        if not may:
            return None
        if group.earned >= min(STEPS, group.cost):
            windows = self._windows(floor, group.desks, now, queue)
            found = turn(ticket, windows, self._scene(floor, group.serving, windows, now))
            group.earned -= len(windows) + (found.before if found is not None else STEPS)
            return None if found is None else (found, len(may))
        before = 0
        for lane in floor.lines.staged(may[0]) if staged else floor.lines.of(queue):
            if staged or lane.reserved == alone.reserved:
                before += sum(entry[:4] < alone.by_place[0][:4] for entry in lane.by_place)
        lefts = [self.learning.left(floor, name, now) or 0.0 for name in may]
        return Turn(min(lefts) + before * (self.learning.mean(queue) or 0.0) / len(may), before, 0), len(may)

    def _windows(self, floor: Floor, names: Iterable[str], now: float, own: str | None) -> list[Window]:
        """These counters, and when they are free; counted by themselves who serve the queue `own`, or one queue."""
        windows = [Window(self._desk(floor, name), 0.0) for name in names]
        shared: dict[str, int] = {}
        for window in windows:
            for one in window.desk.serves:
                shared[one.queue] = shared.get(one.queue, 0) + 1
        alike: dict[str, list[tuple[Window, float]]] = {}
        for window in windows:
            if (seconds := self.learning.left(floor, window.desk.name, now)) is not None:
                line = own or max((shared[one.queue], one.queue) for one in window.desk.serves)[1]
                alike.setdefault(line, []).append((window, seconds))
        for line, some in alike.items():
            spread(some, line)
        return windows

    def _desk(self, floor: Floor, name: str) -> Desk:
        """The counter as the rules see it; made anew when somebody else sits there, or its mix has moved."""
        row, staff = floor.counters.get(name), self.hall.staff
        if (
            row is not None
            and (found := self._desks.get(name)) is not None
            and found[1] is staff
            and _alike(found[0], row)
        ):
            return found[2]
        desk = desk_of(self.hall, floor, name, self.hall.journal.today)
        if row is not None:
            self._desks[name] = (row, staff, desk)
        return desk

    def _scene(self, floor: Floor, queues: Iterable[str], windows: Iterable[Window], now: float) -> Scene:
        means: dict[str, float] = {}

        def mean(queue: str) -> float:  # asked for everybody who is played forward: found once a queue
            if queue not in means:
                means[queue] = self.learning.mean(queue) or 0.0
            return means[queue]

        return Scene(now, floor.lines, rules_of(self.hall, floor), mean, [*self.learning.streams({*queues}, now)])

    # The groups.

    def _regroup(self, floor: Floor) -> None:
        """The open counters, those that share queues together. What was earned and told stays with the queues."""
        old, self._groups, self._moved = self._groups, {}, False
        serves = {name: [one.queue for one in self.hall.staff.serves(floor, name)]
                  for name in self.hall.counters if is_open(floor, name)}  # fmt: skip
        by_queue: dict[str, list[str]] = {}
        for name, queues in serves.items():
            for queue in queues:
                by_queue.setdefault(queue, []).append(name)
        for queue in by_queue:
            if queue in self._groups:
                continue
            found, open_ = dict[str, None](), [queue]
            reached = {queue}
            while open_:
                for name in by_queue[open_.pop()]:
                    if name not in found:
                        found[name] = None
                        more = [one for one in serves[name] if one not in reached]
                        reached.update(more)
                        open_ += more
            group = _Group([name for name in serves if name in found], {
                one: len(by_queue[one]) for one in by_queue if one in reached})  # fmt: skip
            before = [old[one] for one in group.serving if one in old]
            if before:
                group.earned, group.cost = min(one.earned for one in before), max(one.cost for one in before)
                group.paid = max(one.paid for one in before)
            for one in group.serving:
                self._groups[one] = group

    def _serves(self, floor: Floor, name: str, queue: str) -> bool:
        return any(one.queue == queue for one in self.hall.staff.serves(floor, name))


def _at(place: float, called: Any, end: End, pace: float) -> float:
    """When the one is called before whom so many of the queue are called; linear between what is known."""
    last = min(len(called) - 1, end.own - 1)
    if place >= end.own:
        if end.own >= 3:
            pace = (end.seconds - called[0]) / end.own if called else end.seconds / end.own
        return end.seconds + (place - end.own) * pace
    if place <= 0 and last >= 0:
        return float(called[0])
    if place <= last:
        low = int(place)
        return float(called[low] + (called[min(low + 1, last)] - called[low]) * (place - low))
    begin, base = (last, called[last]) if last >= 0 else (-1, 0.0)
    return float(base + (end.seconds - base) * (place - begin) / (end.own - begin))


def _end_of(rank: Rank) -> PublicTicket:
    """Somebody who stands behind all of this rank."""
    ticket: Any = {"id": "", "queue": rank[0], "class": rank[1], "urgency": rank[2], "place": [1e15, 0.0]}
    return cast("PublicTicket", ticket)


def is_open(floor: Floor, name: str) -> bool:
    """Whether this counter takes people now."""
    row = floor.counters.get(name)
    return row is not None and row["staff"] is not None and not row["paused"] and not row["pausing"]


def _alike(one: CounterRow, other: CounterRow) -> bool:
    """Whether a desk made of the one is as good as of the other."""
    return one is other or (
        one["staff"] == other["staff"] and one["staff_name"] == other["staff_name"] and one["day"] == other["day"]
        and one.get("mix") == other.get("mix")
    )  # fmt: skip
