"""The browser as a display and as a speaker: any screen that can open a page."""

from contextlib import AbstractAsyncContextManager
from typing import Any

from ...core.integration import Integration, Kit, Platform
from .config import WebDisplay, WebSpeaker, check


def open_display(item: WebDisplay, kit: Kit) -> AbstractAsyncContextManager[Any]:
    """Offer the page's view."""
    from .screen import open_screen

    return open_screen(item, kit)


def open_speaker(item: WebSpeaker, kit: Kit) -> AbstractAsyncContextManager[Any]:
    """Put sound into a display's page."""
    from .sound import open_sound

    return open_sound(item, kit)


INTEGRATION: Integration[Any] = Integration(
    platforms={"display": Platform(WebDisplay, open_display), "speaker": Platform(WebSpeaker, open_speaker)},
    check=check,
)
