"""Dates and times that people and automations set."""

from ...core.things import Declared
from .config import Config
from .entities import VERBS, Moment

INTEGRATION = Declared("input_datetime", Moment, VERBS).integration(Config)
