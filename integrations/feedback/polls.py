"""Services that may be rated: one poll for each leg that was served, kept over a restart until nobody may rate it."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson

from ...core.errors import StoreError
from ...core.hall.events import PublicTicket
from ...core.integration import Kit
from ...core.tables import Batch
from .config import Config
from .tables import POLLS

MAX_POLLS: Final = 50_000  # one more, and the oldest may not be rated any longer
_OF_TICKET: Final = ("id", "number", "queue", "service", "class", "counter", "staff", "leg", "visitor", "language")


@dataclass(slots=True)
class Poll:
    """One service that was given. `rated` is what became of it: {level, at, by}, `by` the call that said so."""

    id: str  # ticket/leg
    ticket: dict[str, Any]
    finished: float  # wall time
    rated: dict[str, Any] | None = None
    reasons: list[str] | None = None

    @property
    def counter(self) -> str:
        return str(self.ticket["counter"])


def poll_of(ticket: PublicTicket, now: float) -> Poll:
    """The poll of what this ticket was just served."""
    said: Mapping[str, Any] = ticket
    return Poll(f"{ticket['id']}/{ticket['leg']}", {key: said.get(key) for key in _OF_TICKET}, now)


class Polls:
    """All polls, the oldest first, and the one that each terminal asks for now."""

    def __init__(self, config: Config, kit: Kit) -> None:
        self._config, self._kit = config, kit
        self._all: OrderedDict[str, Poll] = OrderedDict()
        self._of_ticket: dict[str, list[Poll]] = {}
        self._numbers: dict[str, str] = {}  # number -> the latest ticket with it
        self.asked: dict[str, Poll] = {}  # counter -> what its terminal asks for
        self.changed: Callable[[str], None] = lambda counter: None  # what this terminal asks
        self.told: Callable[[Poll], None] = lambda poll: None  # it may be rated, was rated, or may be no more

    @property
    def lasts(self) -> float:
        """How long a poll is kept, in seconds."""
        config = self._config
        return max(config.within, config.phone_within, config.offline_within)

    async def load(self) -> None:
        """Those that were open when usher ended."""
        now = self._kit.clock.now()
        if not self._kit.store.idle:  # a reload: what is on its way is kept too
            await self._kit.store.save(Batch())
        rows = await self._kit.store.rows(POLLS, "ends > ?", (now,))
        polls = sorted((Poll(**orjson.loads(row[3])) for row in rows), key=lambda poll: (poll.finished, poll.id))
        for poll in polls:
            self._enter(poll)
            if poll.rated is None and now < poll.finished + self._config.within and not self._serving(poll):
                self._ask(poll, poll.finished + self._config.within - now)

    def open(self, poll: Poll) -> bool:
        """A service was given: it may be rated. False for one that was rated before its end was taken back."""
        earlier = self._all.get(poll.id)
        if earlier is not None:
            if earlier.rated is not None:
                return False
            self._leave(earlier)
        self._enter(poll)
        while len(self._all) > MAX_POLLS:
            self._leave(next(iter(self._all.values())))
        self._ask(poll, self._config.within)
        self.told(poll)
        return True

    def withdraw(self, ticket: str, leg: int) -> Poll | None:
        """Its end was taken back: answers the poll that is no more, unless it was rated already."""
        poll = self._all.get(f"{ticket}/{leg}")
        if poll is None or poll.rated is not None:
            return None
        self._leave(poll)
        self.told(poll)
        return poll

    def done(self, counter: str) -> None:
        """Its terminal asks no more: it was answered, its time is over, or the next visitor is there."""
        if self.asked.pop(counter, None) is not None:
            self.changed(counter)

    def get(self, poll_id: str) -> Poll | None:
        return self._all.get(poll_id)

    def of(self, ticket: str) -> list[Poll]:
        """What a ticket was served, the last first; by id or number."""
        polls = self._of_ticket.get(ticket) or self._of_ticket.get(self._numbers.get(ticket.upper(), ""), [])
        return polls[::-1]

    def write(self, batch: Batch, poll: Poll) -> None:
        """Keep it with the rest of a batch."""
        ends = poll.finished + self.lasts
        batch.put(POLLS, poll.id, self._kit.site.id, ends, orjson.dumps(asdict(poll)).decode())

    def sweep(self) -> None:
        """Forget those whose time is over."""
        now, batch = self._kit.clock.now(), Batch()
        for poll in self._over(now):
            self._leave(poll)
            batch.drop(POLLS, poll.id)
        if batch.drops:
            self._kit.store.submit(batch, _tried)

    def _over(self, now: float) -> list[Poll]:
        over: list[Poll] = []
        for poll in self._all.values():
            if poll.finished + self.lasts > now:
                break
            over.append(poll)
        return over

    def _ask(self, poll: Poll, seconds: float) -> None:
        counter = poll.counter
        self.asked[counter] = poll
        self.changed(counter)

        def over() -> None:
            if self.asked.get(counter) is poll:
                self.done(counter)

        self._kit.after(seconds, over)

    def _serving(self, poll: Poll) -> bool:
        state = self._kit.states.get(f"counter.{poll.counter}")
        return state is None or state.value == "serving"

    def _enter(self, poll: Poll) -> None:
        ticket = poll.ticket["id"]
        self._all[poll.id] = poll
        self._of_ticket.setdefault(ticket, []).append(poll)
        self._numbers[poll.ticket["number"].upper()] = ticket

    def _leave(self, poll: Poll) -> None:
        ticket = poll.ticket["id"]
        del self._all[poll.id]
        self._of_ticket[ticket].remove(poll)
        if not self._of_ticket[ticket]:
            del self._of_ticket[ticket]
            number = poll.ticket["number"].upper()
            if self._numbers.get(number) == ticket:
                del self._numbers[number]
        if self.asked.get(poll.counter) is poll:
            self.done(poll.counter)

    def __iter__(self) -> Iterator[Poll]:
        return iter(self._all.values())


def _tried(error: StoreError | None) -> None:
    """A row that could not be dropped has ended all the same: it is not read again."""
