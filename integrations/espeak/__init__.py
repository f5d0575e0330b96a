"""The voice of espeak-ng, in a child process of its own: espeak-ng is GPL, and its state is global to a process."""

from contextlib import AbstractAsyncContextManager
from typing import Any

from ...core.integration import Integration, Kit, Platform
from .config import EspeakVoice


def open_voice(item: EspeakVoice, kit: Kit) -> AbstractAsyncContextManager[Any]:
    """Start the child; the client is imported only now."""
    from .client import open_child

    return open_child(item, kit)


INTEGRATION: Integration[Any] = Integration(platforms={"voice": Platform(EspeakVoice, open_voice)})
