"""Counts that automations raise and lower: the counter of Home Assistant, where a counter is a window here."""

from ...core.things import Declared
from .config import Config
from .entities import VERBS, Count

INTEGRATION = Declared("counter_helper", Count, VERBS, values="number").integration(Config)
