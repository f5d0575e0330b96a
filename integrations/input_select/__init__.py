"""Choices that people and automations make."""

from ...core.things import Declared
from .config import Config
from .entities import VERBS, Choice

INTEGRATION = Declared("input_select", Choice, VERBS).integration(Config)
