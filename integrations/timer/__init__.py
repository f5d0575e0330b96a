"""Timers that go on over a restart."""

from ...core.things import Declared
from .config import Config
from .entities import VERBS, Timer, go_on

STATES = frozenset({"idle", "active", "paused"})
TOLD = frozenset(f"timer.{word}" for word in ("started", "restarted", "paused", "cancelled", "changed", "finished"))
INTEGRATION = Declared("timer", Timer, VERBS, up=go_on, values=STATES, events=TOLD).integration(Config)
