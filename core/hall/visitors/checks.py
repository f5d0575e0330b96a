"""What the models of cards and visitors alone cannot see: a card that no number reaches, a queue that leads on."""

from collections.abc import Mapping

from ...errors import Problem
from ...integration import Checked
from ...source import place_of
from ..config import HallConfig


def check_visitors(checked: Checked, config: HallConfig) -> None:
    """Complain of cards told apart twice, and of queues that send people on to a queue that does the same."""
    first: dict[str, str] = {}
    for name, card in config.card.items():
        for at, mask in enumerate(card.number):
            other = first.setdefault(mask.upper(), name)
            if (other, card.number.index(mask)) != (name, at):
                _complain(
                    checked,
                    ("card", name, "number"),
                    f"card.{name}.number: {mask!r} stands under card.{other} already. Remove one.",
                )
        _check_instead(checked, ("card", name), card.instead)
    known = checked.root["usher"].weights if "usher" not in checked.lost else None
    for name, rules in config.visitor.classes.items():
        if known is not None and name not in known:
            _complain(checked, ("visitor", "classes", name), f"visitor.classes: there is no class {name}.")
        _check_instead(checked, ("visitor", "classes", name), rules.instead)


def _check_instead(checked: Checked, loc: tuple[str, ...], instead: Mapping[str, str]) -> None:
    for chosen, meant in instead.items():
        if meant == chosen or meant in instead:
            path = ".".join((*loc, "instead"))
            _complain(
                checked,
                (*loc, "instead", chosen),
                f"{path}: {chosen} leads to {meant}, which is sent on again. Name the last one.",
            )


def _complain(checked: Checked, loc: tuple[str, ...], text: str) -> None:
    checked.problems.append(Problem(place_of(checked.tree, loc, key=True), text))
