"""Numbers that people and automations set."""

from ...core.things import Declared
from .config import Config
from .entities import VERBS, Number

INTEGRATION = Declared("input_number", Number, VERBS, values="number").integration(Config)
