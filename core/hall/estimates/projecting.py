"""The hall played forward: who will really be served before somebody, and when that one's turn comes. Pure.

Counters take the best head of their lines in the order of `dispatch`, each visit lasting the mean of its queue; people of a
better rank keep arriving meanwhile. Spans are seconds from now.
"""

import heapq
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Final, TypeAlias

from ..calling.dispatch import OPEN, RESERVED, STAGED, Desk, Rules
from ..calling.mixing import charged, group, turns
from ..config import Serves
from ..events import PublicTicket
from ..lines import Entry, Lane, Lines, since

Key: TypeAlias = tuple[Any, ...]  # numbers, last the id
STEPS: Final = 100  # services looked ahead, or three times as many until FEW of the queue's own; then at that pace
FEW: Final = 5
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
    while heap and (play.called < STEPS or (own < FEW and play.called < 3 * STEPS)):
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

    queue: str
    class_: str
    weight: int
    entries: Sequence[Entry] = ()
    lane: Lane | None = None
    stream: Stream | None = None
    staged: bool = False
    at: int = 0


_Reach: TypeAlias = "tuple[_Line, Serves | None, int, int]"  # the line, how it is served, how near, the priority
_Head: TypeAlias = tuple[Key, _Line]


@dataclass(slots=True, eq=False)
class _Queue:
    """The lines of a queue that are kept for nobody: they stand in the same order before every window."""

    lines: list[_Line]
    kept: list[_Line]
    after: float | None  # when one is lifted
    but: str  # the target, who stands for itself
    left: int
    head: _Head | None = None
    until: float = -inf  # the moment from which the head may be another, because somebody is lifted

    def best(self, moment: float) -> _Head | None:
        """The head of all: (urgency, since when lifted, weight, place, id)."""
        if moment >= self.until:
            self.until, found = inf, list[_Head]()
            for line in self.lines:
                if (entry := _entry(line, self.but)) is not None:
                    lifted, due = _lifted(entry, self.after, moment)
                    self.until = min(self.until, due)
                    found.append(((entry[0], lifted, -line.weight, *entry[1:4]), line))
            self.head = min(found, key=_key) if found else None
        return self.head

    def step(self) -> None:
        """One has been called from one of these."""
        self.left, self.until = self.left - 1, -inf


class _Play:
    """The lines as they are called empty. The lanes themselves are only looked at."""

    def __init__(self, target: PublicTicket, windows: Sequence[Window], scene: Scene) -> None:
        self._target, self._windows, self._scene = target, windows, scene
        self.called = self.overtaken = 0
        self._credit = [window.desk.credit for window in windows]
        alone = Lane.alone(target)
        self.own = _Line(alone.queue, alone.class_, self._weight(alone.class_), alone.by_place, alone)
        self._staged = target["state"] == "staged"  # stands before one window only
        self._queues: dict[str, _Queue] = {}
        self._streams = [_Line(one.queue, one.class_, self._weight(one.class_), stream=one) for one in scene.streams]
        self._apart: list[list[_Reach] | None] = [None] * len(windows)
        self._served: list[list[tuple[_Queue, Serves, bool, int]] | None] = [None] * len(windows)

    def take(self, index: int, at: float) -> _Line | None:
        """The window calls the best: from the line it answers; None for nobody."""
        desk, moment = self._windows[index].desk, self._scene.now + at
        if desk.mix:
            line = self._in_turn(index, desk, at, moment)
        else:
            found = self._open(index, desk, moment)
            if apart := self._lines_apart(index, desk):
                found += self._heads(apart, at, moment)
            line = min(found, key=_key)[1] if found else None
        if line is not None and line is not self.own:
            line.at += 1
            self.called += 1
            self.overtaken += line.stream is not None
            if line.stream is None and not line.staged:
                self._queue(line.queue).step()
        return line

    def _open(self, index: int, desk: Desk, moment: float) -> list[_Head]:
        """The best of each queue, of what is kept for nobody."""
        served = self._served[index]
        if served is None:
            served = self._served[index] = [
                (self._queue(one.queue), one, not one.own, -one.priority) for one in desk.serves
            ]  # fmt: skip
        found: list[_Head] = []
        for queue, serves, helping, priority in served:
            head = queue.head if moment < queue.until else queue.best(moment)
            if head is not None:
                (urgency, lifted, *rest), line = head
                if not helping or self._helps(serves, queue, line, moment):
                    found.append(((helping, urgency, OPEN, lifted, 0, priority, *rest), line))
        return found

    def _in_turn(self, index: int, desk: Desk, at: float, moment: float) -> _Line | None:
        """The best at a window with a mix: each line is looked at, for its group's turn."""
        reach: list[_Reach] = [*self._lines_apart(index, desk)]
        for serves in desk.serves:
            reach += [(line, serves, OPEN, 0) for line in self._queue(serves.queue).lines]
        heads = [*self._heads(reach, at, moment)]
        if not heads:
            return None
        groups = {id(line): group(desk.mix, line.class_, line.queue) for _, line in heads}
        order = turns(desk.mix, self._credit[index], {*groups.values()})
        line = min((((*key[:4], order[groups[id(line)]], *key[7:]), line) for key, line in heads), key=_key)[1]
        self._credit[index] = charged(desk.mix, self._credit[index], {*groups.values()}, groups[id(line)])
        return line

    def _heads(self, reach: Iterable[_Reach], at: float, moment: float) -> Iterator[_Head]:
        """The heads of these lines, each with its key: the order of `dispatch`, before it what is not the window's own."""
        boosts = self._scene.rules.boosts
        for line, serves, near, priority in reach:
            entry = self._arrived(line, at) if line.stream is not None else _entry(line, self._target["id"], self.own)
            if entry is None:
                continue
            helping = serves is not None and not serves.own and near != RESERVED
            if helping and serves is not None and not self._helps(serves, self._queue(line.queue), line, moment):
                continue
            lifted = inf if line.stream is not None else _lifted(entry, boosts.get(line.queue), moment)[0]
            yield (helping, entry[0], near, lifted, 0, -priority, -line.weight, *entry[1:4]), line

    def still_before(self) -> int:
        """Who of the target's own queue stands before it yet."""
        urgency, queue = -self._target["urgency"], self._queue(self._target["queue"])
        count = 0
        for line in (*queue.lines, *queue.kept):
            effective, turn = self._target["place"]
            if line.weight != self.own.weight:
                effective = turn = inf if line.weight > self.own.weight else -inf
            count += max(0, bisect_left(line.entries, (urgency, effective, turn)) - line.at)
        return count

    def _helps(self, serves: Serves, queue: _Queue, line: _Line, moment: float) -> bool:
        """Whether a queue that is not the window's own is taken then."""
        limit = serves.overflow
        if limit is None:
            return serves.fallback
        if limit.waiting_over is not None and queue.left > limit.waiting_over:
            return True
        entered = inf if line.at >= len(line.entries) else since(line.entries[line.at][-1])
        return limit.wait_over is not None and moment - entered > limit.wait_over

    def _arrived(self, line: _Line, at: float) -> Entry | None:
        """One more of those who keep arriving, unless they have had their part already."""
        assert line.stream is not None
        due = int(at * line.stream.rate + 0.5)
        if due <= line.at or self.overtaken >= OVERTAKEN * (self.called + 1):
            return None
        return (-line.stream.urgency, inf, inf, "", self._target)

    def _lines_apart(self, index: int, desk: Desk) -> list[_Reach]:
        """What does not stand in the common order: kept for somebody, staged, arriving, the target itself."""
        found = self._apart[index]
        if found is not None:
            return found
        found = self._apart[index] = []
        own_queue = self._target["queue"]
        mine = next((serves for serves in desk.serves if serves.queue == own_queue), None)
        for serves in desk.serves:
            lines = [*self._queue(serves.queue).kept]
            if serves.queue == own_queue and not self._staged:
                lines.append(self.own)
            for line in lines:
                near = self._near(line, desk)
                if near is not None:
                    found.append((line, serves, near, serves.priority))
            if mine is not None:
                found += [(line, serves, OPEN, serves.priority) for line in self._streams
                          if line.queue == serves.queue and self._overtakes(line, serves, mine, desk)]  # fmt: skip
        priorities = {serves.queue: serves.priority for serves in desk.serves}
        for lane in self._scene.lines.staged(desk.name):
            line = _Line(lane.queue, lane.class_, self._weight(lane.class_), lane.by_place, lane, staged=True)
            found.append((line, None, STAGED, priorities.get(lane.queue, 0)))
        if self._staged and self._target["counter"] == desk.name:
            found.append((self.own, None, STAGED, priorities.get(own_queue, 0)))
        return found

    def _overtakes(self, line: _Line, serves: Serves, mine: Serves, desk: Desk) -> bool:
        """Whether those who keep arriving may go before the target at this window. Its own kind never does."""
        assert line.stream is not None
        near = self._near(self.own, desk)
        if near is None:
            return False
        if desk.mix and (not mine.own, -self._target["urgency"], near) == (not serves.own, -line.stream.urgency, OPEN):
            return group(desk.mix, line.class_, line.queue) != group(desk.mix, self.own.class_, self.own.queue)
        target = (not mine.own, -self._target["urgency"], near, -mine.priority, -self.own.weight)
        return (not serves.own, -line.stream.urgency, OPEN, -serves.priority, -line.weight) < target

    def _near(self, line: _Line, desk: Desk) -> int | None:
        """How near to this window a line is; None if it is kept for another."""
        lane = line.lane
        if lane is None or lane.reserved is None:
            return OPEN
        return RESERVED if lane.reserved in desk.members else None if self._scene.rules.holds(lane) else OPEN

    def _queue(self, name: str) -> _Queue:
        found = self._queues.get(name)
        if found is None:
            lines, kept = list[_Line](), list[_Line]()
            for lane in self._scene.lines.of(name):
                one = _Line(name, lane.class_, self._weight(lane.class_), lane.by_place, lane)
                (lines if lane.reserved is None else kept).append(one)
            left = sum(len(line.entries) for line in (*lines, *kept))
            after = self._scene.rules.boosts.get(name)
            found = self._queues[name] = _Queue(lines, kept, after, self._target["id"], left)
        return found

    def _weight(self, class_: str) -> int:
        return self._scene.rules.weights.get(class_, 0)


def _key(head: _Head) -> Key:
    return head[0]


def _entry(line: _Line, but: str, own: _Line | None = None) -> Entry | None:
    """The head of a line; the target stands in its own only."""
    entries = line.entries
    while line.at < len(entries) and entries[line.at][3] == but and line is not own:
        line.at += 1
    return entries[line.at] if line.at < len(entries) else None


def _lifted(entry: Entry, after: float | None, moment: float) -> tuple[float, float]:
    """Since when one waits who is lifted by now (else inf), and from when on one would be (else inf)."""
    if after is None:
        return inf, inf
    entered = since(entry[-1])
    return (entered, inf) if moment - entered >= after else (inf, entered + after)


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
