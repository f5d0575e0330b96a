"""Views over WebSocket: each version is encoded once for all who look at it, and a resume sends just what was missed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from ....core.views import Frame, View, Views
from ..shapes import Shared

RESYNC = Shared(b'{"type":"resync"}')


class Viewer(Protocol):
    """A socket, as far as a feed knows it."""

    def send_event(self, number: int, event: Shared) -> None: ...


@dataclass(eq=False)
class Look:
    """One subscription to one view."""

    feed: "Feed"
    viewer: Viewer
    number: int
    seen: int = 0  # the last version sent

    def send(self, frame: Frame) -> None:
        """Send a version, once."""
        if frame.seq != self.seen:
            self.seen = frame.seq
            self.viewer.send_event(self.number, self.feed.shared(frame))

    def resync(self) -> None:
        """Say that something was left out, and send the view as it is now."""
        self.seen = 0
        self.viewer.send_event(self.number, RESYNC)
        self.send(self.feed.view.read())

    def stop(self) -> None:
        self.feed.drop(self)


class Feed:
    """One view and all who look at it."""

    def __init__(self, boot: bytes, view: View, ended: Callable[["Feed"], None]) -> None:
        self._boot, self._ended = boot, ended
        self._looks: tuple[Look, ...] = ()
        self._last: tuple[int, Shared] | None = None
        self.view = view
        self._stop = view.subscribe(self._hear)

    def shared(self, frame: Frame) -> Shared:
        """One version as an event, encoded once while it is the latest."""
        if self._last is None or self._last[0] != frame.seq:
            body = b'{"boot":%b,"seq":%d,"doc":%b}' % (self._boot, frame.seq, frame.body)
            self._last = (frame.seq, Shared(body))
        return self._last[1]

    def add(self, viewer: Viewer, number: int) -> Look:
        look = Look(self, viewer, number)
        self._looks = (*self._looks, look)
        return look

    def drop(self, look: Look) -> None:
        self._looks = tuple(one for one in self._looks if one is not look)
        if not self._looks:
            self.close()
            self._ended(self)

    def moved(self, view: View) -> None:
        """The view was taken back and offered anew, as after its integration came up again."""
        self._stop()
        self.view, self._last = view, None
        self._stop = view.subscribe(self._hear)
        for look in self._looks:
            look.resync()

    def close(self) -> None:
        self._stop()

    def _hear(self, frame: Frame) -> None:
        for look in self._looks:
            look.send(frame)


class Feeds:
    """The views that somebody looks at."""

    def __init__(self, views: Views, boot_id: str) -> None:
        self._views, self._boot_id, self._boot = views, boot_id, orjson.dumps(boot_id)
        self._feeds: dict[str, Feed] = {}

    def look(self, viewer: Viewer, number: int, view: View, boot: str | None, seq: int | None,
             answer: Callable[[dict[str, Any]], None]) -> Look:  # fmt: skip
        """Answer the present version, send what this viewer has not seen, and from then on each new version."""
        feed = self._feeds.get(view.name)
        if feed is None:
            feed = self._feeds[view.name] = Feed(self._boot, view, self._end)
        elif feed.view is not view:
            feed.moved(view)
        now = view.read()
        look = feed.add(viewer, number)
        answer({"boot": self._boot_id, "seq": now.seq})
        missed = view.since(seq) if boot == self._boot_id and seq is not None else None
        for frame in [now] if missed is None else missed:
            look.send(frame)
        look.seen = now.seq
        return look

    def follow(self) -> None:
        """Find views that were offered anew; called now and then, since a view cannot say that it was taken back."""
        for name, feed in list(self._feeds.items()):
            view = self._views.get(name)
            if view is not None and view is not feed.view:
                feed.moved(view)

    def close(self) -> None:
        for feed in self._feeds.values():
            feed.close()
        self._feeds.clear()

    def _end(self, feed: Feed) -> None:
        if self._feeds.get(feed.view.name) is feed:
            del self._feeds[feed.view.name]
