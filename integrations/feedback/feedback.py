"""Ratings in a running hall: who was served is asked, who answered is heard."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Final

from ...core.errors import Refused
from ...core.events import Event
from ...core.hall.events import (
    COUNTER_EVENTS,
    TICKET_FINISHED,
    TICKET_STARTED,
    ticket_of,
)
from ...core.integration import Kit
from ...core.tables import Batch
from .config import Config
from .counts import Counts
from .figures import Figures
from .models import Listing, Rate, Reasons, Stars, Summary
from .polls import Polls, poll_of
from .rating import Ratings, ofs
from .reports import Reports
from .screens import Screens
from .tables import RATINGS, STARS

TICKET_UNDONE: Final = "ticket_undone"
SWEEP_EVERY: Final = 300.0  # seconds


class Feedback:
    """Hears the hall, and opens a poll for each service that was given."""

    def __init__(self, config: Config, kit: Kit, polls: Polls, counts: Counts, screens: Screens) -> None:
        self._config, self._kit, self._polls, self._counts, self._screens = config, kit, polls, counts, screens
        kit.listen(self._finished, TICKET_FINISHED)
        kit.listen(self._started, TICKET_STARTED)
        kit.listen(self._undone, TICKET_UNDONE)
        kit.listen(self._counter, *COUNTER_EVENTS)
        kit.listen(lambda _: screens.take(), "usher_reloaded")
        kit.every(SWEEP_EVERY, polls.sweep)

    def _finished(self, event: Event) -> None:
        ticket = ticket_of(event)
        if ticket["counter"] is None:
            return
        poll = poll_of(ticket, event.at)
        if not self._polls.open(poll):
            return
        batch = Batch()
        self._polls.write(batch, poll)
        self._counts.count(ofs(poll.ticket), "asked", batch=batch)
        self._kit.bus.fire("feedback_asked", {
            "poll": poll.id, "ticket": poll.ticket, "counter": poll.counter, "staff": poll.ticket["staff"],
            "queue": poll.ticket["queue"], "until": poll.finished + self._config.within,
        }, event.context.child())  # fmt: skip

    def _started(self, event: Event) -> None:
        """The next visitor sits there: a tap would be theirs."""
        self._polls.done(str(ticket_of(event)["counter"]))

    def _undone(self, event: Event) -> None:
        """The end of a service was taken back."""
        ticket = ticket_of(event)
        poll = self._polls.withdraw(ticket["id"], ticket["leg"])
        if poll is not None:
            self._counts.count(ofs(poll.ticket), "asked", -1)

    def _counter(self, event: Event) -> None:
        self._screens.touch(str(event.data["counter"]))


async def _stars(kit: Kit) -> dict[str, int]:
    return {row[0]: row[2] for row in await kit.store.rows(STARS)}


class Keeping:
    """Ratings older than they are kept for are forgotten, some at a time."""

    def __init__(self, config: Config, kit: Kit, counts: Counts) -> None:
        self._config, self._kit, self._counts, self._day = config, kit, counts, ""
        kit.every(SWEEP_EVERY, self.look)
        self.look()

    def look(self) -> None:
        """Once a day."""
        if self._day != self._counts.today():
            self._day = self._counts.today()
            self._kit.task(self._forget(), "forget")

    async def _forget(self) -> None:
        before = (date.fromisoformat(self._day) - timedelta(days=self._config.keep)).isoformat()
        old = [row[0] for row in await self._kit.store.rows(RATINGS, "day < ?", (before,))]
        for start in range(0, len(old), 500):
            batch = Batch()
            for key in old[start : start + 500]:
                batch.drop(RATINGS, key)
            try:
                await self._kit.store.save(batch)
            except Refused:
                return  # tomorrow, then


@asynccontextmanager
async def open_feedback(config: Config, kit: Kit) -> AsyncGenerator[None]:
    """Ask, take ratings and show figures until the block ends."""
    stars, polls, counts, reports = await _stars(kit), Polls(config, kit), Counts(config, kit), Reports(config, kit)
    await counts.load()
    figures = Figures(config, kit, counts, stars)
    screens = Screens(config, kit, polls, figures)
    await polls.load()
    Feedback(config, kit, polls, counts, screens)
    Keeping(config, kit, counts)
    ratings = Ratings(config, kit, polls, counts, stars)
    kit.action("feedback.rate", Rate, ratings.rate, description={
        "en": "Rate a service, once.", "zh-CN": "评价一次服务。"})  # fmt: skip
    kit.action("feedback.reasons", Reasons, ratings.reasons, description={
        "en": "Say what was wrong, after a rating.", "zh-CN": "评价后说明原因。"})  # fmt: skip
    kit.action("feedback.stars", Stars, ratings.stars, description={
        "en": "Set the stars of one of the staff.", "zh-CN": "设置员工星级。"})  # fmt: skip
    kit.action("feedback.list", Listing, reports.listing, question=True, response="only", description={
        "en": "The ratings of some days.", "zh-CN": "查询若干天的评价。"})  # fmt: skip
    kit.action("feedback.summary", Summary, reports.summary, question=True, response="only", description={
        "en": "What the ratings of some days come to.", "zh-CN": "汇总若干天的评价。"})  # fmt: skip
    yield
