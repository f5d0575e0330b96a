"""Displays: signs and screens. They follow the counters they are bound to by themselves; messages come by action.

The kind keeps each sign's `Board` and hands the newest to the platform, one at a time: a slow sign misses pictures, never
holds up another. YAML key `display:`, entities `display.<id>` (ready|offline), actions display.show and display.clear.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol

from ..actions import Answer, Call
from ..clock import Cancel
from ..entities import Entity
from ..errors import ConnectionLost, Unknown
from ..events import Event
from ..hall import events as hall
from ..integration import Kit
from ..limits import within
from ..states import STATE_CHANGED, State
from .boards import Board, Follower, Message
from .items import keep
from .models import Clear, DisplayItem, Show

SHOW_LIMIT: Final = 10.0  # seconds a sign may take for one picture
WITHDRAWN: Final = (hall.TICKET_PUT_BACK, hall.TICKET_HELD, hall.TICKET_TRANSFERRED, hall.TICKET_CANCELLED,
                    hall.TICKET_REQUEUED, "ticket_undone")  # fmt: skip


class Sign(Protocol):
    """What a platform's `open` yields."""

    async def show(self, board: Board) -> None:
        """Show this picture; raises ConnectionLost."""
        ...


class Display:
    """One display: its board, and the platform's sign while there is one."""

    def __init__(self, item: DisplayItem, kit: Kit) -> None:
        counters = frozenset([item.counter]) if item.counter else \
            None if item.counters == "all" else frozenset(item.counters)  # fmt: skip
        self.item, self._kit = item, kit
        self.follower = Follower(
            counters,
            frozenset(item.queues) if item.queues else None,
            slots=item.calls or item.fits,
            recent=item.fits if item.recent is None else item.recent,
            min_show=item.min_show,
            queue_name=self._queue_name,
        )
        self._entity = Entity(f"display.{item.id}", item.title)
        kit.entity(self._entity)
        self._wake, self._timers = asyncio.Event(), dict[str, Cancel]()
        kit.on_close(self._stop)
        self._online = False

    def _queue_name(self, queue: str) -> Any:
        state = self._kit.states.get(f"queue.{queue}")
        return state.attributes.get("name", queue) if state else queue

    def begin(self) -> None:
        """Take in what is true now, and have the platform kept up."""
        for state in self._kit.states.domain("counter"):
            self.hear(state.entity_id, state)
        self._show_state(False)
        keep("display", self.item, self._kit, lambda _: self._show_state(True), lambda: self._show_state(False),
             self._feeding)  # fmt: skip

    def hear(self, entity_id: str, state: State | None) -> None:
        """A counter or queue changed."""
        domain, _, name = entity_id.partition(".")
        if domain == "counter":
            changed = self.follower.counter(name, state, self._kit.clock.now())
        else:
            changed = self.follower.rename()
        if changed:
            self.changed()

    def changed(self) -> None:
        """The board may look different: show it, and again when the next call's turn comes."""
        again = self.follower.turn(self._kit.clock.monotonic())
        self._after("turn", again)
        self._wake.set()

    def say(self, message: Message | None) -> None:
        """Show a message until its time is over."""
        self.follower.message = message
        self._after("message", None if message is None else max(0.0, message.until - self._kit.clock.now()))
        self._wake.set()
        self._show_state(self._online)

    @asynccontextmanager
    async def _feeding(self, sign: Sign, kit: Kit) -> AsyncGenerator[None, None]:
        self._wake.set()
        kit.task(self._feed(sign), "feed")
        yield

    async def _feed(self, sign: Sign) -> None:
        shown: Board | None = None
        while True:
            await self._wake.wait()
            self._wake.clear()
            board = self.follower.board(self._kit.clock.now())
            if board == shown:
                continue
            try:
                await within(sign.show(board), SHOW_LIMIT)
            except TimeoutError as error:
                raise ConnectionLost(f"display.{self.item.id} took longer than {SHOW_LIMIT:g} s.") from error
            shown = board

    def _after(self, what: str, seconds: float | None) -> None:
        if cancel := self._timers.pop(what, None):
            cancel()
        if seconds is not None:
            self._timers[what] = self._kit.clock.after(seconds, lambda: self._due(what))

    def _due(self, what: str) -> None:
        self._timers.pop(what, None)
        if what == "message":
            self.say(None)
        else:
            self.changed()

    def _show_state(self, online: bool) -> None:
        self._online = online
        message = self.follower.message
        self._entity.show("ready" if online else "offline", {"message": message.text if message else None})

    def _stop(self) -> None:
        for cancel in self._timers.values():
            cancel()


class Displays:
    """All displays of the hall, and their verbs."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._displays: dict[str, Display] = {}
        self._parts: dict[str, Kit] = {}

    async def take(self, items: Sequence[DisplayItem]) -> None:
        """These are the displays now; one whose YAML is the same goes on untouched."""
        wanted = {item.id: item for item in items}
        for name, display in list(self._displays.items()):
            if wanted.get(name) != display.item:
                del self._displays[name]
                await self._parts.pop(name).close()
        for name, item in wanted.items():
            if name not in self._displays:
                part = self._parts[name] = self._kit.part(f"display.{name}")
                self._displays[name] = Display(item, part)
                self._displays[name].begin()

    def begin(self) -> None:
        kit = self._kit
        kit.on_close(kit.bus.listen(self._state_changed, STATE_CHANGED, about=_may_change_a_sign))
        kit.listen(self._withdrawn, *WITHDRAWN)
        kit.action("display.show", Show, self._show, description={"en": "Show a message.", "zh-CN": "显示一条消息。"})
        kit.action("display.clear", Clear, self._clear,
                   description={"en": "Take the message away.", "zh-CN": "清除消息。"})  # fmt: skip

    def _state_changed(self, event: Event) -> None:
        entity_id: str = event.data["entity_id"]
        if entity_id[:8] == "counter." or (entity_id[:6] == "queue." and _renamed(event)):
            for display in self._displays.values():
                display.hear(entity_id, event.data["new_state"])

    def _withdrawn(self, event: Event) -> None:
        ticket_id = hall.ticket_of(event)["id"]
        for display in self._displays.values():
            if display.follower.withdraw(ticket_id):
                display.changed()

    async def _show(self, data: Show, call: Call) -> Answer:
        until = self._kit.clock.now() + data.seconds
        for display in self._named(data.display):
            display.say(Message(data.text, until))
        return {"until": until}

    async def _clear(self, data: Clear, call: Call) -> Answer:
        for display in self._named(data.display):
            display.say(None)
        return {}

    def _named(self, names: Sequence[str]) -> list[Display]:
        for name in names:
            if name not in self._displays:
                raise Unknown("unknown_display", {"en": f"There is no display.{name} here.",
                                                  "zh-CN": f"没有 display.{name} 这个屏幕。"})  # fmt: skip
        return [self._displays[name] for name in names]


def _may_change_a_sign(entity_id: str) -> bool:
    return entity_id.startswith(("counter.", "queue."))


def _renamed(event: Event) -> bool:
    old, new = event.data["old_state"], event.data["new_state"]
    return (old.attributes.get("name") if old else None) != (new.attributes.get("name") if new else None)


@asynccontextmanager
async def setup_displays(items: Sequence[DisplayItem], kit: Kit) -> AsyncGenerator[Displays, None]:
    """Begin following, and keep every display up."""
    displays = Displays(kit)
    displays.begin()
    await displays.take(items)
    yield displays
