"""Ranges of one number, found by the limits it crosses: a thousand of them cost a change only those it goes into or out of.

A range is open at both ends. Until the number is known once, nothing is crossed.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from math import inf
from typing import Final, Generic, TypeVar

T = TypeVar("T")
_SMALL: Final = 8  # so few are looked at one by one


@dataclass(frozen=True, slots=True, eq=False)
class Range(Generic[T]):
    """Strictly above one number and below another; whose it is."""

    above: float
    below: float
    whose: T

    def holds(self, value: float) -> bool:
        return self.above < value < self.below


class _Side(Generic[T]):
    """Ranges in the order of one limit, with a tree of the greatest other limit over them.

    Signs are turned for the lower side, so that "the other limit is greater than x" is the question on both.
    """

    def __init__(self, ranges: list[tuple[float, float, Range[T]]]) -> None:
        ranges.sort(key=lambda one: one[0])
        self.keys = [key for key, _, _ in ranges]
        self._ranges = [one for _, _, one in ranges]
        size = len(ranges)
        self._tree = [-inf] * size + [other for _, other, _ in ranges]
        for at in range(size - 1, 0, -1):
            self._tree[at] = max(self._tree[2 * at], self._tree[2 * at + 1])

    def within(self, first: int, last: int, beyond: float) -> list[Range[T]]:
        """Those at first <= index < last whose other limit is greater than `beyond`."""
        size, tree, found = len(self._ranges), self._tree, list[Range[T]]()
        stack: list[int] = []
        low, high = first + size, last + size
        while low < high:
            if low & 1:
                stack.append(low)
                low += 1
            if high & 1:
                high -= 1
                stack.append(high)
            low, high = low >> 1, high >> 1
        while stack:
            at = stack.pop()
            if tree[at] <= beyond:
                continue
            if at >= size:
                found.append(self._ranges[at - size])
            else:
                stack += (2 * at, 2 * at + 1)
        return found


class Crossings(Generic[T]):
    """All ranges that look at one number."""

    def __init__(self, value: float | None) -> None:
        self._value = value
        self._ranges: list[Range[T]] = []
        self._sides: tuple[_Side[T], _Side[T]] | None = None

    def __len__(self) -> int:
        return len(self._ranges)

    def add(self, above: float | None, below: float | None, whose: T) -> Range[T]:
        made = Range(-inf if above is None else above, inf if below is None else below, whose)
        self._ranges.append(made)
        self._sides = None
        return made

    def take(self, one: Range[T]) -> None:
        """It looks no more. May be called twice."""
        self._ranges = [other for other in self._ranges if other is not one]
        self._sides = None

    def move(self, value: float) -> tuple[list[Range[T]], list[Range[T]]]:
        """The number is this now: the ranges it came into, and those it left."""
        old, self._value = self._value, value
        if old is None or old == value:
            return [], []
        if len(self._ranges) <= _SMALL:
            came = [one for one in self._ranges if one.holds(value) and not one.holds(old)]
            return came, [one for one in self._ranges if one.holds(old) and not one.holds(value)]
        return self._into(old, value), self._into(value, old)

    def _into(self, old: float, new: float) -> list[Range[T]]:
        """Ranges that hold the new number and not the old: one of their limits lies between the two."""
        if self._sides is None:
            self._sides = (
                _Side([(one.above, one.below, one) for one in self._ranges]),
                _Side([(one.below, -one.above, one) for one in self._ranges]),
            )
        lower, upper = self._sides
        if new > old:  # old <= above < new, and below beyond the new one
            return lower.within(bisect_left(lower.keys, old), bisect_left(lower.keys, new), new)
        return upper.within(bisect_right(upper.keys, new), bisect_right(upper.keys, old), -new)
