"""Tests on the loop of `usher simulate`: time leaps to the next timer when nothing is left to do."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

from usher.core.simulation.loop import VirtualLoop


def leaping(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run this test there."""

    @wraps(test)
    def run(house: Any) -> None:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(test(house))

    return run
