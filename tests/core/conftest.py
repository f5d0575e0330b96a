"""Kernel rooms, each by itself, under a clock turned by hand."""

import pytest
from usher.core.bus import Bus
from usher.core.clock import HandClock
from usher.core.states import States


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def bus(clock: HandClock) -> Bus:
    return Bus(clock)


@pytest.fixture
def states(bus: Bus, clock: HandClock) -> States:
    return States(bus, clock)
