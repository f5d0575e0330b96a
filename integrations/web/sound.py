"""The sound of browser screens: items in their views that the page plays in order, each once.

An item stands in the view until it is over even where it began late, or until the speaker is stopped: a page that plays
it then falls silent.
The chime is part of the sound, so the page adds none.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

from ...core.clock import Cancel
from ...core.devices.clips import SPEECH, Clip
from ...core.integration import Kit
from ...core.offers import Kind
from .config import WebSpeaker

ADDRESS: Final = f"/api/usher/blob/{SPEECH}/"


class Sound:
    """A Player that speaks through pages."""

    def __init__(self, item: WebSpeaker, kit: Kit) -> None:
        self.item, self._kit = item, kit
        self.says: list[dict[str, Any]] = []
        self._timers: dict[str, tuple[Cancel, Cancel]] = {}

    async def play(self, clip: Clip) -> None:
        say = {
            "id": clip.id,
            "at": clip.at,
            "url": ADDRESS + clip.name,
            "chime": False,
            "expires": clip.expires,
            "seconds": round(clip.seconds, 3),
            "volume": clip.volume,
        }
        self.says.append(say)
        self._touch()
        # Looked at again when it may not begin any more: a page opened then must learn what time it is by now.
        late = self._kit.clock.after(clip.expires - clip.at, self._touch)
        over = self._kit.clock.after(clip.seconds + clip.expires - clip.at, lambda: self._over(say))
        self._timers[clip.id] = (late, over)

    async def stop(self) -> None:
        self.close()
        self.says.clear()
        self._touch()

    def close(self) -> None:
        for timers in self._timers.values():
            for cancel in timers:
                cancel()
        self._timers.clear()

    def _over(self, say: dict[str, Any]) -> None:
        self._timers.pop(say["id"], None)
        self.says.remove(say)
        self._touch()

    def _touch(self) -> None:
        for display in self.item.display:
            view = self._kit.views.get(f"display/{display}")
            if view is not None:
                view.touch()


SOUNDS: Final = Kind[Sound]("web sound")  # lent by speakers to the screens of this integration


@asynccontextmanager
async def open_sound(item: WebSpeaker, kit: Kit) -> AsyncGenerator[Sound, None]:
    """Lend the sound to the screens."""
    sound = Sound(item, kit)
    kit.offer(SOUNDS, item.id, sound)
    kit.on_close(sound.close)
    yield sound
