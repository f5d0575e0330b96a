"""Asking for accounts, whether or not the hall runs."""

import asyncio
from argparse import Namespace
from typing import Any

from ..errors import StoreError, UsherError
from ..translations import terminal_language
from . import places


def account(options: Namespace, action: str, values: dict[str, Any]) -> dict[str, Any]:
    """Ask the running hall, or open its data if none runs."""
    from ..control import ask

    try:
        answer = ask(places.data(options), action, values, language=terminal_language())
    except StoreError:
        if not options.config.is_dir():
            raise
        from ..runner import offline

        return asyncio.run(offline(options.config, places.data(options), action, values))
    if "error" in answer:
        raise UsherError(answer["error"]["message"])
    result: dict[str, Any] = answer["answer"] or {}
    return result
