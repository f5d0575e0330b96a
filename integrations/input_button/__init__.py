"""Buttons that people and automations press."""

from ...core.things import Declared
from .config import Config
from .entities import VERBS, Button

INTEGRATION = Declared("input_button", Button, VERBS).integration(Config)
