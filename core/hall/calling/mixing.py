"""Calls taken in turn by weight, counted from a counter's own calls of the day. Pure.

Smooth weighted round-robin (as nginx spreads requests over servers): each call gives every group with somebody waiting its
weight, and takes their sum from the group called; the one with most is next. Groups come evenly mixed, none is ever left
out, and one that was empty all morning does not come all at once.
"""

from collections.abc import Collection, Mapping
from typing import Final

REST: Final = "rest"


def group(mix: Mapping[str, int], class_: str, queue: str) -> str:
    """The group of a ticket: its class if the mix names it, else its queue if it names that, else the rest."""
    return class_ if class_ in mix else queue if queue in mix else REST


def turns(mix: Mapping[str, int], credit: Mapping[str, int], present: Collection[str]) -> dict[str, int]:
    """The groups present in the order of their turns: 0 is next. Of equals the one named first goes first."""
    named = [*mix, REST]
    ordered = sorted(present, key=lambda one: (-credit.get(one, 0) - mix.get(one, 1), named.index(one)))
    return {one: turn for turn, one in enumerate(ordered)}


def charged(mix: Mapping[str, int], credit: Mapping[str, int], present: Collection[str], called: str) -> dict[str, int]:
    """What each group has after this call. Groups that are no longer in the mix are forgotten."""
    after = {one: credit.get(one, 0) for one in {*mix, REST}}
    for one in present:
        after[one] += mix.get(one, 1)
    after[called] -= sum(mix.get(one, 1) for one in {*present, called})
    if called not in present:
        after[called] += mix.get(called, 1)
    return {one: left for one, left in sorted(after.items()) if left}
