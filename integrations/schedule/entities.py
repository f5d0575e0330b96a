"""A schedule at work: `on` during its blocks, with the moment of the next change and the block's own data.

Blocks are the hall's own time of day, so that a day of 23 or 25 hours is right too.
"""

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, time, timedelta
from typing import Annotated, Any, Final

from pydantic import Field

from ...core.actions import Call
from ...core.clock import Cancel, local
from ...core.entities import Entity
from ...core.errors import Unknown
from ...core.integration import Kit
from ...core.schema import Target
from ...core.things import These
from .config import DAYS, MIDNIGHT, Block, Config, ScheduleConfig

LOOK: Final = 3600.0  # seconds between looks at the wall clock at the latest: it may be set meanwhile
AHEAD: Final = 400  # days in which the next change is looked for


class Schedules(These):
    """schedule.get_schedule."""

    entity_id: Annotated[list[str], Target("schedule", many=True)] = Field(min_length=1, description="The schedules.")


class Schedule(Entity):
    """One schedule."""

    def __init__(self, kit: Kit, entity_id: str, config: ScheduleConfig) -> None:
        super().__init__(entity_id, config.name or "", **config.fixed)
        self._kit, self.config = kit, config
        self._any = any(config.week) or any(other.blocks for other in config.except_)
        self._stop: Cancel | None = None
        kit.on_close(self.stop)

    def look(self) -> None:
        """Show what is true now, and look again when it changes."""
        clock = self._kit.clock
        now = clock.now()
        running = next((block for start, end, block in self._spans(now, 1) if start <= now < end), None)
        edges = (edge for start, end, _ in self._spans(now, AHEAD) for edge in (start, end)) if self._any else iter(())
        following = next((edge for edge in edges if edge > now), None)
        shown: dict[str, Any] = {"next_event": None if following is None else local(clock, following).isoformat()}
        self.show("off" if running is None else "on", {**shown, **({} if running is None else running.data)})
        self._stop = self._kit.after(LOOK if following is None else min(LOOK, following - now), self.look)

    def stop(self) -> None:
        if self._stop is not None:
            self._stop()

    def _spans(self, now: float, days: int) -> Iterator[tuple[float, float, Block]]:
        """The blocks of today and the following days, as wall time, in order."""
        today = local(self._kit.clock, now).date()
        for ahead in range(days):
            day = today + timedelta(days=ahead)
            for block in self.config.blocks(day):
                last = day + timedelta(days=1) if block.to == MIDNIGHT else day
                end = time() if block.to == MIDNIGHT else block.to
                zone = self._kit.clock.zone
                yield (datetime.combine(day, block.from_, zone).timestamp(),
                       datetime.combine(last, end, zone).timestamp(), block)  # fmt: skip


@asynccontextmanager
async def open_schedules(config: Config, kit: Kit) -> AsyncGenerator[None]:
    """Register the schedules and the question."""
    schedules = {name: Schedule(kit, f"schedule.{name}", one) for name, one in config.root.items()}
    for schedule in schedules.values():
        schedule.look()
        kit.entity(schedule)

    async def answer(data: Schedules, call: Call) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in data.entity_id:
            schedule = schedules.get(name)
            if schedule is None:
                raise Unknown("unknown_entity", {"en": f"There is no schedule.{name} here.",
                                                 "zh-CN": f"没有 schedule.{name}。"})  # fmt: skip
            week = zip(DAYS, schedule.config.week, strict=True)
            found[schedule.entity_id] = {day: [block.plain() for block in blocks] for day, blocks in week}
        return found

    kit.action("schedule.get_schedule", Schedules, answer, question=True, response="only",
               description={"en": "The blocks of each day of the week.", "zh-CN": "每周各日的时段。"})  # fmt: skip
    yield
