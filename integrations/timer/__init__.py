"""Timers that go on over a restart."""

from ...core.things import Declared
from .config import Config
from .entities import VERBS, Timer, go_on

INTEGRATION = Declared("timer", Timer, VERBS, up=go_on).integration(Config)
