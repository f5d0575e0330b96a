"""The hall played forward: who will really be served before somebody, and when that one's turn comes. Pure.

Counters take the best head of their lines in the order of `dispatch`, each visit lasting the mean of its queue; people of a
better rank keep arriving meanwhile. Spans are seconds from now.
"""

import heapq
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final, TypeAlias

from .config import Serves
from .dispatch import OPEN, RESERVED, STAGED, Desk, Rules
from .events import PublicTicket
from .lines import Entry, Lane, Lines, since
from .mixing import charged, group, turns

Key: TypeAlias = tuple[float | str, ...]
STEPS: Final = 300  # services looked ahead; a longer line goes on at that pace
OVERTAKEN: Final = 0.6  # at most this part of all services is given to people not here yet
SHORTEST: Final = 1.0  # seconds of a visit


@dataclass(slots=True)
class Window:
    """An open counter, and in how many seconds it is free."""

    desk: Desk
    free: float


@dataclass(frozen=True, slots=True)
class Stream:
    """People of one rank who keep arriving in a queue: how many a second."""

    queue: str
    class_: str
    urgency: int
    rate: float


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known of the hall now: who stands where, the rules, how long a visit of a queue takes, who keeps arriving."""

    now: float
    lines: Lines
    rules: Rules
    mean: Callable[[str], float]
    streams: Sequence[Stream] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """When the turn comes, and how many are called before; `overtaken`: by people who were not here yet."""

    seconds: float
    before: int
    overtaken: int


def turn(target: PublicTicket, windows: Sequence[Window], scene: Scene) -> Turn | None:
    """When this ticket, in line or about to be, is called. None: by none of these windows."""
    play = _Play(target, windows, scene)
    heap = [(window.free, index) for index, window in enumerate(windows)]
    heapq.heapify(heap)
    at, own = 0.0, 0
    while heap and play.called < STEPS:
        at, index = heap[0]
        line = play.take(index, at)
        if line is None:
            heapq.heappop(heap)  # for the target it would have stayed
            continue
        if line is play.own:
            return Turn(at, play.called, play.overtaken)
        own += line.queue == target["queue"]
        heapq.heapreplace(heap, (at + max(SHORTEST, scene.mean(line.queue)), index))
    if not heap or not own:
        return None
    ahead = own + play.still_before()
    return Turn(at * (ahead + 1) / own, ahead, play.overtaken)


@dataclass(slots=True, eq=False)
class _Line:
    """One lane from its head on, or the target alone, or people who are not here yet."""

    lane: Lane | None
    queue: str
    class_: str
    weight: int
    entries: Sequence[Entry] = ()
    stream: Stream | None = None
    at: int = 0


_Reach: TypeAlias = "tuple[_Line, Serves | None, int, int]"  # the line, how it is served, how near, the priority


class _Play:
    """The lines as they are called empty. The lanes themselves are only looked at."""

    def __init__(self, target: PublicTicket, windows: Sequence[Window], scene: Scene) -> None:
        self._target, self._windows, self._scene = target, windows, scene
        self.called = self.overtaken = 0
        self._left: dict[str, int] = {}  # who waits in a queue yet
        self._credit = [window.desk.credit for window in windows]
        alone = Lane.alone(target)
        self.own = _Line(alone, alone.queue, alone.class_, self._weight(alone.class_), alone.by_place)
        self._staged = target["state"] == "staged"  # stands before one counter only
        self._queues: dict[str, list[_Line]] = {}
        self._reach: list[list[_Reach] | None] = [None] * len(windows)

    def take(self, index: int, at: float) -> _Line | None:
        """The window calls the best: from the line it answers; None for nobody."""
        desk = self._windows[index].desk
        found = self._heads(index, at)
        if not found:
            return None
        if desk.mix:
            present = {group(desk.mix, line.class_, line.queue) for _, line in found}
            order = turns(desk.mix, self._credit[index], present)
            found = [
                ((*key[:4], order[group(desk.mix, line.class_, line.queue)], *key[7:]), line) for key, line in found
            ]
            line = min(found, key=_first)[1]
            called = group(desk.mix, line.class_, line.queue)
            self._credit[index] = charged(desk.mix, self._credit[index], present, called)
        else:
            line = min(found, key=_first)[1]
        if line is not self.own:
            line.at += 1
            self.called += 1
            self._left[line.queue] = self._left.get(line.queue, 0) - 1
            self.overtaken += line.stream is not None
        return line

    def still_before(self) -> int:
        """Who of the target's own queue stands before it yet."""
        urgency, effective, turn = -self._target["urgency"], *self._target["place"]
        count = 0
        for line in self._of(self._target["queue"]):
            if line.stream is None and line is not self.own:
                if line.weight != self.own.weight:
                    effective = turn = inf if line.weight > self.own.weight else -inf
                else:
                    effective, turn = self._target["place"]
                count += max(0, bisect_left(line.entries, (urgency, effective, turn)) - line.at)
        return count

    def _heads(self, index: int, at: float) -> list[tuple[Key, _Line]]:
        """Who this window may call, each with its key: the order of `dispatch`, before it what is not its own."""
        desk, boosts = self._windows[index].desk, self._scene.rules.boosts
        moment = self._scene.now + at
        found: list[tuple[Key, _Line]] = []
        for line, serves, near, priority in self._lines_of(index, desk):
            head = self._head(line, at)
            if head is None:
                continue
            helping = serves is not None and not serves.own and near != RESERVED
            if helping and serves is not None and not self._helps(serves, head, moment):
                continue
            urgency, effective, turn, id_, ticket = head
            boost, after = inf, boosts.get(line.queue)
            if after is not None and line.stream is None and moment - since(ticket) >= after:
                boost = since(ticket)
            found.append(((helping, urgency, near, boost, 0, -priority, -line.weight, effective, turn, id_), line))
        return found

    def _helps(self, serves: Serves, head: Entry, moment: float) -> bool:
        """Whether a queue that is not the window's own is taken then."""
        limit = serves.overflow
        if limit is None:
            return serves.fallback
        if limit.waiting_over is not None and self._left.get(serves.queue, 0) > limit.waiting_over:
            return True
        return limit.wait_over is not None and moment - since(head[-1]) > limit.wait_over

    def _head(self, line: _Line, at: float) -> Entry | None:
        stream = line.stream
        if stream is not None:
            due = int(at * stream.rate + 0.5)
            if due <= line.at or self.overtaken >= OVERTAKEN * (self.called + 1):
                return None
            return (-stream.urgency, inf, inf, "", self._target)
        if line is not self.own:
            while line.at < len(line.entries) and line.entries[line.at][3] == self._target["id"]:
                line.at += 1
        return line.entries[line.at] if line.at < len(line.entries) else None

    def _lines_of(self, index: int, desk: Desk) -> list[_Reach]:
        """The lines this window may call from."""
        found = self._reach[index]
        if found is None:
            found = self._reach[index] = []
            for serves in desk.serves:
                for line in self._of(serves.queue):
                    near = self._near(line, desk)
                    if near is not None:
                        found.append((line, serves, near, serves.priority))
            priorities = {serves.queue: serves.priority for serves in desk.serves}
            for lane in self._scene.lines.staged(desk.name):
                line = _Line(lane, lane.queue, lane.class_, self._weight(lane.class_), lane.by_place)
                found.append((line, None, STAGED, priorities.get(lane.queue, 0)))
            if self._staged and self._target["counter"] == desk.name:
                found.append((self.own, None, STAGED, priorities.get(self.own.queue, 0)))
        return found

    def _near(self, line: _Line, desk: Desk) -> int | None:
        """How near to this window a line is; None if it is kept for another."""
        lane = line.lane
        if lane is None or lane.reserved is None:
            return OPEN
        return RESERVED if lane.reserved in desk.members else None if self._scene.rules.holds(lane) else OPEN

    def _of(self, queue: str) -> list[_Line]:
        """The lines of a queue."""
        found = self._queues.get(queue)
        if found is None:
            lanes = self._scene.lines.of(queue)
            self._left[queue] = sum(len(lane.by_place) for lane in lanes)
            found = self._queues[queue] = [
                *(_Line(lane, queue, lane.class_, self._weight(lane.class_), lane.by_place) for lane in lanes),
                *(_Line(None, queue, one.class_, self._weight(one.class_), stream=one)
                  for one in self._scene.streams if one.queue == queue),
                *([self.own] if queue == self._target["queue"] and not self._staged else ()),
            ]  # fmt: skip
        return found

    def _weight(self, class_: str) -> int:
        return self._scene.rules.weights.get(class_, 0)


def _first(pair: tuple[Key, _Line]) -> Key:
    return pair[0]


def spread(left: Iterable[tuple[Window, float]], own: str) -> None:
    """Say of busy windows when they are free, given how long each still takes.

    They end one after the other, not all at their mean: the k-th of n after k/n of what it still takes. For n alike
    that is one every n-th of a service. Windows that serve the queue `own` are counted by themselves.
    """
    groups: dict[bool, list[tuple[float, str, Window]]] = {}
    for window, seconds in left:
        groups.setdefault(any(s.queue == own for s in window.desk.serves), []).append(
            (seconds, window.desk.name, window)
        )
    for alike in groups.values():
        for k, (seconds, _, window) in enumerate(sorted(alike, key=lambda each: each[:2]), start=1):
            window.free += seconds * k / len(alike)
