"""Texts that people and automations set."""

from ...core.things import Declared
from .config import Config
from .entities import VERBS, WrittenText

INTEGRATION = Declared("input_text", WrittenText, VERBS).integration(Config)
