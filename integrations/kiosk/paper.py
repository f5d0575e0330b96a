"""Whether a printer could print a ticket now."""

from typing import Final

ABLE: Final = ("ready", "busy", "paper_low")


def able(state: str) -> bool:
    """A printer's state, as its entity shows it."""
    return state in ABLE
