"""The view of one browser screen, `display/<id>`: its board, and what its page is to play."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from ...core.devices.boards import Board, as_json
from ...core.integration import Kit
from ...core.views import View
from ...core.words import Words
from .config import WebDisplay
from .sound import SOUNDS


class Screen:
    """A Sign whose picture is a view."""

    def __init__(self, item: WebDisplay, kit: Kit) -> None:
        self._item, self._kit = item, kit
        self._board = Board()
        self._view = kit.view(
            View(f"display/{item.id}", self._build, title=item.title, path=f"/display/{item.id}", page="hall")
        )
        kit.on_close(kit.offers.watch(SOUNDS, self._view.touch))

    async def show(self, board: Board) -> None:
        self._board = board
        self._view.touch()

    def _build(self) -> dict[str, Any]:
        item, site = self._item, self._kit.site
        sounds = [s for s in self._kit.offers.all(SOUNDS).values() if item.id in s.item.display]
        says = sorted((say for sound in sounds for say in sound.says), key=lambda say: say["at"])
        return {
            "site": {
                "name": _plain(site.name),
                "languages": item.languages or list(site.languages),
                "time_zone": str(self._kit.clock.zone),
            },
            "title": _plain(item.heading or item.name or site.name),
            "size": {
                "diagonal_in": item.size.diagonal_in,
                "view_distance_m": item.size.view_distance_m,
                "mount": item.size.mount,
                "rows": item.fits,
            },
            "now": {"time": self._kit.clock.now()},
            **as_json(self._board),
            "say": says,
            "volume": max((s.item.volume for s in sounds), default=1.0),
        }


def _plain(words: Words) -> Any:
    return dict(words) if isinstance(words, Mapping) else words


@asynccontextmanager
async def open_screen(item: WebDisplay, kit: Kit) -> AsyncGenerator[Screen, None]:
    """Offer the view; pages come and go as they like."""
    yield Screen(item, kit)
