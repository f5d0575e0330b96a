"""A hall that is lived in by chance: any actions by several actors, crashes between any two, and what must stay true."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Coroutine, Iterable
from contextlib import AsyncExitStack, closing
from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson
from usher.core.access import Caller
from usher.core.actions import Call
from usher.core.clock import HandClock
from usher.core.errors import ActionError
from usher.core.events import Context
from usher.core.hall.calling.choosing import rules_of
from usher.core.hall.events import LIVE, PublicTicket
from usher.core.hall.floor import Floor
from usher.core.hall.hall import Hall
from usher.core.hall.journal import JOURNAL, LIVE_TABLES, Journal, live_changes, replayed
from usher.core.hall.lines import Lane
from usher.core.testing import Branch, branch

AT_COUNTER = ("called", "serving")
COUNTED = ("ticket_issued", "ticket_finished")


class Life:
    """A hall, its actors, and all that was acknowledged to them, over any number of crashes."""

    def __init__(self, yaml: str, root: Path, start: float) -> None:
        self._yaml, self._root, self._lives = yaml, root, 0
        self._loop = asyncio.Runner()
        self._clock = HandClock(start)
        self._stack = AsyncExitStack()
        self.acknowledged: dict[str, str] = {}  # ticket id -> number
        self.refused: Counter[str] = Counter()
        self.hall: Branch = self._run(self._open(None))

    def _run(self, work: "Coroutine[Any, Any, Any]") -> Any:
        async def limited() -> Any:
            async with asyncio.timeout(60):
                return await work

        return self._loop.run(limited())

    async def _open(self, left: Path | None) -> Branch:
        folder = self._moved_in(left)
        return await self._stack.enter_async_context(branch(self._yaml, folder, clock=self._clock))

    def _moved_in(self, left: Path | None) -> Path:
        self._lives += 1
        folder = self._root / f"life{self._lives}"
        (folder / ".usher").mkdir(parents=True)
        if left is not None:
            left.rename(folder / ".usher/hall.db")
        return folder

    def close(self) -> None:
        self._run(self._stack.aclose())
        self._loop.close()

    # -- what happens

    def act(self, action: str, actor: str = "system", role: str = "system", **data: Any) -> Any:
        """One action; what is refused is counted, any other failure is a fault of ours."""
        return self._run(self._act(action, actor, role, data))

    async def _act(self, action: str, actor: str, role: Any, data: dict[str, Any]) -> Any:
        try:
            caller = Caller(actor, actor, role)
            answer = await self.hall.engine.actions.call(action, data, Call(caller, Context(), None))
        except ActionError as error:
            self.refused[error.code] += 1
            return None
        self._note(answer)
        return answer

    def _note(self, answer: Any) -> None:
        tickets: list[PublicTicket] = [answer["ticket"]] if answer and answer.get("ticket") else []
        tickets += (answer or {}).get("tickets") or []
        for ticket in tickets:
            assert self.acknowledged.setdefault(ticket["id"], ticket["number"]) == ticket["number"]

    def together(self, calls: Iterable[tuple[str, dict[str, Any]]]) -> list[Any]:
        """Several at the same instant."""

        async def crowd() -> list[Any]:
            return list(await asyncio.gather(*(self._act(action, f"a{n}", "system", data)
                                               for n, (action, data) in enumerate(calls))))  # fmt: skip

        return self._run(crowd())

    def pass_time(self, seconds: float) -> None:
        """Hours pass as for a machine that slept: the wall clock leaps, a minute is lived through."""
        if seconds > 120:
            self._clock.set_back(60 - seconds)
        self._run(self._clock.turn(min(seconds, 60)))

    def set_back(self, seconds: float) -> None:
        self._clock.set_back(seconds)

    def crash(self, underway: Iterable[tuple[str, dict[str, Any]]] = (), turns: int = 0) -> None:
        """The process is gone in the midst of these; what was committed is what the next one finds."""
        self._run(self._crash(list(underway), turns))

    async def _crash(self, underway: list[tuple[str, dict[str, Any]]], turns: int) -> None:
        tasks = [asyncio.create_task(self._act(action, f"a{n}", "system", data))
                 for n, (action, data) in enumerate(underway)]  # fmt: skip
        for _ in range(turns):
            await asyncio.sleep(0)
        known = dict(self.acknowledged)
        left = self._root / "left.db"
        with closing(sqlite3.connect(self.hall.engine.store.path)) as file, closing(sqlite3.connect(left)) as copy:
            file.backup(copy)
        await asyncio.gather(*tasks)
        self.acknowledged = known  # whoever was not told yet was told nothing
        await self._stack.aclose()
        self._stack = AsyncExitStack()
        self.hall = await self._open(left)
        await self._clock.turn(0)

    async def _settled(self) -> None:
        """Until what the hall does by itself is done and durable."""
        await self._clock.turn(0)
        while not self.hall.engine.store.idle:  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.001)
        await self._clock.turn(0)

    # -- what must be true

    @property
    def rooms(self) -> Hall:
        action: Any = self.hall.engine.actions.get("queue.issue")
        found: Hall = action.run.__self__._hall
        return found

    @property
    def journal(self) -> Journal:
        return self.rooms.journal

    @property
    def floor(self) -> Floor:
        return self.journal.durable

    def check(self) -> None:
        """Everything that must hold between any two actions."""
        self._run(self._settled())
        rows = self._run(self.hall.engine.store.rows(JOURNAL))
        assert not (apart := _apart(self.journal.decided, self.floor)), f"decided, not durable: {apart}"
        again = replayed(rows, self.hall.engine.site.classes)
        assert not (apart := _apart(again, self._nameless())), f"by the journal, in the file: {apart}"
        self._each_in_one_place()
        self._nothing_lost(rows)
        self._counts_agree(rows)

    def _nameless(self) -> Floor:
        """What the file holds, without who the people are: that is in no journal."""
        store = self.hall.engine.store
        rows = {table.name: self._run(store.rows(table)) for table in LIVE_TABLES.values()}
        floor = Floor(self.hall.engine.site.classes)
        for kind, key, value in live_changes(rows):
            if kind != "person":
                floor.put(kind, key, value)
        return floor

    def _each_in_one_place(self) -> None:
        floor, places = self.floor, Counter[str]()
        queues = {t["queue"] for t in floor.tickets.values()}
        for queue in queues:
            for ticket in floor.everyone(queue):
                assert ticket["state"] == "waiting", ticket
                places[ticket["id"]] += 1
        for name, row in floor.counters.items():
            if row["ticket"] is not None:
                ticket = floor.tickets[row["ticket"]]
                assert ticket["state"] in AT_COUNTER, ticket
                assert ticket["counter"] == name, (ticket, name)
                assert row["staff"] is not None, "a closed counter serves nobody"
                places[ticket["id"]] += 1
        visitors = Counter(t["visitor"] for t in floor.tickets.values() if t["state"] in AT_COUNTER and t["visitor"])
        assert not visitors or max(visitors.values()) == 1, "a visitor is at one counter"
        for ticket in floor.tickets.values():
            expected = 1 if ticket["state"] == "waiting" or ticket["state"] in AT_COUNTER else 0
            assert places[ticket["id"]] == expected, (ticket, places[ticket["id"]])
            if ticket["state"] == "staged":
                assert ticket["counter"] is not None, "staged for a counter"
        for queue in queues:
            self._reservations_lapse(queue)

    def _reservations_lapse(self, queue: str) -> None:
        floor, rules = self.floor, rules_of(self.rooms, self.floor)
        for ticket in floor.everyone(queue):
            counter, staff = ticket["reserved"], ticket.get("reserved_staff")
            if counter is None and staff is not None and not ticket["only"]:
                there = {row["staff"] for row in floor.counters.values()}
                assert staff in there or not rules.holds(Lane.alone(ticket)), "who it is kept for is not here"
            if counter is not None and not ticket["only"] and not _staffed(floor, counter):
                assert not rules.holds(Lane.alone(ticket)), "its counter is closed: anybody may call it"

    def _nothing_lost(self, rows: list[Any]) -> None:
        """What was acknowledged happened, and no number was given twice in its period."""
        issued: dict[str, str] = {}
        given: dict[tuple[str, str], str] = {}
        for row in rows:
            if row[5] == "queue_cleared" and (told := _data(row))["numbers"]:  # they begin anew
                given = {key: queue for key, queue in given.items() if (key[0], queue) != (row[4], told["queue"])}
            elif row[5] == "ticket_issued":
                ticket = _data(row)["ticket"]
                issued[ticket["id"]] = ticket["number"]
                key = (ticket["day"], ticket["number"])
                assert key not in given, f"{key} twice"
                given[key] = ticket["queue"]
            elif row[5] == "ticket_split":
                for ticket in _data(row).get("tickets", ()):
                    issued[ticket["id"]] = ticket["number"]
        for ticket_id, number in self.acknowledged.items():
            assert issued.get(ticket_id) == number, f"{number} was acknowledged"

    def _counts_agree(self, rows: list[Any]) -> None:
        """Entities, journal and floor count the same."""
        today = self.journal.today
        events: Counter[tuple[str, str]] = Counter()
        for row in rows:
            if row[5] in COUNTED and row[4] == today:
                events[_data(row)["ticket"]["queue"], row[5]] += 1
            elif row[5] == "queue_cleared" and row[4] == today:
                for kind in COUNTED:
                    events.pop((_data(row)["queue"], kind), None)
        for name in self.hall.engine.configuration.models["queue"]:
            state = self.hall.state(f"queue.{name}")
            waiting = sum(1 for t in self.floor.tickets.values() if t["queue"] == name and t["state"] == "waiting")
            assert state.value == self.floor.waiting(name) == waiting, name
            assert state.attributes["issued_today"] == events[name, "ticket_issued"], name

    def drain(self) -> None:
        """Counters that keep calling, each by the YAML, call everyone who waits, in the end."""
        counters = list(self.hall.engine.configuration.models["counter"])
        staff = list(self.hall.engine.configuration.models.get("staff") or ())
        for counter in counters:
            self.act("counter.start", counter=counter)
            self.act("counter.sign_out", counter=counter, current="finish")
            self.act("counter.set_serves", counter=counter)
        for at, counter in enumerate(counters):
            self.act("counter.sign_in", counter=counter, staff=staff[at], move=True)
            self.act("counter.resume", counter=counter)
        most = 50 + 3 * len(self.floor.tickets)
        for _ in range(most):
            self.pass_time(60)
            for counter in counters:
                self.act("counter.start", counter=counter)
            called = [self.act("counter.call_next", counter=counter, current="finish") for counter in counters]
            if not any(called):
                break
        self.act("hall.open")
        left = [
            t["number"] for t in self.floor.tickets.values() if t["state"] in ("waiting", "staged") and not t["only"]
        ]
        assert not left, f"never called: {left}"


def _apart(one: Floor, other: Floor) -> list[Any]:
    """Where they differ, by field and key."""
    found: list[Any] = []
    for part in fields(Floor):
        a, b = getattr(one, part.name), getattr(other, part.name)
        if a != b and isinstance(a, dict) and isinstance(b, dict):
            found += [(part.name, key, a.get(key), b.get(key)) for key in {**a, **b} if a.get(key) != b.get(key)]
        elif a != b:
            found.append((part.name, a, b))
    return found


def _staffed(floor: Floor, counter: str) -> bool:
    row = floor.counters.get(counter)
    return row is not None and row["staff"] is not None


def _data(row: Any) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(row[7])
    return found


def live(life: Life) -> list[PublicTicket]:
    """The live tickets, in order of issue."""
    return [t for t in life.floor.tickets.values() if t["state"] in LIVE]
