"""`for:` of automations, kept over a restart: a row when a wait begins, dropped when it ends, never on anyone's path.

A row is found again by its automation's key and the content of its trigger. What is overdue when the hall comes up fires
then, late, in the order in which it fell due.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final

import orjson

from ..clock import Clock
from ..errors import StoreError
from ..events import Context
from ..offers import Fire
from ..store import Store
from ..tables import Batch, Row
from ..waits import Wait, Waits
from .packing import pack, unpack
from .tables import WAITS
from .triggers import Trigger

log = logging.getLogger("usher.automation")
MAX_BODY: Final = 64 * 1024  # characters; a wait with more to say is kept in memory only


class KeptWaits(Waits):
    """The waits of one automation's trigger."""

    def __init__(self, room: "WaitRoom", owner: str, clock: Clock, fire: Fire, variables: Mapping[str, Any]) -> None:
        super().__init__(clock, fire, variables)
        self._room, self._owner = room, owner

    def recall(self, rows: Mapping[str, Wait]) -> None:
        """Those from before a restart, to be settled by the trigger."""
        self._waits.update(rows)

    def stop(self) -> None:
        super().stop()
        self._room.give_back(self._owner)

    def _over(self, key: str, wait: Wait) -> None:
        if self._room.up:
            super()._over(key, wait)
        elif self._waits.get(key) is wait:
            self._room.late(wait.due, lambda: super(KeptWaits, self)._over(key, wait))

    def _changed(self, key: str, wait: Wait | None) -> None:
        self._room.changed(self._owner, key, wait)


class WaitRoom:
    """All kept waits, and the rows of them that are still to be written."""

    def __init__(self, store: Store, clock: Clock, site: str) -> None:
        self._store, self._clock, self._site = store, clock, site
        self._found: dict[str, dict[str, Wait]] = {}  # of before the restart, by owner; until somebody takes them
        self._live: dict[tuple[str, str], Wait] = {}
        self._dirty: dict[tuple[str, str], None] = {}
        self._owners: set[str] = set()
        self._late: list[tuple[float, int, Any]] = []
        self._due_to_write = self._closed = self._lost = False
        self.up = False  # the hall is up, and what is late may fire
        store.on_rebuild(lambda _: self._write_all())

    async def load(self) -> None:
        """Read what was kept."""
        for row in await self._store.rows(WAITS):
            read = _read(row)
            if read is not None:
                self._found.setdefault(row[1], {})[row[2]] = read
                self._live[row[1], row[2]] = read

    def of(self, automation: str, trigger: Trigger, fire: Fire, names: Mapping[str, Any]) -> KeptWaits:
        """The waits of a trigger that begins to watch, with those of before a restart."""
        owner = f"{automation}|{trigger.hash}"
        while owner in self._owners:  # the very same trigger twice in one automation
            owner += "+"
        self._owners.add(owner)
        made = KeptWaits(self, owner, self._clock, fire, names)
        found = self._found.pop(owner, {})
        made.recall(found)
        for key, wait in found.items():
            if (owner, key) not in self._live:  # handed on by a reload
                self.changed(owner, key, wait)
        return made

    def hand_on(self, automation: str) -> None:
        """The automation is changed by a reload: a `for:` of a trigger that stays the same is to go on. Call it first."""
        for (owner, key), wait in self._live.items():
            if owner.partition("|")[0] == automation:
                self._found.setdefault(owner, {})[key] = Wait(wait.due, wait.data, wait.context)

    def give_back(self, owner: str) -> None:
        """The trigger is not watched any more."""
        self._owners.discard(owner)

    def changed(self, owner: str, key: str, wait: Wait | None) -> None:
        """A wait began or ended; written in the next turn of the loop."""
        if self._closed:
            return  # the hall goes down: what waits stays kept
        if wait is None:
            self._live.pop((owner, key), None)
        else:
            self._live[owner, key] = wait
        self._dirty[owner, key] = None
        if not self._due_to_write:
            self._due_to_write = True
            asyncio.get_running_loop().call_soon(self._write)

    def late(self, due: float, over: Any) -> None:
        """It is over, but the hall is not up yet."""
        self._late.append((due, len(self._late), over))

    def started(self) -> None:
        """The hall is up: what is late fires now, and what nobody took is forgotten."""
        self.up = True
        self.forget_rest()
        late, self._late = sorted(self._late, key=lambda one: one[:2]), []
        for _, _, over in late:
            over()

    def forget_rest(self) -> None:
        """What nobody took is over."""
        for owner, waits in self._found.items():
            log.info("%d wait(s) of %s have ended: the automation was changed, removed or turned off.", len(waits),
                     owner.partition("|")[0])  # fmt: skip
            for key in waits:
                self.changed(owner, key, None)
        self._found = {}

    def close(self) -> None:
        """The hall goes down: write what is to be written, and keep what waits."""
        self._write()
        self._closed = True

    def _write(self) -> None:
        self._due_to_write = False
        if self._closed or not self._dirty or not self._store.healthy or self._store.full:
            if self._dirty and self._store.healthy and not self._closed:  # full: a moment later
                self._due_to_write = True
                asyncio.get_running_loop().call_later(0.1, self._write)
            return
        batch, dirty = Batch(), self._dirty
        self._dirty = {}
        for owner, key in dirty:
            wait = self._live.get((owner, key))
            body = None if wait is None else _body(wait)
            if wait is None or body is None:
                batch.drop(WAITS, self._id(owner, key))
            else:
                batch.put(WAITS, self._id(owner, key), owner, key, self._site, wait.due, body)

        def done(error: StoreError | None) -> None:
            if error is None:
                self._lost = False
                return
            self._dirty = {**dirty, **self._dirty}  # written again when the disk takes changes
            if not self._lost:
                self._lost = True
                log.warning("`for:` waits in memory only until the disk takes changes again: %s", error)

        self._store.submit(batch, done)

    def _write_all(self) -> None:
        """The disk takes changes again."""
        if self._dirty and not self._closed:
            asyncio.get_running_loop().call_soon(self._write)

    def _id(self, owner: str, key: str) -> str:
        return f"{self._site}|{owner}|{key}"


def _body(wait: Wait) -> str | None:
    context = wait.context
    try:
        body = orjson.dumps([pack(wait.data), [context.id, context.parent_id, context.user_id, context.depth]]).decode()
    except (TypeError, ValueError):
        return None
    return body if len(body) <= MAX_BODY else None


def _read(row: Row) -> Wait | None:
    try:
        data, context = orjson.loads(row[5])
        return Wait(float(row[4]), unpack(data), Context(*context))
    except (ValueError, TypeError, KeyError) as error:
        log.error("A stored wait of %s cannot be read and is given up: %s", row[1], error)
        return None
