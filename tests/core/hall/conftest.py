"""A small branch that most tests of the hall stand in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from usher.core.clock import HandClock
from usher.core.testing import Branch, branch

YAML = """
usher: {name: Test, site: test, languages: [zh-CN, en], classes: {vip: 50, elderly: 20}}
queue:
  personal: {name: Personal, prefix: A, requeue: {after: 3, times: 2}}
  corporate: {name: Companies, prefix: B, services: {cheque: {name: Cheques}}}
  loss: {name: Lost card, prefix: T, digits: 4, urgency: 10}
counter:
  "1":
    name: Window 1
    serves: [{queue: loss, priority: 9}, {queue: personal, priority: 5}, corporate]
    no_show_after: 3
  "2": {name: Window 2, serves: [corporate, personal], must_start: true}
"""


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def hall(tmp_path: Path, clock: HandClock) -> AsyncIterator[Branch]:
    async with branch(YAML, tmp_path, clock=clock) as running:
        yield running
