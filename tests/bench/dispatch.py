"""Who is next: 2,000 people waiting in 40 queues of one counter, with every rule there is."""

import random
import time
from typing import Any, cast

from usher.core.hall.calling.dispatch import Choice, Desk, Rules, next_ticket
from usher.core.hall.config import Overflow, Serves
from usher.core.hall.events import PublicTicket
from usher.core.hall.lines import Lines

from .figures import Figure

QUEUES, WAITING, CALLS = 40, 2000, 200
WEIGHTS = {"normal": 0, "elderly": 20, "appointment": 30, "vip": 50}
NOW = 1_800_000_000.0


def _ticket(chance: random.Random, n: int) -> PublicTicket:
    since = NOW - chance.uniform(0, 3600)
    return cast("PublicTicket", {
        "id": f"t{n}", "number": f"A{n:04}", "queue": f"q{chance.randrange(QUEUES)}",
        "class": chance.choices(list(WEIGHTS), [80, 8, 7, 5])[0], "urgency": chance.choices([0, 10], [99, 1])[0],
        "place": [since, float(n)], "times": {"issued": since, "waiting": since}, "counter": None,
        "reserved": chance.choices([None, "1", "2", "3"], [94, 2, 2, 2])[0], "only": False, "state": "waiting",
        "visitor": f"v{n}" if n % 3 else None, "party": 1,
    })  # fmt: skip


def hall(mix: bool, seed: int = 7) -> tuple[list[PublicTicket], Lines, Desk, Rules]:
    """The people, their lines, and one counter that serves them all."""
    chance = random.Random(seed)
    people, lines = [_ticket(chance, n) for n in range(WAITING)], Lines()
    for one in people:
        lines.enter(one)
    busy = {f"v{n}" for n in range(0, WAITING, 50)}
    serves = [
        Serves(queue=f"q{n}", priority=n % 7, overflow=Overflow(waiting_over=20) if n % 10 == 9 else None)
        for n in range(QUEUES)
    ]
    desk = Desk("1", serves, {("counter", "1"), ("staff", "li")}, {"vip": 2, "q3": 3, "rest": 4} if mix else {}, {})
    rules = Rules(
        WEIGHTS, {f"q{n}": 1800.0 + 60 * n for n in range(QUEUES)}, lambda lane: lane.reserved == ("counter", "2"),
        busy,
    )  # fmt: skip
    return people, lines, desk, rules


def milliseconds(mix: bool) -> float:
    """Processor time of one choice, of so many; after each the one chosen leaves, and another comes."""
    _, lines, desk, rules = hall(mix)
    chance, spent = random.Random(8), 0.0
    for n in range(CALLS):
        begun = time.thread_time()
        choice = next_ticket(desk, lines, NOW, rules)
        spent += time.thread_time() - begun
        assert isinstance(choice, Choice)
        lines.leave(choice.ticket)
        lines.enter(cast("Any", {**_ticket(chance, WAITING + n), "place": [NOW, float(WAITING + n)]}))
    return spent / CALLS * 1000


def run(runs: int) -> list[Figure]:
    return [
        Figure(f"next_ticket, {WAITING:,} waiting in {QUEUES} queues, every rule", [milliseconds(False) for _ in range(runs)], "ms", 0.5),
        Figure("the same with a mix of classes and queues", [milliseconds(True) for _ in range(runs)], "ms", 0.5),
    ]  # fmt: skip
