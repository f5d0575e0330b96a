"""Switches that people and automations turn on and off."""

from ...core.things import Declared
from .config import Config
from .entities import VERBS, Switch

INTEGRATION = Declared("input_boolean", Switch, VERBS, values=frozenset({"on", "off"})).integration(Config)
