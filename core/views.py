"""Views: one JSON document of exactly what one screen may know, rebuilt when what it reads changes.

Encoded once for all who look at it. A view counts its versions; who comes back with the last number it saw is sent what
it missed from a bounded ring, or the whole view.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import orjson

from .clock import Cancel
from .words import Words

RING: Final = 32


@dataclass(frozen=True, slots=True)
class Frame:
    """One version of a view: its number and its JSON, encoded."""

    seq: int
    body: bytes


class View:
    """One document.

    `build` answers JSON and must not wait. `path` and `page` say at which address which page of www/ shows it;
    `scopes` are what a signed link to it grants beside the view itself.
    """

    def __init__(
        self,
        name: str,
        build: Callable[[], Any],
        *,
        title: Words = "",
        path: str | None = None,
        page: str | None = None,
        scopes: tuple[str, ...] = (),
        public: bool = True,
    ) -> None:
        self.name, self.title, self.path, self.page, self.public = name, title or name, path, page, public
        self.scopes = (f"view:{name}", *scopes)
        self._build = build
        self._ring: deque[Frame] = deque(maxlen=RING)
        self._listeners: tuple[Callable[[Frame], None], ...] = ()
        self._dirty, self._scheduled = True, False
        self._told = 0  # the last version the listeners heard of: who reads in between must not keep it from them

    def touch(self) -> None:
        """Something it reads has changed: rebuild once in this turn of the loop, or when next asked for."""
        self._dirty = True
        if self._listeners and not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._push)

    def stale(self) -> bool:
        """Something it reads has changed, and whoever looks may hear of it a little later; answers whether anybody looks."""
        self._dirty = True
        return bool(self._listeners)

    def read(self) -> Frame:
        """The view as it is now."""
        if self._dirty or not self._ring:
            self._dirty = False
            body = orjson.dumps(self._build(), option=orjson.OPT_NON_STR_KEYS)
            if not self._ring or self._ring[-1].body != body:
                self._ring.append(Frame(self._ring[-1].seq + 1 if self._ring else 1, body))
        return self._ring[-1]

    def since(self, seq: int) -> list[Frame] | None:
        """What came after `seq`, oldest first; None if that is too long ago: read the whole."""
        now = self.read()
        if seq > now.seq or seq < self._ring[0].seq - 1:
            return None
        return [frame for frame in self._ring if frame.seq > seq]

    def subscribe(self, listener: Callable[[Frame], None]) -> Cancel:
        """Hear of each new version; `read` first, in the same turn, to miss none."""
        if not self._listeners:
            self._told = self._ring[-1].seq if self._ring else 0
        self._listeners = (*self._listeners, listener)

        def stop() -> None:
            self._listeners = tuple(one for one in self._listeners if one is not listener)

        return stop

    def _push(self) -> None:
        self._scheduled = False
        frame = self.read()
        if frame.seq != self._told:
            self._told = frame.seq
            for listener in self._listeners:
                listener(frame)


class Views:
    """All views, and families of views made when first asked for (`phone/<ticket>`)."""

    def __init__(self) -> None:
        self._views: dict[str, View] = {}
        self._families: dict[str, Callable[[str], View | None]] = {}

    def add(self, view: View) -> Cancel:
        if view.name in self._views:
            raise ValueError(f"There is already a view called {view.name}.")
        self._views[view.name] = view
        return lambda: _drop(self._views, view.name)

    def family(self, prefix: str, open_one: Callable[[str], View | None]) -> Cancel:
        """Views whose names start with `prefix/`: `open_one(rest)` answers the (shared) view or None."""
        if prefix in self._families:
            raise ValueError(f"There is already a family of views called {prefix}.")
        self._families[prefix] = open_one
        return lambda: _drop(self._families, prefix)

    def get(self, name: str) -> View | None:
        """One view, or None."""
        found = self._views.get(name)
        if found is not None:
            return found
        prefix, _, rest = name.partition("/")
        open_one = self._families.get(prefix)
        return open_one(rest) if open_one and rest else None

    def all(self) -> list[View]:
        """Every standing view, by name (families are not listed)."""
        return [self._views[name] for name in sorted(self._views)]


def _drop(things: dict[str, Any], name: str) -> None:
    things.pop(name, None)
