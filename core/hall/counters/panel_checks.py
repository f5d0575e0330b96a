"""A key of the panel that would do two things."""

from ...errors import Problem
from ...integration import Checked
from ...source import place_of
from ..config import HallConfig, Keys
from ..config.panel import FUNCTIONS


def check_panel(checked: Checked, config: HallConfig) -> None:
    """Complain about each key that stands at two functions; what is not written out gives way by itself."""
    _check(checked, ("panel", "keys"), config.panel.keys)
    for name, counter in config.counter.items():
        _check(checked, ("counter", name, "keys"), counter.keys)


def _check(checked: Checked, where: tuple[str, ...], keys: Keys) -> None:
    first: dict[str, str] = {}
    for function in (name for name in FUNCTIONS if name in keys.model_fields_set):
        for at, key in enumerate(getattr(keys, function)):
            other = first.setdefault(key, function)
            if other != function or key in getattr(keys, function)[:at]:
                place = place_of(checked.tree, (*where, function, at))
                path = ".".join((*where, function))
                checked.problems.append(Problem(place, f"{path}: the key {key} is {other} already. Give each its own."))
