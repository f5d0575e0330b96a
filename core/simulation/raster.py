"""The tickets of a day as pictures, drawn by the printers' own platforms once the day is over; nothing is connected."""

import asyncio
import logging
import tempfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from ..clock import SystemClock
from ..integration import Kit, Platform, Rooms
from .day import Day

log = logging.getLogger(__name__)


def draw(day: Day, folder: Path) -> None:
    """One PNG a ticket: `<folder>/<printer>/<n>-<number>.png`. A printer that draws no previews is passed over."""
    asyncio.run(_draw(day, folder))


async def _draw(day: Day, folder: Path) -> None:
    for item in day.configuration.models.get("printer", ()):
        platform = day.recording.real.get(f"printer.{item.platform}")
        if platform is not None and hasattr(item, "preview"):
            with tempfile.TemporaryDirectory(prefix="usher-raster-") as data:
                await _one(day, item, platform, Path(data), folder / item.id)
        else:
            log.warning("printer.%s draws no pictures.", item.id)


async def _one(day: Day, item: Any, platform: Platform[Any], data: Path, folder: Path) -> None:
    rooms = SimpleNamespace(
        site=replace(day.site, data=data), clock=SystemClock(), bus=None, states=None, actions=None, offers=None,
        views=None, store=None, access=None, keep=None,
    )  # fmt: skip
    kit = Kit(f"printer.{item.id}", cast("Rooms", rooms))
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    jobs = [one.job for one in day.recording.printed if one.printer == f"printer.{item.id}"]
    async with platform.open(item.model_copy(update={"preview": True, "connection": None}), kit) as printer:
        for n, job in enumerate(jobs, 1):
            await printer.print(job)
            await asyncio.to_thread(_take, data, folder / f"{n:05d}-{job.number or job.id}.png")
    await kit.close()


def _take(data: Path, target: Path) -> None:
    """The picture just drawn, where it is wanted."""
    for picture in sorted(data.glob("previews/*/*.png")):
        target.write_bytes(picture.read_bytes())
        picture.unlink()
