"""The wings that every usher has, in the order in which they are set up."""

from typing import Any, Final

from .devices import DEVICES
from .hall import HALL
from .integration import Integration
from .language import LANGUAGE

WINGS: Final[tuple[Integration[Any], ...]] = (HALL, DEVICES, LANGUAGE)
