"""The hall played forward once for all who ask: when each rank of each queue would be called, and how fast the queues move. Pure.

As `projecting`, with the ends of all lines in one play: whoever draws a number now stands at one of them, and takes no counter
from anybody. Those who keep arriving stand behind everybody who is here now. Spans are seconds from then.
"""

import heapq
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, Final, TypeAlias

from ..calling.dispatch import OPEN, RESERVED, STAGED, Desk
from ..calling.mixing import charged, group, turns
from ..config import Serves
from ..lines import Entry, Lane, since
from .projecting import OVERTAKEN, SHORTEST, Key, Scene, Stream, Window

Rank: TypeAlias = tuple[str, str, int]  # queue, class, urgency
STEPS: Final = (
    300  # services looked ahead, all queues together; only so many if every queue has FEW of its own by then:
)
ENOUGH: Final = 100
FEW: Final = 5


@dataclass(slots=True)
class End:
    """The end of a line: when its turn comes, and how many of its own queue, and of all at its counters, are called before."""

    seconds: float
    own: int
    before: int
    overtaken: bool


@dataclass(slots=True)
class Forecast:
    """What one play tells. `called`: when each of a queue was called, one after the other; `work`: what it cost."""

    ends: dict[Rank, End]
    called: dict[str, list[float]]
    work: int


@dataclass(slots=True, eq=False)
class _Line:
    """One lane from its head on, or people who are not here yet."""

    queue: str
    class_: str
    weight: int
    entries: Sequence[Entry] = ()
    lane: Lane | None = None
    stream: Stream | None = None
    staged: bool = False
    at: int = 0

    def entry(self, seconds: float, now: float) -> tuple[Entry | None, float]:
        """Who stands first after so many seconds, and when somebody will if nobody does."""
        if self.stream is None:
            return (self.entries[self.at] if self.at < len(self.entries) else None), inf
        due = (self.at + 0.5) / self.stream.rate
        if due > seconds:
            return None, now + due
        return (-self.stream.urgency, now + due, inf, "", _NOBODY), inf


_Head: TypeAlias = tuple[Key, _Line]


@dataclass(slots=True, eq=False)
class _Waiter:
    """Somebody at the end of a line."""

    rank: Rank
    weight: int
    end: End | None = None


@dataclass(slots=True, eq=False)
class _Queue:
    """A queue: the lines kept for nobody, in the order they have before every window; whoever else; who asks."""

    name: str
    lines: list[_Line]
    kept: list[_Line]
    asking: list[_Waiter]  # the best rank first
    after: float | None  # when one is lifted
    left: int
    mean: float
    served: int = 0  # calls at the windows that serve it
    overtaken: int = 0
    called: list[float] = field(default_factory=list[float])
    head: _Head | None = None
    until: float = -inf  # the moment from which the head may be another

    @property
    def flooded(self) -> bool:
        """Whether those not here yet have had their part of the services, and leave the next to others."""
        return self.overtaken >= OVERTAKEN * (len(self.called) + 1)

    def best(self, now: float, seconds: float) -> _Head | None:
        """The head of all: (urgency, since when lifted, weight, place, id)."""
        moment = now + seconds
        if moment >= self.until:
            self.until, found = inf, list[_Head]()
            for line in self.lines:
                if line.stream is not None and self.flooded:
                    continue
                entry, due = line.entry(seconds, now)
                self.until = min(self.until, due)
                if entry is not None:
                    lifted, due = _lifted(entry, line, self.after, moment)
                    self.until = min(self.until, due)
                    found.append(((entry[0], lifted, -line.weight, *entry[1:4]), line))
            self.head = min(found, key=_key) if found else None
        return self.head


def forecast(ranks: Collection[Rank], windows: Sequence[Window], scene: Scene, steps: int = STEPS) -> Forecast:
    """When the end of each of these lines is called. Lines that none of the windows serves, or not in sight, have no end."""
    return _Play(ranks, windows, scene).play(steps)


class _Play:
    """The lines as they are called empty. The lanes themselves are only looked at."""

    def __init__(self, ranks: Collection[Rank], windows: Sequence[Window], scene: Scene) -> None:
        self._windows, self._scene = windows, scene
        self._credit = [window.desk.credit for window in windows]
        self._asking: dict[str, list[_Waiter]] = {}
        for rank in ranks:
            self._asking.setdefault(rank[0], []).append(_Waiter(rank, self._weight(rank[1])))
        self._streams: dict[str, list[_Line]] = {}
        for one in scene.streams:
            line = _Line(one.queue, one.class_, self._weight(one.class_), stream=one)
            self._streams.setdefault(one.queue, []).append(line)
        self._queues: dict[str, _Queue] = {}
        self._served = [
            [(self._queue(one.queue), one, not one.own, -one.priority) for one in window.desk.serves]
            for window in windows
        ]
        self._open = sum(len(queue.asking) for queue in self._queues.values())
        self._asking = {name: self._asking[name] for name in self._queues if name in self._asking}
        self._apart = [self._lines_apart(window.desk) for window in windows]

    def play(self, steps: int) -> Forecast:
        heap = [(window.free, index) for index, window in enumerate(self._windows)]
        heapq.heapify(heap)
        at, called = 0.0, 0
        while heap and self._open and called < steps:
            if called >= ENOUGH and called % 20 == 0 and self._enough():
                break
            at, index = heap[0]
            line = self._take(index, at)
            if line is None:
                heapq.heappop(heap)
                continue
            called += 1
            heapq.heapreplace(heap, (at + self._queue(line.queue).mean, index))
        ends = {waiter.rank: end for queue in self._queues.values() for waiter in self._asking.get(queue.name, ())
                if (end := waiter.end or (self._far(queue, waiter, at) if heap else None)) is not None}  # fmt: skip
        return Forecast(ends, {name: queue.called for name, queue in self._queues.items()}, called + len(self._windows))

    def _enough(self) -> bool:
        return all(len(queue.called) >= FEW for queue in self._queues.values() if queue.asking)

    def _take(self, index: int, at: float) -> _Line | None:
        """The window calls the best: from the line it answers; None for nobody."""
        desk, served = self._windows[index].desk, self._served[index]
        if desk.mix:
            line = self._in_turn(index, desk, at)
        else:
            best = self._best(index, at)
            for queue, serves, helping, priority in served:
                if queue.asking:
                    self._ask(queue, serves, helping, priority, best, at)
            line = best[1] if best is not None else None
        if line is not None:
            line.at += 1
            for queue, *_ in served:
                queue.served += 1
            queue = self._queue(line.queue)
            queue.called.append(at)
            queue.overtaken += line.stream is not None
            if line.stream is None and not line.staged:
                queue.left -= 1
            queue.until = -inf
        return line

    def _best(self, index: int, at: float) -> _Head | None:
        found: _Head | None = None
        now = self._scene.now
        moment = now + at
        for queue, serves, helping, priority in self._served[index]:
            head = queue.head if moment < queue.until else queue.best(now, at)
            if head is not None:
                (urgency, lifted, *rest), line = head
                if not helping or self._helps(serves, queue, line.entry(at, now)[0], moment):
                    key = (helping, urgency, OPEN, lifted, 0, priority, *rest)
                    if found is None or key < found[0]:
                        found = (key, line)
        if apart := self._apart[index]:
            found = min((*self._heads(apart, at), *((found,) if found is not None else ())), key=_key, default=None)
        return found

    def _ask(self, queue: _Queue, serves: Serves, helping: bool, priority: int, best: _Head | None, at: float) -> None:
        """Who asks at this queue's ends, the best first: does the window call them before the best of those in line?"""
        now, asking = self._scene.now, queue.asking
        moment = now + at
        if helping and not self._helps(serves, queue, None, moment):
            return
        lifted = now if queue.after is not None and at >= queue.after else inf
        while asking:
            one = asking[0]
            key = (helping, -one.rank[2], OPEN, lifted, 0, priority, -one.weight, now, inf, "")
            if best is not None and best[0] < key:
                return
            self._found(queue, one, at)

    def _found(self, queue: _Queue, one: _Waiter, at: float) -> None:
        one.end = End(at, len(queue.called), queue.served, queue.overtaken > 0)
        queue.asking.remove(one)
        self._open -= 1

    def _in_turn(self, index: int, desk: Desk, at: float) -> _Line | None:
        """The best at a window with a mix: each line is looked at, for its group's turn."""
        reach = [*self._apart[index]]
        for serves in desk.serves:
            reach += [(line, serves, OPEN, 0) for line in self._queue(serves.queue).lines]
        heads = [*self._heads(reach, at)]
        groups = {id(line): group(desk.mix, line.class_, line.queue) for _, line in heads}
        present = {*groups.values()}

        def best(order: dict[str, int]) -> _Head | None:
            return min((((*key[:4], order[groups[id(line)]], *key[7:]), line) for key, line in heads),
                       key=_key, default=None)  # fmt: skip

        for queue, serves, helping, _ in self._served[index]:
            if queue.asking and not (helping and not self._helps(serves, queue, None, self._scene.now + at)):
                lifted = self._scene.now if queue.after is not None and at >= queue.after else inf
                for one in [*queue.asking]:
                    own = group(desk.mix, one.rank[1], queue.name)
                    order = turns(desk.mix, self._credit[index], {*present, own})
                    key = (helping, -one.rank[2], OPEN, lifted, order[own], self._scene.now, inf, "")
                    first = best(order)
                    if first is None or key < first[0]:
                        self._found(queue, one, at)
        first = best(turns(desk.mix, self._credit[index], present))
        if first is None:
            return None
        line = first[1]
        # Who still asks is there as well: what their group is owed grows as if they stood in line alone.
        asking = {group(desk.mix, one.rank[1], queue.name) for queue, *_ in self._served[index] for one in queue.asking}
        self._credit[index] = charged(desk.mix, self._credit[index], present | asking, groups[id(line)])
        return line

    def _heads(self, reach: Iterable["_Reach"], at: float) -> Iterator[_Head]:
        """The heads of these lines, each with its key: the order of `dispatch`, before it what is not the window's own."""
        boosts, now = self._scene.rules.boosts, self._scene.now
        for line, serves, near, priority in reach:
            entry, _ = line.entry(at, now)
            if entry is None or (line.stream is not None and self._queue(line.queue).flooded):
                continue
            helping = serves is not None and not serves.own and near != RESERVED
            if helping and serves is not None and not self._helps(serves, self._queue(line.queue), entry, now + at):
                continue
            lifted = _lifted(entry, line, boosts.get(line.queue), now + at)[0]
            yield (helping, entry[0], near, lifted, 0, -priority, -line.weight, *entry[1:4]), line

    def _far(self, queue: _Queue, waiter: _Waiter, at: float) -> End | None:
        """Who is not called in sight: at the pace so far."""
        own = len(queue.called)
        if not own:
            return None
        still, urgency = 0, -waiter.rank[2]
        for line in (*queue.lines, *queue.kept):
            if line.stream is None:
                before = (urgency, inf) if line.weight >= waiter.weight else (urgency,)
                still += max(0, _before(line.entries, before) - line.at)
        part = (own + still + 1) / own
        return End(at * part, own + still, round(queue.served * (own + still) / own), queue.overtaken > 0)

    def _helps(self, serves: Serves, queue: _Queue, entry: Entry | None, moment: float) -> bool:
        """Whether a queue that is not the window's own is taken then."""
        limit = serves.overflow
        if limit is None:
            return serves.fallback
        if limit.waiting_over is not None and queue.left > limit.waiting_over:
            return True
        entered = self._scene.now if entry is None else entry[1] if entry[4] is _NOBODY else since(entry[4])
        return limit.wait_over is not None and moment - entered > limit.wait_over

    def _lines_apart(self, desk: Desk) -> list["_Reach"]:
        """What does not stand in the common order: kept for somebody, or staged."""
        found: list[_Reach] = []
        for serves in desk.serves:
            for line in self._queue(serves.queue).kept:
                assert line.lane is not None
                near = RESERVED if line.lane.reserved in desk.members else OPEN
                if near == RESERVED or not self._scene.rules.holds(line.lane):
                    found.append((line, serves, near, serves.priority))
        if lanes := self._scene.lines.staged(desk.name):
            priorities = {serves.queue: serves.priority for serves in desk.serves}
            for lane in lanes:
                line = _Line(lane.queue, lane.class_, self._weight(lane.class_), lane.by_place, lane, staged=True)
                found.append((line, None, STAGED, priorities.get(lane.queue, 0)))
        return found

    def _queue(self, name: str) -> _Queue:
        found = self._queues.get(name)
        if found is None:
            lines, kept = list[_Line](), list[_Line]()
            for lane in self._scene.lines.of(name):
                one = _Line(name, lane.class_, self._weight(lane.class_), lane.by_place, lane)
                (lines if lane.reserved is None else kept).append(one)
            left = sum(len(line.entries) for line in (*lines, *kept))
            asking = sorted(self._asking.get(name, ()), key=lambda one: (-one.rank[2], -one.weight, one.rank[1]))
            found = self._queues[name] = _Queue(
                name, lines + self._streams.get(name, []), kept, asking, self._scene.rules.boosts.get(name), left,
                max(SHORTEST, self._scene.mean(name)))  # fmt: skip
        return found

    def _weight(self, class_: str) -> int:
        return self._scene.rules.weights.get(class_, 0)


_Reach: TypeAlias = tuple[_Line, Serves | None, int, int]  # the line, how it is served, how near, the priority
_NOBODY: Final[Any] = {"visitor": None}


def _key(head: _Head) -> Key:
    return head[0]


def _before(entries: Sequence[Entry], key: tuple[float, ...]) -> int:
    """How many of these stand before a place."""
    return bisect_left(entries, key)


def _lifted(entry: Entry, line: _Line, after: float | None, moment: float) -> tuple[float, float]:
    """Since when one waits who is lifted by now (else inf), and from when on one would be (else inf)."""
    if after is None:
        return inf, inf
    entered = entry[1] if line.stream is not None else since(entry[-1])
    return (entered, inf) if moment - entered >= after else (inf, entered + after)
